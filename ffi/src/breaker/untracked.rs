//! Results without permits.

use super::handle::oc_breaker_t;
use crate::status::{oc_outcome_t, oc_status_t, outcome_of};
use oc_status_t::{OC_ERR_ARGUMENT, OC_OK};
use overcurrent::Nanos;

/// Reports a call of `length_ns` without a permit, to whatever generation is current: for hosts that cannot carry one. A late
/// result can then decide a trial it was not part of. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_record(
    breaker: Option<&oc_breaker_t>,
    outcome: oc_outcome_t,
    length_ns: u64,
    now: u64,
) -> oc_status_t {
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| {
        b.untracked().record(outcome, Nanos::new(length_ns), c.at(now));
        OC_OK
    })
}

/// `oc_breaker_record`, then, if the breaker is closed: open for `wait_ns`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_record_and_open_for(
    breaker: Option<&oc_breaker_t>,
    outcome: oc_outcome_t,
    length_ns: u64,
    wait_ns: u64,
    now: u64,
) -> oc_status_t {
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| {
        b.untracked().record_and_open_for(outcome, Nanos::new(length_ns), Nanos::new(wait_ns), c.at(now));
        OC_OK
    })
}

/// `oc_breaker_record`, then, if the breaker is closed: open until the time `until`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_record_and_open_until(
    breaker: Option<&oc_breaker_t>,
    outcome: oc_outcome_t,
    length_ns: u64,
    until: u64,
    now: u64,
) -> oc_status_t {
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| {
        b.untracked().record_and_open_until(outcome, Nanos::new(length_ns), Nanos::new(until), c.at(now));
        OC_OK
    })
}

/// Gives a trial permit back without carrying one: the counterpart of `oc_breaker_record`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_release(breaker: Option<&oc_breaker_t>, now: u64) -> oc_status_t {
    on!(breaker, |b, c| {
        b.untracked().release(c.at(now));
        OC_OK
    })
}
