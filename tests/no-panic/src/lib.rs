//! Every public function of the engine behind a C symbol, so that a linker can tell what each one pulls in.
//!
//! Nothing here runs. `run` links two images with `--gc-sections`: the decisions, which may not divide, and everything
//! else, which may. In both a reachable panic is a call of a function that does not exist, so the link fails.
#![no_std]
#![allow(improper_ctypes_definitions, reason = "never called: only linked")]

/// Declares symbols `KIND.NAME` that call the engine with unknown arguments and keep the answer.
macro_rules! entry {
    ($kind:literal: $($name:ident($($arg:ident: $ty:ty),* $(,)?) = $answer:expr;)*) => {$(
        #[unsafe(export_name = concat!($kind, ".", stringify!($name)))]
        extern "C" fn $name($($arg: $ty),*) {
            core::hint::black_box($answer);
        }
    )*};
}

mod answers;
mod breaker;
mod breaker_time;
mod bulkhead;
mod control;
mod cycle;
mod event;
mod gates;
mod gcra;
mod narrow;
mod policy;
mod retry;
mod time;
mod tiny;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    unsafe extern "C" {
        fn overcurrent_a_panic_is_reachable() -> !;
    }
    // SAFETY: there is no such function; the image that would call it cannot be linked.
    unsafe { overcurrent_a_panic_is_reachable() }
}

/// As small as a critical section can be. These images are inspected, not run.
struct Section;
critical_section::set_impl!(Section);
// SAFETY: nothing runs, so nothing interrupts.
unsafe impl critical_section::Impl for Section {
    unsafe fn acquire() -> critical_section::RawRestoreState {
        core::hint::black_box(0)
    }
    unsafe fn release(state: critical_section::RawRestoreState) {
        core::hint::black_box(state);
    }
}
