//! Results without permits, for hosts that cannot carry one.

use super::machine::{TinyBreaker, TinyWord};
use super::policy::TinyPolicy;
use super::step::Until;
use crate::breaker::report::State;
use crate::breaker::window::Mark;
use crate::decision::Outcome;
use crate::event::Observer;
use crate::time::{At, Nanos};
use core::borrow::Borrow;

/// A view of a [`TinyBreaker`] that takes results without permits: they go to whatever generation is current.
///
/// A late result can then decide a trial it was not part of, and given-back permits can exceed the trials (up to 31).
/// Where a host can carry a [`Permit`](crate::Permit), it should.
#[derive(Debug)]
pub struct TinyUntracked<'a, O, W, P>(&'a TinyBreaker<O, W, P>);

impl<O, W, P> TinyBreaker<O, W, P> {
    /// The view that takes results without permits.
    pub const fn untracked(&self) -> TinyUntracked<'_, O, W, P> {
        TinyUntracked(self)
    }
}

impl<O: Observer, W: Borrow<TinyWord>, P: Borrow<TinyPolicy>> TinyUntracked<'_, O, W, P> {
    /// Reports a call that took `length`. [`Outcome::Ignored`] gives a trial permit back.
    pub fn record(&self, outcome: Outcome, length: Nanos, at: impl Into<At>) {
        if outcome == Outcome::Ignored {
            return self.release(at);
        }
        let slow = self.0.policy().policy.is_slow(length);
        self.0.record(None, Mark { failed: outcome == Outcome::Failure, slow }, at.into());
    }

    /// [`record`](Self::record), then, if the breaker is closed: open for `wait`. If this result has tripped it, its own
    /// wait holds, as in Resilience4j; [`TinyBreaker::leave_and_open_for`](crate::TinyBreaker::leave_and_open_for) keeps the longer one.
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

    /// Gives a trial permit back, whether or not one was taken.
    pub fn release(&self, at: impl Into<At>) {
        let at = at.into();
        let mut word = self.0.settle_by(self.0.load(), at);
        while word.state() == State::HalfOpen {
            match self.0.swap(word, word.with_left(word.left().saturating_add(1))) {
                Ok(()) => return,
                Err(seen) => word = self.0.settle_by(seen, at),
            }
        }
    }
}
