//! When a breaker trips: pure comparisons of whole numbers.

use super::policy::Policy;
use super::report::{Rule, Trip};
use super::window::Totals;

/// `part / total >= rate`, exactly, in parts per 100,000. Products of 32-bit numbers and rates of at most 100,000 fit 64 bits.
#[inline]
const fn reaches(part: u32, total: u32, rate: u32) -> bool {
    rate != 0 && (part as u64).wrapping_mul(100_000) >= (rate as u64).wrapping_mul(total as u64)
}

/// Parts per 100,000, rounded down.
#[allow(clippy::cast_possible_truncation, reason = "a part is at most the total: at most 100,000")]
pub(crate) const fn share(part: u32, total: u32) -> Option<u32> {
    match (part as u64).wrapping_mul(100_000).checked_div(total as u64) {
        Some(share) => Some(share as u32), // a part is at most the total
        None => None,
    }
}

/// The rules that are met, the failure rules apart from the slow one: they are told apart in METRICS_ONLY.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Met {
    pub(crate) failure: Option<Trip>,
    pub(crate) slow: Option<Trip>,
}

impl Met {
    #[inline]
    pub(crate) const fn any(&self) -> bool {
        self.failure.is_some() || self.slow.is_some()
    }
}

impl Policy {
    /// Whether a closed breaker with these totals, and that many failures in a row, must open.
    #[inline]
    pub(crate) const fn judge(&self, totals: Totals, in_a_row: u32) -> Met {
        let mut met = Met { failure: None, slow: None };
        let calls = totals.calls;
        if calls >= self.min_calls {
            if totals.failed != 0 && reaches(totals.failed, calls, self.failure_rate) {
                met.failure =
                    Some(Trip { rule: Rule::FailureRate, calls, counted: totals.failed, threshold: self.failure_rate });
            }
            if totals.slow != 0 && reaches(totals.slow, calls, self.slow_rate) {
                met.slow = Some(Trip { rule: Rule::SlowRate, calls, counted: totals.slow, threshold: self.slow_rate });
            }
        }
        if met.failure.is_none() && self.failure_count != 0 && totals.failed >= self.failure_count {
            met.failure =
                Some(Trip { rule: Rule::FailureCount, calls, counted: totals.failed, threshold: self.failure_count });
        }
        if met.failure.is_none() && self.consecutive_failures != 0 && in_a_row >= self.consecutive_failures {
            met.failure = Some(Trip {
                rule: Rule::ConsecutiveFailures,
                calls,
                counted: in_a_row,
                threshold: self.consecutive_failures,
            });
        }
        met
    }

    /// Whether these trial results send a half-open breaker back to open. Without a failure-rate rule, half of the
    /// trials must have worked.
    pub(crate) const fn judge_trials(&self, totals: Totals) -> Met {
        let rate = if self.failure_rate == 0 { 50_000 } else { self.failure_rate };
        let calls = totals.calls;
        let mut met = Met { failure: None, slow: None };
        if totals.failed != 0 && reaches(totals.failed, calls, rate) {
            met.failure = Some(Trip { rule: Rule::FailureRate, calls, counted: totals.failed, threshold: rate });
        }
        if totals.slow != 0 && reaches(totals.slow, calls, self.slow_rate) {
            met.slow = Some(Trip { rule: Rule::SlowRate, calls, counted: totals.slow, threshold: self.slow_rate });
        }
        met
    }
}
