//! Transitions by hand.

use super::handle::oc_breaker_t;
use crate::status::{oc_state_t, oc_status_t, state_from};
use oc_status_t::{OC_ERR_ARGUMENT, OC_ERR_NOT_ALLOWED, OC_OK};
use overcurrent::Nanos;

/// Begins in `state` as of `now` instead of closed. Before anybody else uses it. `OC_ERR_ARGUMENT` for an unknown state. Tells
/// no event.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_start(breaker: Option<&oc_breaker_t>, state: oc_state_t, now: u64) -> oc_status_t {
    let Some(state) = state_from(state) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| {
        let _ = b.starting(state, c.at(now));
        OC_OK
    })
}

/// Carries out whatever has become due by `now`. Every other function does so by itself. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_settle(breaker: Option<&oc_breaker_t>, now: u64) -> oc_status_t {
    on!(breaker, |b, c| {
        b.settle(c.at(now));
        OC_OK
    })
}

/// Moves it to `state` by hand: `OC_STATE_CLOSED` closes it with an empty window, `OC_STATE_OPEN` opens it for the policy's
/// wait, and so on. `OC_ERR_NOT_ALLOWED` for closed to half-open and metrics-only to open or half-open. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_transition(
    breaker: Option<&oc_breaker_t>,
    to: oc_state_t,
    now: u64,
) -> oc_status_t {
    let Some(to) = state_from(to) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| match b.transition(to, c.at(now)) {
        Ok(()) => OC_OK,
        Err(_) => OC_ERR_NOT_ALLOWED,
    })
}

/// Opens it for `wait_ns`; `OC_ERR_NOT_ALLOWED` from metrics-only. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_open_for(breaker: Option<&oc_breaker_t>, wait_ns: u64, now: u64) -> oc_status_t {
    on!(breaker, |b, c| match b.open_for(Nanos::new(wait_ns), c.at(now)) {
        Ok(()) => OC_OK,
        Err(_) => OC_ERR_NOT_ALLOWED,
    })
}

/// Opens it until the time `until`; `OC_ERR_NOT_ALLOWED` from metrics-only. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_open_until(breaker: Option<&oc_breaker_t>, until: u64, now: u64) -> oc_status_t {
    on!(breaker, |b, c| match b.open_until(Nanos::new(until), c.at(now)) {
        Ok(()) => OC_OK,
        Err(_) => OC_ERR_NOT_ALLOWED,
    })
}

/// Closed, with an empty window, whatever it was. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_reset(breaker: Option<&oc_breaker_t>, now: u64) -> oc_status_t {
    on!(breaker, |b, c| {
        b.reset(c.at(now));
        OC_OK
    })
}
