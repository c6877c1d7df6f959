//! Methods that do next to nothing, made as overcurrent's are: what cannot be faster.

use pyo3::prelude::*;
use std::time::Instant;

#[pyclass(frozen, module = "floor")]
struct Clock(Instant);

#[pymethods]
impl Clock {
    #[new]
    fn new() -> Self {
        Self(Instant::now())
    }

    fn nothing(&self) {}

    /// Reads the clock and says what it reads.
    fn read(&self) -> u64 {
        self.0.elapsed().as_nanos() as u64
    }

    /// Reads the clock and says yes or no.
    fn tick(&self) -> bool {
        !self.0.elapsed().is_zero()
    }
}

#[pymodule]
mod floor {
    #[pymodule_export]
    use super::Clock;
}
