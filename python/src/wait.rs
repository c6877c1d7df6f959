//! Somebody in a queue: the engine's future, polled by whoever waits in Python.

use crate::bell::Bell;
use crate::errors::refused;
use crate::guard::{Guard, Permit, Token};
use crate::time::{seconds, take_look_again};
use overcurrent::Refusal;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// Ends when the wait is over. One that waits for a slot stays pending with the slot, which goes with it.
pub type Waiting = Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send>>;

/// A place in a queue. Closed or dropped, it is given up, with what was granted to it.
#[pyclass(frozen, module = "overcurrent._native")]
pub struct Wait {
    name: String,
    gate: Py<PyAny>,
    waiting: Mutex<Option<Waiting>>,
    /// Where a slot is waited for: that it is there, and the gate once more.
    slot: Option<(Arc<AtomicBool>, Py<Guard>)>,
    bell: Arc<Bell>,
}

impl Wait {
    pub fn new(name: String, gate: Bound<'_, PyAny>, waiting: Waiting) -> Self {
        let waiting = Mutex::new(Some(waiting));
        Self { name, gate: gate.unbind(), waiting, slot: None, bell: Arc::default() }
    }

    pub fn for_slot(name: String, gate: Bound<'_, Guard>, waiting: Waiting, there: Arc<AtomicBool>) -> Self {
        let slot = Some((there, gate.clone().unbind()));
        Self { slot, ..Self::new(name, gate.into_any(), waiting) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Wait {
    /// `None` when it is over; otherwise the seconds after which to poll again, unless `wake` is called before.
    fn poll(&self, py: Python<'_>, wake: Py<PyAny>) -> PyResult<Option<f64>> {
        self.bell.ring(Some(wake));
        let waker = Waker::from(Arc::clone(&self.bell));
        let mut held = self.lock();
        let Some(waiting) = held.as_mut() else { return Ok(None) };
        take_look_again();
        let polled = waiting.as_mut().poll(&mut Context::from_waker(&waker));
        match polled {
            Poll::Ready(answer) => {
                *held = None;
                drop(held);
                answer.map(|()| None).map_err(|refusal| refused(self.gate.bind(py), &self.name, refusal))
            }
            Poll::Pending if self.slot.as_ref().is_some_and(|(there, _)| there.load(Ordering::Acquire)) => Ok(None),
            Poll::Pending => Ok(Some(take_look_again().map_or(f64::INFINITY, seconds))),
        }
    }

    /// The slot, once `poll` has said that the wait is over.
    fn permit(&self, py: Python<'_>) -> PyResult<Py<Permit>> {
        let waiting = self.lock().take();
        match (waiting, &self.slot) {
            (Some(waiting), Some((there, guard))) if there.load(Ordering::Acquire) => {
                Permit::held(guard.bind(py).clone(), Token::Waited(waiting))
            }
            _ => Err(pyo3::exceptions::PyRuntimeError::new_err("there is no slot to take")),
        }
    }

    fn close(&self) {
        let gone = self.lock().take();
        drop(gone); // outside the lock: it wakes others
        self.bell.ring(None);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.gate)?;
        self.bell.traverse(&visit)?;
        visit.call(self.slot.as_ref().map(|(_, guard)| guard))
    }

    fn __clear__(&self) {
        self.bell.ring(None);
    }
}
