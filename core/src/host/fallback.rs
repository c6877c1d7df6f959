//! Something else instead.

use crate::decision::Refusal;
use crate::host::call_error::CallError;

/// Another value where a protected call brought none, with types checked by the compiler.
///
/// ```
/// use overcurrent::{Bulkhead, Fallback, GateExt};
/// let slots = Bulkhead::new(8).unwrap();
/// let cached = 3;
/// let value = slots.call(|| "7".parse::<u8>()).on_refusal(|_| Ok(cached));
/// assert_eq!(value, Ok(7));
/// ```
pub trait Fallback<T, E> {
    /// `f` answers in place of the call that the gate refused. Errors of the call itself pass.
    ///
    /// # Errors
    /// The call's own error, or that of `f`.
    ///
    /// ```
    /// use overcurrent::{CallError, Fallback, Reason, Refusal};
    /// let refused: Result<u8, CallError<String>> = Err(Refusal::new(Reason::BreakerOpen, None).into());
    /// assert_eq!(refused.on_refusal(|refusal| Ok(refusal.reason.name().len() as u8)), Ok(12));
    /// ```
    fn on_refusal(self, f: impl FnOnce(Refusal) -> Result<T, E>) -> Result<T, E>;

    /// `f` answers for everything that `rule` picks, refusals and failures alike.
    ///
    /// # Errors
    /// What `rule` did not pick, or the error of `f`.
    ///
    /// ```
    /// use overcurrent::{CallError, Fallback};
    /// let failed: Result<u8, CallError<u16>> = Err(CallError::Failed(503));
    /// let rule = |e: &CallError<u16>| matches!(e, CallError::Refused(_) | CallError::Failed(503));
    /// assert_eq!(failed.on_error(rule, |_| Ok(0)), Ok(0));
    /// ```
    fn on_error(
        self,
        rule: impl FnOnce(&CallError<E>) -> bool,
        f: impl FnOnce(CallError<E>) -> Result<T, CallError<E>>,
    ) -> Result<T, CallError<E>>;
}

impl<T, E> Fallback<T, E> for Result<T, CallError<E>> {
    fn on_refusal(self, f: impl FnOnce(Refusal) -> Result<T, E>) -> Result<T, E> {
        match self {
            Ok(value) => Ok(value),
            Err(CallError::Refused(refusal)) => f(refusal),
            Err(CallError::Failed(error)) => Err(error),
        }
    }

    fn on_error(
        self,
        rule: impl FnOnce(&CallError<E>) -> bool,
        f: impl FnOnce(CallError<E>) -> Result<T, CallError<E>>,
    ) -> Result<T, CallError<E>> {
        match self {
            Err(error) if rule(&error) => f(error),
            other => other,
        }
    }
}
