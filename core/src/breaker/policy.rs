//! A breaker's settings: built once, checked once, plain `Copy` data.

use crate::error::ConfigError;
use crate::retry::{exponential_ms, thousandth, times_milli};
use crate::time::{At, Nanos};

/// What a breaker remembers: the last so many calls, or the calls of the last so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, u32)]
pub enum Window {
    /// The newest outcomes, this many.
    Calls(u32),
    /// The outcomes of the newest `buckets` slices of time, the current, partial one among them.
    Time {
        /// The length of one slice.
        slice: Nanos,
        /// The number of slices.
        buckets: u32,
    },
}

impl Window {
    /// The last `n` calls, 1 to 32,767.
    pub const fn calls(n: u32) -> Self {
        Self::Calls(n)
    }

    /// The last `span`, in `buckets` slices of equal length (a span that does not divide is rounded down).
    pub const fn time(span: Nanos, buckets: u32) -> Self {
        let slice = match span.get().checked_div(buckets as u64) {
            Some(slice) => slice,
            None => 0, // refused by `build`, with the number of buckets named
        };
        Self::Time { slice: Nanos::new(slice), buckets }
    }
}

/// How long a breaker stays open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct OpenFor {
    first: Nanos,
    multiplier_milli: u32,
    cap: Nanos,
    jitter_milli: u16,
}

impl OpenFor {
    /// Always the same wait.
    pub const fn fixed(wait: Nanos) -> Self {
        Self { first: wait, multiplier_milli: 1_000, cap: Nanos::MAX, jitter_milli: 0 }
    }

    /// `first`, and after each trip without a close in between the wait before times `multiplier_milli / 1000`, up to
    /// `cap`. In whole milliseconds, truncated at every step like Resilience4j's interval functions: a wait that would
    /// grow by less than one stays (1 ms times 1.5; begin with 2 ms, or with a multiplier of 2,000).
    pub const fn exponential(first: Nanos, multiplier_milli: u32, cap: Nanos) -> Self {
        Self { first, multiplier_milli, cap, jitter_milli: 0 }
    }

    /// Spreads each wait evenly over itself plus and minus `milli / 1000` of it, by the random bits that come with the
    /// time ([`At::random`]); without bits the wait is not spread.
    #[must_use]
    pub const fn jitter(self, milli: u16) -> Self {
        Self { jitter_milli: milli, ..self }
    }

    /// The wait after the `attempt`-th trip in a row (from 1).
    #[allow(clippy::cast_possible_truncation, reason = "bounded beside it")]
    pub const fn wait(&self, attempt: u32, random: u32) -> Nanos {
        let base = if self.multiplier_milli == 1_000 {
            if self.first.get() < self.cap.get() { self.first.get() } else { self.cap.get() }
        } else {
            let cap_ms = millis(self.cap);
            let ms = exponential_ms(millis(self.first), self.multiplier_milli, cap_ms, attempt);
            ms.saturating_mul(1_000_000)
        };
        if self.jitter_milli == 0 || random == 0 {
            return Nanos::new(base);
        }
        // base * (1 - j) + base * 2j * r, with r in [0, 1): 128 bits hold every product.
        // Below 2^64, and twice that times 32 random bits below 2^97.
        let spread = times_milli(base, self.jitter_milli as u32) as u128;
        let low = (base as u128).saturating_sub(spread);
        let wait = low.saturating_add((spread.wrapping_mul(2).wrapping_mul(random as u128)) >> 32);
        Nanos::new(if wait > u64::MAX as u128 { u64::MAX } else { wait as u64 })
    }

    /// First wait (ns), multiplier (1/1000), cap (ns), jitter (1/1000).
    pub(crate) const fn parts(&self) -> (u64, u32, u64, u16) {
        (self.first.get(), self.multiplier_milli, self.cap.get(), self.jitter_milli)
    }

    pub(crate) const fn from_parts(first: u64, multiplier_milli: u32, cap: u64, jitter_milli: u16) -> Self {
        Self { first: Nanos::new(first), multiplier_milli, cap: Nanos::new(cap), jitter_milli }
    }

    pub(crate) const fn check(&self) -> Result<(), ConfigError> {
        const MS: u64 = 1_000_000;
        let first = self.first.get();
        if let Err(e) = ConfigError::check("open_for", first, 1, u64::MAX) {
            return Err(e);
        }
        if self.multiplier_milli != 1_000 {
            if let Err(e) =
                ConfigError::check("open_for.multiplier_milli", self.multiplier_milli as u64, 1_000, 1_000_000)
            {
                return Err(e);
            }
            // Growth is counted in whole milliseconds: a part of one would be lost without a word.
            if first % MS != 0 || first == 0 {
                return Err(ConfigError::new("open_for.first (whole milliseconds)", first, MS, u64::MAX));
            }
        }
        if let Err(e) = ConfigError::check("open_for.cap", self.cap.get(), MS, u64::MAX) {
            return Err(e);
        }
        ConfigError::check("open_for.jitter", self.jitter_milli as u64, 0, 1_000)
    }
}

/// Whole milliseconds, without a division.
const fn millis(length: Nanos) -> u64 {
    thousandth(thousandth(length.get()))
}

/// Where a half-open breaker goes when its longest stay is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum HalfOpenEnd {
    /// Back to open, with the next longer wait.
    Open,
    /// On to closed.
    Closed,
}

/// What keeps a half-open breaker from waiting for ever for a trial that never reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, u32)]
pub enum TrialTimeout {
    /// Counted from the moment the **last** trial permit is taken: at its end every trial without a result counts as
    /// failed, and the usual rule decides. The default.
    Lease(Nanos),
    /// Counted from the entry into half-open: at its end the breaker goes to `then`, whatever was recorded
    /// (Resilience4j's `maxWaitDurationInHalfOpenState`).
    Stay {
        /// The longest stay.
        stay: Nanos,
        /// Where to.
        then: HalfOpenEnd,
    },
    /// None: a lost trial keeps its permit for ever. Only for hosts whose guards cannot lose one.
    Never,
}

/// Settings of a breaker, to be checked by [`build`](BreakerConfig::build).
///
/// | setting | default |
/// |---|---|
/// | `failure_rate` | 50,000 (50 %) |
/// | `min_calls` | 20, or the window if that is smaller |
/// | `slow_call`, `slow_rate` | off |
/// | `failure_count`, `consecutive_failures` | off |
/// | `open_for` | 30 s, fixed |
/// | `trial_calls` | 5 |
/// | `trial_min` | `trial_calls` |
/// | `trial_timeout` | a lease of 60 s |
/// | `auto_half_open` | off |
///
/// ```
/// use overcurrent::{BreakerConfig, Nanos, OpenFor, Window};
/// const POLICY: overcurrent::Policy = match BreakerConfig::new(Window::calls(50))
///     .failure_rate(25_000) // 25 %
///     .slow_call(Nanos::from_secs(2), 80_000)
///     .open_for(OpenFor::exponential(Nanos::from_secs(1), 2_000, Nanos::MINUTE))
///     .build()
/// {
///     Ok(policy) => policy,
///     Err(_) => panic!("checked by the compiler"),
/// };
///
/// let error = BreakerConfig::new(Window::calls(10)).min_calls(11).build().unwrap_err();
/// assert_eq!(error.to_string(), "min_calls is 11; allowed are 1 to 10");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "settings do nothing until they are built"]
pub struct BreakerConfig {
    policy: Policy,
}

/// Settings of a breaker that have passed [`BreakerConfig::build`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Policy {
    pub(crate) window: Window,
    /// Parts per 100,000; 0 = off.
    pub(crate) failure_rate: u32,
    /// Parts per 100,000; 0 = off.
    pub(crate) slow_rate: u32,
    /// A longer call is slow; `Nanos::MAX` = off.
    pub(crate) slow_call: Nanos,
    pub(crate) min_calls: u32,
    /// 0 = off.
    pub(crate) failure_count: u32,
    /// 0 = off.
    pub(crate) consecutive_failures: u32,
    pub(crate) open_for: OpenFor,
    pub(crate) trial_calls: u16,
    pub(crate) trial_min: u16,
    pub(crate) trial_timeout: TrialTimeout,
    pub(crate) auto_half_open: bool,
}

/// The largest count window.
pub(crate) const MAX_CALLS: u32 = 32_767;
const UNSET: u32 = 0;

impl BreakerConfig {
    /// The defaults, over `window`.
    pub const fn new(window: Window) -> Self {
        Self {
            policy: Policy {
                window,
                failure_rate: 50_000,
                slow_rate: 0,
                slow_call: Nanos::MAX,
                min_calls: UNSET,
                failure_count: 0,
                consecutive_failures: 0,
                open_for: OpenFor::fixed(Nanos::from_secs(30)),
                trial_calls: 5,
                trial_min: 0,
                trial_timeout: TrialTimeout::Lease(Nanos::MINUTE),
                auto_half_open: false,
            },
        }
    }

    /// Trips when at least this share of the calls in the window failed, in parts per 100,000 (1 to 100,000).
    pub const fn failure_rate(self, per_100_000: u32) -> Self {
        let rate = if per_100_000 == 0 { u32::MAX } else { per_100_000 };
        Self { policy: Policy { failure_rate: rate, ..self.policy } }
    }

    /// Switches the failure-rate rule off. Trial calls are then judged at 50 %.
    pub const fn no_failure_rate(self) -> Self {
        Self { policy: Policy { failure_rate: 0, ..self.policy } }
    }

    /// Calls **longer** than `limit` are slow; trips when at least `per_100_000` of the calls in the window were.
    pub const fn slow_call(self, limit: Nanos, per_100_000: u32) -> Self {
        let rate = if per_100_000 == 0 { u32::MAX } else { per_100_000 };
        Self { policy: Policy { slow_call: limit, slow_rate: rate, ..self.policy } }
    }

    /// The least number of calls in the window before a rate is judged.
    pub const fn min_calls(self, calls: u32) -> Self {
        let calls = if calls == 0 { u32::MAX } else { calls };
        Self { policy: Policy { min_calls: calls, ..self.policy } }
    }

    /// Also trips at this many failed calls in the window, whatever the share and the minimum (0: off).
    pub const fn failure_count(self, calls: u32) -> Self {
        Self { policy: Policy { failure_count: calls, ..self.policy } }
    }

    /// Also trips at this many failed calls in a row (0: off).
    pub const fn consecutive_failures(self, calls: u32) -> Self {
        Self { policy: Policy { consecutive_failures: calls, ..self.policy } }
    }

    /// How long to stay open.
    pub const fn open_for(self, open_for: OpenFor) -> Self {
        Self { policy: Policy { open_for, ..self.policy } }
    }

    /// How many calls may try in half-open.
    pub const fn trial_calls(self, calls: u16) -> Self {
        Self { policy: Policy { trial_calls: calls, ..self.policy } }
    }

    /// How many trial results decide; by default all of them.
    pub const fn trial_min(self, calls: u16) -> Self {
        let calls = if calls == 0 { u16::MAX } else { calls };
        Self { policy: Policy { trial_min: calls, ..self.policy } }
    }

    /// What ends a half-open state whose trials do not report.
    pub const fn trial_timeout(self, timeout: TrialTimeout) -> Self {
        Self { policy: Policy { trial_timeout: timeout, ..self.policy } }
    }

    /// Whether open becomes half-open at its deadline by itself, seen at the next touch, instead of with the first call
    /// after it.
    pub const fn auto_half_open(self, auto: bool) -> Self {
        Self { policy: Policy { auto_half_open: auto, ..self.policy } }
    }

    /// Checks every setting against its range and against the others.
    ///
    /// # Errors
    /// The first setting that is out of its range, with that range.
    pub const fn build(self) -> Result<Policy, ConfigError> {
        let mut p = self.policy;
        macro_rules! check {
            ($($arg:expr),*) => {
                if let Err(e) = ConfigError::check($($arg),*) {
                    return Err(e);
                }
            };
        }
        let most = match p.window {
            Window::Calls(n) => {
                check!("window (calls)", n as u64, 1, MAX_CALLS as u64);
                n
            }
            Window::Time { slice, buckets } => {
                check!("window (buckets)", buckets as u64, 1, 4_095);
                check!("window (nanoseconds per bucket)", slice.get(), 1_000_000, Nanos::DAY.get());
                u32::MAX >> 1
            }
        };
        if p.min_calls == UNSET {
            p.min_calls = if most < 20 { most } else { 20 };
        } else if p.min_calls == u32::MAX {
            return Err(ConfigError::new("min_calls", 0, 1, most as u64));
        }
        check!("min_calls", p.min_calls as u64, 1, most as u64);
        check!("failure_count", p.failure_count as u64, 0, most as u64);
        check!("consecutive_failures", p.consecutive_failures as u64, 0, u32::MAX as u64 >> 1);
        if p.failure_rate == u32::MAX {
            return Err(ConfigError::new("failure_rate", 0, 1, 100_000));
        }
        if p.failure_rate != 0 {
            check!("failure_rate", p.failure_rate as u64, 1, 100_000);
        }
        if p.slow_rate == u32::MAX {
            return Err(ConfigError::new("slow_rate", 0, 1, 100_000));
        }
        if p.slow_rate != 0 {
            check!("slow_rate", p.slow_rate as u64, 1, 100_000);
        }
        check!("slow_call", p.slow_call.get(), 1, u64::MAX);
        if let Err(e) = p.open_for.check() {
            return Err(e);
        }
        check!("trial_calls", p.trial_calls as u64, 1, MAX_CALLS as u64);
        if p.trial_min == 0 {
            p.trial_min = p.trial_calls;
        } else if p.trial_min == u16::MAX {
            return Err(ConfigError::new("trial_min", 0, 1, p.trial_calls as u64));
        }
        check!("trial_min", p.trial_min as u64, 1, p.trial_calls as u64);
        match p.trial_timeout {
            TrialTimeout::Lease(limit) | TrialTimeout::Stay { stay: limit, .. } => {
                check!("trial_timeout", limit.get(), 1, u64::MAX);
            }
            TrialTimeout::Never => {}
        }
        Ok(p)
    }
}

impl Policy {
    /// The window.
    pub const fn window(&self) -> Window {
        self.window
    }

    /// The wait after the `attempt`-th trip in a row.
    pub(crate) const fn open_wait(&self, attempt: u32, at: At) -> Nanos {
        self.open_for.wait(attempt, at.random)
    }

    /// Whether a call of that length is slow.
    #[inline]
    pub(crate) const fn is_slow(&self, length: Nanos) -> bool {
        length.get() > self.slow_call.get()
    }
}
