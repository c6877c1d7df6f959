//! The order of those who wait for a slot.

use crate::decision::{Reason, Refusal};
use crate::host::wakers::Wakers;
use std::collections::BTreeMap;
use std::task::Waker;

pub(crate) struct Line<P> {
    arrivals: u64,
    waiting: BTreeMap<u64, Option<Waker>>,
    /// Slots that their new owners have not picked up yet, and refusals that nobody has heard yet.
    answered: BTreeMap<u64, Result<P, Refusal>>,
    pub(crate) wakers: Wakers,
}

impl<P> Line<P> {
    pub(crate) const fn new() -> Self {
        Self { arrivals: 0, waiting: BTreeMap::new(), answered: BTreeMap::new(), wakers: Wakers::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len().saturating_add(self.answered.len())
    }

    pub(crate) fn anybody_waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(crate) fn join(&mut self) -> u64 {
        self.arrivals = self.arrivals.wrapping_add(1); // 584 years at one a nanosecond
        self.waiting.insert(self.arrivals, None);
        self.arrivals
    }

    /// Gives what `ask` brings to those who wait, in order of arrival: slots, or the refusal that no slot will end.
    pub(crate) fn hand_out(&mut self, mut ask: impl FnMut() -> Result<P, Refusal>) {
        while let Some(first) = self.waiting.first_entry() {
            let answer = ask();
            if answer.as_ref().is_err_and(may_end_by_a_leave) {
                return;
            }
            let (ticket, waker) = first.remove_entry();
            self.answered.insert(ticket, answer);
            self.wakers.wake(waker);
        }
    }

    /// The answer, or `None` and a wake when there is one.
    pub(crate) fn turn(&mut self, ticket: u64, waker: &Waker) -> Option<Result<P, Refusal>> {
        if let Some(place) = self.waiting.get_mut(&ticket) {
            self.wakers.remember(place, waker);
            return None;
        }
        self.answered.remove(&ticket)
    }

    /// Gives the place up, and what was granted.
    pub(crate) fn leave(&mut self, ticket: u64) -> Option<P> {
        self.wakers.discard(self.waiting.remove(&ticket).flatten());
        self.answered.remove(&ticket)?.ok()
    }
}

/// Whether somebody who leaves may end this refusal. Otherwise time does, or a hand, or nothing.
pub(crate) fn may_end_by_a_leave(refusal: &Refusal) -> bool {
    refusal.retry_after.is_none() && !matches!(refusal.reason, Reason::ForcedOpen | Reason::CostExceedsBurst)
}
