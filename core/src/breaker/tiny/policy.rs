//! What a tiny breaker can be set to.

use super::deadline::LONGEST_TRIAL;
use super::word::{TRIALS, WINDOW};
use crate::breaker::policy::{HalfOpenEnd, Policy, TrialTimeout, Window};
use crate::error::ConfigError;
use crate::time::Nanos;

/// The most permits that a half-open word can count.
const MOST_PERMITS: u64 = 31;

/// The settings of a [`TinyBreaker`](super::TinyBreaker): a [`Policy`] that fits in one word.
///
/// | setting | allowed |
/// |---|---|
/// | `window` | a number of calls, 1 to 24 |
/// | `consecutive_failures` | at most the window |
/// | `trial_calls` | 1 to 31 |
/// | `trial_min` | 1 to 15 |
/// | `trial_timeout` | a lease, or a stay that ends in open, of at most 19.5 hours; or never |
///
/// ```
/// use overcurrent::{BreakerConfig, TinyPolicy, Window};
/// let policy = BreakerConfig::new(Window::calls(24)).failure_rate(30_000).build().unwrap();
/// assert!(TinyPolicy::new(policy).is_ok());
///
/// let error = TinyPolicy::new(BreakerConfig::new(Window::calls(25)).build().unwrap()).unwrap_err();
/// assert_eq!(error.to_string(), "window (calls of a tiny breaker) is 25; allowed are 1 to 24");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct TinyPolicy {
    pub(super) policy: Policy,
    pub(super) window: u32,
}

impl TinyPolicy {
    /// `policy`, if a tiny breaker can hold it.
    ///
    /// # Errors
    /// The first setting that does not fit, with the range that does.
    pub const fn new(policy: Policy) -> Result<Self, ConfigError> {
        let window = match policy.window {
            Window::Calls(n) => n,
            Window::Time { buckets, .. } => {
                return Err(ConfigError::new("window (buckets; a tiny breaker counts calls)", buckets as u64, 0, 0));
            }
        };
        let most = WINDOW as u64;
        if let Err(e) = ConfigError::check("window (calls of a tiny breaker)", window as u64, 1, most) {
            return Err(e);
        }
        let in_a_row = policy.consecutive_failures as u64;
        if let Err(e) = ConfigError::check("consecutive_failures", in_a_row, 0, window as u64) {
            return Err(e);
        }
        if let Err(e) = ConfigError::check("trial_calls", policy.trial_calls as u64, 1, MOST_PERMITS) {
            return Err(e);
        }
        if let Err(e) = ConfigError::check("trial_min", policy.trial_min as u64, 1, TRIALS as u64) {
            return Err(e);
        }
        let limit = match policy.trial_timeout {
            TrialTimeout::Lease(limit) | TrialTimeout::Stay { stay: limit, then: HalfOpenEnd::Open } => limit,
            // A half-open deadline wraps: a clock that is far behind could end the stay early, and closing admits.
            TrialTimeout::Stay { stay, then: HalfOpenEnd::Closed } => {
                return Err(ConfigError::new("trial_timeout (a stay that ends in closed)", stay.get(), 1, 0));
            }
            TrialTimeout::Never => Nanos::new(1),
        };
        if let Err(e) = ConfigError::check("trial_timeout", limit.get(), 1, LONGEST_TRIAL) {
            return Err(e);
        }
        Ok(Self { policy, window })
    }

    /// The settings it was made from.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }
}
