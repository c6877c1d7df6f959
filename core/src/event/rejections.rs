//! Refusals of the state that a breaker is in.

use super::{Event, EventKind, Observer, sealed};
use crate::sync::{AtomicU64, Relaxed, const_new, mutated};

/// Counts the calls that a breaker refused in its present generation, in 8 bytes: Resilience4j's "not permitted calls",
/// which start from zero with each state.
///
/// ```
/// use overcurrent::{event::{Event, EventKind}, Nanos, Observer, Reason, Refusal, Rejections};
/// static REJECTIONS: Rejections = Rejections::new();
/// let refused = EventKind::Refused(Refusal::new(Reason::BreakerOpen, None));
/// REJECTIONS.observe(Event { at: Nanos::ZERO, generation: 7, kind: refused });
/// assert_eq!((REJECTIONS.of(7), REJECTIONS.of(8)), (1, 0));
/// ```
#[derive(Debug)]
pub struct Rejections {
    /// Count in the upper 48 bits, generation in the lower 16.
    word: AtomicU64,
}

const ONE: u64 = 1 << 16;

/// The word after a refusal in `generation`; `None` if that generation is over.
#[allow(clippy::cast_possible_truncation, reason = "masked")]
const fn step(word: u64, generation: u16) -> Option<u64> {
    let newer = generation.wrapping_sub((word & 0xffff) as u16);
    match newer {
        0 => Some(match word.checked_add(ONE) {
            Some(word) => word,
            None => word, // 2^48 refusals: it stays there
        }),
        // Nothing counted yet: any generation may be the first.
        _ if word < ONE => Some(ONE | generation as u64),
        // A straggler's. Only so few are taken for old, so that a count left behind for long starts again, and so that
        // the tiny breaker's eight bits may begin anew.
        0xffc0..=0xffff => None,
        _ => Some(ONE | generation as u64),
    }
}

impl Rejections {
    const_new! {
        /// None, in generation 0.
        #[allow(clippy::new_without_default, reason = "not const under the models")]
        pub fn new() -> Self {
            Self { word: AtomicU64::new(0) }
        }
    }

    /// The refusals in `generation` (as [`Metrics`](crate::breaker::Metrics) tells it); 0 if it is not the newest that
    /// refused.
    #[allow(clippy::cast_possible_truncation, reason = "masked")]
    pub fn of(&self, generation: u16) -> u64 {
        let word = self.word.load(Relaxed);
        if (word & 0xffff) as u16 == generation { word >> 16 } else { 0 }
    }

    /// Counts one refusal in `generation`, unless a newer one has refused since.
    #[inline]
    pub fn count(&self, generation: u16) {
        // Relaxed: one word, and nothing hangs on it.
        let mut word = self.word.load(Relaxed);
        while let Some(next) = step(word, generation) {
            if mutated("rejections_blind_store") {
                self.word.store(next, Relaxed);
                return;
            }
            match self.word.compare_exchange_weak(word, next, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(seen) => word = seen,
            }
        }
    }
}

impl sealed::Sealed for Rejections {}
impl Observer for Rejections {
    const LISTENS: bool = true;
    #[inline]
    fn observe(&self, event: Event) {
        if let EventKind::Refused(_) = event.kind {
            self.count(event.generation);
        }
    }
}
