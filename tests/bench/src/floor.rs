//! What the machine itself costs: nothing that keeps its state in a shared word can be faster than these.

use crate::harness::Case;
use std::hint::black_box;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use std::time::Instant;

pub const EMPTY: &str = "floor/empty_loop";
pub const LOAD: &str = "floor/load";
pub const CAS: &str = "floor/load_cas";
pub const TWO_CAS: &str = "floor/load_cas_twice";
pub const GCRA: &str = "floor/gcra_cas";
pub const GCRA_DENY: &str = "floor/gcra_deny";
pub const INSTANT: &str = "floor/instant_now";
pub const QUANTA: &str = "floor/quanta_now";

pub fn cases() -> Vec<Case> {
    vec![
        Case::shared(EMPTY, |counter| *counter = black_box(*counter) + 1),
        load(),
        cas(),
        two_cas(),
        gcra(),
        gcra_deny(),
        clock(INSTANT, Instant::now),
        quanta(),
        #[cfg(target_os = "linux")]
        clock("floor/coarse_clock_now", || rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse)),
    ]
}

fn clock<T>(name: &'static str, read: impl Fn() -> T + 'static) -> Case {
    Case::alone(name, move |_| {
        black_box(&read());
    })
}

/// The clock that governor reads by default.
fn quanta() -> Case {
    let clock = quanta::Clock::new();
    self::clock(QUANTA, move || clock.now())
}

fn load() -> Case {
    let word = AtomicU64::new(1);
    Case::shared(LOAD, move |_| {
        black_box(word.load(Acquire));
    })
}

fn bump(word: &AtomicU64) {
    let mut seen = word.load(Acquire);
    while let Err(newer) = word.compare_exchange_weak(seen, seen.wrapping_add(1), AcqRel, Acquire) {
        seen = newer;
    }
}

/// Two threads at it were seen at about 20 ns in some runs and about 38 ns in others, on one machine with the same
/// program. In a like loop at 20 ns each thread won some 18 swaps in a row; what makes the other figure is not known. A
/// ratio to this floor differs accordingly: look at several runs.
fn cas() -> Case {
    let word = AtomicU64::new(0);
    Case::shared(CAS, move |_| bump(&word))
}

/// Two words of one cache line: what something that enters and leaves by a write each would cost.
fn two_cas() -> Case {
    let words = (AtomicU64::new(0), AtomicU64::new(0));
    Case::shared(TWO_CAS, move |_| {
        bump(&words.0);
        bump(&words.1);
    })
}

/// The cell-rate algorithm with nothing round it: `cell` holds the theoretical arrival time.
#[inline(always)]
fn gcra_step(cell: &AtomicU64, now: u64, interval: u64, tolerance: u64) -> bool {
    let mut seen = cell.load(Relaxed);
    loop {
        let next = seen.max(now).wrapping_add(interval);
        if next > now.wrapping_add(tolerance) {
            return false;
        }
        match cell.compare_exchange_weak(seen, next, Relaxed, Relaxed) {
            Ok(_) => return true,
            Err(newer) => seen = newer,
        }
    }
}

fn gcra() -> Case {
    let (cell, interval, tolerance) = (AtomicU64::new(0), black_box(1), black_box(u64::from(u32::MAX)));
    Case::shared(GCRA, move |now| {
        *now += 1;
        black_box(gcra_step(&cell, *now, interval, tolerance));
    })
}

fn gcra_deny() -> Case {
    let (cell, interval, tolerance) = (AtomicU64::new(u64::MAX / 2), black_box(1000), black_box(1000));
    Case::shared(GCRA_DENY, move |now| {
        *now += 1;
        black_box(gcra_step(&cell, *now, interval, tolerance));
    })
}
