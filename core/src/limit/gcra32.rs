//! The rate limiter of small chips: four bytes, on a tick counter that wraps.

use super::quota32::Quota32;
use super::snapshot::Gcra32Snapshot;
use crate::decision::{Reason, Refusal};
use crate::sync::{AtomicU32, Relaxed, const_new, mutated};
use crate::time::Nanos;

/// What is owed at `now`, in ticks.
///
/// A caller's `now` may be up to [`Quota32::SKEW`] older than the one the word was made with, so a word up to `reach + SKEW` ahead
/// is a debt; anything else is what an idle limiter looks like. (With `reach` alone as the limit, a caller one tick behind
/// the one who took the last permit would find a fresh limiter.) 0 is a limiter that was never used.
#[inline(always)]
pub(crate) const fn owed(word: u32, now: u32, live: u32) -> u32 {
    let ahead = word.wrapping_sub(now);
    if word == 0 || ahead > live { 0 } else { ahead }
}

/// The word that owes `debt` at `now`; never 0, at the cost of one tick every 2^32.
#[inline(always)]
pub(crate) const fn word_of(now: u32, debt: u32) -> u32 {
    let word = now.wrapping_add(debt);
    if word == 0 { 1 } else { word }
}

/// The debt after taking, or the ticks to wait. `judged <= window`, `debt` and `max_wait` below 2^31.
#[inline(always)]
pub(crate) const fn take(debt: u32, judged: u32, window: u32, max_wait: u32) -> Result<u32, u32> {
    let after = debt.wrapping_add(judged);
    let wait = after.saturating_sub(window);
    if wait > max_wait { Err(wait) } else { Ok(wait) }
}

/// The state of a [`Gcra32`], for hosts that keep state and settings apart: many words, one [`Quota32`] in flash.
///
/// All zero is a limiter that was never used. Always use one word with the same quota. The methods are those of
/// [`Gcra32`], with the quota beside.
#[derive(Debug)]
#[repr(transparent)]
pub struct Gcra32Word(AtomicU32);

// Every access is Relaxed: the word is all there is, nothing else is published through it.
impl Gcra32Word {
    const_new! {
        /// A limiter that was never used, with its whole burst.
        pub fn new() -> Self {
            Self(AtomicU32::new(0))
        }
    }

    // A lost race loads the word anew instead of using what the swap saw: a register less across the loop, and bytes of
    // flash on every chip.
    #[inline(always)]
    fn update<T, E>(&self, next: impl Fn(u32) -> Result<(u32, T), E>) -> Result<(u32, u32, T), E> {
        loop {
            let word = self.0.load(Relaxed);
            let (after, answer) = next(word)?;
            if mutated("gcra32_store") {
                self.0.store(after, Relaxed);
                return Ok((word, after, answer));
            }
            if self.0.compare_exchange_weak(word, after, Relaxed, Relaxed).is_ok() {
                return Ok((word, after, answer));
            }
        }
    }

    /// See [`Gcra32::try_acquire`].
    ///
    /// # Errors
    /// When the permits are not there; nothing was written.
    #[inline]
    pub fn try_acquire(&self, quota: &Quota32, n: u32, now: u32) -> Result<(), Denied32> {
        self.promise(quota, n, 0, now).map(|_| ())
    }

    /// See [`Gcra32::reserve`].
    ///
    /// # Errors
    /// When the wait would be longer; nothing was written.
    #[inline]
    pub fn reserve(&self, quota: &Quota32, n: u32, max_wait: u32, now: u32) -> Result<Reservation32, Denied32> {
        let most = quota.longest;
        self.promise(quota, n, if max_wait < most { max_wait } else { most }, now)
    }

    #[inline(always)]
    fn promise(&self, quota: &Quota32, n: u32, max_wait: u32, now: u32) -> Result<Reservation32, Denied32> {
        let Some(cost) = quota.cost(n) else {
            return Err(Denied32 { wait: NEVER });
        };
        let promised = self.update(|word| {
            let debt = owed(word, now, quota.live);
            let wait = take(debt, cost, quota.window, max_wait)?;
            let after = if cost == 0 { word } else { word_of(now, debt.wrapping_add(cost)) };
            Ok((after, wait))
        });
        match promised {
            Ok((before, after, wait)) => Ok(Reservation32 { before, after, ready_at: now.wrapping_add(wait), wait }),
            Err(wait) => Err(Denied32 { wait }),
        }
    }

    /// See [`Gcra32::cancel`].
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "a reservation is cancelled once")]
    pub fn cancel(&self, reservation: Reservation32) -> bool {
        self.0.compare_exchange(reservation.after, reservation.before, Relaxed, Relaxed).is_ok()
    }

    /// See [`Gcra32::acquire_up_to`].
    pub fn acquire_up_to(&self, quota: &Quota32, n: u32, now: u32) -> u32 {
        let taken = self.update(|word| {
            let debt = owed(word, now, quota.live);
            let there = quota.permits_in(quota.window.saturating_sub(debt)).min(n);
            match quota.cost(there) {
                Some(cost) if there > 0 => Ok((word_of(now, debt.wrapping_add(cost)), there)),
                _ => Err(()),
            }
        });
        taken.map_or(0, |(_, _, there)| there)
    }

    /// See [`Gcra32::peek`].
    #[must_use]
    pub fn peek(&self, quota: &Quota32, n: u32, now: u32) -> Peek32 {
        let debt = owed(self.0.load(Relaxed), now, quota.live);
        Peek32 {
            remaining: quota.permits_in(quota.window.saturating_sub(debt)),
            reset_after: debt,
            retry_after: quota.cost(n).map(|cost| debt.wrapping_add(cost).saturating_sub(quota.window)),
        }
    }

    fn raise(&self, quota: &Quota32, now: u32, least: u32) {
        let _ = self.update(|word| {
            let debt = owed(word, now, quota.live);
            if least > debt { Ok((word_of(now, least), ())) } else { Err(()) }
        });
    }

    /// See [`Gcra32::drain`].
    pub fn drain(&self, quota: &Quota32, now: u32) {
        self.raise(quota, now, quota.window);
    }

    /// See [`Gcra32::penalize_for`].
    pub fn penalize_for(&self, quota: &Quota32, ticks: u32, now: u32) {
        if ticks > 0 {
            let one = quota.cost(1).unwrap_or(quota.window);
            let least = quota.window.saturating_sub(one).saturating_add(ticks);
            self.raise(quota, now, least.min(quota.reach()));
        }
    }

    /// See [`Gcra32::snapshot`].
    #[must_use]
    pub fn snapshot(&self, quota: &Quota32, now: u32) -> Gcra32Snapshot {
        Gcra32Snapshot { full_after: owed(self.0.load(Relaxed), now, quota.live) }
    }

    /// See [`Gcra32::restore`].
    pub fn restore(&self, quota: &Quota32, snapshot: &Gcra32Snapshot, now: u32) {
        self.raise(quota, now, snapshot.full_after.min(quota.reach()));
    }

    /// See [`Gcra32::reset`].
    pub fn reset(&self) {
        let _ = self.update(|_| Ok::<_, core::convert::Infallible>((0, ())));
    }
}

impl Default for Gcra32Word {
    fn default() -> Self {
        Self::new()
    }
}

/// A rate limiter in four bytes beside its settings, for 32-bit chips: lock-free where 32-bit compare-and-swap is, and
/// safe in interrupt handlers.
///
/// `now` is a tick counter that may wrap at 2^32. Callers' readings may be up to 2^20 ticks ([`Quota32::SKEW`]) older than
/// the newest one used; that never admits more. Costs are rounded up to whole ticks, so the rate may be low by up to one
/// tick a call and is never high. A limiter left alone for almost exactly a multiple of 2^32 ticks (49.7 days at 1 ms) may
/// refuse for up to the burst's time and 2^20 ticks; it never admits too much.
///
/// All zero is a limiter that was never used. Source: the generic cell rate algorithm (ITU-T I.371).
///
/// ```
/// use overcurrent::limit::{Gcra32, Quota32};
/// const QUOTA: Quota32 = match Quota32::new(3, 1_000, 3) { // 3 per 1,000 ticks, burst 3
///     Ok(quota) => quota,
///     Err(_) => panic!("checked by the compiler"),
/// };
/// static LIMITER: Gcra32 = Gcra32::new(QUOTA);
///
/// let now = u32::MAX - 10; // about to wrap
/// assert!(LIMITER.try_acquire(3, now).is_ok());
/// assert_eq!(LIMITER.try_acquire(1, now).unwrap_err().retry_after(), Some(334));
/// assert!(LIMITER.try_acquire(3, now.wrapping_add(1_000)).is_ok());
/// ```
#[derive(Debug)]
pub struct Gcra32 {
    word: Gcra32Word,
    quota: Quota32,
}

impl Gcra32 {
    const_new! {
        /// A limiter that was never used, with its whole burst.
        pub fn new(quota: Quota32) -> Self {
            Self { word: Gcra32Word::new(), quota }
        }
    }

    /// The settings.
    pub const fn quota(&self) -> &Quota32 {
        &self.quota
    }

    /// Takes `n` permits now, all or none.
    ///
    /// # Errors
    /// When the permits are not there; nothing was written.
    #[inline]
    pub fn try_acquire(&self, n: u32, now: u32) -> Result<(), Denied32> {
        self.word.try_acquire(&self.quota, n, now)
    }

    /// Takes `n` permits from the future, with a wait of at most `max_wait` ticks and of at most the quota's
    /// [`max_wait`](Quota32::max_wait).
    ///
    /// # Errors
    /// When the wait would be longer; nothing was written.
    #[inline]
    pub fn reserve(&self, n: u32, max_wait: u32, now: u32) -> Result<Reservation32, Denied32> {
        self.word.reserve(&self.quota, n, max_wait, now)
    }

    /// Takes a reservation back if no other promise was made after it; otherwise its permits are forfeited. Returns
    /// whether they were given back.
    ///
    /// Cancel within 2^31 ticks, and not after a [`reset`](Self::reset): drop the reservation then.
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "a reservation is cancelled once")]
    pub fn cancel(&self, reservation: Reservation32) -> bool {
        self.word.cancel(reservation)
    }

    /// Takes as many of `n` permits as are there now, and says how many.
    pub fn acquire_up_to(&self, n: u32, now: u32) -> u32 {
        self.word.acquire_up_to(&self.quota, n, now)
    }

    /// What is left, when it is full again and when `n` permits could be taken. Takes and writes nothing.
    #[must_use]
    pub fn peek(&self, n: u32, now: u32) -> Peek32 {
        self.word.peek(&self.quota, n, now)
    }

    /// Takes everything that is there at `now`; an existing debt stays.
    pub fn drain(&self, now: u32) {
        self.word.drain(&self.quota, now);
    }

    /// Holds everything back for `ticks`: nothing before, one permit then, and the rate from there on; at most for the
    /// quota's [`max_wait`](Quota32::max_wait) and one permit's time. Never shortens an existing debt.
    pub fn penalize_for(&self, ticks: u32, now: u32) {
        self.word.penalize_for(&self.quota, ticks, now);
    }

    /// The state at `now` as a remaining time, to be kept over a restart.
    #[must_use]
    pub fn snapshot(&self, now: u32) -> Gcra32Snapshot {
        self.word.snapshot(&self.quota, now)
    }

    /// Takes over a saved state: never more permits than there were. What this limiter has admitted itself so far stays
    /// charged if it is more.
    pub fn restore(&self, snapshot: &Gcra32Snapshot, now: u32) {
        self.word.restore(&self.quota, snapshot, now);
    }

    /// Forgets everything: a limiter that was never used. Reservations made before must be dropped, not cancelled.
    pub fn reset(&self) {
        self.word.reset();
    }
}

/// Permits taken from a [`Gcra32`], usable from [`ready_at`](Self::ready_at) on.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the permits are taken: wait and use them, or cancel the reservation"]
pub struct Reservation32 {
    before: u32,
    after: u32,
    ready_at: u32,
    wait: u32,
}

impl Reservation32 {
    /// The first tick at which the call may be made.
    pub const fn ready_at(&self) -> u32 {
        self.ready_at
    }

    /// How many ticks that is from the `now` of the reservation.
    pub const fn wait(&self) -> u32 {
        self.wait
    }

    /// The reservation as plain words, for hosts that keep it where Rust cannot.
    pub const fn into_raw(self) -> RawReservation32 {
        RawReservation32 { before: self.before, after: self.after, ready_at: self.ready_at, wait: self.wait }
    }

    /// The reservation that [`into_raw`](Self::into_raw) took apart.
    pub const fn from_raw(raw: RawReservation32) -> Self {
        Self { before: raw.before, after: raw.after, ready_at: raw.ready_at, wait: raw.wait }
    }
}

/// A [`Reservation32`] as four plain words. Plain data can be copied; cancelling one twice can give back what somebody
/// else took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct RawReservation32 {
    /// The limiter's word before.
    pub before: u32,
    /// The limiter's word after.
    pub after: u32,
    /// First tick of use.
    pub ready_at: u32,
    /// The wait in ticks.
    pub wait: u32,
}

/// The refusal of a [`Gcra32`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Denied32 {
    /// [`NEVER`] where no wait helps: it travels in one register. A wait is below 2^32 - 2^20.
    wait: u32,
}

const NEVER: u32 = u32::MAX;

impl Denied32 {
    /// Why: no permit now, or more asked for than the burst.
    pub const fn reason(&self) -> Reason {
        if self.wait == NEVER { Reason::CostExceedsBurst } else { Reason::RateLimited }
    }

    /// The ticks after which the same call is admitted if nobody else comes first. `None` when no wait helps.
    pub const fn retry_after(&self) -> Option<u32> {
        if self.wait == NEVER { None } else { Some(self.wait) }
    }

    /// The same as a [`Refusal`], with ticks of that length.
    pub const fn into_refusal(self, tick: Nanos) -> Refusal {
        match self.retry_after() {
            Some(ticks) => {
                let wait = Nanos::new(tick.get().saturating_mul(ticks as u64));
                Refusal::new(self.reason(), Some(wait))
            }
            None => Refusal::new(self.reason(), None),
        }
    }
}

/// A [`Gcra32`] seen without touching it; times in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peek32 {
    /// Whole permits that can be taken now.
    pub remaining: u32,
    /// Ticks until the limiter is full again, if nobody takes anything.
    pub reset_after: u32,
    /// Ticks until the number asked about can be taken; zero for now, `None` for never.
    pub retry_after: Option<u32>,
}
