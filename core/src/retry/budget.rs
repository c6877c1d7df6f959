//! How many retries there may be, as a share of the calls.
//!
//! One word counts thousandths of a retry on a line that time moves along: `min_per_second` thousand thousandths a
//! second. What lies between the word and the present is owed. A retry moves the word up, a call paid in moves it down,
//! and the present lifts it where it has fallen behind.

use crate::decision::{Outcome, Reason, Refusal};
use crate::error::{ConfigError, NeedsTime};
use crate::gate::Gate;
use crate::limit::scale::{Scale, mul_div_ceil};
use crate::sync::{AtomicU64, Relaxed, const_new, mutated};
use crate::time::{At, Nanos};

/// What a retry costs, in the word's units.
const RETRY: u64 = 1_000;
/// A word that no time reaches.
const END_OF_TIME: u64 = u64::MAX;

/// Settings of a [`RetryBudget`], to be checked by [`build`](Self::build).
///
/// | setting | default |
/// |---|---|
/// | `ratio` | 200: a retry for every five calls |
/// | `min_per_second` | 10 retries a second whatever the calls |
/// | `cap` | 100 saved retries |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "settings do nothing until they are built"]
pub struct RetryBudgetConfig {
    ratio: u32,
    min_per_second: u32,
    cap: u32,
}

/// Settings that have passed [`RetryBudgetConfig::build`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct RetryBudgetPolicy {
    /// Nanoseconds to thousandths of a retry; to none at all where time pays nothing in.
    scale: Scale,
    ratio: u64,
    /// In thousandths of a retry.
    cap: u64,
    min_per_second: u64,
}

impl Default for RetryBudgetConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl RetryBudgetConfig {
    /// The defaults.
    pub const fn new() -> Self {
        Self { ratio: 200, min_per_second: 10, cap: 100 }
    }

    /// What each call pays in, in thousandths of a retry (0 to 1,000).
    pub const fn ratio(self, per_1000: u32) -> Self {
        Self { ratio: per_1000, ..self }
    }

    /// Retries that time pays in (0 to 1,000,000 a second). With 0 the budget needs no clock.
    pub const fn min_per_second(self, retries: u32) -> Self {
        Self { min_per_second: retries, ..self }
    }

    /// The most retries that can be saved up (1 to 1,000,000): the longest burst. A budget starts with as many.
    pub const fn cap(self, retries: u32) -> Self {
        Self { cap: retries, ..self }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// The first that is out of the range named beside it.
    pub const fn build(self) -> Result<RetryBudgetPolicy, ConfigError> {
        macro_rules! check {
            ($field:literal, $value:expr, $min:expr, $max:expr) => {
                if let Err(error) = ConfigError::check($field, $value as u64, $min, $max) {
                    return Err(error);
                }
            };
        }
        check!("ratio", self.ratio, 0, 1_000);
        check!("min_per_second", self.min_per_second, 0, 1_000_000);
        check!("cap", self.cap, 1, 1_000_000);
        let scale = match self.min_per_second {
            0 => Scale::whole(0),
            // At most one thousandth a nanosecond: a fraction.
            rate => Scale::fraction((rate as u64).saturating_mul(RETRY), Nanos::SECOND.get()),
        };
        Ok(RetryBudgetPolicy {
            scale,
            ratio: self.ratio as u64,
            cap: (self.cap as u64).saturating_mul(RETRY),
            min_per_second: self.min_per_second as u64,
        })
    }
}

impl RetryBudgetPolicy {
    /// The present, in thousandths of a retry.
    #[inline]
    const fn units(&self, now: Nanos) -> u64 {
        self.scale.units(now.get())
    }

    /// The word after a retry, if there is one left.
    #[inline]
    const fn withdraw(&self, word: u64, units: u64) -> Result<u64, u64> {
        let from = if word > units { word } else { units };
        let Some(after) = from.checked_add(RETRY) else { return Err(END_OF_TIME) };
        if after.saturating_sub(units) <= self.cap { Ok(after) } else { Err(after) }
    }

    /// The word after a call has paid in; the same if the budget is full. It may fall behind the present, which lifts it.
    #[inline]
    const fn deposit(&self, word: u64, units: u64) -> u64 {
        if word <= units { word } else { word.saturating_sub(self.ratio) }
    }

    fn refusal(&self, wanted: u64, now: Nanos) -> Refusal {
        let due = u128::from(wanted.saturating_sub(self.cap));
        let per_second = u128::from(self.min_per_second).wrapping_mul(u128::from(RETRY));
        // Without a rate nothing is due by time: no division by zero, but no answer.
        let due = mul_div_ceil(due, u128::from(Nanos::SECOND.get()), per_second);
        let retry_after = due.filter(|_| wanted < END_OF_TIME).map(|due| Nanos::new(due).saturating_sub(now));
        Refusal::new(Reason::RetryBudgetSpent, retry_after)
    }
}

/// The state of a retry budget apart from its settings, in eight bytes: for hosts that keep the two in different places.
/// [`RetryBudget`] holds both.
///
/// Zero is a full budget. Always use one with the same settings.
#[derive(Debug)]
#[repr(transparent)]
pub struct BudgetWord(AtomicU64);

/// Keeps retries from multiplying the load on something that already fails: a share of the calls, and a few a second.
///
/// Pay in once per call, when it is first made (or when it succeeds, as the [`Gate`] does); ask before every retry. Like
/// the retry budgets of Finagle and tower, with a cap instead of their time to live: what is saved is limited by number,
/// not by age, so that one 8-byte word holds it. It starts full. Lock-free; any thread, any interrupt handler; a refusal
/// writes nothing, nor does paying into a full budget.
///
/// ```
/// use overcurrent::{retry::{RetryBudget, RetryBudgetConfig}, Nanos};
/// let budget = RetryBudget::new(RetryBudgetConfig::new().ratio(500).min_per_second(0).cap(1).build().unwrap());
/// let now = Nanos::ZERO;
/// assert!(budget.try_withdraw(now).is_ok());
/// assert!(budget.try_withdraw(now).is_err());
/// budget.deposit(now);
/// assert!(budget.try_withdraw(now).is_err()); // half a retry
/// budget.deposit(now);
/// assert!(budget.try_withdraw(now).is_ok());
/// ```
#[derive(Debug)]
pub struct RetryBudget {
    word: BudgetWord,
    policy: RetryBudgetPolicy,
}

/// A retry that the budget has paid for.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the retry is paid for: make it, or cancel"]
pub struct Withdrawal {
    after: u64,
}

impl Withdrawal {
    /// As a plain word, for hosts that keep it where Rust cannot; cancelling it twice may give back twice.
    pub const fn into_raw(self) -> u64 {
        self.after
    }

    /// The withdrawal that [`into_raw`](Self::into_raw) took apart.
    pub const fn from_raw(after: u64) -> Self {
        Self { after }
    }
}

impl BudgetWord {
    const_new! {
        /// A full budget.
        #[allow(clippy::new_without_default, reason = "not const under the models")]
        pub fn new() -> Self {
            Self(AtomicU64::new(0))
        }
    }

    /// Takes one retry, if there is one.
    ///
    /// # Errors
    /// None is left: says when time alone will have paid in the next (never, with `min_per_second` 0).
    #[inline]
    pub fn try_withdraw(&self, policy: &RetryBudgetPolicy, now: Nanos) -> Result<Withdrawal, Refusal> {
        let units = policy.units(now);
        // Relaxed throughout: the word guards nothing but itself, and its swaps are totally ordered.
        let mut word = self.0.load(Relaxed);
        loop {
            let after = match policy.withdraw(word, units) {
                Ok(after) => after,
                Err(wanted) => return Err(policy.refusal(wanted, now)),
            };
            if mutated("budget_blind_store") {
                self.0.store(after, Relaxed);
                return Ok(Withdrawal { after });
            }
            match self.0.compare_exchange_weak(word, after, Relaxed, Relaxed) {
                Ok(_) => return Ok(Withdrawal { after }),
                Err(seen) => word = seen,
            }
        }
    }

    /// Whether [`try_withdraw`](Self::try_withdraw) would succeed, without taking.
    ///
    /// # Errors
    /// The refusal that it would give.
    pub fn judge(&self, policy: &RetryBudgetPolicy, now: Nanos) -> Result<(), Refusal> {
        match policy.withdraw(self.0.load(Relaxed), policy.units(now)) {
            Ok(_) => Ok(()),
            Err(wanted) => Err(policy.refusal(wanted, now)),
        }
    }

    /// Pays in for one call.
    #[inline]
    pub fn deposit(&self, policy: &RetryBudgetPolicy, now: Nanos) {
        let units = policy.units(now);
        let mut word = self.0.load(Relaxed);
        loop {
            let after = policy.deposit(word, units);
            if after == word {
                return;
            }
            if mutated("budget_blind_deposit") {
                self.0.store(after, Relaxed);
                return;
            }
            match self.0.compare_exchange_weak(word, after, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(seen) => word = seen,
            }
        }
    }

    /// Gives a retry back that was not made, if nothing has happened since; otherwise it is forfeited, and this says
    /// `false`.
    #[allow(clippy::needless_pass_by_value, reason = "a withdrawal is used up")]
    pub fn cancel(&self, withdrawal: Withdrawal) -> bool {
        let before = withdrawal.after.saturating_sub(RETRY);
        self.0.compare_exchange(withdrawal.after, before, Relaxed, Relaxed).is_ok()
    }

    /// The retries that could be made now.
    pub fn available(&self, policy: &RetryBudgetPolicy, now: Nanos) -> u32 {
        let owed = self.0.load(Relaxed).saturating_sub(policy.units(now));
        u32::try_from(policy.cap.saturating_sub(owed) / RETRY).unwrap_or(u32::MAX)
    }
}

impl RetryBudget {
    const_new! {
        /// A full budget.
        pub fn new(policy: RetryBudgetPolicy) -> Self {
            Self { word: BudgetWord::new(), policy }
        }
    }

    /// Takes one retry, if there is one.
    ///
    /// # Errors
    /// None is left: says when time alone will have paid in the next (never, with `min_per_second` 0).
    #[inline]
    pub fn try_withdraw(&self, now: Nanos) -> Result<Withdrawal, Refusal> {
        self.word.try_withdraw(&self.policy, now)
    }

    /// Pays in for one call.
    #[inline]
    pub fn deposit(&self, now: Nanos) {
        self.word.deposit(&self.policy, now);
    }

    /// Gives a retry back that was not made, if nothing has happened since; otherwise it is forfeited, and this says
    /// `false`.
    pub fn cancel(&self, withdrawal: Withdrawal) -> bool {
        self.word.cancel(withdrawal)
    }

    /// The retries that could be made now.
    pub fn available(&self, now: Nanos) -> u32 {
        self.word.available(&self.policy, now)
    }
}

/// Asked before a retry; a success pays in. The cost is always one retry.
impl Gate for RetryBudget {
    type Permit = Withdrawal;

    fn judge(&self, _: u32, at: At) -> Result<(), Refusal> {
        self.word.judge(&self.policy, at.now)
    }
    #[inline]
    fn enter(&self, _: u32, at: At) -> Result<Withdrawal, Refusal> {
        self.try_withdraw(at.now)
    }
    #[inline]
    fn leave(&self, _: Withdrawal, outcome: Outcome, at: At) {
        if outcome == Outcome::Success {
            self.deposit(at.now);
        }
    }
    fn cancel(&self, permit: Withdrawal) {
        RetryBudget::cancel(self, permit);
    }
    #[inline]
    fn needs_clock(&self) -> bool {
        self.policy.min_per_second != 0
    }
    fn enter_untimed(&self, _: u32) -> Result<Withdrawal, NeedsTime> {
        if self.needs_clock() { Err(NeedsTime) } else { self.try_withdraw(Nanos::ZERO).map_err(|_| NeedsTime) }
    }
    fn leave_untimed(&self, permit: Withdrawal, outcome: Outcome) -> Result<(), NeedsTime> {
        self.leave(permit, outcome, At::default());
        Ok(())
    }
}
