//! Which results count against the other side.

use crate::decision::Outcome;

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
}
