//! Why a protected call brought no value.

use crate::decision::Refusal;
use crate::time::Nanos;
use std::fmt;

/// Why a protected call brought no value.
///
/// ```
/// use overcurrent::{Bulkhead, CallError, GateExt, Reason};
/// let slots = Bulkhead::new(1).unwrap();
/// let error = slots.call(|| Err::<(), _>("boom")).unwrap_err();
/// assert_eq!(error.failed(), Some("boom"));
///
/// let error = slots.call(|| slots.call(|| Ok::<_, &str>(1))).unwrap_err(); // the only slot is taken
/// let CallError::Failed(CallError::Refused(refusal)) = error else { unreachable!() };
/// assert_eq!(refusal.reason, Reason::BulkheadFull);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError<E> {
    /// The gate said no; the call was not made.
    Refused(Refusal),
    /// The call was made and failed.
    Failed(E),
}

impl<E> CallError<E> {
    /// The refusal, if the call was not made.
    ///
    /// ```
    /// # use overcurrent::CallError;
    /// assert!(CallError::Failed("boom").refusal().is_none());
    /// ```
    pub const fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused(refusal) => Some(*refusal),
            Self::Failed(_) => None,
        }
    }

    /// The call's own error, if it was made.
    ///
    /// ```
    /// # use overcurrent::CallError;
    /// assert_eq!(CallError::Failed("boom").failed(), Some("boom"));
    /// ```
    pub fn failed(self) -> Option<E> {
        match self {
            Self::Refused(_) => None,
            Self::Failed(error) => Some(error),
        }
    }

    /// How long to wait before asking again, if the gate refused and time alone will help.
    ///
    /// ```
    /// use overcurrent::{CallError, Nanos, Reason, Refusal};
    /// let error = CallError::<()>::Refused(Refusal::new(Reason::BreakerOpen, Some(Nanos::SECOND)));
    /// assert_eq!(error.retry_after(), Some(Nanos::SECOND));
    /// ```
    pub const fn retry_after(&self) -> Option<Nanos> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            Self::Failed(_) => None,
        }
    }

    /// The same with another error type inside.
    ///
    /// ```
    /// # use overcurrent::CallError;
    /// assert_eq!(CallError::Failed("boom").map(str::len), CallError::Failed(4));
    /// ```
    pub fn map<F>(self, f: impl FnOnce(E) -> F) -> CallError<F> {
        match self {
            Self::Refused(refusal) => CallError::Refused(refusal),
            Self::Failed(error) => CallError::Failed(f(error)),
        }
    }
}

impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> CallError<E> {
    /// The refusal or the call's own error, whichever it is, in a box: for error types that are boxes already, and so no
    /// errors themselves.
    ///
    /// ```
    /// use overcurrent::{CallError, Reason, Refusal};
    /// use std::error::Error;
    /// let failed: CallError<Box<dyn Error + Send + Sync>> = CallError::Failed("boom".into());
    /// assert_eq!(failed.into_boxed().to_string(), "boom");
    /// let refused = CallError::<&str>::Refused(Refusal::new(Reason::BulkheadFull, None)).into_boxed();
    /// assert!(refused.downcast_ref::<Refusal>().is_some());
    /// ```
    pub fn into_boxed(self) -> Box<dyn std::error::Error + Send + Sync> {
        match self {
            Self::Refused(refusal) => Box::new(refusal),
            Self::Failed(error) => error.into(),
        }
    }
}

impl<E> From<Refusal> for CallError<E> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for CallError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused(_) => None,
            Self::Failed(error) => error.source(), // the error itself is what this one displays
        }
    }
}
