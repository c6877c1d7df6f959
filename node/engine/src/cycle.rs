//! The limiter of fixed cycles, and what it can be asked.

use crate::io::{DONE, Fault, Io, Told, UNKNOWN};
use crate::limiter::{promise, put_promise};
use crate::time;
use alloc::sync::Arc;
use core::cell::Cell;
use core::num::NonZeroU32;
use overcurrent::event::Event;
use overcurrent::limit::{CycleConfig, CycleLimiter, CycleSnapshot, LimitChange};
use overcurrent::{At, ConfigError, Counters, EventKind, Nanos, Observer, Reason, Refusal};

/// A limiter and the count of its refusals.
pub struct Cycle {
    /// The engine's.
    pub limiter: CycleLimiter,
    /// Refusals.
    pub counters: Counters,
}

impl Cycle {
    /// A limiter by the numbers in `io`: limit, period and timeout in ms, whether a new limit waits for the next cycle.
    ///
    /// # Errors
    /// The first setting out of its range.
    pub fn new(io: &mut Io<'_>) -> Result<Self, Told> {
        let change = if io.get(3) == 1.0 { LimitChange::NextCycle } else { LimitChange::AtOnce };
        let config = CycleConfig::new(io.whole(0), io.nanos(1)).timeout(io.nanos(2)).limit_change(change);
        Ok(Self { limiter: CycleLimiter::new(io.made(config.build())?), counters: Counters::new() })
    }
}

/// What a cycle limiter can be asked; the time is the first number of the question.
#[allow(missing_docs, reason = "each is the operation of its name")]
pub mod op {
    pub const LAST: u32 = 0;
    pub const PEEK: u32 = 1;
    pub const RESERVE: u32 = 2;
    pub const CANCEL: u32 = 3;
    pub const DRAIN: u32 = 5;
    pub const SNAPSHOT: u32 = 9;
    pub const RESTORE: u32 = 10;
    pub const REFUSALS: u32 = 11;
    pub const SET_LIMIT: u32 = 13;
    pub const SET_TIMEOUT: u32 = 14;
    pub const WAIT: u32 = 15;
}

/// A cycle limiter and the newest refusal of one thread.
pub struct CycleTurnstile {
    /// The limiter, which other threads may share.
    pub cycle: Arc<Cycle>,
    last: Cell<Option<Refusal>>,
}

impl CycleTurnstile {
    /// This thread's way to `cycle`.
    pub const fn new(cycle: Arc<Cycle>) -> Self {
        Self { cycle, last: Cell::new(None) }
    }

    /// Takes `n` permits of the running cycle, or none.
    #[inline]
    pub fn try_acquire(&self, n: u32, now: Nanos) -> bool {
        // `try_acquire` is the same, inlined: one more copy.
        match self.cycle.limiter.reserve_within(n, Nanos::ZERO, now) {
            Ok(_) => true,
            Err(denied) => self.deny(denied.into(), now),
        }
    }

    #[cold]
    fn deny(&self, refusal: Refusal, now: Nanos) -> bool {
        self.cycle.counters.observe(Event { at: now, generation: 0, kind: EventKind::Refused(refusal) });
        self.last.set(Some(refusal));
        false
    }

    /// Everything off the hot path.
    pub fn ask(&self, op: u32, io: &mut [f64], at: At) -> f64 {
        let io = &mut Io(io);
        let (now, limiter) = (at.now, &self.cycle.limiter);
        match op {
            op::LAST => {
                let reason = self.last.get().map_or(Reason::RateLimited, |refusal| refusal.reason);
                io.put(&[f64::from(reason as u8)]);
                time::wait(self.last.get().and_then(|refusal| refusal.retry_after))
            }
            op::PEEK => {
                let n = io.whole(1);
                io.put(&[
                    limiter.balance(now) as f64,
                    limiter.cycle(now) as f64,
                    time::wait(limiter.wait(n, now)),
                    f64::from(limiter.limit()),
                    time::ms(limiter.timeout()),
                ]);
                DONE
            }
            op::RESERVE => {
                let max_wait = if io.get(2).is_nan() { limiter.timeout() } else { io.nanos(2) };
                match limiter.reserve_within(io.whole(1), max_wait, now) {
                    Ok(promise) => put_promise(io, promise),
                    Err(denied) => {
                        let refusal = Refusal::from(denied);
                        self.deny(refusal, now);
                        io.refuse(refusal)
                    }
                }
            }
            op::CANCEL => f64::from(u8::from(limiter.cancel(promise(io, 1)))),
            op::DRAIN => limiter.drain(now) as f64,
            op::SET_LIMIT => match NonZeroU32::new(io.whole(1)) {
                Some(limit) => io.done(limiter.set_limit(limit, now)),
                None => ConfigError::new("limit", 0, 1, u64::from(u32::MAX)).tell(io),
            },
            op::SET_TIMEOUT => {
                limiter.set_timeout(io.nanos(1));
                DONE
            }
            op::WAIT => time::wait(limiter.wait(io.whole(1), now)),
            op::SNAPSHOT => io.put_bytes(&limiter.snapshot(now).to_bytes()),
            op::RESTORE => match CycleSnapshot::from_bytes(&io.bytes(2)) {
                Ok(saved) => io.done(limiter.restore(&saved.aged(io.nanos(1)), now)),
                Err(error) => error.tell(io),
            },
            op::REFUSALS => self.cycle.counters.get().refusals() as f64,
            _ => UNKNOWN,
        }
    }
}
