//! Rate limiters.

use crate::floor;
use crate::harness::Case;
use governor::clock::FakeRelativeClock;
use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;

pub const GCRA: &str = "limit/Gcra admit";
pub const GCRA_DENY: &str = "limit/Gcra deny";
pub const GCRA_CLOCK: &str = "limit/Gcra admit, our clock";
pub const LIVE: &str = "limit/LiveGcra admit";
pub const GOVERNOR_FAKE: &str = "limit/governor (fake clock) admit";
pub const GOVERNOR_FAKE_DENY: &str = "limit/governor (fake clock) deny";
pub const GOVERNOR: &str = "limit/governor (its clock) admit";
pub const GOVERNOR_DENY: &str = "limit/governor (its clock) deny";
pub const RATELIMIT: &str = "limit/ratelimit admit";
pub const LEAKY: &str = "limit/leaky-bucket admit";

/// Every "admit" case allows 10^9 permits a second with a burst so large that none is ever refused.
const A_LOT: u32 = u32::MAX;

pub fn peers() -> Vec<Case> {
    let mut cases = governor();
    cases.extend(others());
    cases
}

fn governor() -> Vec<Case> {
    use governor::{Quota, RateLimiter};
    let per_ns =
        || Quota::per_second(NonZeroU32::new(1_000_000_000).unwrap()).allow_burst(NonZeroU32::new(A_LOT).unwrap());
    let hourly = || Quota::per_hour(NonZeroU32::MIN);

    let fake = RateLimiter::direct_with_clock(per_ns(), FakeRelativeClock::default());
    let fake_spent = RateLimiter::direct_with_clock(hourly(), FakeRelativeClock::default());
    let real = RateLimiter::direct(per_ns());
    let real_spent = RateLimiter::direct(hourly());
    let _ = (fake_spent.check(), real_spent.check());
    assert!(fake.check().is_ok() && fake_spent.check().is_err() && real.check().is_ok() && real_spent.check().is_err());
    vec![
        Case::shared(GOVERNOR_FAKE, move |_| {
            let _ = black_box(fake.check());
        })
        .floor(floor::GCRA),
        Case::shared(GOVERNOR_FAKE_DENY, move |_| {
            let _ = black_box(fake_spent.check());
        })
        .floor(floor::LOAD),
        Case::shared(GOVERNOR, move |_| {
            let _ = black_box(real.check());
        })
        .floor(floor::GCRA),
        Case::shared(GOVERNOR_DENY, move |_| {
            let _ = black_box(real_spent.check());
        })
        .parks()
        .floor(floor::LOAD),
    ]
}

fn others() -> Vec<Case> {
    let tokens = u64::from(A_LOT);
    let ratelimit =
        ratelimit::Ratelimiter::builder(1_000_000_000).max_tokens(tokens).initial_available(tokens).build().unwrap();
    let ratelimit_spent = ratelimit::Ratelimiter::builder(1).period(Duration::from_secs(3600)).build().unwrap();
    let leaky = leaky_bucket::RateLimiter::builder()
        .max(A_LOT as usize)
        .initial(A_LOT as usize)
        .refill(1_000_000)
        .interval(Duration::from_millis(1))
        .build();
    let leaky_spent = leaky_bucket::RateLimiter::builder().initial(0).interval(Duration::from_secs(3600)).build();
    assert!(ratelimit.try_wait().is_ok() && ratelimit_spent.try_wait().is_err());
    assert!(leaky.try_acquire(1) && !leaky_spent.try_acquire(1));
    vec![
        Case::shared(RATELIMIT, move |_| {
            let _ = black_box(ratelimit.try_wait());
        })
        .floor(floor::GCRA),
        Case::shared("limit/ratelimit deny", move |_| {
            let _ = black_box(ratelimit_spent.try_wait());
        })
        .floor(floor::LOAD),
        Case::shared(LEAKY, move |_| {
            black_box(leaky.try_acquire(1));
        })
        .parks()
        .floor(floor::GCRA),
        Case::shared("limit/leaky-bucket deny", move |_| {
            black_box(leaky_spent.try_acquire(1));
        })
        .parks()
        .floor(floor::LOAD),
    ]
}
