/* Breakers in one word. */
#include "unit.h"

static void calls(void) {
  static oc_tiny_breaker_t b = OC_TINY_BREAKER_INIT;
  static oc_tiny_breaker32_t c = OC_TINY_BREAKER32_INIT;
  oc_permit_t p;
  oc_permit32_t q;
  oc_refusal_t refusal;
  oc_metrics_t m;
  oc_metrics32_t m32;
  oc_explain_t why;
  uint32_t wait;
  int i;
  for (i = 0; i < 2; i++) {
    CHECK(oc_tiny_breaker_enter(&b, &tiny_policy, 9, &p, NULL) == OC_OK);
    CHECK(oc_tiny_breaker_leave(&b, &tiny_policy, &p, OC_OUTCOME_FAILURE, 9) == OC_OK);
    CHECK(oc_tiny_breaker32_enter(&c, &tiny_policy32, 0xfffffff0u, &q, &wait) == OC_OK);
    CHECK(oc_tiny_breaker32_leave(&c, &tiny_policy32, &q, OC_OUTCOME_FAILURE, 0xfffffff0u) == OC_OK);
  }
  CHECK(oc_tiny_breaker_enter(&b, &tiny_policy, 9, &p, &refusal) == OC_BREAKER_OPEN);
  CHECK(refusal.retry_after_ns >= 30 * OC_SECOND && refusal.retry_after_ns < 31 * OC_SECOND);
  CHECK(oc_tiny_breaker_state(&b, &tiny_policy, 9) == OC_STATE_OPEN && oc_tiny_breaker_state(NULL, NULL, 9) < 0);
  CHECK(oc_tiny_breaker_metrics(&b, &tiny_policy, 9, &m) == OC_OK && m.state == OC_STATE_OPEN);
  CHECK(oc_tiny_breaker_explain(&b, &tiny_policy, 9, &why) == OC_OK && why.refusal.reason == OC_BREAKER_OPEN);
  CHECK(oc_tiny_breaker_next_deadline(&b, &tiny_policy, 9) != OC_NEVER);
  CHECK(oc_tiny_breaker_enter(&b, &tiny_policy, 31 * OC_SECOND, &p, NULL) == OC_OK);
  CHECK(oc_tiny_breaker_cancel(&b, &tiny_policy, &p) == OC_OK && oc_tiny_breaker_reset(&b, &tiny_policy, 9) == OC_OK);
  CHECK(oc_tiny_breaker_record(&b, &tiny_policy, OC_OUTCOME_SUCCESS, 0, 9) == OC_OK);
  CHECK(oc_tiny_breaker_transition(&b, &tiny_policy, OC_STATE_DISABLED, 9) == OC_OK);
  CHECK(oc_tiny_breaker_open_for(&b, &tiny_policy, 5, 9) == OC_OK);

  CHECK(oc_tiny_breaker32_enter(&c, &tiny_policy32, 0xfffffff0u, &q, &wait) == OC_BREAKER_OPEN && wait == 5001);
  CHECK(oc_tiny_breaker32_state(&c) == OC_STATE_OPEN && oc_tiny_breaker32_next_deadline(&c, &tiny_policy32, 0) < 5001);
  CHECK(oc_tiny_breaker32_enter(&c, &tiny_policy32, 0xfffffff0u + 5001u, &q, &wait) == OC_OK);
  CHECK(oc_tiny_breaker32_cancel(&c, &tiny_policy32, &q) == OC_OK && oc_tiny_breaker32_reset(&c) == OC_OK);
  CHECK(oc_tiny_breaker32_metrics(&c, &m32) == OC_OK && m32.state == OC_STATE_CLOSED && m32.calls == 0);
  CHECK(oc_tiny_breaker32_open(&c, &tiny_policy32, 5) == OC_OK && oc_tiny_breaker32_disable(&c) == OC_OK);
  CHECK(oc_tiny_breaker32_force_open(&c) == OC_OK);
  CHECK(oc_tiny_breaker32_enter(&c, &tiny_policy32, 5, &q, &wait) == OC_FORCED_OPEN && wait == OC_NEVER32);
  CHECK(oc_tiny_breaker32_enter(&c, NULL, 5, &q, &wait) == OC_ERR_NULL && oc_tiny_breaker32_state(NULL) < 0);
}

static void by_hand(void) {
  static oc_tiny_breaker_t b;
  oc_permit_t p;
  uint64_t t = 100 * OC_SECOND;
  CHECK(oc_tiny_breaker_start(&b, &tiny_policy, OC_STATE_OPEN, t) == OC_OK);
  CHECK(oc_tiny_breaker_start(&b, &tiny_policy, 17, t) == OC_ERR_ARGUMENT);
  CHECK(oc_tiny_breaker_enter(&b, &tiny_policy, t, &p, NULL) == OC_BREAKER_OPEN);
  CHECK(oc_tiny_breaker_reset(&b, &tiny_policy, t) == OC_OK && oc_tiny_breaker_enter(&b, &tiny_policy, t, &p, NULL) == OC_OK);
  CHECK(oc_tiny_breaker_leave_and_open_for(&b, &tiny_policy, &p, OC_OUTCOME_SUCCESS, OC_SECOND, t) == OC_OK);
  CHECK(oc_tiny_breaker_state(&b, &tiny_policy, t) == OC_STATE_OPEN);
  CHECK(oc_tiny_breaker_next_deadline(&b, &tiny_policy, t) - t - OC_SECOND < 65536);
  CHECK(oc_tiny_breaker_reset(&b, &tiny_policy, t) == OC_OK && oc_tiny_breaker_enter(&b, &tiny_policy, t, &p, NULL) == OC_OK);
  CHECK(oc_tiny_breaker_leave_and_open_until(&b, &tiny_policy, &p, OC_OUTCOME_SUCCESS, t + OC_SECOND, t) == OC_OK);
  CHECK(oc_tiny_breaker_state(&b, &tiny_policy, t + OC_SECOND / 2) == OC_STATE_OPEN);
  CHECK(oc_tiny_breaker_open_until(&b, &tiny_policy, t + 9 * OC_SECOND, t) == OC_OK);
  CHECK(oc_tiny_breaker_enter(&b, &tiny_policy, t + 8 * OC_SECOND, &p, NULL) == OC_BREAKER_OPEN);
  CHECK(oc_tiny_breaker_reset(&b, &tiny_policy, t) == OC_OK);
  CHECK(oc_tiny_breaker_record_and_open_for(&b, &tiny_policy, OC_OUTCOME_SUCCESS, 0, OC_SECOND, t) == OC_OK);
  CHECK(oc_tiny_breaker_state(&b, &tiny_policy, t) == OC_STATE_OPEN && oc_tiny_breaker_reset(&b, &tiny_policy, t) == OC_OK);
  CHECK(oc_tiny_breaker_record_and_open_until(&b, &tiny_policy, OC_OUTCOME_SUCCESS, 0, t + OC_SECOND, t) == OC_OK);
  CHECK(oc_tiny_breaker_state(&b, &tiny_policy, t) == OC_STATE_OPEN);
  /* A trial taken, and given back by somebody who carries no permit. */
  t += 40 * OC_SECOND;
  CHECK(oc_tiny_breaker_settle(&b, &tiny_policy, t) == OC_OK && oc_tiny_breaker_enter(&b, &tiny_policy, t, &p, NULL) == OC_OK);
  CHECK(oc_permit_is_trial(&p) == 1 && oc_tiny_breaker_release(&b, &tiny_policy, t) == OC_OK);
  CHECK(oc_tiny_breaker_state(&b, &tiny_policy, t) == OC_STATE_HALF_OPEN);
}

static void untimed(void) {
  static oc_tiny_breaker_t b;
  oc_permit_t p;
  int i;
  CHECK(oc_tiny_breaker_needs_clock(&b, &tiny_policy) == 0 && oc_tiny_breaker_needs_clock(NULL, &tiny_policy) == 1);
  for (i = 0; i < 2; i++) {
    CHECK(oc_tiny_breaker_enter_untimed(&b, &tiny_policy, &p) == OC_OK);
    CHECK(oc_tiny_breaker_leave_untimed(&b, &tiny_policy, &p, OC_OUTCOME_FAILURE) == (i == 0 ? OC_OK : OC_ERR_NEEDS_TIME));
  }
  CHECK(oc_tiny_breaker_settle(&b, &tiny_policy, 9) == OC_OK && oc_tiny_breaker_needs_clock(&b, &tiny_policy) == 1);
  CHECK(oc_tiny_breaker_enter_untimed(&b, &tiny_policy, &p) == OC_ERR_NEEDS_TIME);
  CHECK(oc_tiny_breaker_enter(&b, &tiny_policy, 9, &p, NULL) == OC_BREAKER_OPEN);
  CHECK(oc_tiny_breaker_leave_untimed(&b, &tiny_policy, NULL, 0) == OC_ERR_NULL);
  CHECK(oc_tiny_breaker_leave_untimed(&b, &tiny_policy, &p, 9) == OC_ERR_ARGUMENT);
}

/* Open before the restart, open after it, for what is left of the wait. */
static void restarts(void) {
  static oc_tiny_breaker_t before, after;
  static oc_tiny_breaker32_t before32, after32;
  oc_permit_t p;
  oc_permit32_t q;
  uint32_t wait;
  uint8_t bytes[OC_TINY_BREAKER_SNAPSHOT_LENGTH], bytes32[OC_TINY_BREAKER32_SNAPSHOT_LENGTH];
  uint64_t t = 700 * OC_SECOND;
  CHECK(oc_tiny_breaker_open_for(&before, &tiny_policy, 30 * OC_SECOND, t) == OC_OK);
  CHECK(oc_tiny_breaker_snapshot(&before, &tiny_policy, t + 10 * OC_SECOND, bytes, sizeof bytes) == OC_OK);
  CHECK(oc_tiny_breaker_snapshot(&before, &tiny_policy, t, bytes32, sizeof bytes32) == OC_ERR_BUFFER_TOO_SHORT);
  CHECK(oc_tiny_breaker_restore(&after, &tiny_policy, bytes, sizeof bytes, 5 * OC_SECOND, 0) == OC_OK);
  CHECK(oc_tiny_breaker_enter(&after, &tiny_policy, 15 * OC_SECOND, &p, NULL) == OC_BREAKER_OPEN);
  CHECK(oc_tiny_breaker_enter(&after, &tiny_policy, 15 * OC_SECOND + 131072, &p, NULL) == OC_OK);
  bytes[12] ^= 1;
  CHECK(oc_tiny_breaker_restore(&after, &tiny_policy, bytes, sizeof bytes, 0, 0) == OC_ERR_CORRUPT);
  CHECK(oc_tiny_breaker_restore(&after, &tiny_policy, bytes, 4, 0, 0) == OC_ERR_NOT_A_SNAPSHOT);
  CHECK(oc_tiny_breaker_restore(&after, &tiny_policy, NULL, 4, 0, 0) == OC_ERR_NULL);
  CHECK(oc_tiny_breaker_snapshot(&before, NULL, t, bytes, sizeof bytes) == OC_ERR_NULL);

  CHECK(oc_tiny_breaker32_open(&before32, &tiny_policy32, 70000) == OC_OK);
  CHECK(oc_tiny_breaker32_snapshot(&before32, &tiny_policy32, 71000, bytes32, sizeof bytes32) == OC_OK);
  CHECK(oc_tiny_breaker32_snapshot(&before32, &tiny_policy32, 71000, bytes32, 17) == OC_ERR_BUFFER_TOO_SHORT);
  CHECK(oc_tiny_breaker_restore(&after, &tiny_policy, bytes32, sizeof bytes32, 0, 0) == OC_ERR_WRONG_KIND);
  CHECK(oc_tiny_breaker32_restore(&after32, &tiny_policy32, bytes32, sizeof bytes32, 1000, 0) == OC_OK);
  CHECK(oc_tiny_breaker32_enter(&after32, &tiny_policy32, 3000, &q, &wait) == OC_BREAKER_OPEN && wait == 1);
  CHECK(oc_tiny_breaker32_enter(&after32, &tiny_policy32, 3001, &q, &wait) == OC_OK);
  bytes32[5] ^= 1;
  CHECK(oc_tiny_breaker32_restore(&after32, &tiny_policy32, bytes32, sizeof bytes32, 0, 0) < 0);
  CHECK(oc_tiny_breaker32_restore(&after32, NULL, bytes32, sizeof bytes32, 0, 0) == OC_ERR_NULL);
  CHECK(oc_tiny_breaker32_snapshot(&before32, &tiny_policy32, 0, NULL, 18) == OC_ERR_NULL);
}

void tiny_breakers(void) {
  calls();
  by_hand();
  untimed();
  restarts();
}
