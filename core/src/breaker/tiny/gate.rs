//! The tiny breaker as a gate.

use super::machine::{TinyBreaker, TinyWord};
use super::policy::TinyPolicy;
use crate::breaker::permit::Permit;
use crate::decision::{Outcome, Refusal};
use crate::error::NeedsTime;
use crate::event::Observer;
use crate::gate::Gate;
use crate::time::{At, Nanos};
use core::borrow::Borrow;

impl<O: Observer, W: Borrow<TinyWord>, P: Borrow<TinyPolicy>> Gate for TinyBreaker<O, W, P> {
    type Permit = Permit;

    fn judge(&self, _: u32, at: At) -> Result<(), Refusal> {
        let word = self.load();
        if word.is_closed() {
            return Ok(());
        }
        self.policy().refusal(self.settle_by(word, at), at.now).map_or(Ok(()), Err)
    }

    #[inline]
    fn enter(&self, _: u32, at: At) -> Result<Permit, Refusal> {
        TinyBreaker::enter(self, at)
    }

    #[inline]
    fn leave(&self, permit: Permit, outcome: Outcome, at: At) {
        TinyBreaker::leave(self, permit, outcome, at);
    }

    fn leave_and_hold(&self, permit: Permit, outcome: Outcome, until: Nanos, at: At) {
        TinyBreaker::leave_and_open_until(self, permit, outcome, until, at);
    }

    fn cancel(&self, permit: Permit) {
        TinyBreaker::cancel(self, permit);
    }

    #[inline]
    fn needs_clock(&self) -> bool {
        TinyBreaker::needs_clock(self)
    }

    #[inline]
    fn enter_untimed(&self, _: u32) -> Result<Permit, NeedsTime> {
        TinyBreaker::enter_untimed(self)
    }

    #[inline]
    fn leave_untimed(&self, permit: Permit, outcome: Outcome) -> Result<(), NeedsTime> {
        TinyBreaker::leave_untimed(self, permit, outcome)
    }

    fn settle(&self, at: At) {
        TinyBreaker::settle(self, at);
    }

    fn next_deadline(&self, at: At) -> Option<Nanos> {
        TinyBreaker::next_deadline(self, at)
    }
}
