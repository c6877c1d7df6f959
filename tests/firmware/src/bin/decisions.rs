//! Only what decides, with arguments that nobody knows: what is in this image is what a decision costs. It must link
//! without panics, and hold no allocator, no float and no division.
#![no_std]
#![no_main]

use core::hint::black_box;
use firmware::built;
use overcurrent::limit::{Gcra32, Quota32};
use overcurrent::{Bulkhead32, Outcome, TinyBreaker32, TinyConfig32, TinyPolicy32};

static LIMITER: Gcra32 = Gcra32::new(built!(built!(Quota32::new(7, 1_000, 5)).max_wait(500)));
static BREAKER: TinyBreaker32 = TinyBreaker32::new();
static POLICY: TinyPolicy32 = built!(TinyConfig32::new(16, 1_000).build());
static BULKHEAD: Bulkhead32 = built!(Bulkhead32::new(3));

fn outcome() -> Outcome {
    match black_box(0u32) {
        0 => Outcome::Success,
        1 => Outcome::Failure,
        _ => Outcome::Ignored,
    }
}

fn narrow() {
    let now = black_box(5);
    black_box(LIMITER.try_acquire(black_box(1), now).is_ok());
    if let Ok(promise) = LIMITER.reserve(black_box(1), black_box(9), now) {
        black_box(LIMITER.cancel(promise));
    }
    if let Ok(permit) = BREAKER.enter(&POLICY, now) {
        BREAKER.leave(&POLICY, permit, outcome(), black_box(6));
    }
    if BULKHEAD.try_enter() {
        let _ = BULKHEAD.release();
    }
}

#[cfg(feature = "wide")]
mod wide {
    use super::*;
    use overcurrent::{BreakerConfig, Bulkhead, CountBreaker, Gcra, Nanos, Rate, TinyBreaker, TinyPolicy, Window};

    const POLICY: overcurrent::Policy = built!(BreakerConfig::new(Window::calls(16)).build());
    static LIMITER: Gcra = Gcra::new(built!(Rate::new(7, Nanos::SECOND).burst(5).build()));
    static COUNT: CountBreaker<1> = built!(CountBreaker::new(POLICY));
    static TINY: TinyBreaker = TinyBreaker::with_policy(built!(TinyPolicy::new(POLICY)));
    static BULKHEAD: Bulkhead = built!(Bulkhead::new(3));

    pub fn decide() {
        let now = Nanos::new(black_box(5));
        let then = Nanos::new(black_box(6));
        black_box(LIMITER.try_acquire(black_box(1), now).is_ok());
        if let Ok(permit) = COUNT.enter(now) {
            COUNT.leave(permit, outcome(), then);
        }
        if let Ok(permit) = TINY.enter(now) {
            TINY.leave(permit, outcome(), then);
        }
        if BULKHEAD.try_enter() {
            let _ = BULKHEAD.release();
        }
    }
}

fn run() -> ! {
    narrow();
    #[cfg(feature = "wide")]
    wide::decide();
    #[cfg(feature = "control-index")]
    black_box([1u32, 2, 3][black_box(1usize)]);
    #[cfg(feature = "control-division")]
    black_box(black_box(1u64).checked_div(black_box(2)));
    firmware::exit(true)
}

fn no_tick() {}

firmware::firmware!(run, no_tick);
