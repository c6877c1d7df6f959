//! What a cycle limiter answers.

use super::CycleLimiter;
use super::step::Plan;
use crate::decision::{Reason, Refusal};
use crate::time::Nanos;
use core::fmt;

/// What was asked, and the state that said no.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    pub(super) plan: Plan,
    pub(super) taken: i64,
    pub(super) n: u32,
    pub(super) max_wait: Nanos,
    pub(super) now: Nanos,
}

/// A refusal that divides only when it is asked how long to wait.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct CycleDenied<'a> {
    pub(super) limiter: &'a CycleLimiter,
    pub(super) ask: Ask,
}

impl CycleDenied<'_> {
    /// The shortest wait after which the same ask would be granted, if nobody else comes first. `None` if it never
    /// would: more permits than the limit and the longest wait allow.
    pub fn retry_after(&self) -> Option<Nanos> {
        // The last cycle of all has no end, hence no permits; only cycles of a nanosecond get that far.
        let start = self.start().filter(|start| self.limiter.cycle(*start) < u64::MAX)?;
        Some(start.saturating_sub(self.ask.now))
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    fn start(&self) -> Option<Nanos> {
        const END: i128 = u64::MAX as i128;
        let Ask { plan, taken, n, max_wait, now } = self.ask;
        // At most 2^62, and cycles are below 2^65: no product of the two wraps.
        let period = i128::from(self.limiter.period().get());
        let max_wait = i128::from(max_wait.get());
        let cycle = self.limiter.cycle(now);
        let gone = plan.gone(taken, cycle);
        // As things are, they are owned by this cycle, and can be promised the longest wait before it starts.
        let owner = plan.owner(gone.saturating_add(i64::from(n)));
        let start = owner.wrapping_mul(period).saturating_sub(max_wait).max(i128::from(now.get()));
        if start > END {
            return None;
        }
        let at = self.limiter.cycle(Nanos::new(start as u64));
        if plan.gone(taken, at) == gone {
            return Some(Nanos::new(start as u64));
        }
        // By then permits have lapsed. The first cycle in which they have starts fresh, and so do all after it.
        let fresh = plan.owner(gone.saturating_add(1)).saturating_add(1).max(i128::from(plan.origin).saturating_add(1));
        let further = i128::from(n.saturating_sub(1).checked_div(plan.limit)?);
        let into_it = further.wrapping_mul(period).saturating_sub(max_wait).max(0);
        let start = fresh.wrapping_mul(period).saturating_add(into_it);
        if into_it >= period || start > END { None } else { Some(Nanos::new(start as u64)) }
    }
}

impl From<CycleDenied<'_>> for Refusal {
    fn from(denied: CycleDenied<'_>) -> Self {
        let retry_after = denied.retry_after();
        let reason = if retry_after.is_none() { Reason::CostExceedsBurst } else { Reason::RateLimited };
        Self { reason, retry_after }
    }
}

impl fmt::Display for CycleDenied<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Refusal::from(*self).fmt(f)
    }
}

impl core::error::Error for CycleDenied<'_> {}
