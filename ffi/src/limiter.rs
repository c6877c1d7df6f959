//! The rate limiter.

use crate::refusal::{oc_refusal_t, oc_reservation_t, refuse};
use crate::saved::{room, write};
use crate::status::{OC_NEVER, oc_error_t, oc_status_t, refused, snapshot_error};
use crate::twin::{config, into_c, state, twin};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_ERR_NULL, OC_NOTHING, OC_OK};
use overcurrent::limit::{Denied, GcraSnapshot, GcraWord, Peek, Reservation};
use overcurrent::{Nanos, Quota, Rate};

/// A rate limiter: a token bucket in eight bytes, exact to the tick. All zero is one that was never used, with its whole
/// burst.
///
/// Always use one limiter with the same quota. Every function may be called from any thread and from interrupt handlers,
/// with clocks that disagree: a `now` older than one already seen never admits more.
#[repr(C, align(8))]
pub struct oc_limiter_t {
    /// Private.
    pub word: u64,
}
twin!(oc_limiter_t => GcraWord);

/// What a limiter allows: constant, may be in flash, serves any number of limiters. Made by `OC_RATE` at compile time or by
/// `oc_quota_init`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oc_quota_t {
    /// Private: units per nanosecond, upper half.
    pub scale_high: u64,
    /// Private: units per nanosecond, lower half.
    pub scale_low: u64,
    /// Private: whether a nanosecond is a whole number of units.
    pub scale_whole: u64,
    /// Private: units per permit.
    pub unit: u64,
    /// Private: units in the whole burst.
    pub cap: u64,
    /// Permits per period.
    pub permits: u64,
    /// The period in nanoseconds.
    pub per_ns: u64,
    /// The most permits at one instant.
    pub burst: u64,
    /// The permits there at the start, for `oc_limiter_init`.
    pub initial: u64,
}
twin!(oc_quota_t => Quota);

/// What `oc_limiter_peek` saw.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_peek_t {
    /// Whole permits that can be taken now: exactly that many succeed, one more fails.
    pub remaining: u64,
    /// Nanoseconds until the limiter is full again, if nobody takes anything.
    pub reset_after_ns: u64,
    /// Nanoseconds until the number asked about can be taken: 0 for now, `OC_NEVER` for never.
    pub retry_after_ns: u64,
}

pub(crate) fn peek_of(seen: Peek) -> oc_peek_t {
    oc_peek_t {
        remaining: seen.remaining,
        reset_after_ns: seen.reset_after.get(),
        retry_after_ns: seen.retry_after.map_or(OC_NEVER, Nanos::get),
    }
}

/// The bytes of a snapshot of a limiter.
pub const OC_LIMITER_SNAPSHOT_LENGTH: u32 = 18;
const _: () = assert!(GcraSnapshot::LEN == OC_LIMITER_SNAPSHOT_LENGTH as usize);

/// Sets `quota` to `permits` per `per_ns` nanoseconds, at most `burst` at one instant, `initial` of them at the start
/// (which only `oc_limiter_init` looks at; give `burst` for a full one).
///
/// Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) for `per_ns` outside 1 to 2^62, `permits` outside 1 to one per
/// nanosecond, `burst` outside 1 to 2^32, `initial` above `burst`. Writes to `quota` without synchronisation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_quota_init(
    quota: Option<&mut MaybeUninit<oc_quota_t>>,
    permits: u64,
    per_ns: u64,
    burst: u64,
    initial: u64,
    error: Option<&mut MaybeUninit<oc_error_t>>,
) -> oc_status_t {
    let Some(quota) = quota else { return OC_ERR_NULL };
    match Rate::new(permits, Nanos::new(per_ns)).burst(burst).initial(initial).build() {
        Ok(built) => {
            quota.write(into_c(built));
            OC_OK
        }
        Err(why) => refused(error, why),
    }
}

/// Makes a limiter that holds the quota's initial permits at `now`. Needed only where those are not the whole burst: a
/// limiter of zeros holds that. Writes without synchronisation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter_init(
    limiter: Option<&mut MaybeUninit<oc_limiter_t>>,
    quota: Option<&oc_quota_t>,
    now: u64,
) -> oc_status_t {
    let (Some(out), Some(quota)) = (limiter, config(quota)) else { return OC_ERR_NULL };
    out.write(into_c(GcraWord::starting(quota, Nanos::new(now))));
    OC_OK
}

#[inline(always)]
fn denied(denied: Denied<'_>, refusal: Option<&mut MaybeUninit<oc_refusal_t>>) -> oc_status_t {
    let reason = crate::status::status_of(denied.reason());
    if refusal.is_some() {
        // The wait costs a division: only for those who ask.
        refuse(refusal, 0, denied.into());
    }
    reason
}

/// Takes `n` permits now, all or none.
///
/// Returns `OC_OK`, `OC_RATE_LIMITED` or `OC_COST_EXCEEDS_BURST`, and fills `refusal` (may be NULL; then the wait, which
/// costs a division, is not computed). A refusal writes nothing to the limiter. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter_try_acquire(
    limiter: Option<NonNull<oc_limiter_t>>,
    quota: Option<&oc_quota_t>,
    n: u32,
    now: u64,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota)) = (unsafe { state(limiter) }, config(quota)) else { return OC_ERR_NULL };
    match word.try_acquire(quota, n, Nanos::new(now)) {
        Ok(()) => OC_OK,
        Err(why) => denied(why, refusal),
    }
}

/// Takes `n` permits now even where `n` exceeds the burst: admitted when the burst (or `n`, if less) is there, and charged
/// in full, so that the rate holds over time. Returns as `oc_limiter_try_acquire`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter_try_acquire_debt(
    limiter: Option<NonNull<oc_limiter_t>>,
    quota: Option<&oc_quota_t>,
    n: u32,
    now: u64,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota)) = (unsafe { state(limiter) }, config(quota)) else { return OC_ERR_NULL };
    match word.try_acquire_debt(quota, n, Nanos::new(now)) {
        Ok(()) => OC_OK,
        Err(why) => denied(why, refusal),
    }
}

/// Takes `n` permits from the future, with a wait of at most `max_wait_ns`: sleep for `reservation->wait_ns`, then make
/// the call. Returns as `oc_limiter_try_acquire`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter_reserve(
    limiter: Option<NonNull<oc_limiter_t>>,
    quota: Option<&oc_quota_t>,
    n: u32,
    max_wait_ns: u64,
    now: u64,
    reservation: Option<&mut MaybeUninit<oc_reservation_t>>,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota), Some(out)) = (unsafe { state(limiter) }, config(quota), reservation) else {
        return OC_ERR_NULL;
    };
    match word.reserve(quota, n, Nanos::new(max_wait_ns), Nanos::new(now)) {
        Ok(promise) => {
            out.write(into_c(promise.into_raw()));
            OC_OK
        }
        Err(why) => denied(why, refusal),
    }
}

/// `oc_limiter_reserve` even where `n` exceeds the burst: the wait is that for the burst, and `n` are charged in full, so that
/// the rate holds over time. Returns as `oc_limiter_try_acquire`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter_reserve_debt(
    limiter: Option<NonNull<oc_limiter_t>>,
    quota: Option<&oc_quota_t>,
    n: u32,
    max_wait_ns: u64,
    now: u64,
    reservation: Option<&mut MaybeUninit<oc_reservation_t>>,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota), Some(out)) = (unsafe { state(limiter) }, config(quota), reservation) else {
        return OC_ERR_NULL;
    };
    match word.reserve_debt(quota, n, Nanos::new(max_wait_ns), Nanos::new(now)) {
        Ok(promise) => {
            out.write(into_c(promise.into_raw()));
            OC_OK
        }
        Err(why) => denied(why, refusal),
    }
}

/// Takes a reservation back if no other promise was made after it: `OC_OK`. Otherwise its permits are forfeited:
/// `OC_NOTHING`. Once, and not after `oc_limiter_reset`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter_cancel(
    limiter: Option<NonNull<oc_limiter_t>>,
    reservation: Option<&oc_reservation_t>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(raw)) = (unsafe { state(limiter) }, config(reservation)) else { return OC_ERR_NULL };
    if word.cancel(Reservation::from_raw(*raw)) { OC_OK } else { OC_NOTHING }
}

/// Takes as many of `n` permits as are there now, and returns how many; 0 for NULL. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter_acquire_up_to(
    limiter: Option<NonNull<oc_limiter_t>>,
    quota: Option<&oc_quota_t>,
    n: u32,
    now: u64,
) -> u32 {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota)) = (unsafe { state(limiter) }, config(quota)) else { return 0 };
    word.acquire_up_to(quota, n, Nanos::new(now))
}

/// What is left, when it is full again, and when `n` permits could be taken. Takes and writes nothing; divides. Any
/// thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter_peek(
    limiter: Option<NonNull<oc_limiter_t>>,
    quota: Option<&oc_quota_t>,
    n: u32,
    now: u64,
    peek: Option<&mut MaybeUninit<oc_peek_t>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota), Some(out)) = (unsafe { state(limiter) }, config(quota), peek) else {
        return OC_ERR_NULL;
    };
    out.write(peek_of(word.peek(quota, n, Nanos::new(now))));
    OC_OK
}

/// Takes everything that is there at `now`; an existing debt stays. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter_drain(
    limiter: Option<NonNull<oc_limiter_t>>,
    quota: Option<&oc_quota_t>,
    now: u64,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota)) = (unsafe { state(limiter) }, config(quota)) else { return OC_ERR_NULL };
    word.drain(quota, Nanos::new(now));
    OC_OK
}

/// Holds everything back until the time `until` (a server said so): nothing before, one permit then, the rate from there
/// on. Never shortens an existing debt. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter_penalize_until(
    limiter: Option<NonNull<oc_limiter_t>>,
    quota: Option<&oc_quota_t>,
    until: u64,
    now: u64,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota)) = (unsafe { state(limiter) }, config(quota)) else { return OC_ERR_NULL };
    word.penalize_until(quota, Nanos::new(until), Nanos::new(now));
    OC_OK
}

/// Forgets everything: a limiter that was never used. Reservations made before must not be cancelled. Any thread, any
/// interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter_reset(limiter: Option<NonNull<oc_limiter_t>>) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let Some(word) = (unsafe { state(limiter) }) else { return OC_ERR_NULL };
    word.reset();
    OC_OK
}

/// Writes the state at `now` into `bytes` (`OC_LIMITER_SNAPSHOT_LENGTH` of them): a remaining time with a version and a
/// checksum, to be kept over a restart. `OC_ERR_BUFFER_TOO_SHORT` if `length` is less. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter_snapshot(
    limiter: Option<NonNull<oc_limiter_t>>,
    quota: Option<&oc_quota_t>,
    now: u64,
    bytes: Option<NonNull<u8>>,
    length: usize,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota), Some(bytes)) = (unsafe { state(limiter) }, config(quota), bytes) else {
        return OC_ERR_NULL;
    };
    // SAFETY: `length` writable bytes, by the contract.
    write(unsafe { room(bytes, length) }, || word.snapshot(quota, Nanos::new(now)).to_bytes())
}

/// Takes over a saved state after `off_ns` without power (0 where that is not known): never more permits than there were.
/// Bytes after the snapshot are ignored. Returns the error of a snapshot that cannot be used; nothing was changed. Any thread,
/// any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_limiter_restore(
    limiter: Option<NonNull<oc_limiter_t>>,
    quota: Option<&oc_quota_t>,
    bytes: Option<&u8>,
    length: usize,
    off_ns: u64,
    now: u64,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some(word), Some(quota), Some(bytes)) = (unsafe { state(limiter) }, config(quota), bytes) else {
        return OC_ERR_NULL;
    };
    // SAFETY: `length` readable bytes, by the contract.
    match GcraSnapshot::from_bytes(unsafe { crate::twin::bytes(bytes, length) }) {
        Ok(snapshot) => {
            word.restore(quota, &snapshot.aged(Nanos::new(off_ns)), Nanos::new(now));
            OC_OK
        }
        Err(why) => snapshot_error(why),
    }
}
