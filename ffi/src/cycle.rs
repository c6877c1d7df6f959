//! The cycle limiter.

use crate::refusal::{oc_refusal_t, oc_reservation_t, refuse};
use crate::saved::{room, write};
use crate::status::{OC_NEVER, oc_error_t, oc_status_t, refused, status_of};
use crate::twin::{bytes as bytes_at, config, into_c, state, twin};
use core::mem::MaybeUninit;
use core::num::NonZeroU32;
use core::ptr::NonNull;
use oc_status_t::{OC_ERR_BUSY, OC_ERR_CONFIG, OC_ERR_NULL, OC_NOTHING, OC_OK};
use overcurrent::limit::{CycleConfig, CycleDenied, CycleLimiter, CycleSnapshot, LimitChange, Reservation};
use overcurrent::{Nanos, Reason};

/// A limiter with fixed cycles: so many permits in each, counted by the multiples of the period on the caller's clock.
///
/// Set up with `oc_cycle_init`; all zero refuses every call. Its fields are private. After that every function may be
/// called from any thread and from interrupt handlers.
#[repr(C, align(8))]
#[allow(missing_docs, reason = "private to the library; public so that C knows the size")]
pub struct oc_cycle_t {
    pub words: [u64; 12],
}
twin!(oc_cycle_t => CycleLimiter);

/// The bytes of a snapshot of a cycle limiter.
pub const OC_CYCLE_SNAPSHOT_LENGTH: u32 = 26;

/// Makes a limiter with `limit` permits in each cycle of `period_ns`; reservations wait for at most `timeout_ns`.
///
/// With `next_cycle` not 0, a change of the limit counts from the next cycle on, as in Resilience4j; with 0 at once.
/// Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) for `limit` 0 or `period_ns` outside 1 to 2^62. Writes without
/// synchronisation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_init(
    cycle: Option<&mut MaybeUninit<oc_cycle_t>>,
    limit: u32,
    period_ns: u64,
    timeout_ns: u64,
    next_cycle: i32,
    error: Option<&mut MaybeUninit<oc_error_t>>,
) -> oc_status_t {
    let Some(out) = cycle else { return OC_ERR_NULL };
    let change = if next_cycle == 0 { LimitChange::AtOnce } else { LimitChange::NextCycle };
    let config = CycleConfig::new(limit, Nanos::new(period_ns)).timeout(Nanos::new(timeout_ns)).limit_change(change);
    match config.build() {
        Ok(policy) => {
            out.write(into_c(CycleLimiter::new(policy)));
            OC_OK
        }
        Err(why) => refused(error, why),
    }
}

fn denied(denied: CycleDenied<'_>, refusal: Option<&mut MaybeUninit<oc_refusal_t>>) -> oc_status_t {
    if refusal.is_some() { refuse(refusal, 0, denied.into()) } else { status_of(Reason::RateLimited) }
}

/// Takes `n` permits of the running cycle, or none: no waiting, whatever the timeout.
///
/// Returns `OC_OK`, or `OC_RATE_LIMITED` and fills `refusal` (may be NULL; its reason may then be the more exact
/// `OC_COST_EXCEEDS_BURST`, which is also what is returned). Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_try_acquire(
    cycle: Option<NonNull<oc_cycle_t>>,
    n: u32,
    now: u64,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let Some(limiter) = (unsafe { state(cycle) }) else { return OC_ERR_NULL };
    match limiter.try_acquire(n, Nanos::new(now)) {
        Ok(()) => OC_OK,
        Err(why) => denied(why, refusal),
    }
}

/// Takes `n` permits now and says in `reservation->wait_ns` how long to wait before using them: at most the timeout.
/// Returns as `oc_cycle_try_acquire`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_reserve(
    cycle: Option<NonNull<oc_cycle_t>>,
    n: u32,
    now: u64,
    reservation: Option<&mut MaybeUninit<oc_reservation_t>>,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(limiter), Some(out)) = (unsafe { state(cycle) }, reservation) else { return OC_ERR_NULL };
    match limiter.reserve(n, Nanos::new(now)) {
        Ok(promise) => {
            out.write(into_c(promise.into_raw()));
            OC_OK
        }
        Err(why) => denied(why, refusal),
    }
}

/// `oc_cycle_reserve` with a longest wait of its own, whatever the timeout. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_reserve_within(
    cycle: Option<NonNull<oc_cycle_t>>,
    n: u32,
    max_wait_ns: u64,
    now: u64,
    reservation: Option<&mut MaybeUninit<oc_reservation_t>>,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(limiter), Some(out)) = (unsafe { state(cycle) }, reservation) else { return OC_ERR_NULL };
    match limiter.reserve_within(n, Nanos::new(max_wait_ns), Nanos::new(now)) {
        Ok(promise) => {
            out.write(into_c(promise.into_raw()));
            OC_OK
        }
        Err(why) => denied(why, refusal),
    }
}

/// Takes a reservation back if nobody has asked successfully since: `OC_OK`; otherwise `OC_NOTHING`, and its permits are
/// forfeited. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_cancel(
    cycle: Option<NonNull<oc_cycle_t>>,
    reservation: Option<&oc_reservation_t>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(limiter), Some(raw)) = (unsafe { state(cycle) }, config(reservation)) else { return OC_ERR_NULL };
    if limiter.cancel(Reservation::from_raw(*raw)) { OC_OK } else { OC_NOTHING }
}

/// Takes every permit that is left in the running cycle and returns how many that were; 0 for NULL. Any thread, any
/// interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_drain(cycle: Option<NonNull<oc_cycle_t>>, now: u64) -> u64 {
    // SAFETY: the contract of pointers.
    unsafe { state(cycle) }.map_or(0, |limiter| limiter.drain(Nanos::new(now)))
}

/// What is left in the running cycle; negative when permits of later cycles are promised; 0 for NULL. Any thread, any
/// interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_balance(cycle: Option<NonNull<oc_cycle_t>>, now: u64) -> i64 {
    // SAFETY: the contract of pointers.
    unsafe { state(cycle) }.map_or(0, |limiter| limiter.balance(Nanos::new(now)))
}

/// The number of the cycle that `now` lies in: `now / period`; 0 for NULL. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_number(cycle: Option<NonNull<oc_cycle_t>>, now: u64) -> u64 {
    // SAFETY: the contract of pointers.
    unsafe { state(cycle) }.map_or(0, |limiter| limiter.cycle(Nanos::new(now)))
}

/// How many nanoseconds `n` permits would have to wait now, whatever the timeout; `OC_NEVER` if longer than time lasts, or
/// for NULL. Takes nothing. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_wait(cycle: Option<NonNull<oc_cycle_t>>, n: u32, now: u64) -> u64 {
    // SAFETY: the contract of pointers.
    unsafe { state(cycle) }.and_then(|limiter| limiter.wait(n, Nanos::new(now))).map_or(OC_NEVER, Nanos::get)
}

/// Permits in each cycle; 0 for NULL. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_limit(cycle: Option<NonNull<oc_cycle_t>>) -> u32 {
    // SAFETY: the contract of pointers.
    unsafe { state(cycle) }.map_or(0, CycleLimiter::limit)
}

/// Changes the permits per cycle. `OC_ERR_CONFIG` for 0; `OC_ERR_BUSY` if another thread is changing it at this moment:
/// try again. Any thread; not from an interrupt handler that can interrupt another change, unless it can do without.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_set_limit(cycle: Option<NonNull<oc_cycle_t>>, limit: u32, now: u64) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let Some(limiter) = (unsafe { state(cycle) }) else { return OC_ERR_NULL };
    let Some(limit) = NonZeroU32::new(limit) else { return OC_ERR_CONFIG };
    if limiter.set_limit(limit, Nanos::new(now)).is_ok() { OC_OK } else { OC_ERR_BUSY }
}

/// Changes the longest wait that `oc_cycle_reserve` promises. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_set_timeout(cycle: Option<NonNull<oc_cycle_t>>, timeout_ns: u64) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let Some(limiter) = (unsafe { state(cycle) }) else { return OC_ERR_NULL };
    limiter.set_timeout(Nanos::new(timeout_ns));
    OC_OK
}

/// The longest wait that `oc_cycle_reserve` promises; 0 for NULL. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_timeout(cycle: Option<NonNull<oc_cycle_t>>) -> u64 {
    // SAFETY: the contract of pointers.
    unsafe { state(cycle) }.map_or(0, |limiter| limiter.timeout().get())
}

/// Writes what has been given away by `now` into `bytes` (`OC_CYCLE_SNAPSHOT_LENGTH` of them), with a version.
/// `OC_ERR_BUFFER_TOO_SHORT` if `length` is less. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_snapshot(
    cycle: Option<NonNull<oc_cycle_t>>,
    now: u64,
    bytes: Option<NonNull<u8>>,
    length: usize,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(limiter), Some(bytes)) = (unsafe { state(cycle) }, bytes) else { return OC_ERR_NULL };
    // SAFETY: `length` writable bytes, by the contract.
    write(unsafe { room(bytes, length) }, || limiter.snapshot(Nanos::new(now)).to_bytes())
}

/// Goes on from a snapshot, under the present limit: at no time after does it give more than the limiter that was saved
/// would have. The error of a snapshot that cannot be used; `OC_ERR_BUSY` if another thread is changing the limit: try again,
/// and do not wait for it in an interrupt handler. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_cycle_restore(
    cycle: Option<NonNull<oc_cycle_t>>,
    bytes: Option<&u8>,
    length: usize,
    now: u64,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(limiter), Some(bytes)) = (unsafe { state(cycle) }, bytes) else { return OC_ERR_NULL };
    // SAFETY: `length` readable bytes, by the contract.
    let bytes = unsafe { bytes_at(bytes, length) };
    match CycleSnapshot::from_bytes(bytes) {
        Err(error) => crate::status::snapshot_error(error),
        Ok(snapshot) if limiter.restore(&snapshot, Nanos::new(now)).is_ok() => OC_OK,
        Ok(_) => OC_ERR_BUSY,
    }
}
