//! A cheaper reading of the same time.

mod anchor;
mod counter;
mod interpolated;

pub use interpolated::Interpolated;

use crate::host::clock::{Clock, MonotonicClock};
use crate::time::{At, Nanos};

/// [`MonotonicClock`], read at most once a millisecond and thread and continued by the processor's time stamp counter
/// (feature `fast-clock`): see [`Interpolated`] for where it does so and how far to trust it.
///
/// Both tell the same time, from the same origin: this one up to a microsecond late. The random bits are that clock's.
///
/// ```
/// use overcurrent::{Clock, FastClock, MonotonicClock};
/// let before = FastClock.now();
/// let after = FastClock.now();
/// assert!(before.now <= after.now);
/// assert!(after.now <= MonotonicClock.time());
/// assert_ne!(before.random, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FastClock;

impl FastClock {
    /// The same time without the random bits, for a host whose gates need none: limiters do not.
    ///
    /// ```
    /// use overcurrent::{FastClock, MonotonicClock};
    /// let before = FastClock.time();
    /// assert!(before <= MonotonicClock.time());
    /// ```
    #[inline]
    pub fn time(self) -> Nanos {
        thread_local! {
            static CLOCK: Interpolated = const { Interpolated::new(|| MonotonicClock.time()) };
        }
        CLOCK.with(Interpolated::time)
    }
}

impl Clock for FastClock {
    #[inline]
    fn now(&self) -> At {
        At { now: self.time(), random: MonotonicClock.random() }
    }
}
