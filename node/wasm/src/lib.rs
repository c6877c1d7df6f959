//! The engine as a WebAssembly module. A gate is an address that JavaScript keeps and hands back with each call; questions
//! and answers off the hot path go through one buffer of numbers. There is one thread and no import: the time is an
//! argument, in milliseconds.
#![no_std]

extern crate alloc;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::{Cell, UnsafeCell};
use overcurrent::At;
use overcurrent_node_engine::gate::Gate;
use overcurrent_node_engine::io::{self, Io, ROOM, Told};
use overcurrent_node_engine::time;

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// What the one thread has once.
struct Once {
    io: UnsafeCell<Vec<f64>>,
    seed: Cell<u64>,
}

// SAFETY: a WebAssembly instance over unshared memory has one thread.
unsafe impl Sync for Once {}

static ONCE: Once = Once { io: UnsafeCell::new(Vec::new()), seed: Cell::new(0) };

/// The buffer of numbers.
///
/// # Safety
/// Not while another borrow of it is alive: once in each exported function.
unsafe fn io<'a>() -> &'a mut Vec<f64> {
    // SAFETY: one thread, and one borrow by the contract above.
    unsafe { &mut *ONCE.io.get() }
}

/// The gate at an address that `create` or `join` returned and `drop_gate` has not taken.
///
/// # Safety
/// The address is such a one.
unsafe fn gate<'a>(at: *const Gate) -> &'a Gate {
    // SAFETY: by the contract above it came from `Box::into_raw` and is alive; only shared references are made of it.
    unsafe { &*at }
}

/// The time as JavaScript said it. A clock moved by hand brings no random bits: tests want the same waits each time.
#[inline(never)]
fn at(ms: f64, random: bool) -> At {
    let now = time::nanos(ms);
    let random = if random { time::random_bits(now, ONCE.seed.get()) } else { 0 };
    At { now, random }
}

/// Begins the spreading of waits differently in each process.
#[unsafe(no_mangle)]
pub extern "C" fn seed(seed: f64) {
    ONCE.seed.set(seed.to_bits());
}

/// The address of the buffer, which has room for `numbers`; it moves only here.
#[unsafe(no_mangle)]
pub extern "C" fn buffer(numbers: u32) -> *mut f64 {
    // SAFETY: the only borrow in this function.
    let io = unsafe { io() };
    io::resize(io, numbers as usize);
    io.as_mut_ptr()
}

/// Makes a gate of the kind by the numbers in the buffer, whose last is the time: its address, or 0 with the buffer filled
/// and the number of the fault behind it, in the last place.
#[unsafe(no_mangle)]
pub extern "C" fn create(kind: u32, manual: bool) -> *const Gate {
    // SAFETY: the only borrow in this function.
    let numbers = unsafe { io() };
    let now = at(Io(numbers).get(ROOM - 1), !manual);
    match Gate::create(kind, &mut Io(numbers), manual, now) {
        Ok(gate) => Box::into_raw(gate),
        Err(Told(number)) => {
            if let Some(last) = numbers.last_mut() {
                *last = number;
            }
            core::ptr::null()
        }
    }
}

/// Makes the gates whose addresses are in the buffer one.
///
/// # Safety
/// The first `length` numbers are addresses of gates.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn join(length: u32, manual: bool) -> *const Gate {
    // SAFETY: the only borrow in this function.
    let numbers = unsafe { io() };
    let mut all = numbers.iter().take(length as usize).filter_map(|address| {
        // SAFETY: by the contract above.
        unsafe { gate(*address as usize as *const Gate) }.core()
    });
    Box::into_raw(Gate::joined(&mut all, manual))
}

/// The wait between two attempts, by the numbers in the buffer.
#[unsafe(no_mangle)]
pub extern "C" fn delay() -> f64 {
    // SAFETY: the only borrow in this function.
    overcurrent_node_engine::retry::delay(&mut Io(unsafe { io() }))
}

/// Ends a gate. Nothing may use its address afterwards.
///
/// # Safety
/// The address is one of a gate that is alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn drop_gate(at: *mut Gate) {
    // SAFETY: by the contract it came from `Box::into_raw` and nobody uses it any more.
    Gate::end(unsafe { Box::from_raw(at) });
}

/// Takes permits of a limiter now, or none.
///
/// # Safety
/// The address is one of a gate that is alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn try_acquire(gate: *const Gate, n: u32, now: f64) -> bool {
    // SAFETY: by the contract.
    unsafe { self::gate(gate) }.try_acquire(n, time::nanos(now))
}

/// Asks for one call without the time.
///
/// # Safety
/// The address is one of a gate that is alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn enter_untimed(gate: *const Gate) -> i32 {
    // SAFETY: by the contract.
    unsafe { self::gate(gate) }.enter_untimed()
}

/// Asks for one call.
///
/// # Safety
/// The address is one of a gate that is alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn enter(gate: *const Gate, now: f64) -> i32 {
    // SAFETY: by the contract.
    let gate = unsafe { self::gate(gate) };
    gate.enter(at(now, !gate.manual))
}

/// Reports how a call ended without the time.
///
/// # Safety
/// The address is one of a gate that is alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leave_untimed(gate: *const Gate, packed: u32) -> i32 {
    // SAFETY: by the contract.
    unsafe { self::gate(gate) }.leave_untimed(packed)
}

/// Reports how a call ended.
///
/// # Safety
/// The address is one of a gate that is alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leave(gate: *const Gate, packed: u32, now: f64) -> i32 {
    // SAFETY: by the contract.
    let gate = unsafe { self::gate(gate) };
    gate.leave(packed, at(now, !gate.manual))
}

/// Everything off the hot path, through the buffer.
///
/// # Safety
/// The address is one of a gate that is alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ask(gate: *const Gate, op: u32) -> f64 {
    // SAFETY: by the contract; and the only borrow of the buffer in this function.
    let (gate, numbers) = unsafe { (self::gate(gate), io()) };
    let at = at(Io(numbers).get(0), !gate.manual);
    gate.ask(op, numbers, at)
}
