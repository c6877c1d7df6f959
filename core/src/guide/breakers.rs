//! How to set a circuit breaker.
//!
//! # Window
//! Calls or time? A window of calls ([`CountBreaker`](crate::CountBreaker)) is cheapest and needs no clock while closed.
//! With little traffic it remembers for hours; take a window of time ([`TimeBreaker`](crate::TimeBreaker)) where an outcome of
//! this morning should not count. For up to 24 calls the [`TinyBreaker`](crate::TinyBreaker) needs 8 bytes in all.
//!
//! # Thresholds
//! * `failure_rate`: the share of failures that is abnormal, not the share that hurts. If one call in a hundred fails on a
//!   good day, 20 to 50 % says "something is wrong" and never trips by chance.
//! * `min_calls`: how many calls make a share worth believing. One failure in two is no 50 %. At a rate threshold `r`, take at
//!   least `10 / r` calls: 20 for 50 %, 100 for 10 %.
//! * `slow_call`: a dependency that answers late takes your threads with it before it fails. Set the limit where a caller
//!   would have given up.
//! * `consecutive_failures`, `failure_count`: for few calls, or for a dependency that is either there or not.
//!
//! A rate trips when it is reached (`>=`), a call is slow when it is longer (`>`).
//!
//! # Open, and then
//! Start with a wait of a few seconds and let it double up to a minute: a restart of the other side is noticed quickly, a
//! long outage is not hammered. Spread the waits of many processes by [`jitter`](crate::OpenFor::jitter); the random bits come
//! with the time.
//!
//! `trial_calls` go through after the wait and decide. A trial that never reports cannot hold the breaker half-open: its
//! lease ends, it counts as failed, and the usual rule decides.
//!
//! # When it surprises you
//! Ask it. [`explain`](crate::Breaker::explain) gives the counts, rates, thresholds, the rule that was met and the deadline:
//!
//! ```
//! use overcurrent::{BreakerConfig, CountBreaker, Nanos, Outcome, Window};
//! let breaker = CountBreaker::<2>::new(BreakerConfig::new(Window::calls(20)).min_calls(4).build()?)?;
//! let now = Nanos::from_secs(1);
//! for outcome in [Outcome::Success, Outcome::Failure, Outcome::Failure, Outcome::Failure] {
//!     breaker.leave(breaker.enter(now)?, outcome, now);
//! }
//! let why = breaker.explain(now);
//! assert_eq!(why.failure_rate, Some(75_000)); // 75 %
//! assert_eq!(why.rule_met.unwrap().threshold, 50_000);
//! assert_eq!(why.deadline, Some(Nanos::from_secs(31)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
