//! Refusals and configuration errors as exceptions of the package.

use crate::time::seconds;
use overcurrent::{ConfigError, Reason, Refusal, State};
use pyo3::exceptions::{PyKeyboardInterrupt, PyOverflowError, PyTypeError, PyValueError};
use pyo3::ffi;
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

/// Reports what foreign code raised where nobody can catch it. An interrupt of the user's is not lost: it comes again at
/// the next step of the main thread.
#[cold]
pub fn unraisable(py: Python<'_>, error: PyErr, from: Option<&Bound<'_, PyAny>>) {
    if error.is_instance_of::<PyKeyboardInterrupt>(py) {
        // SAFETY: may be called at any time; it only sets a flag.
        unsafe { ffi::PyErr_SetInterrupt() };
    } else {
        error.write_unraisable(py, from);
    }
}

pub fn invalid(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// A wrong setting in Python's words: seconds and shares where the engine has nanoseconds and parts per 100,000.
pub fn wrong(error: ConfigError) -> PyErr {
    let ConfigError { field, value, min, max } = error;
    let unit = match field {
        "cap" | "first" | "open_for" | "per" | "period" | "slow_call" | "timeout" | "trial_timeout" => 1e9,
        "window (nanoseconds per bucket)" => 1e9,
        "failure_rate" | "slow_rate" => 1e5,
        _ => 1.0,
    };
    let field = match field {
        "cap" => "max",
        "permits" => "rate",
        "window (nanoseconds per bucket)" => "window (seconds per bucket)",
        field => field,
    };
    if min > max {
        return PyValueError::new_err(format!("{field}: no value is allowed with the other settings"));
    }
    let [value, min, max] = [value, min, max].map(|number| number as f64 / unit);
    PyValueError::new_err(format!("{field} is {value}; allowed are {min} to {max}"))
}

/// An error about the value of `key`, which says so.
pub fn about(key: &str, value: &Bound<'_, PyAny>, error: PyErr) -> PyErr {
    let py = value.py();
    if error.is_instance_of::<PyOverflowError>(py) {
        return PyValueError::new_err(format!("{key} is {value}, which is out of range"));
    }
    let said = error.value(py).to_string();
    if error.is_instance_of::<PyTypeError>(py) && !said.starts_with(key) {
        return PyTypeError::new_err(format!("{key} is {value:?}: {said}"));
    }
    error
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
