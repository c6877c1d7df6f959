//! How many retries there may be, as a share of the calls.

use crate::refusal::{oc_refusal_t, refuse};
use crate::status::{oc_error_t, oc_status_t, refused};
use crate::twin::{config, into_c, state, twin};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_ERR_NULL, OC_NOTHING, OC_OK};
use overcurrent::retry::{BudgetWord, RetryBudgetPolicy, Withdrawal};
use overcurrent::{Nanos, RetryBudgetConfig};

/// Keeps retries from multiplying the load on something that already fails: a share of the calls, and a few a second, in
/// eight bytes. All zero is a full one.
///
/// Pay in once per call, when it is first made; ask before every retry. Always use one with the same policy. Every function
/// may be called from any thread and from interrupt handlers, the same one in both.
#[repr(C, align(8))]
pub struct oc_retry_budget_t {
    /// Private.
    pub word: u64,
}
twin!(oc_retry_budget_t => BudgetWord);

/// What a retry budget allows: constant, may be in flash, serves any number of budgets. Made by `OC_RETRY_BUDGET_POLICY` at compile
/// time or by `oc_retry_budget_policy_init`. All zero allows nothing. Its fields are private.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "private to the library; public so that a macro can fill them at compile time")]
pub struct oc_retry_budget_policy_t {
    pub scale_high: u64,
    pub scale_low: u64,
    pub scale_whole: u64,
    pub ratio: u64,
    pub cap: u64,
    pub min_per_second: u64,
}
twin!(oc_retry_budget_policy_t => RetryBudgetPolicy);

/// Sets `policy` to `ratio` thousandths of a retry for each call (200: one for every five), `min_per_second` retries a second
/// whatever the calls, and at most `cap` retries saved up: the longest burst, and what a budget begins with.
///
/// Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) for `ratio` above 1,000, `min_per_second` above 1,000,000, `cap`
/// outside 1 to 1,000,000. Writes to `policy` without synchronisation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_retry_budget_policy_init(
    policy: Option<&mut MaybeUninit<oc_retry_budget_policy_t>>,
    ratio: u32,
    min_per_second: u32,
    cap: u32,
    error: Option<&mut MaybeUninit<oc_error_t>>,
) -> oc_status_t {
    let Some(out) = policy else { return OC_ERR_NULL };
    match RetryBudgetConfig::new().ratio(ratio).min_per_second(min_per_second).cap(cap).build() {
        Ok(built) => {
            out.write(into_c(built));
            OC_OK
        }
        Err(why) => refused(error, why),
    }
}

/// Takes one retry, if there is one. With `min_per_second` 0 it needs no clock: any `now` will do.
///
/// Returns `OC_OK` and fills `withdrawal` (may be NULL: then it cannot be cancelled); `OC_RETRY_BUDGET_SPENT`, and fills
/// `refusal` (may be NULL) with the wait, `OC_NEVER` if time pays nothing in. A refusal writes nothing to the budget. Any
/// thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_retry_budget_try_withdraw(
    budget: Option<NonNull<oc_retry_budget_t>>,
    policy: Option<&oc_retry_budget_policy_t>,
    now: u64,
    withdrawal: Option<&mut MaybeUninit<u64>>,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(policy)) = (unsafe { state(budget) }, config(policy)) else { return OC_ERR_NULL };
    match word.try_withdraw(policy, Nanos::new(now)) {
        Ok(taken) => {
            crate::twin::put(withdrawal, taken.into_raw());
            OC_OK
        }
        Err(why) => refuse(refusal, 0, why),
    }
}

/// Gives a retry back that was not made, if nothing has happened since: `OC_OK`; otherwise it is forfeited: `OC_NOTHING`.
/// Once. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_retry_budget_cancel(
    budget: Option<NonNull<oc_retry_budget_t>>,
    withdrawal: u64,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let Some(word) = (unsafe { state(budget) }) else { return OC_ERR_NULL };
    if word.cancel(Withdrawal::from_raw(withdrawal)) { OC_OK } else { OC_NOTHING }
}

/// Pays in for one call. Writes nothing to a full budget. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_retry_budget_deposit(
    budget: Option<NonNull<oc_retry_budget_t>>,
    policy: Option<&oc_retry_budget_policy_t>,
    now: u64,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(policy)) = (unsafe { state(budget) }, config(policy)) else { return OC_ERR_NULL };
    word.deposit(policy, Nanos::new(now));
    OC_OK
}

/// How many retries could be made now; 0 for NULL. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_retry_budget_available(
    budget: Option<NonNull<oc_retry_budget_t>>,
    policy: Option<&oc_retry_budget_policy_t>,
    now: u64,
) -> u32 {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(policy)) = (unsafe { state(budget) }, config(policy)) else { return 0 };
    word.available(policy, Nanos::new(now))
}
