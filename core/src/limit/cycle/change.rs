//! A new limit while calls go on: word and plan change together.
//!
//! Two plans, one in force. The writer fills the other one and then swaps the word to a generation that names it. A
//! decision that admits is validated by its own swap, a refusal by looking at the generation once more. Two bits of
//! generation: with one, an idle limiter's word is the same again after two changes, and the swap of a slow caller that
//! has judged by the plan before them would succeed.

use super::step::Plan;
use super::{CycleLimiter, LimitChange, step};
use crate::error::Busy;
use crate::sync::{AcqRel, Acquire, Relaxed, Release, fence, mutated};
use crate::time::Nanos;
use core::num::NonZeroU32;

impl CycleLimiter {
    /// Changes the permits per cycle, as the configured [`LimitChange`] says.
    ///
    /// # Errors
    /// Another thread is changing it at this moment; nothing was changed.
    pub fn set_limit(&self, limit: NonZeroU32, now: Nanos) -> Result<(), Busy> {
        let cycle = self.cycle(now);
        self.change(&|taken, plan| match self.limit_change {
            LimitChange::AtOnce => plan.at_once(taken, cycle, limit.get()),
            LimitChange::NextCycle => plan.next_cycle(taken, self.last.load(Relaxed), limit.get()),
        })
    }

    /// Changes the longest wait that [`reserve`](Self::reserve) promises; at once, and for asks to come only.
    pub fn set_timeout(&self, timeout: Nanos) {
        // A plain store: nothing is derived from what was there. Relaxed: it guards nothing else.
        self.timeout.store(timeout.get(), Relaxed);
    }

    /// Counts from `cycle` on, so that counts fit for ever. If another thread is changing the plan, the next ask tries
    /// again; until then counts that do not fit are refused.
    #[cold]
    pub(super) fn move_origin(&self, cycle: u64) -> Result<(), Busy> {
        self.change(&|taken, plan| plan.near(taken, cycle))
    }

    pub(super) fn change(&self, to: &dyn Fn(i64, Plan) -> (i64, Plan)) -> Result<(), Busy> {
        // Acquire and, below, Release: one writer sees the plans of the writer before.
        if self.changing.compare_exchange(0, 1, Acquire, Relaxed).is_err() && !mutated("cycle_no_exclusion") {
            return Err(Busy);
        }
        loop {
            let word = self.load();
            // Nobody else writes plans now, so this one is the word's own.
            let (taken, plan) = to(step::taken(word), self.plan(word));
            let next = step::next_generation(word, taken);
            let next = if mutated("cycle_one_generation_bit") { next & !(1 << 63) } else { next };
            // Release fence: whoever reads what is written next, and then looks at the word behind an Acquire fence,
            // sees at least the generation that took this plan out of force.
            if !mutated("cycle_plan_fence") {
                fence(Release);
            }
            let (limit, origin) = self.cells(next);
            limit.store(plan.limit, Relaxed);
            origin.store(plan.origin, Relaxed);
            // AcqRel: publishes the plan.
            if self.word.compare_exchange(word, next, AcqRel, Relaxed).is_ok() {
                break;
            }
        }
        self.changing.store(0, Release);
        Ok(())
    }
}
