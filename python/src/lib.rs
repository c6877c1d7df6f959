//! The Python binding: it translates, the engine decides.

mod alarm;
mod bell;
mod breaker;
mod bulkhead;
mod coroutine;
mod cycle;
mod errors;
mod events;
mod fork;
mod gates;
mod guard;
mod guarded;
mod heap;
mod limiter;
mod pipeline;
mod retry;
mod rules;
mod settings;
mod switch;
mod time;
mod trio;
mod try_acquire;
mod wait;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::alarm::{Alarm, ring_after};
    #[pymodule_export]
    use crate::breaker::{Breaker, Explanation, Stats};
    #[pymodule_export]
    use crate::bulkhead::Bulkhead;
    #[pymodule_export]
    use crate::cycle::CycleLimiter;
    #[pymodule_export]
    use crate::events::{Event, Subscription};
    #[pymodule_export]
    use crate::fork::salt;
    #[pymodule_export]
    use crate::guard::{Guard, Permit, Ready};
    #[pymodule_export]
    use crate::guarded::guarded;
    #[pymodule_export]
    use crate::limiter::{Peek, RateLimiter, Reservation};
    #[pymodule_export]
    use crate::pipeline::Pipeline;
    #[pymodule_export]
    use crate::retry::{Delays, RetryBudget};
    #[pymodule_export]
    use crate::settings::{Backoff, Stay, Window, backoff, last_calls, last_seconds, longest_stay};
    #[pymodule_export]
    use crate::switch::{is_off, switch};
    #[pymodule_export]
    use crate::time::ManualClock;
    #[pymodule_export]
    use crate::wait::Wait;

    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("Guarded", crate::guarded::create(module.py())?)?;
        module.add("Coroutine", crate::coroutine::create(module.py())?)?;
        crate::trio::watch();
        crate::try_acquire::install(module.py())?;
        crate::time::align(module.py())
    }
}
