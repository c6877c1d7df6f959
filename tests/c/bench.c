/* What a call through the C interface costs beside the same call in Rust: medians of rounds taken in turn. The first two have
 * a bar; the others are for whoever changes something. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <overcurrent.h>
#include <time.h>

#define ROUNDS 41
#define CALLS 300000u
#define LIMIT_NS 2.0

#define RUST(name) uint64_t rust_##name(uint64_t n, uint64_t from);
RUST(try_acquire) RUST(enter_leave) RUST(live_try_acquire) RUST(failing) RUST(live) RUST(timed) RUST(tiny) RUST(pipeline)

static const oc_quota_t quota = OC_RATE(1, 10, 1000);
static const oc_policy_t policy = OC_POLICY_CALLS(100, 20, 50000, 30 * OC_SECOND, 5);
static const oc_policy_t by_time = OC_POLICY_TIME(OC_SECOND, 10, 20, 50000, 30 * OC_SECOND, 5);
static const oc_tiny_policy_t few = OC_TINY_POLICY(20, 20, 50000, 30 * OC_SECOND, 5);
static oc_limiter_t limiter, last;
static oc_live_limiter_t live_limiter = OC_LIVE_LIMITER_INIT(1, 10, 1000);
static oc_cell_t cells[OC_CALLS_CELLS(100)], live_cells[OC_CALLS_CELLS(100)], first_cells[OC_CALLS_CELLS(100)];
static oc_cell_t time_cells[OC_TIME_CELLS(10)];
static oc_live_policy_t live_policy;
static oc_tiny_breaker_t tiny_breaker;
static oc_bulkhead_t slots = OC_BULKHEAD_INIT(8);
static const oc_breaker_t breaker = OC_BREAKER_INIT(policy, cells), timed_breaker = OC_BREAKER_INIT(by_time, time_cells);
static const oc_breaker_t live_breaker = OC_LIVE_BREAKER_INIT(policy, live_policy, live_cells);
static const oc_breaker_t first = OC_BREAKER_INIT(policy, first_cells);
static const oc_gate_t gates[3] = {OC_BREAKER_GATE(&first), OC_BULKHEAD_GATE(&slots), OC_LIMITER_GATE(&last, &quota)};

static uint64_t c_try_acquire(uint64_t n, uint64_t from) {
  uint64_t i, admitted = 0;
  for (i = 0; i < n; i++)
    admitted += oc_limiter_try_acquire(&limiter, &quota, 1, from + i * 10, NULL) == OC_OK;
  return admitted;
}

static uint64_t c_live_try_acquire(uint64_t n, uint64_t from) {
  uint64_t i, admitted = 0;
  for (i = 0; i < n; i++)
    admitted += oc_live_limiter_try_acquire(&live_limiter, 1, from + i * 10, NULL) == OC_OK;
  return admitted;
}

/* Calls through a closed breaker, every `bad`th of which fails. */
static uint64_t calls(const oc_breaker_t *b, uint64_t n, uint64_t from, uint64_t bad) {
  uint64_t i, admitted = 0;
  for (i = 0; i < n; i++) {
    oc_permit_t permit;
    if (oc_breaker_enter(b, from + i, &permit, NULL) == OC_OK) {
      oc_breaker_leave(b, &permit, i % bad == bad - 1 ? OC_OUTCOME_FAILURE : OC_OUTCOME_SUCCESS, from + i);
      admitted++;
    }
  }
  return admitted;
}

static uint64_t c_enter_leave(uint64_t n, uint64_t from) {
  uint64_t i, admitted = 0;
  for (i = 0; i < n; i++) {
    oc_permit_t permit;
    if (oc_breaker_enter(&breaker, from + i, &permit, NULL) == OC_OK) {
      oc_breaker_leave(&breaker, &permit, OC_OUTCOME_SUCCESS, from + i);
      admitted++;
    }
  }
  return admitted;
}

static uint64_t c_failing(uint64_t n, uint64_t from) { return calls(&breaker, n, from, 10); }
static uint64_t c_live(uint64_t n, uint64_t from) { return calls(&live_breaker, n, from, 10); }
static uint64_t c_timed(uint64_t n, uint64_t from) { return calls(&timed_breaker, n, from, 10); }

static uint64_t c_tiny(uint64_t n, uint64_t from) {
  uint64_t i, admitted = 0;
  for (i = 0; i < n; i++) {
    oc_permit_t permit;
    if (oc_tiny_breaker_enter(&tiny_breaker, &few, from + i, &permit, NULL) == OC_OK) {
      oc_outcome_t outcome = i % 10 == 9 ? OC_OUTCOME_FAILURE : OC_OUTCOME_SUCCESS;
      oc_tiny_breaker_leave(&tiny_breaker, &few, &permit, outcome, from + i);
      admitted++;
    }
  }
  return admitted;
}

static uint64_t c_pipeline(uint64_t n, uint64_t from) {
  uint64_t i, admitted = 0;
  for (i = 0; i < n; i++) {
    oc_gate_permit_t permits[3];
    if (oc_pipeline_enter(gates, 3, 1, from + i * 10, permits, NULL) == OC_OK) {
      oc_pipeline_leave(gates, 3, permits, OC_OUTCOME_SUCCESS, from + i * 10);
      admitted++;
    }
  }
  return admitted;
}

/* Nanoseconds of this thread's own processor time for each call. */
static double measure(uint64_t (*run)(uint64_t, uint64_t), uint64_t from) {
  struct timespec a, b;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
  CHECK(run(CALLS, from) == CALLS);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
  return ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / CALLS;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values) {
  qsort(values, ROUNDS, sizeof *values, ascending);
  return values[ROUNDS / 2];
}

/* Whether the median of the differences is within the bar. */
static int compare(const char *name, uint64_t (*c)(uint64_t, uint64_t), uint64_t (*rust)(uint64_t, uint64_t), double bar) {
  static double in_c[ROUNDS], in_rust[ROUNDS], more[ROUNDS];
  double extra;
  int i;
  for (i = 0; i < ROUNDS; i++) {
    uint64_t from = (uint64_t)i * 10 * CALLS;
    in_rust[i] = measure(rust, from);
    in_c[i] = measure(c, from);
    more[i] = in_c[i] - in_rust[i];
  }
  extra = median(more);
  printf("%-34s C %5.2f ns, Rust %5.2f ns, %+5.2f ns", name, median(in_c), median(in_rust), extra);
  if (bar > 0)
    printf(" (at most %+.2f)", bar);
  puts("");
  return bar <= 0 || extra <= bar;
}

int main(void) {
  int ok = compare("try_acquire", c_try_acquire, rust_try_acquire, LIMIT_NS);
  ok &= compare("breaker enter + leave", c_enter_leave, rust_enter_leave, LIMIT_NS);
  compare("live try_acquire", c_live_try_acquire, rust_live_try_acquire, 0);
  compare("breaker, each 10th fails", c_failing, rust_failing, 0);
  compare("live breaker, each 10th fails", c_live, rust_live, 0);
  compare("time breaker, each 10th fails", c_timed, rust_timed, 0);
  compare("tiny breaker, each 10th fails", c_tiny, rust_tiny, 0);
  compare("pipeline of breaker, bulkhead, limiter", c_pipeline, rust_pipeline, 0);
  return ok ? 0 : 1;
}
