//! RV32 on QEMU's `virt`: a serial port, the test device for the verdict, the machine timer for the tick.

use core::arch::{asm, global_asm};
use core::ptr::with_exposed_provenance_mut as at;

const TEST: usize = 0x10_0000;
const SERIAL: usize = 0x1000_0000;
const TIMER: usize = 0x0200_4000;
const TIME: usize = 0x0200_BFF8;

global_asm!(
    ".section .init,\"ax\"",
    ".global _start",
    "_start:",
    "la sp, __stack_top",
    "la t0, firmware_trap",
    "csrw mtvec, t0",
    "la t0, __bss_start",
    "la t1, __bss_end",
    "1: bgeu t0, t1, 2f",
    "sw zero, 0(t0)",
    "addi t0, t0, 4",
    "j 1b",
    "2: call firmware_main",
    ".align 2",
    "firmware_trap:",
    "addi sp, sp, -64",
    "sw ra, 0(sp)",
    "sw t0, 4(sp)",
    "sw t1, 8(sp)",
    "sw t2, 12(sp)",
    "sw a0, 16(sp)",
    "sw a1, 20(sp)",
    "sw a2, 24(sp)",
    "sw a3, 28(sp)",
    "sw a4, 32(sp)",
    "sw a5, 36(sp)",
    "sw a6, 40(sp)",
    "sw a7, 44(sp)",
    "sw t3, 48(sp)",
    "sw t4, 52(sp)",
    "sw t5, 56(sp)",
    "sw t6, 60(sp)",
    "csrr a0, mcause",
    "call firmware_cause",
    "lw ra, 0(sp)",
    "lw t0, 4(sp)",
    "lw t1, 8(sp)",
    "lw t2, 12(sp)",
    "lw a0, 16(sp)",
    "lw a1, 20(sp)",
    "lw a2, 24(sp)",
    "lw a3, 28(sp)",
    "lw a4, 32(sp)",
    "lw a5, 36(sp)",
    "lw a6, 40(sp)",
    "lw a7, 44(sp)",
    "lw t3, 48(sp)",
    "lw t4, 52(sp)",
    "lw t5, 56(sp)",
    "lw t6, 60(sp)",
    "addi sp, sp, 64",
    "mret",
);

fn write(register: usize, value: u32) {
    // SAFETY: a device register of the `virt` board.
    unsafe { at::<u32>(register).write_volatile(value) }
}

fn read(register: usize) -> u32 {
    // SAFETY: a device register of the `virt` board.
    unsafe { at::<u32>(register).read_volatile() }
}

/// Writes a character to the console.
pub fn put(character: u8) {
    // SAFETY: the transmit register of the serial port, one byte wide.
    unsafe { at::<u8>(SERIAL).write_volatile(character) }
}

/// Writes to the console.
pub fn say(text: &str) {
    text.bytes().for_each(put);
}

/// Ends the run: QEMU exits with 0 or 1.
pub fn exit(passed: bool) -> ! {
    loop {
        write(TEST, if passed { 0x5555 } else { 0x1_3333 });
    }
}

/// Resets the chip; what is in `.uninit` stays.
pub fn reset() -> ! {
    loop {
        write(TEST, 0x7777);
    }
}

/// The clock runs always.
pub fn start_counting() {}

/// Units of time since an earlier reading; a reading at 0.
pub fn count_since(earlier: u32) -> u32 {
    read(TIME).wrapping_sub(earlier)
}

/// One tick, that many units from now.
pub fn tick_after(units: u32) {
    let now = u64::from(read(TIME + 4)) << 32 | u64::from(read(TIME));
    let end = now + u64::from(units);
    write(TIMER, u32::MAX);
    write(TIMER + 4, (end >> 32) as u32);
    write(TIMER, end as u32);
    // SAFETY: lets the timer interrupt; the trap handler is in place since the start.
    unsafe { asm!("csrs mie, {0}", "csrsi mstatus, 8", in(reg) 0x80) }
}

/// No more ticks.
pub fn stop_ticks() {
    // SAFETY: masks the timer interrupt.
    unsafe { asm!("csrc mie, {0}", in(reg) 0x80) }
}

/// Begins with `$run`; `$tick` is the handler.
#[macro_export]
macro_rules! firmware {
    ($run:path, $tick:path) => {
        #[unsafe(no_mangle)]
        extern "C" fn firmware_main() -> ! {
            $run()
        }

        #[unsafe(no_mangle)]
        extern "C" fn firmware_cause(cause: u32) {
            if cause != 0x8000_0007 {
                $crate::tell("FAILED: a trap", cause);
                $crate::exit(false);
            }
            $tick();
        }
    };
}

#[cfg(feature = "critical-section")]
mod section {
    struct Section;
    critical_section::set_impl!(Section);
    // SAFETY: one core; interrupts stay masked until the outermost section ends.
    unsafe impl critical_section::Impl for Section {
        unsafe fn acquire() -> u32 {
            let before: u32;
            // SAFETY: masks interrupts; `asm!` without `nomem` is a barrier for the compiler as well.
            unsafe { core::arch::asm!("csrrci {0}, mstatus, 8", out(reg) before) };
            before
        }
        unsafe fn release(before: u32) {
            if before & 8 != 0 {
                // SAFETY: as they were before.
                unsafe { core::arch::asm!("csrsi mstatus, 8") };
            }
        }
    }
}
