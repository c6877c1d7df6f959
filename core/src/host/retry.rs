//! Trying again, with waits between.

use crate::decision::Reason;
use crate::host::call::CallError;
use crate::host::clock::{Clock, MonotonicClock};
use crate::host::timer::Timer;
use crate::time::{At, Nanos};
use std::future::Future;
use std::time::Duration;

/// How long to wait before the next attempt.
///
/// A plain [`Nanos`] is always the same wait; every function from the attempt that failed (from 1) and the time to
/// [`Nanos`] is one.
///
/// ```
/// use overcurrent::{Intervals, Nanos};
/// let linear = |attempt: u32, _| Nanos::from_millis(100 * u64::from(attempt));
/// assert_eq!(linear.interval(3, Nanos::ZERO, Nanos::ZERO.into()), Nanos::from_millis(300));
/// ```
pub trait Intervals {
    /// The wait after the `attempt`-th attempt (from 1), given the `previous` wait and a reading of the clock, whose
    /// random bits may spread it.
    fn interval(&self, attempt: u32, previous: Nanos, at: At) -> Nanos;
}

impl Intervals for Nanos {
    fn interval(&self, _: u32, _: Nanos, _: At) -> Nanos {
        *self
    }
}

impl<F: Fn(u32, At) -> Nanos> Intervals for F {
    fn interval(&self, attempt: u32, _: Nanos, at: At) -> Nanos {
        self(attempt, at)
    }
}

/// Whether an error is worth another attempt.
///
/// ```
/// use overcurrent::{Again, Nanos};
/// assert_eq!(Again::from(true), Again::Yes);
/// let _server_said = Again::After(Nanos::from_secs(3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It will fail again.
    No,
    /// Try again after the usual wait.
    Yes,
    /// Try again after this wait or the usual one, whichever is longer.
    After(Nanos),
}

impl From<bool> for Again {
    fn from(again: bool) -> Self {
        if again { Self::Yes } else { Self::No }
    }
}

/// What the rule of a [`Retry`] says about errors of type `E`.
///
/// ```
/// use overcurrent::{Again, AnyError, Retriable};
/// assert_eq!(AnyError.again(&"boom"), Again::Yes);
/// ```
pub trait Retriable<E> {
    /// Whether to try again after `error`.
    fn again(&self, error: &E) -> Again;
}

/// Every error is worth another attempt: the rule unless another is given.
///
/// ```
/// use overcurrent::{Again, AnyError, Retriable};
/// assert_eq!(AnyError.again(&404), Again::Yes);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyError;

impl<E> Retriable<E> for AnyError {
    fn again(&self, _: &E) -> Again {
        Again::Yes
    }
}

impl<E, F: Fn(&E) -> Again> Retriable<E> for F {
    fn again(&self, error: &E) -> Again {
        self(error)
    }
}

/// Makes a call again while it fails, a limited number of times.
///
/// The closure gets the number of the attempt, from 1, and asks its gate anew each time. Refusals are tried again after
/// the longer of the interval and their `retry_after`; a breaker that was forced open and a request larger than the
/// burst are not. Which of the call's own errors are is for [`retry_if`](Retry::retry_if). The last error is handed on
/// as it is.
///
/// ```
/// use overcurrent::{Bulkhead, GateExt, Nanos, Retry};
/// let slots = Bulkhead::new(8).unwrap();
/// let retry = Retry::new(Nanos::from_millis(1)).attempts(4);
/// let mut replies = ["boom", "boom", "7"].into_iter();
/// let result = retry.run(|_attempt| slots.call(|| replies.next().unwrap().parse::<u8>()));
/// assert_eq!(result, Ok(7));
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is tried until `run`"]
pub struct Retry<I, R = AnyError, C = MonotonicClock> {
    intervals: I,
    attempts: u32,
    max_wait: Nanos,
    rule: R,
    clock: C,
}

impl<I: Intervals> Retry<I> {
    /// Three attempts, with these waits between them.
    ///
    /// ```
    /// use overcurrent::{Nanos, Retry};
    /// let mut tried = 0;
    /// let result = Retry::new(Nanos::MILLISECOND).run_plain(|attempt| {
    ///     tried = attempt;
    ///     "seven".parse::<u8>()
    /// });
    /// assert!(result.is_err());
    /// assert_eq!(tried, 3);
    /// ```
    pub const fn new(intervals: I) -> Self {
        Self { intervals, attempts: 3, max_wait: Nanos::MAX, rule: AnyError, clock: MonotonicClock }
    }
}

impl<I: Intervals, R, C: Clock> Retry<I, R, C> {
    /// The number of attempts, the first among them (0 counts as 1).
    ///
    /// ```
    /// use overcurrent::{Nanos, Retry};
    /// let once = Retry::new(Nanos::MILLISECOND).attempts(1);
    /// assert!(once.run_plain(|_| "seven".parse::<u8>()).is_err());
    /// ```
    pub fn attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// Gives up at once where the next wait would be longer than this.
    ///
    /// ```
    /// use overcurrent::{Nanos, Retry};
    /// let hasty = Retry::new(Nanos::HOUR).max_wait(Nanos::SECOND);
    /// assert!(hasty.run_plain(|_| "seven".parse::<u8>()).is_err()); // not an hour later
    /// ```
    pub fn max_wait(self, max_wait: impl Into<Nanos>) -> Self {
        Self { max_wait: max_wait.into(), ..self }
    }

    /// Which of the call's own errors are worth another attempt, and from when on if the other side said so.
    ///
    /// ```
    /// use overcurrent::{Again, Nanos, Retry};
    /// let retry = Retry::new(Nanos::MILLISECOND).retry_if(|status: &u16| match status {
    ///     429 => Again::After(Nanos::from_millis(2)),
    ///     status => Again::from(*status >= 500),
    /// });
    /// assert_eq!(retry.run_plain(|attempt| if attempt == 1 { Err(429) } else { Ok(attempt) }), Ok(2));
    /// assert_eq!(retry.run_plain(|attempt| if attempt == 1 { Err(404) } else { Ok(attempt) }), Err(404));
    /// ```
    pub fn retry_if<E, F: Fn(&E) -> Again>(self, rule: F) -> Retry<I, F, C> {
        let Self { intervals, attempts, max_wait, clock, .. } = self;
        Retry { intervals, attempts, max_wait, rule, clock }
    }

    /// Takes its random bits from another clock.
    ///
    /// ```
    /// use overcurrent::{ManualClock, Nanos, Retry};
    /// let retry = Retry::new(Nanos::MILLISECOND).with_clock(ManualClock::new());
    /// assert_eq!(retry.run_plain(|_| "7".parse::<u8>()), Ok(7));
    /// ```
    pub fn with_clock<D: Clock>(self, clock: D) -> Retry<I, R, D> {
        let Self { intervals, attempts, max_wait, rule, .. } = self;
        Retry { intervals, attempts, max_wait, rule, clock }
    }

    /// Makes a protected call until it works or there is no more to try. Sleeps on this thread.
    ///
    /// # Errors
    /// That of the last attempt.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateExt, Nanos, Retry};
    /// # let slots = Bulkhead::new(8).unwrap();
    /// let retry = Retry::new(Nanos::MILLISECOND);
    /// assert_eq!(retry.run(|_| slots.call(|| "7".parse::<u8>())), Ok(7));
    /// ```
    pub fn run<T, E>(&self, call: impl FnMut(u32) -> Result<T, CallError<E>>) -> Result<T, CallError<E>>
    where
        R: Retriable<E>,
    {
        self.run_with(std::thread::sleep, call)
    }

    /// [`run`](Self::run) with another way to sleep.
    ///
    /// # Errors
    /// That of the last attempt.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateExt, Nanos, Retry};
    /// # let slots = Bulkhead::new(8).unwrap();
    /// let mut slept = Vec::new();
    /// let result = Retry::new(Nanos::HOUR).run_with(|wait| slept.push(wait), |_| slots.call(|| "x".parse::<u8>()));
    /// assert!(result.is_err());
    /// assert_eq!(slept, [std::time::Duration::from_secs(3_600); 2]);
    /// ```
    pub fn run_with<T, E>(
        &self,
        mut sleep: impl FnMut(Duration),
        mut call: impl FnMut(u32) -> Result<T, CallError<E>>,
    ) -> Result<T, CallError<E>>
    where
        R: Retriable<E>,
    {
        let mut progress = Progress::FIRST;
        loop {
            match call(progress.attempt) {
                Ok(value) => return Ok(value),
                Err(error) => match self.next(progress, &error) {
                    Some(next) => {
                        sleep(next.wait.as_duration());
                        progress = next;
                    }
                    None => return Err(error),
                },
            }
        }
    }

    /// [`run`](Self::run) for a call without a gate.
    ///
    /// # Errors
    /// That of the last attempt.
    ///
    /// ```
    /// use overcurrent::{Nanos, Retry};
    /// assert_eq!(Retry::new(Nanos::MILLISECOND).run_plain(|_| "7".parse::<u8>()), Ok(7));
    /// ```
    pub fn run_plain<T, E>(&self, mut call: impl FnMut(u32) -> Result<T, E>) -> Result<T, E>
    where
        R: Retriable<E>,
    {
        let mut progress = Progress::FIRST;
        loop {
            match call(progress.attempt) {
                Ok(value) => return Ok(value),
                Err(error) => match self.after(progress, self.rule.again(&error)) {
                    Some(next) => {
                        std::thread::sleep(next.wait.as_duration());
                        progress = next;
                    }
                    None => return Err(error),
                },
            }
        }
    }

    /// Makes a protected async call until it works or there is no more to try. Dropping the future drops the attempt or
    /// the sleep it is in, and no other is made.
    ///
    /// # Errors
    /// That of the last attempt.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, GateExt, Nanos, Retry, ThreadTimer};
    /// # let slots = Bulkhead::new(8).unwrap();
    /// # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let retry = Retry::new(Nanos::MILLISECOND);
    /// let result = retry
    ///     .run_async(&ThreadTimer, |attempt| slots.call_async(async move || if attempt < 3 { Err(()) } else { Ok(7) }))
    ///     .await;
    /// assert_eq!(result, Ok(7));
    /// # });
    /// ```
    pub async fn run_async<T, E, F>(
        &self,
        timer: &impl Timer,
        mut call: impl FnMut(u32) -> F,
    ) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, CallError<E>>>,
        R: Retriable<E>,
    {
        let mut progress = Progress::FIRST;
        loop {
            match call(progress.attempt).await {
                Ok(value) => return Ok(value),
                Err(error) => match self.next(progress, &error) {
                    Some(next) => {
                        timer.sleep(next.wait.as_duration()).await;
                        progress = next;
                    }
                    None => return Err(error),
                },
            }
        }
    }

    fn next<E>(&self, progress: Progress, error: &CallError<E>) -> Option<Progress>
    where
        R: Retriable<E>,
    {
        let again = match error {
            CallError::Failed(error) => self.rule.again(error),
            CallError::Refused(refusal) => match (refusal.retry_after, refusal.reason) {
                (Some(wait), _) => Again::After(wait),
                // A slot or a trial comes back when somebody ends; these do not.
                (None, Reason::ForcedOpen | Reason::CostExceedsBurst) => Again::No,
                (None, _) => Again::Yes,
            },
        };
        self.after(progress, again)
    }

    fn after(&self, progress: Progress, again: Again) -> Option<Progress> {
        let least = match again {
            Again::No => return None,
            Again::Yes => Nanos::ZERO,
            Again::After(wait) => wait,
        };
        if progress.attempt >= self.attempts {
            return None;
        }
        let wait = self.intervals.interval(progress.attempt, progress.wait, self.clock.now()).max(least);
        if wait > self.max_wait {
            return None;
        }
        Some(Progress { attempt: progress.attempt.saturating_add(1), wait })
    }
}

/// An attempt, and the wait before it.
#[derive(Clone, Copy)]
struct Progress {
    attempt: u32,
    wait: Nanos,
}

impl Progress {
    const FIRST: Self = Self { attempt: 1, wait: Nanos::ZERO };
}
