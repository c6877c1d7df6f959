//! One gate, of whatever kind, and what one thread holds of it: for hosts that know gates by an address.
//!
//! What is not on the hot path is kept out of line here, so that a host can compile it small.

use crate::breaker::Breaker;
use crate::cycle::CycleTurnstile;
use crate::entrance::Entrance;
use crate::limiter::Turnstile;
use crate::pipeline::{AnyGate, Pipeline, pipeline};
use crate::retry::Purse;
use alloc::boxed::Box;
use alloc::sync::Arc;
use overcurrent::{At, Bulkhead, Nanos};

/// A gate and what JavaScript holds of it.
pub struct Gate {
    kind: Kind,
    /// Whether its clock is moved by hand: no random bits then.
    pub manual: bool,
}

enum Kind {
    Nothing,
    Limiter(Turnstile),
    Cycle(CycleTurnstile),
    Breaker(Entrance<Breaker>),
    Bulkhead(Entrance<Bulkhead>),
    /// Behind a table of functions, so that it is compiled here and once.
    Pipeline(Box<dyn Way>),
    Budget(Purse),
}

/// The ways in and out of an entrance.
trait Way {
    fn enter_untimed(&self, cost: u32) -> i32;
    fn enter_at(&self, cost: u32, at: At) -> i32;
    fn leave_untimed(&self, packed: u32) -> i32;
    fn leave_at(&self, packed: u32, at: At) -> i32;
    fn ask(&self, op: u32, io: &mut [f64], at: &dyn Fn(f64) -> At) -> f64;
}

impl Way for Entrance<Pipeline> {
    fn enter_untimed(&self, cost: u32) -> i32 {
        self.enter_untimed(cost)
    }
    fn enter_at(&self, cost: u32, at: At) -> i32 {
        self.enter_at(cost, at)
    }
    fn leave_untimed(&self, packed: u32) -> i32 {
        self.leave_untimed(packed)
    }
    fn leave_at(&self, packed: u32, at: At) -> i32 {
        self.leave_at(packed, at)
    }
    fn ask(&self, op: u32, io: &mut [f64], at: &dyn Fn(f64) -> At) -> f64 {
        self.ask(op, io, at)
    }
}

macro_rules! in_and_out {
    ($kind:expr, $entrance:ident => $answer:expr) => {
        match $kind {
            Kind::Breaker($entrance) => $answer,
            Kind::Bulkhead($entrance) => $answer,
            Kind::Pipeline($entrance) => $answer,
            Kind::Nothing | Kind::Limiter(_) | Kind::Cycle(_) | Kind::Budget(_) => -1,
        }
    };
}

/// Out of line.
fn by_cycle(turnstile: &CycleTurnstile, n: u32, now: Nanos) -> bool {
    turnstile.try_acquire(n, now)
}

impl Gate {
    /// This thread's way to `core`.
    #[must_use]
    pub fn new(core: AnyGate, manual: bool) -> Self {
        let kind = match core {
            AnyGate::Nothing => Kind::Nothing,
            AnyGate::Limiter(limiter) => Kind::Limiter(Turnstile::new(limiter)),
            AnyGate::Cycle(cycle) => Kind::Cycle(CycleTurnstile::new(cycle)),
            AnyGate::Breaker(breaker) => Kind::Breaker(Entrance::new(breaker)),
            AnyGate::Bulkhead(bulkhead) => Kind::Bulkhead(Entrance::new(bulkhead)),
            AnyGate::Budget(budget) => Kind::Budget(Purse(budget)),
        };
        Self { kind, manual }
    }

    /// The gates as one.
    #[must_use]
    pub fn joined(gates: &mut dyn Iterator<Item = AnyGate>, manual: bool) -> Self {
        Self { kind: Kind::Pipeline(Box::new(Entrance::new(Arc::new(pipeline(gates))))), manual }
    }

    /// What of it can be part of a pipeline.
    pub fn core(&self) -> Option<AnyGate> {
        match &self.kind {
            Kind::Limiter(turnstile) => Some(AnyGate::Limiter(Arc::clone(&turnstile.limiter))),
            Kind::Cycle(turnstile) => Some(AnyGate::Cycle(Arc::clone(&turnstile.cycle))),
            Kind::Breaker(entrance) => Some(AnyGate::Breaker(Arc::clone(&entrance.gate))),
            Kind::Bulkhead(entrance) => Some(AnyGate::Bulkhead(Arc::clone(&entrance.gate))),
            Kind::Nothing | Kind::Pipeline(_) | Kind::Budget(_) => None,
        }
    }

    /// Takes permits of a limiter now, or none.
    #[inline]
    pub fn try_acquire(&self, n: u32, now: Nanos) -> bool {
        match &self.kind {
            Kind::Limiter(turnstile) => turnstile.try_acquire(n, now),
            Kind::Cycle(turnstile) => by_cycle(turnstile, n, now),
            _ => false,
        }
    }

    /// Asks for one call without the time.
    #[inline]
    pub fn enter_untimed(&self) -> i32 {
        in_and_out!(&self.kind, entrance => entrance.enter_untimed(1))
    }

    /// Asks for one call.
    #[inline]
    pub fn enter(&self, at: At) -> i32 {
        in_and_out!(&self.kind, entrance => entrance.enter_at(1, at))
    }

    /// Reports how a call ended without the time.
    #[inline]
    pub fn leave_untimed(&self, packed: u32) -> i32 {
        in_and_out!(&self.kind, entrance => entrance.leave_untimed(packed))
    }

    /// Reports how a call ended.
    #[inline]
    pub fn leave(&self, packed: u32, at: At) -> i32 {
        in_and_out!(&self.kind, entrance => entrance.leave_at(packed, at))
    }

    /// Everything off the hot path.
    pub fn ask(&self, op: u32, io: &mut [f64], at: &dyn Fn(f64) -> At) -> f64 {
        match &self.kind {
            Kind::Nothing => -5.0,
            Kind::Limiter(turnstile) => turnstile.ask(op, io, at),
            Kind::Cycle(turnstile) => turnstile.ask(op, io, at),
            Kind::Breaker(entrance) => entrance.ask(op, io, at),
            Kind::Bulkhead(entrance) => entrance.ask(op, io, at),
            Kind::Pipeline(entrance) => entrance.ask(op, io, at),
            Kind::Budget(purse) => purse.ask(op, io, at),
        }
    }
}
