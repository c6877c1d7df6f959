//! Somebody in a queue: the engine's future, polled by whoever waits in Python.

use crate::errors::refused;
use crate::guard::{Permit, Target, Token};
use crate::time::{seconds, take_look_again};
use overcurrent::Refusal;
use pyo3::prelude::*;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Ends when the wait is over. One that waits for a slot stays pending with the slot, which goes with it.
pub type Waiting = Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send>>;

struct PyWaker(Py<PyAny>);

impl Wake for PyWaker {
    fn wake(self: Arc<Self>) {
        // None: the interpreter is shutting down, and nobody waits any more.
        let _ = Python::try_attach(|py| {
            if let Err(error) = self.0.call0(py) {
                error.write_unraisable(py, Some(self.0.bind(py)));
            }
        });
    }
}

/// A place in a queue. Closed or dropped, it is given up, with what was granted to it.
#[pyclass(frozen, module = "overcurrent._native")]
pub struct Wait {
    pub name: String,
    pub waiting: Mutex<Option<Waiting>>,
    /// Where a slot is waited for: that it is there, and whose it is.
    pub slot: Option<(Arc<AtomicBool>, Target)>,
}

impl Wait {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Wait {
    /// `None` when it is over; otherwise the seconds after which to poll again, unless `wake` is called before.
    fn poll(&self, py: Python<'_>, wake: Py<PyAny>) -> PyResult<Option<f64>> {
        let waker = Waker::from(Arc::new(PyWaker(wake)));
        let mut held = self.lock();
        let Some(waiting) = held.as_mut() else { return Ok(None) };
        take_look_again();
        let polled = waiting.as_mut().poll(&mut Context::from_waker(&waker));
        match polled {
            Poll::Ready(answer) => {
                *held = None;
                drop(held);
                answer.map(|()| None).map_err(|refusal| refused(py, &self.name, refusal))
            }
            Poll::Pending if self.slot.as_ref().is_some_and(|(there, _)| there.load(Ordering::Acquire)) => Ok(None),
            Poll::Pending => Ok(Some(take_look_again().map_or(f64::INFINITY, seconds))),
        }
    }

    /// The slot, once `poll` has said that the wait is over.
    fn permit(&self, py: Python<'_>) -> PyResult<Py<Permit>> {
        let waiting = self.lock().take();
        match (waiting, &self.slot) {
            (Some(waiting), Some((there, target))) if there.load(Ordering::Acquire) => {
                Permit::held(py, target.clone(), Token::Waited(waiting))
            }
            _ => Err(pyo3::exceptions::PyRuntimeError::new_err("there is no slot to take")),
        }
    }

    fn close(&self) {
        let gone = self.lock().take();
        drop(gone); // outside the lock: it wakes others
    }
}
