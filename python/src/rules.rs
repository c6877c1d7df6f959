//! Which exceptions and results are failures.

use crate::errors::base;
use overcurrent::Outcome;
use pyo3::exceptions::{PyException, PyStopAsyncIteration, PyStopIteration, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

enum Matcher {
    Types(Py<PyAny>),
    Ask(Py<PyAny>),
}

impl Matcher {
    fn new(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let exception = value.py().get_type::<pyo3::exceptions::PyBaseException>();
        let is_class = |value: &Bound<'_, PyAny>| {
            value.cast::<PyType>().is_ok_and(|class| class.is_subclass(&exception).unwrap_or(false))
        };
        let all = value.cast::<PyTuple>().is_ok_and(|tuple| tuple.iter().all(|item| is_class(&item)));
        if all || is_class(value) {
            return Ok(Self::Types(value.clone().unbind()));
        }
        if value.is_callable() && !value.is_instance_of::<PyType>() {
            return Ok(Self::Ask(value.clone().unbind()));
        }
        Err(PyTypeError::new_err(format!("{what} must be an exception class, a tuple of them, or a function")))
    }

    fn matches(&self, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        match self {
            Self::Types(types) => value.is_instance(types.bind(value.py())),
            Self::Ask(ask) => ask.bind(value.py()).call1((value,))?.is_truthy(),
        }
    }

    fn object(&self) -> &Py<PyAny> {
        match self {
            Self::Types(object) | Self::Ask(object) => object,
        }
    }
}

/// How a guard judges what a call brought.
#[derive(Default)]
pub struct Rules {
    failures: Option<Matcher>,
    ignore: Option<Matcher>,
    result: Option<Py<PyAny>>,
}

impl Rules {
    pub const fn none() -> Self {
        Self { failures: None, ignore: None, result: None }
    }

    pub fn new(
        failures: Option<&Bound<'_, PyAny>>,
        ignore: Option<&Bound<'_, PyAny>>,
        result: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        if let Some(result) = result
            && !result.is_callable()
        {
            return Err(PyTypeError::new_err("failure_result must be a function"));
        }
        Ok(Self {
            failures: failures.map(|value| Matcher::new("failures", value)).transpose()?,
            ignore: ignore.map(|value| Matcher::new("ignore", value)).transpose()?,
            result: result.map(|value| value.clone().unbind()),
        })
    }

    /// The verdict on an exception. Cancellation, interrupts and refusals of gates say nothing about the other side.
    pub fn raised(&self, exception: &Bound<'_, PyAny>) -> PyResult<Outcome> {
        if !exception.is_instance_of::<PyException>() || exception.is_instance(base(exception.py())?)? {
            return Ok(Outcome::Ignored);
        }
        if exception.is_instance_of::<PyStopIteration>() || exception.is_instance_of::<PyStopAsyncIteration>() {
            return Ok(Outcome::Success); // how an iterator ends
        }
        if let Some(ignore) = &self.ignore
            && ignore.matches(exception)?
        {
            return Ok(Outcome::Ignored);
        }
        let failed = self.failures.as_ref().map_or(Ok(true), |failures| failures.matches(exception))?;
        Ok(if failed { Outcome::Failure } else { Outcome::Success })
    }

    /// The verdict on a result.
    pub fn returned(&self, result: &Bound<'_, PyAny>) -> PyResult<Outcome> {
        let failed = match &self.result {
            Some(ask) => ask.bind(result.py()).call1((result,))?.is_truthy()?,
            None => false,
        };
        Ok(if failed { Outcome::Failure } else { Outcome::Success })
    }

    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let matchers = [&self.failures, &self.ignore];
        for object in matchers.into_iter().flatten().map(Matcher::object).chain(&self.result) {
            visit.call(object)?;
        }
        Ok(())
    }
}
