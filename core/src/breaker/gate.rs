//! The breaker as a gate.

use super::history::History;
use super::machine::Breaker;
use super::permit::Permit;
use super::settings::Settings;
use crate::decision::{Outcome, Refusal};
use crate::error::NeedsTime;
use crate::event::{EventKind, Observer};
use crate::gate::Gate;
use crate::time::{At, Nanos};
use core::borrow::Borrow;

impl<H: History, P: Settings, O: Observer> Gate for Breaker<H, P, O> {
    type Permit = Permit;

    fn judge(&self, _: u32, at: At) -> Result<(), Refusal> {
        if self.load().is_at_rest() {
            return Ok(());
        }
        let policy = self.policy.read();
        let policy = policy.borrow();
        loop {
            let word = self.settle_by(policy, at);
            // As in `enter`: a decision that a recorder left undone, or that new settings made due.
            let taken = word.is(super::report::State::HalfOpen) && word.permits(policy.trial_calls) == 0;
            if !taken || !self.decide_if_complete(policy, word, at) {
                return self.refusal(policy, word, at).map_or(Ok(()), Err);
            }
        }
    }

    #[inline]
    fn enter(&self, _: u32, at: At) -> Result<Permit, Refusal> {
        Breaker::enter(self, at)
    }

    #[inline]
    fn leave(&self, permit: Permit, outcome: Outcome, at: At) {
        Breaker::leave(self, permit, outcome, at);
    }

    fn leave_and_hold(&self, permit: Permit, outcome: Outcome, until: Nanos, at: At) {
        Breaker::leave_and_open_until(self, permit, outcome, until, at);
    }

    fn cancel(&self, permit: Permit) {
        Breaker::cancel(self, permit);
    }

    fn refused(&self, _: u32, refusal: Refusal, at: At) {
        self.tell(at.now, self.load().generation(), EventKind::Refused(refusal));
    }

    #[inline]
    fn needs_clock(&self) -> bool {
        Breaker::needs_clock(self)
    }

    #[inline]
    fn enter_untimed(&self, _: u32) -> Result<Permit, NeedsTime> {
        Breaker::enter_untimed(self)
    }

    #[inline]
    fn leave_untimed(&self, permit: Permit, outcome: Outcome) -> Result<(), NeedsTime> {
        Breaker::leave_untimed(self, permit, outcome)
    }

    fn settle(&self, at: At) {
        Breaker::settle(self, at);
    }

    fn next_deadline(&self, at: At) -> Option<Nanos> {
        Breaker::next_deadline(self, at)
    }
}
