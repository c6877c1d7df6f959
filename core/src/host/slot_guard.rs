//! A bulkhead's slot in use, before a queue of others who want it.

use crate::decision::Outcome;
use crate::gate::Gate;
use crate::host::classify::Classify;
use crate::host::clock::Clock;
use crate::host::held::{Held, Panicking};
use crate::host::slots::Slots;
use crate::time::Nanos;
use std::fmt;

/// A slot in use; ended like a [`Guard`](crate::Guard), it goes to the next in the queue.
///
/// ```
/// use overcurrent::{Bulkhead, SlotGuard, Slots};
/// let slots = Slots::new(Bulkhead::new(1).unwrap());
/// let guard: SlotGuard<'_, _, _, _> = slots.try_enter().unwrap();
/// drop(guard); // an ignored call, or a failed one while panicking
/// assert_eq!(slots.gate().in_flight(), 0);
/// ```
#[must_use = "a guard that is dropped at once gives the slot back"]
pub struct SlotGuard<'a, G: Gate, C: Clock, T> {
    slots: &'a Slots<G, C, T>,
    held: Option<Held<G::Permit>>,
    panicking: Panicking,
}

impl<'a, G: Gate, C: Clock, T> SlotGuard<'a, G, C, T> {
    pub(super) fn new(slots: &'a Slots<G, C, T>, held: Held<G::Permit>) -> Self {
        Self { slots, held: Some(held), panicking: Panicking::watch() }
    }

    /// Reports that the call worked.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Slots};
    /// # let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// slots.try_enter().unwrap().success();
    /// ```
    pub fn success(self) {
        self.finish(Outcome::Success);
    }

    /// Reports that the call failed in a way that counts.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Slots};
    /// # let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// slots.try_enter().unwrap().failure();
    /// ```
    pub fn failure(self) {
        self.finish(Outcome::Failure);
    }

    /// Reports that the call ended without a verdict.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Slots};
    /// # let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// slots.try_enter().unwrap().ignore();
    /// ```
    pub fn ignore(self) {
        self.finish(Outcome::Ignored);
    }

    /// Reports `outcome`.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Outcome, Slots};
    /// # let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// slots.try_enter().unwrap().finish(Outcome::Ignored);
    /// ```
    pub fn finish(mut self, outcome: Outcome) {
        self.end(|held, slots| held.leave(&slots.gate, &slots.clock, outcome));
    }

    /// Reports `outcome` of an answer that says to stay away for `wait`: see [`Gate::leave_and_hold`].
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Gcra, Nanos, Outcome, Rate, Slots};
    /// let rate = Gcra::new(Rate::new(100, Nanos::SECOND).build().unwrap());
    /// let slots = Slots::new((Bulkhead::new(1).unwrap(), rate));
    /// slots.try_enter().unwrap().finish_and_hold(Outcome::Failure, Nanos::from_secs(60));
    /// assert!(slots.try_enter().is_err());
    /// ```
    pub fn finish_and_hold(mut self, outcome: Outcome, wait: Nanos) {
        self.end(|held, slots| held.leave_and_hold(&slots.gate, &slots.clock, outcome, wait));
    }

    /// Reports what `classify` makes of `result`.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, ErrIsFailure, Slots};
    /// # let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// let guard = slots.try_enter().unwrap();
    /// let result = "7".parse::<u8>();
    /// guard.report(&ErrIsFailure, &result);
    /// ```
    pub fn report<V, E>(self, classify: &impl Classify<V, E>, result: &Result<V, E>) {
        // Both answers while the guard still holds the slot: a rule may panic.
        let (outcome, hold) = (classify.outcome(result), classify.hold_for(result));
        match hold {
            None => self.finish(outcome),
            Some(wait) => self.finish_and_hold(outcome, wait),
        }
    }

    /// Takes the admission back, because the call was never begun; see [`Guard::cancel`](crate::Guard::cancel).
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Slots};
    /// # let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// slots.try_enter().unwrap().cancel();
    /// # assert_eq!(slots.gate().in_flight(), 0);
    /// ```
    pub fn cancel(mut self) {
        self.end(|held, slots| slots.gate.cancel(held.permit()));
    }

    /// Gives the slot back in one way or another, and on to the next.
    fn end(&mut self, how: impl FnOnce(Held<G::Permit>, &Slots<G, C, T>)) {
        if let Some(held) = self.held.take() {
            how(held, self.slots);
            self.slots.hand_out();
        }
    }
}

impl<G: Gate, C: Clock, T> Drop for SlotGuard<'_, G, C, T> {
    fn drop(&mut self) {
        let outcome = self.panicking.outcome();
        self.end(|held, slots| held.leave(&slots.gate, &slots.clock, outcome));
    }
}

impl<G: Gate, C: Clock, T> fmt::Debug for SlotGuard<'_, G, C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotGuard").finish_non_exhaustive()
    }
}
