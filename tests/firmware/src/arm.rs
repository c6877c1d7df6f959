//! Cortex-M under QEMU: semihosting for text and verdict, SysTick for the tick.

use core::arch::asm;
use core::ptr::with_exposed_provenance_mut;

const WRITE_CHARACTER: u32 = 3;
const EXIT: u32 = 0x18;
const SYSTICK_CONTROL: usize = 0xE000_E010;
const SYSTICK_RELOAD: usize = 0xE000_E014;
const SYSTICK_CURRENT: usize = 0xE000_E018;
const INTERRUPT_CONTROL: usize = 0xE000_ED04;
const RESET_CONTROL: usize = 0xE000_ED0C;

fn semihosting(operation: u32, argument: u32) {
    // SAFETY: a breakpoint that QEMU takes for a request; it reads what `argument` is or points to.
    unsafe { asm!("bkpt #0xab", inout("r0") operation => _, in("r1") argument, options(nostack)) }
}

fn write(register: usize, value: u32) {
    // SAFETY: the address of a core peripheral's register, the same on every Cortex-M.
    unsafe { with_exposed_provenance_mut::<u32>(register).write_volatile(value) }
}

/// Writes a character to the console.
pub fn put(character: u8) {
    semihosting(WRITE_CHARACTER, (&raw const character).expose_provenance() as u32);
}

/// Writes to the console.
pub fn say(text: &str) {
    text.bytes().for_each(put);
}

/// Ends the run: QEMU exits with 0 or 1.
pub fn exit(passed: bool) -> ! {
    loop {
        semihosting(EXIT, if passed { 0x2_0026 } else { 0x2_0023 });
    }
}

/// Resets the chip; what is in `.uninit` stays.
pub fn reset() -> ! {
    loop {
        write(RESET_CONTROL, 0x05FA_0004);
    }
}

/// Lets SysTick count down from its top, without interrupts.
pub fn start_counting() {
    write(SYSTICK_CONTROL, 0);
    write(SYSTICK_RELOAD, 0xff_ffff);
    write(SYSTICK_CURRENT, 0);
    write(SYSTICK_CONTROL, 5);
}

/// Units of time since an earlier reading; a reading at 0.
pub fn count_since(earlier: u32) -> u32 {
    // SAFETY: as in `write`.
    let now = unsafe { with_exposed_provenance_mut::<u32>(SYSTICK_CURRENT).read_volatile() };
    (0xff_ffff - now).wrapping_sub(earlier) & 0xff_ffff
}

/// The next tick, that many units from now.
pub fn tick_after(units: u32) {
    write(SYSTICK_CONTROL, 0);
    write(SYSTICK_RELOAD, units.clamp(1, 0xff_ffff));
    write(SYSTICK_CURRENT, 0);
    // A tick that came due in a long handler would follow it at once, and the interrupted code would never run.
    write(INTERRUPT_CONTROL, 1 << 25);
    write(SYSTICK_CONTROL, 7);
}

/// No more ticks.
pub fn stop_ticks() {
    write(SYSTICK_CONTROL, 0);
}

/// Begins with `$run`; `$tick` is the handler.
#[macro_export]
macro_rules! firmware {
    ($run:path, $tick:path) => {
        #[cortex_m_rt::entry]
        fn main() -> ! {
            $run()
        }

        #[cortex_m_rt::exception]
        fn SysTick() {
            $tick();
        }
    };
}

#[cfg(feature = "critical-section")]
use cortex_m as _; // its critical section
