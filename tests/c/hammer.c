/* Two threads on the same limiter, breaker, bulkhead and pipeline: the totals are exact. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <overcurrent.h>
#include <pthread.h>

#define BURST 2000000u
#define CALLS 100000u

static const oc_quota_t quota = OC_RATE(1, OC_SECOND, BURST);
static const oc_quota32_t quota32 = OC_RATE32(1, 1, BURST);
static const oc_policy_t policy = OC_POLICY_CALLS(32000, 32000, 100000, OC_SECOND, 1);
static oc_limiter_t limiter;
static oc_limiter32_t limiter32;
static oc_bulkhead_t bulkhead = OC_BULKHEAD_INIT(1);
static oc_cell_t cells[OC_CALLS_CELLS(32000)];
static const oc_breaker_t breaker = OC_BREAKER_INIT(policy, cells);
#ifndef __SANITIZE_THREAD__ /* which cannot see that the library's atomics order this */
static unsigned inside; /* written by whoever holds the bulkhead's only slot */
#endif
static pthread_barrier_t start;

struct counts {
  unsigned taken, taken32, entered;
};

static void *work(void *argument) {
  struct counts *counts = argument;
  unsigned i;
  pthread_barrier_wait(&start);
  while (oc_limiter_try_acquire(&limiter, &quota, 1, 1, NULL) == OC_OK)
    counts->taken++;
  while (oc_limiter32_try_acquire(&limiter32, &quota32, 1, 1000000, NULL) == OC_OK)
    counts->taken32++;
  for (i = 0; i < CALLS; i++) {
    oc_permit_t permit;
    CHECK(oc_breaker_enter(&breaker, i, &permit, NULL) == OC_OK);
    if (i < 10000)
      CHECK(oc_breaker_leave(&breaker, &permit, i % 2 ? OC_OUTCOME_FAILURE : OC_OUTCOME_SUCCESS, i) == OC_OK);
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

int main(void) {
  pthread_t thread;
  struct counts a = {0, 0, 0}, b = {0, 0, 0};
  oc_metrics_t metrics;
  CHECK(pthread_barrier_init(&start, NULL, 2) == 0);
  CHECK(pthread_create(&thread, NULL, work, &a) == 0);
  work(&b);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(a.taken + b.taken == BURST);
  CHECK(a.taken32 + b.taken32 == BURST);
  CHECK(oc_breaker_metrics(&breaker, CALLS, &metrics) == OC_OK);
  CHECK(metrics.calls == 20000 && metrics.failed == 10000);
#ifndef __SANITIZE_THREAD__
  CHECK(inside == a.entered + b.entered);
#endif
  CHECK(oc_bulkhead_in_flight(&bulkhead) == 0);
  printf("two threads: %u + %u of %u permits, 20000 results, all exact\n", a.taken, b.taken, BURST);
  return 0;
}
