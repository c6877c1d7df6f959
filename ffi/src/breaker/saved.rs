//! A breaker over a restart.

use super::handle::oc_breaker_t;
use crate::status::{oc_status_t, snapshot_error};
use crate::twin::bytes as bytes_at;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_ERR_NULL, OC_OK};
use overcurrent::Nanos;

/// Writes the state at `now` into `bytes` and its length into `*written`: at most 27 bytes and a quarter byte a call (window
/// of calls), or 43 and 8 a bucket (window of time). Remaining times with a version and a checksum, to be kept over a
/// restart. `OC_ERR_BUFFER_TOO_SHORT` if `length` is less. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_snapshot(
    breaker: Option<&oc_breaker_t>,
    now: u64,
    bytes: Option<NonNull<u8>>,
    length: usize,
    written: Option<&mut MaybeUninit<usize>>,
) -> oc_status_t {
    let (Some(bytes), Some(written)) = (bytes, written) else { return OC_ERR_NULL };
    // SAFETY: `length` writable bytes by the contract; they may be uninitialised, so they are zeroed first.
    let out = unsafe {
        bytes.write_bytes(0, length);
        core::slice::from_raw_parts_mut(bytes.as_ptr(), length)
    };
    on!(breaker, |b, c| match b.snapshot(out, c.at(now)) {
        Ok(length) => {
            written.write(length);
            OC_OK
        }
        Err(why) => snapshot_error(why),
    })
}

/// Takes up a state that `oc_breaker_snapshot` wrote, `off_ns` later (0 where that is not known: an open breaker then stays
/// open longer, never shorter). Bytes after the snapshot are ignored. Returns the error of bytes that are no snapshot of a
/// breaker like this one; nothing was changed. Any thread, any interrupt handler, but meant for start-up: outcomes that others
/// record meanwhile fall among the restored ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_restore(
    breaker: Option<&oc_breaker_t>,
    bytes: Option<&u8>,
    length: usize,
    off_ns: u64,
    now: u64,
) -> oc_status_t {
    let Some(bytes) = bytes else { return OC_ERR_NULL };
    // SAFETY: `length` readable bytes, by the contract.
    let bytes = unsafe { bytes_at(bytes, length) };
    on!(breaker, |b, c| match b.restore(bytes, Nanos::new(off_ns), c.at(now)) {
        Ok(()) => OC_OK,
        Err(why) => snapshot_error(why),
    })
}
