//! Errors of configuration: found when a thing is built, never when it runs.

use core::fmt;

/// Why a configuration was refused: the field, the value given and the range allowed.
///
/// ```
/// use overcurrent::ConfigError;
/// let error = ConfigError::new("burst", 0, 1, 1 << 32);
/// assert_eq!(error.to_string(), "burst is 0; allowed are 1 to 4294967296");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The setting that is wrong, by its name in the builder.
    pub field: &'static str,
    /// What it was set to (durations in nanoseconds).
    pub value: u64,
    /// The smallest value allowed, given the other settings.
    pub min: u64,
    /// The largest value allowed, given the other settings.
    pub max: u64,
}

impl ConfigError {
    /// An error for `field`, which was `value` and must be within `min..=max`.
    pub const fn new(field: &'static str, value: u64, min: u64, max: u64) -> Self {
        Self { field, value, min, max }
    }

    /// `Ok` when `value` is within `min..=max`.
    pub(crate) const fn check(field: &'static str, value: u64, min: u64, max: u64) -> Result<(), Self> {
        if value < min || value > max { Err(Self { field, value, min, max }) } else { Ok(()) }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.min > self.max {
            return write!(f, "{} is {}; no value is allowed with the other settings", self.field, self.value);
        }
        write!(f, "{} is {}; allowed are {} to {}", self.field, self.value, self.min, self.max)
    }
}

impl core::error::Error for ConfigError {}

/// Another thread is changing this configuration at this moment; nothing was changed. Try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another thread is changing this configuration; try again")
    }
}

impl core::error::Error for Busy {}

/// A decision was asked without the time, and it depends on the time: read the clock and ask again with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedsTime;

impl fmt::Display for NeedsTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this decision depends on the time; ask again with it")
    }
}

impl core::error::Error for NeedsTime {}
