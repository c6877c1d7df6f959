//! Time limits on a clock that is moved by hand.

use crate::bell::Bell;
use crate::time::{HostClock, ManualClock, Sleep, nanos};
use overcurrent::Timer;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

/// Rings as long as it is kept.
#[pyclass(frozen, module = "overcurrent._native")]
pub struct Alarm {
    bell: Arc<Bell>,
    /// Dropped, it leaves the clock.
    _sleep: Mutex<Pin<Box<Sleep>>>,
}

#[pymethods]
impl Alarm {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.bell.traverse(&visit)
    }

    fn __clear__(&self) {
        self.bell.ring(None);
    }
}

/// Has `clock` call `call` once it is `wait` further, while the alarm is kept.
#[pyfunction]
pub fn ring_after(clock: &Bound<'_, ManualClock>, wait: &Bound<'_, PyAny>, call: Py<PyAny>) -> PyResult<Alarm> {
    let wait = nanos("wait", wait)?;
    let bell = Bell::new(call);
    let waker = Waker::from(Arc::clone(&bell));
    let mut sleep = Box::pin(HostClock::of(Some(clock)).sleep(wait.as_duration()));
    if sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
        waker.wake();
    }
    Ok(Alarm { bell, _sleep: Mutex::new(sleep) })
}
