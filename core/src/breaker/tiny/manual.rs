//! Transitions by hand.

use super::machine::{TinyBreaker, TinyWord};
use super::policy::TinyPolicy;
use super::step::{Moved, Until};
use super::word::Word;
use crate::breaker::permit::Permit;
use crate::breaker::report::{NotAllowed, State};
use crate::breaker::rules::Met;
use crate::decision::Outcome;
use crate::event::{EventKind, Observer};
use crate::time::{At, Nanos};
use core::borrow::Borrow;

impl<O: Observer, W: Borrow<TinyWord>, P: Borrow<TinyPolicy>> TinyBreaker<O, W, P> {
    /// Closes it, with an empty window.
    pub fn close(&self, at: impl Into<At>) {
        // Allowed from everywhere.
        let _ = self.move_to(State::Closed, Until::Policy, at.into());
    }

    /// Opens it for the policy's wait, as if it had tripped.
    ///
    /// # Errors
    /// From `METRICS_ONLY`: nothing changes.
    pub fn open(&self, at: impl Into<At>) -> Result<(), NotAllowed> {
        self.move_to(State::Open, Until::Policy, at.into()).map(drop)
    }

    /// Opens it for `wait`: what a server's Retry-After asks for.
    ///
    /// # Errors
    /// From `METRICS_ONLY`: nothing changes.
    pub fn open_for(&self, wait: Nanos, at: impl Into<At>) -> Result<(), NotAllowed> {
        self.move_to(State::Open, Until::For(wait), at.into()).map(drop)
    }

    /// Opens it until `time`, rounded up to 65,536 ns.
    ///
    /// # Errors
    /// From `METRICS_ONLY`: nothing changes.
    pub fn open_until(&self, time: Nanos, at: impl Into<At>) -> Result<(), NotAllowed> {
        self.move_to(State::Open, Until::Time(time), at.into()).map(drop)
    }

    /// Moves it to half-open, with every trial permit free.
    ///
    /// # Errors
    /// From CLOSED and `METRICS_ONLY`: nothing changes.
    pub fn half_open(&self, at: impl Into<At>) -> Result<(), NotAllowed> {
        self.move_to(State::HalfOpen, Until::Policy, at.into()).map(drop)
    }

    /// Switches it off: calls pass, nothing is counted.
    pub fn disable(&self, at: impl Into<At>) {
        let _ = self.move_to(State::Disabled, Until::Policy, at.into());
    }

    /// Refuses every call until somebody says otherwise.
    pub fn force_open(&self, at: impl Into<At>) {
        let _ = self.move_to(State::ForcedOpen, Until::Policy, at.into());
    }

    /// Counts and tells, and lets every call pass.
    pub fn metrics_only(&self, at: impl Into<At>) {
        let _ = self.move_to(State::MetricsOnly, Until::Policy, at.into());
    }

    /// Moves it to `state`, as the method of that name does.
    ///
    /// # Errors
    /// The pairs that the state machine does not have: CLOSED to `HALF_OPEN`, `METRICS_ONLY` to OPEN or `HALF_OPEN`.
    pub fn transition(&self, state: State, at: impl Into<At>) -> Result<(), NotAllowed> {
        self.move_to(state, Until::Policy, at.into()).map(drop)
    }

    /// Closed, with an empty window, whatever it was; pending deadlines are gone with the state they belonged to.
    pub fn reset(&self, at: impl Into<At>) {
        let at = at.into();
        if let Ok(word) = self.move_to(State::Closed, Until::Policy, at) {
            self.tell(at.now, word, EventKind::Reset);
        }
    }

    fn move_to(&self, state: State, until: Until, at: At) -> Result<Word, NotAllowed> {
        let mut word = self.settle_by(self.load(), at);
        loop {
            let next = self.policy().by_hand(word, state, until, at)?;
            match self.publish(word, &moved(next, at)) {
                Ok(()) => return Ok(next),
                Err(seen) => word = self.settle_by(seen, at),
            }
        }
    }

    /// [`leave`](Self::leave), and if the breaker is then closed, in the generation of the permit: open for `wait`. For
    /// calls whose answer says how long to stay away.
    ///
    /// If it is open by then, by this result or by another of the same generation, it stays open until the later of the two
    /// times: a server's Retry-After never shortens the breaker's own wait and is never lost to it.
    pub fn leave_and_open_for(&self, permit: Permit, outcome: Outcome, wait: Nanos, at: impl Into<At>) {
        self.leave_and_open(permit, outcome, Until::For(wait), at.into());
    }

    /// [`leave_and_open_for`](Self::leave_and_open_for) with the time at which to come back.
    pub fn leave_and_open_until(&self, permit: Permit, outcome: Outcome, time: Nanos, at: impl Into<At>) {
        self.leave_and_open(permit, outcome, Until::Time(time), at.into());
    }

    fn leave_and_open(&self, permit: Permit, outcome: Outcome, until: Until, at: At) {
        let generation = permit.generation();
        self.leave(permit, outcome, at);
        let mut word = self.load();
        while word.generation() == generation {
            word = self.settle_by(word, at);
            if word.generation() != generation {
                return;
            }
            let Some(next) = self.policy().held_open(word, until, at) else { return };
            match self.publish(word, &moved(next, at)) {
                Ok(()) => return,
                Err(seen) => word = seen,
            }
        }
    }

    /// Opens a breaker that is closed in this generation: what the reference does with a result that asks for peace.
    pub(super) fn open_if_closed(&self, generation: u16, until: Until, at: At) {
        let mut word = self.load();
        while word.is_closed() && word.generation() == generation {
            match self.publish(word, &moved(self.policy().opened(word, until, at), at)) {
                Ok(()) => return,
                Err(seen) => word = seen,
            }
        }
    }

    /// The same breaker, begun in `state` as of `at` instead of closed.
    #[must_use]
    pub fn starting(self, state: State, at: impl Into<At>) -> Self {
        let at = at.into();
        let word = self.load();
        // CLOSED to HALF_OPEN is not there by hand; from FORCED_OPEN it is, and leaves one attempt.
        let from = if state == State::HalfOpen { word.to_forced_open() } else { word };
        if let Ok(next) = self.policy().by_hand(from, state, Until::Policy, at) {
            // Nobody else holds it yet, so only a weak swap's whim repeats this. No event: it never was anything else.
            while self.swap(word, next).is_err() {}
        }
        self
    }
}

fn moved(word: Word, at: At) -> Moved {
    Moved { word, met: Met::default(), as_of: at.now }
}
