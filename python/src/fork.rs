//! What a forked process must not have in common with its parent.

use pyo3::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};

static SALT: AtomicU32 = AtomicU32::new(0);

/// Random bits that differ from the parent's: otherwise all workers of a server would wait for the same random times.
#[inline]
pub fn salted(random: u32) -> u32 {
    // Relaxed: written once, before the child has a second thread. 0 would mean: no random bits.
    (random ^ SALT.load(Ordering::Relaxed)).max(1)
}

#[pyfunction]
pub fn salt(random: u32) {
    SALT.store(random, Ordering::Relaxed);
}
