//! The rate limiter of small chips.

use crate::saved::{room, write};
use crate::status::{OC_NEVER32, oc_error_t, oc_status_t, refused, status_of};
use crate::twin::{config, into_c, put, state, twin};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_ERR_NULL, OC_NOTHING, OC_OK};
use overcurrent::Quota32;
use overcurrent::limit::{Denied32, Gcra32Snapshot, Gcra32Word, RawReservation32, Reservation32};

/// A rate limiter in four bytes, on a tick counter that may wrap at 2^32. All zero is one that was never used, with its
/// whole burst.
///
/// Always use one limiter with the same quota and the same tick counter. Every function may be called from any thread and
/// from interrupt handlers, the same one in both. Readings of `now` may be up to 2^20 ticks older than the newest one
/// used; that never admits more.
#[repr(C)]
pub struct oc_limiter32_t {
    /// Private.
    pub word: u32,
}
twin!(oc_limiter32_t => Gcra32Word);

/// What a 32-bit limiter allows: constant, may be in flash, serves any number of limiters. Made by `OC_RATE32` at compile
/// time or by `oc_quota32_init`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oc_quota32_t {
    /// Private: ticks per permit in 2^-32 ticks.
    pub step: u64,
    /// Private: the cost of the whole burst in ticks.
    pub window: u32,
    /// Private: the largest distance of a live word.
    pub live: u32,
    /// The longest wait in ticks that a reservation or a penalty may have.
    pub max_wait: u32,
    /// The most permits at one instant.
    pub burst: u32,
    /// Permits per period.
    pub permits: u32,
    /// The period in ticks.
    pub per: u32,
}
twin!(oc_quota32_t => Quota32);

/// Permits taken, usable from `ready_at` on. Cancel it once at most.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_reservation32_t {
    /// Private.
    pub before: u32,
    /// Private.
    pub after: u32,
    /// The first tick at which the call may be made.
    pub ready_at: u32,
    /// How many ticks that is from the `now` of the reservation; 0 for at once.
    pub wait: u32,
}
twin!(oc_reservation32_t => RawReservation32);

/// What `oc_limiter32_peek` saw; times in ticks.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_peek32_t {
    /// Whole permits that can be taken now.
    pub remaining: u32,
    /// Ticks until the limiter is full again, if nobody takes anything.
    pub reset_after: u32,
    /// Ticks until the number asked about can be taken: 0 for now, `OC_NEVER32` for never.
    pub retry_after: u32,
}

/// The bytes of a snapshot of a 32-bit limiter.
pub const OC_LIMITER32_SNAPSHOT_LENGTH: u32 = 14;
const _: () = assert!(Gcra32Snapshot::LEN == OC_LIMITER32_SNAPSHOT_LENGTH as usize);

/// Sets `quota` to `permits` per `per` ticks, at most `burst` at one instant, with waits of up to `max_wait` ticks.
///
/// Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) for `per` 0, `permits` outside 1 to one per tick, `burst` 0,
/// or burst and wait together worth more than 2^31 - 2^20 ticks. Writes to `quota` without synchronisation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_quota32_init(
    quota: Option<&mut MaybeUninit<oc_quota32_t>>,
    permits: u32,
    per: u32,
    burst: u32,
    max_wait: u32,
    error: Option<&mut MaybeUninit<oc_error_t>>,
) -> oc_status_t {
    let Some(quota) = quota else { return OC_ERR_NULL };
    match Quota32::new(permits, per, burst).and_then(|quota| quota.max_wait(max_wait)) {
        Ok(built) => {
            quota.write(into_c(built));
            OC_OK
        }
        Err(why) => refused(error, why),
    }
}

#[inline(always)]
fn denied(denied: Denied32, retry_after: Option<&mut MaybeUninit<u32>>) -> oc_status_t {
    put(retry_after, denied.retry_after().unwrap_or(OC_NEVER32));
    status_of(denied.reason())
}

/// Takes `n` permits now, all or none.
///
/// Returns `OC_OK`; `OC_RATE_LIMITED` or `OC_COST_EXCEEDS_BURST` with `*retry_after` (may be NULL) set to the ticks after
/// which the same call is admitted if nobody else comes first, `OC_NEVER32` if no wait helps. A refusal writes nothing to
/// the limiter. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter32_try_acquire(
    limiter: Option<NonNull<oc_limiter32_t>>,
    quota: Option<&oc_quota32_t>,
    n: u32,
    now: u32,
    retry_after: Option<&mut MaybeUninit<u32>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota)) = (unsafe { state(limiter) }, config(quota)) else { return OC_ERR_NULL };
    match word.try_acquire(quota, n, now) {
        Ok(()) => OC_OK,
        Err(why) => denied(why, retry_after),
    }
}

/// Takes `n` permits from the future, with a wait of at most `max_wait` ticks and at most the quota's `max_wait`: sleep
/// for `reservation->wait`, then make the call. Returns as `oc_limiter32_try_acquire`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter32_reserve(
    limiter: Option<NonNull<oc_limiter32_t>>,
    quota: Option<&oc_quota32_t>,
    n: u32,
    max_wait: u32,
    now: u32,
    reservation: Option<&mut MaybeUninit<oc_reservation32_t>>,
    retry_after: Option<&mut MaybeUninit<u32>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota), Some(out)) = (unsafe { state(limiter) }, config(quota), reservation) else {
        return OC_ERR_NULL;
    };
    match word.reserve(quota, n, max_wait, now) {
        Ok(promise) => {
            out.write(into_c(promise.into_raw()));
            OC_OK
        }
        Err(why) => denied(why, retry_after),
    }
}

/// Takes a reservation back if no other promise was made after it: `OC_OK`. Otherwise its permits are forfeited:
/// `OC_NOTHING`. Cancel within 2^31 ticks, once, and not after `oc_limiter32_reset`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter32_cancel(
    limiter: Option<NonNull<oc_limiter32_t>>,
    reservation: Option<&oc_reservation32_t>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(raw)) = (unsafe { state(limiter) }, config(reservation)) else { return OC_ERR_NULL };
    if word.cancel(Reservation32::from_raw(*raw)) { OC_OK } else { OC_NOTHING }
}

/// Takes as many of `n` permits as are there now, and returns how many; 0 for NULL. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter32_acquire_up_to(
    limiter: Option<NonNull<oc_limiter32_t>>,
    quota: Option<&oc_quota32_t>,
    n: u32,
    now: u32,
) -> u32 {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota)) = (unsafe { state(limiter) }, config(quota)) else { return 0 };
    word.acquire_up_to(quota, n, now)
}

/// What is left, when it is full again, and when `n` permits could be taken. Takes and writes nothing; divides. Any
/// thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter32_peek(
    limiter: Option<NonNull<oc_limiter32_t>>,
    quota: Option<&oc_quota32_t>,
    n: u32,
    now: u32,
    peek: Option<&mut MaybeUninit<oc_peek32_t>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota), Some(out)) = (unsafe { state(limiter) }, config(quota), peek) else {
        return OC_ERR_NULL;
    };
    let seen = word.peek(quota, n, now);
    out.write(oc_peek32_t {
        remaining: seen.remaining,
        reset_after: seen.reset_after,
        retry_after: seen.retry_after.unwrap_or(OC_NEVER32),
    });
    OC_OK
}

/// Takes everything that is there at `now`; an existing debt stays. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter32_drain(
    limiter: Option<NonNull<oc_limiter32_t>>,
    quota: Option<&oc_quota32_t>,
    now: u32,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota)) = (unsafe { state(limiter) }, config(quota)) else { return OC_ERR_NULL };
    word.drain(quota, now);
    OC_OK
}

/// Holds everything back for `ticks` (a server said so): nothing before, one permit then, the rate from there on; at most
/// for the quota's `max_wait` and one permit's time. Never shortens an existing debt. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter32_penalize_for(
    limiter: Option<NonNull<oc_limiter32_t>>,
    quota: Option<&oc_quota32_t>,
    ticks: u32,
    now: u32,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota)) = (unsafe { state(limiter) }, config(quota)) else { return OC_ERR_NULL };
    word.penalize_for(quota, ticks, now);
    OC_OK
}

/// Forgets everything: a limiter that was never used. Reservations made before must not be cancelled. Any thread, any
/// interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter32_reset(limiter: Option<NonNull<oc_limiter32_t>>) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let Some(word) = (unsafe { state(limiter) }) else { return OC_ERR_NULL };
    word.reset();
    OC_OK
}

/// Writes the state at `now` into `bytes` (`OC_LIMITER32_SNAPSHOT_LENGTH` of them): a remaining time with a version and a
/// checksum, to be kept over a restart. `OC_ERR_BUFFER_TOO_SHORT` if `length` is less. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter32_snapshot(
    limiter: Option<NonNull<oc_limiter32_t>>,
    quota: Option<&oc_quota32_t>,
    now: u32,
    bytes: Option<NonNull<u8>>,
    length: usize,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota), Some(bytes)) = (unsafe { state(limiter) }, config(quota), bytes) else {
        return OC_ERR_NULL;
    };
    // SAFETY: `length` writable bytes, by the contract.
    write(unsafe { room(bytes, length) }, || word.snapshot(quota, now).to_bytes())
}

/// Takes over a saved state after `off` ticks without power (0 where that is not known): never more permits than there
/// were. Bytes after the snapshot are ignored. Returns the error of a snapshot that cannot be used; nothing was changed. Any
/// thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter32_restore(
    limiter: Option<NonNull<oc_limiter32_t>>,
    quota: Option<&oc_quota32_t>,
    bytes: Option<&u8>,
    length: usize,
    off: u32,
    now: u32,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota), Some(bytes)) = (unsafe { state(limiter) }, config(quota), bytes) else {
        return OC_ERR_NULL;
    };
    // SAFETY: `length` readable bytes, by the contract.
    let bytes = unsafe { crate::twin::bytes(bytes, length) };
    match Gcra32Snapshot::from_bytes(bytes) {
        Ok(snapshot) => {
            word.restore(quota, &snapshot.aged(off), now);
            OC_OK
        }
        Err(why) => crate::status::snapshot_error(why),
    }
}
