//! The hot way in and out of a gate: small integers, the time only where it is needed.

use crate::bulkhead;
use crate::held::Held;
use crate::io::{DONE, Io, UNKNOWN};
use crate::time;
use alloc::sync::Arc;
use core::cell::{Cell, RefCell};
use overcurrent::concurrency::Slot;
use overcurrent::{At, Bulkhead, Gate, Nanos, NeedsTime, Outcome, Reason, Refusal};

/// Set in the answer of `enter` when events wait to be told.
pub const NEWS: i32 = 1 << 28;
/// The bits of an answer that name the permit.
pub const PERMIT: i32 = NEWS - 1;
/// Answers of the forms without the time that need it after all.
pub const NEEDS_TIME: i32 = -100;

/// Among the bits of a permit: it is a number all by itself, and nothing is kept of it here.
pub const PLAIN: i32 = 1 << 27;

/// What every entrance can be asked; the time is the first number of the question.
#[allow(missing_docs, reason = "each is the operation of its name")]
pub mod op {
    pub const HOLD: u32 = 20;
    pub const LAST: u32 = 21;
    pub const JUDGE: u32 = 22;
}

/// A gate whose permits JavaScript can hold.
pub trait Handed: Gate {
    /// Whether events wait to be told.
    fn news(&self) -> bool;
    /// The permit, taken without the time, as a number of up to 20 bits.
    ///
    /// # Errors
    /// The permit, where it is more than that.
    fn pack(permit: Self::Permit) -> Result<u32, Self::Permit>;
    /// What gates of this kind alone can be asked; `last` is the newest refusal of this thread.
    fn ask(&self, op: u32, io: &mut Io<'_>, at: At, last: Option<(Refusal, At)>) -> f64;
    /// The permit that [`pack`](Self::pack) took apart.
    fn unpack(&self, number: u32) -> Option<Self::Permit>;
}

impl Handed for Bulkhead {
    fn ask(&self, op: u32, io: &mut Io<'_>, _: At, _: Option<(Refusal, At)>) -> f64 {
        bulkhead::ask(self, op, io)
    }
    fn news(&self) -> bool {
        false
    }
    fn pack(permit: Self::Permit) -> Result<u32, Self::Permit> {
        permit.into_raw();
        Ok(0)
    }
    fn unpack(&self, _: u32) -> Option<Self::Permit> {
        Some(Slot::from_raw())
    }
}

/// A gate and the permits that one thread took from it.
pub struct Entrance<G: Gate> {
    /// The gate, which other threads may share.
    pub gate: Arc<G>,
    /// Each permit, and whether it was taken with the time.
    held: RefCell<Held<(G::Permit, bool)>>,
    /// The newest refusal, and when it was given.
    last: Cell<Option<(Refusal, At)>>,
}

/// The number of a refusal: below zero.
const fn code(reason: Reason) -> i32 {
    -1 - reason as i32
}

/// The permit's number without what stands above it.
const fn number(packed: u32) -> u32 {
    packed & (PLAIN as u32 - 1)
}

const fn outcome(packed: u32) -> Outcome {
    match packed >> 28 {
        0 => Outcome::Success,
        1 => Outcome::Failure,
        _ => Outcome::Ignored,
    }
}

impl<G: Handed> Entrance<G> {
    /// An entrance of this thread to `gate`.
    pub const fn new(gate: Arc<G>) -> Self {
        Self { gate, held: RefCell::new(Held::new()), last: Cell::new(None) }
    }

    #[inline]
    fn answer(&self, permit: i32) -> i32 {
        if self.gate.news() { permit | NEWS } else { permit }
    }

    #[inline]
    fn keep(&self, permit: G::Permit, timed: bool) -> i32 {
        self.answer(self.held.borrow_mut().put((permit, timed)) as i32 & (PLAIN - 1))
    }

    /// Asks for one call: the number of its permit, or below zero a refusal.
    #[inline]
    pub fn enter(&self, cost: u32, now: impl FnOnce() -> At) -> i32 {
        match self.enter_untimed(cost) {
            NEEDS_TIME => self.enter_at(cost, now()),
            permit => permit,
        }
    }

    /// The same without the time: a permit or [`NEEDS_TIME`].
    #[inline]
    pub fn enter_untimed(&self, cost: u32) -> i32 {
        if self.gate.needs_clock() {
            return NEEDS_TIME;
        }
        match self.gate.enter_untimed(cost) {
            Ok(permit) => match G::pack(permit) {
                Ok(number) => self.answer(PLAIN | number as i32),
                Err(permit) => self.keep(permit, false),
            },
            Err(NeedsTime) => NEEDS_TIME,
        }
    }

    /// The same with the time.
    #[inline]
    pub fn enter_at(&self, cost: u32, at: At) -> i32 {
        match self.gate.enter(cost, at) {
            Ok(permit) => self.keep(permit, true),
            Err(refusal) => {
                self.last.set(Some((refusal, at)));
                code(refusal.reason)
            }
        }
    }

    /// Reports how a call ended: the number of its permit, and the outcome above it. A permit that is kept here and was
    /// given back already changes nothing. 1 if there is news.
    #[inline]
    pub fn leave(&self, packed: u32, now: impl FnOnce() -> At) -> i32 {
        match self.leave_untimed(packed) {
            NEEDS_TIME => self.leave_at(packed, now()),
            news => news,
        }
    }

    /// The same without the time, or [`NEEDS_TIME`]: then [`leave_at`](Self::leave_at) must follow.
    #[inline]
    pub fn leave_untimed(&self, packed: u32) -> i32 {
        let permit = if packed & PLAIN as u32 != 0 {
            self.gate.unpack(number(packed))
        } else {
            let mut held = self.held.borrow_mut();
            match held.get(number(packed)) {
                Some((_, true)) => return NEEDS_TIME,
                _ => held.take(number(packed)).map(|(permit, _)| permit),
            }
        };
        let Some(permit) = permit else { return 0 };
        match self.gate.leave_untimed(permit, outcome(packed)) {
            Ok(()) => i32::from(self.gate.news()),
            Err(NeedsTime) => NEEDS_TIME,
        }
    }

    /// The same with the time, and what that made due.
    #[inline]
    pub fn leave_at(&self, packed: u32, at: At) -> i32 {
        // A permit that is not kept was used up by `leave_untimed`.
        let kept = packed & PLAIN as u32 == 0;
        let taken = if kept { self.held.borrow_mut().take(number(packed)) } else { None };
        match taken {
            Some((permit, _)) => match outcome(packed) {
                Outcome::Ignored => self.gate.cancel(permit),
                outcome => self.gate.leave(permit, outcome, at),
            },
            None => self.gate.settle(at),
        }
        i32::from(self.gate.news())
    }

    /// [`leave_at`](Self::leave_at), and stay away until `until`.
    pub fn leave_and_hold(&self, packed: u32, until: Nanos, at: At) -> i32 {
        let permit = if packed & PLAIN as u32 != 0 {
            self.gate.unpack(number(packed))
        } else {
            self.held.borrow_mut().take(number(packed)).map(|(permit, _)| permit)
        };
        if let Some(permit) = permit {
            self.gate.leave_and_hold(permit, outcome(packed), until, at);
        }
        i32::from(self.gate.news())
    }

    /// What every entrance can be asked.
    fn ask_any(&self, op: u32, io: &mut Io<'_>, at: At) -> f64 {
        match op {
            op::LAST => self.last().map_or(f64::INFINITY, |(refusal, _)| time::wait(refusal.retry_after)),
            op::HOLD => f64::from(self.leave_and_hold(io.whole(1), io.nanos(2), at)),
            op::JUDGE => match self.gate.judge(io.whole(1), at) {
                Ok(()) => DONE,
                Err(refusal) => io.refuse(refusal),
            },
            _ => UNKNOWN,
        }
    }

    /// Everything off the hot path: what every entrance can be asked, or what this gate can be.
    pub fn ask(&self, op: u32, io: &mut [f64], at: At) -> f64 {
        let io = &mut Io(io);
        if op < op::HOLD { self.gate.ask(op, io, at, self.last()) } else { self.ask_any(op, io, at) }
    }

    /// The newest refusal of this thread, and when it was given.
    pub fn last(&self) -> Option<(Refusal, At)> {
        self.last.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use overcurrent::Bulkhead;

    #[test]
    fn a_slot_is_no_more_than_a_number() {
        let bulkhead = Entrance::new(Arc::new(Bulkhead::new(2).unwrap()));
        let never = || unreachable!("a bulkhead has no clock");
        let one = bulkhead.enter(1, never);
        let other = bulkhead.enter(1, never);
        assert_eq!((one, other), (PLAIN, PLAIN));
        assert_eq!(bulkhead.enter(1, At::default), code(Reason::BulkheadFull));
        bulkhead.leave(one as u32, never);
        assert_eq!(bulkhead.gate.in_flight(), 1);
    }
}
