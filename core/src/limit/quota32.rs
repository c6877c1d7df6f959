//! A quota in ticks of a 32-bit counter.

use super::gcd::gcd;
use crate::error::ConfigError;

/// How much older than the newest reading a caller's may be, in ticks.
pub(crate) const SKEW: u32 = 1 << 20;
/// The most ticks a live word may be ahead, skew left out.
const REACH: u32 = (1 << 31) - SKEW;

/// What a [`Gcra32`](super::Gcra32) allows, in ticks.
///
/// `n` permits cost `n * per / permits` ticks, rounded up once for all `n`: a whole period's permits at once cost exactly a
/// period.
///
/// ```
/// use overcurrent::limit::Quota32;
/// let quota = Quota32::new(3, 1_000, 6).unwrap();
/// assert_eq!((quota.cost(1), quota.cost(3), quota.cost(7)), (Some(334), Some(1_000), None));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Quota32 {
    /// Ticks per permit in 2^-32 ticks.
    step: u64,
    /// The cost of the whole burst.
    pub(crate) window: u32,
    /// The largest distance of a live word, skew included.
    pub(crate) live: u32,
    /// The longest wait that can be promised.
    pub(crate) longest: u32,
    burst: u32,
    permits: u32,
    per: u32,
}

impl Quota32 {
    /// How much older than the newest reading a caller's may be, in ticks.
    pub const SKEW: u32 = SKEW;

    /// `permits` per `per` ticks, at most `burst` at one instant.
    ///
    /// # Errors
    /// `per` of 0, `permits` outside 1 to one per tick, `burst` of 0 or worth more than 2^31 - 2^20 ticks.
    pub const fn new(permits: u32, per: u32, burst: u32) -> Result<Self, ConfigError> {
        if let Err(error) = ConfigError::check("per", per as u64, 1, REACH as u64) {
            return Err(error);
        }
        if let Err(error) = ConfigError::check("permits", permits as u64, 1, per as u64) {
            return Err(error);
        }
        let most = (REACH as u64).saturating_mul(permits as u64);
        let most = match most.checked_div(per as u64) {
            Some(most) if most < u32::MAX as u64 => most,
            _ => u32::MAX as u64,
        };
        if let Err(error) = ConfigError::check("burst", burst as u64, 1, most) {
            return Err(error);
        }
        let (Some(whole), Some(rest)) =
            (((per as u64) << 32).checked_div(permits as u64), ((per as u64) << 32).checked_rem(permits as u64))
        else {
            return Err(ConfigError::new("permits", 0, 1, per as u64));
        };
        // n * floor(step) falls short of the true cost by less than n / 2^32; a true cost that is no whole number of ticks
        // is at least 1 / permits (in lowest terms) above one. So rounding up gives the exact ceiling while
        // n * permits < 2^32. Beyond that the step is rounded up instead: never too cheap, at most a tick too dear.
        let reduced = match (permits as u64).checked_div(gcd(permits as u64, per as u64)) {
            Some(reduced) => reduced,
            None => permits as u64, // gcd(permits >= 1, _) >= 1
        };
        let floor_is_exact = (burst as u64).saturating_mul(reduced) < 1 << 32;
        let step = if rest == 0 || floor_is_exact { whole } else { whole.wrapping_add(1) };
        // The whole burst in 64 bits: only below is it known to fit.
        let window = low((burst as u64).saturating_mul(step).saturating_add(u32::MAX as u64) >> 32);
        if window > REACH {
            return Err(ConfigError::new("burst", burst as u64, 1, most.saturating_sub(1)));
        }
        Ok(Self { step, window, live: window.saturating_add(SKEW), longest: 0, burst, permits, per })
    }

    /// The longest wait that [`reserve`](super::Gcra32::reserve) may promise and
    /// [`penalize_for`](super::Gcra32::penalize_for) may impose; 0 unless set. The shorter, the rarer is the false refusal
    /// after a very long idle time.
    ///
    /// # Errors
    /// When the burst's time and this wait exceed 2^31 - 2^20 ticks.
    pub const fn max_wait(self, ticks: u32) -> Result<Self, ConfigError> {
        let most = REACH.saturating_sub(self.window);
        if let Err(error) = ConfigError::check("max_wait", ticks as u64, 0, most as u64) {
            return Err(error);
        }
        Ok(Self { longest: ticks, live: self.window.saturating_add(ticks).saturating_add(SKEW), ..self })
    }

    /// Permits per [`per`](Self::per).
    pub const fn permits(&self) -> u32 {
        self.permits
    }

    /// The period of the rate, in ticks.
    pub const fn per(&self) -> u32 {
        self.per
    }

    /// The most permits that can be taken at one instant.
    pub const fn burst(&self) -> u32 {
        self.burst
    }

    /// The ticks that `n` permits cost; `None` when `n` exceeds the burst.
    #[inline(always)]
    pub const fn cost(&self, n: u32) -> Option<u32> {
        if n > self.burst { None } else { Some(ceil(n, self.step)) }
    }

    /// The largest debt a word can hold.
    pub(crate) const fn reach(&self) -> u32 {
        self.window.saturating_add(self.longest)
    }

    /// The most permits that cost at most `ticks`.
    pub(crate) const fn permits_in(&self, ticks: u32) -> u32 {
        match ((ticks as u64) << 32).checked_div(self.step) {
            Some(whole) if whole < self.burst as u64 => low(whole),
            _ => self.burst,
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "masked")]
const fn low(wide: u64) -> u32 {
    (wide & u32::MAX as u64) as u32
}

/// `ceil(n * step / 2^32)`; the product stays below 2^63 for `n` within the burst.
#[inline(always)]
const fn ceil(n: u32, step: u64) -> u32 {
    let ticks = (n as u64).wrapping_mul(step);
    low(ticks >> 32).wrapping_add((low(ticks) != 0) as u32)
}
