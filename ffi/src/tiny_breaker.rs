//! The circuit breaker in one word.

use crate::breaker::{oc_permit_t, permit_of};
use crate::policy::oc_tiny_policy_t;
use crate::refusal::{oc_refusal_t, refuse};
use crate::report::{explain_of, metrics_of, oc_explain_t, oc_metrics_t};
use crate::saved::{room, write};
use crate::status::{
    OC_NEVER, oc_outcome_t, oc_state_t, oc_status_t, outcome_of, snapshot_error, state_from, state_of,
};
use crate::twin::{config, into_c, state as state_at, twin};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_ERR_ARGUMENT, OC_ERR_NEEDS_TIME, OC_ERR_NOT_ALLOWED, OC_ERR_NULL, OC_OK};
use overcurrent::breaker::TinySnapshot;
use overcurrent::{Nanos, TinyWord};

/// A circuit breaker over the last 1 to 24 calls in eight bytes: one for each host, device or call site. All zero is a
/// closed one that was never used.
///
/// Always use one with the same policy. Every function may be called from any thread and from interrupt handlers.
#[repr(C, align(8))]
pub struct oc_tiny_breaker_t {
    /// Private.
    pub word: u64,
}
twin!(oc_tiny_breaker_t => TinyWord);

/// Does something with the breaker of these pointers, or returns why there is none.
macro_rules! on {
    ($breaker:ident, $policy:ident, |$b:ident| $body:expr, else |$status:ident| $else:expr) => {
        // SAFETY: the contract of pointers.
        match (unsafe { state_at($breaker) }, config($policy)) {
            (Some(word), Some(policy)) => {
                let $b = word.with(policy);
                $body
            }
            _ => {
                let $status = OC_ERR_NULL;
                $else
            }
        }
    };
}

/// Asks for one call.
///
/// Returns `OC_OK` and fills `permit`; `OC_BREAKER_OPEN`, `OC_TRIALS_TAKEN` or `OC_FORCED_OPEN`, and fills `refusal` (may be
/// NULL) with the wait. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_enter(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    now: u64,
    permit: Option<&mut MaybeUninit<oc_permit_t>>,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    let Some(out) = permit else { return OC_ERR_NULL };
    on!(breaker, policy, |b| match b.enter(Nanos::new(now)) {
        Ok(permit) => {
            out.write(into_c(permit.into_raw()));
            OC_OK
        }
        Err(why) => refuse(refusal, 0, why),
    }, else |status| status)
}

/// Reports how an admitted call ended. Its length is `now` minus the entry; a permit of an older generation changes nothing;
/// `OC_OUTCOME_IGNORED` gives the permit back. `OC_ERR_ARGUMENT` for an unknown outcome. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_leave(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    permit: Option<&oc_permit_t>,
    outcome: oc_outcome_t,
    now: u64,
) -> oc_status_t {
    let Some(permit) = permit else { return OC_ERR_NULL };
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, policy, |b| {
        b.leave(permit_of(permit), outcome, Nanos::new(now));
        OC_OK
    }, else |status| status)
}

/// `oc_tiny_breaker_leave`, then, in the permit's generation: a closed breaker opens for `wait_ns`, what a server's Retry-After asks for; one
/// that is open by then, by this result too, stays open until the later of the two times. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_leave_and_open_for(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    permit: Option<&oc_permit_t>,
    outcome: oc_outcome_t,
    wait_ns: u64,
    now: u64,
) -> oc_status_t {
    let Some(permit) = permit else { return OC_ERR_NULL };
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, policy, |b| {
        b.leave_and_open_for(permit_of(permit), outcome, Nanos::new(wait_ns), Nanos::new(now));
        OC_OK
    }, else |status| status)
}

/// `oc_tiny_breaker_leave_and_open_for` with the time at which to come back. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_leave_and_open_until(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    permit: Option<&oc_permit_t>,
    outcome: oc_outcome_t,
    until: u64,
    now: u64,
) -> oc_status_t {
    let Some(permit) = permit else { return OC_ERR_NULL };
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, policy, |b| {
        b.leave_and_open_until(permit_of(permit), outcome, Nanos::new(until), Nanos::new(now));
        OC_OK
    }, else |status| status)
}

/// Takes an admission back: a trial permit becomes free again, nothing is recorded. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_cancel(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    permit: Option<&oc_permit_t>,
) -> oc_status_t {
    let Some(permit) = permit else { return OC_ERR_NULL };
    on!(breaker, policy, |b| {
        b.cancel(permit_of(permit));
        OC_OK
    }, else |status| status)
}

/// The state at `now`, an `OC_STATE_` constant; what time has made due is carried out first. An `OC_ERR_` value for an
/// unusable breaker. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_state(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    now: u64,
) -> oc_state_t {
    on!(breaker, policy, |b| state_of(b.state(Nanos::new(now))), else |status| status as i32)
}

/// The numbers at `now`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_metrics(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    now: u64,
    metrics: Option<&mut MaybeUninit<oc_metrics_t>>,
) -> oc_status_t {
    let Some(out) = metrics else { return OC_ERR_NULL };
    on!(breaker, policy, |b| {
        out.write(metrics_of(b.metrics(Nanos::new(now))));
        OC_OK
    }, else |status| status)
}

/// Why a call would be refused at `now`, or what tripped the breaker, with the numbers. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_explain(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    now: u64,
    explain: Option<&mut MaybeUninit<oc_explain_t>>,
) -> oc_status_t {
    let Some(out) = explain else { return OC_ERR_NULL };
    on!(breaker, policy, |b| {
        out.write(explain_of(b.explain(Nanos::new(now))));
        OC_OK
    }, else |status| status)
}

/// When something changes by time alone: the end of the open wait, of the stay in half-open, of the trial lease. `OC_NEVER`
/// if nothing does. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_next_deadline(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    now: u64,
) -> u64 {
    on!(breaker, policy, |b| b.next_deadline(Nanos::new(now)).map_or(OC_NEVER, Nanos::get), else |_status| OC_NEVER)
}

/// Carries out whatever has become due by `now`. Every other function does so by itself. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_settle(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    now: u64,
) -> oc_status_t {
    on!(breaker, policy, |b| {
        b.settle(Nanos::new(now));
        OC_OK
    }, else |status| status)
}

/// Moves it to `state` by hand: `OC_STATE_CLOSED` closes it with an empty window, `OC_STATE_OPEN` opens it for the policy's
/// wait, and so on. `OC_ERR_NOT_ALLOWED` for closed to half-open and metrics-only to open or half-open. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_transition(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    to: oc_state_t,
    now: u64,
) -> oc_status_t {
    let Some(to) = state_from(to) else { return OC_ERR_ARGUMENT };
    on!(breaker, policy, |b| match b.transition(to, Nanos::new(now)) {
        Ok(()) => OC_OK,
        Err(_) => OC_ERR_NOT_ALLOWED,
    }, else |status| status)
}

/// Opens it for `wait_ns`; `OC_ERR_NOT_ALLOWED` from metrics-only. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_open_for(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    wait_ns: u64,
    now: u64,
) -> oc_status_t {
    on!(breaker, policy, |b| match b.open_for(Nanos::new(wait_ns), Nanos::new(now)) {
        Ok(()) => OC_OK,
        Err(_) => OC_ERR_NOT_ALLOWED,
    }, else |status| status)
}

/// Opens it until the time `until`; `OC_ERR_NOT_ALLOWED` from metrics-only. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_open_until(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    until: u64,
    now: u64,
) -> oc_status_t {
    on!(breaker, policy, |b| match b.open_until(Nanos::new(until), Nanos::new(now)) {
        Ok(()) => OC_OK,
        Err(_) => OC_ERR_NOT_ALLOWED,
    }, else |status| status)
}

/// Closed, with an empty window, whatever it was. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_reset(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    now: u64,
) -> oc_status_t {
    on!(breaker, policy, |b| {
        b.reset(Nanos::new(now));
        OC_OK
    }, else |status| status)
}

/// Reports a call of `length_ns` without a permit, to whatever generation is current: for hosts that cannot carry one. A late
/// result can then decide a trial it was not part of. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_record(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    outcome: oc_outcome_t,
    length_ns: u64,
    now: u64,
) -> oc_status_t {
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, policy, |b| {
        b.untracked().record(outcome, Nanos::new(length_ns), Nanos::new(now));
        OC_OK
    }, else |status| status)
}

/// `oc_tiny_breaker_record`, then, if the breaker is closed: open for `wait_ns`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_record_and_open_for(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    outcome: oc_outcome_t,
    length_ns: u64,
    wait_ns: u64,
    now: u64,
) -> oc_status_t {
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, policy, |b| {
        b.untracked().record_and_open_for(outcome, Nanos::new(length_ns), Nanos::new(wait_ns), Nanos::new(now));
        OC_OK
    }, else |status| status)
}

/// `oc_tiny_breaker_record`, then, if the breaker is closed: open until the time `until`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_record_and_open_until(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    outcome: oc_outcome_t,
    length_ns: u64,
    until: u64,
    now: u64,
) -> oc_status_t {
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, policy, |b| {
        b.untracked().record_and_open_until(outcome, Nanos::new(length_ns), Nanos::new(until), Nanos::new(now));
        OC_OK
    }, else |status| status)
}

/// Gives a trial permit back without carrying one: the counterpart of `oc_tiny_breaker_record`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_release(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    now: u64,
) -> oc_status_t {
    on!(breaker, policy, |b| {
        b.untracked().release(Nanos::new(now));
        OC_OK
    }, else |status| status)
}

/// Begins in `state` as of `now` instead of closed. Before anybody else uses it. `OC_ERR_ARGUMENT` for an unknown state.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_start(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    state: oc_state_t,
    now: u64,
) -> oc_status_t {
    let Some(state) = state_from(state) else { return OC_ERR_ARGUMENT };
    on!(breaker, policy, |b| {
        let _ = b.starting(state, Nanos::new(now));
        OC_OK
    }, else |status| status)
}

/// Whether the next call needs the time: 0 while a breaker without a slow-call rule is closed, else 1. Where it does not, use
/// `oc_tiny_breaker_enter_untimed`: reading a clock costs more than the decision. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_needs_clock(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
) -> i32 {
    on!(breaker, policy, |b| i32::from(b.needs_clock()), else |_status| 1)
}

/// `oc_tiny_breaker_enter` without the time. `OC_ERR_NEEDS_TIME` when the answer depends on it: read the clock and use
/// `oc_tiny_breaker_enter`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_enter_untimed(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    permit: Option<&mut MaybeUninit<oc_permit_t>>,
) -> oc_status_t {
    let Some(out) = permit else { return OC_ERR_NULL };
    on!(breaker, policy, |b| match b.enter_untimed() {
        Ok(permit) => {
            out.write(into_c(permit.into_raw()));
            OC_OK
        }
        Err(_) => OC_ERR_NEEDS_TIME,
    }, else |status| status)
}

/// `oc_tiny_breaker_leave` without the time, for a permit of `oc_tiny_breaker_enter_untimed`. `OC_ERR_NEEDS_TIME` when the
/// outcome was recorded and the breaker must now open: read the clock and call `oc_tiny_breaker_settle`. Any thread, any
/// interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_leave_untimed(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    permit: Option<&oc_permit_t>,
    outcome: oc_outcome_t,
) -> oc_status_t {
    let Some(permit) = permit else { return OC_ERR_NULL };
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, policy, |b| match b.leave_untimed(permit_of(permit), outcome) {
        Ok(()) => OC_OK,
        Err(_) => OC_ERR_NEEDS_TIME,
    }, else |status| status)
}

/// The bytes of a snapshot of a tiny breaker.
pub const OC_TINY_BREAKER_SNAPSHOT_LENGTH: u32 = 26;
const _: () = assert!(TinySnapshot::LEN == OC_TINY_BREAKER_SNAPSHOT_LENGTH as usize);

/// Writes the state at `now` into `bytes` (`OC_TINY_BREAKER_SNAPSHOT_LENGTH` of them): a remaining time and the outcomes in
/// the window, with a version and a checksum, to be kept over a restart. `OC_ERR_BUFFER_TOO_SHORT` if `length` is less. Any
/// thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_snapshot(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    now: u64,
    bytes: Option<NonNull<u8>>,
    length: usize,
) -> oc_status_t {
    let Some(bytes) = bytes else { return OC_ERR_NULL };
    // SAFETY: `length` writable bytes, by the contract.
    let room = unsafe { room(bytes, length) };
    on!(breaker, policy, |b| write(room, || b.snapshot(Nanos::new(now)).to_bytes()), else |status| status)
}

/// Goes on from a snapshot, `off_ns` later (0 where that is not known: an open breaker then stays open longer, never
/// shorter). It lets trials through when the one that was saved would have, at most 65,536 ns later. Permits from before
/// change nothing any more; with a shorter window, the newest calls count. Bytes after the snapshot are ignored. Returns the
/// error of a snapshot that cannot be used; nothing was changed. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_breaker_restore(
    breaker: Option<NonNull<oc_tiny_breaker_t>>,
    policy: Option<&oc_tiny_policy_t>,
    bytes: Option<&u8>,
    length: usize,
    off_ns: u64,
    now: u64,
) -> oc_status_t {
    let Some(bytes) = bytes else { return OC_ERR_NULL };
    // SAFETY: `length` readable bytes, by the contract.
    let bytes = unsafe { crate::twin::bytes(bytes, length) };
    on!(breaker, policy, |b| match TinySnapshot::from_bytes(bytes) {
        Ok(snapshot) => {
            b.restore(&snapshot.aged(Nanos::new(off_ns)), Nanos::new(now));
            OC_OK
        }
        Err(why) => snapshot_error(why),
    }, else |status| status)
}
