/* Settings: what the compiler computed is what the library computes; what is out of range is named. */
#include "unit.h"

static const oc_quota_t hundred = OC_RATE(100, OC_SECOND, 20);
static const oc_live_limiter_t hundred_live = OC_LIVE_LIMITER_INIT(100, OC_SECOND, 20);
static const oc_quota32_t quota32 = OC_RATE32_WAIT(3, 1000, 6, 100);
static const oc_backoff_t growing = OC_BACKOFF(10 * OC_MILLISECOND, 1500, OC_SECOND, OC_JITTER_EQUAL);
#define BUDGET(rate) OC_RETRY_BUDGET_POLICY(200, rate, 100)
static const oc_retry_budget_policy_t budgets[] = {BUDGET(0), BUDGET(1), BUDGET(3), BUDGET(10), BUDGET(64),
                                                   BUDGET(7919), BUDGET(333333), BUDGET(500000), BUDGET(999999), BUDGET(1000000)};

static int named(const oc_error_t *error, const char *field) {
  return error->field_length == strlen(field) && memcmp(error->field, field, error->field_length) == 0;
}

void settings(void) {
  oc_quota_t q;
  oc_quota32_t q32;
  oc_policy_t p;
  oc_tiny_policy_t t;
  oc_tiny_policy32_t t32;
  oc_error_t error;
  oc_breaker_config_t c;
  oc_tiny_config32_t c32;
  uint32_t rate;
  size_t i;
  oc_backoff_t waits;
  oc_retry_budget_policy_t budget;
  oc_live_limiter_t live;
  memset(&c, 0, sizeof c);
  memset(&c32, 0, sizeof c32);
  memset(&p, 0, sizeof p);
  memset(&t, 0, sizeof t);
  memset(&t32, 0, sizeof t32);
  CHECK(oc_abi_version() == OC_ABI_VERSION);
  /* What the compiler computed is what the library computes. */
  CHECK(oc_quota_init(&q, 3, OC_SECOND, 3, 3, &error) == OC_OK && memcmp(&q, &quota, sizeof q) == 0);
  CHECK(oc_quota_init(&q, 100, OC_SECOND, 20, 20, &error) == OC_OK && memcmp(&q, &hundred, sizeof q) == 0);
  CHECK(oc_quota32_init(&q32, 3, 1000, 6, 100, &error) == OC_OK && memcmp(&q32, &quota32, sizeof q32) == 0);
  c.window_calls = 40;
  c.min_calls = 2;
  c.trial_calls = 3;
  CHECK(oc_policy_init(&p, &c, &error) == OC_OK);
  CHECK(p.min_calls == calls_policy.min_calls && p.open_first == calls_policy.open_first && p.trial_limit == calls_policy.trial_limit &&
        p.trial_min == calls_policy.trial_min && p.slow_call == calls_policy.slow_call && p.open_cap == calls_policy.open_cap &&
        (uint32_t)p.window_first == (uint32_t)calls_policy.window_first && p.window == calls_policy.window &&
        p.trial_timeout == calls_policy.trial_timeout && p.failure_rate == calls_policy.failure_rate &&
        p.open_multiplier == calls_policy.open_multiplier && p.trial_calls == calls_policy.trial_calls);
  CHECK(oc_tiny_policy_init(&t, &calls_policy, &error) == OC_ERR_CONFIG && error.value == 40 && error.max == 24);
  CHECK(oc_tiny_policy_init(&t, &tiny_policy.policy, &error) == OC_OK && t.window == tiny_policy.window);
  c32.window = 16;
  c32.min_calls = 2;
  c32.open_for = 5000;
  CHECK(oc_tiny_policy32_init(&t32, &c32, &error) == OC_OK);
  CHECK(t32.window == tiny_policy32.window && t32.trial_failures == tiny_policy32.trial_failures &&
        t32.lease_shift == tiny_policy32.lease_shift && t32.lease_range == tiny_policy32.lease_range &&
        t32.keep == tiny_policy32.keep && t32.in_a_row == tiny_policy32.in_a_row && t32.open_range == tiny_policy32.open_range &&
        t32.failure_count == tiny_policy32.failure_count);
  /* Errors name the field. */
  c.min_calls = 41;
  CHECK(oc_policy_init(&p, &c, &error) == OC_ERR_CONFIG && named(&error, "min_calls") && error.value == 41 && error.max == 40);
  CHECK(oc_policy_init(&p, &c, NULL) == OC_ERR_CONFIG && oc_policy_init(NULL, &c, NULL) == OC_ERR_NULL);
  c.min_calls = 0;
  c.window = 7;
  CHECK(oc_policy_init(&p, &c, &error) == OC_ERR_ARGUMENT);
  c.window = 0;
  c.trial_calls = 70000;
  CHECK(oc_policy_init(&p, &c, &error) == OC_ERR_CONFIG);
  CHECK(oc_quota_init(&q, 0, OC_SECOND, 3, 3, &error) == OC_ERR_CONFIG);
  CHECK(oc_quota32_init(NULL, 1, 1, 1, 0, NULL) == OC_ERR_NULL);
  /* So is a live limiter that the compiler set up. */
  memset(&live, 0, sizeof live);
  CHECK(oc_live_limiter_init(&live, &hundred, 0) == OC_OK && memcmp(&live, &hundred_live, sizeof live) == 0);
  CHECK(oc_live_limiter_init(NULL, &hundred, 0) == OC_ERR_NULL && oc_live_limiter_init(&live, NULL, 0) == OC_ERR_NULL);
  CHECK(oc_backoff_init(&waits, 10 * OC_MILLISECOND, 1500, OC_SECOND, OC_JITTER_EQUAL, &error) == OC_OK);
  CHECK(memcmp(&waits, &growing, sizeof waits) == 0);
  CHECK(oc_backoff_init(&waits, 10, 1500, OC_SECOND, OC_JITTER_EQUAL, &error) == OC_ERR_CONFIG && error.value == 10);
  CHECK(oc_backoff_init(&waits, 10, 1000, 9, OC_JITTER_EQUAL, &error) == OC_ERR_CONFIG && named(&error, "cap"));
  CHECK(oc_backoff_init(&waits, 10, 1000, 10, 4, &error) == OC_ERR_ARGUMENT);
  CHECK(oc_backoff_init(NULL, 10, 1000, 10, 0, NULL) == OC_ERR_NULL);
  for (i = 0; i < sizeof budgets / sizeof budgets[0]; i++) {
    rate = (uint32_t)budgets[i].min_per_second;
    CHECK(oc_retry_budget_policy_init(&budget, 200, rate, 100, &error) == OC_OK);
    CHECK(memcmp(&budget, &budgets[i], sizeof budget) == 0);
  }
  CHECK(oc_retry_budget_policy_init(&budget, 200, 1, 0, &error) == OC_ERR_CONFIG && named(&error, "cap"));
  CHECK(oc_retry_budget_policy_init(NULL, 200, 1, 1, NULL) == OC_ERR_NULL);
  /* Names end in a zero byte. */
  CHECK(strcmp(oc_status_name(OC_BREAKER_OPEN), "breaker-open") == 0 && strcmp(oc_status_name(OC_OK), "ok") == 0);
  CHECK(strcmp(oc_status_name(OC_ERR_MISMATCH), "mismatch") == 0 && strcmp(oc_status_name(99), "unknown") == 0);
  CHECK(strcmp(oc_state_name(OC_STATE_HALF_OPEN), "half-open") == 0 && strcmp(oc_state_name(-1), "unknown") == 0);
}
