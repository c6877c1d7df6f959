//! Not waiting for ever.

use crate::host::clock::Clock;
use crate::host::timer::Timer;
use crate::time::Nanos;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// It took too long.
///
/// ```
/// use overcurrent::{Nanos, TimedOut};
/// assert_eq!(TimedOut { limit: Nanos::SECOND }.to_string(), "no result within 1s");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut {
    /// The time that was allowed.
    pub limit: Nanos,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no result within {}", self.limit)
    }
}

impl std::error::Error for TimedOut {}

impl From<TimedOut> for std::io::Error {
    fn from(timed_out: TimedOut) -> Self {
        Self::new(std::io::ErrorKind::TimedOut, timed_out)
    }
}

/// Runs `future` for at most `limit`, then drops it.
///
/// Put it **inside** the protected call, so that a call which takes too long is a failure of the other side; a timeout
/// around it merely drops the call, which is none. A result that is there together with the deadline wins.
///
/// # Errors
/// [`TimedOut`].
///
/// ```
/// use overcurrent::{Bulkhead, GateExt, Nanos, ThreadTimer, timeout};
/// use std::io;
/// async fn fetch() -> io::Result<u32> {
///     std::future::pending().await
/// }
/// # let rt = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
/// # rt.block_on(async {
/// let slots = Bulkhead::new(8).unwrap();
/// // `&tokio::time::sleep` is a timer too
/// let result = slots.call_async(async || timeout(&ThreadTimer, Nanos::MILLISECOND, fetch()).await?).await;
/// assert_eq!(result.unwrap_err().failed().unwrap().kind(), io::ErrorKind::TimedOut);
/// # });
/// ```
pub async fn timeout<T: Timer, F: Future>(
    timer: &T,
    limit: impl Into<Nanos>,
    future: F,
) -> Result<F::Output, TimedOut> {
    let limit = limit.into();
    let mut future = pin!(future);
    let mut sleep = pin!(timer.sleep(limit.as_duration()));
    poll_fn(|cx| {
        if let Poll::Ready(value) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(value));
        }
        sleep.as_mut().poll(cx).map(|()| Err(TimedOut { limit }))
    })
    .await
}

/// An instant by which sync work should be done: asked about, never enforced, for nothing can stop a running thread.
///
/// ```
/// use overcurrent::{Deadline, ManualClock, Nanos};
/// let clock = ManualClock::new();
/// let deadline = Deadline::after(Nanos::SECOND, &clock);
/// clock.advance(Nanos::from_millis(999));
/// assert_eq!(deadline.remaining(&clock), Nanos::MILLISECOND); // hand it to a socket's read timeout
/// clock.advance(Nanos::MILLISECOND);
/// assert!(deadline.check(&clock).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    at: Nanos,
    limit: Nanos,
}

impl Deadline {
    /// `limit` from now.
    ///
    /// ```
    /// use overcurrent::{Deadline, MonotonicClock, Nanos};
    /// assert!(Deadline::after(Nanos::HOUR, &MonotonicClock).check(&MonotonicClock).is_ok());
    /// ```
    pub fn after(limit: impl Into<Nanos>, clock: &impl Clock) -> Self {
        let limit = limit.into();
        Self { at: clock.now().now.saturating_add(limit), limit }
    }

    /// What is left, zero when it is over.
    ///
    /// ```
    /// # use overcurrent::{Deadline, ManualClock, Nanos};
    /// # let clock = ManualClock::new();
    /// assert_eq!(Deadline::after(Nanos::SECOND, &clock).remaining(&clock), Nanos::SECOND);
    /// ```
    pub fn remaining(&self, clock: &impl Clock) -> Nanos {
        self.at.saturating_sub(clock.now().now)
    }

    /// Whether there is time left.
    ///
    /// # Errors
    /// [`TimedOut`] when there is not.
    ///
    /// ```
    /// # use overcurrent::{Deadline, ManualClock, Nanos, TimedOut};
    /// # let clock = ManualClock::new();
    /// fn work(deadline: Deadline, clock: &ManualClock) -> Result<u32, TimedOut> {
    ///     let mut sum = 0;
    ///     for step in 0..10 {
    ///         deadline.check(clock)?;
    ///         sum += step;
    ///     }
    ///     Ok(sum)
    /// }
    /// assert_eq!(work(Deadline::after(Nanos::SECOND, &clock), &clock), Ok(45));
    /// ```
    pub fn check(&self, clock: &impl Clock) -> Result<(), TimedOut> {
        if self.remaining(clock) == Nanos::ZERO { Err(TimedOut { limit: self.limit }) } else { Ok(()) }
    }
}
