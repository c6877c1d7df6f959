//! Which results count against the other side.

use crate::decision::Outcome;
use crate::time::Nanos;

/// Turns a result into the outcome that is reported to the gate.
///
/// Every function from `&Result<T, E>` to [`Outcome`] is one. How long the call took is not asked here: a breaker with
/// a slow-call rule measures that by itself.
///
/// ```
/// use overcurrent::{Classify, ErrIsFailure, Outcome};
/// assert_eq!(ErrIsFailure.outcome(&Err::<(), _>("no")), Outcome::Failure);
///
/// let by_status = |result: &Result<u16, &str>| match result {
///     Ok(500..) | Err(_) => Outcome::Failure,
///     Ok(400..) => Outcome::Ignored,
///     Ok(_) => Outcome::Success,
/// };
/// assert_eq!(by_status.outcome(&Ok(503)), Outcome::Failure);
/// ```
pub trait Classify<T, E> {
    /// The outcome to report for `result`.
    fn outcome(&self, result: &Result<T, E>) -> Outcome;

    /// How long to stay away, if `result` says so (a server's Retry-After): see
    /// [`Gate::leave_and_hold`](crate::Gate::leave_and_hold). Nothing unless [`HoldFor`] says otherwise.
    fn hold_for(&self, result: &Result<T, E>) -> Option<Nanos> {
        let _ = result;
        None
    }
}

impl<T, E, F: Fn(&Result<T, E>) -> Outcome> Classify<T, E> for F {
    fn outcome(&self, result: &Result<T, E>) -> Outcome {
        self(result)
    }
}

/// `Ok` is a success, `Err` a failure: the rule unless another is given.
///
/// ```
/// use overcurrent::{Classify, ErrIsFailure, Outcome};
/// assert_eq!(ErrIsFailure.outcome(&Ok::<_, ()>(1)), Outcome::Success);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ErrIsFailure;

impl<T, E> Classify<T, E> for ErrIsFailure {
    fn outcome(&self, result: &Result<T, E>) -> Outcome {
        if result.is_ok() { Outcome::Success } else { Outcome::Failure }
    }
}

/// Errors that match get an outcome of their own, all else is for the `inner` rule.
///
/// ```
/// use overcurrent::{Classify, ErrIsFailure, ForErr, Outcome};
/// let rule = ForErr::new(ErrIsFailure, |e: &u16| *e == 404, Outcome::Ignored);
/// assert_eq!(rule.outcome(&Err::<(), _>(404)), Outcome::Ignored);
/// assert_eq!(rule.outcome(&Err::<(), _>(500)), Outcome::Failure);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ForErr<K, P> {
    inner: K,
    matches: P,
    outcome: Outcome,
}

impl<K, P> ForErr<K, P> {
    /// `outcome` for the errors that match.
    ///
    /// ```
    /// use overcurrent::{ErrIsFailure, ForErr, Outcome};
    /// let _rule = ForErr::new(ErrIsFailure, |e: &u16| *e < 500, Outcome::Success);
    /// ```
    pub const fn new(inner: K, matches: P, outcome: Outcome) -> Self {
        Self { inner, matches, outcome }
    }
}

impl<T, E, K: Classify<T, E>, P: Fn(&E) -> bool> Classify<T, E> for ForErr<K, P> {
    fn outcome(&self, result: &Result<T, E>) -> Outcome {
        match result {
            Err(error) if (self.matches)(error) => self.outcome,
            _ => self.inner.outcome(result),
        }
    }

    fn hold_for(&self, result: &Result<T, E>) -> Option<Nanos> {
        self.inner.hold_for(result)
    }
}

/// Values that match get an outcome of their own, all else is for the `inner` rule.
///
/// ```
/// use overcurrent::{Classify, ErrIsFailure, ForOk, Outcome};
/// let rule = ForOk::new(ErrIsFailure, |status: &u16| *status >= 500, Outcome::Failure);
/// assert_eq!(rule.outcome(&Ok::<_, ()>(503)), Outcome::Failure);
/// assert_eq!(rule.outcome(&Ok::<_, ()>(200)), Outcome::Success);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ForOk<K, P> {
    inner: K,
    matches: P,
    outcome: Outcome,
}

impl<K, P> ForOk<K, P> {
    /// `outcome` for the values that match.
    ///
    /// ```
    /// use overcurrent::{ErrIsFailure, ForOk, Outcome};
    /// let _rule = ForOk::new(ErrIsFailure, |status: &u16| *status >= 500, Outcome::Failure);
    /// ```
    pub const fn new(inner: K, matches: P, outcome: Outcome) -> Self {
        Self { inner, matches, outcome }
    }
}

impl<T, E, K: Classify<T, E>, P: Fn(&T) -> bool> Classify<T, E> for ForOk<K, P> {
    fn outcome(&self, result: &Result<T, E>) -> Outcome {
        match result {
            Ok(value) if (self.matches)(value) => self.outcome,
            _ => self.inner.outcome(result),
        }
    }

    fn hold_for(&self, result: &Result<T, E>) -> Option<Nanos> {
        self.inner.hold_for(result)
    }
}

/// Reads from a result how long to stay away; the outcome is for the `inner` rule.
///
/// ```
/// use overcurrent::{Classify, ErrIsFailure, HoldFor, Nanos, Outcome};
/// struct Busy {
///     retry_after: Nanos,
/// }
/// let rule = HoldFor::new(ErrIsFailure, |r: &Result<(), Busy>| r.as_ref().err().map(|busy| busy.retry_after));
/// let answer = Err(Busy { retry_after: Nanos::SECOND });
/// assert_eq!(rule.outcome(&answer), Outcome::Failure);
/// assert_eq!(rule.hold_for(&answer), Some(Nanos::SECOND));
/// assert_eq!(rule.hold_for(&Ok(())), None);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HoldFor<K, H> {
    inner: K,
    hold_for: H,
}

impl<K, H> HoldFor<K, H> {
    /// Stays away as long as `hold_for` says.
    ///
    /// ```
    /// use overcurrent::{ErrIsFailure, HoldFor, Nanos};
    /// let _rule = HoldFor::new(ErrIsFailure, |r: &Result<(), u64>| r.err().map(Nanos::from_secs));
    /// ```
    pub const fn new(inner: K, hold_for: H) -> Self {
        Self { inner, hold_for }
    }
}

impl<T, E, K: Classify<T, E>, H: Fn(&Result<T, E>) -> Option<Nanos>> Classify<T, E> for HoldFor<K, H> {
    fn outcome(&self, result: &Result<T, E>) -> Outcome {
        self.inner.outcome(result)
    }

    fn hold_for(&self, result: &Result<T, E>) -> Option<Nanos> {
        (self.hold_for)(result).or_else(|| self.inner.hold_for(result))
    }
}
