//! Waiting for a bulkhead's slot, in order.

use crate::decision::{Reason, Refusal};
use crate::gate::Gate;
use crate::host::clock::{Clock, MonotonicClock};
use crate::host::enter::Enter;
use crate::host::held::Held;
use crate::host::line::{Line, may_end_by_a_leave};
use crate::host::park::this_thread;
use crate::host::slot_guard::SlotGuard;
use crate::host::thread_timer::ThreadTimer;
use crate::host::timer::Timer;
use crate::time::{At, Nanos};
use std::fmt;
use std::sync::{Mutex, PoisonError};

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
    pub(super) gate: G,
    pub(super) clock: C,
    pub(super) timer: T,
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
    pub(super) fn locked<A>(&self, f: impl FnOnce(&mut Line<Held<G::Permit>>) -> A) -> A {
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
    pub(super) fn refuse(&self, refusal: Refusal) -> Refusal {
        self.gate.refused(1, refusal, self.at());
        refusal
    }

    pub(super) fn guard(&self, held: Held<G::Permit>) -> SlotGuard<'_, G, C, T> {
        SlotGuard::new(self, held)
    }

    /// A slot at once, or a place in the queue for those who want one.
    #[allow(clippy::type_complexity, reason = "the place goes with the refusal that led to it")]
    pub(super) fn join(&self, wait: bool) -> Result<SlotGuard<'_, G, C, T>, (Option<Place<'_, G, C, T>>, Refusal)> {
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
        Enter::new(self, max_wait.into())
    }
}

impl<G: Gate + fmt::Debug, C, T> fmt::Debug for Slots<G, C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots").field("gate", &self.gate).field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}

/// A place in the queue; dropped, it is given up, with the slot that nobody picked up.
pub(super) struct Place<'a, G: Gate, C: Clock, T> {
    slots: &'a Slots<G, C, T>,
    pub(super) ticket: u64,
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
