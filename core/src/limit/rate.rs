//! What a limiter allows: permits per period as an exact fraction, and the unit its word counts in.

use super::gcd::gcd;
use super::scale::{Scale, mul_div_ceil_wide, narrow};
use crate::error::ConfigError;
use crate::time::Nanos;

/// The wishes for a [`Quota`]: `permits` per period, a burst, a fill to start from.
///
/// ```
/// use overcurrent::{Nanos, limit::Rate};
/// let quota = Rate::new(100, Nanos::SECOND).burst(20).build().unwrap();
/// assert_eq!(quota.burst(), 20);
///
/// let error = Rate::new(0, Nanos::SECOND).build().unwrap_err();
/// assert_eq!(error.to_string(), "permits is 0; allowed are 1 to 1000000000");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a rate does nothing until it is built into a quota"]
pub struct Rate {
    permits: u64,
    per: Nanos,
    burst: Option<u64>,
    initial: Option<u64>,
}

impl Rate {
    /// `permits` in every period of length `per`. Both the burst and the initial fill are `permits` unless set.
    pub const fn new(permits: u64, per: Nanos) -> Self {
        Self { permits, per, burst: None, initial: None }
    }

    /// The most permits that can be taken at one instant.
    pub const fn burst(self, burst: u64) -> Self {
        Self { burst: Some(burst), ..self }
    }

    /// The permits there at the start: at the origin of time, or at the instant given to a `starting` constructor.
    pub const fn initial(self, initial: u64) -> Self {
        Self { initial: Some(initial), ..self }
    }

    /// Checks the wishes and chooses the unit.
    ///
    /// # Errors
    /// `per` outside 1 ns to 2^62 ns (146 years), `permits` outside 1 to one per nanosecond, `burst` outside 1 to 2^32,
    /// `initial` above the burst. Nothing else: every pair of a rate and a burst has a unit without rate error.
    pub const fn build(self) -> Result<Quota, ConfigError> {
        let burst = match self.burst {
            Some(burst) => burst,
            None => self.permits,
        };
        let initial = match self.initial {
            Some(initial) => initial,
            None => burst,
        };
        let per = self.per.get();
        let ranges = [
            ("per", per, 1, 1 << 62),
            ("permits", self.permits, 1, per),
            ("burst", burst, 1, 1 << 32),
            ("initial", initial, 0, burst),
        ];
        let mut left: &[(&'static str, u64, u64, u64)] = &ranges;
        while let [(field, value, min, max), rest @ ..] = left {
            if let Err(error) = ConfigError::check(field, *value, *min, *max) {
                return Err(error);
            }
            left = rest;
        }
        Ok(Quota::choose(self.permits, self.per.get(), burst, initial, FIXED))
    }
}

/// What a word can hold, and hence which units are allowed.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    /// The largest number of permits per reduced period that still counts in whole units per nanosecond.
    exact: u64,
    /// The largest `burst * unit`.
    cap: u64,
}

/// A word of 64 bits. 4 units per nanosecond still leave room for Unix time: 2^64 quarters of one last 146 years.
const FIXED: Room = Room { exact: 4, cap: 1 << 62 };
/// A word of 62 bits beside a generation: 146 years at one unit per nanosecond.
const LIVE: Room = Room { exact: 1, cap: 1 << 61 };

/// A checked quota: rate, burst, and the unit in which a limiter's word counts.
///
/// A limiter keeps one number, the time at which it would be full again, in units of its own. The unit is chosen here so
/// that the rate is exact whatever it is:
///
/// * **exact form**: with at most 4 permits per reduced period `P`, one unit is `1 / permits` ns and a permit costs `P`
///   units. Never a nanosecond early, never one late.
/// * **lattice form** otherwise: one unit is `2^-g` permit with the largest `g` that keeps a unit at least 1 ns long. A
///   decision may be early by less than [one unit](Self::unit), which is below 2 ns while refilling the whole burst takes
///   less than 73 years; it never adds up: in any time `W` at most `burst + rate * (W + 1 unit)` are admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Quota {
    pub(crate) scale: Scale,
    /// Units per permit.
    pub(crate) unit: u64,
    /// Units in the whole burst.
    pub(crate) cap: u64,
    pub(crate) permits: u64,
    pub(crate) per: u64,
    pub(crate) burst: u64,
    pub(crate) initial: u64,
}

impl Quota {
    const fn choose(permits: u64, per: u64, burst: u64, initial: u64, room: Room) -> Self {
        let common = gcd(permits, per);
        let (p, period) = match (permits.checked_div(common), per.checked_div(common)) {
            (Some(p), Some(period)) => (p, period),
            _ => (permits, per), // gcd(permits >= 1, _) >= 1
        };
        let exact_fits = p <= room.exact && (burst as u128).wrapping_mul(period as u128) <= room.cap as u128;
        let (scale, unit) = if exact_fits {
            (Scale::whole(p), period)
        } else {
            let mut g = 0_u32;
            while p << g <= period >> 1 && burst << g <= room.cap >> 1 {
                g = g.wrapping_add(1);
            }
            let a = p << g;
            let common = gcd(a, period);
            let scale = match (a.checked_div(common), period.checked_div(common)) {
                (Some(a), Some(b)) => Scale::fraction(a, b),
                _ => Scale::fraction(a, period),
            };
            (scale, 1 << g)
        };
        Self { scale, unit, cap: burst.wrapping_mul(unit), permits, per, burst, initial }
    }

    /// The same quota in units for a word with two bits less.
    pub(crate) const fn live(self) -> Self {
        Self::choose(self.permits, self.per, self.burst, self.initial, LIVE)
    }

    /// Permits per [`per`](Self::per).
    pub const fn permits(&self) -> u64 {
        self.permits
    }

    /// The period of the rate.
    pub const fn per(&self) -> Nanos {
        Nanos::new(self.per)
    }

    /// The most permits that can be taken at one instant.
    pub const fn burst(&self) -> u64 {
        self.burst
    }

    /// The permits there at the start.
    pub const fn initial(&self) -> u64 {
        self.initial
    }

    /// The length of one unit, rounded up: how early a single decision can be (in the exact form it never is).
    ///
    /// ```
    /// use overcurrent::{Nanos, limit::Rate};
    /// const YEAR: Nanos = Nanos::from_secs(31_536_000);
    /// assert_eq!(Rate::new(1, YEAR).burst(1_000).build().unwrap().unit(), Nanos::new(8));
    /// ```
    pub const fn unit(&self) -> Nanos {
        self.instant_or_end(1)
    }

    #[inline(always)]
    pub(crate) const fn units(&self, now: Nanos) -> u64 {
        self.scale.units(now.get())
    }

    /// The first instant at which `units` have passed; `None` beyond the end of time.
    pub(crate) const fn instant(&self, units: u64) -> Option<Nanos> {
        instant(units, self.permits, self.per, self.unit)
    }

    /// How long from `now` until `units` have passed.
    pub(crate) const fn left(&self, units: u64, now: Nanos) -> Nanos {
        left(units, self.permits, self.per, self.unit, now)
    }

    pub(crate) const fn instant_or_end(&self, units: u64) -> Nanos {
        match self.instant(units) {
            Some(at) => at,
            None => Nanos::MAX,
        }
    }

    /// The word of a limiter that holds `initial` permits at `now`.
    pub(crate) const fn starting(&self, now: Nanos) -> u64 {
        let missing = self.burst.wrapping_sub(self.initial); // initial <= burst
        if missing == 0 { 0 } else { self.units(now).saturating_add(missing.wrapping_mul(self.unit)) }
    }
}

/// Nanoseconds until `units` have passed: there are `permits * unit / per` units in a nanosecond, in both forms.
const fn nanos(units: u64, permits: u64, per: u64, unit: u64) -> u128 {
    // units * per < 2^64 * 2^62
    mul_div_ceil_wide(units as u128, per as u128, (permits as u128).wrapping_mul(unit as u128))
}

/// The first instant at which `units` have passed; `None` beyond the end of time.
pub(crate) const fn instant(units: u64, permits: u64, per: u64, unit: u64) -> Option<Nanos> {
    match narrow(nanos(units, permits, per, unit)) {
        Some(at) => Some(Nanos::new(at)),
        None => None,
    }
}

/// How long from `now` until `units` have passed, also beyond the end of time.
pub(crate) const fn left(units: u64, permits: u64, per: u64, unit: u64, now: Nanos) -> Nanos {
    match narrow(nanos(units, permits, per, unit).saturating_sub(now.get() as u128)) {
        Some(left) => Nanos::new(left),
        None => Nanos::MAX,
    }
}
