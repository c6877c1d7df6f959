/* Back-off and retry budget. */
#include "unit.h"

static void waits(void) {
  static const oc_backoff_t steady = OC_BACKOFF(500 * OC_MILLISECOND, 1500, OC_NEVER, OC_JITTER_NONE);
  static const oc_backoff_t capped = OC_BACKOFF(10 * OC_MILLISECOND, 2000, 50 * OC_MILLISECOND, OC_JITTER_FULL);
  static const oc_backoff_t half = OC_BACKOFF(10, 1000, 50, OC_JITTER_EQUAL);
  static const oc_backoff_t wandering = OC_BACKOFF(10, 1000, 5000, OC_JITTER_DECORRELATED);
  oc_backoff_t zero;
  oc_delays_t delays = OC_DELAYS_INIT;
  uint64_t last, wait;
  int i;
  memset(&zero, 0, sizeof zero);
  CHECK(oc_backoff_delay(&steady, 1, 0, 0) == 500 * OC_MILLISECOND);
  CHECK(oc_backoff_delay(&steady, 4, 0, 0) == 1687 * OC_MILLISECOND); /* cut to whole milliseconds at every step */
  CHECK(oc_backoff_delay(&steady, 1, 0, OC_SECOND) == OC_SECOND && oc_backoff_delay(&steady, 1, 0, OC_NEVER) == OC_NEVER);
  CHECK(oc_backoff_delay(&capped, 9, 0, 0) == 50 * OC_MILLISECOND);
  CHECK(oc_backoff_delay(&capped, 9, 0x80000000u, 0) == 25 * OC_MILLISECOND && oc_backoff_delay(&half, 1, 1, 0) == 5);
  CHECK(oc_backoff_delay(&zero, 1, 0, 0) == OC_NEVER && oc_backoff_delay(NULL, 1, 0, 0) == OC_NEVER);
  zero.first_ns = zero.cap_ns = 1;
  zero.multiplier_milli = 1000;
  zero.jitter = 77;
  CHECK(oc_backoff_delay(&zero, 1, 0, 0) == OC_NEVER && oc_delays_next(&delays, &zero, 0, 0) == OC_NEVER && delays.attempt == 0);

  CHECK(oc_delays_next(&delays, &steady, 0, 0) == 500 * OC_MILLISECOND);
  CHECK(oc_delays_next(&delays, &steady, 0, OC_MINUTE) == OC_MINUTE && delays.attempt == 2);
  CHECK(oc_delays_next(&delays, &steady, 0, 0) == 1125 * OC_MILLISECOND);
  CHECK(oc_delays_next(NULL, &steady, 0, 0) == OC_NEVER && oc_delays_next(&delays, NULL, 0, 0) == OC_NEVER);
  memset(&delays, 0, sizeof delays);
  for (i = 0, last = 10; i < 30; i++, last = wait) {
    wait = oc_delays_next(&delays, &wandering, oc_random((uint64_t)i, 7), 0);
    CHECK(wait >= 10 && wait <= 5000 && wait <= 3 * last);
  }
  CHECK(oc_random(1, 7) != 0 && oc_random(1, 7) == oc_random(1, 7) && oc_random(1, 7) != oc_random(1, 8));
}

static void budget(void) {
  static const oc_retry_budget_policy_t policy = OC_RETRY_BUDGET_POLICY(500, 0, 2), timed = OC_RETRY_BUDGET_POLICY(0, 10, 1);
  static oc_retry_budget_t b = OC_RETRY_BUDGET_INIT, c, none;
  oc_retry_budget_policy_t zero;
  oc_refusal_t refusal;
  uint64_t first, second;
  memset(&zero, 0, sizeof zero);
  CHECK(oc_retry_budget_available(&b, &policy, 0) == 2 && oc_retry_budget_available(NULL, &policy, 0) == 0);
  CHECK(oc_retry_budget_try_withdraw(&b, &policy, 0, &first, NULL) == OC_OK);
  CHECK(oc_retry_budget_try_withdraw(&b, &policy, 0, &second, &refusal) == OC_OK);
  CHECK(oc_retry_budget_try_withdraw(&b, &policy, 0, NULL, &refusal) == OC_RETRY_BUDGET_SPENT);
  CHECK(refusal.reason == OC_RETRY_BUDGET_SPENT && refusal.retry_after_ns == OC_NEVER);
  CHECK(oc_retry_budget_cancel(&b, first) == OC_NOTHING && oc_retry_budget_cancel(&b, second) == OC_OK);
  CHECK(oc_retry_budget_cancel(NULL, second) == OC_ERR_NULL && oc_retry_budget_available(&b, &policy, 0) == 1);
  CHECK(oc_retry_budget_deposit(&b, &policy, 0) == OC_OK && oc_retry_budget_available(&b, &policy, 0) == 1);
  CHECK(oc_retry_budget_deposit(&b, &policy, 0) == OC_OK && oc_retry_budget_available(&b, &policy, 0) == 2);
  CHECK(oc_retry_budget_deposit(&b, &policy, 0) == OC_OK && oc_retry_budget_available(&b, &policy, 0) == 2); /* full */
  CHECK(oc_retry_budget_deposit(&b, NULL, 0) == OC_ERR_NULL);

  CHECK(oc_retry_budget_try_withdraw(&c, &timed, OC_SECOND, NULL, NULL) == OC_OK);
  CHECK(oc_retry_budget_try_withdraw(&c, &timed, OC_SECOND, NULL, &refusal) == OC_RETRY_BUDGET_SPENT);
  CHECK(refusal.retry_after_ns == 100 * OC_MILLISECOND);
  CHECK(oc_retry_budget_try_withdraw(&c, &timed, OC_SECOND + 100 * OC_MILLISECOND, NULL, NULL) == OC_OK);
  CHECK(oc_retry_budget_try_withdraw(&none, &zero, OC_SECOND, NULL, &refusal) == OC_RETRY_BUDGET_SPENT);
  CHECK(oc_retry_budget_try_withdraw(NULL, &timed, 0, NULL, NULL) == OC_ERR_NULL);
}

void retries(void) {
  waits();
  budget();
}
