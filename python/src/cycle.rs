//! The limiter of fixed cycles.

use crate::coroutine;
use crate::errors::{invalid, refused, wrong};
use crate::limiter::{Line, Reservation};
use crate::switch::off;
use crate::time::{HostClock, ManualClock, longest, nanos, seconds};
use crate::wait::Wait;
use overcurrent::Nanos;
use overcurrent::limit::{CycleConfig, CycleLimiter as Engine, CycleSnapshot, LimitChange};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::num::NonZeroU32;
use std::sync::Arc;

#[pyclass(frozen, subclass, module = "overcurrent._native")]
pub struct CycleLimiter(pub Arc<Line<Engine>>);

#[pymethods]
impl CycleLimiter {
    #[new]
    #[pyo3(signature = (limit, *, period = None, timeout = None, limit_change = "at-once", name = "limiter", clock = None))]
    fn new(
        limit: u32,
        period: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
        limit_change: &str,
        name: &str,
        clock: Option<&Bound<'_, ManualClock>>,
    ) -> PyResult<Self> {
        let limit_change = match limit_change {
            "at-once" => LimitChange::AtOnce,
            "next-cycle" => LimitChange::NextCycle,
            other => {
                let told = format!("limit_change is {other:?}; allowed are 'at-once' and 'next-cycle'");
                return Err(PyValueError::new_err(told));
            }
        };
        let period = period.map_or(Ok(Nanos::SECOND), |period| nanos("period", period))?;
        let timeout = timeout.map_or(Ok(Nanos::ZERO), |timeout| nanos("timeout", timeout))?;
        let policy = CycleConfig::new(limit, period).timeout(timeout).limit_change(limit_change).build();
        let limiter = Engine::new(policy.map_err(wrong)?);
        Ok(Self(Line::new(name.to_owned(), limiter, HostClock::of(clock))))
    }

    /// Takes `n` permits if they are there and nobody waits for them.
    #[pyo3(signature = (n = 1))]
    pub fn try_acquire(&self, n: u32) -> bool {
        self.0.try_acquire(n, |limiter, now| limiter.try_acquire(n, now).is_ok())
    }

    /// `None` when the permits are taken, otherwise a place in the queue.
    fn _wait(slf: Bound<'_, Self>, n: u32, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Wait>> {
        let max_wait = longest("timeout", timeout)?;
        let it = slf.get();
        Ok(if it.try_acquire(n) { None } else { Some(it.0.wait(slf.clone().into_any(), n, max_wait)) })
    }

    /// Waits for `n` permits, first come, first served; refused at once if that would take longer than `timeout`.
    #[pyo3(signature = (n = 1, *, timeout = None))]
    fn acquire_async<'py>(
        slf: &Bound<'py, Self>,
        n: u32,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        coroutine::cycle_permits(slf, n, longest("timeout", timeout)?)
    }

    /// Takes `n` permits for later, at most `max_wait` (or `timeout`) from now.
    #[pyo3(signature = (n = 1, *, max_wait = None))]
    fn reserve(slf: &Bound<'_, Self>, n: u32, max_wait: Option<&Bound<'_, PyAny>>) -> PyResult<Reservation> {
        let line = &slf.get().0;
        if off() {
            return Ok(Reservation::of_nothing(line));
        }
        let limiter = line.limiter();
        let max_wait = max_wait.map_or(Ok(limiter.timeout()), |wait| nanos("max_wait", wait))?;
        match limiter.reserve_within(n, max_wait, line.now()) {
            Ok(promise) => Ok(Reservation::new(line, promise)),
            Err(denied) => Err(refused(slf.as_any(), &line.name, denied.into())),
        }
    }

    /// Takes what is left of this cycle, and says how much that was.
    fn drain(&self) -> u64 {
        self.0.limiter().drain(self.0.now())
    }

    /// How long a request for `n` would wait; `None` if for ever.
    #[pyo3(signature = (n = 1))]
    fn wait_for(&self, n: u32) -> Option<f64> {
        self.0.limiter().wait(n, self.0.now()).map(seconds)
    }

    /// Changes the permits a cycle.
    fn set_limit(&self, limit: u32) -> PyResult<()> {
        let limit =
            NonZeroU32::new(limit).ok_or_else(|| PyValueError::new_err("limit is 0; allowed are 1 and more"))?;
        let busy = |busy: overcurrent::Busy| PyRuntimeError::new_err(busy.to_string());
        self.0.limiter().set_limit(limit, self.0.now()).map_err(busy)
    }

    /// Changes how far ahead permits may be promised.
    fn set_timeout(&self, timeout: &Bound<'_, PyAny>) -> PyResult<()> {
        self.0.limiter().set_timeout(nanos("timeout", timeout)?);
        Ok(())
    }

    /// The state, as bytes of a versioned form, for `restore`.
    fn snapshot<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.limiter().snapshot(self.0.now()).to_bytes())
    }

    /// Goes on from a snapshot that is `age` old.
    #[pyo3(signature = (snapshot, *, age = None))]
    fn restore(&self, snapshot: &[u8], age: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let age = age.map_or(Ok(Nanos::ZERO), |age| nanos("age", age))?;
        let snapshot = CycleSnapshot::from_bytes(snapshot).map_err(invalid)?;
        let busy = |busy: overcurrent::Busy| PyRuntimeError::new_err(busy.to_string());
        self.0.limiter().restore(&snapshot.aged(age), self.0.now()).map_err(busy)
    }

    /// Its name in errors.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// Permits a cycle.
    #[getter]
    fn limit(&self) -> u32 {
        self.0.limiter().limit()
    }

    /// Seconds a cycle.
    #[getter]
    fn period(&self) -> f64 {
        seconds(self.0.limiter().period())
    }

    /// How far ahead permits may be promised, in seconds.
    #[getter]
    fn timeout(&self) -> f64 {
        seconds(self.0.limiter().timeout())
    }

    /// The permits of this cycle, below zero when later ones are promised already.
    #[getter]
    fn balance(&self) -> i64 {
        self.0.limiter().balance(self.0.now())
    }

    /// The permits that are left of this cycle.
    #[getter]
    fn available(&self) -> u32 {
        self.0.limiter().available(self.0.now())
    }

    /// The number of this cycle.
    #[getter]
    fn cycle(&self) -> u64 {
        self.0.limiter().cycle(self.0.now())
    }

    /// How many wait.
    #[getter]
    fn waiting(&self) -> usize {
        self.0.waiting()
    }
}
