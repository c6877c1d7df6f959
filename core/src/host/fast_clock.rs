//! A cheaper reading of the same time.

use crate::host::clock::Clock;
use crate::time::{At, Nanos};
use std::sync::OnceLock;

/// A monotonic clock that reads the processor's time stamp counter where it is fit for that (feature `fast-clock`).
///
/// Like [`MonotonicClock`](crate::MonotonicClock) it counts from its first reading in this process, which takes up to
/// 200 ms to calibrate the counter; the two clocks' readings must not be mixed. Without a usable counter it asks the
/// system. The random bits are a hash of the counter: fit for spreading waits, unfit for secrets.
///
/// ```
/// use overcurrent::{Clock, FastClock};
/// let before = FastClock.now();
/// let after = FastClock.now();
/// assert!(before.now <= after.now);
/// assert_ne!(before.random, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FastClock;

struct Counter {
    clock: quanta::Clock,
    origin: u64,
}

impl Clock for FastClock {
    #[inline]
    fn now(&self) -> At {
        static COUNTER: OnceLock<Counter> = OnceLock::new();
        let counter = COUNTER.get_or_init(|| {
            let clock = quanta::Clock::new();
            let origin = clock.raw();
            Counter { clock, origin }
        });
        let raw = counter.clock.raw();
        let now = Nanos::new(counter.clock.delta_as_nanos(counter.origin, raw));
        // Fibonacci hashing: the counter's low bits decide the product's high ones. The origin differs in each process.
        let mixed = (raw ^ counter.origin.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        At { now, random: ((mixed >> 32) as u32).max(1) }
    }
}
