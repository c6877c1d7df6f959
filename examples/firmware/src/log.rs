//! A log that cannot storm: four bytes for each place that writes, one line in ten minutes, three at once; how many were
//! held back is told with the next line.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use overcurrent::limit::{Gcra32Word, Quota32};

static LINES: Quota32 = crate::checked!(Quota32::new(1, 600_000, 3));
static WRITTEN: AtomicU32 = AtomicU32::new(0);
static HELD_BACK: AtomicU32 = AtomicU32::new(0);

/// One place in the code that logs.
pub struct Place {
    limiter: Gcra32Word,
    held_back: AtomicU32,
}

impl Place {
    pub const fn new() -> Self {
        Self { limiter: Gcra32Word::new(), held_back: AtomicU32::new(0) }
    }

    /// Whether to write now, and how many lines were not written before it.
    pub fn enter(&self, now: u32) -> Option<u32> {
        if self.limiter.try_acquire(&LINES, 1, now).is_err() {
            self.held_back.fetch_add(1, Relaxed);
            HELD_BACK.fetch_add(1, Relaxed);
            return None;
        }
        WRITTEN.fetch_add(1, Relaxed);
        Some(self.held_back.swap(0, Relaxed))
    }
}

pub fn written() -> u32 {
    WRITTEN.load(Relaxed)
}

pub fn held_back() -> u32 {
    HELD_BACK.load(Relaxed)
}

/// Logs a line, unless this place has logged enough.
macro_rules! limited {
    ($now:expr, $($format:tt)*) => {{
        static PLACE: $crate::log::Place = $crate::log::Place::new();
        if let Some(held_back) = PLACE.enter($now) {
            cortex_m_semihosting::hprint!($($format)*);
            cortex_m_semihosting::hprintln!("; {} such lines held back before", held_back);
        }
    }};
}
pub(crate) use limited;
