//! One gate, of whatever kind, behind an address.

use alloc::boxed::Box;
use alloc::sync::Arc;
use overcurrent::{At, Bulkhead, Nanos};
use overcurrent_node_engine::breaker::Breaker;
use overcurrent_node_engine::cycle::CycleTurnstile;
use overcurrent_node_engine::entrance::Entrance;
use overcurrent_node_engine::limiter::Turnstile;
use overcurrent_node_engine::pipeline::{AnyGate, Pipeline, pipeline};
use overcurrent_node_engine::retry::Purse;

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
    Pipeline(Entrance<Pipeline>),
    Budget(Purse),
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

impl Gate {
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

    pub fn joined(gates: impl IntoIterator<Item = AnyGate>, manual: bool) -> Self {
        Self { kind: Kind::Pipeline(Entrance::new(Arc::new(pipeline(gates)))), manual }
    }

    pub fn leak(self) -> *const Self {
        Box::into_raw(Box::new(self))
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

    #[inline]
    pub fn try_acquire(&self, n: u32, now: Nanos) -> bool {
        match &self.kind {
            Kind::Limiter(turnstile) => turnstile.try_acquire(n, now),
            Kind::Cycle(turnstile) => turnstile.try_acquire(n, now),
            _ => false,
        }
    }

    #[inline]
    pub fn enter_untimed(&self) -> i32 {
        in_and_out!(&self.kind, entrance => entrance.enter_untimed(1))
    }

    #[inline]
    pub fn enter(&self, at: At) -> i32 {
        in_and_out!(&self.kind, entrance => entrance.enter_at(1, at))
    }

    #[inline]
    pub fn leave_untimed(&self, packed: u32) -> i32 {
        in_and_out!(&self.kind, entrance => entrance.leave_untimed(packed))
    }

    #[inline]
    pub fn leave(&self, packed: u32, at: At) -> i32 {
        in_and_out!(&self.kind, entrance => entrance.leave_at(packed, at))
    }

    pub fn ask(&self, op: u32, io: &mut [f64], at: impl Fn(f64) -> At) -> f64 {
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
