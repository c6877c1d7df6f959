//! Refusals and configuration errors as exceptions of the package.

use crate::time::seconds;
use overcurrent::{Reason, Refusal, State};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// A class of the package's own Python module, looked up once.
fn class<'py>(py: Python<'py>, cell: &'static PyOnceLock<Py<PyType>>, name: &str) -> PyResult<&'py Bound<'py, PyType>> {
    cell.import(py, "overcurrent._errors", name)
}

pub fn base(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static BASE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    class(py, &BASE, "OvercurrentError")
}

/// The exception for a refusal by the gate `name`, which it refers to: asked to, it explains itself by it.
#[cold]
pub fn refused(gate: &Bound<'_, PyAny>, name: &str, refusal: Refusal) -> PyErr {
    let py = gate.py();
    static OPEN: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static LIMITED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static FULL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let found = match refusal.reason {
        Reason::BreakerOpen | Reason::TrialsTaken | Reason::ForcedOpen => class(py, &OPEN, "CircuitOpenError"),
        Reason::RateLimited | Reason::CostExceedsBurst => class(py, &LIMITED, "RateLimitedError"),
        Reason::BulkheadFull => class(py, &FULL, "BulkheadFullError"),
        _ => base(py),
    };
    let make = |class: &Bound<'_, PyType>| -> PyResult<PyErr> {
        let made = class.call1((name, refusal.reason.name(), refusal.retry_after.map(seconds)))?;
        made.setattr(intern!(py, "gate"), gate)?;
        Ok(PyErr::from_value(made))
    };
    found.and_then(make).unwrap_or_else(|error| error)
}

pub fn invalid(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The member of the package's `State` enumeration.
pub fn state(py: Python<'_>, state: State) -> PyResult<Py<PyAny>> {
    static STATES: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    Ok(class(py, &STATES, "State")?.call1((state.name(),))?.unbind())
}

/// The state of that name.
pub fn named_state(name: &str) -> PyResult<State> {
    use State::{Closed, Disabled, ForcedOpen, HalfOpen, MetricsOnly, Open};
    [Closed, Open, HalfOpen, Disabled, ForcedOpen, MetricsOnly]
        .into_iter()
        .find(|state| state.name() == name)
        .ok_or_else(|| PyValueError::new_err(format!("there is no state {name:?}")))
}
