//! What happened, told to whoever listens.

use crate::breaker::Breaker;
use crate::errors;
use crate::time::seconds;
use overcurrent::breaker::Rule;
use overcurrent::event::Rejections;
use overcurrent::{EventKind, Journal};
use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::sync::{Mutex, PoisonError};

/// Events of one operation wait here until it is over.
pub type Observed = (Rejections, Journal<64>);

/// One thing that happened to a breaker.
#[pyclass(frozen, get_all, module = "overcurrent")]
pub struct Event {
    /// The breaker's.
    name: Py<PyAny>,
    /// `"refused"`, `"tripped"`, `"transition"` or `"reset"`.
    kind: &'static str,
    /// The time of its clock.
    at: f64,
    /// Which stay in a state it belongs to, of those of this breaker.
    generation: u16,
    /// The state before, of a transition.
    old: Option<Py<PyAny>>,
    /// The state after, of a transition.
    new: Option<Py<PyAny>>,
    /// Why a call was refused, or which rule tripped.
    reason: Option<&'static str>,
    /// Seconds to come back in, of a refusal.
    retry_after: Option<f64>,
}

#[pymethods]
impl Event {
    fn __repr__(&self, py: Python<'_>) -> String {
        let name = self.name.bind(py);
        let state = |state: &Option<Py<PyAny>>| state.as_ref().map(|state| state.bind(py).to_string());
        match self.kind {
            "transition" => {
                let [old, new] = [&self.old, &self.new].map(|it| state(it).unwrap_or_default());
                format!("<Event {name} transition {old} -> {new} at {}>", self.at)
            }
            kind => format!("<Event {name} {kind} {} at {}>", self.reason.unwrap_or_default(), self.at),
        }
    }
}

fn event(py: Python<'_>, name: &Py<PyAny>, event: overcurrent::Event) -> PyResult<Event> {
    let mut told = Event {
        name: name.clone_ref(py),
        kind: "reset",
        at: seconds(event.at),
        generation: event.generation,
        old: None,
        new: None,
        reason: None,
        retry_after: None,
    };
    match event.kind {
        EventKind::Refused(refusal) => {
            told.kind = "refused";
            told.reason = Some(refusal.reason.name());
            told.retry_after = refusal.retry_after.map(seconds);
        }
        EventKind::Tripped(trip) => {
            told.kind = "tripped";
            told.reason = Some(rule_name(trip.rule));
        }
        EventKind::Transition { from, to } => {
            told.kind = "transition";
            told.old = Some(errors::state(py, from)?);
            told.new = Some(errors::state(py, to)?);
        }
        _ => {}
    }
    Ok(told)
}

pub const fn rule_name(rule: Rule) -> &'static str {
    match rule {
        Rule::FailureRate => "failure-rate",
        Rule::SlowRate => "slow-rate",
        Rule::FailureCount => "failure-count",
        Rule::ConsecutiveFailures => "consecutive-failures",
    }
}

type Callbacks = Vec<(u64, bool, Py<PyAny>)>;

/// Those who listen, in order.
#[derive(Default)]
pub struct Listeners {
    callbacks: Mutex<(u64, Callbacks)>,
}

impl Listeners {
    pub fn lock(&self) -> std::sync::MutexGuard<'_, (u64, Callbacks)> {
        self.callbacks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the log and everybody who listens what `journal` holds.
    #[inline]
    pub fn tell(&self, py: Python<'_>, name: &Py<PyAny>, journal: &Journal<64>) {
        if !journal.is_empty() {
            self.tell_all(py, name, journal);
        }
    }

    #[cold]
    fn tell_all(&self, py: Python<'_>, name: &Py<PyAny>, journal: &Journal<64>) {
        while let Some(next) = journal.pop() {
            let transition = matches!(next.kind, EventKind::Transition { .. });
            let callbacks: Vec<Bound<'_, PyAny>> = {
                let held = self.lock();
                held.1.iter().filter(|(_, all, _)| *all || transition).map(|it| it.2.bind(py).clone()).collect()
            };
            if callbacks.is_empty() && !transition {
                continue;
            }
            let told = event(py, name, next).and_then(|event| Bound::new(py, event));
            let run = |told: &Bound<'_, Event>| -> PyResult<()> {
                if transition {
                    static LOG: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
                    LOG.import(py, "overcurrent._log", "transition")?.call1((told,))?;
                }
                for callback in callbacks {
                    // One that raises must not change what the call brought, nor keep the others from hearing.
                    if let Err(error) = callback.call1((told,)) {
                        errors::unraisable(py, error, Some(&callback));
                    }
                }
                Ok(())
            };
            if let Err(error) = told.and_then(|told| run(&told)) {
                errors::unraisable(py, error, None);
            }
        }
    }

    pub fn add(&self, callback: &Bound<'_, PyAny>, all: bool) -> PyResult<u64> {
        if !callback.is_callable() {
            return Err(PyTypeError::new_err(format!("listener must be a function, not {callback:?}")));
        }
        let mut held = self.lock();
        held.0 += 1;
        let id = held.0;
        held.1.push((id, all, callback.clone().unbind()));
        Ok(id)
    }

    pub fn remove(&self, id: u64) {
        let gone = {
            let mut held = self.lock();
            let at = held.1.iter().position(|(other, ..)| *other == id);
            at.map(|at| held.1.remove(at))
        };
        drop(gone); // outside the lock: it may run foreign code
    }

    pub fn forget_all(&self) {
        let gone = std::mem::take(&mut self.lock().1);
        drop(gone); // as above
    }

    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.lock().1.iter().try_for_each(|(_, _, callback)| visit.call(callback))
    }
}

/// A handle on a listener: `close()` ends it.
#[pyclass(frozen, module = "overcurrent")]
pub struct Subscription {
    pub breaker: Py<Breaker>,
    pub id: u64,
}

#[pymethods]
impl Subscription {
    /// The listener is not called any more. Once more is fine.
    fn close(&self) {
        self.breaker.get().0.listeners.remove(self.id);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.breaker)
    }
}
