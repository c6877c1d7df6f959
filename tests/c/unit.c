/* The functions of the C interface, with NULL where it must be refused; sequences are run_c's, which replays traces. */
#include "check.h"
#include <overcurrent.h>
#include <string.h>

static const oc_quota_t quota = OC_RATE(3, OC_SECOND, 3);
static const oc_quota_t hundred = OC_RATE(100, OC_SECOND, 20);
static const oc_quota32_t quota32 = OC_RATE32_WAIT(3, 1000, 6, 100);
static const oc_tiny_policy32_t policy32 = OC_TINY_POLICY32(16, 2, 50000, 5000, 3, 60000);
static const oc_policy_t policy = OC_POLICY_CALLS(40, 2, 50000, 30 * OC_SECOND, 3);
static const oc_policy_t time_policy = OC_POLICY_TIME(OC_SECOND, 10, 2, 50000, 30 * OC_SECOND, 3);
static const oc_tiny_policy_t tiny_policy = OC_TINY_POLICY(20, 2, 50000, 30 * OC_SECOND, 3);

static void initialisers(void) {
  oc_quota_t q;
  oc_quota32_t q32;
  oc_policy_t p;
  oc_tiny_policy_t t;
  oc_tiny_policy32_t t32;
  oc_error_t error;
  oc_breaker_config_t c;
  oc_tiny_config32_t c32;
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
  CHECK(p.min_calls == policy.min_calls && p.open_first == policy.open_first && p.trial_limit == policy.trial_limit &&
        p.trial_min == policy.trial_min && p.slow_call == policy.slow_call && p.open_cap == policy.open_cap &&
        (uint32_t)p.window_first == (uint32_t)policy.window_first && p.window == policy.window &&
        p.trial_timeout == policy.trial_timeout && p.failure_rate == policy.failure_rate &&
        p.open_multiplier == policy.open_multiplier && p.trial_calls == policy.trial_calls);
  CHECK(oc_tiny_policy_init(&t, &policy, &error) == OC_ERR_CONFIG && error.value == 40 && error.max == 24);
  CHECK(oc_tiny_policy_init(&t, &tiny_policy.policy, &error) == OC_OK && t.window == tiny_policy.window);
  c32.window = 16;
  c32.min_calls = 2;
  c32.open_for = 5000;
  CHECK(oc_tiny_policy32_init(&t32, &c32, &error) == OC_OK);
  CHECK(t32.window == policy32.window && t32.trial_failures == policy32.trial_failures &&
        t32.lease_shift == policy32.lease_shift && t32.lease_range == policy32.lease_range &&
        t32.keep == policy32.keep && t32.in_a_row == policy32.in_a_row && t32.open_range == policy32.open_range &&
        t32.failure_count == policy32.failure_count);
  /* Errors name the field. */
  c.min_calls = 41;
  CHECK(oc_policy_init(&p, &c, &error) == OC_ERR_CONFIG && error.field_length == 9 &&
        memcmp(error.field, "min_calls", 9) == 0 && error.value == 41 && error.max == 40);
  CHECK(oc_policy_init(&p, &c, NULL) == OC_ERR_CONFIG && oc_policy_init(NULL, &c, NULL) == OC_ERR_NULL);
  c.min_calls = 0;
  c.window = 7;
  CHECK(oc_policy_init(&p, &c, &error) == OC_ERR_ARGUMENT);
  c.window = 0;
  c.trial_calls = 70000;
  CHECK(oc_policy_init(&p, &c, &error) == OC_ERR_CONFIG);
  CHECK(oc_quota_init(&q, 0, OC_SECOND, 3, 3, &error) == OC_ERR_CONFIG);
  CHECK(oc_quota32_init(NULL, 1, 1, 1, 0, NULL) == OC_ERR_NULL);
}

static void limiter(void) {
  static oc_limiter_t l = OC_LIMITER_INIT, other;
  oc_refusal_t refusal;
  oc_reservation_t a, b;
  oc_peek_t peek;
  uint8_t bytes[OC_LIMITER_SNAPSHOT_LENGTH];
  uint64_t t = 10 * OC_SECOND;
  CHECK(oc_limiter_try_acquire(&l, &quota, 3, t, NULL) == OC_OK);
  CHECK(oc_limiter_try_acquire(&l, &quota, 1, t, &refusal) == OC_RATE_LIMITED && refusal.reason == OC_RATE_LIMITED &&
        refusal.retry_after_ns == 333333334);
  CHECK(oc_limiter_try_acquire(&l, &quota, 4, t, &refusal) == OC_COST_EXCEEDS_BURST &&
        refusal.retry_after_ns == OC_NEVER);
  CHECK(oc_limiter_try_acquire(NULL, &quota, 1, t, NULL) == OC_ERR_NULL);
  CHECK(oc_limiter_try_acquire(&l, NULL, 1, t, NULL) == OC_ERR_NULL);
  CHECK(oc_limiter_snapshot(&l, &quota, t, bytes, sizeof bytes) == OC_OK);
  CHECK(oc_limiter_snapshot(&l, &quota, t, bytes, 3) == OC_ERR_BUFFER_TOO_SHORT);
  CHECK(oc_limiter_restore(&other, &quota, bytes, sizeof bytes, 0, 5) == OC_OK);
  CHECK(oc_limiter_try_acquire(&other, &quota, 1, 5, NULL) == OC_RATE_LIMITED);
  bytes[9] ^= 1;
  CHECK(oc_limiter_restore(&other, &quota, bytes, sizeof bytes, 0, 5) == OC_ERR_CORRUPT);
  CHECK(oc_limiter_restore(&other, &quota, bytes, 2, 0, 5) == OC_ERR_NOT_A_SNAPSHOT);
  t += OC_SECOND;
  CHECK(oc_limiter_acquire_up_to(&l, &quota, 10, t) == 3 && oc_limiter_acquire_up_to(NULL, &quota, 1, t) == 0);
  CHECK(oc_limiter_reserve(&l, &quota, 1, OC_SECOND, t, &a, NULL) == OC_OK && a.wait_ns == 333333334);
  CHECK(oc_limiter_reserve(&l, &quota, 1, OC_SECOND, t, &b, NULL) == OC_OK && b.wait_ns > a.wait_ns);
  CHECK(oc_limiter_reserve(&l, &quota, 1, 5, t, &b, &refusal) == OC_RATE_LIMITED);
  CHECK(oc_limiter_cancel(&l, &a) == OC_NOTHING && oc_limiter_cancel(&l, &b) == OC_OK);
  t += 10 * OC_SECOND;
  CHECK(oc_limiter_peek(&l, &quota, 1, t, &peek) == OC_OK && peek.remaining == 3 && peek.retry_after_ns == 0);
  CHECK(oc_limiter_drain(&l, &quota, t) == OC_OK && oc_limiter_acquire_up_to(&l, &quota, 1, t) == 0);
  CHECK(oc_limiter_penalize_until(&l, &quota, t + 60 * OC_SECOND, t) == OC_OK);
  CHECK(oc_limiter_peek(&l, &quota, 1, t, &peek) == OC_OK && peek.retry_after_ns >= 60 * OC_SECOND);
  CHECK(oc_limiter_reset(&l) == OC_OK && oc_limiter_try_acquire(&l, &quota, 3, t, NULL) == OC_OK);
  CHECK(oc_limiter_init(&l, &quota, t) == OC_OK && oc_limiter_try_acquire_debt(&l, &quota, 30, t, NULL) == OC_OK);
  CHECK(oc_limiter_try_acquire(&l, &quota, 1, t + 8 * OC_SECOND, NULL) == OC_RATE_LIMITED);
}

static void limiter32(void) {
  static oc_limiter32_t l;
  oc_reservation32_t a;
  oc_peek32_t peek;
  uint8_t bytes[OC_LIMITER32_SNAPSHOT_LENGTH];
  uint32_t wait = 0, t = 0xffffff00u;
  CHECK(oc_limiter32_try_acquire(&l, &quota32, 6, t, &wait) == OC_OK);
  CHECK(oc_limiter32_try_acquire(&l, &quota32, 1, t, &wait) == OC_RATE_LIMITED && wait == 334);
  CHECK(oc_limiter32_try_acquire(&l, &quota32, 7, t, &wait) == OC_COST_EXCEEDS_BURST && wait == OC_NEVER32);
  CHECK(oc_limiter32_try_acquire(&l, &quota32, 1, t + 334, NULL) == OC_OK); /* through the wrap */
  CHECK(oc_limiter32_reserve(&l, &quota32, 1, 5, t + 334, &a, &wait) == OC_RATE_LIMITED);
  CHECK(oc_limiter32_reserve(&l, &quota32, 1, 100, t + 600, &a, &wait) == OC_OK && a.wait > 0);
  CHECK(oc_limiter32_cancel(&l, &a) == OC_OK && oc_limiter32_cancel(&l, NULL) == OC_ERR_NULL);
  CHECK(oc_limiter32_snapshot(&l, &quota32, t, bytes, sizeof bytes) == OC_OK);
  CHECK(oc_limiter32_reset(&l) == OC_OK);
  CHECK(oc_limiter32_restore(&l, &quota32, bytes, sizeof bytes, 0, 9) == OC_OK);
  CHECK(oc_limiter32_peek(&l, &quota32, 1, 9, &peek) == OC_OK && peek.remaining == 0);
  CHECK(oc_limiter32_acquire_up_to(&l, &quota32, 9, 50000) == 6);
  CHECK(oc_limiter32_drain(&l, &quota32, 50000) == OC_OK && oc_limiter32_penalize_for(&l, &quota32, 9, 50000) == OC_OK);
}

static void breaker(const oc_breaker_t *b) {
  oc_permit_t p, trial[3];
  oc_refusal_t refusal;
  oc_metrics_t m;
  oc_explain_t why;
  oc_event_t event;
  uint8_t page[256];
  size_t length;
  uint64_t t = 100 * OC_SECOND;
  int i;
  CHECK(oc_breaker_check(b, NULL) == OC_OK);
  for (i = 0; i < 2; i++) {
    CHECK(oc_breaker_enter(b, t, &p, NULL) == OC_OK && p.entered_ns == t);
    CHECK(oc_breaker_leave(b, &p, OC_OUTCOME_FAILURE, t + 5) == OC_OK);
  }
  CHECK(oc_breaker_state(b, t + 5) == OC_STATE_OPEN);
  CHECK(oc_breaker_enter(b, t + 6, &p, &refusal) == OC_BREAKER_OPEN && refusal.retry_after_ns == 30 * OC_SECOND);
  CHECK(oc_breaker_explain(b, t + 6, &why) == OC_OK && why.refusal.reason == OC_BREAKER_OPEN &&
        why.rule_met == OC_RULE_FAILURE_RATE && why.metrics.failed == 2 && why.failure_rate == 100000);
  CHECK(oc_breaker_next_deadline(b, t + 6) == t + 5 + 30 * OC_SECOND);
  CHECK(oc_breaker_snapshot(b, t + 6, page, sizeof page, &length) == OC_OK && length > 20 && length < sizeof page);
  CHECK(oc_breaker_snapshot(b, t + 6, page + 128, 9, &length) == OC_ERR_BUFFER_TOO_SHORT);
  t += 31 * OC_SECOND;
  for (i = 0; i < 3; i++)
    CHECK(oc_breaker_enter(b, t, &trial[i], NULL) == OC_OK);
  CHECK(oc_breaker_enter(b, t, &p, &refusal) == OC_TRIALS_TAKEN);
  CHECK(oc_breaker_cancel(b, &trial[2]) == OC_OK && oc_breaker_enter(b, t, &trial[2], NULL) == OC_OK);
  for (i = 0; i < 3; i++)
    CHECK(oc_breaker_leave(b, &trial[i], OC_OUTCOME_SUCCESS, t) == OC_OK);
  CHECK(oc_breaker_state(b, t) == OC_STATE_CLOSED);
  CHECK(oc_breaker_enter(b, t, &p, NULL) == OC_OK && oc_breaker_leave(b, &p, 9, t) == OC_ERR_ARGUMENT);
  CHECK(oc_breaker_leave_and_open_for(b, &p, OC_OUTCOME_SUCCESS, 7, t) == OC_OK);
  CHECK(oc_breaker_next_deadline(b, t) == t + 7);
  CHECK(oc_breaker_reset(b, t) == OC_OK && oc_breaker_record(b, OC_OUTCOME_FAILURE, 0, t) == OC_OK);
  CHECK(oc_breaker_metrics(b, t, &m) == OC_OK && m.calls == 1 && m.failed == 1 && m.state == OC_STATE_CLOSED);
  CHECK(oc_breaker_transition(b, OC_STATE_HALF_OPEN, t) == OC_ERR_NOT_ALLOWED);
  CHECK(oc_breaker_transition(b, OC_STATE_FORCED_OPEN, t) == OC_OK);
  CHECK(oc_breaker_enter(b, t, &p, &refusal) == OC_FORCED_OPEN && refusal.retry_after_ns == OC_NEVER);
  CHECK(oc_breaker_open_until(b, t + 9, t) == OC_OK && oc_breaker_open_for(b, 20, t) == OC_OK);
  CHECK(oc_breaker_settle(b, t) == OC_OK && oc_breaker_release(b, t) == OC_OK);
  CHECK(oc_breaker_transition(b, 17, t) == OC_ERR_ARGUMENT);
  CHECK(oc_breaker_restore(b, page, sizeof page, OC_SECOND, 0) == OC_OK);
  CHECK(oc_breaker_state(b, 0) == OC_STATE_OPEN && oc_breaker_next_deadline(b, 0) == 29 * OC_SECOND - 1);
  page[12] ^= 4;
  CHECK(oc_breaker_restore(b, page, sizeof page, 0, 0) == OC_ERR_CORRUPT);
  CHECK(oc_breaker_enter(NULL, t, &p, NULL) == OC_ERR_NULL && oc_breaker_enter(b, t, NULL, NULL) == OC_ERR_NULL);
  CHECK(oc_breaker_state(NULL, t) == OC_ERR_NULL && oc_breaker_leave(b, NULL, 0, t) == OC_ERR_NULL);
  CHECK(oc_journal_pop(b->journal, &event) == OC_OK && event.kind == OC_EVENT_TRIPPED);
}

static void breakers(void) {
  static oc_cell_t cells[OC_CALLS_CELLS(40)], time_cells[OC_TIME_CELLS(10)], events[OC_JOURNAL_CELLS(32)];
  static const oc_journal_t journal = OC_JOURNAL_INIT(events);
  static const oc_breaker_t by_calls = OC_BREAKER_INIT_WITH(policy, cells, journal, 7);
  static const oc_breaker_t by_time = OC_BREAKER_INIT_WITH(time_policy, time_cells, journal, 0);
  oc_breaker_t small = by_calls;
  oc_error_t error;
  oc_event_t event;
  oc_permit_t p;
  breaker(&by_calls);
  while (oc_journal_pop(&journal, &event) == OC_OK) {
  }
  breaker(&by_time);
  CHECK(oc_journal_length(&journal) > 0 && oc_journal_dropped(&journal) == 0);
  CHECK(oc_journal_note_refusal(&journal, OC_RATE_LIMITED, 5, 1) == OC_OK);
  CHECK(oc_journal_note_refusal(&journal, OC_OK, 5, 1) == OC_ERR_ARGUMENT);
  while (oc_journal_length(&journal) > 1)
    CHECK(oc_journal_pop(&journal, &event) == OC_OK);
  CHECK(oc_journal_pop(&journal, &event) == OC_OK && event.reason == OC_RATE_LIMITED && event.retry_after_ns == 5);
  CHECK(oc_journal_pop(&journal, &event) == OC_NOTHING && oc_journal_pop(NULL, &event) == OC_ERR_NULL);
  small.n_cells = 7;
  CHECK(oc_breaker_check(&small, &error) == OC_ERR_CONFIG && error.value == 40 && error.max == 32);
  small.n_cells = 4;
  CHECK(oc_breaker_check(&small, &error) == OC_ERR_ARGUMENT && oc_breaker_enter(&small, 1, &p, NULL) == OC_ERR_ARGUMENT);
  small.cells = NULL;
  CHECK(oc_breaker_enter(&small, 1, &p, NULL) == OC_ERR_NULL);
  CHECK(oc_breaker_start(&by_calls, OC_STATE_CLOSED, 1) == OC_OK && oc_breaker_needs_clock(&by_calls) == 0);
  CHECK(oc_breaker_enter_untimed(&by_calls, &p) == OC_OK);
  CHECK(oc_breaker_leave_untimed(&by_calls, &p, OC_OUTCOME_FAILURE) == OC_OK);
  CHECK(oc_breaker_enter_untimed(&by_calls, &p) == OC_OK);
  CHECK(oc_breaker_leave_untimed(&by_calls, &p, OC_OUTCOME_FAILURE) == OC_ERR_NEEDS_TIME);
  CHECK(oc_breaker_settle(&by_calls, 5) == OC_OK && oc_breaker_state(&by_calls, 5) == OC_STATE_OPEN);
  CHECK(oc_breaker_needs_clock(&by_time) == 1 && oc_breaker_enter_untimed(&by_time, &p) == OC_ERR_NEEDS_TIME);
}

static void tiny(void) {
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
    CHECK(oc_tiny_breaker32_enter(&c, &policy32, 0xfffffff0u, &q, &wait) == OC_OK);
    CHECK(oc_tiny_breaker32_leave(&c, &policy32, &q, OC_OUTCOME_FAILURE, 0xfffffff0u) == OC_OK);
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

  CHECK(oc_tiny_breaker32_enter(&c, &policy32, 0xfffffff0u, &q, &wait) == OC_BREAKER_OPEN && wait == 5001);
  CHECK(oc_tiny_breaker32_state(&c) == OC_STATE_OPEN && oc_tiny_breaker32_next_deadline(&c, &policy32, 0) < 5001);
  CHECK(oc_tiny_breaker32_enter(&c, &policy32, 0xfffffff0u + 5001u, &q, &wait) == OC_OK);
  CHECK(oc_tiny_breaker32_cancel(&c, &policy32, &q) == OC_OK && oc_tiny_breaker32_reset(&c) == OC_OK);
  CHECK(oc_tiny_breaker32_metrics(&c, &m32) == OC_OK && m32.state == OC_STATE_CLOSED && m32.calls == 0);
  CHECK(oc_tiny_breaker32_open(&c, &policy32, 5) == OC_OK && oc_tiny_breaker32_disable(&c) == OC_OK);
  CHECK(oc_tiny_breaker32_force_open(&c) == OC_OK);
  CHECK(oc_tiny_breaker32_enter(&c, &policy32, 5, &q, &wait) == OC_FORCED_OPEN && wait == OC_NEVER32);
  CHECK(oc_tiny_breaker32_enter(&c, NULL, 5, &q, &wait) == OC_ERR_NULL && oc_tiny_breaker32_state(NULL) < 0);
}

static void small_things(void) {
  static oc_bulkhead_t b = OC_BULKHEAD_INIT(2);
  static oc_bulkhead32_t c = OC_BULKHEAD32_INIT(1);
  static oc_ticks_t ticks = OC_TICKS_INIT(1000000);
  oc_cycle_t cycle, again;
  oc_reservation_t r;
  oc_refusal_t refusal;
  oc_error_t error;
  uint8_t bytes[OC_CYCLE_SNAPSHOT_LENGTH];
  CHECK(oc_bulkhead_enter(&b) == OC_OK && oc_bulkhead_enter(&b) == OC_OK && oc_bulkhead_enter(&b) == OC_BULKHEAD_FULL);
  CHECK(oc_bulkhead_in_flight(&b) == 2 && oc_bulkhead_resize(&b, 1) == OC_OK && oc_bulkhead_max(&b) == 1);
  CHECK(oc_bulkhead_leave(&b) == OC_OK && oc_bulkhead_leave(&b) == OC_OK && oc_bulkhead_leave(&b) == OC_ERR_OVER_RELEASE);
  CHECK(oc_bulkhead_init(&b, 0xffffffffu, &error) == OC_ERR_CONFIG && oc_bulkhead_enter(NULL) == OC_ERR_NULL);
  CHECK(oc_bulkhead32_enter(&c) == OC_OK && oc_bulkhead32_enter(&c) == OC_BULKHEAD_FULL);
  CHECK(oc_bulkhead32_leave(&c) == OC_OK && oc_bulkhead32_resize(&c, 70000) == OC_ERR_CONFIG);
  CHECK(oc_bulkhead32_max(&c) == 1 && oc_bulkhead32_in_flight(&c) == 0 && oc_bulkhead32_init(&c, 3, NULL) == OC_OK);
  CHECK(oc_ticks_now(&ticks, 0xffffffffu) == UINT64_C(4294967295) * 1000000u);
  CHECK(oc_ticks_now(&ticks, 4) == UINT64_C(4294967300) * 1000000u && oc_ticks_now(NULL, 4) == 0);

  memset(&again, 0, sizeof again);
  CHECK(oc_cycle_try_acquire(&again, 1, 5, NULL) != OC_OK); /* all zero refuses */
  CHECK(oc_cycle_init(&cycle, 0, OC_SECOND, 0, 0, &error) == OC_ERR_CONFIG);
  CHECK(oc_cycle_init(&cycle, 2, OC_SECOND, OC_SECOND, 0, &error) == OC_OK);
  CHECK(oc_cycle_init(&again, 2, OC_SECOND, OC_SECOND, 0, &error) == OC_OK);
  CHECK(oc_cycle_try_acquire(&cycle, 2, 0, NULL) == OC_OK);
  CHECK(oc_cycle_try_acquire(&cycle, 1, 400000000, &refusal) == OC_RATE_LIMITED && refusal.retry_after_ns == 600000000);
  CHECK(oc_cycle_reserve(&cycle, 1, 400000000, &r, NULL) == OC_OK && r.wait_ns == 600000000);
  CHECK(oc_cycle_balance(&cycle, 400000000) == -1 && oc_cycle_cancel(&cycle, &r) == OC_OK);
  CHECK(oc_cycle_snapshot(&cycle, 400000000, bytes, sizeof bytes) == OC_OK);
  CHECK(oc_cycle_restore(&again, bytes, sizeof bytes, 0) == OC_OK && oc_cycle_balance(&again, 0) <= 0);
  CHECK(oc_cycle_restore(&again, bytes, 3, 0) < 0);
  CHECK(oc_cycle_set_limit(&cycle, 5, 0) == OC_OK && oc_cycle_limit(&cycle) == 5 && oc_cycle_set_limit(&cycle, 0, 0) < 0);
  CHECK(oc_cycle_drain(&cycle, 0) == 3 && oc_cycle_number(&cycle, OC_SECOND) == 1);
  CHECK(oc_cycle_set_timeout(&cycle, 7) == OC_OK && oc_cycle_timeout(&cycle) == 7 && oc_cycle_wait(&cycle, 1, 0) == OC_SECOND);
}

static void pipeline(void) {
  static oc_limiter_t l;
  static oc_bulkhead_t b = OC_BULKHEAD_INIT(1);
  static oc_tiny_breaker_t t;
  static oc_cell_t cells[OC_CALLS_CELLS(40)];
  static const oc_breaker_t k = OC_BREAKER_INIT(policy, cells);
  static oc_cycle_t cycle;
  oc_gate_t gates[5] = {OC_BREAKER_GATE(&k), OC_TINY_BREAKER_GATE(&t, &tiny_policy), OC_BULKHEAD_GATE(&b),
                        OC_CYCLE_GATE(&cycle), OC_LIMITER_GATE(&l, &quota)};
  oc_gate_permit_t permits[5], more[5];
  oc_refusal_t refusal;
  oc_metrics_t m;
  CHECK(oc_cycle_init(&cycle, 100, OC_SECOND, 0, 0, NULL) == OC_OK);
  CHECK(oc_pipeline_enter(gates, 5, 1, 9, permits, &refusal) == OC_OK && oc_bulkhead_in_flight(&b) == 1);
  CHECK(oc_pipeline_enter(gates, 5, 1, 9, more, &refusal) == OC_BULKHEAD_FULL && refusal.gate == 2);
  CHECK(oc_pipeline_leave(gates, 5, permits, OC_OUTCOME_SUCCESS, 9) == OC_OK && oc_bulkhead_in_flight(&b) == 0);
  CHECK(oc_breaker_metrics(&k, 9, &m) == OC_OK && m.calls == 1);
  CHECK(oc_tiny_breaker_metrics(&t, &tiny_policy, 9, &m) == OC_OK && m.calls == 1);
  CHECK(oc_pipeline_enter(gates, 5, 1, 9, permits, NULL) == OC_OK && oc_pipeline_cancel(gates, 5, permits) == OC_OK);
  CHECK(oc_limiter_acquire_up_to(&l, &quota, 9, 9) == 2 && oc_cycle_balance(&cycle, 9) == 99);
  CHECK(oc_pipeline_enter(gates, 5, 1, 9, permits, &refusal) == OC_RATE_LIMITED && refusal.gate == 4);
  CHECK(oc_bulkhead_in_flight(&b) == 0); /* all or nothing */
  CHECK(oc_pipeline_leave(gates, 5, permits, 17, 9) == OC_ERR_ARGUMENT);
  gates[4].kind = 77;
  CHECK(oc_pipeline_enter(gates, 5, 1, 9, permits, &refusal) == OC_ERR_ARGUMENT && oc_bulkhead_in_flight(&b) == 0);
  gates[4].kind = OC_GATE_LIMITER;
  gates[4].state = NULL;
  CHECK(oc_pipeline_enter(gates, 5, 1, 9, permits, &refusal) == OC_ERR_NULL);
  CHECK(oc_pipeline_enter(NULL, 5, 1, 9, permits, &refusal) == OC_ERR_NULL);
}

int main(void) {
  initialisers();
  limiter();
  limiter32();
  breakers();
  tiny();
  small_things();
  pipeline();
  puts("C interface: all checks passed");
  return 0;
}
