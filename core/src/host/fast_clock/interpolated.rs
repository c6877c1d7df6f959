//! A clock that is read now and then, and continued in between.

use super::anchor::{Anchor, Look};
use super::counter;
use crate::time::Nanos;
use std::cell::Cell;
use std::fmt;

/// A clock of the system that one thread reads at most once a millisecond, continued by the processor's time stamp
/// counter in between (feature `fast-clock`): half the cost. [`FastClock`](crate::FastClock) is this over
/// [`MonotonicClock`](crate::MonotonicClock); a host with a monotonic clock of its own puts one of these into a thread-local.
///
/// The counter is used on x86-64 Linux where the kernel tells the time by it (its clock source is `tsc`), which is looked
/// up at the first reading. Anywhere else, and until the counter's rate is known, every reading is one of the clock. The
/// rate is learnt in passing, from readings 10 ms to 1 s apart of which two pairs in a row must agree; nothing waits for it.
///
/// # How far to trust it
/// A reading is never before the latest reading of the clock in this thread and never more than a millisecond after it.
/// With a steady counter it is the clock's time or up to a microsecond less: the rate is taken a little low, so that no
/// reading has to step back when the clock is read again.
///
/// * A thread that is held up between its look at the clock and those at the counter round it does not use that look.
/// * A counter that jumps, because the machine was suspended or moved to another host, is then behind the latest look at
///   it or more than a millisecond ahead of it: the clock is read. Only a jump that lands in that very millisecond
///   misleads, until it is over.
/// * A rate that changes misleads by at most a millisecond at a time, until two pairs of readings disagree, which takes
///   some 10 ms.
/// * A forked process goes on with what its parent's thread had learnt: it is the same counter and the same clock.
///
/// ```
/// use overcurrent::{MonotonicClock, host::Interpolated};
/// thread_local! {
///     static CLOCK: Interpolated = const { Interpolated::new(|| MonotonicClock.time()) };
/// }
/// let before = MonotonicClock.time();
/// let now = CLOCK.with(Interpolated::time);
/// assert!(before <= now); // the first is always the clock's own
/// assert!(now <= MonotonicClock.time());
/// ```
pub struct Interpolated<F = fn() -> Nanos> {
    clock: F,
    anchor: Cell<Anchor>,
}

impl<F: Fn() -> Nanos> Interpolated<F> {
    /// That clock, with nothing known about the counter.
    pub const fn new(clock: F) -> Self {
        Self { clock, anchor: Cell::new(Anchor::NONE) }
    }

    /// The time now.
    #[inline]
    pub fn time(&self) -> Nanos {
        let anchor = self.anchor.get();
        // Not there: the counter, which is slow itself, is not even read.
        if anchor.holds() {
            if let Some(now) = anchor.time(counter::ticks()) {
                return now;
            }
        }
        self.look()
    }

    #[cold]
    fn look(&self) -> Nanos {
        if !counter::is_fit() {
            return (self.clock)();
        }
        let before = counter::ticks();
        let now = (self.clock)();
        let look = Look { before, now, after: counter::ticks() };
        self.anchor.set(self.anchor.get().next(look));
        now
    }
}

impl<F> fmt::Debug for Interpolated<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interpolated").field("anchor", &self.anchor.get()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MonotonicClock;
    use std::thread;

    /// How far from the truth a reading may be. A busy machine makes it no worse: it lies between two of the clock.
    const NEAR: Nanos = Nanos::from_micros(10);

    #[test]
    fn it_tells_the_time_of_its_clock_in_every_thread() {
        let check = || {
            let clock = Interpolated::new(|| MonotonicClock.time());
            let (mut latest, mut continued) = (Nanos::ZERO, 0_u32);
            let begun = MonotonicClock.time();
            let end = begun + Nanos::from_millis(300);
            loop {
                let before = MonotonicClock.time();
                let looked = clock.anchor.get();
                let now = clock.time();
                let after = MonotonicClock.time();
                assert!(before <= now + NEAR, "{before} is not before {now}: {clock:?}");
                assert!(now <= after + NEAR, "{now} is not before {after}: {clock:?}");
                assert!(latest <= now + NEAR, "{latest} is not before {now}: {clock:?}");
                latest = now;
                continued += u32::from(clock.anchor.get() == looked);
                if after >= end {
                    break continued;
                }
            }
        };
        let continued: u32 = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(check)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(continued > 0, counter::is_fit(), "{continued} readings by the counter");
    }

    #[test]
    fn a_clock_whose_time_does_not_pass_is_read_each_time() {
        let reading = Cell::new(0);
        let clock = Interpolated::new(|| {
            reading.set(reading.get() + 1);
            Nanos::new(reading.get())
        });
        // No rate is learnt from it.
        for nanos in 1..1_000 {
            assert_eq!(clock.time(), Nanos::new(nanos));
        }
    }
}
