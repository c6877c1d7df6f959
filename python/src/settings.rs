//! A breaker's settings, from keywords.

use crate::errors::{about, wrong};
use crate::time::{nanos, seconds};
use overcurrent::breaker::{HalfOpenEnd, OpenFor, TrialTimeout};
use overcurrent::{BreakerConfig, Nanos, Policy};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyString};

/// What a breaker remembers.
#[pyclass(frozen, eq, from_py_object, module = "overcurrent")]
#[derive(Clone, Copy, PartialEq)]
pub struct Window(overcurrent::Window);

#[pymethods]
impl Window {
    fn __repr__(&self) -> String {
        match self.0 {
            overcurrent::Window::Calls(n) => format!("last_calls({n})"),
            overcurrent::Window::Time { slice, buckets } => {
                format!("last_seconds({}, buckets={buckets})", seconds(slice) * f64::from(buckets))
            }
        }
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Remade<'py>> {
        match self.0 {
            overcurrent::Window::Calls(n) => remade(py, "last_calls", n, &[]),
            overcurrent::Window::Time { slice, buckets } => {
                let span = seconds(slice) * f64::from(buckets);
                remade(py, "last_seconds", span, &[("buckets", buckets.into_pyobject(py)?.into_any())])
            }
        }
    }
}

/// How an object is pickled: a function to call, and what with.
type Remade<'py> = (Bound<'py, PyAny>, (Bound<'py, PyAny>,));

/// By a call of the package's `function` with one positional argument and keywords.
fn remade<'py>(
    py: Python<'py>,
    function: &str,
    argument: impl IntoPyObject<'py, Error: Into<PyErr>>,
    keywords: &[(&str, Bound<'py, PyAny>)],
) -> PyResult<Remade<'py>> {
    let function = py.import("overcurrent")?.getattr(function)?;
    let keywords: Vec<_> = keywords.iter().map(|(key, value)| (*key, value)).collect();
    let function = py.import("functools")?.getattr("partial")?.call((function,), Some(&keywords.into_py_dict(py)?))?;
    Ok((function, (argument.into_bound_py_any(py)?,)))
}

/// The last `n` calls.
#[pyfunction]
pub fn last_calls(n: u32) -> Window {
    Window(overcurrent::Window::calls(n))
}

/// The calls of the last `seconds`, in buckets: one a second, at least 10 and at most 60, unless told otherwise.
#[pyfunction]
#[pyo3(signature = (seconds, *, buckets = None))]
pub fn last_seconds(seconds: &Bound<'_, PyAny>, buckets: Option<u32>) -> PyResult<Window> {
    let span = nanos("seconds", seconds)?;
    let usual = u32::try_from(span.as_secs_ceil()).unwrap_or(u32::MAX).clamp(10, 60);
    Ok(Window(overcurrent::Window::time(span, buckets.unwrap_or(usual))))
}

/// An open wait that grows.
#[pyclass(frozen, eq, from_py_object, module = "overcurrent")]
#[derive(Clone, Copy, PartialEq)]
pub struct Backoff {
    open_for: OpenFor,
    first: Nanos,
    multiplier: f64,
    max: Nanos,
    jitter: f64,
}

#[pymethods]
impl Backoff {
    fn __repr__(&self) -> String {
        let Self { multiplier, jitter, .. } = self;
        format!("backoff({}, multiplier={multiplier}, max={}, jitter={jitter})", seconds(self.first), seconds(self.max))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Remade<'py>> {
        let [multiplier, max, jitter] = [self.multiplier, seconds(self.max), self.jitter]
            .map(|value| pyo3::types::PyFloat::new(py, value).into_any());
        let keywords = [("multiplier", multiplier), ("max", max), ("jitter", jitter)];
        remade(py, "backoff", seconds(self.first), &keywords)
    }
}

/// `first` seconds, and after each trip in a row `multiplier` times as long, up to `max`; spread by `jitter` of itself.
#[pyfunction]
#[pyo3(signature = (first, *, multiplier = 2.0, max = None, jitter = 0.0))]
pub fn backoff(
    first: &Bound<'_, PyAny>,
    multiplier: f64,
    max: Option<&Bound<'_, PyAny>>,
    jitter: f64,
) -> PyResult<Backoff> {
    let (first, max) = (nanos("first", first)?, max.map_or(Ok(Nanos::HOUR), |max| nanos("max", max))?);
    let open_for = OpenFor::exponential(first, fraction("multiplier", multiplier, 1e3, 1.0, 1_000.0)?, max);
    let spread = fraction("jitter", jitter, 1e3, 0.0, 1.0)?;
    let open_for = open_for.jitter(u16::try_from(spread).unwrap_or(1_000));
    Ok(Backoff { open_for, first, multiplier, max, jitter })
}

/// An end for a half-open state that its trials do not bring.
#[pyclass(frozen, eq, from_py_object, module = "overcurrent")]
#[derive(Clone, Copy, PartialEq)]
pub struct Stay {
    stay: Nanos,
    then: HalfOpenEnd,
}

impl Stay {
    const fn then(&self) -> &'static str {
        match self.then {
            HalfOpenEnd::Open => "open",
            HalfOpenEnd::Closed => "closed",
        }
    }
}

#[pymethods]
impl Stay {
    fn __repr__(&self) -> String {
        format!("longest_stay({}, then={:?})", seconds(self.stay), self.then())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Remade<'py>> {
        let then = PyString::new(py, self.then()).into_any();
        remade(py, "longest_stay", seconds(self.stay), &[("then", then)])
    }
}

/// Leaves half-open after `seconds`, whatever was recorded, for `then`: `"open"` or `"closed"`.
#[pyfunction]
#[pyo3(signature = (seconds, *, then = "open"))]
pub fn longest_stay(seconds: &Bound<'_, PyAny>, then: &str) -> PyResult<Stay> {
    let then = match then {
        "open" => HalfOpenEnd::Open,
        "closed" => HalfOpenEnd::Closed,
        other => return Err(PyValueError::new_err(format!("then is {other:?}; allowed are 'open' and 'closed'"))),
    };
    Ok(Stay { stay: nanos("seconds", seconds)?, then })
}

pub fn fraction(what: &str, value: f64, parts: f64, min: f64, max: f64) -> PyResult<u32> {
    if !(min..=max).contains(&value) {
        return Err(PyValueError::new_err(format!("{what} is {value}; allowed are {min} to {max}")));
    }
    Ok((value * parts).round() as u32)
}

/// A share of calls, 0 < rate <= 1, in parts per 100,000.
fn share(what: &str, value: &Bound<'_, PyAny>) -> PyResult<u32> {
    let rate: f64 = value.extract()?;
    match fraction(what, rate, 1e5, 0.0, 1.0)? {
        0 => Err(PyValueError::new_err(format!("{what} is {rate}; allowed are 0.00001 to 1"))),
        rate => Ok(rate),
    }
}

/// Everything that can be set, as last set.
#[derive(Clone, Copy, PartialEq)]
pub struct Settings {
    window: overcurrent::Window,
    failure_rate: Option<u32>,
    min_calls: Option<u32>,
    slow_call: Option<Nanos>,
    slow_rate: Option<u32>,
    failure_count: u32,
    consecutive_failures: u32,
    open_for: OpenFor,
    trial_calls: u16,
    trial_min: Option<u16>,
    trial_timeout: TrialTimeout,
    auto_half_open: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: overcurrent::Window::calls(100),
            failure_rate: Some(50_000),
            min_calls: None,
            slow_call: None,
            slow_rate: None,
            failure_count: 0,
            consecutive_failures: 0,
            open_for: OpenFor::fixed(Nanos::from_secs(30)),
            trial_calls: 5,
            trial_min: None,
            trial_timeout: TrialTimeout::Lease(Nanos::MINUTE),
            auto_half_open: false,
        }
    }
}

impl Settings {
    /// The same with what `changes` says.
    pub fn with(mut self, changes: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        for (key, value) in changes.into_iter().flatten() {
            let key: String = key.extract()?;
            self.set(&key, &value).map_err(|error| about(&key, &value, error))?;
        }
        Ok(self)
    }

    fn set(&mut self, key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let given = (!value.is_none()).then_some(value);
        match key {
            "window" => self.window = value.extract::<Window>()?.0,
            "failure_rate" => self.failure_rate = given.map(|value| share(key, value)).transpose()?,
            "min_calls" => self.min_calls = value.extract()?,
            "slow_call" => self.slow_call = given.map(|value| nanos(key, value)).transpose()?,
            "slow_rate" => self.slow_rate = given.map(|value| share(key, value)).transpose()?,
            "failure_count" => self.failure_count = value.extract::<Option<u32>>()?.unwrap_or(0),
            "consecutive_failures" => self.consecutive_failures = value.extract::<Option<u32>>()?.unwrap_or(0),
            "open_for" => {
                self.open_for = match value.extract::<Backoff>() {
                    Ok(backoff) => backoff.open_for,
                    Err(_) => OpenFor::fixed(nanos(key, value)?),
                }
            }
            "trial_calls" => self.trial_calls = value.extract()?,
            "trial_min" => self.trial_min = value.extract()?,
            "trial_timeout" => {
                self.trial_timeout = match (given, value.extract::<Stay>()) {
                    (None, _) => TrialTimeout::Never,
                    (_, Ok(Stay { stay, then })) => TrialTimeout::Stay { stay, then },
                    (Some(value), Err(_)) => TrialTimeout::Lease(nanos(key, value)?),
                }
            }
            "auto_half_open" => self.auto_half_open = value.extract()?,
            _ => return Err(PyTypeError::new_err(format!("a breaker has no setting {key:?}"))),
        }
        Ok(())
    }

    pub fn build(&self) -> PyResult<Policy> {
        let mut config = BreakerConfig::new(self.window)
            .failure_count(self.failure_count)
            .consecutive_failures(self.consecutive_failures)
            .open_for(self.open_for)
            .trial_calls(self.trial_calls)
            .trial_timeout(self.trial_timeout)
            .auto_half_open(self.auto_half_open);
        config = match self.failure_rate {
            Some(rate) => config.failure_rate(rate),
            None => config.no_failure_rate(),
        };
        if let Some(calls) = self.min_calls {
            config = config.min_calls(calls);
        }
        if let Some(calls) = self.trial_min {
            config = config.trial_min(calls);
        }
        match (self.slow_call, self.slow_rate) {
            (Some(limit), rate) => config = config.slow_call(limit, rate.unwrap_or(100_000)),
            (None, Some(_)) => {
                return Err(PyValueError::new_err("slow_rate needs slow_call: from when a call is slow"));
            }
            (None, None) => {}
        }
        config.build().map_err(wrong)
    }

    /// Room for the outcomes: calls of the ring, slices of time.
    pub fn room(&self) -> (u32, u32) {
        let trials = u32::from(self.trial_calls);
        match self.window {
            overcurrent::Window::Calls(n) => (n.max(trials), 0),
            overcurrent::Window::Time { buckets, .. } => (trials, buckets),
        }
    }
}
