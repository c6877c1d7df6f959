//! The loops of `bench.c`, in Rust.

use overcurrent::breaker::{CountHistory, RingWord};
use overcurrent::limit::{Gcra, LiveGcra, Rate};
use overcurrent::{
    Breaker, BreakerConfig, Bulkhead, CountBreaker, Gate, LiveCountBreaker, Nanos, Outcome, Policy, Quota, TimeBreaker,
    TinyBreaker, Window,
};
use std::hint::black_box;

macro_rules! checked {
    ($made:expr) => {
        match $made {
            Ok(made) => made,
            Err(_) => panic!("checked by the compiler"),
        }
    };
}

const QUOTA: Quota = checked!(Rate::new(1, Nanos::new(10)).burst(1000).build());
const CALLS: Policy = checked!(BreakerConfig::new(Window::calls(100)).build());
const FEW: Policy = checked!(BreakerConfig::new(Window::calls(20)).build());
const TIME: Policy = checked!(BreakerConfig::new(Window::time(Nanos::from_secs(10), 10)).build());

static LIMITER: Gcra = Gcra::new(QUOTA);
static LIVE_LIMITER: LiveGcra = LiveGcra::new(QUOTA);
static BREAKER: CountBreaker<7> = checked!(CountBreaker::new(CALLS));
static CALLS_KEPT: Policy = CALLS;
static HISTORY: CountHistory<[RingWord; 7]> = CountHistory::new();
static LIVE_BREAKER: LiveCountBreaker<7> = checked!(LiveCountBreaker::live(CALLS));
static TIMED: TimeBreaker<10> = checked!(TimeBreaker::new(TIME));
static TINY: TinyBreaker = checked!(TinyBreaker::new(FEW));
static PIPE: (CountBreaker<7>, Bulkhead, Gcra) =
    (checked!(CountBreaker::new(CALLS)), checked!(Bulkhead::new(8)), Gcra::new(QUOTA));

/// `n` admissions, the clock 10 ns further each time: how many were admitted.
fn acquire(n: u64, from: u64, ask: impl Fn(Nanos) -> bool) -> u64 {
    (0..n).filter(|i| ask(Nanos::new(from + i * 10))).count() as u64
}

/// `n` calls through a closed breaker, every `bad`th of which fails: how many were admitted.
macro_rules! calls {
    ($breaker:expr, $n:expr, $from:expr, $bad:expr) => {{
        let mut admitted = 0;
        for i in 0..$n {
            let breaker = black_box(&$breaker);
            let now = Nanos::new($from + i);
            if let Ok(permit) = breaker.enter(now) {
                let outcome = if i % $bad == $bad - 1 { Outcome::Failure } else { Outcome::Success };
                breaker.leave(permit, outcome, now);
                admitted += 1;
            }
        }
        admitted
    }};
}

#[unsafe(no_mangle)]
pub extern "C" fn rust_try_acquire(n: u64, from: u64) -> u64 {
    acquire(n, from, |now| black_box(&LIMITER).try_acquire(1, now).is_ok())
}

#[unsafe(no_mangle)]
pub extern "C" fn rust_live_try_acquire(n: u64, from: u64) -> u64 {
    acquire(n, from, |now| black_box(&LIVE_LIMITER).try_acquire(1, now).is_ok())
}

#[unsafe(no_mangle)]
pub extern "C" fn rust_enter_leave(n: u64, from: u64) -> u64 {
    let mut admitted = 0;
    for i in 0..n {
        let breaker = black_box(&BREAKER);
        if let Ok(permit) = breaker.enter(Nanos::new(from + i)) {
            breaker.leave(permit, Outcome::Success, Nanos::new(from + i));
            admitted += 1;
        }
    }
    admitted
}

/// The ring's length is not known to the compiler, as it is not in C.
#[unsafe(no_mangle)]
pub extern "C" fn rust_failing(n: u64, from: u64) -> u64 {
    let history: &CountHistory<[RingWord]> = black_box(&HISTORY);
    let breaker = Breaker::view(&CALLS_KEPT, history, ());
    calls!(breaker, n, from, 10)
}

#[unsafe(no_mangle)]
pub extern "C" fn rust_live(n: u64, from: u64) -> u64 {
    calls!(LIVE_BREAKER, n, from, 10)
}

#[unsafe(no_mangle)]
pub extern "C" fn rust_timed(n: u64, from: u64) -> u64 {
    calls!(TIMED, n, from, 10)
}

#[unsafe(no_mangle)]
pub extern "C" fn rust_tiny(n: u64, from: u64) -> u64 {
    calls!(TINY, n, from, 10)
}

#[unsafe(no_mangle)]
pub extern "C" fn rust_pipeline(n: u64, from: u64) -> u64 {
    acquire(n, from, |now| {
        let gates = black_box(&PIPE);
        match gates.enter(1, now.into()) {
            Ok(permit) => {
                gates.leave(permit, Outcome::Success, now.into());
                true
            }
            Err(_) => false,
        }
    })
}
