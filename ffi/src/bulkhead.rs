//! The bulkhead.

use crate::status::{oc_error_t, oc_status_t, refused};
use crate::twin::{into_c, state, twin};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_BULKHEAD_FULL, OC_ERR_NULL, OC_ERR_OVER_RELEASE, OC_OK};
use overcurrent::Bulkhead;

/// A limit of up to 2^31 - 1 calls at the same time, in eight bytes. All zero has no room: set up with
/// `OC_BULKHEAD_INIT(max)` or `oc_bulkhead_resize`. Every function may be called from any thread and from interrupt
/// handlers.
#[repr(C, align(8))]
pub struct oc_bulkhead_t {
    /// Private.
    pub word: u64,
}
twin!(oc_bulkhead_t => Bulkhead);

/// Makes an empty bulkhead with room for `max` calls, 0 to 2^31 - 1. Writes without synchronisation; afterwards change the
/// room with `oc_bulkhead_resize`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_bulkhead_init(
    bulkhead: Option<&mut MaybeUninit<oc_bulkhead_t>>,
    max: u32,
    error: Option<&mut MaybeUninit<oc_error_t>>,
) -> oc_status_t {
    let Some(out) = bulkhead else { return OC_ERR_NULL };
    match Bulkhead::new(max) {
        Ok(made) => {
            out.write(into_c(made));
            OC_OK
        }
        Err(why) => refused(error, why),
    }
}

/// Takes a slot if one is free: `OC_OK`, else `OC_BULKHEAD_FULL`. Any thread, any interrupt handler; never waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_bulkhead_enter(bulkhead: Option<NonNull<oc_bulkhead_t>>) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let Some(bulkhead) = (unsafe { state(bulkhead) }) else { return OC_ERR_NULL };
    if bulkhead.try_enter() { OC_OK } else { OC_BULKHEAD_FULL }
}

/// Gives back a slot that `oc_bulkhead_enter` took. `OC_ERR_OVER_RELEASE` if none was taken; the room never grows by
/// that. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_bulkhead_leave(bulkhead: Option<NonNull<oc_bulkhead_t>>) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let Some(bulkhead) = (unsafe { state(bulkhead) }) else { return OC_ERR_NULL };
    if bulkhead.release().is_ok() { OC_OK } else { OC_ERR_OVER_RELEASE }
}

/// Changes the room, 0 to 2^31 - 1. Calls under way are not disturbed. `OC_ERR_CONFIG` above that. Any thread, any interrupt
/// handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_bulkhead_resize(bulkhead: Option<NonNull<oc_bulkhead_t>>, max: u32) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let Some(bulkhead) = (unsafe { state(bulkhead) }) else { return OC_ERR_NULL };
    if bulkhead.resize(max).is_ok() { OC_OK } else { oc_status_t::OC_ERR_CONFIG }
}

/// How many calls are under way; 0 for NULL. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_bulkhead_in_flight(bulkhead: Option<NonNull<oc_bulkhead_t>>) -> u32 {
    // SAFETY: the contract of pointers.
    unsafe { state(bulkhead) }.map_or(0, Bulkhead::in_flight)
}

/// How many more calls may begin now; 0 for NULL. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_bulkhead_available(bulkhead: Option<NonNull<oc_bulkhead_t>>) -> u32 {
    // SAFETY: the contract of pointers.
    unsafe { state(bulkhead) }.map_or(0, Bulkhead::available)
}

/// How many calls may be under way at once; 0 for NULL. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_bulkhead_max(bulkhead: Option<NonNull<oc_bulkhead_t>>) -> u32 {
    // SAFETY: the contract of pointers.
    unsafe { state(bulkhead) }.map_or(0, Bulkhead::max)
}
