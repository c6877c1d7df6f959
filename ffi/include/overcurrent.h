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
#elif defined(_MSC_VER)
#define OC_ALIGNED(bytes) __declspec(align(bytes))
#else
#define OC_ALIGNED(bytes)
#endif


/**
 * `oc_backoff_t::jitter`: anything from 0 to the wait, the fewest calls altogether.
 */
#define OC_JITTER_FULL 0

/**
 * At least half of the wait.
 */
#define OC_JITTER_EQUAL 1

/**
 * From the first wait to three times the wait before, at most the cap: grows from the waits drawn.
 */
#define OC_JITTER_DECORRELATED 2

/**
 * The wait itself, the same for everybody.
 */
#define OC_JITTER_NONE 3

#if defined(OC_WIDE)
/**
 * Cells of a breaker over calls, beside one for each 16 calls.
 */
#define OC_CALLS_HEAD 5
#endif

#if defined(OC_WIDE)
/**
 * Cells of a breaker over time, beside two for each bucket.
 */
#define OC_TIME_HEAD 13
#endif

#if defined(OC_WIDE)
/**
 * The trial calls for which a breaker over time has room.
 */
#define OC_TIME_TRIALS 64
#endif

#if defined(OC_WIDE)
/**
 * The bytes of a snapshot of a cycle limiter.
 */
#define OC_CYCLE_SNAPSHOT_LENGTH 26
#endif

#if defined(OC_WIDE)
/**
 * Cells of a journal, beside four for each event.
 */
#define OC_JOURNAL_HEAD 3
#endif

#if defined(OC_WIDE)
/**
 * A call was refused: `reason`, `retry_after_ns`.
 */
#define OC_EVENT_REFUSED 1
#endif

#if defined(OC_WIDE)
/**
 * A breaker's rule was met: `rule`, `calls`, `counted`, `threshold`.
 */
#define OC_EVENT_TRIPPED 2
#endif

#if defined(OC_WIDE)
/**
 * A breaker moved: `from`, `to`.
 */
#define OC_EVENT_TRANSITION 3
#endif

#if defined(OC_WIDE)
/**
 * A breaker was reset by hand.
 */
#define OC_EVENT_RESET 4
#endif

#if defined(OC_WIDE)
/**
 * The bytes of a snapshot of a limiter.
 */
#define OC_LIMITER_SNAPSHOT_LENGTH 18
#endif

/**
 * The bytes of a snapshot of a 32-bit limiter.
 */
#define OC_LIMITER32_SNAPSHOT_LENGTH 14

#if defined(OC_WIDE)
/**
 * A gate that is an `oc_limiter_t` with its `oc_quota_t`.
 */
#define OC_GATE_LIMITER 1
#endif

#if defined(OC_WIDE)
/**
 * A gate that is an `oc_cycle_t`.
 */
#define OC_GATE_CYCLE 2
#endif

#if defined(OC_WIDE)
/**
 * A gate that is an `oc_bulkhead_t`.
 */
#define OC_GATE_BULKHEAD 3
#endif

#if defined(OC_WIDE)
/**
 * A gate that is an `oc_breaker_t`.
 */
#define OC_GATE_BREAKER 4
#endif

#if defined(OC_WIDE)
/**
 * A gate that is an `oc_tiny_breaker_t` with its `oc_tiny_policy_t`.
 */
#define OC_GATE_TINY_BREAKER 5
#endif

#if defined(OC_WIDE)
/**
 * A gate that is an `oc_live_limiter_t`.
 */
#define OC_GATE_LIVE_LIMITER 6
#endif

#if defined(OC_WIDE)
/**
 * A gate that is an `oc_retry_budget_t` with its `oc_retry_budget_policy_t`: for a pipeline of retries. Takes one retry
 * whatever the cost; a success pays in.
 */
#define OC_GATE_RETRY_BUDGET 7
#endif

#if defined(OC_WIDE)
/**
 * What a breaker remembers: the last `window_calls` calls.
 */
#define OC_WINDOW_CALLS 0
#endif

#if defined(OC_WIDE)
/**
 * What a breaker remembers: the calls of the last `window_buckets` slices of `window_slice_ns`.
 */
#define OC_WINDOW_TIME 1
#endif

#if defined(OC_WIDE)
/**
 * `oc_breaker_config_t::trial_timeout`: the lease of 60 s that is the default.
 */
#define OC_TRIAL_DEFAULT 0
#endif

#if defined(OC_WIDE)
/**
 * From the moment the last trial permit is taken: after `trial_timeout_ns` trials without a result count as failed.
 */
#define OC_TRIAL_LEASE 1
#endif

#if defined(OC_WIDE)
/**
 * From the entry into half-open: after `trial_timeout_ns` it opens again.
 */
#define OC_TRIAL_STAY_THEN_OPEN 2
#endif

#if defined(OC_WIDE)
/**
 * From the entry into half-open: after `trial_timeout_ns` it closes.
 */
#define OC_TRIAL_STAY_THEN_CLOSED 3
#endif

#if defined(OC_WIDE)
/**
 * A lost trial keeps its permit for ever. Only where none can be lost.
 */
#define OC_TRIAL_NEVER 4
#endif

#if defined(OC_WIDE)
/**
 * As a rate: this rule is off.
 */
#define OC_RATE_OFF UINT32_MAX
#endif

#if defined(OC_WIDE)
/**
 * No rule.
 */
#define OC_RULE_NONE -1
#endif

#if defined(OC_WIDE)
/**
 * The share of failed calls.
 */
#define OC_RULE_FAILURE_RATE 0
#endif

#if defined(OC_WIDE)
/**
 * The share of slow calls.
 */
#define OC_RULE_SLOW_RATE 1
#endif

#if defined(OC_WIDE)
/**
 * The number of failed calls in the window.
 */
#define OC_RULE_FAILURE_COUNT 2
#endif

#if defined(OC_WIDE)
/**
 * The number of failed calls in a row.
 */
#define OC_RULE_CONSECUTIVE_FAILURES 3
#endif

#if defined(OC_WIDE)
/**
 * As a rate: not known, because there were fewer calls than the minimum.
 */
#define OC_RATE_UNKNOWN UINT32_MAX
#endif

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

#if defined(OC_WIDE)
/**
 * The bytes of a snapshot of a tiny breaker.
 */
#define OC_TINY_BREAKER_SNAPSHOT_LENGTH 26
#endif

/**
 * The bytes of a snapshot of a 32-bit breaker.
 */
#define OC_TINY_BREAKER32_SNAPSHOT_LENGTH 18

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
 * The waits between attempts at the same call: constant, may be in flash, serves any number of calls. Made by `OC_BACKOFF`
 * at compile time, or checked by `oc_backoff_init`. All zero has no waits: every function answers `OC_NEVER`.
 */
typedef struct {
  /**
   * The first wait in nanoseconds, at least 1; whole milliseconds where it grows.
   */
  uint64_t first_ns;
  /**
   * The longest wait in nanoseconds, at least the first; `OC_NEVER` for no limit. Only a server's wait goes beyond it.
   */
  uint64_t cap_ns;
  /**
   * Growth with each failure, in 1/1000: 1,000 (none) to 1,000,000. In whole milliseconds, cut at every step.
   */
  uint32_t multiplier_milli;
  /**
   * How waits are spread: an `OC_JITTER_` constant.
   */
  uint32_t jitter;
} oc_backoff_t;

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
 * The waits of one call, which remember the one before. All zero is before the first.
 */
typedef struct {
  /**
   * The wait before, in nanoseconds.
   */
  uint64_t before_ns;
  /**
   * How many waits there were: failures so far.
   */
  uint32_t attempt;
  /**
   * 0.
   */
  uint32_t reserved;
} oc_delays_t;

#if defined(OC_WIDE)
/**
 * Checked settings of a breaker: constant, may be in flash, serves any number of breakers. Made by `OC_POLICY_CALLS` or
 * `OC_POLICY_TIME` at compile time or by `oc_policy_init`; its fields are private, and a copy of one is as good.
 */
typedef struct {
  uint32_t window;
  uint32_t reserved;
  uint64_t window_first;
  uint64_t window_second;
  uint32_t failure_rate;
  uint32_t slow_rate;
  uint64_t slow_call;
  uint32_t min_calls;
  uint32_t failure_count;
  uint32_t consecutive_failures;
  uint32_t reserved_2;
  uint64_t open_first;
  uint32_t open_multiplier;
  uint32_t reserved_3;
  uint64_t open_cap;
  uint16_t open_jitter;
  uint16_t reserved_4;
  uint32_t reserved_5;
  uint16_t trial_calls;
  uint16_t trial_min;
  uint32_t reserved_6;
  uint32_t trial_timeout;
  uint32_t reserved_7;
  uint64_t trial_limit;
  uint32_t trial_then;
  uint32_t reserved_8;
  uint8_t auto_half_open;
  uint8_t reserved_9[7];
} oc_policy_t;
#endif

#if defined(OC_WIDE)
/**
 * Eight bytes of a breaker's or a journal's memory. All zero is a good start. Private.
 */
typedef struct OC_ALIGNED(8) {
  /**
   * Private.
   */
  uint64_t word;
} oc_cell_t;
#endif

#if defined(OC_WIDE)
/**
 * A ring of the newest events: where its memory is. Constant, may be in flash.
 *
 * Made by `OC_JOURNAL_INIT(cells)` over `OC_JOURNAL_CELLS(events)` cells, all zero at first; the number of events is a power
 * of two. When it is full the oldest event makes room and is counted. Every function may be called from any thread and
 * from interrupt handlers.
 */
typedef struct {
  /**
   * The memory: one array for each journal.
   */
  oc_cell_t *cells;
  /**
   * How many cells there are.
   */
  uint32_t n_cells;
  /**
   * 0.
   */
  uint32_t reserved;
} oc_journal_t;
#endif

#if defined(OC_WIDE)
/**
 * Room for the settings that replace a breaker's first ones while it runs. All zero at first: none has. One for each
 * breaker, named by its `live`; zero it only together with the breaker's cells. Its fields are private.
 */
typedef struct OC_ALIGNED(8) {
  /**
   * Private.
   */
  uint64_t words[24];
} oc_live_policy_t;
#endif

#if defined(OC_WIDE)
/**
 * Counts refusals, and how often breakers trip, change state and are reset. All zero at first; its fields are private.
 *
 * Attach it to breakers by their `counters`; what other gates and pipelines refuse is told with
 * `oc_counters_note_refusal`. Every function may be called from any thread and from interrupt handlers, the same one in
 * both.
 */
typedef struct OC_ALIGNED(8) {
  /**
   * Private.
   */
  uint64_t words[16];
} oc_counters_t;
#endif

#if defined(OC_WIDE)
/**
 * A circuit breaker: where its settings and its memory are. Constant, may be in flash; any number of threads may use it.
 *
 * Made by `OC_BREAKER_INIT(policy, cells)` and its relatives, or filled by hand. The memory is an array of `oc_cell_t`, all
 * zero at first: `OC_CALLS_CELLS(calls)` of them for a window of calls, `OC_TIME_CELLS(buckets)` for one of time. Every
 * function that takes one may be called from any thread and from interrupt handlers, the same one in both.
 */
typedef struct {
  /**
   * The settings; those at the start, if `live` is not NULL.
   */
  const oc_policy_t *policy;
  /**
   * The memory: one array for each breaker.
   */
  oc_cell_t *cells;
  /**
   * Where events go; NULL for nowhere.
   */
  const oc_journal_t *journal;
  /**
   * How many cells there are.
   */
  uint32_t n_cells;
  /**
   * What spreads a jittered `open_for`, different on every machine; 0: waits are not spread.
   */
  uint32_t seed;
  /**
   * Where `oc_breaker_reconfigure` puts settings, all zero at first: one for each breaker. NULL: the settings stay.
   */
  oc_live_policy_t *live;
  /**
   * What counts refusals, trips and transitions; NULL for nothing. Several breakers may share one.
   */
  oc_counters_t *counters;
} oc_breaker_t;
#endif

#if defined(OC_WIDE)
/**
 * An admitted call: give it back with a `leave` or `cancel` function of the same breaker, once.
 */
typedef struct {
  /**
   * When the call began, in nanoseconds; 0 if it was admitted without the time.
   */
  uint64_t entered_ns;
  /**
   * Private: generation and flags.
   */
  uint32_t word;
  /**
   * 0.
   */
  uint32_t reserved;
} oc_permit_t;
#endif

#if defined(OC_WIDE)
/**
 * Why a call was refused, and how long to wait before asking again.
 */
typedef struct {
  /**
   * Why; the same as the function returns.
   */
  oc_status_t reason;
  /**
   * In a pipeline: the number of the gate whose refusal this is, from 0.
   */
  uint32_t gate;
  /**
   * Nanoseconds after which the same call could be admitted if nobody else comes first; `OC_NEVER` when time alone will
   * not help.
   */
  uint64_t retry_after_ns;
} oc_refusal_t;
#endif

/**
 * How a call ended: one of the `OC_OUTCOME_` constants.
 */
typedef int32_t oc_outcome_t;

/**
 * The state of a breaker: one of the `OC_STATE_` constants, or negative for an error.
 */
typedef int32_t oc_state_t;

#if defined(OC_WIDE)
/**
 * A breaker's numbers at one instant.
 */
typedef struct {
  /**
   * The state, due transitions included.
   */
  oc_state_t state;
  /**
   * The generation: one stay with one window.
   */
  uint32_t generation;
  /**
   * Calls in the window.
   */
  uint32_t calls;
  /**
   * Failed calls in the window.
   */
  uint32_t failed;
  /**
   * Slow calls in the window.
   */
  uint32_t slow;
  /**
   * Calls in the window that were both slow and failed.
   */
  uint32_t slow_failed;
  /**
   * Trips in a row without a close between them.
   */
  uint32_t attempts;
  /**
   * 0.
   */
  uint32_t reserved;
} oc_metrics_t;
#endif

#if defined(OC_WIDE)
/**
 * A rule that can trip a breaker: one of the `OC_RULE_` constants.
 */
typedef int32_t oc_rule_t;
#endif

#if defined(OC_WIDE)
/**
 * Why a breaker admits or refuses, or why it tripped: the numbers behind its answer.
 */
typedef struct {
  /**
   * State and window. While open, the window is the one that tripped it.
   */
  oc_metrics_t metrics;
  /**
   * What `enter` would answer now; its reason is `OC_OK` if it would admit.
   */
  oc_refusal_t refusal;
  /**
   * The rule that the counts in the window meet, or `OC_RULE_NONE`.
   */
  oc_rule_t rule_met;
  /**
   * Calls that count for that rule.
   */
  uint32_t counted;
  /**
   * That rule's threshold: parts per 100,000 for a rate, a number of calls for a count.
   */
  uint32_t threshold;
  /**
   * Failed calls in parts per 100,000, or `OC_RATE_UNKNOWN`.
   */
  uint32_t failure_rate;
  /**
   * Slow calls in parts per 100,000, or `OC_RATE_UNKNOWN`.
   */
  uint32_t slow_rate;
  /**
   * The failure rate that trips; 0 if that rule is off.
   */
  uint32_t failure_rate_threshold;
  /**
   * The slow rate that trips; 0 if that rule is off.
   */
  uint32_t slow_rate_threshold;
  /**
   * Calls needed before a rate is judged.
   */
  uint32_t min_calls;
  /**
   * Trial calls that may still be handed out (half-open only).
   */
  uint32_t trials_left;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * When something changes by time alone, or `OC_NEVER`.
   */
  uint64_t deadline_ns;
} oc_explain_t;
#endif

#if defined(OC_WIDE)
/**
 * A limit of up to 2^31 - 1 calls at the same time, in eight bytes. All zero has no room: set up with
 * `OC_BULKHEAD_INIT(max)` or `oc_bulkhead_resize`. Every function may be called from any thread and from interrupt
 * handlers.
 */
typedef struct OC_ALIGNED(8) {
  /**
   * Private.
   */
  uint64_t word;
} oc_bulkhead_t;
#endif

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

#if defined(OC_WIDE)
/**
 * What `oc_counters_get` read: each number is exact, and numbers may be of slightly different instants.
 */
typedef struct {
  /**
   * Calls refused, by reason: `refused[OC_BREAKER_OPEN]` and so on; the other places are 0.
   */
  uint64_t refused[16];
  /**
   * Calls refused for any reason.
   */
  uint64_t refusals;
  /**
   * Rules met by a breaker.
   */
  uint64_t trips;
  /**
   * Changes of a breaker's state.
   */
  uint64_t transitions;
  /**
   * Resets by hand.
   */
  uint64_t resets;
} oc_counts_t;
#endif

#if defined(OC_WIDE)
/**
 * A limiter with fixed cycles: so many permits in each, counted by the multiples of the period on the caller's clock.
 *
 * Set up with `oc_cycle_init`; all zero refuses every call. Its fields are private. After that every function may be
 * called from any thread and from interrupt handlers.
 */
typedef struct OC_ALIGNED(8) {
  uint64_t words[12];
} oc_cycle_t;
#endif

#if defined(OC_WIDE)
/**
 * Permits taken, usable from `ready_at_ns` on. Cancel it once at most.
 */
typedef struct {
  /**
   * Private.
   */
  uint64_t before;
  /**
   * Private.
   */
  uint64_t after;
  /**
   * The first instant at which the call may be made.
   */
  uint64_t ready_at_ns;
  /**
   * How long that is from the `now` of the reservation; 0 for at once.
   */
  uint64_t wait_ns;
} oc_reservation_t;
#endif

#if defined(OC_WIDE)
/**
 * What an event is about: one of the `OC_EVENT_` constants.
 */
typedef int32_t oc_event_kind_t;
#endif

#if defined(OC_WIDE)
/**
 * One thing that happened. Fields that its kind does not name are 0, `rule` is then `OC_RULE_NONE`.
 */
typedef struct {
  /**
   * The time at which it took effect: the caller's, or the exact deadline of something that had become due.
   */
  uint64_t at_ns;
  /**
   * The wait of a refusal, `OC_NEVER` for none.
   */
  uint64_t retry_after_ns;
  /**
   * What it was.
   */
  oc_event_kind_t kind;
  /**
   * The breaker's generation after the event.
   */
  uint32_t generation;
  /**
   * Why a call was refused; `OC_OK` in other events.
   */
  oc_status_t reason;
  /**
   * The state it left.
   */
  oc_state_t from;
  /**
   * The state it entered.
   */
  oc_state_t to;
  /**
   * The rule that was met.
   */
  oc_rule_t rule;
  /**
   * Calls in the window.
   */
  uint32_t calls;
  /**
   * Those that count for the rule.
   */
  uint32_t counted;
  /**
   * The rule's threshold.
   */
  uint32_t threshold;
  /**
   * 0.
   */
  uint32_t reserved;
} oc_event_t;
#endif

#if defined(OC_WIDE)
/**
 * What a limiter allows: constant, may be in flash, serves any number of limiters. Made by `OC_RATE` at compile time or by
 * `oc_quota_init`.
 */
typedef struct {
  /**
   * Private: units per nanosecond, upper half.
   */
  uint64_t scale_high;
  /**
   * Private: units per nanosecond, lower half.
   */
  uint64_t scale_low;
  /**
   * Private: whether a nanosecond is a whole number of units.
   */
  uint64_t scale_whole;
  /**
   * Private: units per permit.
   */
  uint64_t unit;
  /**
   * Private: units in the whole burst.
   */
  uint64_t cap;
  /**
   * Permits per period.
   */
  uint64_t permits;
  /**
   * The period in nanoseconds.
   */
  uint64_t per_ns;
  /**
   * The most permits at one instant.
   */
  uint64_t burst;
  /**
   * The permits there at the start, for `oc_limiter_init`.
   */
  uint64_t initial;
} oc_quota_t;
#endif

#if defined(OC_WIDE)
/**
 * A rate limiter: a token bucket in eight bytes, exact to the tick. All zero is one that was never used, with its whole
 * burst.
 *
 * Always use one limiter with the same quota. Every function may be called from any thread and from interrupt handlers,
 * with clocks that disagree: a `now` older than one already seen never admits more.
 */
typedef struct OC_ALIGNED(8) {
  /**
   * Private.
   */
  uint64_t word;
} oc_limiter_t;
#endif

#if defined(OC_WIDE)
/**
 * What `oc_limiter_peek` saw.
 */
typedef struct {
  /**
   * Whole permits that can be taken now: exactly that many succeed, one more fails.
   */
  uint64_t remaining;
  /**
   * Nanoseconds until the limiter is full again, if nobody takes anything.
   */
  uint64_t reset_after_ns;
  /**
   * Nanoseconds until the number asked about can be taken: 0 for now, `OC_NEVER` for never.
   */
  uint64_t retry_after_ns;
} oc_peek_t;
#endif

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

#if defined(OC_WIDE)
/**
 * A rate limiter whose quota can be replaced while it runs, without a lock and without admitting too much. It holds its
 * quota itself.
 *
 * Set up with `OC_LIVE_LIMITER_INIT` or `oc_live_limiter_init`; all zero has no quota and refuses every call with
 * `OC_COST_EXCEEDS_BURST`. Its fields are private. After that every function may be called from any thread and from
 * interrupt handlers, the same one in both, with clocks that disagree. It costs a few loads more than an `oc_limiter_t`,
 * and only rates of one permit per whole number of nanoseconds are exact to the nanosecond; others may be early by one unit
 * of their own (mostly below 2 ns), which never adds up.
 */
typedef struct OC_ALIGNED(8) {
  uint64_t word;
  uint64_t even[6];
  uint64_t odd[6];
  uint32_t changing;
  uint32_t reserved;
} oc_live_limiter_t;
#endif

#if defined(OC_WIDE)
/**
 * One gate of a pipeline: what it is and where. Made by the `OC_GATE_` macros that take pointers: `OC_LIMITER_GATE` and so on.
 */
typedef struct {
  /**
   * One of the `OC_GATE_` constants.
   */
  uint32_t kind;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * The limiter, bulkhead, tiny breaker or budget; NULL for a breaker.
   */
  void *state;
  /**
   * The quota, the tiny policy or the budget's policy; for a breaker the `oc_breaker_t`; NULL for the others.
   */
  const void *config;
} oc_gate_t;
#endif

#if defined(OC_WIDE)
/**
 * What one gate of a pipeline gave for an admitted call. Private.
 */
typedef struct {
  /**
   * Private.
   */
  uint64_t words[4];
} oc_gate_permit_t;
#endif

#if defined(OC_WIDE)
/**
 * Settings of a breaker, for `oc_policy_init`. 0 means the default where one is named, so start from all zero.
 */
typedef struct {
  /**
   * `OC_WINDOW_CALLS` or `OC_WINDOW_TIME`.
   */
  uint32_t window;
  /**
   * Calls remembered, 1 to 32,767 (tiny: 24).
   */
  uint32_t window_calls;
  /**
   * Slices of time, 1 to 4,095.
   */
  uint32_t window_buckets;
  /**
   * The least number of calls before a rate is judged; 0: 20, or the window if that is smaller.
   */
  uint32_t min_calls;
  /**
   * The length of a slice in nanoseconds, 1 ms to 24 h.
   */
  uint64_t window_slice_ns;
  /**
   * Trips at this share of failed calls, in parts per 100,000; 0: 50,000; `OC_RATE_OFF`: off.
   */
  uint32_t failure_rate;
  /**
   * Trips at this share of slow calls, in parts per 100,000; 0: off.
   */
  uint32_t slow_rate;
  /**
   * Calls longer than this are slow, in nanoseconds; 0: none is.
   */
  uint64_t slow_call_ns;
  /**
   * Also trips at this many failed calls in the window; 0: off.
   */
  uint32_t failure_count;
  /**
   * Also trips at this many failed calls in a row; 0: off.
   */
  uint32_t consecutive_failures;
  /**
   * How many nanoseconds to stay open; 0: 30 s.
   */
  uint64_t open_for_ns;
  /**
   * Growth of that with each trip in a row, in 1/1000; 0: 1000, none.
   */
  uint32_t open_for_multiplier_milli;
  /**
   * Spread of that to both sides, in 1/1000 of it. Needs a `seed` in the `oc_breaker_t`.
   */
  uint32_t open_for_jitter_milli;
  /**
   * The longest wait that growth reaches, in nanoseconds; 0: no limit.
   */
  uint64_t open_for_cap_ns;
  /**
   * How many calls may try in half-open; 0: 5.
   */
  uint32_t trial_calls;
  /**
   * How many trial results decide; 0: all of them.
   */
  uint32_t trial_min;
  /**
   * What ends a half-open state whose trials do not report: an `OC_TRIAL_` constant.
   */
  uint32_t trial_timeout;
  /**
   * Not 0: open becomes half-open at its deadline by itself, seen at the next touch.
   */
  uint32_t auto_half_open;
  /**
   * The length of that timeout in nanoseconds.
   */
  uint64_t trial_timeout_ns;
} oc_breaker_config_t;
#endif

#if defined(OC_WIDE)
/**
 * Checked settings of a tiny breaker, made by `OC_TINY_POLICY` or `oc_tiny_policy_init`; its fields are private.
 */
typedef struct {
  oc_policy_t policy;
  uint32_t window;
  uint32_t reserved;
} oc_tiny_policy_t;
#endif

#if defined(OC_WIDE)
/**
 * What a retry budget allows: constant, may be in flash, serves any number of budgets. Made by `OC_RETRY_BUDGET_POLICY` at compile
 * time or by `oc_retry_budget_policy_init`. All zero allows nothing. Its fields are private.
 */
typedef struct {
  uint64_t scale_high;
  uint64_t scale_low;
  uint64_t scale_whole;
  uint64_t ratio;
  uint64_t cap;
  uint64_t min_per_second;
} oc_retry_budget_policy_t;
#endif

#if defined(OC_WIDE)
/**
 * Keeps retries from multiplying the load on something that already fails: a share of the calls, and a few a second, in
 * eight bytes. All zero is a full one.
 *
 * Pay in once per call, when it is first made; ask before every retry. Always use one with the same policy. Every function
 * may be called from any thread and from interrupt handlers, the same one in both.
 */
typedef struct OC_ALIGNED(8) {
  /**
   * Private.
   */
  uint64_t word;
} oc_retry_budget_t;
#endif

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

#if defined(OC_WIDE)
/**
 * A circuit breaker over the last 1 to 24 calls in eight bytes: one for each host, device or call site. All zero is a
 * closed one that was never used.
 *
 * Always use one with the same policy. Every function may be called from any thread and from interrupt handlers.
 */
typedef struct OC_ALIGNED(8) {
  /**
   * Private.
   */
  uint64_t word;
} oc_tiny_breaker_t;
#endif

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
 * Fills `backoff` with waits that begin at `first_ns`, grow by `multiplier_milli` (in 1/1000) with each failure up to
 * `cap_ns` (`OC_NEVER`: no limit), and are spread as `jitter`, an `OC_JITTER_` constant, says.
 *
 * Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) for `first_ns` 0, or not in whole milliseconds where it grows,
 * `multiplier_milli` outside 1,000 to 1,000,000, `cap_ns` below `first_ns`; `OC_ERR_ARGUMENT` for an unknown jitter. Writes
 * to `backoff` without synchronisation.
 */
oc_status_t oc_backoff_init(oc_backoff_t *backoff,
                            uint64_t first_ns,
                            uint32_t multiplier_milli,
                            uint64_t cap_ns,
                            uint32_t jitter,
                            oc_error_t *error);

/**
 * Nanoseconds to wait after the `attempt`-th failure of a call (from 1), spread by 32 random bits (`random`; 0 counts as
 * none, and then the wait is not spread). At least `retry_after_ns`, whatever the cap: what a refusal or a server said, 0 if
 * nobody said anything.
 *
 * `OC_NEVER` for a back-off that is NULL or not within its ranges, or if `retry_after_ns` is: do not try again. With
 * `OC_JITTER_DECORRELATED` the wait before is taken to be the longest that it can have been: see `oc_delays_next`. Reads
 * nothing but its arguments. Any thread, any interrupt handler.
 */
uint64_t oc_backoff_delay(const oc_backoff_t *backoff,
                          uint32_t attempt,
                          uint32_t random,
                          uint64_t retry_after_ns);

/**
 * The wait after one more failure of the call whose waits are `delays`; arguments and answer as for `oc_backoff_delay`.
 * Writes to `delays` without synchronisation: they belong to one call.
 */
uint64_t oc_delays_next(oc_delays_t *delays,
                        const oc_backoff_t *backoff,
                        uint32_t random,
                        uint64_t retry_after_ns);

/**
 * 32 bits that look random, never 0, made from the time and a seed that differs on every machine: enough to spread waits, no
 * secret. Any thread, any interrupt handler.
 */
uint32_t oc_random(uint64_t now,
                   uint32_t seed);

#if defined(OC_WIDE)
/**
 * Whether policy and memory fit: call it once at start-up, since nothing else checks that there are enough cells.
 *
 * Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) with what does not fit, `OC_ERR_ARGUMENT` for fewer cells than any
 * breaker needs. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_check(const oc_breaker_t *breaker,
                             oc_error_t *error);
#endif

#if defined(OC_WIDE)
/**
 * Asks for one call.
 *
 * Returns `OC_OK` and fills `permit`; `OC_BREAKER_OPEN`, `OC_TRIALS_TAKEN` or `OC_FORCED_OPEN`, and fills `refusal` (may be
 * NULL) with the wait. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_enter(const oc_breaker_t *breaker,
                             uint64_t now,
                             oc_permit_t *permit,
                             oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * Reports how an admitted call ended. Its length is `now` minus the entry; a permit of an older generation changes nothing;
 * `OC_OUTCOME_IGNORED` gives the permit back. `OC_ERR_ARGUMENT` for an unknown outcome. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_leave(const oc_breaker_t *breaker,
                             const oc_permit_t *permit,
                             oc_outcome_t outcome,
                             uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * `oc_breaker_leave`, then, in the permit's generation: a closed breaker opens for `wait_ns`, what a server's Retry-After asks for; one
 * that is open by then, by this result too, stays open until the later of the two times. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_leave_and_open_for(const oc_breaker_t *breaker,
                                          const oc_permit_t *permit,
                                          oc_outcome_t outcome,
                                          uint64_t wait_ns,
                                          uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * `oc_breaker_leave_and_open_for` with the time at which to come back. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_leave_and_open_until(const oc_breaker_t *breaker,
                                            const oc_permit_t *permit,
                                            oc_outcome_t outcome,
                                            uint64_t until,
                                            uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Takes an admission back: a trial permit becomes free again, nothing is recorded. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_cancel(const oc_breaker_t *breaker,
                              const oc_permit_t *permit);
#endif

#if defined(OC_WIDE)
/**
 * Whether the next call needs the time: 0 while a count-window breaker without a slow-call rule is closed, else 1. Where it
 * does not, use `oc_breaker_enter_untimed`: reading a clock costs more than the decision. Any thread, any interrupt
 * handler.
 */
int32_t oc_breaker_needs_clock(const oc_breaker_t *breaker);
#endif

#if defined(OC_WIDE)
/**
 * `oc_breaker_enter` without the time. `OC_ERR_NEEDS_TIME` when the answer depends on it: read the clock and use
 * `oc_breaker_enter`. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_enter_untimed(const oc_breaker_t *breaker,
                                     oc_permit_t *permit);
#endif

#if defined(OC_WIDE)
/**
 * `oc_breaker_leave` without the time, for a permit of `oc_breaker_enter_untimed`. `OC_ERR_NEEDS_TIME` when the outcome was
 * recorded and the breaker must now open: read the clock and call `oc_breaker_settle`. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_leave_untimed(const oc_breaker_t *breaker,
                                     const oc_permit_t *permit,
                                     oc_outcome_t outcome);
#endif

#if defined(OC_WIDE)
/**
 * Whether the call is one of a half-open breaker's trials (1) or not (0, also for NULL): for hosts that give trials less
 * time, or a cheaper request. Any thread, any interrupt handler.
 */
int32_t oc_permit_is_trial(const oc_permit_t *permit);
#endif

#if defined(OC_WIDE)
/**
 * Replaces the settings of a breaker that has a `live`, and keeps its state and its history. The window may shrink or grow
 * within its cells: a longer one gets back what they still hold.
 *
 * Thresholds apply from the next recorded outcome on, the open wait from the next trip on. A change of the trial timeout
 * while half-open starts that time anew; a change of the length of a time slice starts an empty window. `policy` is copied.
 *
 * Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) if the settings do not fit the cells, or are of the other kind of
 * window; `OC_ERR_BUSY` if another thread is changing them at this moment: try again, and do not wait for it in an interrupt
 * handler; `OC_ERR_NULL` also where the breaker has no `live`. Nothing was changed then. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_reconfigure(const oc_breaker_t *breaker,
                                   const oc_policy_t *policy,
                                   uint64_t now,
                                   oc_error_t *error);
#endif

#if defined(OC_WIDE)
/**
 * The settings in force, as one piece, into `policy`. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_policy(const oc_breaker_t *breaker, oc_policy_t *policy);
#endif

#if defined(OC_WIDE)
/**
 * The state at `now`, an `OC_STATE_` constant; what time has made due is carried out first. An `OC_ERR_` value for an
 * unusable breaker. Any thread, any interrupt handler.
 */
oc_state_t oc_breaker_state(const oc_breaker_t *breaker,
                            uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * The numbers at `now`. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_metrics(const oc_breaker_t *breaker, uint64_t now, oc_metrics_t *metrics);
#endif

#if defined(OC_WIDE)
/**
 * Why a call would be refused at `now`, or what tripped the breaker, with the numbers. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_explain(const oc_breaker_t *breaker,
                               uint64_t now,
                               oc_explain_t *explain);
#endif

#if defined(OC_WIDE)
/**
 * When something changes by time alone: the end of the open wait, of the stay in half-open, of the trial lease. `OC_NEVER`
 * if nothing does. Any thread, any interrupt handler.
 */
uint64_t oc_breaker_next_deadline(const oc_breaker_t *breaker,
                                  uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Begins in `state` as of `now` instead of closed. Before anybody else uses it. `OC_ERR_ARGUMENT` for an unknown state. Tells
 * no event.
 */
oc_status_t oc_breaker_start(const oc_breaker_t *breaker,
                             oc_state_t state,
                             uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Carries out whatever has become due by `now`. Every other function does so by itself. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_settle(const oc_breaker_t *breaker,
                              uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Moves it to `state` by hand: `OC_STATE_CLOSED` closes it with an empty window, `OC_STATE_OPEN` opens it for the policy's
 * wait, and so on. `OC_ERR_NOT_ALLOWED` for closed to half-open and metrics-only to open or half-open. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_transition(const oc_breaker_t *breaker,
                                  oc_state_t to,
                                  uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Opens it for `wait_ns`; `OC_ERR_NOT_ALLOWED` from metrics-only. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_open_for(const oc_breaker_t *breaker, uint64_t wait_ns, uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Opens it until the time `until`; `OC_ERR_NOT_ALLOWED` from metrics-only. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_open_until(const oc_breaker_t *breaker, uint64_t until, uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Closed, with an empty window, whatever it was. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_reset(const oc_breaker_t *breaker, uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Writes the state at `now` into `bytes` and its length into `*written`: at most 27 bytes and a quarter byte a call (window
 * of calls), or 43 and 8 a bucket (window of time). Remaining times with a version and a checksum, to be kept over a
 * restart. `OC_ERR_BUFFER_TOO_SHORT` if `length` is less. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_snapshot(const oc_breaker_t *breaker,
                                uint64_t now,
                                uint8_t *bytes,
                                size_t length,
                                size_t *written);
#endif

#if defined(OC_WIDE)
/**
 * Takes up a state that `oc_breaker_snapshot` wrote, `off_ns` later (0 where that is not known: an open breaker then stays
 * open longer, never shorter). Bytes after the snapshot are ignored. Returns the error of bytes that are no snapshot of a
 * breaker like this one; nothing was changed. Any thread, any interrupt handler, but meant for start-up: outcomes that others
 * record meanwhile fall among the restored ones.
 */
oc_status_t oc_breaker_restore(const oc_breaker_t *breaker,
                               const uint8_t *bytes,
                               size_t length,
                               uint64_t off_ns,
                               uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Reports a call of `length_ns` without a permit, to whatever generation is current: for hosts that cannot carry one. A late
 * result can then decide a trial it was not part of. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_record(const oc_breaker_t *breaker,
                              oc_outcome_t outcome,
                              uint64_t length_ns,
                              uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * `oc_breaker_record`, then, if the breaker is closed: open for `wait_ns`. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_record_and_open_for(const oc_breaker_t *breaker,
                                           oc_outcome_t outcome,
                                           uint64_t length_ns,
                                           uint64_t wait_ns,
                                           uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * `oc_breaker_record`, then, if the breaker is closed: open until the time `until`. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_record_and_open_until(const oc_breaker_t *breaker,
                                             oc_outcome_t outcome,
                                             uint64_t length_ns,
                                             uint64_t until,
                                             uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Gives a trial permit back without carrying one: the counterpart of `oc_breaker_record`. Any thread, any interrupt handler.
 */
oc_status_t oc_breaker_release(const oc_breaker_t *breaker,
                               uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Makes an empty bulkhead with room for `max` calls, 0 to 2^31 - 1. Writes without synchronisation; afterwards change the
 * room with `oc_bulkhead_resize`.
 */
oc_status_t oc_bulkhead_init(oc_bulkhead_t *bulkhead,
                             uint32_t max,
                             oc_error_t *error);
#endif

#if defined(OC_WIDE)
/**
 * Takes a slot if one is free: `OC_OK`, else `OC_BULKHEAD_FULL`. Any thread, any interrupt handler; never waits.
 */
oc_status_t oc_bulkhead_enter(oc_bulkhead_t *bulkhead);
#endif

#if defined(OC_WIDE)
/**
 * Gives back a slot that `oc_bulkhead_enter` took. `OC_ERR_OVER_RELEASE` if none was taken; the room never grows by
 * that. Any thread, any interrupt handler.
 */
oc_status_t oc_bulkhead_leave(oc_bulkhead_t *bulkhead);
#endif

#if defined(OC_WIDE)
/**
 * Changes the room, 0 to 2^31 - 1. Calls under way are not disturbed. `OC_ERR_CONFIG` above that. Any thread, any interrupt
 * handler.
 */
oc_status_t oc_bulkhead_resize(oc_bulkhead_t *bulkhead,
                               uint32_t max);
#endif

#if defined(OC_WIDE)
/**
 * How many calls are under way; 0 for NULL. Any thread, any interrupt handler.
 */
uint32_t oc_bulkhead_in_flight(oc_bulkhead_t *bulkhead);
#endif

#if defined(OC_WIDE)
/**
 * How many more calls may begin now; 0 for NULL. Any thread, any interrupt handler.
 */
uint32_t oc_bulkhead_available(oc_bulkhead_t *bulkhead);
#endif

#if defined(OC_WIDE)
/**
 * How many calls may be under way at once; 0 for NULL. Any thread, any interrupt handler.
 */
uint32_t oc_bulkhead_max(oc_bulkhead_t *bulkhead);
#endif

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
 * How many more calls may begin now; 0 for NULL. Any thread, any interrupt handler.
 */
uint32_t oc_bulkhead32_available(oc_bulkhead32_t *bulkhead);

/**
 * How many calls may be under way at once; 0 for NULL. Any thread, any interrupt handler.
 */
uint32_t oc_bulkhead32_max(oc_bulkhead32_t *bulkhead);

#if defined(OC_WIDE)
/**
 * The numbers now. Any thread, any interrupt handler.
 */
oc_status_t oc_counters_get(oc_counters_t *counters, oc_counts_t *counts);
#endif

#if defined(OC_WIDE)
/**
 * Calls that a breaker refused in its present stay: in `generation`, as `oc_metrics_t` tells it; 0 if that is not the newest
 * that refused, or for NULL. Only for counters of one breaker. Resilience4j's "not permitted calls". Any thread, any
 * interrupt handler.
 */
uint64_t oc_counters_rejections(oc_counters_t *counters,
                                uint32_t generation);
#endif

#if defined(OC_WIDE)
/**
 * Counts that something other than a breaker with these counters refused a call: limiters, bulkheads, retry budgets and
 * pipelines have none themselves (what a breaker with counters refuses inside a pipeline, it counts itself). `reason` is what
 * they returned; `OC_ERR_ARGUMENT` if that is not a refusal. Any thread, any interrupt handler.
 */
oc_status_t oc_counters_note_refusal(oc_counters_t *counters,
                                     int32_t reason);
#endif

#if defined(OC_WIDE)
/**
 * Makes a limiter with `limit` permits in each cycle of `period_ns`; reservations wait for at most `timeout_ns`.
 *
 * With `next_cycle` not 0, a change of the limit counts from the next cycle on, as in Resilience4j; with 0 at once.
 * Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) for `limit` 0 or `period_ns` outside 1 to 2^62. Writes without
 * synchronisation.
 */
oc_status_t oc_cycle_init(oc_cycle_t *cycle,
                          uint32_t limit,
                          uint64_t period_ns,
                          uint64_t timeout_ns,
                          int32_t next_cycle,
                          oc_error_t *error);
#endif

#if defined(OC_WIDE)
/**
 * Takes `n` permits of the running cycle, or none: no waiting, whatever the timeout.
 *
 * Returns `OC_OK`, or `OC_RATE_LIMITED` and fills `refusal` (may be NULL; its reason may then be the more exact
 * `OC_COST_EXCEEDS_BURST`, which is also what is returned). Any thread, any interrupt handler.
 */
oc_status_t oc_cycle_try_acquire(oc_cycle_t *cycle,
                                 uint32_t n,
                                 uint64_t now,
                                 oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * Takes `n` permits now and says in `reservation->wait_ns` how long to wait before using them: at most the timeout.
 * Returns as `oc_cycle_try_acquire`. Any thread, any interrupt handler.
 */
oc_status_t oc_cycle_reserve(oc_cycle_t *cycle,
                             uint32_t n,
                             uint64_t now,
                             oc_reservation_t *reservation,
                             oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * `oc_cycle_reserve` with a longest wait of its own, whatever the timeout. Any thread, any interrupt handler.
 */
oc_status_t oc_cycle_reserve_within(oc_cycle_t *cycle,
                                    uint32_t n,
                                    uint64_t max_wait_ns,
                                    uint64_t now,
                                    oc_reservation_t *reservation,
                                    oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * Takes a reservation back if nobody has asked successfully since: `OC_OK`; otherwise `OC_NOTHING`, and its permits are
 * forfeited. Any thread, any interrupt handler.
 */
oc_status_t oc_cycle_cancel(oc_cycle_t *cycle,
                            const oc_reservation_t *reservation);
#endif

#if defined(OC_WIDE)
/**
 * Takes every permit that is left in the running cycle and returns how many that were; 0 for NULL. Any thread, any
 * interrupt handler.
 */
uint64_t oc_cycle_drain(oc_cycle_t *cycle,
                        uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * What is left in the running cycle; negative when permits of later cycles are promised; 0 for NULL. Any thread, any
 * interrupt handler.
 */
int64_t oc_cycle_balance(oc_cycle_t *cycle,
                         uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * The number of the cycle that `now` lies in: `now / period`; 0 for NULL. Any thread, any interrupt handler.
 */
uint64_t oc_cycle_number(oc_cycle_t *cycle, uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * How many nanoseconds `n` permits would have to wait now, whatever the timeout; `OC_NEVER` if longer than time lasts, or
 * for NULL. Takes nothing. Any thread, any interrupt handler.
 */
uint64_t oc_cycle_wait(oc_cycle_t *cycle,
                       uint32_t n,
                       uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Permits in each cycle; 0 for NULL. Any thread, any interrupt handler.
 */
uint32_t oc_cycle_limit(oc_cycle_t *cycle);
#endif

#if defined(OC_WIDE)
/**
 * Changes the permits per cycle. `OC_ERR_CONFIG` for 0; `OC_ERR_BUSY` if another thread is changing it at this moment:
 * try again. Any thread; not from an interrupt handler that can interrupt another change, unless it can do without.
 */
oc_status_t oc_cycle_set_limit(oc_cycle_t *cycle,
                               uint32_t limit,
                               uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Changes the longest wait that `oc_cycle_reserve` promises. Any thread, any interrupt handler.
 */
oc_status_t oc_cycle_set_timeout(oc_cycle_t *cycle, uint64_t timeout_ns);
#endif

#if defined(OC_WIDE)
/**
 * The longest wait that `oc_cycle_reserve` promises; 0 for NULL. Any thread, any interrupt handler.
 */
uint64_t oc_cycle_timeout(oc_cycle_t *cycle);
#endif

#if defined(OC_WIDE)
/**
 * Writes what has been given away by `now` into `bytes` (`OC_CYCLE_SNAPSHOT_LENGTH` of them), with a version.
 * `OC_ERR_BUFFER_TOO_SHORT` if `length` is less. Any thread, any interrupt handler.
 */
oc_status_t oc_cycle_snapshot(oc_cycle_t *cycle, uint64_t now, uint8_t *bytes, size_t length);
#endif

#if defined(OC_WIDE)
/**
 * Goes on from a snapshot, under the present limit: at no time after does it give more than the limiter that was saved
 * would have. The error of a snapshot that cannot be used; `OC_ERR_BUSY` if another thread is changing the limit: try again,
 * and do not wait for it in an interrupt handler. Any thread, any interrupt handler.
 */
oc_status_t oc_cycle_restore(oc_cycle_t *cycle,
                             const uint8_t *bytes,
                             size_t length,
                             uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Takes the oldest event: `OC_OK`; `OC_NOTHING` if there is none (or it is being written at this moment); `OC_ERR_ARGUMENT`
 * if the number of cells fits no power of two of events. Any thread, any interrupt handler.
 */
oc_status_t oc_journal_pop(const oc_journal_t *journal,
                           oc_event_t *event);
#endif

#if defined(OC_WIDE)
/**
 * How many events were dropped because the journal was full; 0 for an unusable one. Any thread, any interrupt handler.
 */
uint64_t oc_journal_dropped(const oc_journal_t *journal);
#endif

#if defined(OC_WIDE)
/**
 * How many events wait to be taken; 0 for an unusable journal. Any thread, any interrupt handler.
 */
uint64_t oc_journal_length(const oc_journal_t *journal);
#endif

#if defined(OC_WIDE)
/**
 * Notes that something other than a breaker refused a call: limiters, bulkheads and pipelines keep no journal themselves.
 * `reason` is what they returned; `OC_ERR_ARGUMENT` if that is not a refusal. Any thread, any interrupt handler.
 */
oc_status_t oc_journal_note_refusal(const oc_journal_t *journal,
                                    int32_t reason,
                                    uint64_t retry_after_ns,
                                    uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Sets `quota` to `permits` per `per_ns` nanoseconds, at most `burst` at one instant, `initial` of them at the start
 * (which only `oc_limiter_init` looks at; give `burst` for a full one).
 *
 * Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) for `per_ns` outside 1 to 2^62, `permits` outside 1 to one per
 * nanosecond, `burst` outside 1 to 2^32, `initial` above `burst`. Writes to `quota` without synchronisation.
 */
oc_status_t oc_quota_init(oc_quota_t *quota,
                          uint64_t permits,
                          uint64_t per_ns,
                          uint64_t burst,
                          uint64_t initial,
                          oc_error_t *error);
#endif

#if defined(OC_WIDE)
/**
 * Makes a limiter that holds the quota's initial permits at `now`. Needed only where those are not the whole burst: a
 * limiter of zeros holds that. Writes without synchronisation.
 */
oc_status_t oc_limiter_init(oc_limiter_t *limiter,
                            const oc_quota_t *quota,
                            uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Takes `n` permits now, all or none.
 *
 * Returns `OC_OK`, `OC_RATE_LIMITED` or `OC_COST_EXCEEDS_BURST`, and fills `refusal` (may be NULL; then the wait, which
 * costs a division, is not computed). A refusal writes nothing to the limiter. Any thread, any interrupt handler.
 */
oc_status_t oc_limiter_try_acquire(oc_limiter_t *limiter,
                                   const oc_quota_t *quota,
                                   uint32_t n,
                                   uint64_t now,
                                   oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * Takes `n` permits now even where `n` exceeds the burst: admitted when the burst (or `n`, if less) is there, and charged
 * in full, so that the rate holds over time. Returns as `oc_limiter_try_acquire`. Any thread, any interrupt handler.
 */
oc_status_t oc_limiter_try_acquire_debt(oc_limiter_t *limiter,
                                        const oc_quota_t *quota,
                                        uint32_t n,
                                        uint64_t now,
                                        oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * Takes `n` permits from the future, with a wait of at most `max_wait_ns`: sleep for `reservation->wait_ns`, then make
 * the call. Returns as `oc_limiter_try_acquire`. Any thread, any interrupt handler.
 */
oc_status_t oc_limiter_reserve(oc_limiter_t *limiter,
                               const oc_quota_t *quota,
                               uint32_t n,
                               uint64_t max_wait_ns,
                               uint64_t now,
                               oc_reservation_t *reservation,
                               oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * `oc_limiter_reserve` even where `n` exceeds the burst: the wait is that for the burst, and `n` are charged in full, so that
 * the rate holds over time. Returns as `oc_limiter_try_acquire`. Any thread, any interrupt handler.
 */
oc_status_t oc_limiter_reserve_debt(oc_limiter_t *limiter,
                                    const oc_quota_t *quota,
                                    uint32_t n,
                                    uint64_t max_wait_ns,
                                    uint64_t now,
                                    oc_reservation_t *reservation,
                                    oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * Takes a reservation back if no other promise was made after it: `OC_OK`. Otherwise its permits are forfeited:
 * `OC_NOTHING`. Once, and not after `oc_limiter_reset`. Any thread, any interrupt handler.
 */
oc_status_t oc_limiter_cancel(oc_limiter_t *limiter,
                              const oc_reservation_t *reservation);
#endif

#if defined(OC_WIDE)
/**
 * Takes as many of `n` permits as are there now, and returns how many; 0 for NULL. Any thread, any interrupt handler.
 */
uint32_t oc_limiter_acquire_up_to(oc_limiter_t *limiter,
                                  const oc_quota_t *quota,
                                  uint32_t n,
                                  uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * What is left, when it is full again, and when `n` permits could be taken. Takes and writes nothing; divides. Any
 * thread, any interrupt handler.
 */
oc_status_t oc_limiter_peek(oc_limiter_t *limiter,
                            const oc_quota_t *quota,
                            uint32_t n,
                            uint64_t now,
                            oc_peek_t *peek);
#endif

#if defined(OC_WIDE)
/**
 * Takes everything that is there at `now`; an existing debt stays. Any thread, any interrupt handler.
 */
oc_status_t oc_limiter_drain(oc_limiter_t *limiter, const oc_quota_t *quota, uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Holds everything back until the time `until` (a server said so): nothing before, one permit then, the rate from there
 * on. Never shortens an existing debt. Any thread, any interrupt handler.
 */
oc_status_t oc_limiter_penalize_until(oc_limiter_t *limiter,
                                      const oc_quota_t *quota,
                                      uint64_t until,
                                      uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Forgets everything: a limiter that was never used. Reservations made before must not be cancelled. Any thread, any
 * interrupt handler.
 */
oc_status_t oc_limiter_reset(oc_limiter_t *limiter);
#endif

#if defined(OC_WIDE)
/**
 * Writes the state at `now` into `bytes` (`OC_LIMITER_SNAPSHOT_LENGTH` of them): a remaining time with a version and a
 * checksum, to be kept over a restart. `OC_ERR_BUFFER_TOO_SHORT` if `length` is less. Any thread, any interrupt handler.
 */
oc_status_t oc_limiter_snapshot(oc_limiter_t *limiter,
                                const oc_quota_t *quota,
                                uint64_t now,
                                uint8_t *bytes,
                                size_t length);
#endif

#if defined(OC_WIDE)
/**
 * Takes over a saved state after `off_ns` without power (0 where that is not known): never more permits than there were.
 * Bytes after the snapshot are ignored. Returns the error of a snapshot that cannot be used; nothing was changed. Any thread,
 * any interrupt handler.
 */
oc_status_t oc_limiter_restore(oc_limiter_t *limiter,
                               const oc_quota_t *quota,
                               const uint8_t *bytes,
                               size_t length,
                               uint64_t off_ns,
                               uint64_t now);
#endif

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
 * for `reservation->wait`, then make the call. Returns as `oc_limiter32_try_acquire`. Any thread, any interrupt handler.
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
 * checksum, to be kept over a restart. `OC_ERR_BUFFER_TOO_SHORT` if `length` is less. Any thread, any interrupt handler.
 */
oc_status_t oc_limiter32_snapshot(oc_limiter32_t *limiter,
                                  const oc_quota32_t *quota,
                                  uint32_t now,
                                  uint8_t *bytes,
                                  size_t length);

/**
 * Takes over a saved state after `off` ticks without power (0 where that is not known): never more permits than there
 * were. Bytes after the snapshot are ignored. Returns the error of a snapshot that cannot be used; nothing was changed. Any
 * thread, any interrupt handler.
 */
oc_status_t oc_limiter32_restore(oc_limiter32_t *limiter,
                                 const oc_quota32_t *quota,
                                 const uint8_t *bytes,
                                 size_t length,
                                 uint32_t off,
                                 uint32_t now);

#if defined(OC_WIDE)
/**
 * Makes a limiter that holds the quota's initial permits at `now`. The quota is copied. Writes without synchronisation.
 */
oc_status_t oc_live_limiter_init(oc_live_limiter_t *limiter,
                                 const oc_quota_t *quota,
                                 uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Replaces the quota and keeps what was used: a debt is kept in permits, rounded up, so neither does a faster rate lock the
 * gate nor a slower one forgive what was taken. Waits already promised stay as promised; reservations from before can no
 * longer be cancelled. `quota` is copied.
 *
 * `OC_ERR_BUSY` if another thread is changing it at this moment: try again, and do not wait for it in an interrupt handler.
 * Nothing was changed then. Any thread, any interrupt handler.
 */
oc_status_t oc_live_limiter_reconfigure(oc_live_limiter_t *limiter,
                                        const oc_quota_t *quota,
                                        uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * The quota in force, as one piece, into `quota`; its `initial` reads as the burst. Any thread, any interrupt handler.
 */
oc_status_t oc_live_limiter_quota(oc_live_limiter_t *limiter,
                                  oc_quota_t *quota);
#endif

#if defined(OC_WIDE)
/**
 * Takes `n` permits now, all or none. Returns and fills as `oc_limiter_try_acquire`. Any thread, any interrupt handler.
 */
oc_status_t oc_live_limiter_try_acquire(oc_live_limiter_t *limiter,
                                        uint32_t n,
                                        uint64_t now,
                                        oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * Takes `n` permits now even where `n` exceeds the burst, charged in full: see `oc_limiter_try_acquire_debt`. Any thread,
 * any interrupt handler.
 */
oc_status_t oc_live_limiter_try_acquire_debt(oc_live_limiter_t *limiter,
                                             uint32_t n,
                                             uint64_t now,
                                             oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * Takes `n` permits from the future, with a wait of at most `max_wait_ns`: sleep for `reservation->wait_ns`, then make the
 * call. Returns as `oc_limiter_reserve`. Any thread, any interrupt handler.
 */
oc_status_t oc_live_limiter_reserve(oc_live_limiter_t *limiter,
                                    uint32_t n,
                                    uint64_t max_wait_ns,
                                    uint64_t now,
                                    oc_reservation_t *reservation,
                                    oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * `oc_live_limiter_reserve` even where `n` exceeds the burst: see `oc_limiter_reserve_debt`. Any thread, any interrupt handler.
 */
oc_status_t oc_live_limiter_reserve_debt(oc_live_limiter_t *limiter,
                                         uint32_t n,
                                         uint64_t max_wait_ns,
                                         uint64_t now,
                                         oc_reservation_t *reservation,
                                         oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * Takes a reservation back if no other promise was made after it and the quota is still the same: `OC_OK`. Otherwise its
 * permits are forfeited: `OC_NOTHING`. Once. Any thread, any interrupt handler.
 */
oc_status_t oc_live_limiter_cancel(oc_live_limiter_t *limiter,
                                   const oc_reservation_t *reservation);
#endif

#if defined(OC_WIDE)
/**
 * Takes as many of `n` permits as are there now, and returns how many; 0 for NULL. Any thread, any interrupt handler.
 */
uint32_t oc_live_limiter_acquire_up_to(oc_live_limiter_t *limiter,
                                       uint32_t n,
                                       uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * What is left, when it is full again, and when `n` permits could be taken. Takes and writes nothing; divides. Any thread,
 * any interrupt handler.
 */
oc_status_t oc_live_limiter_peek(oc_live_limiter_t *limiter,
                                 uint32_t n,
                                 uint64_t now,
                                 oc_peek_t *peek);
#endif

#if defined(OC_WIDE)
/**
 * Takes everything that is there at `now`; an existing debt stays. Any thread, any interrupt handler.
 */
oc_status_t oc_live_limiter_drain(oc_live_limiter_t *limiter, uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Holds everything back until the time `until` (a server said so): nothing before, one permit then, the rate from there on.
 * Never shortens an existing debt. Any thread, any interrupt handler.
 */
oc_status_t oc_live_limiter_penalize_until(oc_live_limiter_t *limiter,
                                           uint64_t until,
                                           uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Forgets everything that was taken: the whole burst is there, the quota stays. Reservations made before can no longer be
 * cancelled. `OC_ERR_BUSY` while another thread replaces the quota. Any thread, any interrupt handler.
 */
oc_status_t oc_live_limiter_reset(oc_live_limiter_t *limiter);
#endif

#if defined(OC_WIDE)
/**
 * Writes the state at `now` into `bytes` (`OC_LIMITER_SNAPSHOT_LENGTH` of them), as `oc_limiter_snapshot` does: each takes
 * up what the other wrote. The quota is not in it. Any thread, any interrupt handler.
 */
oc_status_t oc_live_limiter_snapshot(oc_live_limiter_t *limiter,
                                     uint64_t now,
                                     uint8_t *bytes,
                                     size_t length);
#endif

#if defined(OC_WIDE)
/**
 * Takes over a saved state after `off_ns` without power (0 where that is not known): never more permits than there were.
 * Bytes after the snapshot are ignored. Returns the error of a snapshot that cannot be used; nothing was changed. Any thread,
 * any interrupt handler.
 */
oc_status_t oc_live_limiter_restore(oc_live_limiter_t *limiter,
                                    const uint8_t *bytes,
                                    size_t length,
                                    uint64_t off_ns,
                                    uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Whether `oc_pipeline_enter` would admit one call now, without taking: `OC_OK`, or the refusal that it would give. Counts
 * and tells nothing. Any thread, any interrupt handler.
 */
oc_status_t oc_pipeline_judge(const oc_gate_t *gates,
                              size_t n,
                              uint32_t cost,
                              uint64_t now,
                              oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * Asks all `n` gates for one call, all or nothing: first every gate is asked without taking, then each is charged in
 * order. Limiters charge `cost`, others count calls. Put the breaker first, limiters last.
 *
 * Returns `OC_OK` and fills `permits[0..n]`; otherwise the refusal of the gate to wait longest for (`refusal->gate` is its
 * number; may be NULL). `OC_ERR_ARGUMENT` or `OC_ERR_NULL` for an unusable gate: then nothing stays taken. If a gate refuses
 * after all because somebody else came in between, the earlier ones get back what they gave; a limiter that somebody has
 * asked since forfeits it. Any thread, any interrupt handler.
 */
oc_status_t oc_pipeline_enter(const oc_gate_t *gates,
                              size_t n,
                              uint32_t cost,
                              uint64_t now,
                              oc_gate_permit_t *permits,
                              oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * Tells all gates how the call ended, the last one first. `OC_ERR_ARGUMENT` for an unknown outcome. Any thread, any interrupt
 * handler.
 */
oc_status_t oc_pipeline_leave(const oc_gate_t *gates,
                              size_t n,
                              const oc_gate_permit_t *permits,
                              oc_outcome_t outcome,
                              uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * `oc_pipeline_leave`, for an answer that says to stay away until the time `until`: a server's Retry-After. A breaker that is
 * then closed opens until then, one that this result has opened stays open at least until then, a limiter (not a cycle
 * limiter) holds everything back until then; the others take the outcome alone. `OC_ERR_ARGUMENT` for an unknown outcome. Any thread, any interrupt handler.
 */
oc_status_t oc_pipeline_leave_and_hold(const oc_gate_t *gates,
                                       size_t n,
                                       const oc_gate_permit_t *permits,
                                       oc_outcome_t outcome,
                                       uint64_t until,
                                       uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Takes an admission back from all gates, the last one first, as if it had never been asked for; a limiter that somebody
 * has asked since forfeits what it gave. Any thread, any interrupt handler.
 */
oc_status_t oc_pipeline_cancel(const oc_gate_t *gates,
                               size_t n,
                               const oc_gate_permit_t *permits);
#endif

#if defined(OC_WIDE)
/**
 * Checks `config` and fills `policy`.
 *
 * Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) with the first setting that is out of its range;
 * `OC_ERR_ARGUMENT` for an unknown window or trial timeout. Writes to `policy` without synchronisation.
 */
oc_status_t oc_policy_init(oc_policy_t *policy, const oc_breaker_config_t *config, oc_error_t *error);
#endif

#if defined(OC_WIDE)
/**
 * Fills `tiny` with the settings in `policy`, if a tiny breaker can hold them; otherwise `OC_ERR_CONFIG`, and `error` (may
 * be NULL) says which it cannot. Writes to `tiny` without synchronisation.
 */
oc_status_t oc_tiny_policy_init(oc_tiny_policy_t *tiny,
                                const oc_policy_t *policy,
                                oc_error_t *error);
#endif

#if defined(OC_WIDE)
/**
 * Sets `policy` to `ratio` thousandths of a retry for each call (200: one for every five), `min_per_second` retries a second
 * whatever the calls, and at most `cap` retries saved up: the longest burst, and what a budget begins with.
 *
 * Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) for `ratio` above 1,000, `min_per_second` above 1,000,000, `cap`
 * outside 1 to 1,000,000. Writes to `policy` without synchronisation.
 */
oc_status_t oc_retry_budget_policy_init(oc_retry_budget_policy_t *policy,
                                        uint32_t ratio,
                                        uint32_t min_per_second,
                                        uint32_t cap,
                                        oc_error_t *error);
#endif

#if defined(OC_WIDE)
/**
 * Takes one retry, if there is one. With `min_per_second` 0 it needs no clock: any `now` will do.
 *
 * Returns `OC_OK` and fills `withdrawal` (may be NULL: then it cannot be cancelled); `OC_RETRY_BUDGET_SPENT`, and fills
 * `refusal` (may be NULL) with the wait, `OC_NEVER` if time pays nothing in. A refusal writes nothing to the budget. Any
 * thread, any interrupt handler.
 */
oc_status_t oc_retry_budget_try_withdraw(oc_retry_budget_t *budget,
                                         const oc_retry_budget_policy_t *policy,
                                         uint64_t now,
                                         uint64_t *withdrawal,
                                         oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * Gives a retry back that was not made, if nothing has happened since: `OC_OK`; otherwise it is forfeited: `OC_NOTHING`.
 * Once. Any thread, any interrupt handler.
 */
oc_status_t oc_retry_budget_cancel(oc_retry_budget_t *budget,
                                   uint64_t withdrawal);
#endif

#if defined(OC_WIDE)
/**
 * Pays in for one call. Writes nothing to a full budget. Any thread, any interrupt handler.
 */
oc_status_t oc_retry_budget_deposit(oc_retry_budget_t *budget,
                                    const oc_retry_budget_policy_t *policy,
                                    uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * How many retries could be made now; 0 for NULL. Any thread, any interrupt handler.
 */
uint32_t oc_retry_budget_available(oc_retry_budget_t *budget,
                                   const oc_retry_budget_policy_t *policy,
                                   uint64_t now);
#endif

/**
 * A short fixed name of what a function returned, for logs: `breaker-open`, `rate-limited`; the same in every language for
 * refusals. Static text that ends in a zero byte; `unknown` for any other number. Any thread, any interrupt handler.
 */
const char *oc_status_name(int32_t status);

/**
 * The name of an `OC_STATE_` constant, for logs: `closed`, `half-open`; the same in every language. Static text that ends in
 * a zero byte; `unknown` for any other number. Any thread, any interrupt handler.
 */
const char *oc_state_name(oc_state_t state);

/**
 * The time at the reading `counter`, in nanoseconds; 0 if `ticks` is NULL.
 *
 * From one place only (a tick handler, or under your own lock), at least once per wrap of the counter less 2^20
 * ticks: it writes to `ticks` without synchronisation. A reading up to 2^20 ticks older than the newest one is read as such,
 * not as a wrap.
 */
uint64_t oc_ticks_now(oc_ticks_t *ticks,
                      uint32_t counter);

#if defined(OC_WIDE)
/**
 * Asks for one call.
 *
 * Returns `OC_OK` and fills `permit`; `OC_BREAKER_OPEN`, `OC_TRIALS_TAKEN` or `OC_FORCED_OPEN`, and fills `refusal` (may be
 * NULL) with the wait. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_enter(oc_tiny_breaker_t *breaker,
                                  const oc_tiny_policy_t *policy,
                                  uint64_t now,
                                  oc_permit_t *permit,
                                  oc_refusal_t *refusal);
#endif

#if defined(OC_WIDE)
/**
 * Reports how an admitted call ended. Its length is `now` minus the entry; a permit of an older generation changes nothing;
 * `OC_OUTCOME_IGNORED` gives the permit back. `OC_ERR_ARGUMENT` for an unknown outcome. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_leave(oc_tiny_breaker_t *breaker,
                                  const oc_tiny_policy_t *policy,
                                  const oc_permit_t *permit,
                                  oc_outcome_t outcome,
                                  uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * `oc_tiny_breaker_leave`, then, in the permit's generation: a closed breaker opens for `wait_ns`, what a server's Retry-After asks for; one
 * that is open by then, by this result too, stays open until the later of the two times. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_leave_and_open_for(oc_tiny_breaker_t *breaker,
                                               const oc_tiny_policy_t *policy,
                                               const oc_permit_t *permit,
                                               oc_outcome_t outcome,
                                               uint64_t wait_ns,
                                               uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * `oc_tiny_breaker_leave_and_open_for` with the time at which to come back. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_leave_and_open_until(oc_tiny_breaker_t *breaker,
                                                 const oc_tiny_policy_t *policy,
                                                 const oc_permit_t *permit,
                                                 oc_outcome_t outcome,
                                                 uint64_t until,
                                                 uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Takes an admission back: a trial permit becomes free again, nothing is recorded. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_cancel(oc_tiny_breaker_t *breaker,
                                   const oc_tiny_policy_t *policy,
                                   const oc_permit_t *permit);
#endif

#if defined(OC_WIDE)
/**
 * The state at `now`, an `OC_STATE_` constant; what time has made due is carried out first. An `OC_ERR_` value for an
 * unusable breaker. Any thread, any interrupt handler.
 */
oc_state_t oc_tiny_breaker_state(oc_tiny_breaker_t *breaker,
                                 const oc_tiny_policy_t *policy,
                                 uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * The numbers at `now`. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_metrics(oc_tiny_breaker_t *breaker,
                                    const oc_tiny_policy_t *policy,
                                    uint64_t now,
                                    oc_metrics_t *metrics);
#endif

#if defined(OC_WIDE)
/**
 * Why a call would be refused at `now`, or what tripped the breaker, with the numbers. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_explain(oc_tiny_breaker_t *breaker,
                                    const oc_tiny_policy_t *policy,
                                    uint64_t now,
                                    oc_explain_t *explain);
#endif

#if defined(OC_WIDE)
/**
 * When something changes by time alone: the end of the open wait, of the stay in half-open, of the trial lease. `OC_NEVER`
 * if nothing does. Any thread, any interrupt handler.
 */
uint64_t oc_tiny_breaker_next_deadline(oc_tiny_breaker_t *breaker,
                                       const oc_tiny_policy_t *policy,
                                       uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Carries out whatever has become due by `now`. Every other function does so by itself. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_settle(oc_tiny_breaker_t *breaker,
                                   const oc_tiny_policy_t *policy,
                                   uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Moves it to `state` by hand: `OC_STATE_CLOSED` closes it with an empty window, `OC_STATE_OPEN` opens it for the policy's
 * wait, and so on. `OC_ERR_NOT_ALLOWED` for closed to half-open and metrics-only to open or half-open. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_transition(oc_tiny_breaker_t *breaker,
                                       const oc_tiny_policy_t *policy,
                                       oc_state_t to,
                                       uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Opens it for `wait_ns`; `OC_ERR_NOT_ALLOWED` from metrics-only. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_open_for(oc_tiny_breaker_t *breaker,
                                     const oc_tiny_policy_t *policy,
                                     uint64_t wait_ns,
                                     uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Opens it until the time `until`; `OC_ERR_NOT_ALLOWED` from metrics-only. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_open_until(oc_tiny_breaker_t *breaker,
                                       const oc_tiny_policy_t *policy,
                                       uint64_t until,
                                       uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Closed, with an empty window, whatever it was. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_reset(oc_tiny_breaker_t *breaker, const oc_tiny_policy_t *policy, uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Reports a call of `length_ns` without a permit, to whatever generation is current: for hosts that cannot carry one. A late
 * result can then decide a trial it was not part of. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_record(oc_tiny_breaker_t *breaker,
                                   const oc_tiny_policy_t *policy,
                                   oc_outcome_t outcome,
                                   uint64_t length_ns,
                                   uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * `oc_tiny_breaker_record`, then, if the breaker is closed: open for `wait_ns`. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_record_and_open_for(oc_tiny_breaker_t *breaker,
                                                const oc_tiny_policy_t *policy,
                                                oc_outcome_t outcome,
                                                uint64_t length_ns,
                                                uint64_t wait_ns,
                                                uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * `oc_tiny_breaker_record`, then, if the breaker is closed: open until the time `until`. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_record_and_open_until(oc_tiny_breaker_t *breaker,
                                                  const oc_tiny_policy_t *policy,
                                                  oc_outcome_t outcome,
                                                  uint64_t length_ns,
                                                  uint64_t until,
                                                  uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Gives a trial permit back without carrying one: the counterpart of `oc_tiny_breaker_record`. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_release(oc_tiny_breaker_t *breaker,
                                    const oc_tiny_policy_t *policy,
                                    uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Begins in `state` as of `now` instead of closed. Before anybody else uses it. `OC_ERR_ARGUMENT` for an unknown state.
 */
oc_status_t oc_tiny_breaker_start(oc_tiny_breaker_t *breaker,
                                  const oc_tiny_policy_t *policy,
                                  oc_state_t state,
                                  uint64_t now);
#endif

#if defined(OC_WIDE)
/**
 * Whether the next call needs the time: 0 while a breaker without a slow-call rule is closed, else 1. Where it does not, use
 * `oc_tiny_breaker_enter_untimed`: reading a clock costs more than the decision. Any thread, any interrupt handler.
 */
int32_t oc_tiny_breaker_needs_clock(oc_tiny_breaker_t *breaker,
                                    const oc_tiny_policy_t *policy);
#endif

#if defined(OC_WIDE)
/**
 * `oc_tiny_breaker_enter` without the time. `OC_ERR_NEEDS_TIME` when the answer depends on it: read the clock and use
 * `oc_tiny_breaker_enter`. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_enter_untimed(oc_tiny_breaker_t *breaker,
                                          const oc_tiny_policy_t *policy,
                                          oc_permit_t *permit);
#endif

#if defined(OC_WIDE)
/**
 * `oc_tiny_breaker_leave` without the time, for a permit of `oc_tiny_breaker_enter_untimed`. `OC_ERR_NEEDS_TIME` when the
 * outcome was recorded and the breaker must now open: read the clock and call `oc_tiny_breaker_settle`. Any thread, any
 * interrupt handler.
 */
oc_status_t oc_tiny_breaker_leave_untimed(oc_tiny_breaker_t *breaker,
                                          const oc_tiny_policy_t *policy,
                                          const oc_permit_t *permit,
                                          oc_outcome_t outcome);
#endif

#if defined(OC_WIDE)
/**
 * Writes the state at `now` into `bytes` (`OC_TINY_BREAKER_SNAPSHOT_LENGTH` of them): a remaining time and the outcomes in
 * the window, with a version and a checksum, to be kept over a restart. `OC_ERR_BUFFER_TOO_SHORT` if `length` is less. Any
 * thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_snapshot(oc_tiny_breaker_t *breaker,
                                     const oc_tiny_policy_t *policy,
                                     uint64_t now,
                                     uint8_t *bytes,
                                     size_t length);
#endif

#if defined(OC_WIDE)
/**
 * Goes on from a snapshot, `off_ns` later (0 where that is not known: an open breaker then stays open longer, never
 * shorter). It lets trials through when the one that was saved would have, at most 65,536 ns later. Permits from before
 * change nothing any more; with a shorter window, the newest calls count. Bytes after the snapshot are ignored. Returns the
 * error of a snapshot that cannot be used; nothing was changed. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker_restore(oc_tiny_breaker_t *breaker,
                                    const oc_tiny_policy_t *policy,
                                    const uint8_t *bytes,
                                    size_t length,
                                    uint64_t off_ns,
                                    uint64_t now);
#endif

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
 * Writes the state at `now` into `bytes` (`OC_TINY_BREAKER32_SNAPSHOT_LENGTH` of them): a remaining time and the outcomes in
 * the window, with a version and a checksum, for a flash page or memory that a reset keeps. `OC_ERR_BUFFER_TOO_SHORT` if
 * `length` is less. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker32_snapshot(oc_tiny_breaker32_t *breaker,
                                       const oc_tiny_policy32_t *policy,
                                       uint32_t now,
                                       uint8_t *bytes,
                                       size_t length);

/**
 * Goes on from a snapshot, `off` ticks later (0 where that is not known: an open breaker then stays open longer, never
 * shorter). It lets trials through when the one that was saved would have, after the policy's own wait at the latest.
 * Permits from before change nothing any more; with a shorter window, the newest calls count. Bytes after the snapshot are
 * ignored. Returns the error of a snapshot that cannot be used; nothing was changed. Any thread, any interrupt handler.
 */
oc_status_t oc_tiny_breaker32_restore(oc_tiny_breaker32_t *breaker,
                                      const oc_tiny_policy32_t *policy,
                                      const uint8_t *bytes,
                                      size_t length,
                                      uint32_t off,
                                      uint32_t now);

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

/* A second, a minute, a millisecond in nanoseconds. */
#define OC_MILLISECOND UINT64_C(1000000)
#define OC_SECOND UINT64_C(1000000000)
#define OC_MINUTE UINT64_C(60000000000)
/* An oc_backoff_t: waits that begin at `first_ns` and grow by `multiplier_milli` / 1000 (1,000: none; then `first_ns` in whole
 * milliseconds) up to `cap_ns` (OC_NEVER: no limit), spread as `jitter`, an OC_JITTER_ constant, says. */
#define OC_BACKOFF(first_ns, multiplier_milli, cap_ns, jitter)                                              \
  { (first_ns) + OC_REQUIRE((first_ns) >= 1 && ((multiplier_milli) == 1000 || (first_ns) % 1000000 == 0)),  \
    (cap_ns) + OC_REQUIRE((cap_ns) >= (first_ns)),                                                          \
    (multiplier_milli) + OC_REQUIRE((multiplier_milli) >= 1000 && (multiplier_milli) <= 1000000),           \
    (jitter) + OC_REQUIRE((jitter) <= 3) }
/* The waits of one call, before the first. All zero is as good. */
#define OC_DELAYS_INIT { 0, 0, 0 }

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
    (uint32_t)(((uint64_t)(failure_rate) << 21) / 100000u)                                                  \
      + OC_REQUIRE((failure_rate) >= 1 && (failure_rate) <= 100000),                                        \
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

#ifdef OC_WIDE
#define OC_LIMITER_INIT { 0 }
#define OC_TINY_BREAKER_INIT { 0 }
#define OC_RETRY_BUDGET_INIT { 0 }
#define OC_CELL_INIT { 0 }
#define OC_LIVE_POLICY_INIT { { 0 } }
#define OC_COUNTERS_INIT { { 0 } }
/* A bulkhead with room for `max` calls, 0 to 2^31 - 1. */
#define OC_BULKHEAD_INIT(max) { ((uint64_t)(max) << 32) + OC_REQUIRE((max) >= 0 && (max) <= 2147483647) }

/* An oc_quota_t: `permits` per `per_ns` nanoseconds, at most `burst` at one instant. For rates that are one permit every
 * whole number of nanoseconds, or at most 4 per period; other rates need oc_quota_init, and the compiler says so. */
#define OC_RATE(permits, per_ns, burst)                                                                     \
  { OC_PRIVATE_TIMES(permits, per_ns), 0,                                                                   \
    1 + OC_REQUIRE((permits) >= 1 && (uint64_t)(permits) <= (uint64_t)(per_ns)                              \
                   && ((uint64_t)(per_ns) % (permits) == 0 || (permits) <= 4)),                             \
    OC_PRIVATE_UNIT(permits, per_ns), OC_PRIVATE_UNIT(permits, per_ns) * (burst),                           \
    (permits), (per_ns),                                                                                    \
    (burst) + OC_REQUIRE((burst) >= 1 && (uint64_t)(burst) <= UINT64_C(0x100000000)                         \
                         && OC_PRIVATE_UNIT(permits, per_ns) <= (UINT64_C(1) << 62) / (burst)),             \
    (burst) }
#define OC_PRIVATE_TIMES(permits, per_ns) ((uint64_t)(per_ns) % (permits) == 0 ? 1u : (uint64_t)(permits))
#define OC_PRIVATE_UNIT(permits, per_ns)                                                                    \
  ((uint64_t)(per_ns) % (permits) == 0 ? (uint64_t)(per_ns) / (permits) : (uint64_t)(per_ns))

/* An oc_live_limiter_t with its first quota, for rates that are one permit every whole number of nanoseconds; others need
 * oc_live_limiter_init. */
#define OC_LIVE_LIMITER_INIT(permits, per_ns, burst)                                                        \
  { OC_REQUIRE((permits) >= 1 && (uint64_t)(permits) <= (uint64_t)(per_ns)                                  \
               && (uint64_t)(per_ns) <= (UINT64_C(1) << 62) && (uint64_t)(per_ns) % (permits) == 0          \
               && (burst) >= 1 && (uint64_t)(burst) <= UINT64_C(0x100000000)                                \
               && (uint64_t)(per_ns) / (permits) <= (UINT64_C(1) << 61) / (burst)),                         \
    OC_PRIVATE_SLOT(permits, per_ns, burst), OC_PRIVATE_SLOT(permits, per_ns, burst), 0, 0 }
#define OC_PRIVATE_SLOT(permits, per_ns, burst)                                                             \
  { 1, 0, (uint64_t)(per_ns) / (permits) * (burst), (uint64_t)(per_ns) / (permits), (permits), (per_ns) }

/* An oc_retry_budget_policy_t: `ratio` thousandths of a retry for each call (0 to 1,000), `min_per_second` retries a second
 * whatever the calls (0 to 1,000,000), at most `cap` saved up (1 to 1,000,000). */
#define OC_RETRY_BUDGET_POLICY(ratio, min_per_second, cap)                                                  \
  { OC_PRIVATE_EDGE(min_per_second) ? OC_PRIVATE_EVEN(min_per_second)                                       \
      : OC_PRIVATE_DIGITS(OC_PRIVATE_REST(min_per_second, 0), OC_PRIVATE_REST(min_per_second, 1)),          \
    OC_PRIVATE_EDGE(min_per_second) ? 0                                                                     \
      : OC_PRIVATE_DIGITS(OC_PRIVATE_REST(min_per_second, 2), OC_PRIVATE_REST(min_per_second, 3))           \
        + (OC_PRIVATE_REST(min_per_second, 4) != 0),                                                        \
    OC_PRIVATE_EDGE(min_per_second),                                                                        \
    (ratio) + OC_REQUIRE((ratio) >= 0 && (ratio) <= 1000),                                                  \
    (uint64_t)(cap) * 1000 + OC_REQUIRE((cap) >= 1 && (cap) <= 1000000),                                    \
    (min_per_second) + OC_REQUIRE((min_per_second) >= 0 && (min_per_second) <= 1000000) }
/* min_per_second / 10^6 as a binary fraction, in digits of 32 bits: what is left after so many of them, and two as one. */
#define OC_PRIVATE_EDGE(rate) ((rate) == 0 || (rate) == 1000000)
#define OC_PRIVATE_EVEN(rate) ((rate) == 0 ? 0u : 1u)
#define OC_PRIVATE_REST(rate, digits) OC_PRIVATE_REST_##digits((uint64_t)(rate))
#define OC_PRIVATE_REST_0(rest) (rest)
#define OC_PRIVATE_REST_1(rest) ((rest) * 967296 % 1000000)
#define OC_PRIVATE_REST_2(rest) OC_PRIVATE_REST_1(OC_PRIVATE_REST_1(rest))
#define OC_PRIVATE_REST_3(rest) OC_PRIVATE_REST_1(OC_PRIVATE_REST_2(rest))
#define OC_PRIVATE_REST_4(rest) OC_PRIVATE_REST_1(OC_PRIVATE_REST_3(rest))
#define OC_PRIVATE_DIGITS(first, second) ((((first) << 32) / 1000000) << 32 | ((second) << 32) / 1000000)

/* Cells of a breaker over the last `calls` calls (or with that many trial calls, if those are more). */
#define OC_CALLS_CELLS(calls) (OC_CALLS_HEAD + ((calls) + 15) / 16)
/* Cells of a breaker over `buckets` slices of time. */
#define OC_TIME_CELLS(buckets) (OC_TIME_HEAD + 2 * (buckets))
/* Cells of a journal of `events` events, a power of two. */
#define OC_JOURNAL_CELLS(events) (OC_JOURNAL_HEAD + 4 * (events) + OC_REQUIRE(((events) & ((events) - 1)) == 0))

/* An oc_breaker_t over an array of cells of its own; with a journal and a seed for jitter; with an oc_live_policy_t for
 * settings that change while it runs. For more than one of these, name the fields. */
#define OC_BREAKER_INIT(policy, cells) { &(policy), (cells), NULL, OC_PRIVATE_COUNT(cells), 0, NULL, NULL }
#define OC_BREAKER_INIT_WITH(policy, cells, journal, seed)                                                  \
  { &(policy), (cells), &(journal), OC_PRIVATE_COUNT(cells), (seed), NULL, NULL }
#define OC_LIVE_BREAKER_INIT(policy, live, cells)                                                           \
  { &(policy), (cells), NULL, OC_PRIVATE_COUNT(cells), 0, &(live), NULL }
/* An oc_journal_t over an array of cells of its own. */
#define OC_JOURNAL_INIT(cells) { (cells), OC_PRIVATE_COUNT(cells), 0 }
#define OC_PRIVATE_COUNT(cells) ((uint32_t)(sizeof(cells) / sizeof((cells)[0])))

/* An oc_policy_t over the last `calls` calls (1 to 32,767): judged from `min_calls` on, trips at `failure_rate` parts per
 * 100,000, stays open for `open_for_ns`, then tries `trials` calls, with a lease of 60 s for their results. Everything
 * else is off: see oc_policy_init. */
#define OC_POLICY_CALLS(calls, min_calls, failure_rate, open_for_ns, trials)                                \
  OC_PRIVATE_POLICY(OC_WINDOW_CALLS + OC_REQUIRE((calls) >= 1 && (calls) <= 32767                           \
                                                 && (min_calls) >= 1 && (min_calls) <= (calls)),            \
    OC_PRIVATE_FIRST_HALF(calls), 0, min_calls, failure_rate, open_for_ns, trials)
/* The same over `buckets` slices (1 to 4,095) of `slice_ns` nanoseconds (1 ms to 24 h). */
#define OC_POLICY_TIME(slice_ns, buckets, min_calls, failure_rate, open_for_ns, trials)                     \
  OC_PRIVATE_POLICY(OC_WINDOW_TIME + OC_REQUIRE((buckets) >= 1 && (buckets) <= 4095 && (min_calls) >= 1     \
                      && (slice_ns) >= 1000000 && (uint64_t)(slice_ns) <= UINT64_C(86400000000000)),        \
    (slice_ns), OC_PRIVATE_FIRST_HALF(buckets), min_calls, failure_rate, open_for_ns, trials)
#define OC_PRIVATE_POLICY(kind, first, second, least, rate, open, trials)                                   \
  { (kind), 0, (first), (second),                                                                           \
    (rate) + OC_REQUIRE((rate) >= 1 && (rate) <= 100000), 0, UINT64_MAX, (least), 0, 0, 0,                  \
    (open) + OC_REQUIRE((open) >= 1), 1000, 0, UINT64_MAX, 0, 0, 0,                                         \
    (trials) + OC_REQUIRE((trials) >= 1 && (trials) <= 32767), (trials), 0,                                 \
    0, 0, UINT64_C(60000000000), 0, 0, 0, { 0, 0, 0, 0, 0, 0, 0 } }
/* Where a 32-bit number lies in a 64-bit field. */
#if defined(__BYTE_ORDER__) && defined(__ORDER_BIG_ENDIAN__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define OC_PRIVATE_FIRST_HALF(number) ((uint64_t)(number) << 32)
#else
#define OC_PRIVATE_FIRST_HALF(number) (number)
#endif
/* An oc_tiny_policy_t over the last `calls` calls, 1 to 24, with at most 15 trials. */
#define OC_TINY_POLICY(calls, min_calls, failure_rate, open_for_ns, trials)                                 \
  { OC_POLICY_CALLS(calls, min_calls, failure_rate, open_for_ns, trials),                                   \
    (calls) + OC_REQUIRE((calls) <= 24 && (trials) <= 15), 0 }

/* Gates of a pipeline, from pointers. */
#define OC_LIMITER_GATE(limiter, quota) { OC_GATE_LIMITER, 0, (limiter), (quota) }
#define OC_CYCLE_GATE(cycle) { OC_GATE_CYCLE, 0, (cycle), NULL }
#define OC_BULKHEAD_GATE(bulkhead) { OC_GATE_BULKHEAD, 0, (bulkhead), NULL }
#define OC_BREAKER_GATE(breaker) { OC_GATE_BREAKER, 0, NULL, (breaker) }
#define OC_LIVE_LIMITER_GATE(limiter) { OC_GATE_LIVE_LIMITER, 0, (limiter), NULL }
#define OC_RETRY_BUDGET_GATE(budget, policy) { OC_GATE_RETRY_BUDGET, 0, (budget), (policy) }
#define OC_TINY_BREAKER_GATE(breaker, policy) { OC_GATE_TINY_BREAKER, 0, (breaker), (policy) }
#endif /* OC_WIDE */

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
OC_STATIC_ASSERT(sizeof(oc_permit32_t) == 4, "oc_permit32_t");
OC_STATIC_ASSERT(sizeof(oc_reservation32_t) == 16, "oc_reservation32_t");
OC_STATIC_ASSERT(sizeof(oc_backoff_t) == 24, "oc_backoff_t");
OC_STATIC_ASSERT(sizeof(oc_delays_t) == 16, "oc_delays_t");
OC_STATIC_ASSERT(sizeof(oc_ticks_t) == 16, "oc_ticks_t");
OC_STATIC_ASSERT(sizeof(oc_status_t) == 4, "oc_status_t");
#ifdef OC_WIDE
OC_STATIC_ASSERT(sizeof(oc_cell_t) == 8, "oc_cell_t");
OC_STATIC_ASSERT(sizeof(oc_limiter_t) == 8, "oc_limiter_t");
OC_STATIC_ASSERT(sizeof(oc_tiny_breaker_t) == 8, "oc_tiny_breaker_t");
OC_STATIC_ASSERT(sizeof(oc_bulkhead_t) == 8, "oc_bulkhead_t");
OC_STATIC_ASSERT(sizeof(oc_cycle_t) == 96, "oc_cycle_t");
OC_STATIC_ASSERT(sizeof(oc_quota_t) == 72, "oc_quota_t");
OC_STATIC_ASSERT(sizeof(oc_policy_t) == 128, "oc_policy_t");
OC_STATIC_ASSERT(sizeof(oc_tiny_policy_t) == 136, "oc_tiny_policy_t");
OC_STATIC_ASSERT(sizeof(oc_permit_t) == 16, "oc_permit_t");
OC_STATIC_ASSERT(sizeof(oc_reservation_t) == 32, "oc_reservation_t");
OC_STATIC_ASSERT(sizeof(oc_live_limiter_t) == 112, "oc_live_limiter_t");
OC_STATIC_ASSERT(sizeof(oc_live_policy_t) == 192, "oc_live_policy_t");
OC_STATIC_ASSERT(sizeof(oc_retry_budget_t) == 8, "oc_retry_budget_t");
OC_STATIC_ASSERT(sizeof(oc_retry_budget_policy_t) == 48, "oc_retry_budget_policy_t");
OC_STATIC_ASSERT(sizeof(oc_counters_t) == 128, "oc_counters_t");
OC_STATIC_ASSERT(sizeof(oc_counts_t) == 160, "oc_counts_t");
OC_STATIC_ASSERT(sizeof(oc_metrics_t) == 32, "oc_metrics_t");
OC_STATIC_ASSERT(sizeof(oc_gate_permit_t) == 32, "oc_gate_permit_t");
#endif

#endif  /* OVERCURRENT_H */
