//! What a breaker tells about itself.

use crate::refusal::oc_refusal_t;
use crate::status::{OC_NEVER, oc_state_t, oc_status_t, state_of};
use overcurrent::Nanos;
use overcurrent::breaker::{Explanation, Metrics, Rule};

/// A rule that can trip a breaker: one of the `OC_RULE_` constants.
pub type oc_rule_t = i32;
/// No rule.
pub const OC_RULE_NONE: i32 = -1;
/// The share of failed calls.
pub const OC_RULE_FAILURE_RATE: i32 = 0;
/// The share of slow calls.
pub const OC_RULE_SLOW_RATE: i32 = 1;
/// The number of failed calls in the window.
pub const OC_RULE_FAILURE_COUNT: i32 = 2;
/// The number of failed calls in a row.
pub const OC_RULE_CONSECUTIVE_FAILURES: i32 = 3;

/// As a rate: not known, because there were fewer calls than the minimum.
pub const OC_RATE_UNKNOWN: u32 = u32::MAX;

/// A breaker's numbers at one instant.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_metrics_t {
    /// The state, due transitions included.
    pub state: oc_state_t,
    /// The generation: one stay with one window.
    pub generation: u32,
    /// Calls in the window.
    pub calls: u32,
    /// Failed calls in the window.
    pub failed: u32,
    /// Slow calls in the window.
    pub slow: u32,
    /// Calls in the window that were both slow and failed.
    pub slow_failed: u32,
    /// Trips in a row without a close between them.
    pub attempts: u32,
    /// 0.
    pub reserved: u32,
}

/// Why a breaker admits or refuses, or why it tripped: the numbers behind its answer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oc_explain_t {
    /// State and window. While open, the window is the one that tripped it.
    pub metrics: oc_metrics_t,
    /// What `enter` would answer now; its reason is `OC_OK` if it would admit.
    pub refusal: oc_refusal_t,
    /// The rule that the counts in the window meet, or `OC_RULE_NONE`.
    pub rule_met: oc_rule_t,
    /// Calls that count for that rule.
    pub counted: u32,
    /// That rule's threshold: parts per 100,000 for a rate, a number of calls for a count.
    pub threshold: u32,
    /// Failed calls in parts per 100,000, or `OC_RATE_UNKNOWN`.
    pub failure_rate: u32,
    /// Slow calls in parts per 100,000, or `OC_RATE_UNKNOWN`.
    pub slow_rate: u32,
    /// The failure rate that trips; 0 if that rule is off.
    pub failure_rate_threshold: u32,
    /// The slow rate that trips; 0 if that rule is off.
    pub slow_rate_threshold: u32,
    /// Calls needed before a rate is judged.
    pub min_calls: u32,
    /// Trial calls that may still be handed out (half-open only).
    pub trials_left: u32,
    /// 0.
    pub reserved: u32,
    /// When something changes by time alone, or `OC_NEVER`.
    pub deadline_ns: u64,
}

pub(crate) fn metrics_of(seen: Metrics) -> oc_metrics_t {
    oc_metrics_t {
        state: state_of(seen.state),
        generation: u32::from(seen.generation),
        calls: seen.calls,
        failed: seen.failed,
        slow: seen.slow,
        slow_failed: seen.slow_failed,
        attempts: u32::from(seen.attempts),
        reserved: 0,
    }
}

pub(crate) const fn rule_of(rule: Rule) -> oc_rule_t {
    rule as u8 as i32
}

pub(crate) fn explain_of(seen: Explanation) -> oc_explain_t {
    const ADMITS: oc_refusal_t = oc_refusal_t { reason: oc_status_t::OC_OK, gate: 0, retry_after_ns: 0 };
    oc_explain_t {
        metrics: metrics_of(seen.metrics),
        refusal: seen.refusal.map_or(ADMITS, |refusal| crate::refusal::of(refusal, 0)),
        rule_met: seen.rule_met.map_or(OC_RULE_NONE, |trip| rule_of(trip.rule)),
        counted: seen.rule_met.map_or(0, |trip| trip.counted),
        threshold: seen.rule_met.map_or(0, |trip| trip.threshold),
        failure_rate: seen.failure_rate.unwrap_or(OC_RATE_UNKNOWN),
        slow_rate: seen.slow_rate.unwrap_or(OC_RATE_UNKNOWN),
        failure_rate_threshold: seen.failure_rate_threshold,
        slow_rate_threshold: seen.slow_rate_threshold,
        min_calls: seen.min_calls,
        trials_left: u32::from(seen.trials_left),
        reserved: 0,
        deadline_ns: seen.deadline.map_or(OC_NEVER, Nanos::get),
    }
}
