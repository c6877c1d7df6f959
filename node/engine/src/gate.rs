//! One gate, of whatever kind, and what one thread holds of it: for hosts that know gates by an address.
//!
//! Only a limiter's `try_acquire` is inlined into a host: all else is compiled here and once, however the host is.

use crate::cycle::CycleTurnstile;
use crate::entrance::{Entrance, NEEDS_TIME};
use crate::io::{Io, Told, UNKNOWN};
use crate::limiter::Turnstile;
use crate::pipeline::{AnyGate, Pipeline, pipeline};
use crate::retry::Purse;
use alloc::boxed::Box;
use alloc::sync::Arc;
use overcurrent::{At, Nanos};

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
    /// A breaker or a bulkhead.
    One(Entrance<AnyGate>),
    Pipeline(Box<Entrance<Pipeline>>),
    Budget(Purse),
}

macro_rules! in_and_out {
    ($kind:expr, $entrance:ident => $answer:expr) => {
        match $kind {
            Kind::One($entrance) => $answer,
            Kind::Pipeline($entrance) => $answer,
            Kind::Nothing | Kind::Limiter(_) | Kind::Cycle(_) | Kind::Budget(_) => -1,
        }
    };
}

impl Gate {
    /// A gate of the kind by the numbers in `io` ([`AnyGate::new`]); `at` is now.
    ///
    /// # Errors
    /// The number of the fault; what there is to say about it is in `io`.
    #[inline(never)]
    pub fn create(kind: u32, io: &mut Io<'_>, manual: bool, at: At) -> Result<Box<Self>, Told> {
        Ok(Box::new(Self::new(AnyGate::new(kind, io, at)?, manual)))
    }

    /// Ends a gate, and what nobody else has a share of.
    #[allow(clippy::boxed_local, reason = "the box is what is dropped here, and not in the host")]
    #[inline(never)]
    pub fn end(self: Box<Self>) {}

    /// This thread's way to `core`.
    #[must_use]
    fn new(core: AnyGate, manual: bool) -> Self {
        let kind = match core {
            AnyGate::Nothing => Kind::Nothing,
            AnyGate::Limiter(limiter) => Kind::Limiter(Turnstile::new(limiter)),
            AnyGate::Cycle(cycle) => Kind::Cycle(CycleTurnstile::new(cycle)),
            one @ (AnyGate::Breaker(_) | AnyGate::Bulkhead(_)) => Kind::One(Entrance::new(Arc::new(one))),
            AnyGate::Budget(budget) => Kind::Budget(Purse(budget)),
        };
        Self { kind, manual }
    }

    /// The gates as one.
    #[must_use]
    #[inline(never)]
    pub fn joined(gates: &mut dyn Iterator<Item = AnyGate>, manual: bool) -> Box<Self> {
        Box::new(Self { kind: Kind::Pipeline(Box::new(Entrance::new(Arc::new(pipeline(gates))))), manual })
    }

    /// What of it can be part of a pipeline.
    #[inline(never)]
    pub fn core(&self) -> Option<AnyGate> {
        match &self.kind {
            Kind::Limiter(turnstile) => Some(AnyGate::Limiter(Arc::clone(&turnstile.limiter))),
            Kind::Cycle(turnstile) => Some(AnyGate::Cycle(Arc::clone(&turnstile.cycle))),
            Kind::One(entrance) => Some((*entrance.gate).clone()),
            Kind::Nothing | Kind::Pipeline(_) | Kind::Budget(_) => None,
        }
    }

    /// Takes permits of a limiter now, or none.
    #[inline]
    pub fn try_acquire(&self, n: u32, now: Nanos) -> bool {
        match &self.kind {
            Kind::Limiter(turnstile) => turnstile.try_acquire(n, now),
            _ => self.try_acquire_of_cycle(n, now),
        }
    }

    #[inline(never)]
    fn try_acquire_of_cycle(&self, n: u32, now: Nanos) -> bool {
        matches!(&self.kind, Kind::Cycle(turnstile) if turnstile.try_acquire(n, now))
    }

    /// Asks for one call without the time. A pipeline always needs it, here: one way in and out instead of two, at the
    /// price of a reading of the clock where all its gates can do without.
    #[inline(never)]
    pub fn enter_untimed(&self) -> i32 {
        match &self.kind {
            Kind::One(entrance) => entrance.enter_untimed(1),
            _ => NEEDS_TIME,
        }
    }

    /// Asks for one call.
    #[inline(never)]
    pub fn enter(&self, at: At) -> i32 {
        in_and_out!(&self.kind, entrance => entrance.enter_at(1, at))
    }

    /// Reports how a call ended without the time.
    #[inline(never)]
    pub fn leave_untimed(&self, packed: u32) -> i32 {
        match &self.kind {
            Kind::One(entrance) => entrance.leave_untimed(packed),
            _ => NEEDS_TIME,
        }
    }

    /// Reports how a call ended.
    #[inline(never)]
    pub fn leave(&self, packed: u32, at: At) -> i32 {
        in_and_out!(&self.kind, entrance => entrance.leave_at(packed, at))
    }

    /// Everything off the hot path.
    #[inline(never)]
    pub fn ask(&self, op: u32, io: &mut [f64], at: At) -> f64 {
        match &self.kind {
            Kind::Nothing => UNKNOWN,
            Kind::Limiter(turnstile) => turnstile.ask(op, io, at),
            Kind::Cycle(turnstile) => turnstile.ask(op, io, at),
            Kind::One(entrance) => entrance.ask(op, io, at),
            Kind::Pipeline(entrance) => entrance.ask(op, io, at),
            Kind::Budget(purse) => purse.ask(op, at),
        }
    }
}
