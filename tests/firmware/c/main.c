/* Bare metal: the library without an operating system, a C library or a heap. Checks, then a race with SysTick; QEMU's
 * exit code is the verdict. Settings are in flash, states in .bss. */
#include "overcurrent.h"

extern uint32_t __data, __data_end, __data_load, __bss, __bss_end, __stack;

static int semihost(int operation, const void *argument) {
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}
static void say(const char *text) { semihost(4, text); }
static void tell(const char *name, uint32_t value) {
    char digits[11];
    char *place = digits + 10;
    *place = 0;
    do { *--place = (char)('0' + value % 10); } while ((value /= 10) != 0);
    say(name);
    say(place);
    say("\n");
}
static void finish(int passed) {
    semihost(0x18, (const void *)(passed ? 0x20026 : 0x20023));
    for (;;) {}
}
#define TEXT(x) #x
#define LINE(x) TEXT(x)
#define CHECK(c) do { if (!(c)) { say("FAILED " __FILE__ ":" LINE(__LINE__) ": " #c "\n"); finish(0); } } while (0)

#ifdef CRITICAL_HOOKS
/* What a core without compare-and-swap needs: interrupts off, and as they were. */
static volatile uint32_t entered;
uint32_t oc_critical_enter(void);
void oc_critical_exit(uint32_t state);
uint32_t oc_critical_enter(void) {
    uint32_t mask;
    __asm__ volatile("mrs %0, primask\n cpsid i" : "=r"(mask) : : "memory");
    entered++;
    return mask;
}
void oc_critical_exit(uint32_t state) { __asm__ volatile("msr primask, %0" : : "r"(state) : "memory"); }
#endif

static const oc_quota32_t ten_a_second = OC_RATE32(10, 1000, 5);
static const oc_tiny_policy32_t policy = OC_TINY_POLICY32(10, 5, 50000, 1000, 3, 60000);
static oc_limiter32_t limiter;
static oc_tiny_breaker32_t breaker;
static oc_bulkhead32_t bulkhead = OC_BULKHEAD32_INIT(2);

static void checks(void) {
    static oc_limiter32_t restored;
    uint8_t page[OC_LIMITER32_SNAPSHOT_LENGTH];
    oc_permit32_t permit, trials[3];
    uint32_t wait = 0, now = UINT32_MAX - 2500, i;

    CHECK(oc_abi_version() == OC_ABI_VERSION);
    for (i = 0; i < 5; i++) CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 1, 7, NULL) == OC_OK);
    CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 1, 7, &wait) == OC_RATE_LIMITED && wait == 100);
    CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 6, 7, &wait) == OC_COST_EXCEEDS_BURST);
    CHECK(oc_limiter32_try_acquire(NULL, &ten_a_second, 1, 7, &wait) == OC_ERR_NULL);

    /* the counter wraps */
    CHECK(oc_limiter32_reset(&limiter) == OC_OK && oc_limiter32_drain(&limiter, &ten_a_second, now) == OC_OK);
    for (i = 0; i < 50; i++) {
        CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 1, now, &wait) == OC_RATE_LIMITED && wait == 100);
        now += 100;
        CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 1, now, NULL) == OC_OK);
    }

    /* a reboot: the clock starts again, the debt stays */
    CHECK(oc_limiter32_snapshot(&limiter, &ten_a_second, now, page, sizeof page) == OC_OK);
    CHECK(oc_limiter32_restore(&restored, &ten_a_second, page, sizeof page, 0, 3) == OC_OK);
    CHECK(oc_limiter32_try_acquire(&restored, &ten_a_second, 1, 3, &wait) == OC_RATE_LIMITED && wait == 100);
    page[8] ^= 1;
    CHECK(oc_limiter32_restore(&restored, &ten_a_second, page, sizeof page, 0, 3) == OC_ERR_CORRUPT);

    /* closed, open, half-open, closed; opens before the wrap */
    now = UINT32_MAX - 500;
    for (i = 0; i < 5; i++) {
        CHECK(oc_tiny_breaker32_enter(&breaker, &policy, now, &permit, NULL) == OC_OK);
        CHECK(oc_tiny_breaker32_leave(&breaker, &policy, &permit, OC_OUTCOME_FAILURE, now) == OC_OK);
    }
    CHECK(oc_tiny_breaker32_state(&breaker) == OC_STATE_OPEN);
    CHECK(oc_tiny_breaker32_enter(&breaker, &policy, now, &permit, &wait) == OC_BREAKER_OPEN && wait == 1001);
    CHECK(oc_tiny_breaker32_enter(&breaker, &policy, now - 60000, &permit, &wait) == OC_BREAKER_OPEN);
    now += wait = 1001;
    for (i = 0; i < 3; i++) CHECK(oc_tiny_breaker32_enter(&breaker, &policy, now, &trials[i], NULL) == OC_OK);
    CHECK(oc_tiny_breaker32_enter(&breaker, &policy, now, &permit, &wait) == OC_TRIALS_TAKEN && wait == OC_NEVER32);
    for (i = 0; i < 3; i++)
        CHECK(oc_tiny_breaker32_leave(&breaker, &policy, &trials[i], OC_OUTCOME_SUCCESS, now) == OC_OK);
    CHECK(oc_tiny_breaker32_state(&breaker) == OC_STATE_CLOSED);
    CHECK(oc_tiny_breaker32_leave(&breaker, &policy, &permit, 99, now) == OC_ERR_ARGUMENT);

    CHECK(oc_bulkhead32_enter(&bulkhead) == OC_OK && oc_bulkhead32_enter(&bulkhead) == OC_OK);
    CHECK(oc_bulkhead32_enter(&bulkhead) == OC_BULKHEAD_FULL && oc_bulkhead32_leave(&bulkhead) == OC_OK);
}

/* The race: the clock stands still, so what main and the handler get together is the burst, exactly. */
#define BURST 20000u
static const oc_quota32_t race = OC_RATE32(1, 1, BURST);
static oc_limiter32_t shared;
static volatile uint32_t naive, by_handler, contest, ticks;

static int sound_take(void) { return oc_limiter32_try_acquire(&shared, &race, 1, 1000000, NULL) == OC_OK; }
/* The control: loads and stores. */
static int naive_take(void) {
    uint32_t taken = naive;
    if (taken >= BURST) return 0;
    naive = taken + 1;
    return 1;
}
static int take(void) { return contest == 1 ? sound_take() : naive_take(); }

#define SYSTICK ((volatile uint32_t *)0xE000E010)
static void tick_after(uint32_t units) {
    SYSTICK[0] = 0;
    SYSTICK[1] = units;
    SYSTICK[2] = 0;
    *(volatile uint32_t *)0xE000ED04 = 1u << 25; /* a tick that came due meanwhile */
    SYSTICK[0] = 7;
}
void systick(void);
void systick(void) {
    uint32_t i;
    for (i = 0; i < 3 && contest != 0; i++) by_handler += (uint32_t)take();
    ticks++;
    tick_after(600 + (ticks * 37 & 1023));
}

static uint32_t compete(uint32_t which) {
    uint32_t mine = 0;
    by_handler = 0;
    contest = which;
    tick_after(600);
    while (take()) mine++;
    SYSTICK[0] = 0;
    contest = 0;
    tell("  main ", mine);
    tell("  handler ", by_handler);
    CHECK(mine > 0 && by_handler > 0);
    return mine + by_handler;
}

void reset(void);
void reset(void) {
    uint32_t *from = &__data_load, *to = &__data;
    while (to < &__data_end) *to++ = *from++;
    for (to = &__bss; to < &__bss_end; to++) *to = 0;
    checks();
    say("checks ok\n");
    CHECK(compete(1) == BURST);
    say("control: load and store\n");
    CHECK(compete(2) > BURST);
#ifdef CRITICAL_HOOKS
    tell("critical sections, from C: ", entered);
    CHECK(entered > BURST);
#endif
    finish(1);
}
static void fault(void) {
    say("FAILED: a fault\n");
    finish(0);
}

__attribute__((section(".vectors"), used)) static const struct {
    void *stack;
    void (*handlers[15])(void);
} vectors = { &__stack, { reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, systick } };
