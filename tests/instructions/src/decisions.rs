//! The decisions whose instructions are counted. Each is a function of its own, so that its assembly can be found by
//! name, and takes what a caller knows only at run time as arguments.

use overcurrent::breaker::CountBreaker;
use overcurrent::{BreakerConfig, Nanos, OpenFor, Outcome, Window};
use std::hint::black_box;

/// Runs one decision so many times.
pub type Loop = fn(u64);

pub const DECISIONS: &[(&str, Loop)] = &[
    ("count-100 breaker enter+leave", |n| count_success(&count(), n)),
    ("count-100 breaker enter+leave, no clock", |n| count_untimed(&count(), n)),
    ("count-100 breaker enter+leave, 1 in 4 bad", |n| count_mixed(&count(), n)),
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

type Count = CountBreaker<7>;

fn count() -> Count {
    let open_for = OpenFor::fixed(Nanos::from_secs(100 * 365 * 86_400));
    let config = BreakerConfig::new(Window::calls(100)).failure_rate(60_000).min_calls(10).open_for(open_for);
    Count::new(black_box(config.build().unwrap())).unwrap()
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
        let outcome = if i.is_multiple_of(4) { Outcome::Failure } else { Outcome::Success };
        let permit = breaker.enter(now).unwrap();
        breaker.leave(permit, black_box(outcome), now);
    }
}

#[inline(never)]
fn count_refuse(breaker: &Count, n: u64) {
    for i in 0..n {
        assert!(breaker.enter(Nanos::new(black_box(i))).is_err());
    }
}
