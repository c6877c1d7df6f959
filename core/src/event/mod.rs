//! What happened, recorded without allocation and only where somebody attached an observer.

#[cfg(feature = "wide")]
mod counters;
#[cfg(feature = "wide")]
mod journal;
#[cfg(feature = "wide")]
mod observed;
#[cfg(feature = "wide")]
mod rejections;
#[cfg(feature = "wide")]
mod words;

#[cfg(feature = "wide")]
pub use counters::{Counters, Counts};
#[cfg(feature = "wide")]
pub use journal::{Journal, JournalWords, Slot as JournalSlot};
#[cfg(feature = "wide")]
pub use observed::Observed;
#[cfg(feature = "wide")]
pub use rejections::Rejections;

use crate::breaker::{State, Trip};
use crate::decision::Refusal;
use crate::time::Nanos;

/// One thing that happened to a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The time at which it took effect: the caller's `now`, or the exact deadline of something that had become due.
    pub at: Nanos,
    /// The breaker's generation after the event, 0 for gates that have none.
    pub generation: u16,
    /// What it was.
    pub kind: EventKind,
}

/// The kinds of [`Event`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// A call was refused.
    Refused(Refusal),
    /// A breaker's rule was met: published before the transition it causes, and once per stay in `METRICS_ONLY`.
    Tripped(Trip),
    /// A breaker moved from one state to another.
    Transition {
        /// The state it left.
        from: State,
        /// The state it entered.
        to: State,
    },
    /// A breaker was reset by hand.
    Reset,
}

/// Where a machine's events go. `()` for nowhere, which costs nothing; a journal, counters, or a pair of observers.
///
/// Sealed: a gate never calls foreign code.
pub trait Observer: sealed::Sealed {
    /// Whether anything listens; `false` lets the compiler drop the making of events.
    const LISTENS: bool;
    /// Takes note of one event.
    fn observe(&self, event: Event);
}

pub(crate) mod sealed {
    /// Keeps [`Observer`](super::Observer) ours.
    pub trait Sealed {}
}

impl sealed::Sealed for () {}
impl Observer for () {
    const LISTENS: bool = false;
    #[inline(always)]
    fn observe(&self, _: Event) {}
}

impl<O: Observer + ?Sized> sealed::Sealed for &O {}
impl<O: Observer + ?Sized> Observer for &O {
    const LISTENS: bool = O::LISTENS;
    #[inline]
    fn observe(&self, event: Event) {
        (**self).observe(event);
    }
}

impl<O: Observer> sealed::Sealed for Option<O> {}
impl<O: Observer> Observer for Option<O> {
    const LISTENS: bool = O::LISTENS;
    #[inline]
    fn observe(&self, event: Event) {
        if let Some(observer) = self {
            observer.observe(event);
        }
    }
}

impl<A: Observer, B: Observer> sealed::Sealed for (A, B) {}
impl<A: Observer, B: Observer> Observer for (A, B) {
    const LISTENS: bool = A::LISTENS || B::LISTENS;
    #[inline]
    fn observe(&self, event: Event) {
        self.0.observe(event);
        self.1.observe(event);
    }
}
