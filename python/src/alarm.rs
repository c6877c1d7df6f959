//! Time limits on a clock that is moved by hand.

use crate::time::{HostClock, ManualClock, nanos};
use overcurrent::Timer;
use pyo3::prelude::*;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

struct Bell(Py<PyAny>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // None: the interpreter is shutting down.
        let _ = Python::try_attach(|py| {
            if let Err(error) = self.0.call0(py) {
                error.write_unraisable(py, Some(self.0.bind(py)));
            }
        });
    }
}

/// Has `clock` call `bell` once it is `wait` further.
#[pyfunction]
pub fn ring_after(clock: &Bound<'_, ManualClock>, wait: &Bound<'_, PyAny>, bell: Py<PyAny>) -> PyResult<()> {
    let wait = nanos("wait", wait)?;
    let waker = Waker::from(Arc::new(Bell(bell)));
    let sleep = pin!(HostClock::of(Some(clock)).sleep(wait.as_duration()));
    if sleep.poll(&mut Context::from_waker(&waker)).is_ready() {
        waker.wake();
    }
    Ok(())
}
