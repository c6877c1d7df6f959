//! Reading a breaker.

use super::handle::oc_breaker_t;
use crate::report::{explain_of, metrics_of, oc_explain_t, oc_metrics_t};
use crate::status::{OC_NEVER, oc_state_t, oc_status_t, state_of};
use core::mem::MaybeUninit;
use oc_status_t::{OC_ERR_NULL, OC_OK};
use overcurrent::Nanos;

/// The state at `now`, an `OC_STATE_` constant; what time has made due is carried out first. An `OC_ERR_` value for an
/// unusable breaker. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_state(breaker: Option<&oc_breaker_t>, now: u64) -> oc_state_t {
    on!(breaker, |b, c| state_of(b.state(c.at(now))), else |status| status as i32)
}

/// The numbers at `now`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_metrics(
    breaker: Option<&oc_breaker_t>,
    now: u64,
    metrics: Option<&mut MaybeUninit<oc_metrics_t>>,
) -> oc_status_t {
    let Some(out) = metrics else { return OC_ERR_NULL };
    on!(breaker, |b, c| {
        out.write(metrics_of(b.metrics(c.at(now))));
        OC_OK
    })
}

/// Why a call would be refused at `now`, or what tripped the breaker, with the numbers. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_explain(
    breaker: Option<&oc_breaker_t>,
    now: u64,
    explain: Option<&mut MaybeUninit<oc_explain_t>>,
) -> oc_status_t {
    let Some(out) = explain else { return OC_ERR_NULL };
    on!(breaker, |b, c| {
        out.write(explain_of(b.explain(c.at(now))));
        OC_OK
    })
}

/// When something changes by time alone: the end of the open wait, of the stay in half-open, of the trial lease. `OC_NEVER`
/// if nothing does. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_next_deadline(breaker: Option<&oc_breaker_t>, now: u64) -> u64 {
    on!(breaker, |b, c| b.next_deadline(c.at(now)).map_or(OC_NEVER, Nanos::get), else |_status| OC_NEVER)
}
