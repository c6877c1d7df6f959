//! When to try again, and whether there is still something to try with.

use crate::errors::{invalid, wrong};
use crate::settings::fraction;
use crate::time::{HostClock, ManualClock, nanos, seconds};
use overcurrent::retry::{Backoff, BackoffConfig, Jitter};
use overcurrent::{Clock, RetryBudgetConfig};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The waits between attempts.
#[pyclass(frozen, module = "overcurrent._native")]
pub struct Delays(Backoff);

#[pymethods]
impl Delays {
    #[new]
    fn new(first: &Bound<'_, PyAny>, multiplier: f64, max: Option<&Bound<'_, PyAny>>, jitter: &str) -> PyResult<Self> {
        let milli = fraction("multiplier", multiplier, 1e3, 1.0, 1_000.0)?;
        let jitter = match jitter {
            "none" => Jitter::None,
            "full" => Jitter::Full,
            "equal" => Jitter::Equal,
            other => {
                let told = format!("jitter is {other:?}; allowed are 'none', 'full' and 'equal'");
                return Err(PyValueError::new_err(told));
            }
        };
        let mut config = BackoffConfig::exponential(nanos("first", first)?, milli).jitter(jitter);
        if let Some(max) = max {
            config = config.cap(nanos("max", max)?);
        }
        Ok(Self(config.build().map_err(wrong)?))
    }

    /// Seconds to wait after the `attempt`-th failure, unless the other side said `retry_after`.
    fn after(&self, attempt: u32, retry_after: Option<&Bound<'_, PyAny>>) -> PyResult<f64> {
        let told = retry_after.map(|wait| nanos("retry_after", wait)).transpose()?;
        Ok(seconds(self.0.delay(attempt, HostClock::Monotonic.now().random, told)))
    }
}

/// A share of calls that may be retried, for all retries that have it.
#[pyclass(frozen, module = "overcurrent")]
pub struct RetryBudget(overcurrent::RetryBudget, HostClock);

#[pymethods]
impl RetryBudget {
    #[new]
    #[pyo3(signature = (*, ratio = 0.2, min_per_second = 10, cap = None, clock = None))]
    fn new(
        ratio: f64,
        min_per_second: u32,
        cap: Option<u32>,
        clock: Option<&Bound<'_, ManualClock>>,
    ) -> PyResult<Self> {
        let ratio = fraction("ratio", ratio, 1e3, 0.0, 1_000.0)?;
        let mut config = RetryBudgetConfig::new().ratio(ratio).min_per_second(min_per_second);
        if let Some(cap) = cap {
            config = config.cap(cap);
        }
        Ok(Self(overcurrent::RetryBudget::new(config.build().map_err(invalid)?), HostClock::of(clock)))
    }

    /// Counts a call that may earn a retry.
    fn deposit(&self) {
        self.0.deposit(self.1.now().now);
    }

    /// Takes one retry, if there is one.
    fn try_withdraw(&self) -> bool {
        self.0.try_withdraw(self.1.now().now).is_ok()
    }

    /// Retries that could be made now.
    #[getter]
    fn available(&self) -> u32 {
        self.0.available(self.1.now().now)
    }
}
