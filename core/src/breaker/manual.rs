//! Transitions by hand.

use super::history::History;
use super::machine::{Breaker, half_open};
use super::permit::Permit;
use super::policy::Policy;
use super::report::{NotAllowed, State};
use super::settings::Settings;
use super::state::StateWord;
use crate::decision::Outcome;
use crate::event::{EventKind, Observer};
use crate::sync::{AcqRel, Acquire, mutated};
use crate::time::{At, Nanos};
use core::borrow::Borrow;

/// How an open state asked for by hand ends.
#[derive(Clone, Copy)]
pub(super) enum Until {
    /// After the policy's own wait, as one more attempt.
    Policy,
    /// After that long; the attempts stay.
    For(Nanos),
    /// At that time; the attempts stay.
    Time(Nanos),
}

/// OPEN from `word` as of `at`, and its deadline.
pub(super) fn opened(policy: &Policy, word: StateWord, until: Until, at: At) -> (StateWord, u64) {
    let (attempts, deadline) = match until {
        Until::Policy => {
            let attempts = word.attempts().saturating_add(1);
            (attempts, at.now + policy.open_wait(u32::from(attempts), at))
        }
        Until::For(wait) => (word.attempts(), at.now + wait),
        Until::Time(time) => (word.attempts(), time),
    };
    let wait = (deadline - at.now).get();
    (word.to_open(attempts, deadline.get(), wait), deadline.get())
}

impl<H: History, P: Settings, O: Observer> Breaker<H, P, O> {
    /// Closes it, with an empty window.
    pub fn close(&self, at: impl Into<At>) {
        // Allowed from everywhere.
        let _ = self.move_to(State::Closed, Until::Policy, at.into());
    }

    /// Opens it for the policy's wait, as if it had tripped.
    ///
    /// # Errors
    /// From METRICS_ONLY: nothing changes.
    pub fn open(&self, at: impl Into<At>) -> Result<(), NotAllowed> {
        self.move_to(State::Open, Until::Policy, at.into())
    }

    /// Opens it for `wait`: what a server's Retry-After asks for.
    ///
    /// # Errors
    /// From METRICS_ONLY: nothing changes.
    pub fn open_for(&self, wait: Nanos, at: impl Into<At>) -> Result<(), NotAllowed> {
        self.move_to(State::Open, Until::For(wait), at.into())
    }

    /// Opens it until `time`, exactly.
    ///
    /// # Errors
    /// From METRICS_ONLY: nothing changes.
    pub fn open_until(&self, time: Nanos, at: impl Into<At>) -> Result<(), NotAllowed> {
        self.move_to(State::Open, Until::Time(time), at.into())
    }

    /// Moves it to half-open, with every trial permit free.
    ///
    /// # Errors
    /// From CLOSED and METRICS_ONLY: nothing changes.
    pub fn half_open(&self, at: impl Into<At>) -> Result<(), NotAllowed> {
        self.move_to(State::HalfOpen, Until::Policy, at.into())
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
    /// The pairs that the state machine does not have: CLOSED to HALF_OPEN, METRICS_ONLY to OPEN or HALF_OPEN.
    pub fn transition(&self, state: State, at: impl Into<At>) -> Result<(), NotAllowed> {
        self.move_to(state, Until::Policy, at.into())
    }

    /// Closed, with an empty window, whatever it was; pending deadlines are gone with the state they belonged to.
    pub fn reset(&self, at: impl Into<At>) {
        let at = at.into();
        self.close(at);
        self.tell(at.now, self.load().generation(), EventKind::Reset);
    }

    fn move_to(&self, state: State, until: Until, at: At) -> Result<(), NotAllowed> {
        let policy = self.policy.read();
        let policy = policy.borrow();
        loop {
            let word = self.settle_by(policy, at);
            let from = word.state();
            let (next, deadline) = match (from, state) {
                (State::Closed, State::HalfOpen) | (State::MetricsOnly, State::Open | State::HalfOpen) => {
                    return Err(NotAllowed { from, to: state });
                }
                (_, State::Open) => opened(policy, word, until, at),
                (_, State::HalfOpen) => half_open(policy, word, at.now.get()),
                (_, State::ForcedOpen) => (word.to_plain(state, word.attempts().saturating_add(1)), 0),
                (_, State::Closed | State::Disabled | State::MetricsOnly) => (word.to_plain(state, 0), 0),
            };
            if self.publish(policy, word, next, deadline, at) {
                return Ok(());
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
        self.hold_open(generation, until, at);
    }

    /// Opens a breaker that is closed in this generation, or keeps one that has opened in it open for longer.
    fn hold_open(&self, generation: u16, until: Until, at: At) {
        let policy = self.policy.read();
        let policy = policy.borrow();
        while self.load().generation() == generation {
            let word = self.settle_by(policy, at);
            if word.generation() != generation {
                return;
            }
            let (next, deadline) = opened(policy, word, until, at);
            match word.state() {
                State::Closed => {}
                State::Open => match self.deadline_of(policy, word, at) {
                    Some(own) if own >= deadline && !mutated("breaker_hold_lowers") => return,
                    Some(_) => {}
                    None => continue,
                },
                _ => return,
            }
            if self.publish(policy, word, next, deadline, at) {
                return;
            }
        }
    }

    /// Opens a breaker that is closed in this generation: what the reference does with a result that asks for peace.
    pub(super) fn open_if_closed(&self, generation: u16, until: Until, at: At) {
        let policy = self.policy.read();
        let policy = policy.borrow();
        loop {
            let word = self.load();
            if !word.is(State::Closed) || word.generation() != generation {
                return;
            }
            let (next, deadline) = opened(policy, word, until, at);
            if self.publish(policy, word, next, deadline, at) {
                return;
            }
        }
    }

    /// The same breaker, begun in `state` as of `at` instead of closed.
    #[must_use]
    pub fn starting(self, state: State, at: impl Into<At>) -> Self {
        let at = at.into();
        {
            let policy = self.policy.read();
            let policy = policy.borrow();
            let word = self.load();
            let (next, deadline) = match state {
                State::Closed => return_closed(word),
                State::Open => opened(policy, word, Until::Policy, at),
                State::HalfOpen => half_open(policy, word.to_plain(State::ForcedOpen, 1), at.now.get()),
                State::ForcedOpen => (word.to_plain(state, 1), 0),
                State::Disabled | State::MetricsOnly => (word.to_plain(state, 0), 0),
            };
            // Nobody else holds it yet, so this swap cannot fail; no event: it never was anything else.
            if self.cells().state.compare_exchange(word.0, next.0, AcqRel, Acquire).is_ok() {
                self.stamp(next, deadline);
                let entry = super::history::Entry { policy, now: at.now.get() };
                self.history.bring_forward(entry, next.epoch());
            }
        }
        self
    }
}

const fn return_closed(word: StateWord) -> (StateWord, u64) {
    (word.to_plain(State::Closed, 0), 0)
}
