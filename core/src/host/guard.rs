//! A permit that cannot be lost.

use crate::decision::{Outcome, Refusal};
use crate::gate::Gate;
use crate::host::classify::Classify;
use crate::host::clock::Clock;
use crate::host::held::{Held, Panicking};
use crate::time::{At, Nanos};
use std::fmt;

/// One admitted call, reported when it ends in whatever way.
///
/// Say how it went with [`success`](Guard::success), [`failure`](Guard::failure) or [`ignore`](Guard::ignore). A guard
/// that is dropped without a verdict reports
///
/// * a **failure** if its thread is unwinding from a panic that began after the call was admitted;
/// * [`Outcome::Ignored`] otherwise: the function returned early, or the future was dropped. Slots and trial permits go
///   back, and nothing is recorded. A rate limiter keeps its charge, for the call may well have been sent: use
///   [`cancel`](Guard::cancel) if it was not.
///
/// The clock is read only if the gate says that it needs the time ([`Gate::needs_clock`]).
///
/// ```
/// use overcurrent::{Bulkhead, GateExt};
/// let slots = Bulkhead::new(1).unwrap();
/// let guard = slots.guard(1).unwrap();
/// assert!(slots.guard(1).is_err());
/// guard.success();
/// assert!(slots.guard(1).is_ok());
/// ```
#[must_use = "a guard that is dropped at once reports an ignored call"]
pub struct Guard<'a, G: Gate + ?Sized, C: Clock + ?Sized> {
    gate: &'a G,
    clock: &'a C,
    held: Option<Held<G::Permit>>,
    panicking: Panicking,
}

impl<'a, G: Gate + ?Sized, C: Clock + ?Sized> Guard<'a, G, C> {
    /// Asks `gate` for one call of weight `cost`.
    ///
    /// # Errors
    /// The gate's refusal.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Guard, ManualClock};
    /// let (slots, clock) = (Bulkhead::new(1).unwrap(), ManualClock::new());
    /// let guard = Guard::enter(&slots, &clock, 1).unwrap();
    /// assert_eq!(slots.in_flight(), 1);
    /// drop(guard);
    /// assert_eq!(slots.in_flight(), 0);
    /// ```
    #[inline]
    pub fn enter(gate: &'a G, clock: &'a C, cost: u32) -> Result<Self, Refusal> {
        let held = Some(Held::enter(gate, clock, cost)?);
        Ok(Self { gate, clock, held, panicking: Panicking::watch() })
    }

    /// Reports that the call worked.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateExt};
    /// # let slots = Bulkhead::new(1).unwrap();
    /// slots.guard(1).unwrap().success();
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
    /// slots.guard(1).unwrap().failure();
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
    /// slots.guard(1).unwrap().ignore();
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
    /// slots.guard(1).unwrap().finish(Outcome::Success);
    /// # assert_eq!(slots.in_flight(), 0);
    /// ```
    #[inline]
    pub fn finish(mut self, outcome: Outcome) {
        if let Some(held) = self.held.take() {
            held.leave(self.gate, self.clock, outcome);
        }
    }

    /// Reports `outcome` of an answer that says to stay away for `wait`: see [`Gate::leave_and_hold`].
    ///
    /// ```
    /// use overcurrent::{Gcra, GateExt, Nanos, Outcome, Rate};
    /// let rate = Gcra::new(Rate::new(100, Nanos::SECOND).build().unwrap());
    /// rate.guard(1).unwrap().finish_and_hold(Outcome::Failure, Nanos::from_secs(60));
    /// assert!(rate.guard(1).is_err());
    /// ```
    pub fn finish_and_hold(mut self, outcome: Outcome, wait: Nanos) {
        if let Some(held) = self.held.take() {
            held.leave_and_hold(self.gate, self.clock, outcome, wait);
        }
    }

    /// Reports what `classify` makes of `result`.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, ErrIsFailure, GateExt};
    /// # let slots = Bulkhead::new(1).unwrap();
    /// let guard = slots.guard(1).unwrap();
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

    /// Takes the admission back, because the call was never begun: also a rate limiter's charge, where nobody was
    /// promised a later permit since.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateExt};
    /// # let slots = Bulkhead::new(1).unwrap();
    /// slots.guard(1).unwrap().cancel();
    /// # assert_eq!(slots.in_flight(), 0);
    /// ```
    pub fn cancel(mut self) {
        if let Some(held) = self.held.take() {
            self.gate.cancel(held.permit());
        }
    }

    /// Hands the permit and the time to `report`, for what a guard does not know, such as a breaker's
    /// `leave_and_open_for`. `report` must give the permit back.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Gate, GateExt, Outcome};
    /// let slots = Bulkhead::new(1).unwrap();
    /// slots.guard(1).unwrap().finish_with(|permit, at| slots.leave(permit, Outcome::Failure, at));
    /// assert_eq!(slots.in_flight(), 0);
    /// ```
    pub fn finish_with(mut self, report: impl FnOnce(G::Permit, At)) {
        if let Some(held) = self.held.take() {
            report(held.permit(), self.clock.now());
        }
    }
}

impl<G: Gate + ?Sized, C: Clock + ?Sized> Drop for Guard<'_, G, C> {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            held.leave(self.gate, self.clock, self.panicking.outcome());
        }
    }
}

impl<G: Gate + ?Sized, C: Clock + ?Sized> fmt::Debug for Guard<'_, G, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}
