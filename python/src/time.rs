//! Seconds of Python, nanoseconds of the engine, and the two clocks.

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

/// What to add to the engine's monotonic clock so that it reads like `time.monotonic()`.
static OFFSET: AtomicU64 = AtomicU64::new(0);

pub fn align_with_python(py: Python<'_>) -> PyResult<()> {
    let theirs: u64 = py.import("time")?.call_method0("monotonic_ns")?.extract()?;
    OFFSET.store(theirs.saturating_sub(MonotonicClock.now().now.get()), Ordering::Relaxed);
    Ok(())
}

/// The clock of a gate.
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

impl Clock for HostClock {
    #[inline]
    fn now(&self) -> At {
        match self {
            Self::Monotonic => {
                let at = MonotonicClock.now();
                At { now: at.now + Nanos::new(OFFSET.load(Ordering::Relaxed)), random: at.random }
            }
            Self::Manual(manual) => At::from(Nanos::new(manual.now.load(Ordering::Acquire))),
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
        Sleep { until: self.now().now + Nanos::from_duration(wait), clock: self.clone() }
    }
}

/// Does not sleep: says until when whoever polls has to.
pub struct Sleep {
    until: Nanos,
    clock: HostClock,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let now = self.clock.now().now;
        if now >= self.until {
            return Poll::Ready(());
        }
        match &self.clock {
            HostClock::Monotonic => LOOK_AGAIN.set(Some(self.until - now)),
            HostClock::Manual(manual) => {
                let mut sleepers = manual.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
                sleepers.entry(self.until.get()).or_default().push(cx.waker().clone());
            }
        }
        Poll::Pending
    }
}

/// A time that stands still until it is told to move, and those who wait for it.
pub struct Manual {
    now: AtomicU64,
    sleepers: Mutex<BTreeMap<u64, Vec<Waker>>>,
}

impl Manual {
    fn set(&self, now: u64) {
        self.now.store(now, Ordering::Release);
        let later = {
            let mut sleepers = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
            let later = sleepers.split_off(&now.saturating_add(1));
            std::mem::replace(&mut *sleepers, later)
        };
        // Outside the lock: wakers run foreign code.
        later.into_values().flatten().for_each(Waker::wake);
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
        Ok(Self(Arc::new(Manual { now: AtomicU64::new(now.get()), sleepers: Mutex::default() })))
    }

    #[getter]
    fn now(&self) -> f64 {
        seconds(Nanos::new(self.0.now.load(Ordering::Acquire)))
    }

    fn advance(&self, by: &Bound<'_, PyAny>) -> PyResult<()> {
        let by = nanos("by", by)?;
        self.0.set(self.0.now.load(Ordering::Acquire).saturating_add(by.get()));
        Ok(())
    }

    fn set(&self, time: &Bound<'_, PyAny>) -> PyResult<()> {
        self.0.set(nanos("time", time)?.get());
        Ok(())
    }

    fn __repr__(&self) -> String {
        format!("ManualClock({:?})", self.now())
    }
}
