/* overcurrent: rate limiters, bulkheads and circuit breakers in memory of the caller's.
 *
 * Generated from ffi/src by ffi/header; do not edit.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef OVERCURRENT_H
#define OVERCURRENT_H

#include <stddef.h>
#include <stdint.h>
/* The machines whose state is a 64-bit word. Define OC_NARROW for a library built without them. */
#if !defined(OC_WIDE) && !defined(OC_NARROW)
#define OC_WIDE
#endif

/* 64-bit words are aligned to 8 bytes on every target. */
#if defined(__GNUC__) || defined(__clang__)
#define OC_ALIGNED(bytes) __attribute__((aligned(bytes)))
#elif defined(__cplusplus)
#define OC_ALIGNED(bytes) alignas(bytes)
#else
#define OC_ALIGNED(bytes) _Alignas(bytes)
#endif


/**
 * The bytes of a snapshot of a 32-bit limiter.
 */
#define OC_LIMITER32_SNAPSHOT_LENGTH 14

/**
 * It worked.
 */
#define OC_OUTCOME_SUCCESS 0

/**
 * It failed in a way that counts.
 */
#define OC_OUTCOME_FAILURE 1

/**
 * It ended without a verdict: cancelled, or an error that says nothing about the other side. Nothing is recorded, and
 * what was taken is given back where that is possible.
 */
#define OC_OUTCOME_IGNORED 2

/**
 * Calls pass and are counted.
 */
#define OC_STATE_CLOSED 0

/**
 * Calls are refused until the wait is over.
 */
#define OC_STATE_OPEN 1

/**
 * A limited number of trial calls pass; their results decide.
 */
#define OC_STATE_HALF_OPEN 2

/**
 * Switched off: calls pass, nothing is counted.
 */
#define OC_STATE_DISABLED 3

/**
 * Forced open by hand: calls are refused until somebody says otherwise.
 */
#define OC_STATE_FORCED_OPEN 4

/**
 * Calls pass and are counted; a met rule is told, and nothing opens.
 */
#define OC_STATE_METRICS_ONLY 5

/**
 * As a length of time: never, or no limit. In nanoseconds.
 */
#define OC_NEVER UINT64_MAX

/**
 * As a length of time in ticks: never, or not at a known time.
 */
#define OC_NEVER32 UINT32_MAX

/**
 * The version of this interface: grows when a struct, a function or a meaning changes in a way that old callers notice.
 */
#define OC_ABI_VERSION 1

/**
 * What a function returns: zero is yes, above zero is a refusal, below zero is an error, after which nothing has changed.
 */
enum oc_status_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Done; the call may go ahead.
   */
  OC_OK = 0,
  /**
   * Refused: a rate limiter has no permit now.
   */
  OC_RATE_LIMITED = 1,
  /**
   * Refused: more permits asked for than the limiter can ever hold.
   */
  OC_COST_EXCEEDS_BURST = 2,
  /**
   * Refused: the breaker is open.
   */
  OC_BREAKER_OPEN = 3,
  /**
   * Refused: the breaker is half-open and every trial call is out.
   */
  OC_TRIALS_TAKEN = 4,
  /**
   * Refused: the breaker was forced open by hand.
   */
  OC_FORCED_OPEN = 5,
  /**
   * Refused: every slot of the bulkhead is taken.
   */
  OC_BULKHEAD_FULL = 6,
  /**
   * Refused: the retry budget is spent.
   */
  OC_RETRY_BUDGET_SPENT = 7,
  /**
   * Nothing there: an empty journal, a reservation that is not the newest any more.
   */
  OC_NOTHING = 16,
  /**
   * A pointer that must not be NULL is.
   */
  OC_ERR_NULL = -1,
  /**
   * A setting is out of its range; the `oc_error_t` says which.
   */
  OC_ERR_CONFIG = -2,
  /**
   * An argument has no meaning: an unknown outcome, an unknown kind of gate, too few cells.
   */
  OC_ERR_ARGUMENT = -3,
  /**
   * The breaker has no such transition by hand.
   */
  OC_ERR_NOT_ALLOWED = -4,
  /**
   * The answer depends on the time: ask again with it.
   */
  OC_ERR_NEEDS_TIME = -5,
  /**
   * Another thread is changing this object's settings; try again.
   */
  OC_ERR_BUSY = -6,
  /**
   * A slot was given back that nobody had taken.
   */
  OC_ERR_OVER_RELEASE = -7,
  /**
   * The buffer is too short for the snapshot.
   */
  OC_ERR_BUFFER_TOO_SHORT = -8,
  /**
   * The bytes are not a snapshot.
   */
  OC_ERR_NOT_A_SNAPSHOT = -9,
  /**
   * The snapshot is damaged: its checksum is wrong.
   */
  OC_ERR_CORRUPT = -10,
  /**
   * A snapshot of another kind of machine.
   */
  OC_ERR_WRONG_KIND = -11,
  /**
   * A snapshot of an unknown version.
   */
  OC_ERR_UNKNOWN_VERSION = -12,
  /**
   * A snapshot that does not fit this machine's settings.
   */
  OC_ERR_MISMATCH = -13,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum oc_status_t oc_status_t;
#else
typedef int32_t oc_status_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A limit of up to 65,535 calls at the same time, in four bytes. All zero has no room: set up with
 * `OC_BULKHEAD32_INIT(max)` or `oc_bulkhead32_resize`. Every function may be called from any thread and from interrupt
 * handlers.
 */
typedef struct {
  /**
   * Private.
   */
  uint32_t word;
} oc_bulkhead32_t;

/**
 * Which setting was refused, and what it may be.
 */
typedef struct {
  /**
   * The name of the setting. Static text of `field_length` bytes; it does not end in a zero byte.
   */
  const char *field;
  /**
   * The length of `field` in bytes.
   */
  size_t field_length;
  /**
   * What it was set to; times in nanoseconds, in ticks for the 32-bit machines.
   */
  uint64_t value;
  /**
   * The smallest value allowed, given the other settings. Above `max`: none is.
   */
  uint64_t min;
  /**
   * The largest value allowed, given the other settings.
   */
  uint64_t max;
} oc_error_t;

/**
 * What a 32-bit limiter allows: constant, may be in flash, serves any number of limiters. Made by `OC_RATE32` at compile
 * time or by `oc_quota32_init`.
 */
typedef struct {
  /**
   * Private: ticks per permit in 2^-32 ticks.
   */
  uint64_t step;
  /**
   * Private: the cost of the whole burst in ticks.
   */
  uint32_t window;
  /**
   * Private: the largest distance of a live word.
   */
  uint32_t live;
  /**
   * The longest wait in ticks that a reservation or a penalty may have.
   */
  uint32_t max_wait;
  /**
   * The most permits at one instant.
   */
  uint32_t burst;
  /**
   * Permits per period.
   */
  uint32_t permits;
  /**
   * The period in ticks.
   */
  uint32_t per;
} oc_quota32_t;

/**
 * A rate limiter in four bytes, on a tick counter that may wrap at 2^32. All zero is one that was never used, with its
 * whole burst.
 *
 * Always use one limiter with the same quota and the same tick counter. Every function may be called from any thread and
 * from interrupt handlers, the same one in both. Readings of `now` may be up to 2^20 ticks older than the newest one
 * used; that never admits more.
 */
typedef struct {
  /**
   * Private.
   */
  uint32_t word;
} oc_limiter32_t;

/**
 * Permits taken, usable from `ready_at` on. Cancel it once at most.
 */
typedef struct {
  /**
   * Private.
   */
  uint32_t before;
  /**
   * Private.
   */
  uint32_t after;
  /**
   * The first tick at which the call may be made.
   */
  uint32_t ready_at;
  /**
   * How many ticks that is from the `now` of the reservation; 0 for at once.
   */
  uint32_t wait;
} oc_reservation32_t;

/**
 * What `oc_limiter32_peek` saw; times in ticks.
 */
typedef struct {
  /**
   * Whole permits that can be taken now.
   */
  uint32_t remaining;
  /**
   * Ticks until the limiter is full again, if nobody takes anything.
   */
  uint32_t reset_after;
  /**
   * Ticks until the number asked about can be taken: 0 for now, `OC_NEVER32` for never.
   */
  uint32_t retry_after;
} oc_peek32_t;

/**
 * Turns a wrapping 32-bit tick counter into nanoseconds that do not wrap. Set up with `OC_TICKS_INIT(tick_ns)`.
 */
typedef struct {
  /**
   * Private: the newest reading, in ticks since the first.
   */
  uint64_t newest;
  /**
   * The length of a tick in nanoseconds.
   */
  uint64_t tick_ns;
} oc_ticks_t;

/**
 * Checked settings of a 32-bit breaker: constant, may be in flash, serves any number of breakers. Made by
 * `OC_TINY_POLICY32` at compile time or by `oc_tiny_policy32_init`; its fields are private.
 */
typedef struct {
  uint8_t window;
  uint8_t min_calls;
  uint8_t failure_count;
  uint8_t trial_calls;
  uint8_t trial_failures;
  uint8_t lease_shift;
  uint32_t failure_rate;
  uint32_t open_for;
  uint32_t open_range;
  uint32_t lease;
  uint32_t lease_range;
  uint32_t keep;
  uint32_t in_a_row;
} oc_tiny_policy32_t;

/**
 * Settings of a 32-bit breaker, for `oc_tiny_policy32_init`. 0 means the default where one is named.
 */
typedef struct {
  /**
   * How many calls it remembers, 1 to 19.
   */
  uint32_t window;
  /**
   * The least number of calls before the rate is judged; 0: the window, at most 10.
   */
  uint32_t min_calls;
  /**
   * Trips at this share of failed calls, in parts per 100,000; 0: 50,000.
   */
  uint32_t failure_rate;
  /**
   * Also trips at this many failed calls in the window; 0: off.
   */
  uint32_t failure_count;
  /**
   * Also trips at this many failed calls in a row; 0: off.
   */
  uint32_t consecutive_failures;
  /**
   * How many ticks to stay open, 1 to 8,323,072.
   */
  uint32_t open_for;
  /**
   * How many calls may try in half-open, 1 to 15; 0: 3.
   */
  uint32_t trial_calls;
  /**
   * How many ticks after the last trial permit was taken a missing result counts as failed, at most 2^29; 0: 60,000;
   * `OC_NEVER32`: no lease.
   */
  uint32_t lease;
} oc_tiny_config32_t;

/**
 * A circuit breaker in four bytes, on a tick counter that may wrap. All zero is a closed one that was never used.
 *
 * Always use one breaker with the same policy and the same tick counter. Every function may be called from any thread
 * and from interrupt handlers, the same one in both. Readings of `now` may be up to 2^16 ticks older than the newest.
 */
typedef struct {
  /**
   * Private.
   */
  uint32_t word;
} oc_tiny_breaker32_t;

/**
 * An admitted call: give it back with `oc_tiny_breaker32_leave` or `oc_tiny_breaker32_cancel`, once.
 */
typedef struct {
  /**
   * Private.
   */
  uint32_t word;
} oc_permit32_t;

/**
 * How a call ended: one of the `OC_OUTCOME_` constants.
 */
typedef int32_t oc_outcome_t;

/**
 * The state of a breaker: one of the `OC_STATE_` constants, or negative for an error.
 */
typedef int32_t oc_state_t;

/**
 * What `oc_tiny_breaker32_metrics` saw.
 */
typedef struct {
  /**
   * The state, as of the last touch.
   */
  oc_state_t state;
  /**
   * The generation: one stay with one window, modulo 64.
   */
  uint32_t generation;
  /**
   * Calls in the window or among the trials.
   */
  uint32_t calls;
  /**
   * Those that failed.
   */
  uint32_t failed;
} oc_metrics32_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Makes an empty bulkhead with room for `max` calls, 0 to 65,535. Writes without synchronisation; afterwards change the
 * room with `oc_bulkhead32_resize`.
 */
oc_status_t oc_bulkhead32_init(oc_bulkhead32_t *bulkhead,
                               uint32_t max,
                               oc_error_t *error);

/**
 * Takes a slot if one is free: `OC_OK`, else `OC_BULKHEAD_FULL`. Any thread, any interrupt handler; never waits.
 */
oc_status_t oc_bulkhead32_enter(oc_bulkhead32_t *bulkhead);

/**
 * Gives back a slot that `oc_bulkhead32_enter` took. `OC_ERR_OVER_RELEASE` if none was taken; the room never grows by
 * that. Any thread, any interrupt handler.
 */
oc_status_t oc_bulkhead32_leave(oc_bulkhead32_t *bulkhead);

/**
 * Changes the room, 0 to 65,535. Calls under way are not disturbed. `OC_ERR_CONFIG` above that. Any thread, any interrupt
 * handler.
 */
oc_status_t oc_bulkhead32_resize(oc_bulkhead32_t *bulkhead,
                                 uint32_t max);

/**
 * How many calls are under way; 0 for NULL. Any thread, any interrupt handler.
 */
uint32_t oc_bulkhead32_in_flight(oc_bulkhead32_t *bulkhead);

/**
 * How many calls may be under way at once; 0 for NULL. Any thread, any interrupt handler.
 */
uint32_t oc_bulkhead32_max(oc_bulkhead32_t *bulkhead);

/**
 * Sets `quota` to `permits` per `per` ticks, at most `burst` at one instant, with waits of up to `max_wait` ticks.
 *
 * Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) for `per` 0, `permits` outside 1 to one per tick, `burst` 0,
 * or burst and wait together worth more than 2^31 - 2^20 ticks. Writes to `quota` without synchronisation.
 */
oc_status_t oc_quota32_init(oc_quota32_t *quota,
                            uint32_t permits,
                            uint32_t per,
                            uint32_t burst,
                            uint32_t max_wait,
                            oc_error_t *error);

/**
 * Takes `n` permits now, all or none.
 *
 * Returns `OC_OK`; `OC_RATE_LIMITED` or `OC_COST_EXCEEDS_BURST` with `*retry_after` (may be NULL) set to the ticks after
 * which the same call is admitted if nobody else comes first, `OC_NEVER32` if no wait helps. A refusal writes nothing to
 * the limiter. Any thread, any interrupt handler.
 */
oc_status_t oc_limiter32_try_acquire(oc_limiter32_t *limiter,
                                     const oc_quota32_t *quota,
                                     uint32_t n,
                                     uint32_t now,
                                     uint32_t *retry_after);

/**
 * Takes `n` permits from the future, with a wait of at most `max_wait` ticks and at most the quota's `max_wait`: sleep
 * for `reservation->wait`, then make the call. Returns as `oc_limiter32_try_acquire`.
 */
oc_status_t oc_limiter32_reserve(oc_limiter32_t *limiter,
                                 const oc_quota32_t *quota,
                                 uint32_t n,
                                 uint32_t max_wait,
                                 uint32_t now,
                                 oc_reservation32_t *reservation,
                                 uint32_t *retry_after);

/**
 * Takes a reservation back if no other promise was made after it: `OC_OK`. Otherwise its permits are forfeited:
 * `OC_NOTHING`. Cancel within 2^31 ticks, once, and not after `oc_limiter32_reset`. Any thread, any interrupt handler.
 */
oc_status_t oc_limiter32_cancel(oc_limiter32_t *limiter,
                                const oc_reservation32_t *reservation);

/**
 * Takes as many of `n` permits as are there now, and returns how many; 0 for NULL. Any thread, any interrupt handler.
 */
uint32_t oc_limiter32_acquire_up_to(oc_limiter32_t *limiter,
                                    const oc_quota32_t *quota,
                                    uint32_t n,
                                    uint32_t now);

/**
 * What is left, when it is full again, and when `n` permits could be taken. Takes and writes nothing; divides. Any
 * thread, any interrupt handler.
 */
oc_status_t oc_limiter32_peek(oc_limiter32_t *limiter,
                              const oc_quota32_t *quota,
                              uint32_t n,
                              uint32_t now,
                              oc_peek32_t *peek);

/**
 * Takes everything that is there at `now`; an existing debt stays. Any thread, any interrupt handler.
 */
oc_status_t oc_limiter32_drain(oc_limiter32_t *limiter, const oc_quota32_t *quota, uint32_t now);

/**
 * Holds everything back for `ticks` (a server said so): nothing before, one permit then, the rate from there on; at most
 * for the quota's `max_wait` and one permit's time. Never shortens an existing debt. Any thread, any interrupt handler.
 */
oc_status_t oc_limiter32_penalize_for(oc_limiter32_t *limiter,
                                      const oc_quota32_t *quota,
                                      uint32_t ticks,
                                      uint32_t now);

/**
 * Forgets everything: a limiter that was never used. Reservations made before must not be cancelled. Any thread, any
 * interrupt handler.
 */
oc_status_t oc_limiter32_reset(oc_limiter32_t *limiter);

/**
 * Writes the state at `now` into `bytes` (`OC_LIMITER32_SNAPSHOT_LENGTH` of them): a remaining time with a version and a
 * checksum, to be kept over a restart. `OC_ERR_BUFFER_TOO_SHORT` if `length` is less.
 */
oc_status_t oc_limiter32_snapshot(oc_limiter32_t *limiter,
                                  const oc_quota32_t *quota,
                                  uint32_t now,
                                  uint8_t *bytes,
                                  size_t length);

/**
 * Takes over a saved state after `off` ticks without power (0 where that is not known): never more permits than there
 * were. Bytes after the snapshot are ignored. Returns the error of a snapshot that cannot be used; nothing was changed.
 */
oc_status_t oc_limiter32_restore(oc_limiter32_t *limiter,
                                 const oc_quota32_t *quota,
                                 uint8_t *bytes,
                                 size_t length,
                                 uint32_t off,
                                 uint32_t now);

/**
 * The time at the reading `counter`, in nanoseconds; 0 if `ticks` is NULL.
 *
 * Call it from one place only (a tick handler, or under your own lock), at least once per wrap of the counter: it writes
 * to `ticks` without synchronisation. A reading slightly older than the last one is read as such, not as a wrap.
 */
uint64_t oc_ticks_now(oc_ticks_t *ticks,
                      uint32_t counter);

/**
 * Checks `config` and fills `policy`.
 *
 * Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) with the first setting that is out of its range. Writes to
 * `policy` without synchronisation.
 */
oc_status_t oc_tiny_policy32_init(oc_tiny_policy32_t *policy,
                                  const oc_tiny_config32_t *config,
                                  oc_error_t *error);

/**
 * Asks for one call. One load while closed.
 *
 * Returns `OC_OK` and fills `permit`; `OC_BREAKER_OPEN`, `OC_TRIALS_TAKEN` or `OC_FORCED_OPEN` with `*retry_after` (may
 * be NULL) set to the ticks after which the same call could be admitted, `OC_NEVER32` if time alone will not help or not
 * at a known time. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker32_enter(oc_tiny_breaker32_t *breaker,
                                    const oc_tiny_policy32_t *policy,
                                    uint32_t now,
                                    oc_permit32_t *permit,
                                    uint32_t *retry_after);

/**
 * Reports how an admitted call ended. A permit of an older generation changes nothing; `OC_OUTCOME_IGNORED` gives a trial
 * permit back. `OC_ERR_ARGUMENT` for an unknown outcome. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker32_leave(oc_tiny_breaker32_t *breaker,
                                    const oc_tiny_policy32_t *policy,
                                    const oc_permit32_t *permit,
                                    oc_outcome_t outcome,
                                    uint32_t now);

/**
 * Takes an admission back: a trial permit becomes free again. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker32_cancel(oc_tiny_breaker32_t *breaker,
                                     const oc_tiny_policy32_t *policy,
                                     const oc_permit32_t *permit);

/**
 * The state as of the last touch: an open breaker becomes half-open with the first call after its wait. `OC_ERR_NULL`
 * for NULL. Any thread, any interrupt handler.
 */
oc_state_t oc_tiny_breaker32_state(oc_tiny_breaker32_t *breaker);

/**
 * The numbers as of the last touch. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker32_metrics(oc_tiny_breaker32_t *breaker, oc_metrics32_t *metrics);

/**
 * Ticks until an open breaker lets a trial through; `OC_NEVER32` when it is not open, its wait is over, or for NULL. Any
 * thread, any interrupt handler.
 */
uint32_t oc_tiny_breaker32_next_deadline(oc_tiny_breaker32_t *breaker,
                                         const oc_tiny_policy32_t *policy,
                                         uint32_t now);

/**
 * Closed, with an empty window, whatever it was. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker32_reset(oc_tiny_breaker32_t *breaker);

/**
 * Opens it for the policy's wait, as if it had tripped: also how a boot loop is stopped before its first call. Any
 * thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker32_open(oc_tiny_breaker32_t *breaker,
                                   const oc_tiny_policy32_t *policy,
                                   uint32_t now);

/**
 * Switches it off: calls pass, nothing is counted. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker32_disable(oc_tiny_breaker32_t *breaker);

/**
 * Refuses every call until somebody says otherwise. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker32_force_open(oc_tiny_breaker32_t *breaker);

/**
 * The interface version of the library that was linked. Compare with `OC_ABI_VERSION`, which your code was compiled
 * with. Any thread, any interrupt handler.
 */
uint32_t oc_abi_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus


/* Initialisers: states and settings that the compiler computes, for static storage and flash. */

/* Stops the compiler (a negative array size) unless `condition`; is 0 otherwise. */
#define OC_REQUIRE(condition) (0u * (unsigned)sizeof(char[(condition) ? 1 : -1]))

/* New objects. All zero is as good. */
#define OC_LIMITER32_INIT { 0 }
#define OC_TINY_BREAKER32_INIT { 0 }
/* A bulkhead with room for `max` calls, 0 to 65,535. */
#define OC_BULKHEAD32_INIT(max) { ((uint32_t)(max) << 16) + OC_REQUIRE((max) >= 0 && (max) <= 65535) }
/* A tick counter whose tick lasts that many nanoseconds. */
#define OC_TICKS_INIT(tick_ns) { 0, (tick_ns) }

/* An oc_quota32_t: `permits` per `per` ticks, at most `burst` at one instant. */
#define OC_RATE32(permits, per, burst) OC_RATE32_WAIT(permits, per, burst, 0)
/* The same, with reservations and penalties of up to `max_wait` ticks. */
#define OC_RATE32_WAIT(permits, per, burst, max_wait)                                                      \
  { OC_PRIVATE_STEP(permits, per, burst) + OC_REQUIRE((permits) >= 1 && (permits) <= (per)),                \
    (uint32_t)OC_PRIVATE_WINDOW(permits, per, burst)                                                        \
      + OC_REQUIRE((burst) >= 1 && OC_PRIVATE_WINDOW(permits, per, burst) + (max_wait) <= 0x7ff00000u),     \
    (uint32_t)(OC_PRIVATE_WINDOW(permits, per, burst) + (max_wait) + 0x100000u),                            \
    (max_wait), (burst), (permits), (per) }
#define OC_PRIVATE_STEP(permits, per, burst)                                                                \
  (((uint64_t)(per) << 32) / (permits)                                                                      \
    + (((uint64_t)(per) << 32) % (permits) != 0 && (uint64_t)(burst) * (permits) >> 32 != 0))
#define OC_PRIVATE_WINDOW(permits, per, burst)                                                              \
  (((uint64_t)(burst) * OC_PRIVATE_STEP(permits, per, burst) + 0xffffffffu) >> 32)

/* An oc_tiny_policy32_t: the last `calls` (1 to 19), at least `min_calls` of them, trips at `failure_rate` parts per
 * 100,000, stays open for `open_for` ticks (1 to 8,323,072), then tries `trials` calls (1 to 15), whose results must
 * come within `lease` ticks of the last of them (1 to 2^29). */
#define OC_TINY_POLICY32(calls, min_calls, failure_rate, open_for, trials, lease)                           \
  { (calls) + OC_REQUIRE((calls) >= 1 && (calls) <= 19),                                                    \
    (min_calls) + OC_REQUIRE((min_calls) >= 1 && (min_calls) <= (calls)),                                   \
    255, (trials) + OC_REQUIRE((trials) >= 1 && (trials) <= 15),                                            \
    ((trials) * (failure_rate) + 99999u) / 100000u, OC_PRIVATE_SHIFT(lease),                                \
    (failure_rate) + OC_REQUIRE((failure_rate) >= 1 && (failure_rate) <= 100000),                           \
    (open_for) + OC_REQUIRE((open_for) >= 1 && (open_for) <= 8323072), (open_for) + 0x10000u,               \
    (lease) + OC_REQUIRE((lease) >= 1 && (lease) <= 536870912),                                             \
    ((uint32_t)(lease) >> OC_PRIVATE_SHIFT(lease)) + (0x10000u >> OC_PRIVATE_SHIFT(lease)) + 2u,            \
    (1u << (calls)) - 1u, 0xffffffffu }
#define OC_PRIVATE_FITS(lease, shift) ((uint32_t)(lease) >> (shift) <= 1000u)
#define OC_PRIVATE_SHIFT(lease)                                                                             \
  (OC_PRIVATE_FITS(lease, 6) ? 6 : OC_PRIVATE_FITS(lease, 7) ? 7 : OC_PRIVATE_FITS(lease, 8) ? 8 :          \
   OC_PRIVATE_FITS(lease, 9) ? 9 : OC_PRIVATE_FITS(lease, 10) ? 10 : OC_PRIVATE_FITS(lease, 11) ? 11 :      \
   OC_PRIVATE_FITS(lease, 12) ? 12 : OC_PRIVATE_FITS(lease, 13) ? 13 : OC_PRIVATE_FITS(lease, 14) ? 14 :    \
   OC_PRIVATE_FITS(lease, 15) ? 15 : OC_PRIVATE_FITS(lease, 16) ? 16 : OC_PRIVATE_FITS(lease, 17) ? 17 :    \
   OC_PRIVATE_FITS(lease, 18) ? 18 : OC_PRIVATE_FITS(lease, 19) ? 19 : 20)

/* Sizes are part of the interface. */
#if defined(__cplusplus)
#define OC_STATIC_ASSERT(condition, text) static_assert(condition, text)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L
#define OC_STATIC_ASSERT(condition, text) static_assert(condition, text)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define OC_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#else
#define OC_STATIC_ASSERT(condition, text) extern char oc_private_assertion[(condition) ? 1 : -1]
#endif
OC_STATIC_ASSERT(sizeof(oc_limiter32_t) == 4, "oc_limiter32_t");
OC_STATIC_ASSERT(sizeof(oc_tiny_breaker32_t) == 4, "oc_tiny_breaker32_t");
OC_STATIC_ASSERT(sizeof(oc_bulkhead32_t) == 4, "oc_bulkhead32_t");
OC_STATIC_ASSERT(sizeof(oc_quota32_t) == 32, "oc_quota32_t");
OC_STATIC_ASSERT(sizeof(oc_tiny_policy32_t) == 36, "oc_tiny_policy32_t");
OC_STATIC_ASSERT(sizeof(oc_status_t) == 4, "oc_status_t");

#endif  /* OVERCURRENT_H */
