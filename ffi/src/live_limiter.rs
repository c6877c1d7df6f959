//! The rate limiter whose settings change while it runs.

use crate::limiter::{oc_peek_t, oc_quota_t, peek_of};
use crate::refusal::{oc_refusal_t, oc_reservation_t, refuse};
use crate::saved::{room, write};
use crate::status::{oc_status_t, snapshot_error};
use crate::twin::{config, into_c, put, state, twin};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_COST_EXCEEDS_BURST, OC_ERR_BUSY, OC_ERR_NULL, OC_NOTHING, OC_OK};
use overcurrent::limit::{GcraSnapshot, LiveDenied, LiveGcra, Reservation};
use overcurrent::{Busy, Nanos, Quota};

/// A rate limiter whose quota can be replaced while it runs, without a lock and without admitting too much. It holds its
/// quota itself.
///
/// Set up with `OC_LIVE_LIMITER_INIT` or `oc_live_limiter_init`; all zero has no quota and refuses every call with
/// `OC_COST_EXCEEDS_BURST`. Its fields are private. After that every function may be called from any thread and from
/// interrupt handlers, the same one in both, with clocks that disagree. It costs a few loads more than an `oc_limiter_t`,
/// and only rates of one permit per whole number of nanoseconds are exact to the nanosecond; others may be early by one unit
/// of their own (mostly below 2 ns), which never adds up.
#[repr(C, align(8))]
#[allow(missing_docs, reason = "private to the library; public so that a macro can fill them at compile time")]
pub struct oc_live_limiter_t {
    pub word: u64,
    pub even: [u64; 6],
    pub odd: [u64; 6],
    pub changing: u32,
    pub reserved: u32,
}
twin!(oc_live_limiter_t => LiveGcra);

/// The limiter behind a pointer, if it was set up.
macro_rules! on {
    ($limiter:expr, |$l:ident| $body:expr) => {
        on!($limiter, |$l| $body, else |status| status)
    };
    ($limiter:expr, |$l:ident| $body:expr, else |$status:ident| $else:expr) => {
        // SAFETY: the contract of pointers.
        match unsafe { state($limiter) } {
            Some($l) if !$l.is_blank() => $body,
            other => {
                let $status = if other.is_some() { OC_COST_EXCEEDS_BURST } else { OC_ERR_NULL };
                $else
            }
        }
    };
}

#[inline(always)]
fn denied(denied: LiveDenied, refusal: Option<&mut MaybeUninit<oc_refusal_t>>) -> oc_status_t {
    if refusal.is_none() {
        // The wait costs a division: only for those who ask.
        return crate::status::status_of(denied.reason());
    }
    refuse(refusal, 0, denied.into())
}

/// What a limiter that was never set up says.
#[cold]
fn blank(status: oc_status_t, refusal: Option<&mut MaybeUninit<oc_refusal_t>>) -> oc_status_t {
    if status == OC_COST_EXCEEDS_BURST {
        put(refusal, oc_refusal_t { reason: status, gate: 0, retry_after_ns: crate::status::OC_NEVER });
    }
    status
}

/// Makes a limiter that holds the quota's initial permits at `now`. The quota is copied. Writes without synchronisation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_init(
    limiter: Option<&mut MaybeUninit<oc_live_limiter_t>>,
    quota: Option<&oc_quota_t>,
    now: u64,
) -> oc_status_t {
    let (Some(out), Some(quota)) = (limiter, config(quota)) else { return OC_ERR_NULL };
    out.write(into_c(LiveGcra::starting(*quota, Nanos::new(now))));
    OC_OK
}

/// Replaces the quota and keeps what was used: a debt is kept in permits, rounded up, so neither does a faster rate lock the
/// gate nor a slower one forgive what was taken. Waits already promised stay as promised; reservations from before can no
/// longer be cancelled. `quota` is copied.
///
/// `OC_ERR_BUSY` if another thread is changing it at this moment: try again, and do not wait for it in an interrupt handler.
/// Nothing was changed then. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_reconfigure(
    limiter: Option<NonNull<oc_live_limiter_t>>,
    quota: Option<&oc_quota_t>,
    now: u64,
) -> oc_status_t {
    let Some(quota) = config(quota) else { return OC_ERR_NULL };
    on!(limiter, |l| changed(l.reconfigure(*quota, Nanos::new(now))))
}

const fn changed(answer: Result<(), Busy>) -> oc_status_t {
    match answer {
        Ok(()) => OC_OK,
        Err(Busy) => OC_ERR_BUSY,
    }
}

/// The quota in force, as one piece, into `quota`; its `initial` reads as the burst. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_quota(
    limiter: Option<NonNull<oc_live_limiter_t>>,
    quota: Option<&mut MaybeUninit<oc_quota_t>>,
) -> oc_status_t {
    let Some(out) = quota else { return OC_ERR_NULL };
    on!(limiter, |l| {
        let seen: Quota = l.quota();
        out.write(into_c(seen));
        OC_OK
    })
}

/// Takes `n` permits now, all or none. Returns and fills as `oc_limiter_try_acquire`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_try_acquire(
    limiter: Option<NonNull<oc_live_limiter_t>>,
    n: u32,
    now: u64,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    on!(limiter, |l| match l.try_acquire(n, Nanos::new(now)) {
        Ok(()) => OC_OK,
        Err(why) => denied(why, refusal),
    }, else |status| blank(status, refusal))
}

/// Takes `n` permits now even where `n` exceeds the burst, charged in full: see `oc_limiter_try_acquire_debt`. Any thread,
/// any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_try_acquire_debt(
    limiter: Option<NonNull<oc_live_limiter_t>>,
    n: u32,
    now: u64,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    on!(limiter, |l| match l.try_acquire_debt(n, Nanos::new(now)) {
        Ok(()) => OC_OK,
        Err(why) => denied(why, refusal),
    }, else |status| blank(status, refusal))
}

/// Takes `n` permits from the future, with a wait of at most `max_wait_ns`: sleep for `reservation->wait_ns`, then make the
/// call. Returns as `oc_limiter_reserve`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_reserve(
    limiter: Option<NonNull<oc_live_limiter_t>>,
    n: u32,
    max_wait_ns: u64,
    now: u64,
    reservation: Option<&mut MaybeUninit<oc_reservation_t>>,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    let Some(out) = reservation else { return OC_ERR_NULL };
    on!(limiter, |l| match l.reserve(n, Nanos::new(max_wait_ns), Nanos::new(now)) {
        Ok(promise) => {
            out.write(into_c(promise.into_raw()));
            OC_OK
        }
        Err(why) => denied(why, refusal),
    }, else |status| blank(status, refusal))
}

/// `oc_live_limiter_reserve` even where `n` exceeds the burst: see `oc_limiter_reserve_debt`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_reserve_debt(
    limiter: Option<NonNull<oc_live_limiter_t>>,
    n: u32,
    max_wait_ns: u64,
    now: u64,
    reservation: Option<&mut MaybeUninit<oc_reservation_t>>,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    let Some(out) = reservation else { return OC_ERR_NULL };
    on!(limiter, |l| match l.reserve_debt(n, Nanos::new(max_wait_ns), Nanos::new(now)) {
        Ok(promise) => {
            out.write(into_c(promise.into_raw()));
            OC_OK
        }
        Err(why) => denied(why, refusal),
    }, else |status| blank(status, refusal))
}

/// Takes a reservation back if no other promise was made after it and the quota is still the same: `OC_OK`. Otherwise its
/// permits are forfeited: `OC_NOTHING`. Once. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_cancel(
    limiter: Option<NonNull<oc_live_limiter_t>>,
    reservation: Option<&oc_reservation_t>,
) -> oc_status_t {
    let Some(raw) = config(reservation) else { return OC_ERR_NULL };
    on!(limiter, |l| if l.cancel(Reservation::from_raw(*raw)) { OC_OK } else { OC_NOTHING })
}

/// Takes as many of `n` permits as are there now, and returns how many; 0 for NULL. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_acquire_up_to(
    limiter: Option<NonNull<oc_live_limiter_t>>,
    n: u32,
    now: u64,
) -> u32 {
    on!(limiter, |l| l.acquire_up_to(n, Nanos::new(now)), else |_status| 0)
}

/// What is left, when it is full again, and when `n` permits could be taken. Takes and writes nothing; divides. Any thread,
/// any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_peek(
    limiter: Option<NonNull<oc_live_limiter_t>>,
    n: u32,
    now: u64,
    peek: Option<&mut MaybeUninit<oc_peek_t>>,
) -> oc_status_t {
    let Some(out) = peek else { return OC_ERR_NULL };
    on!(limiter, |l| {
        out.write(peek_of(l.peek(n, Nanos::new(now))));
        OC_OK
    })
}

/// Takes everything that is there at `now`; an existing debt stays. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_drain(limiter: Option<NonNull<oc_live_limiter_t>>, now: u64) -> oc_status_t {
    on!(limiter, |l| {
        l.drain(Nanos::new(now));
        OC_OK
    })
}

/// Holds everything back until the time `until` (a server said so): nothing before, one permit then, the rate from there on.
/// Never shortens an existing debt. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_penalize_until(
    limiter: Option<NonNull<oc_live_limiter_t>>,
    until: u64,
    now: u64,
) -> oc_status_t {
    on!(limiter, |l| {
        l.penalize_until(Nanos::new(until), Nanos::new(now));
        OC_OK
    })
}

/// Forgets everything that was taken: the whole burst is there, the quota stays. Reservations made before can no longer be
/// cancelled. `OC_ERR_BUSY` while another thread replaces the quota. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_reset(limiter: Option<NonNull<oc_live_limiter_t>>) -> oc_status_t {
    on!(limiter, |l| changed(l.reset()))
}

/// Writes the state at `now` into `bytes` (`OC_LIMITER_SNAPSHOT_LENGTH` of them), as `oc_limiter_snapshot` does: each takes
/// up what the other wrote. The quota is not in it. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_snapshot(
    limiter: Option<NonNull<oc_live_limiter_t>>,
    now: u64,
    bytes: Option<NonNull<u8>>,
    length: usize,
) -> oc_status_t {
    let Some(bytes) = bytes else { return OC_ERR_NULL };
    // SAFETY: `length` writable bytes, by the contract.
    let room = unsafe { room(bytes, length) };
    on!(limiter, |l| write(room, || l.snapshot(Nanos::new(now)).to_bytes()))
}

/// Takes over a saved state after `off_ns` without power (0 where that is not known): never more permits than there were.
/// Bytes after the snapshot are ignored. Returns the error of a snapshot that cannot be used; nothing was changed. Any thread,
/// any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_live_limiter_restore(
    limiter: Option<NonNull<oc_live_limiter_t>>,
    bytes: Option<&u8>,
    length: usize,
    off_ns: u64,
    now: u64,
) -> oc_status_t {
    let Some(bytes) = bytes else { return OC_ERR_NULL };
    // SAFETY: `length` readable bytes, by the contract.
    let bytes = unsafe { crate::twin::bytes(bytes, length) };
    on!(limiter, |l| match GcraSnapshot::from_bytes(bytes) {
        Ok(snapshot) => {
            l.restore(&snapshot.aged(Nanos::new(off_ns)), Nanos::new(now));
            OC_OK
        }
        Err(why) => snapshot_error(why),
    })
}
