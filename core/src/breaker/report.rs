//! What a breaker tells about itself.

use crate::decision::Refusal;
use crate::time::Nanos;
use core::fmt;

/// The states of a circuit breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// Calls pass and are counted.
    #[default]
    Closed = 0,
    /// Calls are refused until the wait is over.
    Open = 1,
    /// A limited number of trial calls pass; their results decide.
    HalfOpen = 2,
    /// Switched off: calls pass, nothing is counted.
    Disabled = 3,
    /// Forced open by hand: calls are refused until somebody says otherwise.
    ForcedOpen = 4,
    /// Calls pass and are counted; a met rule is told, and nothing opens.
    MetricsOnly = 5,
}

impl State {
    #[cfg(feature = "wide")]
    pub(crate) const fn from_bits(bits: u64) -> Self {
        match bits {
            1 => Self::Open,
            2 => Self::HalfOpen,
            3 => Self::Disabled,
            4 => Self::ForcedOpen,
            5 => Self::MetricsOnly,
            _ => Self::Closed,
        }
    }

    /// The state's name, the same in every language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
            Self::Disabled => "disabled",
            Self::ForcedOpen => "forced-open",
            Self::MetricsOnly => "metrics-only",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The rules that can trip a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Rule {
    /// The share of failed calls reached `failure_rate`.
    FailureRate = 0,
    /// The share of slow calls reached `slow_rate`.
    SlowRate = 1,
    /// The number of failed calls in the window reached `failure_count`.
    FailureCount = 2,
    /// That many calls failed in a row.
    ConsecutiveFailures = 3,
}

/// A rule that was met, with the numbers that met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    /// Which rule.
    pub rule: Rule,
    /// Calls in the window.
    pub calls: u32,
    /// Those that count for the rule: failed, slow, or failed in a row.
    pub counted: u32,
    /// The rule's threshold: parts per 100,000 for a rate, a number of calls for a count.
    pub threshold: u32,
}

/// A breaker's numbers at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// The state, due transitions included.
    pub state: State,
    /// The generation: one stay with one window.
    pub generation: u16,
    /// Calls in the window.
    pub calls: u32,
    /// Failed calls in the window.
    pub failed: u32,
    /// Slow calls in the window.
    pub slow: u32,
    /// Calls in the window that were both slow and failed.
    pub slow_failed: u32,
    /// Trips in a row without a close between them: drives a growing open wait.
    pub attempts: u8,
}

/// Why a breaker admits or refuses, or why it tripped: the numbers behind its answer.
///
/// While open, the window is the one that tripped it, so the counts are the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// State and window.
    pub metrics: Metrics,
    /// What `enter` would answer now: `None` if it would admit.
    pub refusal: Option<Refusal>,
    /// The rule that the counts in the window meet, if any (the trial rules while half-open).
    pub rule_met: Option<Trip>,
    /// Failed calls in parts per 100,000; `None` below the minimum of calls.
    pub failure_rate: Option<u32>,
    /// Slow calls in parts per 100,000; `None` below the minimum of calls.
    pub slow_rate: Option<u32>,
    /// The failure rate that trips, in parts per 100,000; 0 if that rule is off.
    pub failure_rate_threshold: u32,
    /// The slow rate that trips, in parts per 100,000; 0 if that rule is off.
    pub slow_rate_threshold: u32,
    /// Calls needed before a rate is judged.
    pub min_calls: u32,
    /// Trial calls that may still be handed out (half-open only).
    pub trials_left: u16,
    /// When something changes by time alone: the end of the open wait, of the stay in half-open, of the trial lease.
    pub deadline: Option<Nanos>,
}

/// A transition by hand that the state machine does not have; nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAllowed {
    /// The state the breaker is in.
    pub from: State,
    /// The state that was asked for.
    pub to: State,
}

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a breaker cannot go from {} to {}", self.from, self.to)
    }
}

impl core::error::Error for NotAllowed {}
