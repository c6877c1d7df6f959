//! Rate limiters, bulkheads and circuit breakers as one `no_std`, allocation-free, lock-free engine.
//!
//! Everything here is a [`Gate`]: asked before a call, told after it. A gate never reads a clock, sleeps, allocates, locks or
//! calls back; the time is an argument, waiting is the host's. That is why the same code runs in a web server, in an
//! interrupt handler and in a test that lives through a year in a millisecond.
//!
//! | you want to limit | take |
//! |---|---|
//! | calls per time | [`Gcra`], [`LiveGcra`], [`CycleLimiter`], [`Gcra32`] |
//! | calls at the same time | [`Bulkhead`] |
//! | calls to something that keeps failing | [`CountBreaker`], [`TimeBreaker`], [`TinyBreaker`], [`TinyBreaker32`] |
//! | attempts at the same call | [`Backoff`], [`RetryBudget`] |
//! | all of these at once | a tuple of them |
//!
//! ```
//! use overcurrent::{BreakerConfig, CountBreaker, Gate, Gcra, Nanos, Outcome, Rate, Window};
//!
//! let breaker = CountBreaker::<7>::new(BreakerConfig::new(Window::calls(100)).build()?)?;
//! let limiter = Gcra::new(Rate::new(50, Nanos::SECOND).build()?);
//! let gates = (&breaker, &limiter);
//!
//! let now = Nanos::from_secs(12).into(); // the host's clock, any monotonic origin
//! match gates.enter(1, now) {
//!     Ok(permit) => {
//!         let outcome = Outcome::Success; // what became of the call
//!         gates.leave(permit, outcome, now);
//!     }
//!     Err(refusal) => println!("{refusal}"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//! * `wide` (default): the machines whose state is a 64-bit word. On targets without 64-bit atomics they need
//!   `critical-section`; without either the build stops and says so.
//! * `critical-section`: words that the target cannot swap go through its critical section.
//! * `std`: clocks, guards, `call`, `call_async`, retry, timeout, fallback, fair waiting.
//! * `tower`: a layer that puts any gate around a tower service.
//! * `fast-clock`: a clock that reads the processor's time stamp counter between readings of the system's.
//! * `heapless`: a small registry of named gates.
#![cfg_attr(not(any(feature = "std", overcurrent_loom)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// With `fast-clock`, one line reads the processor's counter, which Rust calls unsafe, and says why it may.
#![cfg_attr(not(feature = "fast-clock"), forbid(unsafe_code))]
#![warn(clippy::pedantic, missing_debug_implementations)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic
    )
)]
#![allow(clippy::module_name_repetitions, clippy::must_use_candidate, clippy::inline_always, clippy::doc_markdown)]
// Permits and reservations are used up by those who take them.
#![allow(clippy::needless_pass_by_value)]

mod decision;
mod error;
mod gate;
mod snapshot;
mod sync;
mod ticks_refused;
mod time;

pub mod breaker;
pub mod concurrency;
pub mod event;
#[cfg(all(any(doc, doctest), feature = "std"))]
pub mod guide;
#[cfg(feature = "std")]
pub mod host;
pub mod limit;
#[cfg(feature = "heapless")]
pub mod registry;
pub mod retry;

pub use breaker::State;
#[cfg(feature = "wide")]
pub use breaker::{
    Breaker, CountBreaker, LiveCountBreaker, LiveTimeBreaker, TimeBreaker, TinyBreaker, TinyPolicy, TinyWord,
};
#[cfg(feature = "wide")]
pub use breaker::{BreakerConfig, HalfOpenEnd, OpenFor, Permit, Policy, TrialTimeout, Window};
pub use breaker::{Permit32, TinyBreaker32, TinyConfig32, TinyPolicy32};
#[cfg(feature = "wide")]
pub use concurrency::Bulkhead;
pub use concurrency::{Bulkhead32, OverRelease};
pub use decision::{Outcome, Reason, Refusal};
pub use error::{Busy, ConfigError, NeedsTime};
#[cfg(feature = "wide")]
pub use event::{Counters, Journal, Observed, Rejections};
pub use event::{Event, EventKind, Observer};
pub use gate::Gate;
#[cfg(feature = "fast-clock")]
pub use host::FastClock;
#[cfg(feature = "std")]
pub use host::{
    Acquire, Again, AnyError, CallError, Classify, Clock, Deadline, Enter, ErrIsFailure, Fallback, ForErr, ForOk,
    GateExt, Guard, HoldFor, ManualClock, ManualSleep, MonotonicClock, OwnedGuard, Protected, Reserve, Retriable,
    Retry, SlotGuard, Slots, ThreadSleep, ThreadTimer, TimedOut, Timer, Waiters, timeout,
};
#[cfg(feature = "tower")]
pub use host::{GateFuture, GateLayer, GateService};
#[cfg(feature = "wide")]
pub use limit::{CycleConfig, CycleLimiter, Gcra, LiveGcra, Quota, Rate};
pub use limit::{Gcra32, Quota32};
pub use retry::{Backoff, BackoffConfig, Jitter};
#[cfg(feature = "wide")]
pub use retry::{RetryBudget, RetryBudgetConfig};
pub use snapshot::SnapshotError;
pub use time::{At, Nanos, Ticks};

/// The examples of the project's README, as tests.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../../README.md")]
struct Readme;
