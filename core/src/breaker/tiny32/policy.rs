//! Settings of the 32-bit breaker, in ticks.

use super::word::{LEASE_UNITS, TRIALS, WINDOW};
use crate::error::ConfigError;

/// How old a caller's clock reading may be, in ticks: 65 s at a tick of 1 ms.
///
/// A caller reads the clock, is interrupted by one with a newer reading that opens the breaker, and then arrives with a
/// deadline that lies further ahead than the whole wait. Within `SKEW` that is seen for what it is, and refused.
pub const SKEW: u32 = 1 << 16;

const MOST_WAIT: u32 = (1 << 23) - SKEW;
/// The lease counts units of at least this many ticks (as a shift): its twelve bits must hold `SKEW` as well.
const LEAST_SHIFT: u8 = 6;
const MOST_SHIFT: u8 = 20;

/// Settings of a [`TinyBreaker32`](super::TinyBreaker32), to be checked by [`build`](TinyConfig32::build).
///
/// | setting | default | allowed |
/// |---|---|---|
/// | window | given | 1 to 19 calls |
/// | `min_calls` | the window, at most 10 | 1 to the window |
/// | `failure_rate` | 50,000 | 1 to 100,000 parts per 100,000 |
/// | `failure_count`, `consecutive_failures` | off | up to the window |
/// | `open_for` | given | 1 to 8,323,072 ticks (2.3 hours at 1 ms) |
/// | `trial_calls` | 3 | 1 to 15 |
/// | `lease` | 60,000 ticks | 1 to 2^29 ticks, or 0: none |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TinyConfig32 {
    window: u32,
    min_calls: u32,
    rate: u32,
    failure_count: u32,
    in_a_row: u32,
    wait: u32,
    trials: u32,
    lease: u32,
}

/// Checked settings of a [`TinyBreaker32`](super::TinyBreaker32): 36 bytes of constant data, shared by any number.
///
/// ```
/// use overcurrent::{TinyConfig32, TinyPolicy32};
/// static POLICY: TinyPolicy32 = match TinyConfig32::new(16, 5_000).failure_rate(30_000).build() {
///     Ok(policy) => policy,
///     Err(_) => panic!("checked by the compiler"),
/// };
/// let error = TinyConfig32::new(20, 5_000).build().unwrap_err();
/// assert_eq!(error.to_string(), "window is 20; allowed are 1 to 19");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct TinyPolicy32 {
    // The bytes first: they are then within reach of a short instruction.
    pub(super) window: u8,
    pub(super) min_calls: u8,
    /// 255 for off.
    pub(super) failure_count: u8,
    pub(super) trials: u8,
    /// Failed trials that send it back to OPEN.
    pub(super) trial_failures: u8,
    pub(super) lease_shift: u8,
    /// The failure rate in parts of 2^21.
    rate: u32,
    pub(super) wait: u32,
    /// How far ahead a live OPEN deadline can be seen: the wait and the skew.
    pub(super) open_range: u32,
    pub(super) lease: u32,
    /// The same for the end of a lease in its own units, less one; all ones for no lease.
    pub(super) lease_range: u32,
    /// The bits of a full window.
    pub(super) keep: u32,
    /// The newest so many bits; all of them for off, which a window never has.
    pub(super) in_a_row: u32,
}

impl TinyPolicy32 {
    /// Whether so many of so many calls, at most 19, are the share at which it trips.
    // Rounding down loses less than one part for each call, and a share below the setting is 2^21 / 100,000 = 20.97 parts
    // below it or more: with up to 19 calls the answer is that of parts per 100,000, and no constant has to be loaded.
    #[inline(always)]
    pub(super) const fn is_rate_met(&self, failed: u32, calls: u32) -> bool {
        failed << 21 >= calls.wrapping_mul(self.rate)
    }
}

#[allow(clippy::cast_possible_truncation, reason = "at most 2^21")]
const fn parts_of_2_21(per_100_000: u32) -> u32 {
    match ((per_100_000 as u64) << 21).checked_div(100_000) {
        Some(parts) => parts as u32,
        None => 0, // 100,000 is not 0
    }
}

const fn low_bits(count: u32) -> u32 {
    1u32.wrapping_shl(count).wrapping_sub(1)
}

impl TinyConfig32 {
    /// The defaults, over the last `window` calls, open for `open_for` ticks.
    pub const fn new(window: u32, open_for: u32) -> Self {
        Self {
            window,
            min_calls: if window < 10 { window } else { 10 },
            rate: 50_000,
            failure_count: 0,
            in_a_row: 0,
            wait: open_for,
            trials: 3,
            lease: 60_000,
        }
    }

    /// The least number of calls in the window before the rate is judged.
    #[must_use]
    pub const fn min_calls(self, calls: u32) -> Self {
        Self { min_calls: calls, ..self }
    }

    /// Trips when at least this share of the calls in the window failed, in parts per 100,000.
    #[must_use]
    pub const fn failure_rate(self, per_100_000: u32) -> Self {
        Self { rate: per_100_000, ..self }
    }

    /// Also trips at this many failed calls in the window (0: off).
    #[must_use]
    pub const fn failure_count(self, calls: u32) -> Self {
        Self { failure_count: calls, ..self }
    }

    /// Also trips at this many failed calls in a row (0: off).
    #[must_use]
    pub const fn consecutive_failures(self, calls: u32) -> Self {
        Self { in_a_row: calls, ..self }
    }

    /// How many calls may try in half-open; all of their results decide.
    #[must_use]
    pub const fn trial_calls(self, calls: u32) -> Self {
        Self { trials: calls, ..self }
    }

    /// How many ticks after the last trial permit was taken a missing result counts as failed (0: never). At most 64
    /// ticks, or a five-hundredth of itself, longer.
    #[must_use]
    pub const fn lease(self, ticks: u32) -> Self {
        Self { lease: ticks, ..self }
    }

    /// Checks every setting against its range and against the others.
    ///
    /// # Errors
    /// The first setting that is out of its range, with that range.
    pub const fn build(self) -> Result<TinyPolicy32, ConfigError> {
        macro_rules! check {
            ($name:literal, $value:expr, $min:expr, $max:expr) => {
                if let Err(e) = ConfigError::check($name, $value as u64, $min, $max as u64) {
                    return Err(e);
                }
            };
        }
        check!("window", self.window, 1, WINDOW);
        check!("min_calls", self.min_calls, 1, self.window);
        check!("failure_rate", self.rate, 1, 100_000);
        check!("failure_count", self.failure_count, 0, self.window);
        check!("consecutive_failures", self.in_a_row, 0, self.window);
        check!("open_for", self.wait, 1, MOST_WAIT);
        check!("trial_calls", self.trials, 1, TRIALS);
        check!("lease", self.lease, 0, 1 << 29);
        let mut shift = LEAST_SHIFT;
        while shift < MOST_SHIFT && self.lease >> (shift & 31) > LEASE_UNITS {
            shift = shift.wrapping_add(1);
        }
        // Lease, skew and the end of the lease are each rounded: three units more.
        let lease_range = (self.lease >> (shift & 31)).wrapping_add(SKEW >> (shift & 31)).wrapping_add(2);
        let mut trial_failures = 1u32;
        while trial_failures.wrapping_mul(100_000) < self.trials.wrapping_mul(self.rate) {
            trial_failures = trial_failures.wrapping_add(1);
        }
        Ok(TinyPolicy32 {
            rate: parts_of_2_21(self.rate),
            wait: self.wait,
            open_range: self.wait.wrapping_add(SKEW),
            lease: self.lease,
            lease_range: if self.lease == 0 { u32::MAX } else { lease_range },
            keep: low_bits(self.window),
            in_a_row: if self.in_a_row == 0 { u32::MAX } else { low_bits(self.in_a_row) },
            window: (self.window & 0xff) as u8,
            min_calls: (self.min_calls & 0xff) as u8,
            failure_count: if self.failure_count == 0 { u8::MAX } else { (self.failure_count & 0xff) as u8 },
            trials: (self.trials & 0xff) as u8,
            trial_failures: (trial_failures & 0xff) as u8,
            lease_shift: shift,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_met_as_in_parts_per_100_000() {
        for rate in 1..=100_000 {
            let policy = TinyPolicy32 { rate: parts_of_2_21(rate), ..TinyConfig32::new(19, 1).build().unwrap() };
            for calls in 1..=WINDOW {
                // The first share that meets it, and the last that does not.
                let enough = (calls * rate).div_ceil(100_000);
                assert!(policy.is_rate_met(enough, calls), "{enough} of {calls} at {rate}");
                assert!(!policy.is_rate_met(enough - 1, calls), "{enough} - 1 of {calls} at {rate}");
            }
        }
    }
}
