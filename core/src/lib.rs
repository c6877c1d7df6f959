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
mod sync;
mod time;

pub mod breaker;
pub mod event;
pub mod retry;

#[cfg(feature = "wide")]
pub use breaker::{Breaker, CountBreaker, TinyBreaker, TinyPolicy, TinyWord};
pub use breaker::{BreakerConfig, HalfOpenEnd, OpenFor, Permit, Policy, State, TrialTimeout, Window};
pub use breaker::{Permit32, TinyBreaker32, TinyConfig32, TinyPolicy32};
pub use decision::{Outcome, Reason, Refusal};
pub use error::{Busy, ConfigError, NeedsTime};
pub use event::{Event, EventKind, Observer};
pub use gate::Gate;
pub use time::{At, Nanos, Ticks};
