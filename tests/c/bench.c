/* What a call through the C interface costs beside the same call in Rust: medians of rounds taken in turn. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <overcurrent.h>
#include <time.h>

#define ROUNDS 41
#define CALLS 1000000u
#define LIMIT_NS 2.0

uint64_t rust_try_acquire(uint64_t n, uint64_t from);
uint64_t rust_enter_leave(uint64_t n, uint64_t from);

static const oc_quota_t quota = OC_RATE(1, 10, 1000);
static const oc_policy_t policy = OC_POLICY_CALLS(100, 20, 50000, 30 * OC_SECOND, 5);
static oc_limiter_t limiter;
static oc_cell_t cells[OC_CALLS_CELLS(100)];
static const oc_breaker_t breaker = OC_BREAKER_INIT(policy, cells);

static uint64_t c_try_acquire(uint64_t n, uint64_t from) {
  uint64_t i, admitted = 0;
  for (i = 0; i < n; i++)
    admitted += oc_limiter_try_acquire(&limiter, &quota, 1, from + i * 10, NULL) == OC_OK;
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

static int compare(const char *name, uint64_t (*c)(uint64_t, uint64_t), uint64_t (*rust)(uint64_t, uint64_t)) {
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
  printf("%-22s C %5.2f ns, Rust %5.2f ns, %+5.2f ns (at most %+.2f)\n", name, median(in_c), median(in_rust), extra,
         LIMIT_NS);
  return extra <= LIMIT_NS;
}

int main(void) {
  int ok = compare("try_acquire", c_try_acquire, rust_try_acquire);
  ok &= compare("breaker enter + leave", c_enter_leave, rust_enter_leave);
  return ok ? 0 : 1;
}
