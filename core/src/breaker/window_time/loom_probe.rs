//! The window's operations for the models in `tests/loom`; no part of the interface.

use super::super::window::Mark;
use super::{Bucket, Slices, TimeWindow};

/// calls, failed, slow.
pub type Sums = (u32, u32, u32);

/// A window of `B` slices of one nanosecond: a time is a slice number.
pub struct Probe<const B: usize>(TimeWindow<[Bucket; B]>);

impl<const B: usize> Probe<B> {
    /// An empty window.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(TimeWindow::new())
    }

    fn slices() -> Slices {
        Slices { slice_ns: 1, buckets: (B & 0xffff) as u32 }
    }

    /// Records a failure or a success.
    pub fn record(&self, generation: u16, failed: bool, now: u64, is_current: impl Fn() -> bool) -> Option<Sums> {
        let mark = Mark { failed, slow: false };
        let totals = self.0.record(Self::slices(), generation, mark, now, is_current)?;
        Some((totals.calls, totals.failed, totals.slow))
    }

    /// Reads the sums.
    pub fn totals(&self, generation: u16, now: u64) -> Sums {
        let totals = self.0.totals(Self::slices(), generation, now);
        (totals.calls, totals.failed, totals.slow)
    }

    /// Starts a generation.
    pub fn bring_forward(&self, generation: u16, now: u64) {
        self.0.bring_forward(Self::slices(), generation, now);
    }
}
