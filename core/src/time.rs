//! Time as the engine sees it: nanoseconds from any monotonic origin, given by the caller.

use core::time::Duration;

/// Nanoseconds: a length of time, or an instant counted from any monotonic origin.
///
/// 64 bits last 584 years. Arithmetic saturates; it never wraps and never panics. The engine reads no clock: every
/// decision takes its `now`, so the same code runs under a virtual clock, in an interrupt handler and in a server.
/// Callers' clocks may disagree: a `now` older than one already seen is legal everywhere and never admits more.
///
/// ```
/// use overcurrent::Nanos;
/// const LEASE: Nanos = Nanos::from_secs(30);
/// assert_eq!(LEASE + Nanos::from_millis(5), Nanos::new(30_005_000_000));
/// assert_eq!(Nanos::ZERO - LEASE, Nanos::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Nanos(u64);

impl Nanos {
    /// No time at all, and the origin.
    pub const ZERO: Self = Self(0);
    /// The end of time: as a deadline, never.
    pub const MAX: Self = Self(u64::MAX);
    /// One millisecond.
    pub const MILLISECOND: Self = Self(1_000_000);
    /// One second.
    pub const SECOND: Self = Self(1_000_000_000);
    /// One minute.
    pub const MINUTE: Self = Self(60_000_000_000);
    /// One hour.
    pub const HOUR: Self = Self(3_600_000_000_000);
    /// One day of 24 hours.
    pub const DAY: Self = Self(86_400_000_000_000);

    /// That many nanoseconds.
    pub const fn new(nanos: u64) -> Self {
        Self(nanos)
    }

    /// That many microseconds, saturating.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros.saturating_mul(1_000))
    }

    /// That many milliseconds, saturating.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// That many seconds, saturating.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// The length of a [`Duration`], saturating at 584 years.
    pub const fn from_duration(duration: Duration) -> Self {
        let whole = duration.as_secs().saturating_mul(1_000_000_000);
        Self(whole.saturating_add(duration.subsec_nanos() as u64))
    }

    /// The number of nanoseconds.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The same length as a [`Duration`].
    pub const fn as_duration(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// Whole seconds, rounded up: what a `Retry-After` header carries, so that nobody comes back too early.
    pub const fn as_secs_ceil(self) -> u64 {
        self.0.div_ceil(1_000_000_000)
    }

    /// Whole milliseconds, rounded up.
    pub const fn as_millis_ceil(self) -> u64 {
        self.0.div_ceil(1_000_000)
    }

    /// The sum, at most [`Nanos::MAX`].
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, at least zero.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl core::ops::Add for Nanos {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.saturating_add(other)
    }
}

impl core::ops::Sub for Nanos {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.saturating_sub(other)
    }
}

impl From<Duration> for Nanos {
    fn from(duration: Duration) -> Self {
        Self::from_duration(duration)
    }
}

impl From<Nanos> for Duration {
    fn from(nanos: Nanos) -> Self {
        nanos.as_duration()
    }
}

impl core::fmt::Display for Nanos {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(&self.as_duration(), f)
    }
}

/// What a host tells the engine with each touch: the time, and random bits for those who spread their waits.
///
/// One value per call serves every gate of a pipeline. A plain [`Nanos`] converts into it and carries no random bits;
/// jitter is then left out.
///
/// ```
/// use overcurrent::{At, Nanos};
/// let at = At::from(Nanos::from_secs(3)).with_random(0x9E37_79B9);
/// assert_eq!(at.now, Nanos::from_secs(3));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// The caller's time.
    pub now: Nanos,
    /// Uniform random bits, or 0 for none.
    pub random: u32,
}

impl At {
    /// The same time with random bits (0 counts as none).
    #[must_use]
    pub const fn with_random(self, random: u32) -> Self {
        Self { now: self.now, random }
    }
}

impl From<Nanos> for At {
    fn from(now: Nanos) -> Self {
        Self { now, random: 0 }
    }
}

/// Turns a wrapping 32-bit tick counter into time that does not wrap.
///
/// Chips count ticks in 32 bits: 49.7 days at 1 ms, 71 minutes at 1 us. Feed each reading in order from **one** place
/// (a tick handler, or under the caller's own exclusion) at least once per wrap, less [`SKEW`](Self::SKEW); a reading that
/// is older than the newest one by up to that is read as such, not as a wrap.
///
/// ```
/// use overcurrent::{Nanos, Ticks};
/// let mut ticks = Ticks::new(Nanos::MILLISECOND);
/// assert_eq!(ticks.now(u32::MAX), Nanos::from_millis(u32::MAX as u64));
/// assert_eq!(ticks.now(4), Nanos::from_millis(u32::MAX as u64 + 5));
/// assert_eq!(ticks.now(2), Nanos::from_millis(u32::MAX as u64 + 3)); // read before, told after
/// ```
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Ticks {
    newest: u64,
    tick: Nanos,
}

impl Ticks {
    /// How much older than the newest reading one may be, in ticks: 17 minutes at 1 ms, a second at 1 us.
    pub const SKEW: u32 = 1 << 20;

    /// A counter whose tick lasts `tick`, starting at reading 0.
    pub const fn new(tick: Nanos) -> Self {
        Self { newest: 0, tick }
    }

    /// The time at the reading `counter`.
    #[allow(clippy::cast_possible_truncation, reason = "the low half of the ticks is what the counter shows")]
    pub const fn now(&mut self, counter: u32) -> Nanos {
        let ahead = counter.wrapping_sub(self.newest as u32);
        let behind = ahead.wrapping_neg();
        let ticks = if behind > Self::SKEW || ahead == 0 || (self.newest >> 32 == 0 && counter as u64 > self.newest) {
            self.newest = self.newest.saturating_add(ahead as u64);
            self.newest
        } else {
            self.newest.saturating_sub(behind as u64)
        };
        Nanos(ticks.saturating_mul(self.tick.0))
    }
}
