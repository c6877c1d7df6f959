//! A permit that can be moved into a task.

use crate::decision::{Outcome, Refusal};
use crate::gate::Gate;
use crate::host::classify::Classify;
use crate::host::clock::Clock;
use crate::host::held::{Held, Panicking};
use crate::time::{At, Nanos};
use std::fmt;

/// A [`Guard`](crate::Guard) that borrows nothing: one admitted call, to be moved into a task or a thread and reported
/// there, in whatever way it ends.
///
/// `G` is a gate of its own: an `Arc` of one, a `&'static` one, or a tuple of these. Dropped without a verdict, it
/// reports what a `Guard` would: a failure while its thread unwinds from a panic, else [`Outcome::Ignored`].
///
/// ```
/// use overcurrent::{Bulkhead, GateExt};
/// use std::sync::Arc;
/// let slots = Arc::new(Bulkhead::new(1).unwrap());
/// let guard = Arc::clone(&slots).guard_owned(1).unwrap();
/// let call = std::thread::spawn(move || guard.success());
/// call.join().unwrap();
/// assert_eq!(slots.in_flight(), 0);
/// ```
#[must_use = "a guard that is dropped at once reports an ignored call"]
pub struct OwnedGuard<G: Gate, C: Clock> {
    gate: G,
    clock: C,
    held: Option<Held<G::Permit>>,
    panicking: Panicking,
}

impl<G: Gate, C: Clock> OwnedGuard<G, C> {
    /// Asks `gate` for one call of weight `cost`.
    ///
    /// # Errors
    /// The gate's refusal.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, ManualClock, OwnedGuard};
    /// static SLOTS: Bulkhead = match Bulkhead::new(1) { Ok(slots) => slots, Err(_) => panic!() };
    /// let guard = OwnedGuard::enter(&SLOTS, ManualClock::new(), 1).unwrap();
    /// assert_eq!(SLOTS.in_flight(), 1);
    /// drop(guard);
    /// assert_eq!(SLOTS.in_flight(), 0);
    /// ```
    pub fn enter(gate: G, clock: C, cost: u32) -> Result<Self, Refusal> {
        let held = Some(Held::enter(&gate, &clock, cost)?);
        Ok(Self { gate, clock, held, panicking: Panicking::watch() })
    }

    /// Reports that the call worked.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateExt};
    /// # let slots = Bulkhead::new(1).unwrap();
    /// (&slots).guard_owned(1).unwrap().success();
    /// # assert_eq!(slots.in_flight(), 0);
    /// ```
    pub fn success(self) {
        self.finish(Outcome::Success);
    }

    /// Reports that the call failed in a way that counts.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateExt};
    /// # let slots = Bulkhead::new(1).unwrap();
    /// (&slots).guard_owned(1).unwrap().failure();
    /// # assert_eq!(slots.in_flight(), 0);
    /// ```
    pub fn failure(self) {
        self.finish(Outcome::Failure);
    }

    /// Reports that the call ended without a verdict.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateExt};
    /// # let slots = Bulkhead::new(1).unwrap();
    /// (&slots).guard_owned(1).unwrap().ignore();
    /// # assert_eq!(slots.in_flight(), 0);
    /// ```
    pub fn ignore(self) {
        self.finish(Outcome::Ignored);
    }

    /// Reports `outcome`.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateExt, Outcome};
    /// # let slots = Bulkhead::new(1).unwrap();
    /// (&slots).guard_owned(1).unwrap().finish(Outcome::Success);
    /// # assert_eq!(slots.in_flight(), 0);
    /// ```
    pub fn finish(mut self, outcome: Outcome) {
        if let Some(held) = self.held.take() {
            held.leave(&self.gate, &self.clock, outcome);
        }
    }

    /// Reports `outcome` of an answer that says to stay away for `wait`: see [`Gate::leave_and_hold`].
    ///
    /// ```
    /// use overcurrent::{Gcra, GateExt, Nanos, Outcome, Rate};
    /// let rate = Gcra::new(Rate::new(100, Nanos::SECOND).build().unwrap());
    /// (&rate).guard_owned(1).unwrap().finish_and_hold(Outcome::Failure, Nanos::from_secs(60));
    /// assert!((&rate).guard_owned(1).is_err());
    /// ```
    pub fn finish_and_hold(mut self, outcome: Outcome, wait: Nanos) {
        if let Some(held) = self.held.take() {
            held.leave_and_hold(&self.gate, &self.clock, outcome, wait);
        }
    }

    /// Reports what `classify` makes of `result`.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, ErrIsFailure, GateExt};
    /// # let slots = Bulkhead::new(1).unwrap();
    /// let guard = (&slots).guard_owned(1).unwrap();
    /// let result = "7".parse::<u8>();
    /// guard.report(&ErrIsFailure, &result);
    /// # assert_eq!(slots.in_flight(), 0);
    /// ```
    #[inline]
    pub fn report<T, E>(self, classify: &impl Classify<T, E>, result: &Result<T, E>) {
        // Both answers while the guard still holds the permit: a rule may panic.
        let (outcome, hold) = (classify.outcome(result), classify.hold_for(result));
        match hold {
            None => self.finish(outcome),
            Some(wait) => self.finish_and_hold(outcome, wait),
        }
    }

    /// Takes the admission back, because the call was never begun; see [`Guard::cancel`](crate::Guard::cancel).
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateExt};
    /// # let slots = Bulkhead::new(1).unwrap();
    /// (&slots).guard_owned(1).unwrap().cancel();
    /// # assert_eq!(slots.in_flight(), 0);
    /// ```
    pub fn cancel(mut self) {
        if let Some(held) = self.held.take() {
            self.gate.cancel(held.permit());
        }
    }

    /// Hands the gate, the permit and the time to `report`, which must give the permit back; see
    /// [`Guard::finish_with`](crate::Guard::finish_with).
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Gate, GateExt, Outcome};
    /// let slots = Bulkhead::new(1).unwrap();
    /// (&slots).guard_owned(1).unwrap().finish_with(|slots, permit, at| slots.leave(permit, Outcome::Failure, at));
    /// assert_eq!(slots.in_flight(), 0);
    /// ```
    pub fn finish_with(mut self, report: impl FnOnce(&G, G::Permit, At)) {
        if let Some(held) = self.held.take() {
            report(&self.gate, held.permit(), self.clock.now());
        }
    }
}

impl<G: Gate, C: Clock> Drop for OwnedGuard<G, C> {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            held.leave(&self.gate, &self.clock, self.panicking.outcome());
        }
    }
}

impl<G: Gate, C: Clock> fmt::Debug for OwnedGuard<G, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedGuard").finish_non_exhaustive()
    }
}
