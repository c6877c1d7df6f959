//! The processor's time stamp counter, where the system trusts it itself.

#[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
mod x86_64_linux {
    use std::sync::atomic::{AtomicU8, Ordering};

    /// The counter now.
    #[inline]
    pub fn ticks() -> u64 {
        // SAFETY: every processor of 64 bits has it, and it touches no memory.
        #[allow(unsafe_code)]
        unsafe {
            core::arch::x86_64::_rdtsc()
        }
    }

    const UNKNOWN: u8 = 0;
    const UNFIT: u8 = 1;
    const FIT: u8 = 2;

    /// Whether the kernel tells the time by it: then it runs at one rate in all states of the processor and alike on all
    /// cores, and may be read here, for the system's clock is read by the same instruction in this very process.
    pub fn is_fit() -> bool {
        // No `OnceLock`: a process that is forked while another thread is at it would wait for ever. Relaxed: it guards
        // nothing but itself, and two threads that look find the same.
        static ANSWER: AtomicU8 = AtomicU8::new(UNKNOWN);
        match ANSWER.load(Ordering::Relaxed) {
            UNKNOWN => {
                let source = std::fs::read("/sys/devices/system/clocksource/clocksource0/current_clocksource");
                let fit = source.is_ok_and(|name| name.trim_ascii() == b"tsc");
                ANSWER.store(if fit { FIT } else { UNFIT }, Ordering::Relaxed);
                fit
            }
            answer => answer == FIT,
        }
    }
}

#[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
pub(super) use x86_64_linux::{is_fit, ticks};

#[cfg(not(all(target_arch = "x86_64", target_os = "linux", not(miri))))]
mod none {
    #[inline]
    pub fn ticks() -> u64 {
        0
    }

    pub fn is_fit() -> bool {
        false
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux", not(miri))))]
pub(super) use none::{is_fit, ticks};
