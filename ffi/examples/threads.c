/* Four threads share one pipeline: at most two calls at a time, ten thousand a second, behind a breaker.
 *
 *   cc threads.c $(pkg-config --cflags --libs overcurrent) -lpthread -o threads */
#define _POSIX_C_SOURCE 200809L
#include <overcurrent.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#define THREADS 4

static const oc_quota_t quota = OC_RATE(10000, OC_SECOND, 100);
static const oc_policy_t policy = OC_POLICY_CALLS(100, 20, 50000, OC_SECOND, 3);
static oc_limiter_t limiter = OC_LIMITER_INIT;
static oc_bulkhead_t bulkhead = OC_BULKHEAD_INIT(2);
static oc_cell_t cells[OC_CALLS_CELLS(100)];
static const oc_breaker_t breaker = OC_BREAKER_INIT(policy, cells);
static const oc_gate_t gates[] = {
    OC_BREAKER_GATE(&breaker), OC_BULKHEAD_GATE(&bulkhead), OC_LIMITER_GATE(&limiter, &quota)};
enum { GATES = sizeof gates / sizeof gates[0] };

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * OC_SECOND + (uint64_t)t.tv_nsec;
}

struct counts {
  unsigned done, limited, full;
};

static void *work(void *argument) {
  struct counts *counts = argument;
  uint64_t end = now() + 100 * OC_MILLISECOND, t;
  while ((t = now()) < end) {
    oc_gate_permit_t permits[GATES];
    switch (oc_pipeline_enter(gates, GATES, 1, t, permits, NULL)) {
    case OC_OK: /* the call would be here */
      oc_pipeline_leave(gates, GATES, permits, OC_OUTCOME_SUCCESS, now());
      counts->done++;
      break;
    case OC_RATE_LIMITED:
      counts->limited++;
      break;
    default:
      counts->full++;
    }
  }
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  struct counts counts[THREADS] = {{0, 0, 0}};
  unsigned i, done = 0;
  uint64_t begin = now(), most;
  for (i = 0; i < THREADS; i++)
    if (pthread_create(&threads[i], NULL, work, &counts[i]) != 0)
      return 1;
  for (i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    printf("thread %u: %u calls, %u limited, %u found no slot\n", i, counts[i].done, counts[i].limited, counts[i].full);
    done += counts[i].done;
  }
  most = 100 + (now() - begin) / 100000 + 1;
  printf("%u calls, at most %u allowed, %u still in flight\n", done, (unsigned)most, oc_bulkhead_in_flight(&bulkhead));
  return done > 0 && done <= most && oc_bulkhead_in_flight(&bulkhead) == 0 ? 0 : 1;
}
