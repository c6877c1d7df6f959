//! Calling through a gate.

use crate::decision::{Outcome, Refusal};
use crate::gate::Gate;
use crate::host::call_error::CallError;
use crate::host::classify::{Classify, ErrIsFailure, ForErr, ForOk, HoldFor};
use crate::host::clock::{Clock, MonotonicClock};
use crate::host::guard::Guard;
use crate::host::owned::OwnedGuard;
use crate::time::Nanos;
use std::future::Future;

/// A gate with a clock and a rule for results: what calls are made through.
///
/// `G` may be a gate, a reference or an `Arc` of one, or a tuple of them. The same value serves sync and
/// async calls, from any number of threads.
///
/// A panic inside the call counts as a failure, releases the permit and goes on unwinding. A future that is dropped
/// before its end is no failure; see [`Guard`].
///
/// ```
/// use overcurrent::{Bulkhead, CallError, Protected};
/// static SLOTS: Bulkhead = match Bulkhead::new(8) { Ok(slots) => slots, Err(_) => panic!() };
///
/// let api = Protected::new(&SLOTS)
///     .failure_ok(|status: &u16| *status >= 500)
///     .ignore_err(|error: &std::io::Error| error.kind() == std::io::ErrorKind::Interrupted);
/// match api.call(|| Ok::<u16, std::io::Error>(200)) {
///     Ok(status) => assert_eq!(status, 200),
///     Err(CallError::Refused(refusal)) => println!("come back after {:?}", refusal.retry_after),
///     Err(CallError::Failed(error)) => println!("{error}"),
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Protected<G, C = MonotonicClock, K = ErrIsFailure> {
    gate: G,
    clock: C,
    classify: K,
    cost: u32,
}

impl<G: Gate> Protected<G> {
    /// Calls through `gate`, on the system's monotonic clock; `Err` is a failure.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Protected};
    /// let api = Protected::new(Bulkhead::new(8).unwrap());
    /// assert_eq!(api.call(|| "7".parse::<u8>()), Ok(7));
    /// ```
    pub const fn new(gate: G) -> Self {
        Self { gate, clock: MonotonicClock, classify: ErrIsFailure, cost: 1 }
    }
}

impl<G: Gate, C: Clock, K> Protected<G, C, K> {
    /// The same on another clock.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, ManualClock, Protected};
    /// let api = Protected::new(Bulkhead::new(8).unwrap()).with_clock(ManualClock::new());
    /// # api.call(|| Ok::<_, ()>(())).unwrap();
    /// ```
    pub fn with_clock<D: Clock>(self, clock: D) -> Protected<G, D, K> {
        Protected { gate: self.gate, clock, classify: self.classify, cost: self.cost }
    }

    /// The weight of each call (1 if not set): what limiters charge.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Protected};
    /// let api = Protected::new(Bulkhead::new(8).unwrap()).with_cost(5);
    /// # api.call(|| Ok::<_, ()>(())).unwrap();
    /// ```
    #[must_use]
    pub fn with_cost(self, cost: u32) -> Self {
        Self { cost, ..self }
    }

    /// Another rule for all results, in place of those given so far.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Outcome, Protected};
    /// let api = Protected::new(Bulkhead::new(8).unwrap()).classify(|result: &Result<u16, ()>| match result {
    ///     Ok(500..) | Err(()) => Outcome::Failure,
    ///     Ok(_) => Outcome::Success,
    /// });
    /// assert_eq!(api.call(|| Ok(503)), Ok(503)); // reported as a failure, handed on as it is
    /// ```
    pub fn classify<T, E, F>(self, classify: F) -> Protected<G, C, F>
    where
        F: Fn(&Result<T, E>) -> Outcome,
    {
        self.with_classifier(classify)
    }

    /// Errors that match say nothing about the other side. Rules are asked from the last added to the first.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Protected};
    /// let api = Protected::new(Bulkhead::new(8).unwrap()).ignore_err(|status: &u16| *status == 404);
    /// # api.call(|| Err::<(), _>(404)).unwrap_err();
    /// ```
    pub fn ignore_err<E, P: Fn(&E) -> bool>(self, matches: P) -> Protected<G, C, ForErr<K, P>> {
        self.map_classifier(|inner| ForErr::new(inner, matches, Outcome::Ignored))
    }

    /// Errors that match are successes: the other side did its work.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Protected};
    /// let api = Protected::new(Bulkhead::new(8).unwrap()).success_err(|status: &u16| *status < 500);
    /// # api.call(|| Err::<(), _>(404)).unwrap_err();
    /// ```
    pub fn success_err<E, P: Fn(&E) -> bool>(self, matches: P) -> Protected<G, C, ForErr<K, P>> {
        self.map_classifier(|inner| ForErr::new(inner, matches, Outcome::Success))
    }

    /// Values that match are failures.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Protected};
    /// let api = Protected::new(Bulkhead::new(8).unwrap()).failure_ok(|status: &u16| *status >= 500);
    /// # api.call(|| Ok::<_, ()>(503)).unwrap();
    /// ```
    pub fn failure_ok<T, P: Fn(&T) -> bool>(self, matches: P) -> Protected<G, C, ForOk<K, P>> {
        self.map_classifier(|inner| ForOk::new(inner, matches, Outcome::Failure))
    }

    /// Values that match say nothing about the other side.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Protected};
    /// let api = Protected::new(Bulkhead::new(8).unwrap()).ignore_ok(|status: &u16| *status == 404);
    /// # api.call(|| Ok::<_, ()>(404)).unwrap();
    /// ```
    pub fn ignore_ok<T, P: Fn(&T) -> bool>(self, matches: P) -> Protected<G, C, ForOk<K, P>> {
        self.map_classifier(|inner| ForOk::new(inner, matches, Outcome::Ignored))
    }

    /// Results for which `hold_for` gives a time say to stay away for so long: a server's Retry-After. A closed breaker
    /// then opens for it, a [`Gcra`](crate::Gcra) limiter holds everything back; see [`Gate::leave_and_hold`]. Whether
    /// the call failed is for the other rules.
    ///
    /// ```
    /// use overcurrent::{BreakerConfig, CallError, CountBreaker, Nanos, Protected, Window};
    /// #[derive(Debug)]
    /// struct Answer {
    ///     status: u16,
    ///     retry_after: Option<Nanos>,
    /// }
    /// let breaker = CountBreaker::<1>::new(BreakerConfig::new(Window::calls(10)).build()?)?;
    /// let api = Protected::new(breaker)
    ///     .failure_ok(|answer: &Answer| answer.status >= 500)
    ///     .hold_for(|result: &Result<Answer, ()>| result.as_ref().ok()?.retry_after);
    ///
    /// let send = || Ok(Answer { status: 503, retry_after: Some(Nanos::from_secs(60)) });
    /// assert_eq!(api.call(send).unwrap().status, 503);
    /// assert!(matches!(api.call(send), Err(CallError::Refused(_)))); // one answer was enough
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hold_for<T, E, H>(self, hold_for: H) -> Protected<G, C, HoldFor<K, H>>
    where
        H: Fn(&Result<T, E>) -> Option<Nanos>,
    {
        self.map_classifier(|inner| HoldFor::new(inner, hold_for))
    }

    /// Another [`Classify`], in place of the rules given so far.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, ErrIsFailure, Protected};
    /// let api = Protected::new(Bulkhead::new(8).unwrap()).with_classifier(ErrIsFailure);
    /// # api.call(|| Ok::<_, ()>(())).unwrap();
    /// ```
    pub fn with_classifier<F>(self, classify: F) -> Protected<G, C, F> {
        self.map_classifier(|_| classify)
    }

    fn map_classifier<F>(self, f: impl FnOnce(K) -> F) -> Protected<G, C, F> {
        Protected { gate: self.gate, clock: self.clock, classify: f(self.classify), cost: self.cost }
    }

    #[cfg(feature = "tower")]
    pub(crate) const fn classifier(&self) -> &K {
        &self.classify
    }

    /// The gate.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Protected};
    /// let api = Protected::new(Bulkhead::new(8).unwrap());
    /// assert_eq!(api.gate().in_flight(), 0);
    /// ```
    pub const fn gate(&self) -> &G {
        &self.gate
    }

    /// Asks for one call and leaves it to the caller to say how it went.
    ///
    /// # Errors
    /// The gate's refusal.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Protected};
    /// let api = Protected::new(Bulkhead::new(8).unwrap());
    /// api.guard().unwrap().success();
    /// ```
    pub fn guard(&self) -> Result<Guard<'_, G, C>, Refusal> {
        Guard::enter(&self.gate, &self.clock, self.cost)
    }

    /// [`guard`](Self::guard) with a gate and a clock of its own, to be moved into a task or a thread.
    ///
    /// # Errors
    /// The gate's refusal.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Protected};
    /// use std::sync::Arc;
    /// let api = Protected::new(Arc::new(Bulkhead::new(8).unwrap()));
    /// let guard = api.guard_owned().unwrap();
    /// std::thread::spawn(move || guard.success()).join().unwrap();
    /// assert_eq!(api.gate().in_flight(), 0);
    /// ```
    pub fn guard_owned(&self) -> Result<OwnedGuard<G, C>, Refusal>
    where
        G: Clone,
        C: Clone,
    {
        OwnedGuard::enter(self.gate.clone(), self.clock.clone(), self.cost)
    }

    /// Makes one call, if the gate allows it.
    ///
    /// # Errors
    /// The gate's refusal, or the call's own error.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Protected};
    /// let api = Protected::new(Bulkhead::new(8).unwrap());
    /// assert_eq!(api.call(|| "7".parse::<u8>()), Ok(7));
    /// ```
    pub fn call<T, E>(&self, f: impl FnOnce() -> Result<T, E>) -> Result<T, CallError<E>>
    where
        K: Classify<T, E>,
    {
        self.call_with(&self.classify, f)
    }

    /// [`call`](Self::call) with another rule for this one call.
    ///
    /// # Errors
    /// The gate's refusal, or the call's own error.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, ErrIsFailure, Protected};
    /// let api = Protected::new(Bulkhead::new(8).unwrap());
    /// assert_eq!(api.call_with(&ErrIsFailure, || "7".parse::<u8>()), Ok(7));
    /// ```
    pub fn call_with<T, E>(
        &self,
        classify: &impl Classify<T, E>,
        f: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, CallError<E>> {
        let guard = self.guard()?;
        let result = f();
        guard.report(classify, &result);
        result.map_err(CallError::Failed)
    }

    /// Makes one async call, if the gate allows it. The gate is asked at the first poll; `f` runs only if it admits.
    /// Dropping the future at any point gives the permit back.
    ///
    /// # Errors
    /// The gate's refusal, or the call's own error.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Protected};
    /// async fn fetch(id: u32) -> Result<u32, std::io::Error> {
    ///     Ok(id)
    /// }
    /// # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let api = Protected::new(Bulkhead::new(8).unwrap());
    /// assert_eq!(api.call_async(|| fetch(7)).await.unwrap(), 7);
    /// # });
    /// ```
    pub async fn call_async<T, E, F>(&self, f: impl FnOnce() -> F) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
        K: Classify<T, E>,
    {
        let guard = self.guard()?;
        let result = f().await;
        guard.report(&self.classify, &result);
        result.map_err(CallError::Failed)
    }

    /// `f`, protected.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Protected};
    /// let api = Protected::new(Bulkhead::new(8).unwrap());
    /// let parse = api.decorate(str::parse::<u8>);
    /// assert_eq!(parse("7"), Ok(7));
    /// ```
    pub fn decorate<A, T, E>(&self, f: impl Fn(A) -> Result<T, E>) -> impl Fn(A) -> Result<T, CallError<E>>
    where
        K: Classify<T, E>,
    {
        move |argument| self.call(|| f(argument))
    }

    /// The async function `f`, protected.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Protected};
    /// # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let api = Protected::new(Bulkhead::new(8).unwrap());
    /// let double = api.decorate_async(async |n: u32| Ok::<_, ()>(n * 2));
    /// assert_eq!(double(4).await, Ok(8));
    /// # });
    /// ```
    pub fn decorate_async<A, T, E>(
        &self,
        f: impl AsyncFn(A) -> Result<T, E>,
    ) -> impl AsyncFn(A) -> Result<T, CallError<E>>
    where
        K: Classify<T, E>,
    {
        async move |argument| {
            let guard = self.guard()?;
            let result = f(argument).await;
            guard.report(&self.classify, &result);
            result.map_err(CallError::Failed)
        }
    }
}
