//! Where a host's `now` comes from.

use crate::time::{At, Nanos};
use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// A source of the time, and of the random bits that go with it.
///
/// The engine itself reads no clock; the conveniences of this module take one and pass its readings on. Readings must
/// come from one origin. They may step back: the gates tolerate it and never admit more because of it.
///
/// ```
/// use overcurrent::{At, Clock, Nanos};
///
/// struct Ticks;
/// impl Clock for Ticks {
///     fn now(&self) -> At {
///         At::from(Nanos::from_millis(42))
///     }
/// }
/// assert_eq!(Ticks.now().now, Nanos::from_millis(42));
/// ```
pub trait Clock {
    /// The time now, with random bits if this clock has any.
    fn now(&self) -> At;
}

impl<C: Clock + ?Sized> Clock for &C {
    fn now(&self) -> At {
        (**self).now()
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> At {
        (**self).now()
    }
}

/// The system's monotonic clock, counted from the first reading in this process.
///
/// Every value of this type tells the same time, so instants may be handed between gates and threads. The random bits
/// come from a small generator per thread: fit for spreading waits, unfit for secrets.
///
/// ```
/// use overcurrent::{Clock, MonotonicClock};
/// let before = MonotonicClock.now();
/// let after = MonotonicClock.now();
/// assert!(before.now <= after.now);
/// assert_ne!(before.random, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonotonicClock;

impl MonotonicClock {
    /// The same time without the random bits, for a host whose gates need none: limiters do not.
    ///
    /// ```
    /// use overcurrent::{Clock, MonotonicClock};
    /// let before = MonotonicClock.now().now;
    /// assert!(before <= MonotonicClock.time());
    /// ```
    #[inline]
    pub fn time(self) -> Nanos {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        let origin = ORIGIN.get_or_init(Instant::now);
        Nanos::from_duration(origin.elapsed())
    }

    /// Random bits without the time, for a host with a clock of its own.
    ///
    /// ```
    /// assert_ne!(overcurrent::MonotonicClock.random(), 0);
    /// ```
    #[inline]
    pub fn random(self) -> u32 {
        random_bits()
    }
}

impl Clock for MonotonicClock {
    #[inline]
    fn now(&self) -> At {
        At { now: self.time(), random: self.random() }
    }
}

/// 32 random bits, never 0 (which would mean: none).
#[inline]
fn random_bits() -> u32 {
    thread_local! {
        static SEED: Cell<u64> = const { Cell::new(0) };
    }
    SEED.with(|seed| {
        let mut x = seed.get();
        if x == 0 {
            // Keys of `RandomState` differ from thread to thread and from run to run.
            x = RandomState::new().build_hasher().finish() | 1;
        }
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        seed.set(x);
        // The multiplier of xorshift64*: the plain generator's low bits are weak, and so are its neighbours.
        ((x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32).max(1)
    })
}
