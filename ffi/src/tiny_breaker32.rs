//! The circuit breaker of small chips.

use crate::saved::{room, write};
use crate::status::{
    OC_NEVER32, oc_error_t, oc_outcome_t, oc_state_t, oc_status_t, outcome_of, refused, snapshot_error, state_of,
    status_of,
};
use crate::twin::{config, into_c, put, state, twin};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_ERR_ARGUMENT, OC_ERR_NULL, OC_OK};
use overcurrent::breaker::Tiny32Snapshot;
use overcurrent::{Permit32, TinyBreaker32, TinyConfig32, TinyPolicy32};

/// A circuit breaker in four bytes, on a tick counter that may wrap. All zero is a closed one that was never used.
///
/// Always use one breaker with the same policy and the same tick counter. Every function may be called from any thread
/// and from interrupt handlers, the same one in both. Readings of `now` may be up to 2^16 ticks older than the newest.
#[repr(C)]
pub struct oc_tiny_breaker32_t {
    /// Private.
    pub word: u32,
}
twin!(oc_tiny_breaker32_t => TinyBreaker32);

/// Checked settings of a 32-bit breaker: constant, may be in flash, serves any number of breakers. Made by
/// `OC_TINY_POLICY32` at compile time or by `oc_tiny_policy32_init`; its fields are private.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "private to the library; public so that a macro can fill them at compile time")]
pub struct oc_tiny_policy32_t {
    pub window: u8,
    pub min_calls: u8,
    pub failure_count: u8,
    pub trial_calls: u8,
    pub trial_failures: u8,
    pub lease_shift: u8,
    pub failure_rate: u32,
    pub open_for: u32,
    pub open_range: u32,
    pub lease: u32,
    pub lease_range: u32,
    pub keep: u32,
    pub in_a_row: u32,
}
twin!(oc_tiny_policy32_t => TinyPolicy32);

/// Settings of a 32-bit breaker, for `oc_tiny_policy32_init`. 0 means the default where one is named.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_tiny_config32_t {
    /// How many calls it remembers, 1 to 19.
    pub window: u32,
    /// The least number of calls before the rate is judged; 0: the window, at most 10.
    pub min_calls: u32,
    /// Trips at this share of failed calls, in parts per 100,000; 0: 50,000.
    pub failure_rate: u32,
    /// Also trips at this many failed calls in the window; 0: off.
    pub failure_count: u32,
    /// Also trips at this many failed calls in a row; 0: off.
    pub consecutive_failures: u32,
    /// How many ticks to stay open, 1 to 8,323,072.
    pub open_for: u32,
    /// How many calls may try in half-open, 1 to 15; 0: 3.
    pub trial_calls: u32,
    /// How many ticks after the last trial permit was taken a missing result counts as failed, at most 2^29; 0: 60,000;
    /// `OC_NEVER32`: no lease.
    pub lease: u32,
}

/// An admitted call: give it back with `oc_tiny_breaker32_leave` or `oc_tiny_breaker32_cancel`, once.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_permit32_t {
    /// Private.
    pub word: u32,
}

/// What `oc_tiny_breaker32_metrics` saw.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_metrics32_t {
    /// The state, as of the last touch.
    pub state: oc_state_t,
    /// The generation: one stay with one window, modulo 64.
    pub generation: u32,
    /// Calls in the window or among the trials.
    pub calls: u32,
    /// Those that failed.
    pub failed: u32,
}

/// Checks `config` and fills `policy`.
///
/// Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) with the first setting that is out of its range. Writes to
/// `policy` without synchronisation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_policy32_init(
    policy: Option<&mut MaybeUninit<oc_tiny_policy32_t>>,
    config: Option<&oc_tiny_config32_t>,
    error: Option<&mut MaybeUninit<oc_error_t>>,
) -> oc_status_t {
    let (Some(policy), Some(c)) = (policy, config) else { return OC_ERR_NULL };
    let mut settings = TinyConfig32::new(c.window, c.open_for)
        .failure_count(c.failure_count)
        .consecutive_failures(c.consecutive_failures);
    if c.min_calls != 0 {
        settings = settings.min_calls(c.min_calls);
    }
    if c.failure_rate != 0 {
        settings = settings.failure_rate(c.failure_rate);
    }
    if c.trial_calls != 0 {
        settings = settings.trial_calls(c.trial_calls);
    }
    if c.lease != 0 {
        settings = settings.lease(if c.lease == OC_NEVER32 { 0 } else { c.lease });
    }
    match settings.build() {
        Ok(built) => {
            policy.write(into_c(built));
            OC_OK
        }
        Err(why) => refused(error, why),
    }
}

/// Asks for one call. One load while closed.
///
/// Returns `OC_OK` and fills `permit`; `OC_BREAKER_OPEN`, `OC_TRIALS_TAKEN` or `OC_FORCED_OPEN` with `*retry_after` (may
/// be NULL) set to the ticks after which the same call could be admitted, `OC_NEVER32` if time alone will not help or not
/// at a known time. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker32_enter(
    breaker: Option<NonNull<oc_tiny_breaker32_t>>,
    policy: Option<&oc_tiny_policy32_t>,
    now: u32,
    permit: Option<&mut MaybeUninit<oc_permit32_t>>,
    retry_after: Option<&mut MaybeUninit<u32>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(breaker), Some(policy), Some(out)) = (unsafe { state(breaker) }, config(policy), permit) else {
        return OC_ERR_NULL;
    };
    match breaker.enter(policy, now) {
        Ok(permit) => {
            out.write(oc_permit32_t { word: u32::from(permit.into_raw()) });
            OC_OK
        }
        Err(refusal) => {
            put(retry_after, refusal.retry_after().unwrap_or(OC_NEVER32));
            status_of(refusal.reason())
        }
    }
}

#[inline(always)]
const fn permit_of(permit: &oc_permit32_t) -> Permit32 {
    Permit32::from_raw((permit.word & 0xff) as u8)
}

/// Reports how an admitted call ended. A permit of an older generation changes nothing; `OC_OUTCOME_IGNORED` gives a trial
/// permit back. `OC_ERR_ARGUMENT` for an unknown outcome. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker32_leave(
    breaker: Option<NonNull<oc_tiny_breaker32_t>>,
    policy: Option<&oc_tiny_policy32_t>,
    permit: Option<&oc_permit32_t>,
    outcome: oc_outcome_t,
    now: u32,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(breaker), Some(policy), Some(permit)) = (unsafe { state(breaker) }, config(policy), permit) else {
        return OC_ERR_NULL;
    };
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    breaker.leave(policy, permit_of(permit), outcome, now);
    OC_OK
}

/// Takes an admission back: a trial permit becomes free again. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker32_cancel(
    breaker: Option<NonNull<oc_tiny_breaker32_t>>,
    policy: Option<&oc_tiny_policy32_t>,
    permit: Option<&oc_permit32_t>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(breaker), Some(policy), Some(permit)) = (unsafe { state(breaker) }, config(policy), permit) else {
        return OC_ERR_NULL;
    };
    breaker.cancel(policy, permit_of(permit));
    OC_OK
}

/// The state as of the last touch: an open breaker becomes half-open with the first call after its wait. `OC_ERR_NULL`
/// for NULL. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker32_state(breaker: Option<NonNull<oc_tiny_breaker32_t>>) -> oc_state_t {
    // SAFETY: the contract of pointers.
    match unsafe { state(breaker) } {
        Some(breaker) => state_of(breaker.state()),
        None => OC_ERR_NULL as i32,
    }
}

/// The numbers as of the last touch. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker32_metrics(
    breaker: Option<NonNull<oc_tiny_breaker32_t>>,
    metrics: Option<&mut MaybeUninit<oc_metrics32_t>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(breaker), Some(out)) = (unsafe { state(breaker) }, metrics) else { return OC_ERR_NULL };
    let seen = breaker.metrics();
    out.write(oc_metrics32_t {
        state: state_of(seen.state),
        generation: u32::from(seen.generation),
        calls: seen.calls,
        failed: seen.failed,
    });
    OC_OK
}

/// Ticks until an open breaker lets a trial through; `OC_NEVER32` when it is not open, its wait is over, or for NULL. Any
/// thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker32_next_deadline(
    breaker: Option<NonNull<oc_tiny_breaker32_t>>,
    policy: Option<&oc_tiny_policy32_t>,
    now: u32,
) -> u32 {
    // SAFETY: the contract of pointers.
    match (unsafe { state(breaker) }, config(policy)) {
        (Some(breaker), Some(policy)) => breaker.next_deadline(policy, now).unwrap_or(OC_NEVER32),
        _ => OC_NEVER32,
    }
}

/// Closed, with an empty window, whatever it was. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker32_reset(breaker: Option<NonNull<oc_tiny_breaker32_t>>) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let Some(breaker) = (unsafe { state(breaker) }) else { return OC_ERR_NULL };
    breaker.reset();
    OC_OK
}

/// Opens it for the policy's wait, as if it had tripped: also how a boot loop is stopped before its first call. Any
/// thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker32_open(
    breaker: Option<NonNull<oc_tiny_breaker32_t>>,
    policy: Option<&oc_tiny_policy32_t>,
    now: u32,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(breaker), Some(policy)) = (unsafe { state(breaker) }, config(policy)) else { return OC_ERR_NULL };
    breaker.open(policy, now);
    OC_OK
}

/// Switches it off: calls pass, nothing is counted. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker32_disable(breaker: Option<NonNull<oc_tiny_breaker32_t>>) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let Some(breaker) = (unsafe { state(breaker) }) else { return OC_ERR_NULL };
    breaker.disable();
    OC_OK
}

/// Refuses every call until somebody says otherwise. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker32_force_open(breaker: Option<NonNull<oc_tiny_breaker32_t>>) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let Some(breaker) = (unsafe { state(breaker) }) else { return OC_ERR_NULL };
    breaker.force_open();
    OC_OK
}

/// The bytes of a snapshot of a 32-bit breaker.
pub const OC_TINY_BREAKER32_SNAPSHOT_LENGTH: u32 = 18;
const _: () = assert!(Tiny32Snapshot::LEN == OC_TINY_BREAKER32_SNAPSHOT_LENGTH as usize);

/// Writes the state at `now` into `bytes` (`OC_TINY_BREAKER32_SNAPSHOT_LENGTH` of them): a remaining time and the outcomes in
/// the window, with a version and a checksum, for a flash page or memory that a reset keeps. `OC_ERR_BUFFER_TOO_SHORT` if
/// `length` is less. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker32_snapshot(
    breaker: Option<NonNull<oc_tiny_breaker32_t>>,
    policy: Option<&oc_tiny_policy32_t>,
    now: u32,
    bytes: Option<NonNull<u8>>,
    length: usize,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(breaker), Some(policy), Some(bytes)) = (unsafe { state(breaker) }, config(policy), bytes) else {
        return OC_ERR_NULL;
    };
    // SAFETY: `length` writable bytes, by the contract.
    write(unsafe { room(bytes, length) }, || breaker.snapshot(policy, now).to_bytes())
}

/// Goes on from a snapshot, `off` ticks later (0 where that is not known: an open breaker then stays open longer, never
/// shorter). It lets trials through when the one that was saved would have, after the policy's own wait at the latest.
/// Permits from before change nothing any more; with a shorter window, the newest calls count. Bytes after the snapshot are
/// ignored. Returns the error of a snapshot that cannot be used; nothing was changed. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker32_restore(
    breaker: Option<NonNull<oc_tiny_breaker32_t>>,
    policy: Option<&oc_tiny_policy32_t>,
    bytes: Option<&u8>,
    length: usize,
    off: u32,
    now: u32,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(breaker), Some(policy), Some(bytes)) = (unsafe { state(breaker) }, config(policy), bytes) else {
        return OC_ERR_NULL;
    };
    // SAFETY: `length` readable bytes, by the contract.
    match Tiny32Snapshot::from_bytes(unsafe { crate::twin::bytes(bytes, length) }) {
        Ok(snapshot) => {
            breaker.restore(policy, &snapshot.aged(off), now);
            OC_OK
        }
        Err(why) => snapshot_error(why),
    }
}
