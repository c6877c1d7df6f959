//! The C library: every function of `overcurrent-ffi`, without std, for any target.
#![no_std]

extern crate overcurrent_ffi as _;

/// Never called: no function of the library can panic. With `prove-no-panic` the linker checks that.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    #[cfg(feature = "prove-no-panic")]
    {
        unsafe extern "C" {
            fn overcurrent_panic_is_reachable() -> !;
        }
        // SAFETY: it does not exist: a program that could call it does not link.
        unsafe { overcurrent_panic_is_reachable() }
    }
    #[cfg(not(feature = "prove-no-panic"))]
    loop {
        core::hint::spin_loop();
    }
}

/// Cores without compare-and-swap: critical sections come from the C side.
#[cfg(feature = "critical-hooks")]
mod critical {
    unsafe extern "C" {
        /// Masks interrupts (and excludes other cores); returns what `oc_critical_exit` needs to restore.
        fn oc_critical_enter() -> u32;
        /// Restores what `oc_critical_enter` found.
        fn oc_critical_exit(state: u32);
    }

    struct Hooks;
    critical_section::set_impl!(Hooks);

    // SAFETY: the two hooks are documented to exclude everything else between them, nested calls included.
    unsafe impl critical_section::Impl for Hooks {
        unsafe fn acquire() -> u32 {
            // SAFETY: supplied by the C side under that name and type.
            unsafe { oc_critical_enter() }
        }
        unsafe fn release(state: u32) {
            // SAFETY: as above; `state` came from `oc_critical_enter`.
            unsafe { oc_critical_exit(state) }
        }
    }
}
