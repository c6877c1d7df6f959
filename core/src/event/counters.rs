//! How often things happened.

use super::{Event, EventKind, Observer, sealed};
use crate::decision::Reason;
use crate::sync::{AtomicU64, Relaxed, cells, const_new};

/// Counts what the gates it is attached to refuse, and how often breakers trip, change state and are reset.
///
/// Readable at any time from anywhere; each number is exact, and numbers read one after the other may be of different
/// instants.
///
/// ```
/// use overcurrent::{Bulkhead, Counters, Gate, Nanos, Observed, Reason};
/// static COUNTERS: Counters = Counters::new();
/// let gate = Observed::new(Bulkhead::new(0).unwrap(), &COUNTERS);
/// assert!(gate.enter(1, Nanos::ZERO.into()).is_err());
/// assert_eq!(COUNTERS.get().refused(Reason::BulkheadFull), 1);
/// ```
#[derive(Debug)]
pub struct Counters {
    refused: [AtomicU64; Reason::ALL.len()],
    trips: AtomicU64,
    transitions: AtomicU64,
    resets: AtomicU64,
}

/// What [`Counters`] said when they were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    refused: [u64; Reason::ALL.len()],
    /// Rules met.
    pub trips: u64,
    /// Changes of state.
    pub transitions: u64,
    /// Resets by hand.
    pub resets: u64,
}

impl Counts {
    /// Calls refused for `reason`.
    pub fn refused(&self, reason: Reason) -> u64 {
        self.refused.get(reason as usize).copied().unwrap_or(0)
    }

    /// Calls refused for any reason.
    pub fn refusals(&self) -> u64 {
        self.refused.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }
}

impl Counters {
    const_new! {
        /// All zero.
        #[allow(clippy::new_without_default, reason = "not const under the models")]
        pub fn new() -> Self {
            Self {
                refused: cells![AtomicU64::new(0); Reason::ALL.len()],
                trips: AtomicU64::new(0),
                transitions: AtomicU64::new(0),
                resets: AtomicU64::new(0),
            }
        }
    }

    /// The numbers now.
    pub fn get(&self) -> Counts {
        let mut counts = Counts {
            trips: self.trips.load(Relaxed),
            transitions: self.transitions.load(Relaxed),
            resets: self.resets.load(Relaxed),
            ..Counts::default()
        };
        for (count, cell) in counts.refused.iter_mut().zip(&self.refused) {
            *count = cell.load(Relaxed);
        }
        counts
    }
}

impl sealed::Sealed for Counters {}
impl Observer for Counters {
    const LISTENS: bool = true;
    #[inline]
    fn observe(&self, event: Event) {
        let cell = match event.kind {
            EventKind::Refused(refusal) => self.refused.get(refusal.reason as usize),
            EventKind::Tripped(_) => Some(&self.trips),
            EventKind::Transition { .. } => Some(&self.transitions),
            EventKind::Reset => Some(&self.resets),
        };
        if let Some(cell) = cell {
            // Relaxed: a number, nothing hangs on it. It wraps after 2^64 events.
            cell.fetch_add(1, Relaxed);
        }
    }
}
