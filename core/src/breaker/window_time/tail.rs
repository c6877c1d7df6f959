//! The sums of all slices but the newest, kept so that a record costs the same for any number of buckets.

use super::head::Head;
use crate::breaker::window::Totals;
use crate::sync::{Acquire, AtomicU64, const_new};

/// Three cells: a count of 28 bits, a bit, and the 35-bit tag of the head and the read limit that they belong to.
///
/// Under one head and one limit every cell has only one possible value, since the slices are sealed before they are
/// summed. So it does not matter whose cells are found beside each other.
pub(super) struct Tail {
    /// The first cell's bit: some call failed or was slow. Without it the other two are neither read nor written.
    calls: AtomicU64,
    failed: AtomicU64,
    slow: AtomicU64,
}

const COUNT: u64 = (1 << 28) - 1;
const BAD: u64 = 1 << 28;
const TAG_SHIFT: u32 = 29;

impl Tail {
    const_new! {
        pub(super) fn new() -> Self {
            Self { calls: AtomicU64::new(0), failed: AtomicU64::new(0), slow: AtomicU64::new(0) }
        }
    }

    /// The sums, if they are known for `head` and `limit`.
    #[inline]
    pub(super) fn read(&self, head: Head, limit: usize) -> Option<Totals> {
        let tag = head.tail_tag(limit);
        // Acquire: the first cell was written after the other two.
        let calls = self.calls.load(Acquire);
        if calls >> TAG_SHIFT != tag {
            return None;
        }
        let sums = Totals { calls: (calls & COUNT) as u32, failed: 0, slow: 0 };
        if calls & BAD == 0 {
            return Some(sums);
        }
        let (failed, slow) = (self.failed.load(Acquire), self.slow.load(Acquire));
        if failed >> TAG_SHIFT != tag || slow >> TAG_SHIFT != tag {
            return None; // a newer head's, or another limit's
        }
        Some(Totals { failed: (failed & COUNT) as u32, slow: (slow & COUNT) as u32, ..sums })
    }

    /// The cells to write for these sums, in order, with their words.
    pub(super) fn words(&self, head: Head, limit: usize, sums: Totals) -> [Option<(&AtomicU64, u64)>; 3] {
        let tag = head.tail_tag(limit) << TAG_SHIFT;
        let calls = tag | u64::from(sums.calls) & COUNT;
        if sums.failed | sums.slow == 0 {
            return [None, None, Some((&self.calls, calls))];
        }
        [
            Some((&self.failed, tag | u64::from(sums.failed) & COUNT)),
            Some((&self.slow, tag | u64::from(sums.slow) & COUNT)),
            Some((&self.calls, calls | BAD)),
        ]
    }
}
