/* State over a reset: written to a page, the chip restarts with its clock at zero, the page is read back. */
#include "checks.h"

static const oc_quota32_t ten_a_second = OC_RATE32(10, 1000, 5);
static oc_limiter32_t limiter;

/* A page of flash, here memory that a reset leaves alone. */
static KEPT struct {
    uint32_t mark;
    uint8_t limiter[OC_LIMITER32_SNAPSHOT_LENGTH];
} page;
#define STARTED 0x0C0FFEE5u

int is_first_start(void) { return page.mark != STARTED; }

void save_and_restart(void) {
    uint32_t now = UINT32_MAX - 50; /* the old life's clock: the new one's starts at 0 */
    CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 4, now, NULL) == OC_OK);
    CHECK(oc_limiter32_snapshot(&limiter, &ten_a_second, now, page.limiter, sizeof page.limiter) == OC_OK);
    page.mark = STARTED;
    restart();
}

void check_what_was_kept(void) {
    uint32_t wait = 0;
    page.mark = 0;

    CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 5, 0, NULL) == OC_OK); /* the reset forgot it */
    CHECK(oc_limiter32_reset(&limiter) == OC_OK);
    CHECK(oc_limiter32_restore(&limiter, &ten_a_second, page.limiter, sizeof page.limiter, 0, 3) == OC_OK);
    CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 1, 3, &wait) == OC_OK);
    CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 1, 3, &wait) == OC_RATE_LIMITED && wait == 100);
    page.limiter[8] ^= 1;
    CHECK(oc_limiter32_restore(&limiter, &ten_a_second, page.limiter, sizeof page.limiter, 0, 3) == OC_ERR_CORRUPT);

}
