//! Wrapping tick counters.

use crate::twin::{Twin, twin};
use core::ptr::NonNull;
use overcurrent::Ticks;

/// Turns a wrapping 32-bit tick counter into nanoseconds that do not wrap. Set up with `OC_TICKS_INIT(tick_ns)`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oc_ticks_t {
    /// Private: the newest reading, in ticks since the first.
    pub newest: u64,
    /// The length of a tick in nanoseconds.
    pub tick_ns: u64,
}
twin!(oc_ticks_t => Ticks);

/// The time at the reading `counter`, in nanoseconds; 0 if `ticks` is NULL.
///
/// From one place only (a tick handler, or under your own lock), at least once per wrap of the counter less 2^20
/// ticks: it writes to `ticks` without synchronisation. A reading up to 2^20 ticks older than the newest one is read as such,
/// not as a wrap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_ticks_now(ticks: Option<NonNull<oc_ticks_t>>, counter: u32) -> u64 {
    match ticks {
        // SAFETY: an `oc_ticks_t` by the contract of pointers, used by one caller at a time by that of this function.
        Some(ticks) => unsafe { ticks.cast::<<oc_ticks_t as Twin>::Of>().as_mut() }.now(counter).get(),
        None => 0,
    }
}
