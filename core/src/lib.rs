//! Rate limiters, bulkheads and circuit breakers as one `no_std`, allocation-free, lock-free engine.
#![cfg_attr(not(any(feature = "std", overcurrent_loom)), no_std)]
#![warn(clippy::pedantic)]
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic
)]
#![allow(clippy::module_name_repetitions, clippy::must_use_candidate, clippy::inline_always)]

mod decision;
mod error;
mod gate;
mod snapshot;
mod sync;
mod time;

pub mod breaker;
pub mod concurrency;
pub mod event;
#[cfg(feature = "std")]
pub mod host;
pub mod limit;
pub mod retry;

#[cfg(feature = "wide")]
pub use breaker::{
    Breaker, CountBreaker, LiveCountBreaker, LiveTimeBreaker, TimeBreaker, TinyBreaker, TinyPolicy, TinyWord,
};
pub use breaker::{BreakerConfig, HalfOpenEnd, OpenFor, Permit, Policy, State, TrialTimeout, Window};
pub use breaker::{Permit32, TinyBreaker32, TinyConfig32, TinyPolicy32};
#[cfg(feature = "wide")]
pub use concurrency::Bulkhead;
pub use concurrency::{Bulkhead32, OverRelease};
pub use decision::{Outcome, Reason, Refusal};
pub use error::{Busy, ConfigError, NeedsTime};
pub use event::{Event, EventKind, Observer};
pub use gate::Gate;
#[cfg(feature = "fast-clock")]
pub use host::FastClock;
#[cfg(feature = "std")]
pub use host::{
    Acquire, Again, AnyError, CallError, Classify, Clock, Deadline, Enter, ErrIsFailure, Fallback, ForErr, ForOk,
    GateExt, Guard, ManualClock, ManualSleep, MonotonicClock, Protected, Reserve, Retriable, Retry,
    SlotGuard, Slots, ThreadSleep, ThreadTimer, TimedOut, Timer, Waiters, timeout,
};
#[cfg(feature = "wide")]
pub use limit::{CycleConfig, CycleLimiter, Gcra, LiveGcra, Quota, Rate};
pub use limit::{Gcra32, Quota32};
pub use retry::{Backoff, BackoffConfig, Jitter};
#[cfg(feature = "wide")]
pub use retry::{RetryBudget, RetryBudgetConfig};
pub use snapshot::SnapshotError;
pub use time::{At, Nanos, Ticks};
