//! Results without permits, for hosts that cannot carry one.

use super::history::History;
use super::machine::Breaker;
use super::manual::Until;
use super::report::State;
use super::settings::Settings;
use super::window::Mark;
use crate::decision::Outcome;
use crate::event::Observer;
use crate::sync::{AcqRel, Acquire};
use crate::time::{At, Nanos};
use core::borrow::Borrow;

/// A view of a breaker that takes results without permits: they go to whatever generation is current, as in
/// Resilience4j.
///
/// A late result can then decide a trial it was not part of, and given-back permits can exceed the trials. Where a host
/// can carry a [`Permit`](super::Permit), it should.
pub struct Untracked<'a, H, P, O>(&'a Breaker<H, P, O>);

impl<H: History, P: Settings, O: Observer> Breaker<H, P, O> {
    /// The view that takes results without permits.
    pub fn untracked(&self) -> Untracked<'_, H, P, O> {
        Untracked(self)
    }
}

impl<H, P, O> Untracked<'_, H, P, O> {
    pub(super) const fn breaker(&self) -> &Breaker<H, P, O> {
        self.0
    }
}

impl<H: History, P: Settings, O: Observer> Untracked<'_, H, P, O> {
    /// Reports a call that took `length`. [`Outcome::Ignored`] gives a trial permit back.
    pub fn record(&self, outcome: Outcome, length: Nanos, at: impl Into<At>) {
        let at = at.into();
        if outcome == Outcome::Ignored {
            return self.release(at);
        }
        let policy = self.0.policy.read();
        let policy = policy.borrow();
        let word = self.0.settle_by(policy, at);
        if word.records() {
            let mark = Mark { failed: outcome == Outcome::Failure, slow: policy.is_slow(length) };
            self.0.record(policy, word.epoch(), mark, at);
        }
    }

    /// [`record`](Self::record), then, if the breaker is closed: open for `wait`. If this result has tripped it, its own
    /// wait holds, as in Resilience4j; [`Breaker::leave_and_open_for`](crate::Breaker::leave_and_open_for) keeps the longer one.
    pub fn record_and_open_for(&self, outcome: Outcome, length: Nanos, wait: Nanos, at: impl Into<At>) {
        self.record_and_open(outcome, length, Until::For(wait), at.into());
    }

    /// [`record`](Self::record), then, if the breaker is closed: open until `time`.
    pub fn record_and_open_until(&self, outcome: Outcome, length: Nanos, time: Nanos, at: impl Into<At>) {
        self.record_and_open(outcome, length, Until::Time(time), at.into());
    }

    fn record_and_open(&self, outcome: Outcome, length: Nanos, until: Until, at: At) {
        self.record(outcome, length, at);
        self.0.open_if_closed(self.0.load().generation(), until, at);
    }

    /// Gives a trial permit back, without an upper bound.
    pub fn release(&self, at: impl Into<At>) {
        let at = at.into();
        let policy = self.0.policy.read();
        loop {
            let word = self.0.settle_by(policy.borrow(), at);
            if !word.is(State::HalfOpen) {
                return;
            }
            let next = word.permit_back();
            if self.0.cells().state.compare_exchange(word.0, next.0, AcqRel, Acquire).is_ok() {
                return;
            }
        }
    }
}
