//! The gates of a pipeline: of any kind, and as many as it has, side by side without a heap.

use crate::breaker::Breaker;
use crate::bulkhead::BulkheadCore;
use crate::limiter::Line;
use crate::time::HostClock;
use overcurrent::breaker::RawPermit;
use overcurrent::concurrency::Slot;
use overcurrent::limit::{RawReservation, Reservation};
use overcurrent::{At, CycleLimiter, Gate, LiveGcra, Nanos, NeedsTime, Outcome, Refusal};
use pyo3::prelude::*;
use std::sync::Arc;

/// A gate of a pipeline; those that are not there let everything through.
pub enum AnyGate {
    Nothing,
    Breaker(Py<Breaker>),
    Bulkhead(Arc<BulkheadCore>),
    Limiter(Arc<Line<LiveGcra>>),
    Cycle(Arc<Line<CycleLimiter>>),
}

/// What a gate gave, in whole words: three of them side by side are moved about at every call.
pub struct AnyPermit {
    kind: Kind,
    first: u64,
    second: u64,
}

#[derive(Clone, Copy, PartialEq)]
#[repr(u64)]
enum Kind {
    Nothing,
    /// A breaker's, and whether the entry knew the time.
    Timed,
    Untimed,
    Slot,
    /// As much of a limiter's promise as taking it back needs.
    Promise,
}

impl AnyPermit {
    const NOTHING: Self = Self { kind: Kind::Nothing, first: 0, second: 0 };

    #[inline]
    fn breaker(permit: overcurrent::Permit, kind: Kind) -> Self {
        let RawPermit { entered, word } = permit.into_raw();
        Self { kind, first: entered, second: u64::from(word) }
    }

    #[inline]
    fn slot(slot: Slot) -> Self {
        slot.into_raw();
        Self { kind: Kind::Slot, ..Self::NOTHING }
    }

    #[inline]
    fn promise(promise: Reservation) -> Self {
        let RawReservation { before, after, .. } = promise.into_raw();
        Self { kind: Kind::Promise, first: before, second: after }
    }

    /// The breaker's permit that this is. Taken without the time it counts as taken `at`: it must not look slow.
    #[inline]
    fn into_breaker(self, at: At) -> overcurrent::Permit {
        let entered = if self.kind == Kind::Timed { self.first } else { at.now.get() };
        overcurrent::Permit::from_raw(RawPermit { entered, word: self.second as u32 })
    }

    #[inline]
    fn into_promise(self) -> Reservation {
        Reservation::from_raw(RawReservation { before: self.first, after: self.second, ..RawReservation::default() })
    }
}

impl AnyGate {
    pub fn name(&self) -> Option<&str> {
        Some(match self {
            Self::Nothing => return None,
            Self::Breaker(gate) => &gate.get().0.label,
            Self::Bulkhead(gate) => &gate.name,
            Self::Limiter(gate) => &gate.name,
            Self::Cycle(gate) => &gate.name,
        })
    }

    /// The clock that it judges by, if it judges by one.
    pub fn clock(&self) -> Option<&HostClock> {
        Some(match self {
            Self::Nothing | Self::Bulkhead(_) => return None,
            Self::Breaker(gate) => &gate.get().0.clock,
            Self::Limiter(gate) => &gate.clock,
            Self::Cycle(gate) => &gate.clock,
        })
    }

    /// Whether a call that leaves must know the time. A limiter's need not: its permits are used.
    fn needs_clock_to_leave(&self) -> bool {
        matches!(self, Self::Breaker(gate) if gate.get().0.needs_clock())
    }
}

impl Gate for AnyGate {
    type Permit = AnyPermit;

    #[inline(always)]
    fn judge(&self, cost: u32, at: At) -> Result<(), Refusal> {
        match self {
            Self::Nothing => Ok(()),
            Self::Breaker(gate) => gate.get().0.judge(cost, at),
            Self::Bulkhead(gate) => gate.gate().judge(cost, at),
            Self::Limiter(gate) => Gate::judge(gate.limiter(), cost, at),
            Self::Cycle(gate) => Gate::judge(gate.limiter(), cost, at),
        }
    }

    #[inline(always)]
    fn enter(&self, cost: u32, at: At) -> Result<AnyPermit, Refusal> {
        match self {
            Self::Nothing => Ok(AnyPermit::NOTHING),
            Self::Breaker(gate) => gate.get().0.enter(cost, at).map(|permit| AnyPermit::breaker(permit, Kind::Timed)),
            Self::Bulkhead(gate) => gate.gate().enter(cost, at).map(AnyPermit::slot),
            Self::Limiter(gate) => gate.limiter().enter(cost, at).map(AnyPermit::promise),
            Self::Cycle(gate) => gate.limiter().enter(cost, at).map(AnyPermit::promise),
        }
    }

    fn leave(&self, permit: AnyPermit, outcome: Outcome, at: At) {
        match self {
            Self::Nothing => {}
            Self::Breaker(gate) => gate.get().0.leave(permit.into_breaker(at), outcome, at),
            Self::Bulkhead(gate) => gate.gate().leave(Slot::from_raw(), outcome, at),
            Self::Limiter(gate) => gate.limiter().leave(permit.into_promise(), outcome, at),
            Self::Cycle(gate) => gate.limiter().leave(permit.into_promise(), outcome, at),
        }
    }

    fn leave_and_hold(&self, permit: AnyPermit, outcome: Outcome, until: Nanos, at: At) {
        match self {
            Self::Nothing => {}
            Self::Breaker(gate) => gate.get().0.leave_and_hold(permit.into_breaker(at), outcome, until, at),
            Self::Bulkhead(gate) => gate.gate().leave_and_hold(Slot::from_raw(), outcome, until, at),
            Self::Limiter(gate) => gate.limiter().leave_and_hold(permit.into_promise(), outcome, until, at),
            Self::Cycle(gate) => gate.limiter().leave_and_hold(permit.into_promise(), outcome, until, at),
        }
    }

    fn cancel(&self, permit: AnyPermit) {
        match self {
            Self::Nothing => {}
            Self::Breaker(gate) => Gate::cancel(&*gate.get().0, permit.into_breaker(At::default())),
            Self::Bulkhead(gate) => gate.gate().cancel(Slot::from_raw()),
            Self::Limiter(gate) => Gate::cancel(gate.limiter(), permit.into_promise()),
            Self::Cycle(gate) => Gate::cancel(gate.limiter(), permit.into_promise()),
        }
    }

    fn refused(&self, cost: u32, refusal: Refusal, at: At) {
        if let Self::Breaker(gate) = self {
            gate.get().0.refused(cost, refusal, at);
        }
    }

    #[inline]
    fn needs_clock(&self) -> bool {
        matches!(self, Self::Limiter(_) | Self::Cycle(_)) || self.needs_clock_to_leave()
    }

    #[inline]
    fn enter_untimed(&self, cost: u32) -> Result<AnyPermit, NeedsTime> {
        match self {
            Self::Nothing => Ok(AnyPermit::NOTHING),
            Self::Breaker(gate) => {
                gate.get().0.enter_untimed(cost).map(|permit| AnyPermit::breaker(permit, Kind::Untimed))
            }
            Self::Bulkhead(gate) => gate.gate().enter_untimed(cost).map(AnyPermit::slot),
            Self::Limiter(_) | Self::Cycle(_) => Err(NeedsTime),
        }
    }

    #[inline]
    fn leave_untimed(&self, permit: AnyPermit, outcome: Outcome) -> Result<(), NeedsTime> {
        match self {
            Self::Breaker(gate) => gate.get().0.leave_untimed(permit.into_breaker(At::default()), outcome),
            Self::Bulkhead(gate) => gate.gate().leave_untimed(Slot::from_raw(), outcome),
            Self::Nothing | Self::Limiter(_) | Self::Cycle(_) => Ok(()), // a limiter's permits are used
        }
    }

    fn settle(&self, at: At) {
        if let Self::Breaker(gate) = self {
            gate.get().0.settle(at);
        }
    }
}

/// The most gates of a pipeline.
pub const MOST: usize = 8;

/// As many as there are. Beyond four, what one call takes goes to the heap.
pub enum Gates {
    One([AnyGate; 1]),
    Two([AnyGate; 2]),
    Three([AnyGate; 3]),
    Four([AnyGate; 4]),
    More(Box<[AnyGate; MOST]>),
}

type Taken<const N: usize> = [Option<AnyPermit>; N];

/// What a pipeline took for one call.
pub enum Permits {
    One(Taken<1>),
    Two(Taken<2>),
    Three(Taken<3>),
    Four(Taken<4>),
    More(Box<Taken<MOST>>),
}

macro_rules! each {
    ($all:expr, $gates:ident => $answer:expr) => {
        match $all {
            Gates::One($gates) => $answer,
            Gates::Two($gates) => $answer,
            Gates::Three($gates) => $answer,
            Gates::Four($gates) => $answer,
            Gates::More($gates) => $answer,
        }
    };
}

/// The gates with what they gave; a permit of another pipeline is dropped.
macro_rules! both {
    ($all:expr, $permits:expr, $gates:ident, $taken:ident => $answer:expr $(, $otherwise:expr)?) => {
        match $permits {
            Permits::One($taken) => {
                let Gates::One($gates) = $all else { return $($otherwise)? };
                $answer
            }
            Permits::Two($taken) => {
                let Gates::Two($gates) = $all else { return $($otherwise)? };
                $answer
            }
            Permits::Three($taken) => {
                let Gates::Three($gates) = $all else { return $($otherwise)? };
                $answer
            }
            Permits::Four($taken) => {
                let Gates::Four($gates) = $all else { return $($otherwise)? };
                $answer
            }
            Permits::More($taken) => {
                let (Gates::More($gates), $taken) = ($all, *$taken) else { return $($otherwise)? };
                $answer
            }
        }
    };
}

macro_rules! take {
    ($all:expr, $gates:ident => $taken:expr) => {
        match $all {
            Gates::One($gates) => $taken.map(Permits::One),
            Gates::Two($gates) => $taken.map(Permits::Two),
            Gates::Three($gates) => $taken.map(Permits::Three),
            Gates::Four($gates) => $taken.map(Permits::Four),
            Gates::More($gates) => $taken.map(|taken| Permits::More(Box::new(taken))),
        }
    };
}

impl Gates {
    /// `None` if there are more than `MOST`.
    pub fn new(gates: Vec<AnyGate>) -> Option<Self> {
        let gates = match <[AnyGate; 1]>::try_from(gates) {
            Ok(gates) => return Some(Self::One(gates)),
            Err(gates) => gates,
        };
        let gates = match <[AnyGate; 2]>::try_from(gates) {
            Ok(gates) => return Some(Self::Two(gates)),
            Err(gates) => gates,
        };
        let gates = match <[AnyGate; 3]>::try_from(gates) {
            Ok(gates) => return Some(Self::Three(gates)),
            Err(gates) => gates,
        };
        let mut gates = match <[AnyGate; 4]>::try_from(gates) {
            Ok(gates) => return Some(Self::Four(gates)),
            Err(gates) => gates,
        };
        while gates.len() < MOST {
            gates.push(AnyGate::Nothing);
        }
        Box::<[AnyGate; MOST]>::try_from(gates.into_boxed_slice()).ok().map(Self::More)
    }

    pub fn all(&self) -> &[AnyGate] {
        each!(self, gates => gates.as_slice())
    }

    #[inline]
    pub fn enter(&self, cost: u32, at: At) -> Result<Permits, Refusal> {
        take!(self, gates => gates.enter(cost, at))
    }

    #[inline]
    pub fn enter_untimed(&self, cost: u32) -> Result<Permits, NeedsTime> {
        take!(self, gates => gates.enter_untimed(cost))
    }

    #[inline]
    pub fn leave(&self, permits: Permits, outcome: Outcome, at: At) {
        both!(self, permits, gates, taken => gates.leave(taken, outcome, at));
    }

    pub fn leave_and_hold(&self, permits: Permits, outcome: Outcome, until: Nanos, at: At) {
        both!(self, permits, gates, taken => gates.leave_and_hold(taken, outcome, until, at));
    }

    #[inline]
    pub fn leave_untimed(&self, permits: Permits, outcome: Outcome) -> Result<(), NeedsTime> {
        both!(self, permits, gates, taken => gates.leave_untimed(taken, outcome), Ok(()))
    }

    pub fn cancel(&self, permits: Permits) {
        both!(self, permits, gates, taken => gates.cancel(taken));
    }

    pub fn settle(&self, at: At) {
        each!(self, gates => gates.settle(at));
    }
}
