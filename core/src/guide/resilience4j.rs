//! Coming from Resilience4j: every parameter, and what is different on purpose.
//!
//! Behaviour is proved against traces recorded from Resilience4j 2.4.0: state, counters and events agree operation by
//! operation.
//!
//! # Circuit breaker
//! | Resilience4j | here | note |
//! |---|---|---|
//! | `failureRateThreshold` (float %) | `failure_rate` (parts per 100,000) | exact; NaN cannot be written |
//! | `slowCallRateThreshold`, `slowCallDurationThreshold` | `slow_call(limit, rate)` | off by default there and here (100 % of calls over 60 s there) |
//! | `slidingWindowType`, `slidingWindowSize` | `Window::calls(n)`, `Window::time(span, buckets)` | any slice length from 1 ms |
//! | `minimumNumberOfCalls` | `min_calls` | more than a count window is refused instead of clamped |
//! | `slidingWindowSynchronizationStrategy` | none | always lock-free |
//! | `permittedNumberOfCallsInHalfOpenState` | `trial_calls`, `trial_min` | there, a smaller minimum decides before all trials ran; here that is a setting of its own |
//! | `waitDurationInOpenState` | `open_for(OpenFor::fixed(..))` | to the ns |
//! | `waitIntervalFunctionInOpenState` | `OpenFor::exponential(..)`, `.jitter(..)` | truncated to whole ms at every step, as there |
//! | `maxWaitDurationInHalfOpenState`, `transitionToStateAfterWaitDuration` | `TrialTimeout::Stay { stay, then }` | the default here is a lease of the trials |
//! | `automaticTransitionFromOpenToHalfOpenEnabled` | `auto_half_open` | no timer: seen at the next touch, as of its exact deadline |
//! | `initialState` | `Breaker::starting` | |
//! | `recordExceptions`, `ignoreExceptions`, predicates | the host's classification: `Outcome::{Success, Failure, Ignored}` | feature `std`: `classify`, `ignore_err`, ... |
//! | `transitionOnResult` | `leave_and_open_for`, `leave_and_open_until` | where the result also trips it, the longer wait holds |
//! | `currentTimestampFunction`, `clock` | the `now` of every call | one monotonic clock, yours |
//! | `transitionToClosedState()` and the rest | `close`, `open`, `open_for`, `open_until`, `half_open`, `disable`, `force_open`, `metrics_only`, `reset` | the same three pairs are refused |
//! | `tryAcquirePermission` / `acquirePermission` | `enter` | one way in |
//! | `onSuccess`, `onError`, `releasePermission` | `leave`, `cancel` | with the permit; without one, `untracked()` |
//! | `getMetrics` | `metrics`, `explain` | |
//! | event publisher | a journal or counters attached by `with_observer` | nothing is called back |
//! | no change after construction | `LiveCountBreaker::reconfigure` | state and history stay |
//! | state lost at restart | `snapshot`, `restore` | |
//!
//! # Rate limiter
//! | Resilience4j | here | note |
//! |---|---|---|
//! | `limitForPeriod`, `limitRefreshPeriod` | [`CycleLimiter`](crate::CycleLimiter), or better [`Gcra`](crate::Gcra) | cycles pass up to twice the limit around a boundary |
//! | `timeoutDuration` | `timeout` of a cycle limiter, `max_wait` of `reserve` | a refusal comes at once and says when to come back; there the caller is held for the whole timeout |
//! | `reservePermission` | `reserve` | can be cancelled |
//! | `changeLimitForPeriod`, `changeTimeoutDuration` | `set_limit`, `set_timeout` | |
//! | `drainPermissions` | `drain` | drains all, also after a pause, and forgives no debt |
//!
//! # Bulkhead, retry
//! | Resilience4j | here | note |
//! |---|---|---|
//! | `maxConcurrentCalls` | [`Bulkhead::new`](crate::Bulkhead::new), `resize` | lowering it never blocks; giving back too much is an error, not more room |
//! | `maxWaitDuration` of a bulkhead | feature `std`: `Slots` | |
//! | `maxAttempts`, `waitDuration`, `intervalFunction` | [`Backoff`](crate::Backoff), feature `std`: `Retry` | honours a `retry_after` |
//! | none | [`RetryBudget`](crate::RetryBudget) | |
//!
//! # What ours does not do
//! * A result of a call admitted before a transition changes nothing after it (there, it counts in the new state).
//! * `reset` in half-open cancels the pending longest stay (there, its timer still fires).
//! * A window of time is not eaten up by a clock that steps back.
//! * Thread pools, caches and time limiters that cancel threads are the host's, not the engine's.
