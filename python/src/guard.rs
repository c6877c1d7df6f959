//! What a breaker, a bulkhead and a pipeline have in common: a permit before a call, a verdict after it.

use crate::breaker::BreakerCore;
use crate::bulkhead::BulkheadCore;
use crate::gates::Permits;
use crate::heap::undisturbed;
use crate::pipeline::PipelineCore;
use crate::rules::Rules;
use crate::switch::off;
use crate::time::nanos;
use crate::trio;
use crate::wait::Waiting;
use overcurrent::{Bulkhead, Gate, Nanos, Outcome};
use pyo3::exceptions::{PyRuntimeError, PyStopIteration};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use std::sync::{Arc, Mutex, PoisonError};

/// The gate of a guard. Python's objects hold guards, not cores, so that the collector sees all their references.
pub enum Target {
    Breaker(Arc<BreakerCore>),
    Bulkhead(Arc<BulkheadCore>),
    Pipeline(PipelineCore),
}

/// What was taken for one call.
pub enum Token {
    Breaker {
        permit: overcurrent::Permit,
        /// Whether the entry knew the time.
        timed: bool,
    },
    Slot(<Bulkhead as Gate>::Permit),
    Pipeline(Permits),
    /// A slot that was waited for: goes back when this is dropped.
    Waited(Waiting),
    /// Nothing: the gates are switched off.
    Nothing,
}

impl Target {
    /// `guard` is the object that this is the gate of.
    #[inline]
    fn enter(&self, guard: &Bound<'_, Guard>) -> PyResult<Token> {
        match self {
            _ if off() => Ok(Token::Nothing),
            Self::Breaker(breaker) => breaker.admit(guard),
            Self::Bulkhead(bulkhead) => bulkhead.enter(guard),
            Self::Pipeline(pipeline) => pipeline.enter(guard.py()),
        }
    }

    /// `hold`: how long the other side asked not to be called.
    #[inline]
    pub fn leave(&self, py: Python<'_>, token: Token, outcome: Outcome, hold: Option<Nanos>) {
        // Not by both at once: that would move the token once more.
        match token {
            Token::Breaker { permit, timed } => {
                if let Self::Breaker(breaker) = self {
                    breaker.report(py, permit, timed, outcome, hold);
                }
            }
            Token::Slot(slot) => {
                if let Self::Bulkhead(bulkhead) = self {
                    bulkhead.leave(slot);
                }
            }
            Token::Pipeline(permits) => {
                if let Self::Pipeline(pipeline) = self {
                    pipeline.leave(py, permits, outcome, hold);
                }
            }
            Token::Waited(waiting) => drop(waiting),
            Token::Nothing => {}
        }
    }

    fn rules(&self) -> &Rules {
        static NONE: Rules = Rules::none();
        match self {
            Self::Breaker(breaker) => &breaker.rules,
            Self::Bulkhead(_) => &NONE,
            Self::Pipeline(pipeline) => pipeline.rules(),
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Breaker(breaker) => &breaker.label,
            Self::Bulkhead(bulkhead) => &bulkhead.name,
            Self::Pipeline(pipeline) => &pipeline.name,
        }
    }

    #[inline]
    pub fn returned(&self, py: Python<'_>, token: Token, result: &Bound<'_, PyAny>) -> PyResult<()> {
        let verdict = self.rules().returned(result);
        self.leave(py, token, *verdict.as_ref().unwrap_or(&Outcome::Ignored), None);
        verdict.map(|_| ())
    }

    pub fn raised(&self, py: Python<'_>, token: Token, exception: &Bound<'_, PyAny>) -> PyResult<()> {
        let verdict = self.rules().raised(exception);
        self.leave(py, token, *verdict.as_ref().unwrap_or(&Outcome::Ignored), None);
        verdict.map(|_| ())
    }
}

#[pyclass(frozen, subclass, module = "overcurrent._native")]
pub struct Guard(pub Target);

impl Guard {
    /// Takes what one call needs.
    #[inline]
    pub fn admit(guard: &Bound<'_, Self>) -> PyResult<Token> {
        guard.get().0.enter(guard)
    }
}

#[pymethods]
impl Guard {
    /// Its name in errors.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// A permit for one call, to be used by `with` or `async with`, which ask for it.
    fn permit(slf: Bound<'_, Self>) -> PyResult<Py<Permit>> {
        let py = slf.py();
        Py::new(py, Permit { guard: slf.unbind(), stage: Mutex::new(Stage::New) })
    }

    /// Takes a permit, to be given back by `success`, `fail` or `ignore`.
    fn enter(slf: Bound<'_, Self>) -> PyResult<Py<Permit>> {
        let token = Self::admit(&slf)?;
        Permit::held(slf, token)
    }

    /// Calls `function` through the guard.
    #[pyo3(signature = (function, /, *args, **kwargs))]
    fn call<'py>(
        slf: &Bound<'py, Self>,
        function: &Bound<'py, PyAny>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let target = &slf.get().0;
        let token = Self::admit(slf)?;
        match function.call(args, kwargs) {
            Ok(result) => {
                target.returned(py, token, &result)?;
                Ok(result)
            }
            Err(error) => {
                target.raised(py, token, error.value(py).as_any())?;
                Err(error)
            }
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.0 {
            Target::Breaker(breaker) => breaker.traverse(&visit),
            Target::Bulkhead(_) => Ok(()),
            Target::Pipeline(pipeline) => pipeline.traverse(&visit),
        }
    }

    fn __clear__(&self) {
        if let Target::Breaker(breaker) = &self.0 {
            breaker.forget_listeners();
        }
    }
}

enum Stage {
    New,
    Held(Token),
    Over,
}

/// Leave for one call.
#[pyclass(frozen, module = "overcurrent")]
pub struct Permit {
    guard: Py<Guard>,
    stage: Mutex<Stage>,
}

impl Permit {
    pub fn held(guard: Bound<'_, Guard>, token: Token) -> PyResult<Py<Self>> {
        let py = guard.py();
        Py::new(py, Self { guard: guard.unbind(), stage: Mutex::new(Stage::Held(token)) })
    }

    #[inline]
    fn target(&self) -> &Target {
        &self.guard.get().0
    }

    fn take(&self) -> Option<Token> {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*stage, Stage::New) {
            return None;
        }
        match std::mem::replace(&mut *stage, Stage::Over) {
            Stage::Held(token) => Some(token),
            Stage::New | Stage::Over => None,
        }
    }

    fn report(&self, py: Python<'_>, outcome: Outcome, hold: Option<Nanos>) -> PyResult<()> {
        let token =
            self.take().ok_or_else(|| PyRuntimeError::new_err("this permit is not held: not entered, or over"))?;
        self.target().leave(py, token, outcome, hold);
        Ok(())
    }

    fn begin(&self, py: Python<'_>) -> PyResult<()> {
        let stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        match *stage {
            Stage::Held(_) => return Ok(()),
            Stage::Over => return Err(PyRuntimeError::new_err("a permit is for one call; ask for another one")),
            Stage::New => drop(stage),
        }
        let token = Guard::admit(self.guard.bind(py))?; // outside the lock: listeners run
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *stage, Stage::Held(token));
        drop(stage);
        drop(before);
        Ok(())
    }

    fn end(&self, py: Python<'_>, exception: &Bound<'_, PyAny>) -> PyResult<()> {
        match self.take() {
            None => Ok(()), // it has its verdict
            Some(token) if exception.is_none() => self.target().returned_nothing(py, token),
            Some(token) => self.target().raised(py, token, exception),
        }
    }
}

impl Target {
    fn returned_nothing(&self, py: Python<'_>, token: Token) -> PyResult<()> {
        self.leave(py, token, Outcome::Success, None);
        Ok(())
    }
}

#[pymethods]
impl Permit {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.guard)
    }

    fn __enter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        slf.get().begin(slf.py())?;
        Ok(slf.clone())
    }

    #[pyo3(signature = (kind, exception, traceback, /))]
    fn __exit__(
        &self,
        kind: &Bound<'_, PyAny>,
        exception: &Bound<'_, PyAny>,
        traceback: &Bound<'_, PyAny>,
    ) -> PyResult<bool> {
        let _ = (kind, traceback);
        self.end(exception.py(), exception)?;
        Ok(false)
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        if trio::asks(py) {
            static ENTER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            return ENTER.import(py, "overcurrent._trio", "enter")?.call1((slf,));
        }
        slf.get().begin(py)?;
        Ok(Bound::new(py, Ready(slf.clone().into_any().unbind()))?.into_any())
    }

    #[pyo3(signature = (kind, exception, traceback, /))]
    fn __aexit__(
        &self,
        kind: &Bound<'_, PyAny>,
        exception: &Bound<'_, PyAny>,
        traceback: &Bound<'_, PyAny>,
    ) -> PyResult<Ready> {
        let _ = (kind, traceback);
        self.end(exception.py(), exception)?;
        Ok(Ready(exception.py().None()))
    }

    /// The call went well.
    fn success(&self, py: Python<'_>) -> PyResult<()> {
        self.report(py, Outcome::Success, None)
    }

    /// `retry_after`: for so long the other side asked not to be called; the breaker opens for it.
    #[pyo3(signature = (*, retry_after = None))]
    fn fail(&self, py: Python<'_>, retry_after: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let hold = retry_after.map(|wait| nanos("retry_after", wait)).transpose()?;
        self.report(py, Outcome::Failure, hold)
    }

    /// The call says nothing about the other side.
    fn ignore(&self, py: Python<'_>) -> PyResult<()> {
        self.report(py, Outcome::Ignored, None)
    }

    /// The verdict by the guard's rules: on what was returned.
    fn returned(&self, result: &Bound<'_, PyAny>) -> PyResult<()> {
        match self.take() {
            None => Ok(()),
            Some(token) => self.target().returned(result.py(), token, result),
        }
    }

    /// The verdict by the guard's rules: on what was raised.
    fn raised(&self, exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.end(exception.py(), exception)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(token) = self.take() {
            // Dropped without a verdict: taken back. `None` only when the interpreter is going down.
            let _ = Python::try_attach(|py| {
                undisturbed(py, || self.target().leave(py, token, Outcome::Ignored, None));
            });
        }
    }
}

/// An awaitable that has its answer already.
#[pyclass(frozen, module = "overcurrent._native")]
pub struct Ready(Py<PyAny>);

#[pymethods]
impl Ready {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.0)
    }

    fn __await__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python) -> PyResult<()> {
        Err(PyStopIteration::new_err((self.0.clone_ref(py),)))
    }
}
