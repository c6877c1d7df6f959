//! How long to wait before trying again.

use super::{growing_ms, thousandth};
use crate::error::ConfigError;
use crate::time::Nanos;

/// How waits are spread, so that callers that failed together do not come back together.
///
/// The formulas are those of Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. `step` is the
/// wait without jitter, at most the cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Jitter {
    /// Not at all: `step`.
    None,
    /// `random(0, step)`: the fewest calls altogether, and the default.
    #[default]
    Full,
    /// `step / 2 + random(0, step / 2)`: never less than half.
    Equal,
    /// `min(cap, random(first, 3 * the wait before))`: grows from the waits drawn, not from the attempt. Use
    /// [`Backoff::delays`], which remembers the wait before.
    Decorrelated,
}

/// The waits between attempts, to be checked by [`build`](Self::build).
///
/// ```
/// use overcurrent::{retry::{BackoffConfig, Jitter}, Nanos};
/// let backoff = BackoffConfig::exponential(Nanos::from_millis(500), 1_500).jitter(Jitter::None).build().unwrap();
/// assert_eq!(backoff.delay(1, 0, None), Nanos::from_millis(500));
/// assert_eq!(backoff.delay(4, 0, None), Nanos::from_millis(1_687)); // truncated to whole milliseconds at every step
/// assert_eq!(backoff.delay(1, 0, Some(Nanos::SECOND)), Nanos::SECOND); // the server knows better
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "settings do nothing until they are built"]
pub struct BackoffConfig {
    backoff: Backoff,
}

/// Waits that have passed [`BackoffConfig::build`]. Plain data: no clock, no randomness of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Nanos,
    multiplier_milli: u32,
    cap: Nanos,
    jitter: Jitter,
}

const MS: u64 = 1_000_000;

impl BackoffConfig {
    /// Always `wait`, fully jittered unless told otherwise.
    pub const fn fixed(wait: Nanos) -> Self {
        Self { backoff: Backoff { first: wait, multiplier_milli: 1_000, cap: Nanos::MAX, jitter: Jitter::Full } }
    }

    /// `first`, then each the one before times `multiplier_milli / 1000`, in whole milliseconds, truncated at every step
    /// like Resilience4j's interval functions, but at least 1 ms more; fully jittered unless told otherwise.
    pub const fn exponential(first: Nanos, multiplier_milli: u32) -> Self {
        Self { backoff: Backoff { first, multiplier_milli, cap: Nanos::MAX, jitter: Jitter::Full } }
    }

    /// The longest wait; only a server's `retry_after` goes beyond it.
    pub const fn cap(self, cap: Nanos) -> Self {
        Self { backoff: Backoff { cap, ..self.backoff } }
    }

    /// How waits are spread.
    pub const fn jitter(self, jitter: Jitter) -> Self {
        Self { backoff: Backoff { jitter, ..self.backoff } }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// `first` 0, or not in whole milliseconds where it grows; a multiplier below 1,000 or above 1,000,000; a cap below
    /// `first`.
    pub const fn build(self) -> Result<Backoff, ConfigError> {
        let Backoff { first, multiplier_milli, cap, .. } = self.backoff;
        macro_rules! check {
            ($field:literal, $value:expr, $min:expr, $max:expr) => {
                if let Err(error) = ConfigError::check($field, $value, $min, $max) {
                    return Err(error);
                }
            };
        }
        check!("first", first.get(), 1, u64::MAX);
        check!("multiplier_milli", multiplier_milli as u64, 1_000, 1_000_000);
        if multiplier_milli != 1_000 && first.get() % MS != 0 {
            // Growth is counted in whole milliseconds: a part of one would be lost without a word.
            return Err(ConfigError::new("first (whole milliseconds)", first.get(), MS, u64::MAX));
        }
        check!("cap", cap.get(), first.get(), u64::MAX);
        Ok(self.backoff)
    }
}

impl Backoff {
    /// The wait after the `attempt`-th failure (from 1), from 32 uniform random bits; 0 counts as no bits, and then the
    /// wait is not spread. At least `retry_after`, whatever the cap: who was told when to come back does not come
    /// sooner.
    ///
    /// With [`Jitter::Decorrelated`] the wait before is taken to be the longest that it can have been; see
    /// [`delays`](Self::delays).
    #[must_use]
    pub const fn delay(&self, attempt: u32, random: u32, retry_after: Option<Nanos>) -> Nanos {
        let step = self.step(attempt);
        let wait = match self.jitter {
            Jitter::None => step,
            Jitter::Full => between(0, step, random),
            Jitter::Equal => between(step / 2, step, random),
            Jitter::Decorrelated => {
                let mut before = self.first.get();
                let mut n = 1;
                while n < attempt && before < self.cap.get() {
                    before = before.saturating_mul(3);
                    n = u32::wrapping_add(n, 1);
                }
                self.decorrelated(before, random)
            }
        };
        floor(wait, retry_after)
    }

    /// The waits of one call's attempts, one after the other.
    #[must_use]
    pub const fn delays(self) -> Delays {
        Delays { backoff: self, attempt: 0, before: self.first }
    }

    const fn step(&self, attempt: u32) -> u64 {
        let cap = self.cap.get();
        let step = if self.multiplier_milli == 1_000 {
            self.first.get()
        } else {
            growing_ms(thousandth(thousandth(self.first.get())), self.multiplier_milli, u64::MAX, attempt)
                .saturating_mul(MS)
        };
        if step < cap { step } else { cap }
    }

    const fn decorrelated(&self, before: u64, random: u32) -> u64 {
        let wait = between(self.first.get(), before.saturating_mul(3), random);
        if wait < self.cap.get() { wait } else { self.cap.get() }
    }
}

/// The waits of one call, remembering the one before.
#[derive(Clone, Copy, Debug)]
pub struct Delays {
    backoff: Backoff,
    attempt: u32,
    before: Nanos,
}

/// [`Delays`] apart from their settings, as plain data, for hosts that keep them where Rust cannot. All zero: before the
/// first wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawDelays {
    /// The wait before, in nanoseconds; 0 for none yet.
    pub before: u64,
    /// How many waits there were.
    pub attempt: u32,
}

impl Delays {
    /// Takes them apart.
    #[must_use]
    pub const fn into_raw(self) -> RawDelays {
        RawDelays { before: self.before.get(), attempt: self.attempt }
    }

    /// The waits that [`into_raw`](Self::into_raw) took apart, by the same settings.
    #[must_use]
    pub const fn from_raw(backoff: Backoff, raw: RawDelays) -> Self {
        let before = if raw.before == 0 { backoff.first } else { Nanos::new(raw.before) };
        Self { backoff, attempt: raw.attempt, before }
    }

    /// The wait after one more failure; arguments and rules as for [`Backoff::delay`].
    pub const fn next_delay(&mut self, random: u32, retry_after: Option<Nanos>) -> Nanos {
        self.attempt = self.attempt.saturating_add(1);
        if let Jitter::Decorrelated = self.backoff.jitter {
            // What the server asked for does not feed the growth.
            let wait = self.backoff.decorrelated(self.before.get(), random);
            self.before = Nanos::new(wait);
            return floor(wait, retry_after);
        }
        self.backoff.delay(self.attempt, random, retry_after)
    }
}

/// From `low` to `high`, evenly by `random / 2^32`; `high` without random bits.
#[allow(clippy::cast_possible_truncation, reason = "at most the span, which is 64 bits")]
const fn between(low: u64, high: u64, random: u32) -> u64 {
    if random == 0 {
        return high;
    }
    let span = high.saturating_sub(low) as u128;
    low.saturating_add((span.wrapping_mul(random as u128) >> 32) as u64)
}

const fn floor(wait: u64, retry_after: Option<Nanos>) -> Nanos {
    match retry_after {
        Some(at_least) if at_least.get() > wait => at_least,
        _ => Nanos::new(wait),
    }
}
