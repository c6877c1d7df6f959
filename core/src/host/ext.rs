//! `breaker.call(|| ...)` on every gate.

use crate::decision::Refusal;
use crate::gate::Gate;
use crate::host::call::Protected;
use crate::host::call_error::CallError;
use crate::host::clock::MonotonicClock;
use crate::host::guard::Guard;
use crate::host::owned::OwnedGuard;
use std::future::Future;

/// Calls through a gate on the system's monotonic clock: breakers, limiters, bulkheads and tuples of them.
///
/// `Err` counts as a failure, a panic too. For other rules, another clock or a weight per call see [`Protected`].
///
/// ```
/// use overcurrent::{Bulkhead, GateExt};
/// static SLOTS: Bulkhead = match Bulkhead::new(8) { Ok(slots) => slots, Err(_) => panic!() };
/// assert_eq!(SLOTS.call(|| "7".parse::<u8>()), Ok(7));
/// ```
pub trait GateExt: Gate {
    /// Makes one call, if the gate allows it.
    ///
    /// # Errors
    /// The gate's refusal, or the call's own error.
    ///
    /// ```
    /// use overcurrent::{BreakerConfig, CountBreaker, GateExt, Window};
    /// let breaker = CountBreaker::<1>::new(BreakerConfig::new(Window::calls(2)).build().unwrap()).unwrap();
    /// for _ in 0..2 {
    ///     let _ = breaker.call(|| "seven".parse::<u8>());
    /// }
    /// let error = breaker.call(|| "7".parse::<u8>()).unwrap_err(); // open: not called
    /// assert!(error.retry_after().is_some());
    /// ```
    fn call<T, E>(&self, f: impl FnOnce() -> Result<T, E>) -> Result<T, CallError<E>> {
        Protected::new(self).call(f)
    }

    /// Makes one async call, if the gate allows it: asked at the first poll, given back if the future is dropped.
    ///
    /// # Errors
    /// The gate's refusal, or the call's own error.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateExt};
    /// # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let slots = Bulkhead::new(8).unwrap();
    /// assert_eq!(slots.call_async(async || Ok::<_, ()>(7)).await, Ok(7));
    /// # });
    /// ```
    fn call_async<T, E, F>(&self, f: impl FnOnce() -> F) -> impl Future<Output = Result<T, CallError<E>>>
    where
        F: Future<Output = Result<T, E>>,
    {
        async move { Protected::new(self).call_async(f).await }
    }

    /// Asks for one call of weight `cost` and leaves it to the caller to say how it went.
    ///
    /// # Errors
    /// The gate's refusal.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateExt};
    /// let slots = Bulkhead::new(8).unwrap();
    /// slots.guard(1).unwrap().success();
    /// ```
    fn guard(&self, cost: u32) -> Result<Guard<'_, Self, MonotonicClock>, Refusal> {
        Guard::enter(self, &MonotonicClock, cost)
    }

    /// [`guard`](Self::guard) that keeps the gate itself: for an `Arc` or a `&'static` gate and a call that is made in
    /// another task or thread.
    ///
    /// # Errors
    /// The gate's refusal.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, GateExt};
    /// use std::sync::Arc;
    /// let slots = Arc::new(Bulkhead::new(8).unwrap());
    /// let guard = Arc::clone(&slots).guard_owned(1).unwrap();
    /// std::thread::spawn(move || guard.success()).join().unwrap();
    /// assert_eq!(slots.in_flight(), 0);
    /// ```
    fn guard_owned(self, cost: u32) -> Result<OwnedGuard<Self, MonotonicClock>, Refusal>
    where
        Self: Sized,
    {
        OwnedGuard::enter(self, MonotonicClock, cost)
    }

    /// `f`, protected.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateExt};
    /// let slots = Bulkhead::new(8).unwrap();
    /// let parse = slots.decorate(str::parse::<u8>);
    /// assert_eq!(parse("7"), Ok(7));
    /// ```
    fn decorate<A, T, E>(&self, f: impl Fn(A) -> Result<T, E>) -> impl Fn(A) -> Result<T, CallError<E>> {
        move |argument| self.call(|| f(argument))
    }

    /// This gate as a [`Protected`], to choose clock, weight and rules.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateExt, ManualClock};
    /// let slots = Bulkhead::new(8).unwrap();
    /// let api = slots.protected().with_clock(ManualClock::new()).with_cost(2);
    /// assert_eq!(api.call(|| "7".parse::<u8>()), Ok(7));
    /// ```
    fn protected(&self) -> Protected<&Self> {
        Protected::new(self)
    }
}

impl<G: Gate + ?Sized> GateExt for G {}
