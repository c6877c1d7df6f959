//! Trying again, with waits between.

use crate::host::call_error::CallError;
use crate::host::clock::{Clock, MonotonicClock};
use crate::host::line::may_end_by_a_leave;
use crate::host::timer::Timer;
use crate::retry::{Backoff, Delays, RetryBudget, Withdrawal};
use crate::time::Nanos;
use std::future::Future;
use std::time::Duration;

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
/// the longer of the back-off and their `retry_after`; a breaker that was forced open and a request larger than the
/// burst are not. Which of the call's own errors are is for [`retry_if`](Retry::retry_if). The last error is handed on
/// as it is.
///
/// ```
/// use overcurrent::{Bulkhead, GateExt, Nanos, Retry, retry::BackoffConfig};
/// let slots = Bulkhead::new(8).unwrap();
/// let retry = Retry::new(BackoffConfig::exponential(Nanos::MILLISECOND, 2_000).build().unwrap()).attempts(4);
/// let mut replies = ["boom", "boom", "7"].into_iter();
/// let result = retry.run(|_attempt| slots.call(|| replies.next().unwrap().parse::<u8>()));
/// assert_eq!(result, Ok(7));
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is tried until `run`"]
pub struct Retry<'b, R = AnyError, C = MonotonicClock> {
    backoff: Backoff,
    attempts: u32,
    max_wait: Nanos,
    budget: Option<&'b RetryBudget>,
    rule: R,
    clock: C,
}

impl Retry<'_> {
    /// Three attempts, with these waits between them.
    ///
    /// ```
    /// use overcurrent::{Nanos, Retry, retry::BackoffConfig};
    /// let mut tried = 0;
    /// let result = Retry::new(BackoffConfig::fixed(Nanos::MILLISECOND).build().unwrap()).run_plain(|attempt| {
    ///     tried = attempt;
    ///     "seven".parse::<u8>()
    /// });
    /// assert!(result.is_err());
    /// assert_eq!(tried, 3);
    /// ```
    pub const fn new(backoff: Backoff) -> Self {
        Self { backoff, attempts: 3, max_wait: Nanos::MAX, budget: None, rule: AnyError, clock: MonotonicClock }
    }
}

impl<'b, R, C: Clock> Retry<'b, R, C> {
    /// The number of attempts, the first among them (0 counts as 1).
    ///
    /// ```
    /// # use overcurrent::{Nanos, Retry, retry::BackoffConfig};
    /// # let backoff = BackoffConfig::fixed(Nanos::HOUR).build().unwrap();
    /// let once = Retry::new(backoff).attempts(1);
    /// assert!(once.run_plain(|_| "seven".parse::<u8>()).is_err());
    /// ```
    pub fn attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// Gives up at once where the next wait would be longer than this.
    ///
    /// ```
    /// # use overcurrent::{Nanos, Retry, retry::{BackoffConfig, Jitter}};
    /// # let backoff = BackoffConfig::fixed(Nanos::HOUR).jitter(Jitter::None).build().unwrap();
    /// let hasty = Retry::new(backoff).max_wait(Nanos::SECOND);
    /// assert!(hasty.run_plain(|_| "seven".parse::<u8>()).is_err()); // not an hour later
    /// ```
    pub fn max_wait(self, max_wait: impl Into<Nanos>) -> Self {
        Self { max_wait: max_wait.into(), ..self }
    }

    /// Retries only while `budget` pays: each retry takes out, each success pays in. Share one budget among all callers
    /// of the same other side. A retry that its gate refuses, or that is dropped while it sleeps, is given back where
    /// the budget can.
    ///
    /// ```
    /// use overcurrent::{Nanos, Retry, retry::{BackoffConfig, RetryBudget, RetryBudgetConfig}};
    /// # let backoff = BackoffConfig::fixed(Nanos::MILLISECOND).build().unwrap();
    /// let budget = RetryBudget::new(RetryBudgetConfig::new().min_per_second(0).cap(1).build().unwrap());
    /// let retry = Retry::new(backoff).attempts(10).budget(&budget);
    /// let mut tried = 0;
    /// let _ = retry.run_plain(|attempt| {
    ///     tried = attempt;
    ///     "seven".parse::<u8>()
    /// });
    /// assert_eq!(tried, 2); // one retry was there to spend
    /// ```
    pub fn budget(self, budget: &RetryBudget) -> Retry<'_, R, C> {
        let Self { backoff, attempts, max_wait, rule, clock, .. } = self;
        Retry { backoff, attempts, max_wait, budget: Some(budget), rule, clock }
    }

    /// Which of the call's own errors are worth another attempt, and from when on if the other side said so.
    ///
    /// ```
    /// use overcurrent::{Again, Nanos, Retry};
    /// # let backoff = overcurrent::retry::BackoffConfig::fixed(Nanos::MILLISECOND).build().unwrap();
    /// let retry = Retry::new(backoff).retry_if(|status: &u16| match status {
    ///     429 => Again::After(Nanos::from_millis(2)),
    ///     status => Again::from(*status >= 500),
    /// });
    /// assert_eq!(retry.run_plain(|attempt| if attempt == 1 { Err(429) } else { Ok(attempt) }), Ok(2));
    /// assert_eq!(retry.run_plain(|attempt| if attempt == 1 { Err(404) } else { Ok(attempt) }), Err(404));
    /// ```
    pub fn retry_if<E, F: Fn(&E) -> Again>(self, rule: F) -> Retry<'b, F, C> {
        let Self { backoff, attempts, max_wait, budget, clock, .. } = self;
        Retry { backoff, attempts, max_wait, budget, rule, clock }
    }

    /// Takes random bits, and the budget's time, from another clock.
    ///
    /// ```
    /// # use overcurrent::{ManualClock, Nanos, Retry, retry::BackoffConfig};
    /// # let backoff = BackoffConfig::fixed(Nanos::MILLISECOND).build().unwrap();
    /// let retry = Retry::new(backoff).with_clock(ManualClock::new());
    /// assert_eq!(retry.run_plain(|_| "7".parse::<u8>()), Ok(7));
    /// ```
    pub fn with_clock<D: Clock>(self, clock: D) -> Retry<'b, R, D> {
        let Self { backoff, attempts, max_wait, budget, rule, .. } = self;
        Retry { backoff, attempts, max_wait, budget, rule, clock }
    }

    /// Makes a protected call until it works or there is no more to try. Sleeps on this thread.
    ///
    /// # Errors
    /// That of the last attempt.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateExt, Nanos, Retry, retry::BackoffConfig};
    /// # let backoff = BackoffConfig::fixed(Nanos::MILLISECOND).build().unwrap();
    /// # let slots = Bulkhead::new(8).unwrap();
    /// assert_eq!(Retry::new(backoff).run(|_| slots.call(|| "7".parse::<u8>())), Ok(7));
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
    /// # use overcurrent::{Bulkhead, GateExt, Nanos, Retry, retry::{BackoffConfig, Jitter}};
    /// # let backoff = BackoffConfig::fixed(Nanos::HOUR).jitter(Jitter::None).build().unwrap();
    /// # let slots = Bulkhead::new(8).unwrap();
    /// let mut slept = Vec::new();
    /// let result = Retry::new(backoff).run_with(|wait| slept.push(wait), |_| slots.call(|| "x".parse::<u8>()));
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
        let mut progress = self.begin();
        loop {
            let result = call(progress.attempt);
            let Some(retry) = self.judge(&mut progress, &result) else { return result };
            sleep(retry.wait.as_duration());
            progress.paid = retry.begin();
        }
    }

    /// [`run`](Self::run) for a call without a gate.
    ///
    /// # Errors
    /// That of the last attempt.
    ///
    /// ```
    /// # use overcurrent::{Nanos, Retry, retry::BackoffConfig};
    /// # let backoff = BackoffConfig::fixed(Nanos::MILLISECOND).build().unwrap();
    /// assert_eq!(Retry::new(backoff).run_plain(|_| "7".parse::<u8>()), Ok(7));
    /// ```
    pub fn run_plain<T, E>(&self, mut call: impl FnMut(u32) -> Result<T, E>) -> Result<T, E>
    where
        R: Retriable<E>,
    {
        let mut progress = self.begin();
        loop {
            let result = call(progress.attempt);
            let again = result.as_ref().err().map(|error| self.rule.again(error));
            let Some(retry) = self.next(&mut progress, again) else { return result };
            std::thread::sleep(retry.wait.as_duration());
            progress.paid = retry.begin();
        }
    }

    /// Makes a protected async call until it works or there is no more to try. Dropping the future drops the attempt or
    /// the sleep it is in, and no other is made.
    ///
    /// # Errors
    /// That of the last attempt.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, GateExt, Nanos, Retry, ThreadTimer, retry::BackoffConfig};
    /// # let backoff = BackoffConfig::fixed(Nanos::MILLISECOND).build().unwrap();
    /// # let slots = Bulkhead::new(8).unwrap();
    /// # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let flaky = async |attempt: u32| if attempt < 3 { Err("boom") } else { Ok(attempt) };
    /// let result = Retry::new(backoff).run_async(&ThreadTimer, |n| slots.call_async(move || flaky(n))).await;
    /// assert_eq!(result, Ok(3));
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
        let mut progress = self.begin();
        loop {
            let result = call(progress.attempt).await;
            let Some(retry) = self.judge(&mut progress, &result) else { return result };
            timer.sleep(retry.wait.as_duration()).await;
            progress.paid = retry.begin();
        }
    }

    fn begin(&self) -> Progress {
        Progress { attempt: 1, delays: self.backoff.delays(), paid: None }
    }

    /// What comes after `result`, if anything.
    fn judge<T, E>(&self, progress: &mut Progress, result: &Result<T, CallError<E>>) -> Option<Waiting<'b>>
    where
        R: Retriable<E>,
    {
        let again = match result {
            Ok(_) => None,
            Err(CallError::Failed(error)) => Some(self.rule.again(error)),
            Err(CallError::Refused(refusal)) => {
                if let (Some(budget), Some(paid)) = (self.budget, progress.paid.take()) {
                    budget.cancel(paid); // it was not made
                }
                Some(match refusal.retry_after {
                    Some(wait) => Again::After(wait),
                    None => Again::from(may_end_by_a_leave(refusal)),
                })
            }
        };
        self.next(progress, again)
    }

    /// `None` was a success.
    fn next(&self, progress: &mut Progress, again: Option<Again>) -> Option<Waiting<'b>> {
        let retry_after = match again {
            None => {
                if let Some(budget) = self.budget {
                    budget.deposit(self.clock.now().now);
                }
                return None;
            }
            Some(Again::No) => return None,
            Some(Again::Yes) => None,
            Some(Again::After(wait)) => Some(wait),
        };
        if progress.attempt >= self.attempts {
            return None;
        }
        progress.attempt = progress.attempt.saturating_add(1);
        let at = self.clock.now();
        let wait = progress.delays.next_delay(at.random, retry_after);
        if wait > self.max_wait {
            return None;
        }
        let paid = match self.budget {
            Some(budget) => Some((budget, budget.try_withdraw(at.now).ok()?)),
            None => None,
        };
        Some(Waiting { wait, paid })
    }
}

struct Progress {
    /// The attempt under way.
    attempt: u32,
    delays: Delays,
    /// What the budget paid for it.
    paid: Option<Withdrawal>,
}

/// A retry that waits to be made; dropped, it gives back what the budget paid for it.
struct Waiting<'b> {
    wait: Nanos,
    paid: Option<(&'b RetryBudget, Withdrawal)>,
}

impl Waiting<'_> {
    fn begin(mut self) -> Option<Withdrawal> {
        self.paid.take().map(|(_, paid)| paid)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some((budget, paid)) = self.paid.take() {
            budget.cancel(paid);
        }
    }
}
