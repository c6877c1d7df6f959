//! Several gates as one.

use crate::breaker::{oc_breaker_t, oc_permit_t, permit_of};
use crate::bulkhead::oc_bulkhead_t;
use crate::cycle::oc_cycle_t;
use crate::limiter::{oc_limiter_t, oc_quota_t};
use crate::live_limiter::oc_live_limiter_t;
use crate::policy::oc_tiny_policy_t;
use crate::refusal::{No, oc_refusal_t, refuse};
use crate::retry_budget::{oc_retry_budget_policy_t, oc_retry_budget_t};
use crate::status::{oc_outcome_t, oc_status_t, outcome_of};
use crate::tiny_breaker::oc_tiny_breaker_t;
use crate::twin::{config, state};
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_ERR_ARGUMENT, OC_ERR_NULL, OC_OK};
use overcurrent::concurrency::Slot;
use overcurrent::limit::{LiveGcra, RawReservation, Reservation};
use overcurrent::retry::Withdrawal;
use overcurrent::{Gate, Nanos, Outcome, Permit, Refusal};

/// A gate that is an `oc_limiter_t` with its `oc_quota_t`.
pub const OC_GATE_LIMITER: u32 = 1;
/// A gate that is an `oc_cycle_t`.
pub const OC_GATE_CYCLE: u32 = 2;
/// A gate that is an `oc_bulkhead_t`.
pub const OC_GATE_BULKHEAD: u32 = 3;
/// A gate that is an `oc_breaker_t`.
pub const OC_GATE_BREAKER: u32 = 4;
/// A gate that is an `oc_tiny_breaker_t` with its `oc_tiny_policy_t`.
pub const OC_GATE_TINY_BREAKER: u32 = 5;
/// A gate that is an `oc_live_limiter_t`.
pub const OC_GATE_LIVE_LIMITER: u32 = 6;
/// A gate that is an `oc_retry_budget_t` with its `oc_retry_budget_policy_t`: for a pipeline of retries. Takes one retry
/// whatever the cost; a success pays in.
pub const OC_GATE_RETRY_BUDGET: u32 = 7;

/// One gate of a pipeline: what it is and where. Made by the `OC_GATE_` macros that take pointers: `OC_LIMITER_GATE` and so on.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oc_gate_t {
    /// One of the `OC_GATE_` constants.
    pub kind: u32,
    /// 0.
    pub reserved: u32,
    /// The limiter, bulkhead, tiny breaker or budget; NULL for a breaker.
    pub state: *mut c_void,
    /// The quota, the tiny policy or the budget's policy; for a breaker the `oc_breaker_t`; NULL for the others.
    pub config: *const c_void,
}

/// What one gate of a pipeline gave for an admitted call. Private.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_gate_permit_t {
    /// Private.
    pub words: [u64; 4],
}

const fn pack(raw: RawReservation) -> oc_gate_permit_t {
    oc_gate_permit_t { words: [raw.before, raw.after, raw.ready_at, raw.wait] }
}

const fn reservation(permit: &oc_gate_permit_t) -> Reservation {
    let [before, after, ready_at, wait] = permit.words;
    Reservation::from_raw(RawReservation { before, after, ready_at, wait })
}

const fn pack_permit(permit: Permit) -> oc_gate_permit_t {
    let raw = permit.into_raw();
    oc_gate_permit_t { words: [raw.entered, raw.word as u64, 0, 0] }
}

const fn permit(permit: &oc_gate_permit_t) -> oc_permit_t {
    let [entered_ns, word, ..] = permit.words;
    oc_permit_t { entered_ns, word: (word & 0xffff_ffff) as u32, reserved: 0 }
}

/// Does something with the gate behind a description, or returns why there is none: for each kind what it is and what it
/// needs.
macro_rules! on {
    ($gate:ident, $else:expr;
     limiter($l:ident, $quota:ident) => $limiter:expr;
     live($live:ident) => $live_limiter:expr;
     cycle($c:ident) => $cycle:expr;
     bulkhead($b:ident) => $bulkhead:expr;
     breaker($k:ident) => $breaker:expr;
     tiny($t:ident) => $tiny:expr;
     budget($u:ident, $policy:ident) => $budget:expr;) => {{
        let at = NonNull::new($gate.state);
        // SAFETY: of the types that `kind` names, by the contract of pointers.
        unsafe {
            match $gate.kind {
                OC_GATE_LIMITER => {
                    match (
                        state(at.map(NonNull::cast::<oc_limiter_t>)),
                        config($gate.config.cast::<oc_quota_t>().as_ref()),
                    ) {
                        (Some($l), Some($quota)) => $limiter,
                        _ => $else(OC_ERR_NULL),
                    }
                }
                OC_GATE_LIVE_LIMITER => match state(at.map(NonNull::cast::<oc_live_limiter_t>)) {
                    Some(limiter) if limiter.is_blank() => $else(OC_ERR_ARGUMENT), // without a quota it is no gate
                    Some($live) => $live_limiter,
                    None => $else(OC_ERR_NULL),
                },
                OC_GATE_CYCLE => match state(at.map(NonNull::cast::<oc_cycle_t>)) {
                    Some($c) => $cycle,
                    None => $else(OC_ERR_NULL),
                },
                OC_GATE_BULKHEAD => match state(at.map(NonNull::cast::<oc_bulkhead_t>)) {
                    Some($b) => $bulkhead,
                    None => $else(OC_ERR_NULL),
                },
                OC_GATE_BREAKER => match $gate.config.cast::<oc_breaker_t>().as_ref() {
                    Some($k) => $breaker,
                    None => $else(OC_ERR_NULL),
                },
                OC_GATE_TINY_BREAKER => {
                    let policy = config($gate.config.cast::<oc_tiny_policy_t>().as_ref());
                    match (state(at.map(NonNull::cast::<oc_tiny_breaker_t>)), policy) {
                        (Some(word), Some(policy)) => {
                            let $t = word.with(policy);
                            $tiny
                        }
                        _ => $else(OC_ERR_NULL),
                    }
                }
                OC_GATE_RETRY_BUDGET => {
                    let policy = config($gate.config.cast::<oc_retry_budget_policy_t>().as_ref());
                    match (state(at.map(NonNull::cast::<oc_retry_budget_t>)), policy) {
                        (Some($u), Some($policy)) => $budget,
                        _ => $else(OC_ERR_NULL),
                    }
                }
                _ => $else(OC_ERR_ARGUMENT),
            }
        }
    }};
}

/// # Safety
/// Of all of these: the contract of pointers, for those inside as well.
impl oc_gate_t {
    /// Asks without taking.
    unsafe fn judge(&self, cost: u32, now: Nanos, tell: bool) -> Result<(), No> {
        on! { self, |status| Err(No::Unusable(status));
            limiter(word, quota) => word.judge(quota, cost, now).map_err(|why| No::Refused(why.into()));
            live(limiter) => LiveGcra::judge(limiter, cost, now).map_err(|why| No::Refused(why.into()));
            cycle(limiter) => Gate::judge(limiter, cost, now.into()).map_err(No::Refused);
            bulkhead(slots) => Gate::judge(slots, cost, now.into()).map_err(No::Refused);
            breaker(breaker) => breaker.judge(now.get(), tell);
            tiny(breaker) => Gate::judge(&breaker, cost, now.into()).map_err(No::Refused);
            budget(word, policy) => word.judge(policy, now).map_err(No::Refused);
        }
    }

    unsafe fn enter(&self, cost: u32, now: Nanos) -> Result<oc_gate_permit_t, No> {
        on! { self, |status| Err(No::Unusable(status));
            limiter(word, quota) => match word.reserve(quota, cost, Nanos::ZERO, now) {
                Ok(taken) => Ok(pack(taken.into_raw())),
                Err(why) => Err(No::Refused(why.into())),
            };
            live(limiter) => match limiter.reserve(cost, Nanos::ZERO, now) {
                Ok(taken) => Ok(pack(taken.into_raw())),
                Err(why) => Err(No::Refused(why.into())),
            };
            cycle(limiter) => match Gate::enter(limiter, cost, now.into()) {
                Ok(taken) => Ok(pack(taken.into_raw())),
                Err(why) => Err(No::Refused(why)),
            };
            bulkhead(slots) => match Gate::enter(slots, cost, now.into()) {
                Ok(slot) => {
                    slot.into_raw();
                    Ok(oc_gate_permit_t::default())
                }
                Err(why) => Err(No::Refused(why)),
            };
            breaker(breaker) => breaker.enter(now.get()).map(pack_permit);
            tiny(breaker) => breaker.enter(now).map(pack_permit).map_err(No::Refused);
            budget(word, policy) => match word.try_withdraw(policy, now) {
                Ok(taken) => Ok(oc_gate_permit_t { words: [taken.into_raw(), 0, 0, 0] }),
                Err(why) => Err(No::Refused(why)),
            };
        }
    }

    unsafe fn leave(&self, given: &oc_gate_permit_t, outcome: Outcome, now: Nanos) {
        on! { self, |_| ();
            // Spent by the call, however it ended.
            limiter(_word, _quota) => ();
            live(_limiter) => ();
            cycle(_limiter) => ();
            bulkhead(slots) => Gate::leave(slots, Slot::from_raw(), outcome, now.into());
            breaker(breaker) => { breaker.leave(&permit(given), outcome, now.get()); };
            tiny(breaker) => breaker.leave(permit_of(&permit(given)), outcome, now);
            budget(word, policy) => if outcome == Outcome::Success { word.deposit(policy, now) };
        }
    }

    /// `leave`, and nothing more before `until` where the gate can hold.
    unsafe fn leave_and_hold(&self, given: &oc_gate_permit_t, outcome: Outcome, until: Nanos, now: Nanos) {
        on! { self, |_| ();
            limiter(word, quota) => word.penalize_until(quota, until, now);
            live(limiter) => limiter.penalize_until(until, now);
            cycle(_limiter) => self.leave(given, outcome, now);
            bulkhead(_slots) => self.leave(given, outcome, now);
            breaker(breaker) => if let Ok(b) = breaker.view() {
                b.leave_and_open_until(permit_of(&permit(given)), outcome, until, breaker.at(now.get()));
            };
            tiny(breaker) => breaker.leave_and_open_until(permit_of(&permit(given)), outcome, until, now);
            budget(_word, _policy) => self.leave(given, outcome, now);
        }
    }

    unsafe fn cancel(&self, given: &oc_gate_permit_t) {
        on! { self, |_| ();
            limiter(word, _quota) => { word.cancel(reservation(given)); };
            live(limiter) => { limiter.cancel(reservation(given)); };
            cycle(limiter) => { limiter.cancel(reservation(given)); };
            bulkhead(slots) => Gate::cancel(slots, Slot::from_raw());
            breaker(breaker) => if let Ok(b) = breaker.view() {
                b.cancel(permit_of(&permit(given)));
            };
            tiny(breaker) => breaker.cancel(permit_of(&permit(given)));
            budget(word, _policy) => { word.cancel(Withdrawal::from_raw(given.words[0])); };
        }
    }
}

/// The gates behind a pointer.
///
/// # Safety
/// The contract of pointers: `n` gates.
unsafe fn gates(first: Option<&oc_gate_t>, n: usize) -> Option<&[oc_gate_t]> {
    // SAFETY: the caller's promise.
    first.map(|first| unsafe { core::slice::from_raw_parts(first, n) })
}

/// Gives back what the first gates gave, the newest first.
///
/// # Safety
/// The contract of pointers.
#[inline(always)]
unsafe fn back(gates: &[oc_gate_t], permits: &[oc_gate_permit_t], tell: impl Fn(&oc_gate_t, &oc_gate_permit_t)) {
    for (gate, permit) in gates.iter().zip(permits).rev() {
        tell(gate, permit);
    }
}

/// The refusal of the gate to wait longest for, without taking; an error if one is unusable. With `tell`, gates that report
/// their refusals report theirs.
///
/// # Safety
/// The contract of pointers.
unsafe fn judged(
    gates: &[oc_gate_t],
    cost: u32,
    now: Nanos,
    tell: bool,
) -> Result<Option<(u32, Refusal)>, oc_status_t> {
    let mut worst: Option<(u32, Refusal)> = None;
    let mut number = 0u32;
    for gate in gates {
        // SAFETY: the caller's promise.
        match unsafe { gate.judge(cost, now, tell) } {
            Ok(()) => {}
            Err(No::Refused(this)) => worst = Some(longest(worst, (number, this))),
            Err(No::Unusable(status)) => return Err(status),
        }
        number = number.wrapping_add(1);
    }
    Ok(worst)
}

/// Whether `oc_pipeline_enter` would admit one call now, without taking: `OC_OK`, or the refusal that it would give. Counts
/// and tells nothing. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_pipeline_judge(
    gates: Option<&oc_gate_t>,
    n: usize,
    cost: u32,
    now: u64,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers: `n` gates.
    let Some(gates) = (unsafe { self::gates(gates, n) }) else { return OC_ERR_NULL };
    // SAFETY: the contract of pointers.
    match unsafe { judged(gates, cost, Nanos::new(now), false) } {
        Err(status) => status,
        Ok(Some((gate, why))) => refuse(refusal, gate, why),
        Ok(None) => OC_OK,
    }
}

/// Asks all `n` gates for one call, all or nothing: first every gate is asked without taking, then each is charged in
/// order. Limiters charge `cost`, others count calls. Put the breaker first, limiters last.
///
/// Returns `OC_OK` and fills `permits[0..n]`; otherwise the refusal of the gate to wait longest for (`refusal->gate` is its
/// number; may be NULL). `OC_ERR_ARGUMENT` or `OC_ERR_NULL` for an unusable gate: then nothing stays taken. If a gate refuses
/// after all because somebody else came in between, the earlier ones get back what they gave; a limiter that somebody has
/// asked since forfeits it. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_pipeline_enter(
    gates: Option<&oc_gate_t>,
    n: usize,
    cost: u32,
    now: u64,
    permits: Option<NonNull<oc_gate_permit_t>>,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers: `n` gates, room for `n` permits.
    let (Some(gates), Some(places)) = (unsafe { self::gates(gates, n) }, permits) else { return OC_ERR_NULL };
    // SAFETY: the contract of pointers.
    match unsafe { judged(gates, cost, Nanos::new(now), true) } {
        Err(status) => return status,
        Ok(Some((gate, why))) => return refuse(refusal, gate, why),
        Ok(None) => {}
    }
    let mut taken = 0usize;
    for gate in gates {
        // SAFETY: the contract of pointers.
        match unsafe { gate.enter(cost, Nanos::new(now)) } {
            // SAFETY: room for `n` permits, and `taken` is below `n`.
            Ok(permit) => unsafe { places.add(taken).write(permit) },
            Err(no) => {
                // SAFETY: the first `taken` permits were written above; the contract of pointers.
                unsafe {
                    let given = core::slice::from_raw_parts(places.as_ptr(), taken);
                    back(gates, given, |gate, permit| gate.cancel(permit));
                }
                return no.say(refusal, u32::try_from(taken).unwrap_or(u32::MAX));
            }
        }
        taken = taken.wrapping_add(1);
    }
    OC_OK
}

/// The refusal to wait longest for, the earlier gate's if equal.
fn longest(earlier: Option<(u32, Refusal)>, later: (u32, Refusal)) -> (u32, Refusal) {
    match earlier {
        None => later,
        Some(earlier) => match (earlier.1.retry_after, later.1.retry_after) {
            (None, _) => earlier,
            (Some(a), Some(b)) if a >= b => earlier,
            _ => later,
        },
    }
}

/// Tells all gates how the call ended, the last one first. `OC_ERR_ARGUMENT` for an unknown outcome. Any thread, any interrupt
/// handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_pipeline_leave(
    gates: Option<&oc_gate_t>,
    n: usize,
    permits: Option<&oc_gate_permit_t>,
    outcome: oc_outcome_t,
    now: u64,
) -> oc_status_t {
    // SAFETY: the contract of pointers: `n` gates.
    let (Some(gates), Some(permits)) = (unsafe { self::gates(gates, n) }, permits) else { return OC_ERR_NULL };
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    // SAFETY: the contract of pointers: `n` permits.
    unsafe {
        back(gates, core::slice::from_raw_parts(permits, n), |gate, permit| {
            gate.leave(permit, outcome, Nanos::new(now));
        });
    }
    OC_OK
}

/// `oc_pipeline_leave`, for an answer that says to stay away until the time `until`: a server's Retry-After. A breaker that is
/// then closed opens until then, one that this result has opened stays open at least until then, a limiter (not a cycle
/// limiter) holds everything back until then; the others take the outcome alone. `OC_ERR_ARGUMENT` for an unknown outcome. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_pipeline_leave_and_hold(
    gates: Option<&oc_gate_t>,
    n: usize,
    permits: Option<&oc_gate_permit_t>,
    outcome: oc_outcome_t,
    until: u64,
    now: u64,
) -> oc_status_t {
    // SAFETY: the contract of pointers: `n` gates.
    let (Some(gates), Some(permits)) = (unsafe { self::gates(gates, n) }, permits) else { return OC_ERR_NULL };
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    // SAFETY: the contract of pointers: `n` permits.
    unsafe {
        let permits = core::slice::from_raw_parts(permits, n);
        back(gates, permits, |gate, permit| gate.leave_and_hold(permit, outcome, Nanos::new(until), Nanos::new(now)));
    }
    OC_OK
}

/// Takes an admission back from all gates, the last one first, as if it had never been asked for; a limiter that somebody
/// has asked since forfeits what it gave. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_pipeline_cancel(
    gates: Option<&oc_gate_t>,
    n: usize,
    permits: Option<&oc_gate_permit_t>,
) -> oc_status_t {
    // SAFETY: the contract of pointers: `n` gates.
    let (Some(gates), Some(permits)) = (unsafe { self::gates(gates, n) }, permits) else { return OC_ERR_NULL };
    // SAFETY: the contract of pointers: `n` permits.
    unsafe { back(gates, core::slice::from_raw_parts(permits, n), |gate, permit| gate.cancel(permit)) };
    OC_OK
}
