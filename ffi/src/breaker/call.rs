//! Calls: before, after, taken back.

use super::handle::{oc_breaker_t, oc_permit_t, permit_of};
use crate::refusal::{No, oc_refusal_t};
use crate::status::{OC_OUTCOME_SUCCESS, oc_outcome_t, oc_status_t, outcome_of};
use crate::twin::into_c;
use core::mem::MaybeUninit;
use oc_status_t::{OC_ERR_ARGUMENT, OC_ERR_NEEDS_TIME, OC_ERR_NULL, OC_OK};
use overcurrent::{Gate, Nanos, Outcome, Permit};

impl oc_breaker_t {
    /// Asks for one call.
    ///
    /// # Safety
    /// The contract of pointers, for those inside as well.
    #[inline(always)]
    pub(crate) unsafe fn enter(&self, now: u64) -> Result<Permit, No> {
        // SAFETY: the contract of pointers.
        match unsafe { self.enter_if_closed(now) } {
            Some(permit) => Ok(permit),
            // SAFETY: the contract of pointers.
            None => unsafe { self.enter_slowly(now) },
        }
    }

    /// The rest of `enter`, out of the way of the common case.
    #[cold]
    #[inline(never)]
    unsafe fn enter_slowly(&self, now: u64) -> Result<Permit, No> {
        // SAFETY: the contract of pointers.
        let breaker = unsafe { self.view() }.map_err(No::Unusable)?;
        breaker.enter(self.at(now)).map_err(No::Refused)
    }

    /// Asks without taking. With `tell`, a refusal is reported, as that of a pipeline is.
    ///
    /// # Safety
    /// The contract of pointers, for those inside as well.
    #[inline(always)]
    pub(crate) unsafe fn judge(&self, now: u64, tell: bool) -> Result<(), No> {
        // SAFETY: the contract of pointers.
        match unsafe { self.enter_if_closed(now) } {
            Some(_) => Ok(()), // what a closed breaker gives, it keeps no record of
            // SAFETY: the contract of pointers.
            None => unsafe { self.judge_slowly(now, tell) },
        }
    }

    /// The rest of `judge`, out of the way of the common case.
    #[cold]
    #[inline(never)]
    unsafe fn judge_slowly(&self, now: u64, tell: bool) -> Result<(), No> {
        // SAFETY: the contract of pointers.
        let breaker = unsafe { self.view() }.map_err(No::Unusable)?;
        Gate::judge(&breaker, 1, self.at(now)).map_err(|refusal| {
            if tell {
                Gate::refused(&breaker, 1, refusal, self.at(now));
            }
            No::Refused(refusal)
        })
    }

    /// Reports how an admitted call ended.
    ///
    /// # Safety
    /// The contract of pointers, for those inside as well.
    #[inline(always)]
    pub(crate) unsafe fn leave(&self, permit: &oc_permit_t, outcome: Outcome, now: u64) -> oc_status_t {
        // SAFETY: the contract of pointers.
        if outcome == Outcome::Success && unsafe { self.leave_if_clean(permit, now) } {
            return OC_OK;
        }
        // SAFETY: the contract of pointers.
        unsafe { self.leave_slowly(permit, outcome, now) }
    }

    /// The rest of `leave`, out of the way of the common case.
    #[cold]
    #[inline(never)]
    unsafe fn leave_slowly(&self, permit: &oc_permit_t, outcome: Outcome, now: u64) -> oc_status_t {
        // SAFETY: the contract of pointers.
        match unsafe { self.view() } {
            Ok(breaker) => {
                breaker.leave(permit_of(permit), outcome, self.at(now));
                OC_OK
            }
            Err(status) => status,
        }
    }
}

/// Asks for one call.
///
/// Returns `OC_OK` and fills `permit`; `OC_BREAKER_OPEN`, `OC_TRIALS_TAKEN` or `OC_FORCED_OPEN`, and fills `refusal` (may be
/// NULL) with the wait. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_enter(
    breaker: Option<&oc_breaker_t>,
    now: u64,
    permit: Option<&mut MaybeUninit<oc_permit_t>>,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    let (Some(breaker), Some(out)) = (breaker, permit) else { return OC_ERR_NULL };
    // SAFETY: the contract of pointers.
    if let Some(permit) = unsafe { breaker.enter_if_closed(now) } {
        out.write(into_c(permit.into_raw()));
        return OC_OK;
    }
    // SAFETY: the contract of pointers.
    match unsafe { breaker.enter_slowly(now) } {
        Ok(permit) => {
            out.write(into_c(permit.into_raw()));
            OC_OK
        }
        Err(no) => no.say(refusal, 0),
    }
}

/// Reports how an admitted call ended. Its length is `now` minus the entry; a permit of an older generation changes nothing;
/// `OC_OUTCOME_IGNORED` gives the permit back. `OC_ERR_ARGUMENT` for an unknown outcome. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_leave(
    breaker: Option<&oc_breaker_t>,
    permit: Option<&oc_permit_t>,
    outcome: oc_outcome_t,
    now: u64,
) -> oc_status_t {
    let (Some(breaker), Some(permit)) = (breaker, permit) else { return OC_ERR_NULL };
    // SAFETY: the contract of pointers.
    if outcome == OC_OUTCOME_SUCCESS && unsafe { breaker.leave_if_clean(permit, now) } {
        return OC_OK;
    }
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    // SAFETY: the contract of pointers.
    unsafe { breaker.leave_slowly(permit, outcome, now) }
}

/// `oc_breaker_leave`, then, in the permit's generation: a closed breaker opens for `wait_ns`, what a server's Retry-After asks for; one
/// that is open by then, by this result too, stays open until the later of the two times. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_leave_and_open_for(
    breaker: Option<&oc_breaker_t>,
    permit: Option<&oc_permit_t>,
    outcome: oc_outcome_t,
    wait_ns: u64,
    now: u64,
) -> oc_status_t {
    let Some(permit) = permit else { return OC_ERR_NULL };
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| {
        b.leave_and_open_for(permit_of(permit), outcome, Nanos::new(wait_ns), c.at(now));
        OC_OK
    })
}

/// `oc_breaker_leave_and_open_for` with the time at which to come back. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_leave_and_open_until(
    breaker: Option<&oc_breaker_t>,
    permit: Option<&oc_permit_t>,
    outcome: oc_outcome_t,
    until: u64,
    now: u64,
) -> oc_status_t {
    let Some(permit) = permit else { return OC_ERR_NULL };
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| {
        b.leave_and_open_until(permit_of(permit), outcome, Nanos::new(until), c.at(now));
        OC_OK
    })
}

/// Takes an admission back: a trial permit becomes free again, nothing is recorded. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_cancel(
    breaker: Option<&oc_breaker_t>,
    permit: Option<&oc_permit_t>,
) -> oc_status_t {
    let Some(permit) = permit else { return OC_ERR_NULL };
    on!(breaker, |b, _c| {
        b.cancel(permit_of(permit));
        OC_OK
    })
}

/// Whether the next call needs the time: 0 while a count-window breaker without a slow-call rule is closed, else 1. Where it
/// does not, use `oc_breaker_enter_untimed`: reading a clock costs more than the decision. Any thread, any interrupt
/// handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_needs_clock(breaker: Option<&oc_breaker_t>) -> i32 {
    on!(breaker, |b, _c| i32::from(b.needs_clock()), else |_status| 1)
}

/// `oc_breaker_enter` without the time. `OC_ERR_NEEDS_TIME` when the answer depends on it: read the clock and use
/// `oc_breaker_enter`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_enter_untimed(
    breaker: Option<&oc_breaker_t>,
    permit: Option<&mut MaybeUninit<oc_permit_t>>,
) -> oc_status_t {
    let Some(out) = permit else { return OC_ERR_NULL };
    on!(breaker, |b, _c| match b.enter_untimed() {
        Ok(permit) => {
            out.write(into_c(permit.into_raw()));
            OC_OK
        }
        Err(_) => OC_ERR_NEEDS_TIME,
    })
}

/// `oc_breaker_leave` without the time, for a permit of `oc_breaker_enter_untimed`. `OC_ERR_NEEDS_TIME` when the outcome was
/// recorded and the breaker must now open: read the clock and call `oc_breaker_settle`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_leave_untimed(
    breaker: Option<&oc_breaker_t>,
    permit: Option<&oc_permit_t>,
    outcome: oc_outcome_t,
) -> oc_status_t {
    let Some(permit) = permit else { return OC_ERR_NULL };
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, _c| match b.leave_untimed(permit_of(permit), outcome) {
        Ok(()) => OC_OK,
        Err(_) => OC_ERR_NEEDS_TIME,
    })
}

/// Whether the call is one of a half-open breaker's trials (1) or not (0, also for NULL): for hosts that give trials less
/// time, or a cheaper request. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_permit_is_trial(permit: Option<&oc_permit_t>) -> i32 {
    permit.map_or(0, |permit| i32::from(permit_of(permit).is_trial()))
}
