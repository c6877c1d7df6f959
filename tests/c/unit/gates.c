/* Bulkheads, ticks, and several gates as one. */
#include "unit.h"

static void bulkheads(void) {
  static oc_bulkhead_t b = OC_BULKHEAD_INIT(2);
  static oc_bulkhead32_t c = OC_BULKHEAD32_INIT(1);
  static oc_ticks_t ticks = OC_TICKS_INIT(1000000);
  oc_error_t error;
  CHECK(oc_bulkhead_enter(&b) == OC_OK && oc_bulkhead_enter(&b) == OC_OK && oc_bulkhead_enter(&b) == OC_BULKHEAD_FULL);
  CHECK(oc_bulkhead_in_flight(&b) == 2 && oc_bulkhead_resize(&b, 1) == OC_OK && oc_bulkhead_max(&b) == 1);
  CHECK(oc_bulkhead_available(&b) == 0 && oc_bulkhead_available(NULL) == 0);
  CHECK(oc_bulkhead_leave(&b) == OC_OK && oc_bulkhead_leave(&b) == OC_OK && oc_bulkhead_leave(&b) == OC_ERR_OVER_RELEASE);
  CHECK(oc_bulkhead_init(&b, 0xffffffffu, &error) == OC_ERR_CONFIG && oc_bulkhead_enter(NULL) == OC_ERR_NULL);
  CHECK(oc_bulkhead32_enter(&c) == OC_OK && oc_bulkhead32_enter(&c) == OC_BULKHEAD_FULL);
  CHECK(oc_bulkhead32_leave(&c) == OC_OK && oc_bulkhead32_resize(&c, 70000) == OC_ERR_CONFIG);
  CHECK(oc_bulkhead32_max(&c) == 1 && oc_bulkhead32_in_flight(&c) == 0 && oc_bulkhead32_init(&c, 3, NULL) == OC_OK);
  CHECK(oc_bulkhead32_available(&c) == 3 && oc_bulkhead32_available(NULL) == 0);
  CHECK(oc_ticks_now(&ticks, 0xffffffffu) == UINT64_C(4294967295) * 1000000u);
  CHECK(oc_ticks_now(&ticks, 4) == UINT64_C(4294967300) * 1000000u && oc_ticks_now(NULL, 4) == 0);
}

static void pipeline(void) {
  static oc_limiter_t l;
  static oc_bulkhead_t b = OC_BULKHEAD_INIT(1);
  static oc_tiny_breaker_t t;
  static oc_cell_t cells[OC_CALLS_CELLS(40)];
  static const oc_breaker_t k = OC_BREAKER_INIT(calls_policy, cells);
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

/* Every kind of gate, an answer that says when to come back, and a look that takes nothing. */
static void hold(void) {
  static const oc_retry_budget_policy_t retries = OC_RETRY_BUDGET_POLICY(500, 0, 2);
  static oc_limiter_t l;
  static oc_live_limiter_t live = OC_LIVE_LIMITER_INIT(1, OC_SECOND, 3), blank;
  static oc_retry_budget_t budget;
  static oc_bulkhead_t slots = OC_BULKHEAD_INIT(2);
  static oc_tiny_breaker_t t;
  static oc_cell_t cells[OC_CALLS_CELLS(40)];
  static oc_counters_t counters;
  oc_breaker_t k = OC_BREAKER_INIT(calls_policy, cells);
  oc_gate_t gates[6] = {OC_BREAKER_GATE(NULL), OC_TINY_BREAKER_GATE(&t, &tiny_policy), OC_BULKHEAD_GATE(&slots),
                        OC_LIMITER_GATE(&l, &quota), OC_LIVE_LIMITER_GATE(&live), OC_RETRY_BUDGET_GATE(&budget, &retries)};
  oc_gate_permit_t permits[6], more[6];
  oc_refusal_t refusal;
  oc_counts_t counts;
  oc_peek_t peek;
  uint64_t now = 100 * OC_SECOND;
  k.counters = &counters;
  CHECK(oc_pipeline_judge(gates, 6, 1, now, NULL) == OC_ERR_NULL);
  gates[0].config = &k;
  CHECK(oc_pipeline_judge(gates, 6, 1, now, NULL) == OC_OK && oc_pipeline_judge(gates, 6, 1, now, NULL) == OC_OK);
  CHECK(oc_pipeline_enter(gates, 6, 1, now, permits, &refusal) == OC_OK && oc_retry_budget_available(&budget, &retries, now) == 1);
  CHECK(oc_pipeline_enter(gates, 6, 1, now, more, &refusal) == OC_OK && oc_pipeline_cancel(gates, 6, more) == OC_OK);
  CHECK(oc_retry_budget_available(&budget, &retries, now) == 1 && oc_bulkhead_in_flight(&slots) == 1);
  CHECK(oc_live_limiter_peek(&live, 1, now, &peek) == OC_OK && peek.remaining == 2);
  /* A success pays half a retry into the budget; nothing before the time that the server named. */
  CHECK(oc_pipeline_leave_and_hold(gates, 6, permits, OC_OUTCOME_SUCCESS, now + 9 * OC_SECOND, now) == OC_OK);
  CHECK(oc_bulkhead_in_flight(&slots) == 0 && oc_retry_budget_available(&budget, &retries, now) == 1);
  CHECK(oc_breaker_next_deadline(&k, now) == now + 9 * OC_SECOND);
  CHECK(oc_tiny_breaker_state(&t, &tiny_policy, now + 8 * OC_SECOND) == OC_STATE_OPEN);
  CHECK(oc_limiter_peek(&l, &quota, 1, now, &peek) == OC_OK && peek.retry_after_ns >= 9 * OC_SECOND);
  CHECK(oc_live_limiter_peek(&live, 1, now, &peek) == OC_OK && peek.retry_after_ns >= 9 * OC_SECOND);
  /* A look is not counted, an ask is. */
  CHECK(oc_pipeline_judge(gates, 1, 1, now, &refusal) == OC_BREAKER_OPEN && refusal.retry_after_ns == 9 * OC_SECOND + 1);
  CHECK(oc_counters_get(&counters, &counts) == OC_OK && counts.refusals == 0 && counts.transitions == 1);
  CHECK(oc_pipeline_enter(gates, 6, 1, now, more, &refusal) != OC_OK);
  CHECK(oc_counters_get(&counters, &counts) == OC_OK && counts.refused[OC_BREAKER_OPEN] == 1);
  CHECK(oc_pipeline_leave_and_hold(gates, 6, permits, 9, now, now) == OC_ERR_ARGUMENT);
  CHECK(oc_pipeline_leave_and_hold(gates, 6, NULL, 0, now, now) == OC_ERR_NULL);
  gates[4].state = &blank; /* without a quota it is no gate */
  CHECK(oc_pipeline_enter(gates + 1, 5, 1, now + OC_MINUTE, more, NULL) == OC_ERR_ARGUMENT && oc_bulkhead_in_flight(&slots) == 0);
}

void gates(void) {
  bulkheads();
  pipeline();
  hold();
}
