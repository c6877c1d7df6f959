//! All gates off, for tests that are not about them.

use pyo3::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};

static OFF: AtomicU32 = AtomicU32::new(0);

/// Whether every gate lets every call through, untold.
#[inline]
pub fn off() -> bool {
    // Relaxed: it guards nothing but itself.
    OFF.load(Ordering::Relaxed) != 0
}

/// Switches off, and on again: they are on when both were said equally often.
#[pyfunction]
pub fn switch(off: bool) {
    if off {
        OFF.fetch_add(1, Ordering::Relaxed);
    } else {
        OFF.fetch_sub(1, Ordering::Relaxed);
    }
}

#[pyfunction]
pub fn is_off() -> bool {
    off()
}
