/* What happened, and how often. Events of breakers are taken in breakers.c. */
#include "unit.h"

void events(void) {
  static oc_cell_t cells[OC_CALLS_CELLS(40)], other_cells[OC_CALLS_CELLS(40)], few[OC_JOURNAL_CELLS(4)];
  static const oc_journal_t journal = OC_JOURNAL_INIT(few);
  static oc_counters_t counters = OC_COUNTERS_INIT, shared;
  oc_breaker_t b = OC_BREAKER_INIT(calls_policy, cells), other = OC_BREAKER_INIT(calls_policy, other_cells);
  oc_counts_t counts;
  oc_metrics_t m;
  oc_permit_t p;
  int i;
  b.counters = &counters;
  b.journal = &journal;
  for (i = 0; i < 2; i++)
    CHECK(oc_breaker_record(&b, OC_OUTCOME_FAILURE, 0, 9) == OC_OK);
  for (i = 0; i < 3; i++)
    CHECK(oc_breaker_enter(&b, 10, &p, NULL) == OC_BREAKER_OPEN);
  CHECK(oc_counters_get(&counters, &counts) == OC_OK && counts.refused[OC_BREAKER_OPEN] == 3 && counts.refusals == 3);
  CHECK(counts.trips == 1 && counts.transitions == 1 && counts.resets == 0 && counts.refused[OC_RATE_LIMITED] == 0);
  CHECK(oc_breaker_metrics(&b, 10, &m) == OC_OK && oc_counters_rejections(&counters, m.generation) == 3);
  CHECK(oc_breaker_reset(&b, 11) == OC_OK && oc_breaker_metrics(&b, 11, &m) == OC_OK);
  CHECK(oc_counters_rejections(&counters, m.generation) == 0); /* another stay */
  CHECK(oc_counters_get(&counters, &counts) == OC_OK && counts.resets == 1 && counts.transitions == 2);
  CHECK(oc_journal_length(&journal) == 4 && oc_journal_dropped(&journal) == 3); /* both listen */
  CHECK(oc_counters_note_refusal(&counters, OC_BULKHEAD_FULL) == OC_OK);
  CHECK(oc_counters_note_refusal(&counters, OC_OK) == OC_ERR_ARGUMENT && oc_counters_note_refusal(&counters, OC_ERR_NULL) == OC_ERR_ARGUMENT);
  CHECK(oc_counters_get(&counters, &counts) == OC_OK && counts.refused[OC_BULKHEAD_FULL] == 1 && counts.refusals == 4);

  /* Two breakers may share them. */
  b.counters = other.counters = &shared;
  CHECK(oc_breaker_transition(&b, OC_STATE_FORCED_OPEN, 20) == OC_OK && oc_breaker_transition(&other, OC_STATE_FORCED_OPEN, 20) == OC_OK);
  CHECK(oc_breaker_enter(&b, 20, &p, NULL) == OC_FORCED_OPEN && oc_breaker_enter(&other, 20, &p, NULL) == OC_FORCED_OPEN);
  CHECK(oc_counters_get(&shared, &counts) == OC_OK && counts.refused[OC_FORCED_OPEN] == 2 && counts.transitions == 2);
  CHECK(oc_counters_get(NULL, &counts) == OC_ERR_NULL && oc_counters_get(&shared, NULL) == OC_ERR_NULL);
  CHECK(oc_counters_rejections(NULL, 0) == 0 && oc_counters_rejections(&shared, 70000) == 0);
  CHECK(oc_counters_note_refusal(NULL, OC_BULKHEAD_FULL) == OC_ERR_NULL);
}
