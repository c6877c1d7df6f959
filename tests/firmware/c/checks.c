/* What each machine must answer, across the wrap of the tick counter. */
#include "checks.h"

static const oc_quota32_t ten_a_second = OC_RATE32(10, 1000, 5);
static const oc_tiny_policy32_t policy = OC_TINY_POLICY32(10, 5, 50000, 1000, 3, 60000);

static void limiter(void) {
    static oc_limiter32_t limiter;
    uint32_t wait = 0, now = UINT32_MAX - 2500, i;

    for (i = 0; i < 5; i++) CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 1, 7, NULL) == OC_OK);
    CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 1, 7, &wait) == OC_RATE_LIMITED && wait == 100);
    CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 6, 7, &wait) == OC_COST_EXCEEDS_BURST && wait == OC_NEVER32);
    CHECK(oc_limiter32_try_acquire(NULL, &ten_a_second, 1, 7, &wait) == OC_ERR_NULL);

    /* the counter wraps */
    CHECK(oc_limiter32_reset(&limiter) == OC_OK && oc_limiter32_drain(&limiter, &ten_a_second, now) == OC_OK);
    for (i = 0; i < 50; i++) {
        CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 1, now, &wait) == OC_RATE_LIMITED && wait == 100);
        now += 100;
        CHECK(oc_limiter32_try_acquire(&limiter, &ten_a_second, 1, now, NULL) == OC_OK);
    }
}

/* Closed, open, half-open, open again, half-open, closed; opens before the wrap. */
static void breaker_cycle(void) {
    static oc_tiny_breaker32_t breaker;
    oc_permit32_t permit, trials[3], straggler;
    uint32_t wait = 0, now = UINT32_MAX - 500, i;

    CHECK(oc_tiny_breaker32_enter(&breaker, &policy, now, &straggler, NULL) == OC_OK);
    for (i = 0; i < 5; i++) {
        CHECK(oc_tiny_breaker32_enter(&breaker, &policy, now, &permit, NULL) == OC_OK);
        CHECK(oc_tiny_breaker32_leave(&breaker, &policy, &permit, OC_OUTCOME_FAILURE, now) == OC_OK);
    }
    CHECK(oc_tiny_breaker32_state(&breaker) == OC_STATE_OPEN);
    CHECK(oc_tiny_breaker32_enter(&breaker, &policy, now, &permit, &wait) == OC_BREAKER_OPEN && wait == 1001);
    CHECK(oc_tiny_breaker32_enter(&breaker, &policy, now - 60000, &permit, &wait) == OC_BREAKER_OPEN);
    now += 1001;
    for (i = 0; i < 3; i++) CHECK(oc_tiny_breaker32_enter(&breaker, &policy, now, &trials[i], NULL) == OC_OK);
    CHECK(oc_tiny_breaker32_enter(&breaker, &policy, now, &permit, &wait) == OC_TRIALS_TAKEN && wait == OC_NEVER32);
    for (i = 0; i < 3; i++)
        CHECK(oc_tiny_breaker32_leave(&breaker, &policy, &trials[i], OC_OUTCOME_FAILURE, now) == OC_OK);
    CHECK(oc_tiny_breaker32_state(&breaker) == OC_STATE_OPEN);
    now += 1001;
    for (i = 0; i < 3; i++) {
        CHECK(oc_tiny_breaker32_enter(&breaker, &policy, now, &trials[i], NULL) == OC_OK);
        CHECK(oc_tiny_breaker32_leave(&breaker, &policy, &straggler, OC_OUTCOME_FAILURE, now) == OC_OK);
        CHECK(oc_tiny_breaker32_state(&breaker) == OC_STATE_HALF_OPEN);
        CHECK(oc_tiny_breaker32_leave(&breaker, &policy, &trials[i], OC_OUTCOME_SUCCESS, now) == OC_OK);
    }
    CHECK(oc_tiny_breaker32_state(&breaker) == OC_STATE_CLOSED);
    CHECK(oc_tiny_breaker32_leave(&breaker, &policy, &permit, 99, now) == OC_ERR_ARGUMENT);
    CHECK(oc_tiny_breaker32_force_open(&breaker) == OC_OK);
    CHECK(oc_tiny_breaker32_enter(&breaker, &policy, now, &permit, &wait) == OC_FORCED_OPEN && wait == OC_NEVER32);
    CHECK(oc_tiny_breaker32_disable(&breaker) == OC_OK && oc_tiny_breaker32_state(&breaker) == OC_STATE_DISABLED);
    for (i = 0; i < 9; i++) {
        CHECK(oc_tiny_breaker32_enter(&breaker, &policy, now, &permit, NULL) == OC_OK);
        CHECK(oc_tiny_breaker32_leave(&breaker, &policy, &permit, OC_OUTCOME_FAILURE, now) == OC_OK);
    }
    CHECK(oc_tiny_breaker32_state(&breaker) == OC_STATE_DISABLED);
}

static void bulkhead(void) {
    static oc_bulkhead32_t bulkhead = OC_BULKHEAD32_INIT(2);
    CHECK(oc_bulkhead32_enter(&bulkhead) == OC_OK && oc_bulkhead32_enter(&bulkhead) == OC_OK);
    CHECK(oc_bulkhead32_enter(&bulkhead) == OC_BULKHEAD_FULL && oc_bulkhead32_leave(&bulkhead) == OC_OK);
    CHECK(oc_bulkhead32_leave(&bulkhead) == OC_OK && oc_bulkhead32_leave(&bulkhead) == OC_ERR_OVER_RELEASE);
}

void checks(void) {
    CHECK(oc_abi_version() == OC_ABI_VERSION);
    limiter();
    breaker_cycle();
    bulkhead();
}
