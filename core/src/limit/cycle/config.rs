//! Settings of a cycle limiter, checked once.

use super::super::scale::Scale;
use crate::error::ConfigError;
use crate::time::Nanos;

/// What a new limit does to the cycle that is running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum LimitChange {
    /// It counts at once, and permits taken stay taken: 7 of 10 used, limit 20, leaves 13; limit 5 leaves none and owes
    /// two. The default.
    #[default]
    AtOnce,
    /// Resilience4j's way: the balance of the cycle of the newest ask stays as it is, even above the new limit, and the
    /// new limit works from the cycle after that. Refusals then write the cycle in which they were asked.
    NextCycle,
}

/// Settings of a [`CycleLimiter`](super::CycleLimiter), to be checked by [`build`](Self::build).
///
/// ```
/// use overcurrent::{limit::CycleConfig, Nanos};
/// let policy = CycleConfig::new(50, Nanos::SECOND).timeout(Nanos::from_secs(5)).build().unwrap();
/// assert_eq!((policy.limit(), policy.period()), (50, Nanos::SECOND));
/// assert_eq!(CycleConfig::new(0, Nanos::SECOND).build().unwrap_err().field, "limit");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "settings do nothing until they are built"]
pub struct CycleConfig {
    limit: u32,
    period: Nanos,
    timeout: Nanos,
    limit_change: LimitChange,
}

/// Settings that have passed [`CycleConfig::build`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CyclePolicy {
    pub(super) limit: u32,
    pub(super) period: Nanos,
    /// Nanoseconds to cycles.
    pub(super) scale: Scale,
    pub(super) timeout: Nanos,
    pub(super) limit_change: LimitChange,
}

impl CycleConfig {
    /// `limit` permits in each `period`; no waiting.
    pub const fn new(limit: u32, period: Nanos) -> Self {
        Self { limit, period, timeout: Nanos::ZERO, limit_change: LimitChange::AtOnce }
    }

    /// The longest wait that [`reserve`](super::CycleLimiter::reserve) promises permits for.
    pub const fn timeout(self, timeout: Nanos) -> Self {
        Self { timeout, ..self }
    }

    /// What [`set_limit`](super::CycleLimiter::set_limit) does to the cycle that is running.
    pub const fn limit_change(self, limit_change: LimitChange) -> Self {
        Self { limit_change, ..self }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// `limit` 0, or `period` 0 or above 2^62 ns (146 years).
    pub const fn build(self) -> Result<CyclePolicy, ConfigError> {
        if let Err(error) = ConfigError::check("limit", self.limit as u64, 1, u32::MAX as u64) {
            return Err(error);
        }
        if let Err(error) = ConfigError::check("period", self.period.get(), 1, 1 << 62) {
            return Err(error);
        }
        Ok(CyclePolicy {
            limit: self.limit,
            period: self.period,
            scale: Scale::fraction(1, self.period.get()),
            timeout: self.timeout,
            limit_change: self.limit_change,
        })
    }
}

impl CyclePolicy {
    /// Permits in each cycle, to begin with.
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// The length of a cycle.
    pub const fn period(&self) -> Nanos {
        self.period
    }

    /// The longest wait that is promised, to begin with.
    pub const fn timeout(&self) -> Nanos {
        self.timeout
    }
}
