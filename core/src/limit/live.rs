//! The rate limiter whose settings can be replaced while it runs.

use super::rate::{Quota, instant, left};
use super::reservation::{Peek, Reservation, reason, wait};
use super::scale::mul_div_ceil;
use super::slot::{PerPeriod, Slot, Terms, UNITS};
use super::snapshot::GcraSnapshot;
use super::step::{self, Ask, END_OF_TIME, NEVER, take};
use crate::decision::{Outcome, Reason, Refusal};
use crate::error::Busy;
use crate::gate::Gate;
use crate::sync::{AcqRel, Acquire, AtomicU32, AtomicU64, Relaxed, Release, const_new, fence, mutated, unless_mutated};
use crate::time::{At, Nanos};
use core::fmt;

/// Two bits above the units; the low one names the slot of the settings.
const GENERATION: u64 = 1 << 62;

/// The bits of the word that count generations. One is not enough: after two changes an idle limiter's word would be the
/// same again, and a decision by the settings before them would pass.
fn generations() -> u64 {
    if mutated("gcra_live_one_bit") { GENERATION } else { !UNITS }
}

/// The refusal of a [`LiveGcra`]: like [`Denied`](super::Denied), with its own copy of the settings it was judged by.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct LiveDenied {
    target: u64,
    now: Nanos,
    unit: u64,
    permits: u64,
    per: u64,
}

impl LiveDenied {
    /// Why: no permit now, or more asked for than the burst.
    pub const fn reason(&self) -> Reason {
        reason(self.target)
    }

    /// The wait after which the same call is admitted if nobody else comes first and the settings stay. `None` when no
    /// wait helps.
    pub const fn retry_after(&self) -> Option<Nanos> {
        if self.target >= END_OF_TIME {
            return None;
        }
        wait(instant(self.target, self.permits, self.per, self.unit), self.now)
    }
}

impl From<LiveDenied> for Refusal {
    fn from(denied: LiveDenied) -> Self {
        Self::new(denied.reason(), denied.retry_after())
    }
}

impl fmt::Display for LiveDenied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Refusal::from(*self).fmt(f)
    }
}

impl core::error::Error for LiveDenied {}

/// A [`Gcra`](super::Gcra) whose settings can be replaced while it runs, without a lock and without admitting too much.
///
/// Costs a few loads more per decision. Its unit may be longer than the fixed limiter's (62 bits count the units, 2 the
/// settings): only a rate of one permit per whole time is exact to the nanosecond, every other early by less than one
/// [`unit`](Quota::unit); the rate has no error in either. Time ends 146 years after its origin: from there on it refuses.
///
/// A thread that is suspended inside one decision while the settings are replaced exactly four times (or a multiple of
/// that), with the word at the same value again, would decide by settings of its own time.
///
/// ```
/// use overcurrent::{Nanos, limit::{LiveGcra, Rate}};
/// let limiter = LiveGcra::new(Rate::new(10, Nanos::SECOND).build().unwrap());
/// let now = Nanos::from_secs(1);
/// assert!(limiter.try_acquire(6, now).is_ok());
/// limiter.reconfigure(Rate::new(8, Nanos::MINUTE).build().unwrap(), now).unwrap();
/// assert_eq!(limiter.peek(1, now).remaining, 2); // 8 less the 6 that were used
/// ```
#[derive(Debug)]
#[repr(C)]
pub struct LiveGcra {
    word: AtomicU64,
    even: Slot,
    odd: Slot,
    changing: AtomicU32,
}

impl LiveGcra {
    const_new! {
        /// A limiter with this quota. It holds the quota's initial permits at the origin of time.
        pub fn new(quota: Quota) -> Self {
            Self::starting(quota, Nanos::ZERO)
        }
    }

    const_new! {
        /// A limiter that holds the quota's initial permits at `now`.
        pub fn starting(quota: Quota, now: Nanos) -> Self {
            let quota = quota.live();
            let word = quota.starting(now);
            Self {
                word: AtomicU64::new(if word < UNITS { word } else { UNITS }),
                even: Slot::new(&quota),
                odd: Slot::new(&quota),
                changing: AtomicU32::new(0),
            }
        }
    }

    /// Whether this memory was never set up: all zero, as a host that owns it finds it. Such a limiter has no rate and must
    /// not be asked for anything.
    #[inline]
    pub fn is_blank(&self) -> bool {
        self.even.is_blank()
    }

    #[inline(always)]
    const fn slot(&self, word: u64) -> &Slot {
        if word & GENERATION == 0 { &self.even } else { &self.odd }
    }

    /// Decides by the settings that belong to the word, and makes sure that they did.
    #[inline(always)]
    fn decide<T>(
        &self,
        now: Nanos,
        next: impl Fn(u64, &Terms, &Slot) -> Result<(u64, T), u64>,
    ) -> Result<(u64, u64, T), LiveDenied> {
        // Acquire: whoever sees a generation sees the settings stored before it was published.
        let order = unless_mutated(Acquire, "gcra_live_word_relaxed");
        let mut word = self.word.load(order);
        loop {
            let slot = self.slot(word);
            let terms = slot.terms();
            match next(word & UNITS, &terms, slot) {
                Ok((after, answer)) => {
                    let after = after | word & !UNITS;
                    // The swap fails if the settings were replaced. Release: a later change, which acquires the word,
                    // overwrites the slot only after it was read here.
                    match self.word.compare_exchange_weak(word, after, Release, order) {
                        Ok(_) => return Ok((word, after, answer)),
                        Err(seen) => word = seen,
                    }
                }
                Err(target) => {
                    let PerPeriod { permits, per } = slot.per_period();
                    // If one of the loads above saw a store of the change after next, the load below sees the change
                    // before it: this fence pairs with the one in `change`.
                    if !mutated("gcra_live_no_acquire_fence") {
                        fence(Acquire);
                    }
                    let seen = self.word.load(Relaxed);
                    if (seen ^ word) & !UNITS == 0 || mutated("gcra_live_no_validation") {
                        return Err(LiveDenied { target, now, unit: terms.unit, permits, per });
                    }
                    word = self.word.load(order);
                }
            }
        }
    }

    /// Takes `n` permits now, all or none; see [`Gcra::try_acquire`](super::Gcra::try_acquire).
    ///
    /// # Errors
    /// When the permits are not there; nothing was written.
    #[inline]
    pub fn try_acquire(&self, n: u32, now: Nanos) -> Result<(), LiveDenied> {
        self.decide(now, |word, terms, _| terms.ask(n, now).and_then(|ask| take(word, ask))).map(|_| ())
    }

    /// Takes `n` permits now, a debt allowed; see [`Gcra::try_acquire_debt`](super::Gcra::try_acquire_debt).
    ///
    /// # Errors
    /// When the permits are not there; nothing was written.
    #[inline]
    pub fn try_acquire_debt(&self, n: u32, now: Nanos) -> Result<(), LiveDenied> {
        self.decide(now, |word, terms, _| terms.ask_debt(n, now).and_then(|ask| take(word, ask))).map(|_| ())
    }

    /// Takes `n` permits from the future; see [`Gcra::reserve`](super::Gcra::reserve).
    ///
    /// # Errors
    /// When the wait would be longer than `max_wait`; nothing was written.
    #[inline]
    pub fn reserve(&self, n: u32, max_wait: Nanos, now: Nanos) -> Result<Reservation, LiveDenied> {
        self.promise(max_wait, now, |terms| terms.ask(n, now))
    }

    /// Takes `n` permits from the future, a debt allowed; see [`Gcra::reserve_debt`](super::Gcra::reserve_debt).
    ///
    /// # Errors
    /// When the wait would be longer than `max_wait`; nothing was written.
    #[inline]
    pub fn reserve_debt(&self, n: u32, max_wait: Nanos, now: Nanos) -> Result<Reservation, LiveDenied> {
        self.promise(max_wait, now, |terms| terms.ask_debt(n, now))
    }

    #[inline(always)]
    fn promise(
        &self,
        max_wait: Nanos,
        now: Nanos,
        ask: impl Fn(&Terms) -> Result<Ask, u64>,
    ) -> Result<Reservation, LiveDenied> {
        let (before, after, due) = self.decide(now, |word, terms, slot| {
            let ask = Ask { latest: terms.units(now.saturating_add(max_wait)), ..ask(terms)? };
            let (after, target) = take(word, ask)?;
            let due = target > terms.units(now);
            Ok((after, if due { Some((target, terms.unit, slot.per_period())) } else { None }))
        })?;
        let ready_at = match due {
            Some((target, unit, of)) => instant(target, of.permits, of.per, unit).unwrap_or(Nanos::MAX),
            None => now,
        };
        Ok(Reservation { before, after, ready_at, wait: ready_at.saturating_sub(now) })
    }

    /// Takes a reservation back if no other promise was made after it and no settings were replaced since; otherwise its
    /// permits are forfeited. Returns whether they were given back. See [`Gcra::cancel`](super::Gcra::cancel).
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "a reservation is cancelled once")]
    pub fn cancel(&self, reservation: Reservation) -> bool {
        // Relaxed: no settings are read. The generation is part of the word.
        self.word.compare_exchange(reservation.after, reservation.before, Relaxed, Relaxed).is_ok()
    }

    /// Takes as many of `n` permits as are there now, and says how many.
    #[inline]
    pub fn acquire_up_to(&self, n: u32, now: Nanos) -> u32 {
        let taken = self.decide(now, |word, terms, _| {
            let units = terms.units(now);
            let there = step::remaining(word, units, terms.cap, terms.unit).min(u64::from(n));
            let cost = there.saturating_mul(terms.unit); // at most the cap
            let ask = Ask { now: units, latest: units, judged: cost, charged: cost, cap: terms.cap, end: UNITS };
            match take(word, ask) {
                Ok((after, _)) if there > 0 => Ok((after, u32::try_from(there).unwrap_or(n))),
                _ => Err(NEVER),
            }
        });
        taken.map_or(0, |(_, _, there)| there)
    }

    /// Looks at the word and its settings; writes nothing.
    fn look<T>(&self, see: impl Fn(u64, &Terms, PerPeriod) -> T) -> T {
        // Orderings as in `decide`.
        let mut word = self.word.load(Acquire);
        loop {
            let slot = self.slot(word);
            let seen = see(word & UNITS, &slot.terms(), slot.per_period());
            fence(Acquire);
            let again = self.word.load(Relaxed);
            if (again ^ word) & !UNITS == 0 {
                return seen;
            }
            word = self.word.load(Acquire);
        }
    }

    /// What is left, when it is full again and when `n` permits could be taken. Takes and writes nothing.
    #[must_use]
    pub fn peek(&self, n: u32, now: Nanos) -> Peek {
        self.look(|word, terms, of| Peek {
            remaining: step::remaining(word, terms.units(now), terms.cap, terms.unit),
            reset_after: left(word, of.permits, of.per, terms.unit, now),
            retry_after: match terms.ask(n, now).and_then(|ask| take(word, ask)) {
                Ok(_) => Some(Nanos::ZERO),
                Err(target) if target < END_OF_TIME => wait(instant(target, of.permits, of.per, terms.unit), now),
                Err(_) => None,
            },
        })
    }

    /// Whether [`try_acquire`](Self::try_acquire) would succeed, without taking.
    ///
    /// # Errors
    /// When the permits are not there.
    pub fn judge(&self, n: u32, now: Nanos) -> Result<(), LiveDenied> {
        self.look(|word, terms, of| match terms.ask(n, now).and_then(|ask| take(word, ask)) {
            Ok(_) => Ok(()),
            Err(target) => Err(LiveDenied { target, now, unit: terms.unit, permits: of.permits, per: of.per }),
        })
    }

    /// The settings in force, as given (the initial fill reads as the burst).
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.look(|_, terms, of| terms.quota(of))
    }

    fn raise(&self, now: Nanos, next: impl Fn(u64, &Terms) -> u64) {
        let _ = self.decide(now, |word, terms, _| {
            let after = next(word, terms).min(UNITS);
            if after > word { Ok((after, ())) } else { Err(NEVER) }
        });
    }

    /// Takes everything that is there at `now`; an existing debt stays.
    pub fn drain(&self, now: Nanos) {
        self.raise(now, |word, terms| step::drained(word, terms.units(now), terms.cap));
    }

    /// Holds everything back until `until`; see [`Gcra::penalize_until`](super::Gcra::penalize_until).
    pub fn penalize_until(&self, until: Nanos, now: Nanos) {
        if until > now {
            self.raise(now, |word, terms| step::penalized(word, terms.units(until), terms.cap, terms.unit));
        }
    }

    /// The state at `now` as a remaining time.
    #[must_use]
    pub fn snapshot(&self, now: Nanos) -> GcraSnapshot {
        GcraSnapshot { full_after: self.peek(0, now).reset_after }
    }

    /// Takes over a saved state; see [`Gcra::restore`](super::Gcra::restore).
    pub fn restore(&self, snapshot: &GcraSnapshot, now: Nanos) {
        self.raise(now, |_, terms| step::restored(now, snapshot.full_after, terms.scale));
    }

    /// Replaces the settings and keeps what was used: a debt is kept in **permits**, rounded up, so neither does a faster
    /// rate lock the gate nor a slower one forgive what was taken. Waits already promised stay as promised;
    /// reservations from before can no longer be cancelled. A [penalty](Self::penalize_until) is a debt like any other: at
    /// ten times the rate it ends ten times as soon; ask for it again after the change.
    ///
    /// # Errors
    /// [`Busy`] while another thread is doing the same; nothing was changed and nothing waits.
    pub fn reconfigure(&self, quota: Quota, now: Nanos) -> Result<(), Busy> {
        let quota = quota.live();
        self.change(&|_| quota, &|word, old| {
            let owed = step::debt(word, old.units(now));
            let kept = mul_div_ceil(u128::from(owed), u128::from(quota.unit), u128::from(old.unit));
            quota.units(now).saturating_add(kept.unwrap_or(UNITS))
        })
    }

    /// Forgets everything that was taken: the whole burst is there, settings stay. Reservations from before can no
    /// longer be cancelled.
    ///
    /// # Errors
    /// [`Busy`] while another thread replaces the settings; nothing was changed.
    pub fn reset(&self) -> Result<(), Busy> {
        if mutated("gcra_live_reset_early") {
            let read = self.quota();
            return self.change(&|_| read, &|_, _| 0);
        }
        // The settings in force once nobody else can change them: read before, they may be those of a change ago.
        self.change(&|in_force| in_force, &|_, _| 0)
    }

    /// Publishes what `quota` makes of the settings in force, and the word that belongs to it, under the next generation.
    fn change(&self, quota: &dyn Fn(Quota) -> Quota, next: &dyn Fn(u64, &Terms) -> u64) -> Result<(), Busy> {
        // Acquire: sees the slots and the word as the last change left them.
        if self.changing.compare_exchange(0, 1, Acquire, Relaxed).is_err() && !mutated("gcra_live_no_exclusion") {
            return Err(Busy);
        }
        let mut word = self.word.load(Acquire);
        let slot = self.slot(word);
        let old = slot.terms(); // only this thread stores to slots now
        let quota = quota(old.quota(slot.per_period()));
        // Release: whoever sees one of the stores below and then fences sees that the generation whose slot it was has
        // passed.
        if !mutated("gcra_live_no_release_fence") {
            fence(Release);
        }
        self.slot(word.wrapping_add(GENERATION)).store(&quota);
        loop {
            let generation = (word & !UNITS).wrapping_add(GENERATION) & generations();
            let after = generation | next(word & UNITS, &old).min(UNITS);
            // Release publishes the slot; Acquire keeps the next change's stores behind the loads of those who decided
            // by the old one.
            match self.word.compare_exchange_weak(word, after, AcqRel, Acquire) {
                Ok(_) => break,
                Err(seen) => word = seen,
            }
        }
        self.changing.store(0, Release);
        Ok(())
    }
}

/// As for [`Gcra`](super::Gcra): `leave` does nothing, `cancel` gives back what is still the newest.
impl Gate for LiveGcra {
    type Permit = Reservation;

    #[inline]
    fn judge(&self, cost: u32, at: At) -> Result<(), Refusal> {
        Self::judge(self, cost, at.now).map_err(Refusal::from)
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
