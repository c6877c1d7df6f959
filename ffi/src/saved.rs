//! Snapshots whose length is fixed.

use crate::status::oc_status_t;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_ERR_BUFFER_TOO_SHORT, OC_OK};

/// Where a snapshot of `N` bytes goes, if there is room for one.
///
/// # Safety
/// `first` is the first of `length` writable bytes that nobody uses meanwhile.
pub(crate) unsafe fn room<'a, const N: usize>(
    first: NonNull<u8>,
    length: usize,
) -> Result<&'a mut MaybeUninit<[u8; N]>, oc_status_t> {
    if length < N {
        return Err(OC_ERR_BUFFER_TOO_SHORT);
    }
    // SAFETY: at least that many writable bytes, by the caller's promise and the check above.
    Ok(unsafe { first.cast::<MaybeUninit<[u8; N]>>().as_mut() })
}

/// Writes a snapshot to its place.
pub(crate) fn write<const N: usize>(
    room: Result<&mut MaybeUninit<[u8; N]>, oc_status_t>,
    snapshot: impl FnOnce() -> [u8; N],
) -> oc_status_t {
    match room {
        Ok(room) => {
            room.write(snapshot());
            OC_OK
        }
        Err(status) => status,
    }
}
