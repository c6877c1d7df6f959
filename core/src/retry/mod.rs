//! Trying again: how long to wait, and how often at all.

mod backoff;
#[cfg(feature = "wide")]
mod budget;
mod interval;

pub use backoff::{Backoff, BackoffConfig, Delays, Jitter, RawDelays};
#[cfg(feature = "wide")]
pub use budget::{BudgetWord, RetryBudget, RetryBudgetConfig, RetryBudgetPolicy, Withdrawal};
pub use interval::exponential_ms;
pub(crate) use interval::growing_ms;
pub(crate) use interval::thousandth;
#[cfg(feature = "wide")]
pub(crate) use interval::times_milli;
