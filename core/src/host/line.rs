//! The order of those who wait for a slot.

use crate::host::wakers::Wakers;
use std::collections::BTreeMap;
use std::task::Waker;

pub(crate) struct Line<P> {
    arrivals: u64,
    waiting: BTreeMap<u64, Option<Waker>>,
    /// Slots that their new owners have not picked up yet.
    granted: BTreeMap<u64, P>,
    pub(crate) wakers: Wakers,
}

impl<P> Line<P> {
    pub(crate) const fn new() -> Self {
        Self { arrivals: 0, waiting: BTreeMap::new(), granted: BTreeMap::new(), wakers: Wakers::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len().saturating_add(self.granted.len())
    }

    pub(crate) fn anybody_waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(crate) fn join(&mut self) -> u64 {
        self.arrivals = self.arrivals.wrapping_add(1); // 584 years at one a nanosecond
        self.waiting.insert(self.arrivals, None);
        self.arrivals
    }

    /// Gives what `ask` brings to those who wait, in order of arrival.
    pub(crate) fn hand_out(&mut self, mut ask: impl FnMut() -> Option<P>) {
        while let Some(first) = self.waiting.first_entry() {
            let Some(permit) = ask() else { return };
            let (ticket, waker) = first.remove_entry();
            self.granted.insert(ticket, permit);
            self.wakers.wake(waker);
        }
    }

    /// What was granted, or `None` and a wake when there is something.
    pub(crate) fn turn(&mut self, ticket: u64, waker: &Waker) -> Option<P> {
        if let Some(place) = self.waiting.get_mut(&ticket) {
            self.wakers.remember(place, waker);
            return None;
        }
        self.granted.remove(&ticket)
    }

    /// Gives the place up, and what was granted.
    pub(crate) fn leave(&mut self, ticket: u64) -> Option<P> {
        self.wakers.discard(self.waiting.remove(&ticket).flatten());
        self.granted.remove(&ticket)
    }
}
