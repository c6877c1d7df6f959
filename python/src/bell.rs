//! What wakes somebody in Python.

use crate::errors::unraisable;
use crate::heap::undisturbed;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use std::mem::replace;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

/// A function that is called when it is time to look again. Whoever waits owns it and the engine only knows where it is,
/// so that the collector sees the reference.
#[derive(Default)]
pub struct Bell(Mutex<Option<Py<PyAny>>>);

impl Bell {
    pub fn new(call: Py<PyAny>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(call))))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Py<PyAny>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls this one from now on, or nobody.
    pub fn ring(&self, call: Option<Py<PyAny>>) {
        let before = replace(&mut *self.lock(), call);
        drop(before); // outside the lock: it may run code
    }

    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(self.lock().as_ref())
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // None: the interpreter is shutting down, and nobody waits any more.
        let _ = Python::try_attach(|py| {
            let call = self.lock().as_ref().map(|call| call.bind(py).clone());
            let Some(call) = call else { return };
            // A place in a queue may be dropped, and wake the next one, while an exception passes.
            if let Err(error) = undisturbed(py, || call.call0()) {
                unraisable(py, error, Some(&call));
            }
        });
    }
}
