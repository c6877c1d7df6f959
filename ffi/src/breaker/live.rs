//! Settings that change while the breaker runs.

use super::handle::oc_breaker_t;
use crate::policy::oc_policy_t;
use crate::status::{oc_error_t, oc_status_t, refused};
use crate::twin::{config, into_c, twin};
use core::mem::MaybeUninit;
use oc_status_t::{OC_ERR_BUSY, OC_ERR_NULL, OC_OK};
use overcurrent::Nanos;
use overcurrent::breaker::{LivePolicy, ReconfigureError};

/// Room for the settings that replace a breaker's first ones while it runs. All zero at first: none has. One for each
/// breaker, named by its `live`; zero it only together with the breaker's cells. Its fields are private.
#[repr(C, align(8))]
pub struct oc_live_policy_t {
    /// Private.
    pub words: [u64; 24],
}
twin!(oc_live_policy_t => LivePolicy);

/// Replaces the settings of a breaker that has a `live`, and keeps its state and its history. The window may shrink or grow
/// within its cells: a longer one gets back what they still hold.
///
/// Thresholds apply from the next recorded outcome on, the open wait from the next trip on. A change of the trial timeout
/// while half-open starts that time anew; a change of the length of a time slice starts an empty window. `policy` is copied.
///
/// Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) if the settings do not fit the cells, or are of the other kind of
/// window; `OC_ERR_BUSY` if another thread is changing them at this moment: try again, and do not wait for it in an interrupt
/// handler; `OC_ERR_NULL` also where the breaker has no `live`. Nothing was changed then. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_reconfigure(
    breaker: Option<&oc_breaker_t>,
    policy: Option<&oc_policy_t>,
    now: u64,
    error: Option<&mut MaybeUninit<oc_error_t>>,
) -> oc_status_t {
    let Some(policy) = config(policy) else { return OC_ERR_NULL };
    on!(breaker, |b, c| {
        if c.live.is_null() {
            return OC_ERR_NULL;
        }
        match b.reconfigure(*policy, Nanos::new(now)) {
            Ok(()) => OC_OK,
            Err(ReconfigureError::Busy) => OC_ERR_BUSY,
            Err(ReconfigureError::Config(why)) => refused(error, why),
        }
    })
}

/// The settings in force, as one piece, into `policy`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_policy(
    breaker: Option<&oc_breaker_t>,
    policy: Option<&mut MaybeUninit<oc_policy_t>>,
) -> oc_status_t {
    let Some(out) = policy else { return OC_ERR_NULL };
    on!(breaker, |b, _c| {
        out.write(into_c(b.policy()));
        OC_OK
    })
}
