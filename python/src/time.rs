//! Seconds of Python, nanoseconds of the engine, and the two clocks.

use crate::fork::salted;
use overcurrent::{At, Clock, MonotonicClock, Nanos, Timer};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A length of time: a number of seconds or a `timedelta`.
pub fn nanos(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Nanos> {
    let seconds = match value.extract::<f64>() {
        Ok(seconds) => seconds,
        Err(_) => value
            .call_method0("total_seconds")
            .and_then(|seconds| seconds.extract::<f64>())
            .map_err(|_| PyTypeError::new_err(format!("{what} must be a number of seconds or a timedelta")))?,
    };
    if seconds.is_nan() || seconds < 0.0 {
        return Err(PyValueError::new_err(format!("{what} is {seconds}; it must not be negative")));
    }
    // Saturates: infinity is the end of time.
    Ok(Nanos::new((seconds * 1e9).round() as u64))
}

/// A longest wait: `None` for no limit.
pub fn longest(what: &str, value: Option<&Bound<'_, PyAny>>) -> PyResult<Nanos> {
    value.map_or(Ok(Nanos::MAX), |value| nanos(what, value))
}

pub fn seconds(time: Nanos) -> f64 {
    if time == Nanos::MAX { f64::INFINITY } else { time.get() as f64 / 1e9 }
}

/// What `time.monotonic()` reads, in nanoseconds: on Linux it is this clock.
#[cfg(target_os = "linux")]
mod monotonic {
    use overcurrent::Nanos;
    use overcurrent::host::Interpolated;
    use pyo3::prelude::*;

    pub fn align(_: Python<'_>) -> PyResult<()> {
        Ok(())
    }

    #[inline]
    pub fn time() -> Nanos {
        let mut read = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: there is room for what it writes. It cannot fail: the clock is always there.
        unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut read) };
        Nanos::new((read.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(read.tv_nsec as u64))
    }

    #[inline]
    pub fn fast_time() -> Nanos {
        thread_local! {
            static CLOCK: Interpolated = const { Interpolated::new(time) };
        }
        CLOCK.with(Interpolated::time)
    }
}

/// Elsewhere it is the engine's clock, and what to add to it.
#[cfg(not(target_os = "linux"))]
mod monotonic {
    use overcurrent::{MonotonicClock, Nanos};
    use pyo3::prelude::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    static OFFSET: AtomicU64 = AtomicU64::new(0);

    pub fn align(py: Python<'_>) -> PyResult<()> {
        let theirs: u64 = py.import("time")?.call_method0("monotonic_ns")?.extract()?;
        OFFSET.store(theirs.saturating_sub(MonotonicClock.time().get()), Ordering::Relaxed);
        Ok(())
    }

    #[inline]
    pub fn time() -> Nanos {
        MonotonicClock.time() + Nanos::new(OFFSET.load(Ordering::Relaxed))
    }

    pub use time as fast_time;
}

pub use monotonic::align;

/// The clock of a gate.
///
/// Calls through it are judged by the fast time, which may be a microsecond late and is never early: a refusal's
/// `retry_after` is then so much too long. Whoever waits is timed by the exact one, as Python's own timers are: a wait
/// that they end is over.
#[derive(Clone)]
pub enum HostClock {
    Monotonic,
    Manual(Arc<Manual>),
}

impl HostClock {
    pub fn of(clock: Option<&Bound<'_, ManualClock>>) -> Self {
        clock.map_or(Self::Monotonic, |clock| Self::Manual(Arc::clone(&clock.get().0)))
    }

    /// Whether both tell one and the same time.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Monotonic, Self::Monotonic) => true,
            (Self::Manual(one), Self::Manual(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl HostClock {
    /// The time without random bits, for what needs none.
    #[inline]
    pub fn time(&self) -> Nanos {
        match self {
            Self::Monotonic => monotonic::time(),
            Self::Manual(manual) => manual.time(),
        }
    }

    /// The time for a call, at half the cost.
    #[inline]
    pub fn fast_time(&self) -> Nanos {
        match self {
            Self::Monotonic => monotonic::fast_time(),
            Self::Manual(manual) => manual.time(),
        }
    }

    /// The same with random bits.
    #[inline]
    pub fn fast_now(&self) -> At {
        match self {
            Self::Monotonic => At { now: monotonic::fast_time(), random: salted(MonotonicClock.random()) },
            Self::Manual(manual) => At::from(manual.time()),
        }
    }
}

impl Clock for HostClock {
    #[inline]
    fn now(&self) -> At {
        match self {
            Self::Monotonic => At { now: monotonic::time(), random: salted(MonotonicClock.random()) },
            Self::Manual(manual) => At::from(manual.time()),
        }
    }
}

thread_local! {
    /// When the waiter that is being polled wants to look again.
    static LOOK_AGAIN: Cell<Option<Nanos>> = const { Cell::new(None) };
}

/// The wait that the poll before asked for: `None` to be woken.
pub fn take_look_again() -> Option<Nanos> {
    LOOK_AGAIN.take()
}

impl Timer for HostClock {
    type Sleep = Sleep;

    fn sleep(&self, wait: Duration) -> Sleep {
        Sleep { until: self.time() + Nanos::from_duration(wait), clock: self.clone(), place: None }
    }
}

/// Does not sleep: says until when whoever polls has to.
pub struct Sleep {
    until: Nanos,
    clock: HostClock,
    /// Among the sleepers of a manual clock.
    place: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (until, place) = (self.until, self.place);
        match &self.clock {
            HostClock::Monotonic => {
                let now = self.clock.time();
                if now < until {
                    LOOK_AGAIN.set(Some(until - now));
                    return Poll::Pending;
                }
            }
            HostClock::Manual(manual) => {
                let place = manual.wait(until.get(), place, cx.waker());
                self.place = place;
                if place.is_some() {
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(())
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let (HostClock::Manual(manual), Some(place)) = (&self.clock, self.place) {
            let gone = manual.lock().waiting.remove(&(self.until.get(), place));
            drop(gone); // outside the lock
        }
    }
}

/// A time that stands still until it is told to move, and those who wait for it.
#[derive(Default)]
pub struct Manual {
    now: AtomicU64,
    sleepers: Mutex<Sleepers>,
}

/// By the time they wait for, then by the order in which they came.
#[derive(Default)]
struct Sleepers {
    waiting: BTreeMap<(u64, u64), Waker>,
    came: u64,
}

impl Manual {
    fn time(&self) -> Nanos {
        Nanos::new(self.now.load(Ordering::Acquire))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Sleepers> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place among the sleepers, the old one if there is one; `None` when it is time already.
    fn wait(&self, until: u64, place: Option<u64>, waker: &Waker) -> Option<u64> {
        let mut sleepers = self.lock();
        // Under the lock: a clock that moves after this finds the waker.
        if self.now.load(Ordering::Acquire) >= until {
            let gone = place.and_then(|place| sleepers.waiting.remove(&(until, place)));
            drop(sleepers);
            drop(gone);
            return None;
        }
        let place = place.unwrap_or_else(|| {
            sleepers.came += 1;
            sleepers.came
        });
        let before = sleepers.waiting.insert((until, place), waker.clone());
        drop(sleepers);
        drop(before);
        Some(place)
    }

    /// Moves the time to what `next` makes of it, and wakes who has waited for that.
    fn set(&self, next: impl Fn(u64) -> u64) {
        let due = {
            let mut sleepers = self.lock();
            let now = next(self.now.load(Ordering::Acquire));
            self.now.store(now, Ordering::Release);
            let later = sleepers.waiting.split_off(&(now.saturating_add(1), 0));
            std::mem::replace(&mut sleepers.waiting, later)
        };
        // Outside the lock: wakers run foreign code.
        due.into_values().for_each(Waker::wake);
    }
}

/// Time by hand, for tests: stands still until `advance` or `set`, which wake whoever waits for that time.
#[pyclass(frozen, module = "overcurrent")]
pub struct ManualClock(pub Arc<Manual>);

#[pymethods]
impl ManualClock {
    #[new]
    #[pyo3(signature = (start = None))]
    fn new(start: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let now = start.map_or(Ok(Nanos::ZERO), |start| nanos("start", start))?;
        Ok(Self(Arc::new(Manual { now: AtomicU64::new(now.get()), ..Manual::default() })))
    }

    /// The time, in seconds.
    #[getter]
    fn now(&self) -> f64 {
        seconds(self.0.time())
    }

    /// Moves it on, and wakes those who wait for that time.
    fn advance(&self, by: &Bound<'_, PyAny>) -> PyResult<()> {
        let by = nanos("by", by)?;
        self.0.set(|now| now.saturating_add(by.get()));
        Ok(())
    }

    /// Moves it to that time, back as well.
    fn set(&self, time: &Bound<'_, PyAny>) -> PyResult<()> {
        let time = nanos("time", time)?.get();
        self.0.set(|_| time);
        Ok(())
    }

    fn __repr__(&self) -> String {
        format!("ManualClock({:?})", self.now())
    }
}
