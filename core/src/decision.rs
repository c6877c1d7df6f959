//! What a gate answers, and what a host reports back.

use crate::time::Nanos;
use core::fmt;

/// How a call ended, as the host judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It worked.
    Success,
    /// It failed in a way that counts.
    Failure,
    /// It ended without a verdict: cancelled, or an error that says nothing about the other side. Whatever the gate
    /// took for it is given back where that is possible, and nothing is recorded.
    Ignored,
}

/// Why a gate said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// A rate limiter has no permit now.
    RateLimited,
    /// More permits were asked for than the limiter can ever hold.
    CostExceedsBurst,
    /// The breaker is open.
    BreakerOpen,
    /// The breaker is half-open and every trial call is out.
    TrialsTaken,
    /// The breaker was forced open by hand.
    ForcedOpen,
    /// Every slot of the bulkhead is taken.
    BulkheadFull,
    /// The retry budget is spent.
    RetryBudgetSpent,
}

impl Reason {
    /// Every reason, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::RateLimited,
        Self::CostExceedsBurst,
        Self::BreakerOpen,
        Self::TrialsTaken,
        Self::ForcedOpen,
        Self::BulkheadFull,
        Self::RetryBudgetSpent,
    ];

    /// A short fixed name, the same in every language: `breaker-open`, `rate-limited`, ...
    pub const fn name(self) -> &'static str {
        match self {
            Self::RateLimited => "rate-limited",
            Self::CostExceedsBurst => "cost-exceeds-burst",
            Self::BreakerOpen => "breaker-open",
            Self::TrialsTaken => "trials-taken",
            Self::ForcedOpen => "forced-open",
            Self::BulkheadFull => "bulkhead-full",
            Self::RetryBudgetSpent => "retry-budget-spent",
        }
    }
}

/// A refusal: why, and how long to wait before asking again.
///
/// ```
/// use overcurrent::{Nanos, Reason, Refusal};
/// let refusal = Refusal::new(Reason::BreakerOpen, Some(Nanos::from_millis(1_500)));
/// assert_eq!(refusal.to_string(), "refused: breaker-open, retry after 1.5s");
/// assert_eq!(refusal.retry_after.unwrap().as_secs_ceil(), 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The wait after which the same call could be admitted, if nobody else comes first. `None` when time alone will
    /// not help: a slot must be given back, a switch thrown, or less asked for.
    pub retry_after: Option<Nanos>,
}

impl Refusal {
    /// A refusal for `reason`, worth asking again after `retry_after`.
    pub const fn new(reason: Reason, retry_after: Option<Nanos>) -> Self {
        Self { reason, retry_after }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.retry_after {
            Some(wait) => write!(f, "refused: {}, retry after {wait}", self.reason.name()),
            None => write!(f, "refused: {}", self.reason.name()),
        }
    }
}

impl core::error::Error for Refusal {}
