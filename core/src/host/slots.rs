//! Waiting for a bulkhead's slot, in order.

use crate::decision::{Outcome, Reason, Refusal};
use crate::gate::Gate;
use crate::host::classify::Classify;
use crate::host::clock::{Clock, MonotonicClock};
use crate::host::held::{Held, Panicking};
use crate::host::line::{Line, may_end_by_a_leave};
use crate::host::park::this_thread;
use crate::host::thread_timer::ThreadTimer;
use crate::host::timer::Timer;
use crate::time::{At, Nanos};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

/// A bulkhead with a queue in front of it: first come, first served.
///
/// A slot that comes back goes straight to whoever waits longest. It comes back through its [`SlotGuard`]; slots given
/// out beside this value, or added by a resize, are noticed at the next coming or going, or by
/// [`hand_out`](Slots::hand_out).
///
/// Works for any gate whose refusals end when somebody leaves. A refusal that only time, or a hand, will end is handed on
/// at once, to those who wait already too: there is nobody to wait for.
///
/// ```
/// use overcurrent::{Bulkhead, Nanos, Slots};
/// let slots = Slots::new(Bulkhead::new(1).unwrap());
/// let one = slots.enter_blocking(Nanos::ZERO).unwrap();
/// assert!(slots.enter_blocking(Nanos::MILLISECOND).is_err()); // a millisecond later
/// one.success();
/// # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # rt.block_on(async {
/// let two = slots.enter().await.unwrap();
/// two.success();
/// # });
/// ```
pub struct Slots<G: Gate, C = MonotonicClock, T = ThreadTimer> {
    gate: G,
    clock: C,
    timer: T,
    line: Mutex<Line<Held<G::Permit>>>,
}

impl<G: Gate> Slots<G> {
    /// A queue before `gate`, on the system's monotonic clock and the crate's own timer thread.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Slots};
    /// let slots = Slots::new(Bulkhead::new(8).unwrap());
    /// slots.try_enter().unwrap().success();
    /// ```
    pub const fn new(gate: G) -> Self {
        Self { gate, clock: MonotonicClock, timer: ThreadTimer, line: Mutex::new(Line::new()) }
    }
}

impl<G: Gate, C, T> Slots<G, C, T> {
    /// The same on another clock, with an empty queue.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, ManualClock, Slots};
    /// let slots = Slots::new(Bulkhead::new(8).unwrap()).with_clock(ManualClock::new());
    /// slots.try_enter().unwrap().success();
    /// ```
    pub fn with_clock<D: Clock>(self, clock: D) -> Slots<G, D, T> {
        Slots { gate: self.gate, clock, timer: self.timer, line: Mutex::new(Line::new()) }
    }

    /// The same with another timer, such as `tokio::time::sleep`, and an empty queue.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Slots};
    /// let slots = Slots::new(Bulkhead::new(8).unwrap()).with_timer(tokio::time::sleep);
    /// slots.try_enter().unwrap().success();
    /// ```
    pub fn with_timer<U: Timer>(self, timer: U) -> Slots<G, C, U> {
        Slots { gate: self.gate, clock: self.clock, timer, line: Mutex::new(Line::new()) }
    }

    /// The bulkhead.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Slots};
    /// let slots = Slots::new(Bulkhead::new(8).unwrap());
    /// let _guard = slots.try_enter().unwrap();
    /// assert_eq!(slots.gate().in_flight(), 1);
    /// ```
    pub const fn gate(&self) -> &G {
        &self.gate
    }

    /// How many wait.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Slots};
    /// assert_eq!(Slots::new(Bulkhead::new(8).unwrap()).waiting(), 0);
    /// ```
    pub fn waiting(&self) -> usize {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Works on the queue, then wakes whom that concerns: wakers are foreign code and run outside the lock.
    fn locked<A>(&self, f: impl FnOnce(&mut Line<Held<G::Permit>>) -> A) -> A {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = f(&mut line);
        let wakers = std::mem::take(&mut line.wakers);
        drop(line);
        drop(wakers);
        answer
    }
}

impl<G: Gate, C: Clock, T> Slots<G, C, T> {
    /// Takes a slot if one is free and nobody waits for it.
    ///
    /// # Errors
    /// The gate's refusal.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Slots};
    /// let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// let guard = slots.try_enter().unwrap();
    /// assert!(slots.try_enter().is_err());
    /// # drop(guard);
    /// ```
    pub fn try_enter(&self) -> Result<SlotGuard<'_, G, C, T>, Refusal> {
        self.join(false).map_err(|(_, refusal)| refusal)
    }

    /// Takes a slot, if one is free within `max_wait`, and parks the thread meanwhile.
    ///
    /// # Errors
    /// The gate's refusal, after `max_wait`.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Nanos, Slots};
    /// let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// slots.enter_blocking(Nanos::SECOND).unwrap().success();
    /// ```
    pub fn enter_blocking(&self, max_wait: impl Into<Nanos>) -> Result<SlotGuard<'_, G, C, T>, Refusal> {
        let max_wait = max_wait.into();
        let (place, refusal) = match self.join(max_wait > Nanos::ZERO) {
            Ok(guard) => return Ok(guard),
            Err((Some(place), refusal)) => (place, refusal),
            Err((None, refusal)) => return Err(refusal),
        };
        let until = self.clock.now().now.saturating_add(max_wait);
        let waker = this_thread();
        loop {
            if let Some(answer) = self.locked(|line| line.turn(place.ticket, &waker)) {
                return answer.map(|held| self.guard(held)).map_err(|refusal| self.refuse(refusal));
            }
            let left = until.saturating_sub(self.clock.now().now);
            if left == Nanos::ZERO {
                return Err(self.refuse(refusal));
            }
            std::thread::park_timeout(left.as_duration());
        }
    }

    /// Gives free slots to those who wait: after a resize, or after slots came back that this value did not hand out.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Slots};
    /// let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// slots.gate().resize(2).unwrap();
    /// slots.hand_out();
    /// ```
    pub fn hand_out(&self) {
        self.locked(|line| line.hand_out(|| self.ask_quietly()));
    }

    fn ask(&self) -> Result<Held<G::Permit>, Refusal> {
        Held::enter(&self.gate, &self.clock, 1)
    }

    fn judge(&self) -> Result<(), Refusal> {
        self.gate.judge(1, self.at())
    }

    /// Without a refusal that observers would count: whoever waits has not been refused yet.
    fn ask_quietly(&self) -> Result<Held<G::Permit>, Refusal> {
        self.judge()?;
        self.ask()
    }

    /// The time, if the gate needs it.
    fn at(&self) -> At {
        if self.gate.needs_clock() { self.clock.now() } else { At::default() }
    }

    /// Lets the gate's observers know of a refusal that it was not asked for.
    fn refuse(&self, refusal: Refusal) -> Refusal {
        self.gate.refused(1, refusal, self.at());
        refusal
    }

    fn guard(&self, held: Held<G::Permit>) -> SlotGuard<'_, G, C, T> {
        SlotGuard { slots: self, held: Some(held), panicking: Panicking::watch() }
    }

    /// A slot at once, or a place in the queue for those who want one.
    #[allow(clippy::type_complexity, reason = "the place goes with the refusal that led to it")]
    fn join(&self, wait: bool) -> Result<SlotGuard<'_, G, C, T>, (Option<Place<'_, G, C, T>>, Refusal)> {
        let joined = self.locked(|line| {
            line.hand_out(|| self.ask_quietly());
            let full = if line.anybody_waits() { Err(Refusal::new(Reason::BulkheadFull, None)) } else { self.judge() };
            match full {
                Ok(()) => match self.ask() {
                    // Somebody who does not queue here was faster.
                    Err(refusal) if wait && may_end_by_a_leave(&refusal) => Err((Some(line.join()), refusal)),
                    answer => answer.map_err(|refusal| (None, refusal)),
                },
                Err(refusal) if wait && may_end_by_a_leave(&refusal) => Err((Some(line.join()), refusal)),
                Err(refusal) => Err((None, self.refuse(refusal))),
            }
        });
        match joined {
            Ok(held) => Ok(self.guard(held)),
            Err((ticket, refusal)) => Err((ticket.map(|ticket| Place { slots: self, ticket }), refusal)),
        }
    }
}

impl<G: Gate, C: Clock, T: Timer> Slots<G, C, T> {
    /// Waits for a slot for as long as it takes. Joins the queue at the first poll; the future may be dropped at any
    /// time.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Slots};
    /// # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// slots.enter().await.unwrap().success();
    /// # });
    /// ```
    pub fn enter(&self) -> Enter<'_, G, C, T> {
        self.enter_within(Nanos::MAX)
    }

    /// Waits for a slot for at most `max_wait`.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Nanos, Reason, Slots};
    /// # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// let guard = slots.enter().await.unwrap();
    /// let refusal = slots.enter_within(Nanos::MILLISECOND).await.unwrap_err();
    /// assert_eq!(refusal.reason, Reason::BulkheadFull);
    /// # drop(guard);
    /// # });
    /// ```
    pub fn enter_within(&self, max_wait: impl Into<Nanos>) -> Enter<'_, G, C, T> {
        Enter { slots: self, stage: Stage::New(max_wait.into()) }
    }
}

impl<G: Gate + fmt::Debug, C, T> fmt::Debug for Slots<G, C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots").field("gate", &self.gate).field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}

/// A slot in use; ended like a [`Guard`](crate::Guard), it goes to the next in the queue.
///
/// ```
/// use overcurrent::{Bulkhead, SlotGuard, Slots};
/// let slots = Slots::new(Bulkhead::new(1).unwrap());
/// let guard: SlotGuard<'_, _, _, _> = slots.try_enter().unwrap();
/// drop(guard); // an ignored call, or a failed one while panicking
/// assert_eq!(slots.gate().in_flight(), 0);
/// ```
#[must_use = "a guard that is dropped at once gives the slot back"]
pub struct SlotGuard<'a, G: Gate, C: Clock, T> {
    slots: &'a Slots<G, C, T>,
    held: Option<Held<G::Permit>>,
    panicking: Panicking,
}

impl<G: Gate, C: Clock, T> SlotGuard<'_, G, C, T> {
    /// Reports that the call worked.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Slots};
    /// # let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// slots.try_enter().unwrap().success();
    /// ```
    pub fn success(self) {
        self.finish(Outcome::Success);
    }

    /// Reports that the call failed in a way that counts.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Slots};
    /// # let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// slots.try_enter().unwrap().failure();
    /// ```
    pub fn failure(self) {
        self.finish(Outcome::Failure);
    }

    /// Reports that the call ended without a verdict.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Slots};
    /// # let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// slots.try_enter().unwrap().ignore();
    /// ```
    pub fn ignore(self) {
        self.finish(Outcome::Ignored);
    }

    /// Reports `outcome`.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Outcome, Slots};
    /// # let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// slots.try_enter().unwrap().finish(Outcome::Ignored);
    /// ```
    pub fn finish(mut self, outcome: Outcome) {
        self.end(|held, slots| held.leave(&slots.gate, &slots.clock, outcome));
    }

    /// Reports `outcome` of an answer that says to stay away for `wait`: see [`Gate::leave_and_hold`].
    ///
    /// ```
    /// use overcurrent::{Bulkhead, Gcra, Nanos, Outcome, Rate, Slots};
    /// let rate = Gcra::new(Rate::new(100, Nanos::SECOND).build().unwrap());
    /// let slots = Slots::new((Bulkhead::new(1).unwrap(), rate));
    /// slots.try_enter().unwrap().finish_and_hold(Outcome::Failure, Nanos::from_secs(60));
    /// assert!(slots.try_enter().is_err());
    /// ```
    pub fn finish_and_hold(mut self, outcome: Outcome, wait: Nanos) {
        self.end(|held, slots| held.leave_and_hold(&slots.gate, &slots.clock, outcome, wait));
    }

    /// Reports what `classify` makes of `result`.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, ErrIsFailure, Slots};
    /// # let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// let guard = slots.try_enter().unwrap();
    /// let result = "7".parse::<u8>();
    /// guard.report(&ErrIsFailure, &result);
    /// ```
    pub fn report<V, E>(self, classify: &impl Classify<V, E>, result: &Result<V, E>) {
        // Both answers while the guard still holds the slot: a rule may panic.
        let (outcome, hold) = (classify.outcome(result), classify.hold_for(result));
        match hold {
            None => self.finish(outcome),
            Some(wait) => self.finish_and_hold(outcome, wait),
        }
    }

    /// Takes the admission back, because the call was never begun; see [`Guard::cancel`](crate::Guard::cancel).
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, Slots};
    /// # let slots = Slots::new(Bulkhead::new(1).unwrap());
    /// slots.try_enter().unwrap().cancel();
    /// # assert_eq!(slots.gate().in_flight(), 0);
    /// ```
    pub fn cancel(mut self) {
        self.end(|held, slots| slots.gate.cancel(held.permit()));
    }

    /// Gives the slot back in one way or another, and on to the next.
    fn end(&mut self, how: impl FnOnce(Held<G::Permit>, &Slots<G, C, T>)) {
        if let Some(held) = self.held.take() {
            how(held, self.slots);
            self.slots.hand_out();
        }
    }
}

impl<G: Gate, C: Clock, T> Drop for SlotGuard<'_, G, C, T> {
    fn drop(&mut self) {
        let outcome = self.panicking.outcome();
        self.end(|held, slots| held.leave(&slots.gate, &slots.clock, outcome));
    }
}

impl<G: Gate, C: Clock, T> fmt::Debug for SlotGuard<'_, G, C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotGuard").finish_non_exhaustive()
    }
}

/// A place in the queue; dropped, it is given up, with the slot that nobody picked up.
struct Place<'a, G: Gate, C: Clock, T> {
    slots: &'a Slots<G, C, T>,
    ticket: u64,
}

impl<G: Gate, C: Clock, T> Drop for Place<'_, G, C, T> {
    fn drop(&mut self) {
        let Self { slots, ticket } = *self;
        if let Some(held) = slots.locked(|line| line.leave(ticket)) {
            slots.gate.cancel(held.permit());
            slots.hand_out();
        }
    }
}

/// The future of [`Slots::enter`].
///
/// ```
/// use overcurrent::{Bulkhead, Enter, Slots};
/// let slots = Slots::new(Bulkhead::new(1).unwrap());
/// let waiting: Enter<'_, _, _, _> = slots.enter();
/// drop(waiting); // never polled: it took nothing
/// ```
#[must_use = "a future does nothing unless it is polled"]
pub struct Enter<'a, G: Gate, C: Clock, T: Timer> {
    slots: &'a Slots<G, C, T>,
    stage: Stage<'a, G, C, T>,
}

enum Stage<'a, G: Gate, C: Clock, T: Timer> {
    /// Not polled yet: the longest wait.
    New(Nanos),
    Waiting {
        place: Place<'a, G, C, T>,
        refusal: Refusal,
        /// None for somebody who waits for ever.
        until: Option<Nanos>,
        sleep: Option<Pin<Box<T::Sleep>>>,
    },
    Over,
}

impl<'a, G: Gate, C: Clock, T: Timer> Future for Enter<'a, G, C, T> {
    type Output = Result<SlotGuard<'a, G, C, T>, Refusal>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let slots = this.slots;
        if let Stage::New(max_wait) = this.stage {
            this.stage = Stage::Over;
            match slots.join(max_wait > Nanos::ZERO) {
                Ok(guard) => return Poll::Ready(Ok(guard)),
                Err((None, refusal)) => return Poll::Ready(Err(refusal)),
                Err((Some(place), refusal)) => {
                    let until = (max_wait < Nanos::MAX).then(|| slots.clock.now().now.saturating_add(max_wait));
                    this.stage = Stage::Waiting { place, refusal, until, sleep: None };
                }
            }
        }
        let Stage::Waiting { place, refusal, until, sleep } = &mut this.stage else { return Poll::Pending };
        let mut looked_again = false;
        let result = loop {
            if let Some(answer) = slots.locked(|line| line.turn(place.ticket, cx.waker())) {
                break answer.map(|held| slots.guard(held)).map_err(|refusal| slots.refuse(refusal));
            }
            let Some(until) = *until else { return Poll::Pending };
            let left = until.saturating_sub(slots.clock.now().now);
            if left == Nanos::ZERO {
                break Err(slots.refuse(*refusal));
            }
            let asleep = sleep.get_or_insert_with(|| Box::pin(slots.timer.sleep(left.as_duration())));
            if asleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            *sleep = None; // early or not: the clock knows
            if looked_again {
                // A timer that ends at once: the executor has others to run.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            looked_again = true;
        };
        this.stage = Stage::Over;
        Poll::Ready(result)
    }
}

impl<G: Gate, C: Clock, T: Timer> fmt::Debug for Enter<'_, G, C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enter").finish_non_exhaustive()
    }
}
