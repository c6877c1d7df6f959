//! The rate limiter with fixed settings: one word, one compare-and-swap.

use super::rate::Quota;
use super::reservation::{Denied, Peek, Reservation};
use super::snapshot::GcraSnapshot;
use super::step::{self, Ask, END_OF_TIME, NEVER, take};
use crate::decision::{Outcome, Refusal};
use crate::gate::Gate;
use crate::sync::{AtomicU64, Relaxed, const_new, mutated};
use crate::time::{At, Nanos};

/// A limiter's whole state, for hosts that keep state and settings apart; see [`Gcra`] for both in one.
///
/// All zero is a limiter that was never used. Always use one word with the same [`Quota`]: the word counts in its units.
/// Every method may be called from any thread and from interrupt handlers, with callers' clocks that disagree: a `now`
/// older than one already seen never admits more.
#[derive(Debug)]
#[repr(transparent)]
pub struct GcraWord(AtomicU64);

// Every access is Relaxed: the word is all there is, nothing else is published through it, and the order of changes to
// one word is total anyway.
impl GcraWord {
    const_new! {
        /// A limiter that was never used.
        pub fn new() -> Self {
            Self(AtomicU64::new(0))
        }
    }

    const_new! {
        /// A limiter that holds the quota's initial permits at `now`.
        pub fn starting(quota: &Quota, now: Nanos) -> Self {
            Self(AtomicU64::new(quota.starting(now)))
        }
    }

    /// Changes the word by `next` until that succeeds or `next` refuses.
    #[inline(always)]
    fn update<T, E>(&self, next: impl Fn(u64) -> Result<(u64, T), E>) -> Result<(u64, u64, T), E> {
        let mut word = self.0.load(Relaxed);
        loop {
            let (after, answer) = next(word)?;
            if mutated("gcra_store") {
                self.0.store(after, Relaxed);
                return Ok((word, after, answer));
            }
            match self.0.compare_exchange_weak(word, after, Relaxed, Relaxed) {
                Ok(_) => return Ok((word, after, answer)),
                Err(seen) => word = seen,
            }
        }
    }

    /// See [`Gcra::try_acquire`].
    ///
    /// # Errors
    /// When the permits are not there.
    #[inline]
    pub fn try_acquire<'q>(&self, quota: &'q Quota, n: u32, now: Nanos) -> Result<(), Denied<'q>> {
        let ask = quota.ask(n, now).map_err(|target| Denied { quota, target, now })?;
        match self.update(|word| take(word, ask)) {
            Ok(_) => Ok(()),
            Err(target) => Err(Denied { quota, target, now }),
        }
    }

    /// See [`Gcra::try_acquire_debt`].
    ///
    /// # Errors
    /// When the permits are not there.
    #[inline]
    pub fn try_acquire_debt<'q>(&self, quota: &'q Quota, n: u32, now: Nanos) -> Result<(), Denied<'q>> {
        let ask = quota.ask_debt(n, now).map_err(|target| Denied { quota, target, now })?;
        match self.update(|word| take(word, ask)) {
            Ok(_) => Ok(()),
            Err(target) => Err(Denied { quota, target, now }),
        }
    }

    /// See [`Gcra::reserve`].
    ///
    /// # Errors
    /// When the wait would be longer than `max_wait`.
    #[inline]
    pub fn reserve<'q>(
        &self,
        quota: &'q Quota,
        n: u32,
        max_wait: Nanos,
        now: Nanos,
    ) -> Result<Reservation, Denied<'q>> {
        let ask = quota.ask(n, now).map_err(|target| Denied { quota, target, now })?;
        self.promise(quota, ask, max_wait, now)
    }

    /// See [`Gcra::reserve_debt`].
    ///
    /// # Errors
    /// When the wait would be longer than `max_wait`.
    #[inline]
    pub fn reserve_debt<'q>(
        &self,
        quota: &'q Quota,
        n: u32,
        max_wait: Nanos,
        now: Nanos,
    ) -> Result<Reservation, Denied<'q>> {
        let ask = quota.ask_debt(n, now).map_err(|target| Denied { quota, target, now })?;
        self.promise(quota, ask, max_wait, now)
    }

    #[inline(always)]
    fn promise<'q>(&self, quota: &'q Quota, ask: Ask, max_wait: Nanos, now: Nanos) -> Result<Reservation, Denied<'q>> {
        let latest = if max_wait.get() == 0 { ask.now } else { quota.units(now.saturating_add(max_wait)) };
        match self.update(|word| take(word, Ask { latest, ..ask })) {
            Ok((before, after, target)) => {
                // A target within `latest` lies within the time there is.
                let ready_at = if target > ask.now { quota.instant_or_end(target) } else { now };
                Ok(Reservation { before, after, ready_at, wait: ready_at.saturating_sub(now) })
            }
            Err(target) => Err(Denied { quota, target, now }),
        }
    }

    /// See [`Gcra::cancel`].
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "a reservation is cancelled once")]
    pub fn cancel(&self, reservation: Reservation) -> bool {
        if mutated("gcra_cancel_anywhere") {
            let taken = reservation.after.saturating_sub(reservation.before);
            return self.update(|word| Ok::<_, ()>((word.saturating_sub(taken), ()))).is_ok();
        }
        // Live promises form a stack whose tops grow strictly, and each is taken off once: the word equals `after` only
        // while this one is on top.
        self.0.compare_exchange(reservation.after, reservation.before, Relaxed, Relaxed).is_ok()
    }

    /// See [`Gcra::acquire_up_to`].
    #[inline]
    pub fn acquire_up_to(&self, quota: &Quota, n: u32, now: Nanos) -> u32 {
        let units = quota.units(now);
        let taken = self.update(|word| {
            let there = step::remaining(word, units, quota.cap, quota.unit).min(u64::from(n));
            let cost = there.wrapping_mul(quota.unit); // at most the cap
            match take(
                word,
                Ask { now: units, latest: units, judged: cost, charged: cost, cap: quota.cap, end: u64::MAX },
            ) {
                Ok((after, _)) if there > 0 => Ok((after, u32::try_from(there).unwrap_or(n))),
                _ => Err(()),
            }
        });
        taken.map_or(0, |(_, _, there)| there)
    }

    /// See [`Gcra::peek`].
    #[must_use]
    pub fn peek(&self, quota: &Quota, n: u32, now: Nanos) -> Peek {
        let word = self.0.load(Relaxed);
        let units = quota.units(now);
        let retry_after = match quota.ask(n, now).and_then(|ask| take(word, ask)) {
            Ok(_) => Some(Nanos::ZERO),
            Err(target) => Denied { quota, target, now }.retry_after(),
        };
        Peek {
            remaining: step::remaining(word, units, quota.cap, quota.unit),
            reset_after: quota.left(word, now),
            retry_after,
        }
    }

    /// Whether [`try_acquire`](Self::try_acquire) would succeed, without taking.
    ///
    /// # Errors
    /// When the permits are not there.
    #[inline]
    pub fn judge<'q>(&self, quota: &'q Quota, n: u32, now: Nanos) -> Result<(), Denied<'q>> {
        let ask = quota.ask(n, now).map_err(|target| Denied { quota, target, now })?;
        match take(self.0.load(Relaxed), ask) {
            Ok(_) => Ok(()),
            Err(target) => Err(Denied { quota, target, now }),
        }
    }

    /// Raises the word to `next` of it; writes nothing where it is that high already.
    fn raise(&self, next: impl Fn(u64) -> u64) {
        let _ = self.update(|word| {
            let after = next(word);
            if after > word { Ok((after, ())) } else { Err(()) }
        });
    }

    /// See [`Gcra::drain`].
    pub fn drain(&self, quota: &Quota, now: Nanos) {
        let units = quota.units(now);
        self.raise(|word| step::drained(word, units, quota.cap));
    }

    /// See [`Gcra::penalize_until`].
    pub fn penalize_until(&self, quota: &Quota, until: Nanos, now: Nanos) {
        if until > now {
            let units = quota.units(until);
            self.raise(|word| step::penalized(word, units, quota.cap, quota.unit));
        }
    }

    /// See [`Gcra::snapshot`].
    #[must_use]
    pub fn snapshot(&self, quota: &Quota, now: Nanos) -> GcraSnapshot {
        GcraSnapshot { full_after: self.peek(quota, 0, now).reset_after }
    }

    /// See [`Gcra::restore`].
    pub fn restore(&self, quota: &Quota, snapshot: &GcraSnapshot, now: Nanos) {
        let restored = step::restored(now, snapshot.full_after, quota.scale);
        self.raise(|_| restored);
    }

    /// See [`Gcra::reset`].
    pub fn reset(&self) {
        let _ = self.update(|_| Ok::<_, core::convert::Infallible>((0, ())));
    }
}

impl Default for GcraWord {
    fn default() -> Self {
        Self::new()
    }
}

impl Quota {
    /// `n` permits at `now`, no waiting; an error is the target of a refusal.
    #[inline(always)]
    pub(crate) const fn ask(&self, n: u32, now: Nanos) -> Result<Ask, u64> {
        if n as u64 > self.burst {
            return Err(NEVER);
        }
        let cost = (n as u64).wrapping_mul(self.unit); // at most the cap
        let units = self.units(now);
        Ok(Ask { now: units, latest: units, judged: cost, charged: cost, cap: self.cap, end: u64::MAX })
    }

    /// The same, with what exceeds the burst as a debt.
    #[inline(always)]
    pub(crate) const fn ask_debt(&self, n: u32, now: Nanos) -> Result<Ask, u64> {
        let Some(charged) = (n as u64).checked_mul(self.unit) else {
            return Err(END_OF_TIME);
        };
        let judged = if charged < self.cap { charged } else { self.cap };
        let units = self.units(now);
        Ok(Ask { now: units, latest: units, judged, charged, cap: self.cap, end: u64::MAX })
    }
}

/// A rate limiter: a token bucket, exact to the tick at every rate, in one word beside its settings.
///
/// An admission is one compare-and-swap, without a lock or a division; a denial writes nothing. Every method may be called
/// from any thread and from interrupt handlers. A caller's `now` may be older than another's: that never admits more, and
/// a clock that steps back by `d` refuses for at most `d` longer.
///
/// Algorithm: the generic cell rate algorithm (ITU-T I.371) on a unit chosen per rate, see [`Quota`].
///
/// ```
/// use overcurrent::{Nanos, limit::{Gcra, Rate, Quota}};
/// const QUOTA: Quota = match Rate::new(3, Nanos::SECOND).build() {
///     Ok(quota) => quota,
///     Err(_) => panic!("checked by the compiler"),
/// };
/// static LIMITER: Gcra = Gcra::new(QUOTA);
///
/// let now = Nanos::from_secs(10);
/// assert!(LIMITER.try_acquire(3, now).is_ok());
/// let denied = LIMITER.try_acquire(1, now).unwrap_err();
/// assert_eq!(denied.retry_after(), Some(Nanos::new(333_333_334)));
/// assert!(LIMITER.try_acquire(1, now + Nanos::new(333_333_334)).is_ok());
/// ```
#[derive(Debug)]
pub struct Gcra {
    word: GcraWord,
    quota: Quota,
}

impl Gcra {
    const_new! {
        /// A limiter with this quota. It holds the quota's initial permits at the origin of time, and from there on
        /// gains permits at its rate; see [`starting`](Self::starting) for another start.
        pub fn new(quota: Quota) -> Self {
            Self { word: GcraWord::starting(&quota, Nanos::ZERO), quota }
        }
    }

    const_new! {
        /// A limiter that holds the quota's initial permits at `now`.
        pub fn starting(quota: Quota, now: Nanos) -> Self {
            Self { word: GcraWord::starting(&quota, now), quota }
        }
    }

    /// The settings.
    pub const fn quota(&self) -> &Quota {
        &self.quota
    }

    /// Takes `n` permits now, all or none. 0 permits are there unless more is owed than the burst, as with every limiter.
    ///
    /// ```
    /// use overcurrent::{Nanos, Reason, limit::{Gcra, Rate}};
    /// let limiter = Gcra::new(Rate::new(10, Nanos::SECOND).burst(2).build().unwrap());
    /// assert!(limiter.try_acquire(2, Nanos::ZERO).is_ok());
    /// assert_eq!(limiter.try_acquire(3, Nanos::ZERO).unwrap_err().reason(), Reason::CostExceedsBurst);
    /// ```
    ///
    /// # Errors
    /// When the permits are not there; nothing was written.
    #[inline]
    pub fn try_acquire(&self, n: u32, now: Nanos) -> Result<(), Denied<'_>> {
        self.word.try_acquire(&self.quota, n, now)
    }

    /// Takes `n` permits now even where `n` exceeds the burst: admitted when the burst (or `n`, if less) is there, and
    /// charged in full, so that the rate holds over time.
    ///
    /// ```
    /// use overcurrent::{Nanos, limit::{Gcra, Rate}};
    /// let bytes = Gcra::new(Rate::new(1_000, Nanos::SECOND).burst(500).build().unwrap());
    /// assert!(bytes.try_acquire_debt(1_500, Nanos::ZERO).is_ok());
    /// let denied = bytes.try_acquire_debt(1_500, Nanos::ZERO).unwrap_err();
    /// assert_eq!(denied.retry_after(), Some(Nanos::from_millis(1_500)));
    /// ```
    ///
    /// # Errors
    /// When the permits are not there; nothing was written.
    #[inline]
    pub fn try_acquire_debt(&self, n: u32, now: Nanos) -> Result<(), Denied<'_>> {
        self.word.try_acquire_debt(&self.quota, n, now)
    }

    /// Takes `n` permits from the future: at once if they are there, or with a wait of at most `max_wait`.
    ///
    /// Reservations are served in the order in which they were made, without a queue.
    ///
    /// ```
    /// use overcurrent::{Nanos, limit::{Gcra, Rate}};
    /// let limiter = Gcra::new(Rate::new(1, Nanos::SECOND).build().unwrap());
    /// let first = limiter.reserve(1, Nanos::SECOND, Nanos::ZERO).unwrap();
    /// let second = limiter.reserve(1, Nanos::SECOND, Nanos::ZERO).unwrap();
    /// assert_eq!(first.wait(), Nanos::ZERO);
    /// assert_eq!(second.wait(), Nanos::SECOND);
    /// assert!(limiter.reserve(1, Nanos::SECOND, Nanos::ZERO).is_err());
    /// assert!(limiter.cancel(second)); // the newest promise can be taken back
    /// assert!(limiter.reserve(1, Nanos::SECOND, Nanos::ZERO).is_ok());
    /// ```
    ///
    /// # Errors
    /// When the wait would be longer than `max_wait`; nothing was written.
    #[inline]
    pub fn reserve(&self, n: u32, max_wait: Nanos, now: Nanos) -> Result<Reservation, Denied<'_>> {
        self.word.reserve(&self.quota, n, max_wait, now)
    }

    /// [`reserve`](Self::reserve), with a debt allowed as in [`try_acquire_debt`](Self::try_acquire_debt).
    ///
    /// # Errors
    /// When the wait would be longer than `max_wait`; nothing was written.
    #[inline]
    pub fn reserve_debt(&self, n: u32, max_wait: Nanos, now: Nanos) -> Result<Reservation, Denied<'_>> {
        self.word.reserve_debt(&self.quota, n, max_wait, now)
    }

    /// Takes a reservation back if no other promise was made after it; otherwise its permits are forfeited. Returns
    /// whether they were given back.
    ///
    /// One compare-and-swap, at any time, with any clock. Every rule that gives back more has been seen to admit too
    /// much. A reservation made before a [`reset`](Self::reset) must be dropped, not cancelled.
    #[inline]
    pub fn cancel(&self, reservation: Reservation) -> bool {
        self.word.cancel(reservation)
    }

    /// Takes as many of `n` permits as are there now, and says how many.
    #[inline]
    pub fn acquire_up_to(&self, n: u32, now: Nanos) -> u32 {
        self.word.acquire_up_to(&self.quota, n, now)
    }

    /// What is left, when it is full again and when `n` permits could be taken. Takes and writes nothing.
    pub fn peek(&self, n: u32, now: Nanos) -> Peek {
        self.word.peek(&self.quota, n, now)
    }

    /// Takes everything that is there at `now`; an existing debt stays.
    pub fn drain(&self, now: Nanos) {
        self.word.drain(&self.quota, now);
    }

    /// Holds everything back until `until`, as a server asked with `Retry-After`: nothing before, one permit then, and the
    /// rate from there on. Does nothing when `until` has passed, and never shortens an existing debt.
    pub fn penalize_until(&self, until: Nanos, now: Nanos) {
        self.word.penalize_until(&self.quota, until, now);
    }

    /// The state at `now` as a remaining time, to be kept over a restart.
    #[must_use]
    pub fn snapshot(&self, now: Nanos) -> GcraSnapshot {
        self.word.snapshot(&self.quota, now)
    }

    /// Takes over a saved state: never more permits than there were, and at most one less (two where a unit is half a
    /// permit or more). What this limiter has admitted itself so far stays charged if it is more.
    pub fn restore(&self, snapshot: &GcraSnapshot, now: Nanos) {
        self.word.restore(&self.quota, snapshot, now);
    }

    /// Forgets everything: a limiter that was never used, with its whole burst.
    ///
    /// Reservations made before must be dropped, not cancelled: cancelling one could give back what somebody took
    /// since. ([`LiveGcra`](super::LiveGcra) tells them apart by itself.)
    pub fn reset(&self) {
        self.word.reset();
    }
}

/// `leave` does nothing, whatever the outcome: the call was made, and its permits were for making it. Only
/// [`cancel`](Gate::cancel) gives permits back, and only while they are the newest that were taken.
impl Gate for Gcra {
    type Permit = Reservation;

    #[inline]
    fn judge(&self, cost: u32, at: At) -> Result<(), Refusal> {
        self.word.judge(&self.quota, cost, at.now).map_err(Refusal::from)
    }

    #[inline]
    fn enter(&self, cost: u32, at: At) -> Result<Reservation, Refusal> {
        self.reserve(cost, Nanos::ZERO, at.now).map_err(Refusal::from)
    }

    #[inline]
    fn leave(&self, permit: Reservation, outcome: Outcome, at: At) {
        let _ = (permit, outcome, at);
    }

    fn leave_and_hold(&self, permit: Reservation, outcome: Outcome, until: Nanos, at: At) {
        Gate::leave(self, permit, outcome, at);
        self.penalize_until(until, at.now);
    }

    #[inline]
    fn cancel(&self, permit: Reservation) {
        let _ = Self::cancel(self, permit);
    }
}
