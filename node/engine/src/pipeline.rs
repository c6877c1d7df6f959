//! Gates of any kind, and several of them as one.

use crate::breaker::Breaker;
use crate::bulkhead::bulkhead;
use crate::cycle::Cycle;
use crate::entrance::Handed;
use crate::io::{Io, Told, UNKNOWN};
use crate::limiter::Limiter;
use crate::retry::budget;
use alloc::sync::Arc;
use overcurrent::event::Event;
use overcurrent::limit::Reservation;
use overcurrent::{At, Bulkhead, EventKind, Gate, Nanos, NeedsTime, Observer, Outcome, Permit, Refusal, RetryBudget};

/// The most gates of one pipeline.
pub const MOST: usize = 8;

/// A gate of any kind, which other threads may share.
#[derive(Clone)]
pub enum AnyGate {
    /// Lets everything through: an empty place of a pipeline.
    Nothing,
    /// Kind 0.
    Limiter(Arc<Limiter>),
    /// Kind 1.
    Breaker(Arc<Breaker>),
    /// Kind 2.
    Bulkhead(Arc<Bulkhead>),
    /// Kind 3.
    Cycle(Arc<Cycle>),
    /// Kind 4; no part of a pipeline, where it lets everything through.
    Budget(Arc<RetryBudget>),
}

/// What an [`AnyGate`] gave.
#[allow(missing_docs, reason = "the permit of the gate of that name")]
pub enum AnyPermit {
    Nothing,
    Breaker(Permit),
    Bulkhead(<Bulkhead as Gate>::Permit),
    Promise(Reservation),
}

impl AnyGate {
    /// A gate of the kind, by the numbers in `io`.
    ///
    /// # Errors
    /// The first setting out of its range.
    pub fn new(kind: u32, io: &mut Io<'_>, at: At) -> Result<Self, Told> {
        Ok(match kind {
            0 => Self::Limiter(Arc::new(Limiter::new(io, at)?)),
            1 => Self::Breaker(Arc::new(Breaker::new(io, at)?)),
            2 => Self::Bulkhead(Arc::new(bulkhead(io, 0)?)),
            3 => Self::Cycle(Arc::new(Cycle::new(io)?)),
            4 => Self::Budget(Arc::new(budget(io)?)),
            _ => return Err(Told(UNKNOWN)),
        })
    }
}

/// Out of line: its many answers become an [`AnyPermit`]'s in one place.
#[inline(never)]
fn breaker_enter(gate: &Breaker, cost: u32, at: At) -> Result<Permit, Refusal> {
    gate.enter(cost, at)
}

impl Gate for AnyGate {
    type Permit = AnyPermit;

    fn judge(&self, cost: u32, at: At) -> Result<(), Refusal> {
        match self {
            Self::Nothing | Self::Budget(_) => Ok(()),
            Self::Limiter(gate) => Gate::judge(&gate.gcra, cost, at),
            Self::Breaker(gate) => gate.judge(cost, at),
            Self::Bulkhead(gate) => gate.judge(cost, at),
            Self::Cycle(gate) => gate.limiter.judge(cost, at),
        }
    }

    #[inline]
    fn enter(&self, cost: u32, at: At) -> Result<AnyPermit, Refusal> {
        match self {
            Self::Nothing | Self::Budget(_) => Ok(AnyPermit::Nothing),
            Self::Limiter(gate) => gate.gcra.enter(cost, at).map(AnyPermit::Promise),
            Self::Breaker(gate) => breaker_enter(gate, cost, at).map(AnyPermit::Breaker),
            Self::Bulkhead(gate) => gate.enter(cost, at).map(AnyPermit::Bulkhead),
            Self::Cycle(gate) => match gate.limiter.reserve_within(cost, Nanos::ZERO, at.now) {
                Ok(promise) => Ok(AnyPermit::Promise(promise)),
                Err(denied) => Err(denied.into()),
            },
        }
    }

    #[inline]
    fn leave(&self, permit: AnyPermit, outcome: Outcome, at: At) {
        match (self, permit) {
            (Self::Breaker(gate), AnyPermit::Breaker(permit)) => Gate::leave(&**gate, permit, outcome, at),
            (Self::Bulkhead(gate), AnyPermit::Bulkhead(slot)) => gate.leave(slot, outcome, at),
            // A limiter's permits are spent.
            _ => {}
        }
    }

    fn leave_and_hold(&self, permit: AnyPermit, outcome: Outcome, until: Nanos, at: At) {
        match (self, permit) {
            (Self::Limiter(gate), AnyPermit::Promise(promise)) => {
                gate.gcra.leave_and_hold(promise, outcome, until, at);
            }
            (Self::Breaker(gate), AnyPermit::Breaker(permit)) => gate.leave_and_hold(permit, outcome, until, at),
            (gate, permit) => gate.leave(permit, outcome, at),
        }
    }

    fn cancel(&self, permit: AnyPermit) {
        match (self, permit) {
            (Self::Limiter(gate), AnyPermit::Promise(promise)) => Gate::cancel(&gate.gcra, promise),
            (Self::Breaker(gate), AnyPermit::Breaker(permit)) => Gate::cancel(&**gate, permit),
            (Self::Bulkhead(gate), AnyPermit::Bulkhead(slot)) => gate.cancel(slot),
            (Self::Cycle(gate), AnyPermit::Promise(promise)) => Gate::cancel(&gate.limiter, promise),
            _ => {}
        }
    }

    fn refused(&self, cost: u32, refusal: Refusal, at: At) {
        let event = Event { at: at.now, generation: 0, kind: EventKind::Refused(refusal) };
        match self {
            Self::Breaker(gate) => Gate::refused(&**gate, cost, refusal, at),
            Self::Limiter(gate) => gate.counters.observe(event),
            Self::Cycle(gate) => gate.counters.observe(event),
            Self::Nothing | Self::Budget(_) | Self::Bulkhead(_) => {}
        }
    }

    #[inline]
    fn needs_clock(&self) -> bool {
        match self {
            Self::Nothing | Self::Budget(_) | Self::Bulkhead(_) => false,
            Self::Breaker(gate) => gate.needs_clock(),
            Self::Limiter(_) | Self::Cycle(_) => true,
        }
    }

    #[inline]
    fn enter_untimed(&self, cost: u32) -> Result<AnyPermit, NeedsTime> {
        match self {
            Self::Nothing | Self::Budget(_) => Ok(AnyPermit::Nothing),
            Self::Breaker(gate) => gate.enter_untimed(cost).map(AnyPermit::Breaker),
            Self::Bulkhead(gate) => gate.enter_untimed(cost).map(AnyPermit::Bulkhead),
            Self::Limiter(_) | Self::Cycle(_) => Err(NeedsTime),
        }
    }

    #[inline]
    fn leave_untimed(&self, permit: AnyPermit, outcome: Outcome) -> Result<(), NeedsTime> {
        match (self, permit) {
            (Self::Breaker(gate), AnyPermit::Breaker(permit)) => gate.leave_untimed(permit, outcome),
            (gate, permit) => {
                gate.cancel(permit);
                Ok(())
            }
        }
    }

    fn settle(&self, at: At) {
        if let Self::Breaker(gate) = self {
            gate.settle(at);
        }
    }

    fn next_deadline(&self, at: At) -> Option<Nanos> {
        match self {
            Self::Breaker(gate) => gate.next_deadline(at),
            _ => None,
        }
    }
}

/// One breaker or bulkhead, for hosts that compile one way in and out for both.
impl Handed for AnyGate {
    #[inline]
    fn news(&self) -> bool {
        matches!(self, Self::Breaker(breaker) if breaker.news())
    }
    #[inline]
    fn pack(permit: AnyPermit) -> Result<u32, AnyPermit> {
        match permit {
            AnyPermit::Breaker(permit) => Breaker::pack(permit).map_err(AnyPermit::Breaker),
            AnyPermit::Bulkhead(slot) => Bulkhead::pack(slot).map_err(AnyPermit::Bulkhead),
            other => Err(other),
        }
    }
    #[inline]
    fn unpack(&self, number: u32) -> Option<AnyPermit> {
        match self {
            Self::Breaker(gate) => gate.unpack(number).map(AnyPermit::Breaker),
            Self::Bulkhead(gate) => gate.unpack(number).map(AnyPermit::Bulkhead),
            _ => None,
        }
    }
    fn ask(&self, op: u32, io: &mut Io<'_>, at: At, last: Option<(Refusal, At)>) -> f64 {
        match self {
            Self::Breaker(gate) => gate.ask(op, io, at, last),
            Self::Bulkhead(gate) => gate.ask(op, io, at, last),
            _ => UNKNOWN,
        }
    }
}

/// Several gates, all or nothing.
pub type Pipeline = [AnyGate; MOST];

/// What a pipeline can be asked besides what every entrance can: which of its gates refuses.
pub const WHO: u32 = 0;

impl Handed for Pipeline {
    fn ask(&self, op: u32, io: &mut Io<'_>, _: At, last: Option<(Refusal, At)>) -> f64 {
        if op != WHO {
            return UNKNOWN;
        }
        // As of the time of the refusal: a moment later the same gate may admit again.
        let refuses = |gate: &AnyGate| {
            last.is_some_and(|(last, at)| {
                gate.judge(io.whole(1), at).is_err_and(|refusal| refusal.reason == last.reason)
            })
        };
        // Another thread may have changed the gate since: then it is none of them.
        self.iter().position(refuses).unwrap_or(MOST) as f64
    }
    #[inline]
    fn news(&self) -> bool {
        self.iter().any(AnyGate::news)
    }
    #[inline]
    fn pack(permits: Self::Permit) -> Result<u32, Self::Permit> {
        Err(permits)
    }
    #[inline]
    fn unpack(&self, _: u32) -> Option<Self::Permit> {
        None
    }
}

/// `gates` as one; those above [`MOST`] are for the caller to refuse.
pub fn pipeline(gates: impl IntoIterator<Item = AnyGate>) -> Pipeline {
    let mut places = [const { AnyGate::Nothing }; MOST];
    for (place, gate) in places.iter_mut().zip(gates) {
        *place = gate;
    }
    places
}
