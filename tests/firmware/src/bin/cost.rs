//! What a call costs on a Cortex-M4: instructions, and bytes of stack below its caller's.
//!
//! Start it with `-icount shift=5`: an instruction then lasts 32 ns of the emulated time, and SysTick, at 25 MHz on the
//! MPS2 boards, counts it.
#![no_std]
#![no_main]

use core::hint::black_box;
use firmware::{built, tell};
use overcurrent::limit::{Gcra32Word, Quota32};
use overcurrent::{Bulkhead32, Outcome, Permit32, TinyBreaker32, TinyConfig32, TinyPolicy32};

/// State, settings and time arrive as arguments, as they do from a caller that the compiler cannot see.
type Operation<S, P> = fn(&S, &P, u32) -> u32;

static RATE: Quota32 = built!(Quota32::new(3, 7, 1 << 20));
static ONE: Quota32 = built!(Quota32::new(1, 1_000, 1));
static POLICY: TinyPolicy32 = built!(TinyConfig32::new(19, 1_000).build());
static LIMITER: Gcra32Word = Gcra32Word::new();
static EMPTY: Gcra32Word = Gcra32Word::new();
static CLOSED: TinyBreaker32 = TinyBreaker32::new();
static OPEN: TinyBreaker32 = TinyBreaker32::new();
static GOOD: TinyBreaker32 = TinyBreaker32::new();
static BULKHEAD: Bulkhead32 = built!(Bulkhead32::new(60_000));

fn nothing<S, P>(_: &S, _: &P, now: u32) -> u32 {
    now
}
fn acquire(limiter: &Gcra32Word, quota: &Quota32, now: u32) -> u32 {
    u32::from(limiter.try_acquire(quota, 1, now).is_ok())
}
fn enter(breaker: &TinyBreaker32, policy: &TinyPolicy32, now: u32) -> u32 {
    u32::from(breaker.enter(policy, now).map(Permit32::into_raw).is_ok())
}
fn leave_success(breaker: &TinyBreaker32, policy: &TinyPolicy32, now: u32) -> u32 {
    breaker.leave(policy, Permit32::from_raw(0), Outcome::Success, now);
    now
}
/// Every fourth call fails: below the threshold, with five failures in the window.
fn leave_mixed(breaker: &TinyBreaker32, policy: &TinyPolicy32, now: u32) -> u32 {
    let outcome = if now % 4 == 0 { Outcome::Failure } else { Outcome::Success };
    breaker.leave(policy, Permit32::from_raw(0), outcome, now);
    now
}
fn slot(bulkhead: &Bulkhead32, _: &(), _: u32) -> u32 {
    u32::from(bulkhead.try_enter())
}

const CALLS: u32 = 3_000;

/// Tenths of an instruction for a call and its loop; `now` moves by `step`.
#[cfg(target_arch = "arm")]
#[inline(never)]
fn tenths<S, P>(operation: Operation<S, P>, state: &S, settings: &P, step: u32) -> u32 {
    use firmware::board::{count_since, start_counting};
    let operation = black_box(operation);
    start_counting();
    let from = count_since(0);
    let mut now = 1_000;
    for _ in 0..CALLS {
        black_box(operation(black_box(state), black_box(settings), black_box(now)));
        now += step;
    }
    // 40 ns a unit, 32 ns an instruction.
    count_since(from) * 25 / 2 / CALLS
}

/// The deepest byte that a call wrote below the stack pointer of this function.
#[cfg(target_arch = "arm")]
#[inline(never)]
fn stack<S, P>(operation: Operation<S, P>, state: &S, settings: &P) -> u32 {
    const WORDS: u32 = 128;
    const PAINT: u32 = 0x5AFE_C0DE;
    let operation = black_box(operation);
    let top: u32;
    // SAFETY: reads a register.
    unsafe { core::arch::asm!("mov {0}, sp", out(reg) top) };
    let word = |depth: u32| core::ptr::with_exposed_provenance_mut::<u32>((top - depth * 4) as usize);
    for depth in 1..=WORDS {
        // SAFETY: RAM below the stack pointer, nobody's: no handler runs, and this loop calls nothing.
        unsafe { word(depth).write_volatile(PAINT) };
    }
    black_box(operation(state, settings, 1_000_000));
    // SAFETY: as above.
    (1..=WORDS).rev().find(|depth| unsafe { word(*depth).read_volatile() } != PAINT).unwrap_or(0) * 4
}

#[cfg(target_arch = "arm")]
fn cost<S, P>(name: &str, operation: Operation<S, P>, state: &S, settings: &P, step: u32) {
    let empty = tenths(nothing, state, settings, step);
    tell(name, tenths(operation, state, settings, step).saturating_sub(empty));
    tell("  stack", stack(operation, state, settings));
}

#[cfg(target_arch = "arm")]
fn run() -> ! {
    let _ = EMPTY.try_acquire(&ONE, 1, 1_000);
    OPEN.open(&POLICY, 1_000);
    cost("limiter32 admit", acquire, &LIMITER, &RATE, 2);
    cost("limiter32 refuse", acquire, &EMPTY, &ONE, 0);
    cost("breaker32 enter, closed", enter, &CLOSED, &POLICY, 1);
    cost("breaker32 enter, open", enter, &OPEN, &POLICY, 0);
    cost("breaker32 leave, all well", leave_success, &GOOD, &POLICY, 1);
    cost("breaker32 leave, a quarter failed", leave_mixed, &CLOSED, &POLICY, 1);
    cost("bulkhead32 enter", slot, &BULKHEAD, &(), 0);
    firmware::exit(true)
}

#[cfg(not(target_arch = "arm"))]
fn run() -> ! {
    firmware::exit(true)
}

fn no_tick() {}

firmware::firmware!(run, no_tick);
