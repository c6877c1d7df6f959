/* Breakers over calls and over time, with settings that stay and with settings that change. */
#include "unit.h"

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
    CHECK(oc_breaker_enter(b, t, &trial[i], NULL) == OC_OK && oc_permit_is_trial(&trial[i]) == 1);
  CHECK(oc_permit_is_trial(&p) == 0 && oc_permit_is_trial(NULL) == 0);
  CHECK(oc_breaker_enter(b, t, &p, &refusal) == OC_TRIALS_TAKEN);
  CHECK(oc_breaker_cancel(b, &trial[2]) == OC_OK && oc_breaker_enter(b, t, &trial[2], NULL) == OC_OK);
  for (i = 0; i < 3; i++)
    CHECK(oc_breaker_leave(b, &trial[i], OC_OUTCOME_SUCCESS, t) == OC_OK);
  CHECK(oc_breaker_state(b, t) == OC_STATE_CLOSED);
  CHECK(oc_breaker_enter(b, t, &p, NULL) == OC_OK && oc_breaker_leave(b, &p, 9, t) == OC_ERR_ARGUMENT);
  CHECK(oc_breaker_leave_and_open_for(b, &p, OC_OUTCOME_SUCCESS, 7, t) == OC_OK);
  CHECK(oc_breaker_next_deadline(b, t) == t + 7);
  CHECK(oc_breaker_reset(b, t) == OC_OK && oc_breaker_enter(b, t, &p, NULL) == OC_OK);
  CHECK(oc_breaker_leave_and_open_until(b, &p, OC_OUTCOME_SUCCESS, t + 9, t) == OC_OK);
  CHECK(oc_breaker_next_deadline(b, t) == t + 9);
  CHECK(oc_breaker_reset(b, t) == OC_OK && oc_breaker_record_and_open_for(b, OC_OUTCOME_SUCCESS, 0, 11, t) == OC_OK);
  CHECK(oc_breaker_next_deadline(b, t) == t + 11);
  CHECK(oc_breaker_reset(b, t) == OC_OK && oc_breaker_record_and_open_until(b, OC_OUTCOME_SUCCESS, 0, t + 4, t) == OC_OK);
  CHECK(oc_breaker_next_deadline(b, t) == t + 4);
  CHECK(oc_breaker_record_and_open_for(b, 9, 0, 1, t) == OC_ERR_ARGUMENT);
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

static void both_kinds(void) {
  static oc_cell_t cells[OC_CALLS_CELLS(40)], time_cells[OC_TIME_CELLS(10)], events[OC_JOURNAL_CELLS(32)];
  static const oc_journal_t journal = OC_JOURNAL_INIT(events);
  static const oc_breaker_t by_calls = OC_BREAKER_INIT_WITH(calls_policy, cells, journal, 7);
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
  CHECK(oc_breaker_enter(&by_calls, 5, &p, NULL) == OC_BREAKER_OPEN); /* whoever brings the time */
  CHECK(oc_breaker_settle(&by_calls, 5) == OC_OK && oc_breaker_state(&by_calls, 5) == OC_STATE_OPEN);
  CHECK(oc_breaker_needs_clock(&by_time) == 1 && oc_breaker_enter_untimed(&by_time, &p) == OC_ERR_NEEDS_TIME);
}

/* The same calls through a breaker whose settings change while it runs. */
static void live(void) {
  static oc_cell_t cells[OC_CALLS_CELLS(40)], time_cells[OC_TIME_CELLS(10)];
  static oc_live_policy_t later = OC_LIVE_POLICY_INIT, time_later;
  static const oc_breaker_t b = OC_LIVE_BREAKER_INIT(calls_policy, later, cells);
  static const oc_breaker_t timed = OC_LIVE_BREAKER_INIT(time_policy, time_later, time_cells);
  static const oc_policy_t strict = OC_POLICY_CALLS(8, 4, 25000, OC_SECOND, 1), longer = OC_POLICY_CALLS(400, 4, 25000, OC_SECOND, 1);
  static const oc_policy_t slices = OC_POLICY_TIME(2 * OC_SECOND, 5, 1, 50000, OC_SECOND, 1);
  oc_policy_t seen;
  oc_error_t error;
  oc_metrics_t m;
  oc_permit_t p;
  uint64_t t = 100 * OC_SECOND;
  int i;
  CHECK(oc_breaker_check(&b, NULL) == OC_OK && oc_breaker_policy(&b, &seen) == OC_OK && seen.min_calls == 2);
  for (i = 0; i < 12; i++) {
    CHECK(oc_breaker_enter(&b, t, &p, NULL) == OC_OK);
    CHECK(oc_breaker_leave(&b, &p, i == 6 ? OC_OUTCOME_FAILURE : OC_OUTCOME_SUCCESS, t) == OC_OK);
  }
  CHECK(oc_breaker_metrics(&b, t, &m) == OC_OK && m.calls == 12 && m.failed == 1);
  CHECK(oc_breaker_reconfigure(&b, &strict, t, &error) == OC_OK); /* the newest 8 are kept */
  CHECK(oc_breaker_metrics(&b, t, &m) == OC_OK && m.calls == 8 && m.failed == 1 && m.state == OC_STATE_CLOSED);
  CHECK(oc_breaker_policy(&b, &seen) == OC_OK && seen.min_calls == 4 && seen.failure_rate == 25000);
  CHECK(oc_breaker_enter(&b, t, &p, NULL) == OC_OK && oc_breaker_leave(&b, &p, OC_OUTCOME_FAILURE, t) == OC_OK);
  CHECK(oc_breaker_state(&b, t) == OC_STATE_OPEN && oc_breaker_next_deadline(&b, t) == t + OC_SECOND);
  CHECK(oc_breaker_reconfigure(&b, &longer, t, &error) == OC_ERR_CONFIG && error.value == 400 && error.max == 48);
  CHECK(oc_breaker_reconfigure(&b, &time_policy, t, NULL) == OC_ERR_CONFIG); /* of the other kind */
  CHECK(oc_breaker_reconfigure(&b, NULL, t, NULL) == OC_ERR_NULL && oc_breaker_reconfigure(NULL, &strict, t, NULL) == OC_ERR_NULL);
  CHECK(oc_breaker_policy(&b, NULL) == OC_ERR_NULL && oc_breaker_policy(&b, &seen) == OC_OK && seen.min_calls == 4);

  CHECK(oc_breaker_record(&timed, OC_OUTCOME_SUCCESS, 0, t) == OC_OK);
  CHECK(oc_breaker_reconfigure(&timed, &slices, t, NULL) == OC_OK); /* other slices: an empty window */
  CHECK(oc_breaker_metrics(&timed, t, &m) == OC_OK && m.calls == 0);
  CHECK(oc_breaker_record(&timed, OC_OUTCOME_FAILURE, 0, t) == OC_OK && oc_breaker_state(&timed, t) == OC_STATE_OPEN);
}

/* Settings that stay are not changed. */
static void not_live(void) {
  static oc_cell_t cells[OC_CALLS_CELLS(40)];
  static const oc_breaker_t b = OC_BREAKER_INIT(calls_policy, cells);
  oc_policy_t seen;
  CHECK(oc_breaker_reconfigure(&b, &calls_policy, 1, NULL) == OC_ERR_NULL);
  CHECK(oc_breaker_policy(&b, &seen) == OC_OK && seen.min_calls == 2);
}

void breakers(void) {
  both_kinds();
  live();
  not_live();
}
