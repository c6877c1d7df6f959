//! The loops of `bench.c`, in Rust.

use overcurrent::limit::{Gcra, Rate};
use overcurrent::{BreakerConfig, CountBreaker, Nanos, Outcome, Policy, Quota, Window};
use std::hint::black_box;

const QUOTA: Quota = match Rate::new(1, Nanos::new(10)).burst(1000).build() {
    Ok(quota) => quota,
    Err(_) => panic!("checked by the compiler"),
};
static LIMITER: Gcra = Gcra::new(QUOTA);

const POLICY: Policy = match BreakerConfig::new(Window::calls(100)).build() {
    Ok(policy) => policy,
    Err(_) => panic!("checked by the compiler"),
};
static BREAKER: CountBreaker<7> = match CountBreaker::new(POLICY) {
    Ok(breaker) => breaker,
    Err(_) => panic!("checked by the compiler"),
};

/// `n` admissions, the clock 10 ns further each time: how many were admitted.
#[unsafe(no_mangle)]
pub extern "C" fn rust_try_acquire(n: u64, from: u64) -> u64 {
    (0..n).filter(|i| black_box(&LIMITER).try_acquire(1, Nanos::new(from + i * 10)).is_ok()).count() as u64
}

/// `n` good calls through a closed breaker: how many were admitted.
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
