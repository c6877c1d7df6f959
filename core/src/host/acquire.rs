//! Waiting for a limiter's permits, in order.

use crate::decision::{Reason, Refusal};
use crate::host::clock::{Clock, MonotonicClock};
use crate::host::park::this_thread;
use crate::host::queue::{Joined, Queue, Ticket, Turn};
use crate::host::reserve::Reserve;
use crate::host::thread_timer::ThreadTimer;
use crate::host::timer::Timer;
use crate::time::Nanos;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// A limiter with a queue in front of it: `acquire().await` and its blocking form, first come, first served.
///
/// Only the head of the queue holds a promise in the limiter; the others wait in the host. Whoever stops waiting gives
/// the place back: however many leave, in whatever order, those behind them come as much earlier. A request that would
/// have to wait longer than it is willing to is refused at once, with the wait after which to come again.
///
/// The order and the exact return of cancelled places hold for those who ask through this value. The limiter may be
/// used beside it; such permits come out of turn.
///
/// A short lock guards the queue; no foreign code runs under it but the limiter's and the clock's.
///
/// ```
/// use overcurrent::{Gcra, Nanos, Rate, Waiters};
/// let limiter = Waiters::new(Gcra::new(Rate::new(1_000, Nanos::SECOND).burst(1).build().unwrap()));
/// # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # rt.block_on(async {
/// limiter.acquire(1).await.unwrap(); // at once
/// limiter.acquire(1).await.unwrap(); // a millisecond later
/// # });
/// limiter.acquire_blocking(1, Nanos::SECOND).unwrap(); // and another one
/// ```
pub struct Waiters<L: Reserve, C = MonotonicClock, T = ThreadTimer> {
    limiter: L,
    clock: C,
    timer: T,
    queue: Mutex<Queue<L::Reservation>>,
}

impl<L: Reserve> Waiters<L> {
    /// A queue before `limiter`, on the system's monotonic clock and the crate's own timer thread.
    ///
    /// ```
    /// use overcurrent::{Gcra, Nanos, Rate, Waiters};
    /// let limiter = Waiters::new(Gcra::new(Rate::new(100, Nanos::SECOND).build().unwrap()));
    /// limiter.try_acquire(5).unwrap();
    /// ```
    pub const fn new(limiter: L) -> Self {
        Self { limiter, clock: MonotonicClock, timer: ThreadTimer, queue: Mutex::new(Queue::new()) }
    }
}

impl<L: Reserve, C, T> Waiters<L, C, T> {
    /// The same on another clock, with an empty queue.
    ///
    /// ```
    /// use overcurrent::{Gcra, ManualClock, Nanos, Rate, Waiters};
    /// let limiter = Gcra::new(Rate::new(100, Nanos::SECOND).build().unwrap());
    /// let limiter = Waiters::new(limiter).with_clock(ManualClock::new());
    /// limiter.try_acquire(5).unwrap();
    /// ```
    pub fn with_clock<D: Clock>(self, clock: D) -> Waiters<L, D, T> {
        Waiters { limiter: self.limiter, clock, timer: self.timer, queue: Mutex::new(Queue::new()) }
    }

    /// The same with another timer, such as `tokio::time::sleep`, and an empty queue.
    ///
    /// ```
    /// use overcurrent::{Gcra, Nanos, Rate, Waiters};
    /// let limiter = Gcra::new(Rate::new(1_000, Nanos::SECOND).burst(1).build().unwrap());
    /// let limiter = Waiters::new(limiter).with_timer(tokio::time::sleep);
    /// # let rt = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    /// # rt.block_on(async {
    /// for _ in 0..3 {
    ///     limiter.acquire(1).await.unwrap();
    /// }
    /// # });
    /// ```
    pub fn with_timer<U: Timer>(self, timer: U) -> Waiters<L, C, U> {
        Waiters { limiter: self.limiter, clock: self.clock, timer, queue: Mutex::new(Queue::new()) }
    }

    /// The limiter.
    ///
    /// ```
    /// # use overcurrent::{Gcra, Nanos, Rate, Waiters};
    /// let limiter = Waiters::new(Gcra::new(Rate::new(100, Nanos::SECOND).build().unwrap()));
    /// assert_eq!(limiter.limiter().peek(1, Nanos::ZERO).remaining, 100);
    /// ```
    pub const fn limiter(&self) -> &L {
        &self.limiter
    }

    /// How many wait.
    ///
    /// ```
    /// # use overcurrent::{Gcra, Nanos, Rate, Waiters};
    /// let limiter = Waiters::new(Gcra::new(Rate::new(100, Nanos::SECOND).build().unwrap()));
    /// assert_eq!(limiter.waiting(), 0);
    /// ```
    pub fn waiting(&self) -> usize {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl<L: Reserve, C: Clock, T> Waiters<L, C, T> {
    /// Takes `n` permits if they are there and nobody waits for them.
    ///
    /// # Errors
    /// A refusal, with the wait for all who queue and for this request.
    ///
    /// ```
    /// use overcurrent::{Gcra, ManualClock, Nanos, Rate, Waiters};
    /// let limiter = Gcra::new(Rate::new(1, Nanos::SECOND).build().unwrap());
    /// let limiter = Waiters::new(limiter).with_clock(ManualClock::new());
    /// limiter.try_acquire(1).unwrap();
    /// assert_eq!(limiter.try_acquire(1).unwrap_err().retry_after, Some(Nanos::SECOND));
    /// ```
    pub fn try_acquire(&self, n: u32) -> Result<(), Refusal> {
        match self.join(n, Nanos::ZERO)? {
            None => Ok(()),
            // Behind somebody whose turn it is, by the limiter's reckoning, in this very instant.
            Some(_place_given_up) => Err(Refusal::new(Reason::RateLimited, Some(Nanos::new(1)))),
        }
    }

    /// Waits for `n` permits, if that will take at most `max_wait`, and parks the thread meanwhile.
    ///
    /// # Errors
    /// A refusal, at once if the wait would be too long.
    ///
    /// ```
    /// use overcurrent::{Gcra, Nanos, Rate, Waiters};
    /// let limiter = Waiters::new(Gcra::new(Rate::new(2, Nanos::HOUR).build().unwrap()));
    /// limiter.acquire_blocking(2, Nanos::SECOND).unwrap();
    /// let refusal = limiter.acquire_blocking(1, Nanos::SECOND).unwrap_err(); // at once
    /// assert!(refusal.retry_after.unwrap() > Nanos::from_secs(1_500));
    /// ```
    pub fn acquire_blocking(&self, n: u32, max_wait: impl Into<Nanos>) -> Result<(), Refusal> {
        match self.join(n, max_wait.into())? {
            None => Ok(()),
            Some(place) => place.block(),
        }
    }

    fn join(&self, n: u32, max_wait: Nanos) -> Result<Option<Place<'_, L, C, T>>, Refusal> {
        let joined = self.locked(|queue| queue.join(&self.limiter, n, max_wait, self.clock.now().now))?;
        Ok(match joined {
            Joined::Granted => None,
            Joined::Queued(ticket) => Some(Place { waiters: self, ticket, over: false }),
        })
    }

    /// Works on the queue, then wakes whom that concerns: wakers are foreign code and run outside the lock.
    fn locked<A>(&self, f: impl FnOnce(&mut Queue<L::Reservation>) -> A) -> A {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = f(&mut queue);
        let wakers = std::mem::take(&mut queue.wakers);
        drop(queue);
        drop(wakers);
        answer
    }
}

impl<L: Reserve, C: Clock, T: Timer> Waiters<L, C, T> {
    /// Waits for `n` permits for as long as it takes. Joins the queue at the first poll.
    ///
    /// The future may be dropped at any time: the place, or the permits not yet handed over, go back.
    ///
    /// ```
    /// use overcurrent::{Gcra, Nanos, Rate, Waiters};
    /// let limiter = Waiters::new(Gcra::new(Rate::new(100, Nanos::SECOND).build().unwrap()));
    /// # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// limiter.acquire(1).await.unwrap();
    /// # });
    /// ```
    pub fn acquire(&self, n: u32) -> Acquire<'_, L, C, T> {
        self.acquire_within(n, Nanos::MAX)
    }

    /// Waits for `n` permits, if that will take at most `max_wait`, counting all who queue already; otherwise is
    /// refused at once. Refused later only if permits went out of turn, which nobody can foresee, and after `max_wait`
    /// at the latest.
    ///
    /// ```
    /// use overcurrent::{Gcra, Nanos, Rate, Waiters};
    /// let limiter = Waiters::new(Gcra::new(Rate::new(1, Nanos::HOUR).build().unwrap()));
    /// # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// limiter.acquire_within(1, Nanos::SECOND).await.unwrap();
    /// let refusal = limiter.acquire_within(1, Nanos::SECOND).await.unwrap_err();
    /// assert!(refusal.retry_after.unwrap() > Nanos::from_secs(3_000));
    /// # });
    /// ```
    pub fn acquire_within(&self, n: u32, max_wait: impl Into<Nanos>) -> Acquire<'_, L, C, T> {
        Acquire { waiters: self, stage: Stage::New(n, max_wait.into()) }
    }
}

impl<L: Reserve + fmt::Debug, C, T> fmt::Debug for Waiters<L, C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiters")
            .field("limiter", &self.limiter)
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

/// A place in the queue; dropped, it is given up.
struct Place<'a, L: Reserve, C: Clock, T> {
    waiters: &'a Waiters<L, C, T>,
    ticket: Ticket,
    /// Granted or refused: there is nothing left to give up.
    over: bool,
}

impl<L: Reserve, C: Clock, T> Place<'_, L, C, T> {
    /// Whose turn it is, and at what time that was.
    fn turn(&mut self, waker: &Waker) -> (Turn, Nanos) {
        let Self { waiters, ticket, .. } = *self;
        let (turn, now) = waiters.locked(|queue| {
            let now = waiters.clock.now().now;
            (queue.turn(&waiters.limiter, ticket, now, waker), now)
        });
        self.over = matches!(turn, Turn::Granted | Turn::Refused(_));
        (turn, now)
    }

    fn block(mut self) -> Result<(), Refusal> {
        let waker = this_thread();
        loop {
            match self.turn(&waker) {
                (Turn::Granted, _) => return Ok(()),
                (Turn::Refused(refusal), _) => return Err(refusal),
                // May return early; the queue is asked again then.
                (Turn::At(at) | Turn::Queued(at), now) => {
                    std::thread::park_timeout(at.saturating_sub(now).as_duration());
                }
            }
        }
    }
}

impl<L: Reserve, C: Clock, T> Drop for Place<'_, L, C, T> {
    fn drop(&mut self) {
        if !self.over {
            let Self { waiters, ticket, .. } = *self;
            waiters.locked(|queue| queue.leave(&waiters.limiter, ticket, waiters.clock.now().now));
        }
    }
}

/// The future of [`Waiters::acquire`].
///
/// ```
/// use overcurrent::{Acquire, Gcra, Nanos, Rate, Waiters};
/// let limiter = Waiters::new(Gcra::new(Rate::new(1, Nanos::HOUR).build().unwrap()));
/// let waiting: Acquire<'_, _, _, _> = limiter.acquire(1);
/// drop(waiting); // never polled: it took nothing
/// limiter.try_acquire(1).unwrap();
/// ```
#[must_use = "a future does nothing unless it is polled"]
pub struct Acquire<'a, L: Reserve, C: Clock, T: Timer> {
    waiters: &'a Waiters<L, C, T>,
    stage: Stage<'a, L, C, T>,
}

enum Stage<'a, L: Reserve, C: Clock, T: Timer> {
    /// Not polled yet: permits and longest wait.
    New(u32, Nanos),
    Waiting {
        place: Place<'a, L, C, T>,
        /// Until when, and the timer's future.
        sleep: Option<(Nanos, Pin<Box<T::Sleep>>)>,
    },
    Over,
}

impl<L: Reserve, C: Clock, T: Timer> Future for Acquire<'_, L, C, T> {
    type Output = Result<(), Refusal>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Stage::New(n, max_wait) = this.stage {
            this.stage = Stage::Over;
            match this.waiters.join(n, max_wait) {
                Ok(None) => return Poll::Ready(Ok(())),
                Ok(Some(place)) => this.stage = Stage::Waiting { place, sleep: None },
                Err(refusal) => return Poll::Ready(Err(refusal)),
            }
        }
        let Stage::Waiting { place, sleep } = &mut this.stage else {
            return Poll::Pending;
        };
        let mut looked_again = false;
        loop {
            let result = match place.turn(cx.waker()) {
                (Turn::Granted, _) => Ok(()),
                (Turn::Refused(refusal), _) => Err(refusal),
                (Turn::Queued(Nanos::MAX), _) => {
                    *sleep = None;
                    return Poll::Pending;
                }
                (Turn::At(at) | Turn::Queued(at), now) => {
                    if sleep.as_ref().is_none_or(|(until, _)| *until != at) {
                        *sleep = Some((at, Box::pin(this.waiters.timer.sleep(at.saturating_sub(now).as_duration()))));
                    }
                    let asleep = sleep.as_mut().is_some_and(|(_, sleep)| sleep.as_mut().poll(cx).is_pending());
                    if asleep {
                        return Poll::Pending;
                    }
                    *sleep = None; // early or not: the queue knows
                    if looked_again {
                        // A timer that ends at once: the executor has others to run.
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    looked_again = true;
                    continue;
                }
            };
            this.stage = Stage::Over;
            return Poll::Ready(result);
        }
    }
}

impl<L: Reserve, C: Clock, T: Timer> fmt::Debug for Acquire<'_, L, C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").finish_non_exhaustive()
    }
}
