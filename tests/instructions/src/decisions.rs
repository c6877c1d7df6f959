//! The decisions whose instructions are counted. Each is a function of its own, so that its assembly can be found by
//! name, and takes what a caller knows only at run time as arguments.

use overcurrent::breaker::{CountBreaker, Policy, TimeBreaker, TinyBreaker};
use overcurrent::limit::{Gcra, Rate};
use overcurrent::{BreakerConfig, Nanos, OpenFor, Outcome, Window};
use std::hint::black_box;

/// Runs one decision so many times.
pub type Loop = fn(u64);

pub const DECISIONS: &[(&str, Loop)] = &[
    ("Gcra admit, 1,000 a second", |n| gcra_admit(&gcra(1_000, 1_000_000), n)),
    ("Gcra admit, 1,000,003 a second", |n| gcra_admit(&gcra(1_000_003, 1_000_000), n)),
    ("Gcra deny", |n| {
        let limiter = gcra(1, 1);
        limiter.penalize_until(Nanos::MAX, Nanos::ZERO);
        gcra_deny(&limiter, n);
    }),
    ("tiny breaker enter+leave", |n| tiny_success(&tiny(), n)),
    ("tiny breaker enter+leave, 1 in 4 bad", |n| tiny_mixed(&tiny(), n)),
    ("count-100 breaker enter+leave", |n| count_success(&count(), n)),
    ("count-100 breaker enter+leave, no clock", |n| count_untimed(&count(), n)),
    ("count-100 breaker enter+leave, 1 in 4 bad", |n| count_mixed(&count(), n)),
    ("time-60 breaker enter+leave", |n| time_success(&time(), n)),
    ("time-60 breaker enter+leave, 1 in 4 bad", |n| time_mixed(&time(), n)),
    ("count-100 breaker refuse", |n| {
        let breaker = count();
        for _ in 0..10 {
            let permit = breaker.enter(Nanos::ZERO).unwrap();
            breaker.leave(permit, Outcome::Failure, Nanos::ZERO);
        }
        count_refuse(&breaker, n);
    }),
];

/// The loop itself, subtracted from every figure.
#[inline(never)]
pub fn nothing(n: u64) {
    for i in 0..n {
        black_box(i);
    }
}

fn gcra(permits: u64, burst: u64) -> Gcra {
    Gcra::new(black_box(Rate::new(permits, Nanos::SECOND).burst(burst).build().unwrap()))
}

#[inline(never)]
fn gcra_admit(limiter: &Gcra, n: u64) {
    for i in 0..n {
        assert!(limiter.try_acquire(1, Nanos::new(black_box(i))).is_ok());
    }
}

#[inline(never)]
fn gcra_deny(limiter: &Gcra, n: u64) {
    for i in 0..n {
        assert!(limiter.try_acquire(1, Nanos::new(black_box(i))).is_err());
    }
}

fn policy(window: Window) -> Policy {
    let open_for = OpenFor::fixed(Nanos::from_secs(100 * 365 * 86_400));
    black_box(BreakerConfig::new(window).failure_rate(60_000).min_calls(10).open_for(open_for).build().unwrap())
}

fn tiny() -> TinyBreaker {
    TinyBreaker::new(policy(Window::calls(24))).unwrap()
}

#[inline(never)]
fn tiny_success(breaker: &TinyBreaker, n: u64) {
    for i in 0..n {
        let now = Nanos::new(black_box(i));
        let permit = breaker.enter(now).unwrap();
        breaker.leave(permit, black_box(Outcome::Success), now);
    }
}

#[inline(never)]
fn tiny_mixed(breaker: &TinyBreaker, n: u64) {
    for i in 0..n {
        let now = Nanos::new(black_box(i));
        let permit = breaker.enter(now).unwrap();
        breaker.leave(permit, black_box(quarter_bad(i)), now);
    }
}

fn quarter_bad(i: u64) -> Outcome {
    if i.is_multiple_of(4) { Outcome::Failure } else { Outcome::Success }
}

type Count = CountBreaker<7>;

fn count() -> Count {
    Count::new(policy(Window::calls(100))).unwrap()
}

#[inline(never)]
fn count_success(breaker: &Count, n: u64) {
    for i in 0..n {
        let now = Nanos::new(black_box(i));
        let permit = breaker.enter(now).unwrap();
        breaker.leave(permit, black_box(Outcome::Success), now);
    }
}

#[inline(never)]
fn count_untimed(breaker: &Count, n: u64) {
    for i in 0..n {
        black_box(i);
        let permit = breaker.enter_untimed().unwrap();
        breaker.leave_untimed(permit, black_box(Outcome::Success)).unwrap();
    }
}

#[inline(never)]
fn count_mixed(breaker: &Count, n: u64) {
    for i in 0..n {
        let now = Nanos::new(black_box(i));
        let permit = breaker.enter(now).unwrap();
        breaker.leave(permit, black_box(quarter_bad(i)), now);
    }
}

#[inline(never)]
fn count_refuse(breaker: &Count, n: u64) {
    for i in 0..n {
        assert!(breaker.enter(Nanos::new(black_box(i))).is_err());
    }
}

type Time = TimeBreaker<60>;

fn time() -> Time {
    Time::new(policy(Window::time(Nanos::MINUTE, 60))).unwrap()
}

#[inline(never)]
fn time_success(breaker: &Time, n: u64) {
    for i in 0..n {
        let now = Nanos::new(black_box(i));
        let permit = breaker.enter(now).unwrap();
        breaker.leave(permit, black_box(Outcome::Success), now);
    }
}

#[inline(never)]
fn time_mixed(breaker: &Time, n: u64) {
    for i in 0..n {
        let now = Nanos::new(black_box(i));
        let permit = breaker.enter(now).unwrap();
        breaker.leave(permit, black_box(quarter_bad(i)), now);
    }
}
