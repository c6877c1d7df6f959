//! The rate limiter, replaceable settings and all.

use crate::io::{DONE, Fault, Io, REFUSED, Told, UNKNOWN, halves};
use crate::time;
use alloc::sync::Arc;
use core::cell::Cell;
use overcurrent::event::Event;
use overcurrent::limit::{GcraSnapshot, LiveDenied, RawReservation, Reservation};
use overcurrent::{At, Counters, EventKind, LiveGcra, Nanos, Observer, Quota, Rate, Reason, Refusal};

/// A limiter and the count of its refusals.
pub struct Limiter {
    /// The engine's.
    pub gcra: LiveGcra,
    /// Refusals.
    pub counters: Counters,
}

/// The quota that the numbers from `from` on say: permits, per in ms, burst, initial (NaN for the usual).
fn quota(io: &mut Io<'_>, from: usize) -> Result<Quota, Told> {
    let given = |place: usize| {
        let value = io.get(from + place);
        (!value.is_nan()).then_some(value as u64)
    };
    let mut rate = Rate::new(io.get(from) as u64, io.nanos(from + 1));
    if let Some(burst) = given(2) {
        rate = rate.burst(burst);
    }
    if let Some(initial) = given(3) {
        rate = rate.initial(initial);
    }
    io.made(rate.build())
}

impl Limiter {
    /// A limiter by the numbers in `io`.
    ///
    /// # Errors
    /// The first setting out of its range.
    pub fn new(io: &mut Io<'_>, at: At) -> Result<Self, Told> {
        Ok(Self { gcra: LiveGcra::starting(quota(io, 0)?, at.now), counters: Counters::new() })
    }
}

/// What a limiter can be asked; the time is the first number of the question.
#[allow(missing_docs, reason = "each is the operation of its name")]
pub mod op {
    pub const LAST: u32 = 0;
    pub const PEEK: u32 = 1;
    pub const RESERVE: u32 = 2;
    pub const CANCEL: u32 = 3;
    pub const UP_TO: u32 = 4;
    pub const DRAIN: u32 = 5;
    pub const PENALIZE: u32 = 6;
    pub const RESET: u32 = 7;
    pub const RECONFIGURE: u32 = 8;
    pub const SNAPSHOT: u32 = 9;
    pub const RESTORE: u32 = 10;
    pub const REFUSALS: u32 = 11;
    pub const DEBT: u32 = 12;
}

/// A limiter and the newest refusal of one thread.
pub struct Turnstile {
    /// The limiter, which other threads may share.
    pub limiter: Arc<Limiter>,
    last: Cell<Option<LiveDenied>>,
}

impl Turnstile {
    /// This thread's way to `limiter`.
    pub const fn new(limiter: Arc<Limiter>) -> Self {
        Self { limiter, last: Cell::new(None) }
    }

    /// Takes `n` permits now, or none.
    #[inline]
    pub fn try_acquire(&self, n: u32, now: Nanos) -> bool {
        match self.limiter.gcra.try_acquire(n, now) {
            Ok(()) => true,
            Err(denied) => self.deny(denied, now),
        }
    }

    #[cold]
    fn deny(&self, denied: LiveDenied, now: Nanos) -> bool {
        let refusal = Refusal::new(denied.reason(), None);
        self.limiter.counters.observe(Event { at: now, generation: 0, kind: EventKind::Refused(refusal) });
        self.last.set(Some(denied));
        false
    }

    /// Everything off the hot path.
    pub fn ask(&self, op: u32, io: &mut [f64], at: At) -> f64 {
        let io = &mut Io(io);
        let (now, gcra) = (at.now, &self.limiter.gcra);
        match op {
            op::LAST => {
                let reason = self.last.get().map_or(Reason::RateLimited, |denied| denied.reason());
                io.put(&[f64::from(reason as u8)]);
                time::wait(self.last.get().and_then(|denied| denied.retry_after()))
            }
            op::PEEK => {
                let seen = gcra.peek(io.whole(1), now);
                io.put(&[seen.remaining as f64, time::ms(seen.reset_after), time::wait(seen.retry_after)]);
                DONE
            }
            op::RESERVE => match gcra.reserve(io.whole(1), io.nanos(2), now) {
                Ok(promise) => put_promise(io, promise),
                Err(denied) => {
                    self.deny(denied, now);
                    io.refuse(denied.into())
                }
            },
            op::DEBT => match gcra.try_acquire_debt(io.whole(1), now) {
                Ok(()) => DONE,
                Err(denied) => {
                    self.deny(denied, now);
                    REFUSED
                }
            },
            op::CANCEL => f64::from(u8::from(gcra.cancel(promise(io, 1)))),
            op::UP_TO => f64::from(gcra.acquire_up_to(io.whole(1), now)),
            op::DRAIN => {
                gcra.drain(now);
                DONE
            }
            op::PENALIZE => {
                gcra.penalize_until(io.nanos(1), now);
                DONE
            }
            op::RESET => io.done(gcra.reset()),
            op::RECONFIGURE => match quota(io, 1) {
                Ok(quota) => io.done(gcra.reconfigure(quota, now)),
                Err(Told(fault)) => fault,
            },
            op::SNAPSHOT => io.put_bytes(&gcra.snapshot(now).to_bytes()),
            op::RESTORE => match GcraSnapshot::from_bytes(&io.bytes(2)) {
                Ok(saved) => {
                    gcra.restore(&saved.aged(io.nanos(1)), now);
                    DONE
                }
                Err(error) => error.tell(io),
            },
            op::REFUSALS => self.limiter.counters.get().refusals() as f64,
            _ => UNKNOWN,
        }
    }
}

/// Writes a promise: its wait, when it is ready, and its words for a cancel.
pub(crate) fn put_promise(io: &mut Io<'_>, promise: Reservation) -> f64 {
    let raw = promise.into_raw();
    let ([a, b], [c, d]) = (halves(raw.before), halves(raw.after));
    io.put(&[time::ms(Nanos::new(raw.wait)), time::ms(Nanos::new(raw.ready_at)), a, b, c, d]);
    DONE
}

/// The promise whose words are at `from`.
pub(crate) fn promise(io: &Io<'_>, from: usize) -> Reservation {
    let raw = RawReservation { before: io.word(from), after: io.word(from + 2), ready_at: 0, wait: 0 };
    Reservation::from_raw(raw)
}
