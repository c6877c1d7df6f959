//! Steps of a call through a breaker, one by one, for hosts that keep its parts apart: memory here, settings there, listeners
//! only where somebody listens.

use super::history::{History, StateCells};
use super::machine::Breaker;
use super::permit::Permit;
use super::settings::Settings;
use super::state::StateWord;
use super::window::{Epoch, Mark, Totals};
use crate::decision::Outcome;
use crate::event::Observer;
use crate::sync::Acquire;
use crate::time::{At, Nanos};
use core::borrow::Borrow;

/// What became of a result that was brought to [`Breaker::leave_plain`].
#[derive(Debug)]
#[must_use = "a breaker that is due to move does so by `carry_out_due`"]
pub enum Left {
    /// It was recorded or came too late; nothing follows.
    Done,
    /// It was recorded, and the breaker must move.
    Due(Due),
    /// Nothing was done: call [`Breaker::leave`].
    NotPlain,
}

/// What a recorded result demands of its breaker. Not to be lost: only the next result would find it out again.
#[derive(Debug)]
pub struct Due {
    pub(super) epoch: Epoch,
    pub(super) totals: Totals,
    pub(super) in_a_row: u32,
}

impl StateCells {
    /// The admission of a closed breaker, whatever its window and its settings; `None` in every other state, and where it
    /// is bound to open. What [`Breaker::enter`] does first.
    #[inline(always)]
    pub fn enter_if_closed(&self, now: Nanos) -> Option<Permit> {
        // Acquire: as in `Breaker::load`.
        let word = StateWord(self.state.load(Acquire));
        if word.is_at_rest() { Some(Permit::new(now, word.generation(), false, true)) } else { None }
    }
}

impl<H: History, P: Settings, O: Observer> Breaker<H, P, O> {
    /// The common case of [`leave`](Self::leave), small enough to be inlined: a good call of no trial into a window of good
    /// calls. Whether that is what it was, and is recorded; otherwise nothing was done, and `leave` must be called.
    #[inline(always)]
    pub fn leave_if_clean(&self, permit: &Permit, now: Nanos) -> bool {
        if !permit.is_plain() {
            return false;
        }
        let mark = self.mark_of(permit, Outcome::Success, now);
        self.record_plain_success(permit.epoch(), mark)
    }

    /// The next most common case, for whoever has seen [`leave_if_clean`](Self::leave_if_clean) say no: a result of no trial.
    /// It is recorded; what it demands is left to [`carry_out_due`](Self::carry_out_due) of the same breaker, so that this one
    /// needs no listeners.
    #[inline(always)]
    pub fn leave_plain(&self, permit: &Permit, outcome: Outcome, now: Nanos) -> Left {
        if !permit.is_plain() || outcome == Outcome::Ignored {
            return Left::NotPlain;
        }
        let mark = self.mark_of(permit, outcome, now);
        match self.record_only(self.policy.read().borrow(), permit.epoch(), mark, now) {
            None => Left::Done,
            Some(due) => Left::Due(due),
        }
    }

    /// Carries out what [`leave_plain`](Self::leave_plain) found due, unless the breaker has moved on.
    pub fn carry_out_due(&self, due: Due, at: impl Into<At>) {
        let Due { epoch, totals, in_a_row } = due;
        self.carry_out(self.policy.read().borrow(), epoch, totals, in_a_row, at.into());
    }

    #[inline(always)]
    pub(super) fn mark_of(&self, permit: &Permit, outcome: Outcome, now: Nanos) -> Mark {
        let (slow_call, _) = self.policy.for_success();
        Mark { failed: outcome == Outcome::Failure, slow: now - permit.entered > slow_call && permit.is_timed() }
    }
}
