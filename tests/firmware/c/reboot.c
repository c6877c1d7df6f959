/* State over a reset: written to a page, the chip restarts with its clock at zero, the page is read back. */
#include "checks.h"

static const oc_quota32_t ten_a_second = OC_RATE32(10, 1000, 5);
static const oc_tiny_policy32_t policy = OC_TINY_POLICY32(10, 5, 50000, 5000, 3, 60000);
static oc_limiter32_t limiter;
static oc_tiny_breaker32_t breaker;

/* A page of flash, here memory that a reset leaves alone. */
static KEPT struct {
    uint32_t mark;
    uint8_t limiter[OC_LIMITER32_SNAPSHOT_LENGTH];
    uint8_t breaker[OC_TINY_BREAKER32_SNAPSHOT_LENGTH];
} page;
#define STARTED 0x0C0FFEE5u

int is_first_start(void) { return page.mark != STARTED; }

void save_and_restart(void) {
    uint32_t now = UINT32_MAX - 50; /* the old life's clock: the new one's starts at 0 */
    CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 4, now, NULL) == OC_OK);
    CHECK(oc_limiter32_snapshot(&limiter, &ten_a_second, now, page.limiter, sizeof page.limiter) == OC_OK);
    CHECK(oc_tiny_breaker32_open(&breaker, &policy, now) == OC_OK);
    now += 1000;
    CHECK(oc_tiny_breaker32_snapshot(&breaker, &policy, now, page.breaker, sizeof page.breaker - 1) == OC_ERR_BUFFER_TOO_SHORT);
    CHECK(oc_tiny_breaker32_snapshot(&breaker, &policy, now, page.breaker, sizeof page.breaker) == OC_OK);
    page.mark = STARTED;
    restart();
}

void check_what_was_kept(void) {
    oc_permit32_t permit;
    uint32_t wait = 0;
    page.mark = 0;

    CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 5, 0, NULL) == OC_OK); /* the reset forgot it */
    CHECK(oc_limiter32_reset(&limiter) == OC_OK);
    CHECK(oc_limiter32_restore(&limiter, &ten_a_second, page.limiter, sizeof page.limiter, 0, 3) == OC_OK);
    CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 1, 3, &wait) == OC_OK);
    CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 1, 3, &wait) == OC_RATE_LIMITED && wait == 100);
    page.limiter[8] ^= 1;
    CHECK(oc_limiter32_restore(&limiter, &ten_a_second, page.limiter, sizeof page.limiter, 0, 3) == OC_ERR_CORRUPT);

    CHECK(oc_tiny_breaker32_state(&breaker) == OC_STATE_CLOSED);
    CHECK(oc_tiny_breaker32_restore(&breaker, &policy, page.breaker, sizeof page.breaker, 0, 0) == OC_OK);
    CHECK(oc_tiny_breaker32_state(&breaker) == OC_STATE_OPEN);
    CHECK(oc_tiny_breaker32_enter(&breaker, &policy, 0, &permit, &wait) == OC_BREAKER_OPEN && wait == 4001);
    CHECK(oc_tiny_breaker32_enter(&breaker, &policy, wait, &permit, NULL) == OC_OK);
    CHECK(oc_tiny_breaker32_state(&breaker) == OC_STATE_HALF_OPEN);
    page.breaker[8] ^= 1;
    CHECK(oc_tiny_breaker32_restore(&breaker, &policy, page.breaker, sizeof page.breaker, 0, 0) == OC_ERR_CORRUPT);
    CHECK(oc_tiny_breaker32_state(&breaker) == OC_STATE_HALF_OPEN);
}
