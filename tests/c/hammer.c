/* Two threads on the same limiter, budget, breaker, bulkhead and counters, settings changing meanwhile: the totals are exact. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <overcurrent.h>
#include <pthread.h>

#define BURST 2000000u
#define RETRIES 1000000u
#define CALLS 100000u
#define RESULTS 10000u

static const oc_quota_t quota = OC_RATE(1, OC_SECOND, BURST), slower = OC_RATE(1, OC_MINUTE, BURST);
static const oc_quota32_t quota32 = OC_RATE32(1, 1, BURST);
static const oc_policy_t policy = OC_POLICY_CALLS(32000, 32000, 100000, OC_SECOND, 1);
static const oc_policy_t shorter = OC_POLICY_CALLS(30000, 30000, 100000, OC_SECOND, 1);
static const oc_retry_budget_policy_t retries = OC_RETRY_BUDGET_POLICY(0, 0, RETRIES);
static oc_limiter_t limiter;
static oc_limiter32_t limiter32;
static oc_live_limiter_t live_limiter = OC_LIVE_LIMITER_INIT(1, OC_SECOND, BURST);
static oc_retry_budget_t budget;
static oc_bulkhead_t bulkhead = OC_BULKHEAD_INIT(1);
static oc_cell_t cells[OC_CALLS_CELLS(32000)], live_cells[OC_CALLS_CELLS(32000)], shut_cells[OC_CALLS_CELLS(16)];
static oc_live_policy_t live_policy;
static oc_counters_t counters;
static const oc_breaker_t breaker = OC_BREAKER_INIT(policy, cells);
static const oc_breaker_t live_breaker = OC_LIVE_BREAKER_INIT(policy, live_policy, live_cells);
static const oc_breaker_t shut = {&policy, shut_cells, NULL, OC_PRIVATE_COUNT(shut_cells), 0, NULL, &counters};
#ifndef __SANITIZE_THREAD__ /* which cannot see that the library's atomics order this */
static unsigned inside; /* written by whoever holds the bulkhead's only slot */
#endif
static pthread_barrier_t both;

struct counts {
  unsigned taken, taken32, live, retries, entered, changes;
};

/* Another quota, or that of before; as many permits are gone under either. */
static void change_quota(unsigned i, struct counts *counts) {
  oc_status_t status = oc_live_limiter_reconfigure(&live_limiter, i % 2 ? &slower : &quota, 1);
  CHECK(status == OC_OK || status == OC_ERR_BUSY);
  counts->changes += status == OC_OK;
}

static void change_policy(unsigned i, struct counts *counts) {
  oc_status_t status = oc_breaker_reconfigure(&live_breaker, i % 2 ? &shorter : &policy, 1, NULL);
  CHECK(status == OC_OK || status == OC_ERR_BUSY);
  counts->changes += status == OC_OK;
}

static void call(const oc_breaker_t *b, unsigned i) {
  oc_permit_t permit;
  CHECK(oc_breaker_enter(b, i, &permit, NULL) == OC_OK);
  if (i < RESULTS)
    CHECK(oc_breaker_leave(b, &permit, i % 2 ? OC_OUTCOME_FAILURE : OC_OUTCOME_SUCCESS, i) == OC_OK);
}

static void *work(void *argument) {
  struct counts *counts = argument;
  oc_permit_t permit;
  unsigned i, j;
  pthread_barrier_wait(&both); /* before each part, or one thread may be done before the other begins */
  while (oc_limiter_try_acquire(&limiter, &quota, 1, 1, NULL) == OC_OK)
    counts->taken++;
  pthread_barrier_wait(&both);
  while (oc_limiter32_try_acquire(&limiter32, &quota32, 1, 1000000, NULL) == OC_OK)
    counts->taken32++;
  pthread_barrier_wait(&both);
  while (oc_live_limiter_try_acquire(&live_limiter, 1, 1, NULL) == OC_OK)
    if (++counts->live % 1000 == 0)
      change_quota(counts->live / 1000, counts);
  pthread_barrier_wait(&both);
  for (i = 0; i < CALLS; i++) {
    call(&breaker, i);
    for (j = 0; j < RETRIES / CALLS / 2 + 1; j++) /* more than there are */
      counts->retries += oc_retry_budget_try_withdraw(&budget, &retries, 1, NULL, NULL) == OC_OK;
    if (i < RESULTS) {
      call(&live_breaker, i);
      if (i % 500 == 0)
        change_policy(i / 500, counts);
    }
    CHECK(oc_breaker_enter(&shut, i, &permit, NULL) == OC_FORCED_OPEN);
    if (oc_bulkhead_enter(&bulkhead) == OC_OK) {
#ifndef __SANITIZE_THREAD__
      inside++;
#endif
      counts->entered++;
      CHECK(oc_bulkhead_leave(&bulkhead) == OC_OK);
    }
  }
  return NULL;
}

static void all_recorded(const oc_breaker_t *b) {
  oc_metrics_t metrics;
  CHECK(oc_breaker_metrics(b, CALLS, &metrics) == OC_OK);
  CHECK(metrics.calls == 2 * RESULTS && metrics.failed == RESULTS);
}

int main(void) {
  pthread_t thread;
  struct counts a = {0, 0, 0, 0, 0, 0}, b = {0, 0, 0, 0, 0, 0};
  oc_counts_t refused;
  CHECK(oc_breaker_transition(&shut, OC_STATE_FORCED_OPEN, 0) == OC_OK);
  CHECK(pthread_barrier_init(&both, NULL, 2) == 0);
  CHECK(pthread_create(&thread, NULL, work, &a) == 0);
  work(&b);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(a.taken + b.taken == BURST);
  CHECK(a.taken32 + b.taken32 == BURST);
  CHECK(a.live + b.live == BURST);
  CHECK(a.retries + b.retries == RETRIES);
  all_recorded(&breaker);
  all_recorded(&live_breaker);
  CHECK(oc_counters_get(&counters, &refused) == OC_OK);
  CHECK(refused.refused[OC_FORCED_OPEN] == 2 * CALLS && refused.refusals == 2 * CALLS && refused.transitions == 1);
#ifndef __SANITIZE_THREAD__
  CHECK(inside == a.entered + b.entered);
#endif
  CHECK(oc_bulkhead_in_flight(&bulkhead) == 0);
  printf("two threads: %u + %u of %u permits, %u + %u of %u retries, 40000 results, %u refusals, %u changes, all exact\n", a.taken,
         b.taken, BURST, a.retries, b.retries, RETRIES, 2 * CALLS, a.changes + b.changes);
  return 0;
}
