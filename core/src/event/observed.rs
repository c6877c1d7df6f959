//! Any gate, with an observer of its refusals.

use super::{Event, EventKind, Observer};
use crate::decision::{Outcome, Refusal};
use crate::error::NeedsTime;
use crate::gate::Gate;
use crate::time::{At, Nanos};

/// A gate whose refusals are told to an observer, for gates that take none themselves: limiters, bulkheads, budgets, a
/// whole pipeline.
///
/// ```
/// use overcurrent::{Bulkhead, event::EventKind, Gate, Journal, Nanos, Observed};
/// static JOURNAL: Journal<16> = Journal::new();
/// let gate = Observed::new(Bulkhead::new(0).unwrap(), &JOURNAL);
/// let refusal = gate.enter(1, Nanos::SECOND.into()).unwrap_err();
/// assert_eq!(JOURNAL.pop().unwrap().kind, EventKind::Refused(refusal));
/// ```
#[derive(Debug)]
pub struct Observed<G, O> {
    gate: G,
    observer: O,
}

impl<G: Gate, O: Observer> Observed<G, O> {
    /// `gate`, whose refusals go to `observer`.
    pub const fn new(gate: G, observer: O) -> Self {
        Self { gate, observer }
    }

    /// The gate itself, for what only it can do.
    pub const fn gate(&self) -> &G {
        &self.gate
    }

    #[inline]
    fn tell(&self, refusal: Refusal, at: At) {
        if O::LISTENS {
            self.observer.observe(Event { at: at.now, generation: 0, kind: EventKind::Refused(refusal) });
        }
    }
}

impl<G: Gate, O: Observer> Gate for Observed<G, O> {
    type Permit = G::Permit;

    #[inline]
    fn judge(&self, cost: u32, at: At) -> Result<(), Refusal> {
        self.gate.judge(cost, at)
    }
    #[inline]
    fn enter(&self, cost: u32, at: At) -> Result<G::Permit, Refusal> {
        self.gate.enter(cost, at).inspect_err(|refusal| self.tell(*refusal, at))
    }
    #[inline]
    fn leave(&self, permit: G::Permit, outcome: Outcome, at: At) {
        self.gate.leave(permit, outcome, at);
    }
    #[inline]
    fn leave_and_hold(&self, permit: G::Permit, outcome: Outcome, until: Nanos, at: At) {
        self.gate.leave_and_hold(permit, outcome, until, at);
    }
    #[inline]
    fn cancel(&self, permit: G::Permit) {
        self.gate.cancel(permit);
    }
    fn refused(&self, cost: u32, refusal: Refusal, at: At) {
        self.gate.refused(cost, refusal, at);
        self.tell(refusal, at);
    }
    #[inline]
    fn needs_clock(&self) -> bool {
        self.gate.needs_clock()
    }
    #[inline]
    fn enter_untimed(&self, cost: u32) -> Result<G::Permit, NeedsTime> {
        // No refusal here: the host asks again with the time, and that one is told.
        self.gate.enter_untimed(cost)
    }
    #[inline]
    fn leave_untimed(&self, permit: G::Permit, outcome: Outcome) -> Result<(), NeedsTime> {
        self.gate.leave_untimed(permit, outcome)
    }
    fn settle(&self, at: At) {
        self.gate.settle(at);
    }
    fn next_deadline(&self, at: At) -> Option<Nanos> {
        self.gate.next_deadline(at)
    }
}
