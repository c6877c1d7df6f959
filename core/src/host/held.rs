//! A permit, and whether it was given out without the time.

use crate::decision::{Outcome, Refusal};
use crate::gate::Gate;
use crate::host::clock::Clock;
use crate::time::Nanos;

pub(crate) enum Held<P> {
    Timed(P),
    Untimed(P),
}

impl<P> Held<P> {
    /// Asks `gate`, and reads the clock only if it must.
    #[inline]
    pub(crate) fn enter<G, C>(gate: &G, clock: &C, cost: u32) -> Result<Self, Refusal>
    where
        G: Gate<Permit = P> + ?Sized,
        C: Clock + ?Sized,
    {
        let untimed = if gate.needs_clock() { None } else { gate.enter_untimed(cost).ok() };
        match untimed {
            Some(permit) => Ok(Self::Untimed(permit)),
            None => gate.enter(cost, clock.now()).map(Self::Timed),
        }
    }

    /// Tells `gate`, and reads the clock only if it must.
    #[inline]
    pub(crate) fn leave<G, C>(self, gate: &G, clock: &C, outcome: Outcome)
    where
        G: Gate<Permit = P> + ?Sized,
        C: Clock + ?Sized,
    {
        match self {
            Self::Timed(permit) => gate.leave(permit, outcome, clock.now()),
            Self::Untimed(permit) => {
                if gate.leave_untimed(permit, outcome).is_err() {
                    gate.settle(clock.now());
                }
            }
        }
    }

    /// [`leave`](Self::leave), and hold everything back for `wait`.
    pub(crate) fn leave_and_hold<G, C>(self, gate: &G, clock: &C, outcome: Outcome, wait: Nanos)
    where
        G: Gate<Permit = P> + ?Sized,
        C: Clock + ?Sized,
    {
        let at = clock.now();
        gate.leave_and_hold(self.permit(), outcome, at.now + wait, at);
    }

    pub(crate) fn permit(self) -> P {
        let (Self::Timed(permit) | Self::Untimed(permit)) = self;
        permit
    }
}

/// Notices whether a panic began since.
pub(crate) struct Panicking {
    /// The thread was unwinding already: that panic is not this call's.
    before: bool,
}

impl Panicking {
    pub(crate) fn watch() -> Self {
        Self { before: std::thread::panicking() }
    }

    /// The outcome of a call that ended without a verdict.
    pub(crate) fn outcome(&self) -> Outcome {
        if !self.before && std::thread::panicking() { Outcome::Failure } else { Outcome::Ignored }
    }
}
