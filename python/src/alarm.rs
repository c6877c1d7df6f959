//! Time limits on a clock that is moved by hand.

use crate::time::{HostClock, ManualClock, Sleep, nanos};
use overcurrent::Timer;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};

/// What is called. The alarm owns it and the clock only knows where it is, so that the collector sees the reference.
struct Bell(Mutex<Option<Py<PyAny>>>);

impl Bell {
    fn lock(&self) -> MutexGuard<'_, Option<Py<PyAny>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // None: the interpreter is shutting down.
        let _ = Python::try_attach(|py| {
            let call = self.lock().as_ref().map(|call| call.bind(py).clone());
            if let Some(call) = call
                && let Err(error) = call.call0()
            {
                error.write_unraisable(py, Some(&call));
            }
        });
    }
}

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
        visit.call(self.bell.lock().as_ref())
    }

    fn __clear__(&self) {
        let gone = self.bell.lock().take();
        drop(gone); // outside the lock
    }
}

/// Has `clock` call `call` once it is `wait` further, while the alarm is kept.
#[pyfunction]
pub fn ring_after(clock: &Bound<'_, ManualClock>, wait: &Bound<'_, PyAny>, call: Py<PyAny>) -> PyResult<Alarm> {
    let wait = nanos("wait", wait)?;
    let bell = Arc::new(Bell(Mutex::new(Some(call))));
    let waker = Waker::from(Arc::clone(&bell));
    let mut sleep = Box::pin(HostClock::of(Some(clock)).sleep(wait.as_duration()));
    if sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
        waker.wake();
    }
    Ok(Alarm { bell, _sleep: Mutex::new(sleep) })
}
