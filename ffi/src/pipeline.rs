//! Several gates as one.

use crate::breaker::{Either, oc_breaker_t, oc_permit_t, permit_of};
use crate::bulkhead::oc_bulkhead_t;
use crate::cycle::oc_cycle_t;
use crate::limiter::{oc_limiter_t, oc_quota_t};
use crate::policy::oc_tiny_policy_t;
use crate::refusal::{oc_refusal_t, refuse};
use crate::status::{oc_outcome_t, oc_status_t, outcome_of};
use crate::tiny_breaker::oc_tiny_breaker_t;
use crate::twin::{config, state};
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_ERR_ARGUMENT, OC_ERR_NULL, OC_OK};
use overcurrent::concurrency::Slot;
use overcurrent::limit::{CycleLimiter, GcraWord, RawReservation, Reservation};
use overcurrent::{At, Bulkhead, Gate, Nanos, Outcome, Quota, Refusal, TinyPolicy, TinyWord};

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

/// One gate of a pipeline: what it is and where. Made by the `OC_GATE_` macros that take pointers: `OC_LIMITER_GATE` and so on.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oc_gate_t {
    /// One of the `OC_GATE_` constants.
    pub kind: u32,
    /// 0.
    pub reserved: u32,
    /// The limiter, cycle limiter, bulkhead or tiny breaker; NULL for a breaker.
    pub state: *mut c_void,
    /// The quota or the tiny policy; for a breaker the `oc_breaker_t`; NULL for the others.
    pub config: *const c_void,
}

/// What one gate of a pipeline gave for an admitted call. Private.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_gate_permit_t {
    /// Private.
    pub words: [u64; 4],
}

/// A gate for the length of one call.
enum Any<'a> {
    Limiter(&'a GcraWord, &'a Quota),
    Cycle(&'a CycleLimiter),
    Bulkhead(&'a Bulkhead),
    Breaker(Either<'a>, &'a oc_breaker_t),
    Tiny(&'a TinyWord, &'a TinyPolicy),
}

impl oc_gate_t {
    /// # Safety
    /// The contract of pointers, for those inside as well.
    unsafe fn view(&self) -> Result<Any<'_>, oc_status_t> {
        let at = NonNull::new(self.state);
        // SAFETY: of the types that `kind` names, by the contract.
        let gate = unsafe {
            match self.kind {
                OC_GATE_LIMITER => state(at.map(NonNull::cast::<oc_limiter_t>))
                    .zip(config(self.config.cast::<oc_quota_t>().as_ref()))
                    .map(|(word, quota)| Any::Limiter(word, quota)),
                OC_GATE_CYCLE => state(at.map(NonNull::cast::<oc_cycle_t>)).map(Any::Cycle),
                OC_GATE_BULKHEAD => state(at.map(NonNull::cast::<oc_bulkhead_t>)).map(Any::Bulkhead),
                OC_GATE_BREAKER => match self.config.cast::<oc_breaker_t>().as_ref() {
                    Some(breaker) => Some(Any::Breaker(breaker.view()?, breaker)),
                    None => None,
                },
                OC_GATE_TINY_BREAKER => state(at.map(NonNull::cast::<oc_tiny_breaker_t>))
                    .zip(config(self.config.cast::<oc_tiny_policy_t>().as_ref()))
                    .map(|(word, policy)| Any::Tiny(word, policy)),
                _ => return Err(OC_ERR_ARGUMENT),
            }
        };
        gate.ok_or(OC_ERR_NULL)
    }
}

const fn pack(raw: RawReservation) -> oc_gate_permit_t {
    oc_gate_permit_t { words: [raw.before, raw.after, raw.ready_at, raw.wait] }
}

const fn reservation(permit: &oc_gate_permit_t) -> Reservation {
    let [before, after, ready_at, wait] = permit.words;
    Reservation::from_raw(RawReservation { before, after, ready_at, wait })
}

const fn pack_permit(permit: overcurrent::Permit) -> oc_gate_permit_t {
    let raw = permit.into_raw();
    oc_gate_permit_t { words: [raw.entered, raw.word as u64, 0, 0] }
}

const fn permit(permit: &oc_gate_permit_t) -> overcurrent::Permit {
    let [entered_ns, word, ..] = permit.words;
    permit_of(&oc_permit_t { entered_ns, word: (word & 0xffff_ffff) as u32, reserved: 0 })
}

impl Any<'_> {
    fn at(&self, now: u64) -> At {
        match self {
            Any::Breaker(_, handle) => handle.at(now),
            _ => Nanos::new(now).into(),
        }
    }

    fn judge(&self, cost: u32, now: u64) -> Result<(), Refusal> {
        let at = self.at(now);
        match self {
            Any::Limiter(word, quota) => word.judge(quota, cost, at.now).map_err(Refusal::from),
            Any::Cycle(limiter) => Gate::judge(*limiter, cost, at),
            Any::Bulkhead(bulkhead) => Gate::judge(*bulkhead, cost, at),
            Any::Breaker(Either::Count(b), _) => Gate::judge(b, cost, at),
            Any::Breaker(Either::Time(b), _) => Gate::judge(b, cost, at),
            Any::Tiny(word, policy) => Gate::judge(&word.with(policy), cost, at),
        }
    }

    /// A gate that reports its refusals reports one that a pipeline took from its `judge`.
    fn refused(&self, cost: u32, refusal: Refusal, now: u64) {
        match self {
            Any::Breaker(Either::Count(b), _) => Gate::refused(b, cost, refusal, self.at(now)),
            Any::Breaker(Either::Time(b), _) => Gate::refused(b, cost, refusal, self.at(now)),
            _ => {}
        }
    }

    fn enter(&self, cost: u32, now: u64) -> Result<oc_gate_permit_t, Refusal> {
        let at = self.at(now);
        match self {
            Any::Limiter(word, quota) => {
                let taken = word.reserve(quota, cost, Nanos::ZERO, at.now).map_err(Refusal::from)?;
                Ok(pack(taken.into_raw()))
            }
            Any::Cycle(limiter) => Gate::enter(*limiter, cost, at).map(|taken| pack(taken.into_raw())),
            Any::Bulkhead(bulkhead) => {
                Gate::enter(*bulkhead, cost, at)?.into_raw();
                Ok(oc_gate_permit_t::default())
            }
            Any::Breaker(Either::Count(b), _) => b.enter(at).map(pack_permit),
            Any::Breaker(Either::Time(b), _) => b.enter(at).map(pack_permit),
            Any::Tiny(word, policy) => word.with(policy).enter(at).map(pack_permit),
        }
    }

    fn leave(&self, given: &oc_gate_permit_t, outcome: Outcome, now: u64) {
        let at = self.at(now);
        match self {
            // Spent by the call, however it ended.
            Any::Limiter(..) | Any::Cycle(_) => {}
            Any::Bulkhead(bulkhead) => Gate::leave(*bulkhead, Slot::from_raw(), outcome, at),
            Any::Breaker(Either::Count(b), _) => b.leave(permit(given), outcome, at),
            Any::Breaker(Either::Time(b), _) => b.leave(permit(given), outcome, at),
            Any::Tiny(word, policy) => word.with(policy).leave(permit(given), outcome, at),
        }
    }

    fn cancel(&self, given: &oc_gate_permit_t) {
        match self {
            Any::Limiter(word, _) => {
                word.cancel(reservation(given));
            }
            Any::Cycle(limiter) => {
                limiter.cancel(reservation(given));
            }
            Any::Bulkhead(bulkhead) => Gate::cancel(*bulkhead, Slot::from_raw()),
            Any::Breaker(Either::Count(b), _) => b.cancel(permit(given)),
            Any::Breaker(Either::Time(b), _) => b.cancel(permit(given)),
            Any::Tiny(word, policy) => word.with(policy).cancel(permit(given)),
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

/// Gives back what the first gates gave, the newest first. Gates were viewed before, so none fails now.
///
/// # Safety
/// The contract of pointers.
unsafe fn back(gates: &[oc_gate_t], permits: &[oc_gate_permit_t], tell: impl Fn(&Any<'_>, &oc_gate_permit_t)) {
    for (gate, permit) in gates.iter().zip(permits).rev() {
        // SAFETY: the caller's promise.
        if let Ok(gate) = unsafe { gate.view() } {
            tell(&gate, permit);
        }
    }
}

/// Asks all `n` gates for one call, all or nothing: first every gate is asked without taking, then each is charged in
/// order. Limiters charge `cost`, others count calls. Put the breaker first, limiters last.
///
/// Returns `OC_OK` and fills `permits[0..n]`; otherwise the refusal of the gate to wait longest for (`refusal->gate` is its
/// number; may be NULL). `OC_ERR_ARGUMENT` or `OC_ERR_NULL` for an unusable gate: then nothing was taken. If a gate refuses
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
    for gate in gates {
        // SAFETY: the contract of pointers.
        if let Err(status) = unsafe { gate.view() } {
            return status;
        }
    }
    let mut worst: Option<(u32, Refusal)> = None;
    let mut number = 0u32;
    for gate in gates {
        // SAFETY: the contract of pointers.
        if let Ok(gate) = unsafe { gate.view() } {
            if let Err(this) = gate.judge(cost, now) {
                gate.refused(cost, this, now);
                worst = Some(longest(worst, (number, this)));
            }
        }
        number = number.wrapping_add(1);
    }
    if let Some((gate, why)) = worst {
        return refuse(refusal, gate, why);
    }
    let mut taken = 0usize;
    for gate in gates {
        // SAFETY: the contract of pointers.
        let entered = match unsafe { gate.view() } {
            Ok(gate) => gate.enter(cost, now),
            Err(status) => return status,
        };
        match entered {
            // SAFETY: room for `n` permits, and `taken` is below `n`.
            Ok(permit) => unsafe { places.add(taken).write(permit) },
            Err(why) => {
                // SAFETY: the first `taken` permits were written above; the contract of pointers.
                unsafe {
                    let given = core::slice::from_raw_parts(places.as_ptr(), taken);
                    back(gates, given, |gate, permit| gate.cancel(permit));
                }
                return refuse(refusal, u32::try_from(taken).unwrap_or(u32::MAX), why);
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
        back(gates, core::slice::from_raw_parts(permits, n), |gate, permit| gate.leave(permit, outcome, now));
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
