/* Rate limiters: fixed, live, of fixed cycles, of four bytes. */
#include "unit.h"

static const oc_quota32_t quota32 = OC_RATE32_WAIT(3, 1000, 6, 100);

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
  CHECK(oc_limiter_reset(&l) == OC_OK && oc_limiter_reserve_debt(&l, &quota, 30, 0, t, &a, &refusal) == OC_OK);
  CHECK(oc_limiter_reserve_debt(&l, &quota, 30, 0, t, &b, &refusal) == OC_RATE_LIMITED);
  CHECK(refusal.retry_after_ns == 10 * OC_SECOND);
  CHECK(oc_limiter_reserve_debt(&l, &quota, 30, OC_MINUTE, t, &b, NULL) == OC_OK && b.wait_ns == 10 * OC_SECOND);
  CHECK(oc_limiter_reserve_debt(&l, &quota, 30, OC_MINUTE, t, NULL, NULL) == OC_ERR_NULL);
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

static void live_limiter(void) {
  static oc_live_limiter_t l = OC_LIVE_LIMITER_INIT(1, OC_SECOND, 3), blank;
  oc_quota_t wider, seen;
  oc_refusal_t refusal;
  oc_reservation_t a, b;
  oc_peek_t peek;
  uint8_t bytes[OC_LIMITER_SNAPSHOT_LENGTH];
  uint64_t t = 10 * OC_SECOND;
  /* All zero has no quota. */
  CHECK(oc_live_limiter_try_acquire(&blank, 1, t, &refusal) == OC_COST_EXCEEDS_BURST);
  CHECK(refusal.reason == OC_COST_EXCEEDS_BURST && refusal.retry_after_ns == OC_NEVER);
  CHECK(oc_live_limiter_reserve(&blank, 1, OC_SECOND, t, &a, NULL) == OC_COST_EXCEEDS_BURST);
  CHECK(oc_live_limiter_acquire_up_to(&blank, 9, t) == 0 && oc_live_limiter_peek(&blank, 1, t, &peek) != OC_OK);
  CHECK(oc_live_limiter_reconfigure(&blank, &quota, t) == OC_COST_EXCEEDS_BURST);

  CHECK(oc_live_limiter_try_acquire(&l, 3, t, NULL) == OC_OK);
  CHECK(oc_live_limiter_try_acquire(&l, 1, t, &refusal) == OC_RATE_LIMITED && refusal.retry_after_ns == OC_SECOND);
  CHECK(oc_live_limiter_try_acquire(&l, 4, t, NULL) == OC_COST_EXCEEDS_BURST);
  CHECK(oc_quota_init(&wider, 1, OC_SECOND, 5, 5, NULL) == OC_OK);
  CHECK(oc_live_limiter_reconfigure(&l, &wider, t) == OC_OK && oc_live_limiter_quota(&l, &seen) == OC_OK);
  CHECK(seen.burst == 5 && seen.permits == 1 && seen.per_ns == OC_SECOND);
  CHECK(oc_live_limiter_peek(&l, 3, t, &peek) == OC_OK && peek.remaining == 2 && peek.retry_after_ns == OC_SECOND);
  CHECK(oc_live_limiter_acquire_up_to(&l, 9, t) == 2);
  CHECK(oc_live_limiter_reserve(&l, 1, OC_SECOND, t, &a, NULL) == OC_OK && a.wait_ns == OC_SECOND);
  CHECK(oc_live_limiter_reserve(&l, 1, OC_SECOND, t, &b, &refusal) == OC_RATE_LIMITED);
  CHECK(oc_live_limiter_cancel(&l, &a) == OC_OK && oc_live_limiter_cancel(&l, &a) == OC_NOTHING);
  CHECK(oc_live_limiter_reserve_debt(&l, 9, OC_MINUTE, t, &a, NULL) == OC_OK && a.wait_ns == 5 * OC_SECOND);
  CHECK(oc_live_limiter_snapshot(&l, t, bytes, sizeof bytes) == OC_OK);
  CHECK(oc_live_limiter_snapshot(&l, t, bytes, 3) == OC_ERR_BUFFER_TOO_SHORT);
  CHECK(oc_live_limiter_reset(&l) == OC_OK && oc_live_limiter_try_acquire_debt(&l, 7, t, NULL) == OC_OK);
  CHECK(oc_live_limiter_try_acquire(&l, 1, t + OC_SECOND, NULL) == OC_RATE_LIMITED);
  CHECK(oc_live_limiter_reset(&l) == OC_OK);
  CHECK(oc_live_limiter_restore(&l, bytes, sizeof bytes, 4 * OC_SECOND, t) == OC_OK);
  CHECK(oc_live_limiter_peek(&l, 1, t, &peek) == OC_OK && peek.reset_after_ns == 10 * OC_SECOND);
  bytes[9] ^= 1;
  CHECK(oc_live_limiter_restore(&l, bytes, sizeof bytes, 0, t) == OC_ERR_CORRUPT);
  CHECK(oc_live_limiter_penalize_until(&l, t + OC_MINUTE, t) == OC_OK);
  CHECK(oc_live_limiter_peek(&l, 1, t, &peek) == OC_OK && peek.retry_after_ns >= OC_MINUTE);
  CHECK(oc_live_limiter_drain(&l, t + 2 * OC_MINUTE) == OC_OK);
  CHECK(oc_live_limiter_try_acquire(&l, 1, t + 2 * OC_MINUTE, NULL) == OC_RATE_LIMITED);
  CHECK(oc_live_limiter_try_acquire(NULL, 1, t, NULL) == OC_ERR_NULL && oc_live_limiter_quota(&l, NULL) == OC_ERR_NULL);
  CHECK(oc_live_limiter_reserve(&l, 1, 0, t, NULL, NULL) == OC_ERR_NULL && oc_live_limiter_reset(NULL) == OC_ERR_NULL);
  CHECK(oc_live_limiter_reconfigure(&l, NULL, t) == OC_ERR_NULL && oc_live_limiter_cancel(&l, NULL) == OC_ERR_NULL);
  CHECK(oc_live_limiter_restore(&l, NULL, 5, 0, t) == OC_ERR_NULL);
  CHECK(oc_live_limiter_snapshot(&l, t, NULL, 50) == OC_ERR_NULL && oc_live_limiter_drain(NULL, t) == OC_ERR_NULL);
}

static void cycle_limiter(void) {
  oc_cycle_t cycle, again;
  oc_reservation_t r;
  oc_refusal_t refusal;
  oc_error_t error;
  uint8_t bytes[OC_CYCLE_SNAPSHOT_LENGTH];
  memset(&again, 0, sizeof again);
  CHECK(oc_cycle_try_acquire(&again, 1, 5, NULL) != OC_OK); /* all zero refuses */
  CHECK(oc_cycle_init(&cycle, 0, OC_SECOND, 0, 0, &error) == OC_ERR_CONFIG);
  CHECK(oc_cycle_init(&cycle, 2, OC_SECOND, OC_SECOND, 0, &error) == OC_OK);
  CHECK(oc_cycle_init(&again, 2, OC_SECOND, OC_SECOND, 0, &error) == OC_OK);
  CHECK(oc_cycle_try_acquire(&cycle, 2, 0, NULL) == OC_OK);
  CHECK(oc_cycle_try_acquire(&cycle, 1, 400000000, &refusal) == OC_RATE_LIMITED && refusal.retry_after_ns == 600000000);
  CHECK(oc_cycle_reserve(&cycle, 1, 400000000, &r, NULL) == OC_OK && r.wait_ns == 600000000);
  CHECK(oc_cycle_balance(&cycle, 400000000) == -1 && oc_cycle_cancel(&cycle, &r) == OC_OK);
  CHECK(oc_cycle_reserve_within(&cycle, 1, 599999999, 400000000, &r, &refusal) == OC_RATE_LIMITED);
  CHECK(oc_cycle_reserve_within(&cycle, 1, 600000000, 400000000, &r, NULL) == OC_OK && r.ready_at_ns == OC_SECOND);
  CHECK(oc_cycle_cancel(&cycle, &r) == OC_OK && oc_cycle_reserve_within(&cycle, 1, 0, 0, NULL, NULL) == OC_ERR_NULL);
  CHECK(oc_cycle_snapshot(&cycle, 400000000, bytes, sizeof bytes) == OC_OK);
  CHECK(oc_cycle_restore(&again, bytes, sizeof bytes, 0) == OC_OK && oc_cycle_balance(&again, 0) <= 0);
  CHECK(oc_cycle_restore(&again, bytes, 3, 0) < 0);
  CHECK(oc_cycle_set_limit(&cycle, 5, 0) == OC_OK && oc_cycle_limit(&cycle) == 5 && oc_cycle_set_limit(&cycle, 0, 0) < 0);
  CHECK(oc_cycle_drain(&cycle, 0) == 3 && oc_cycle_number(&cycle, OC_SECOND) == 1);
  CHECK(oc_cycle_set_timeout(&cycle, 7) == OC_OK && oc_cycle_timeout(&cycle) == 7 && oc_cycle_wait(&cycle, 1, 0) == OC_SECOND);
}

void limiters(void) {
  limiter();
  limiter32();
  live_limiter();
  cycle_limiter();
}
