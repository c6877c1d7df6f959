//! Rate limiters.

use crate::floor;
use crate::harness::Case;
use governor::clock::FakeRelativeClock;
use overcurrent::limit::{CycleConfig, CycleLimiter, Gcra, LiveGcra, Quota, Rate};
use overcurrent::{Clock, FastClock, MonotonicClock, Nanos};
use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;

pub const GCRA: &str = "limit/Gcra admit";
pub const GCRA_DENY: &str = "limit/Gcra deny";
/// Our clock that reads what governor's default reads: the time stamp counter.
pub const GCRA_CLOCK: &str = "limit/Gcra admit, FastClock";
pub const LIVE: &str = "limit/LiveGcra admit";
pub const GOVERNOR_FAKE: &str = "limit/governor (fake clock) admit";
pub const GOVERNOR_FAKE_DENY: &str = "limit/governor (fake clock) deny";
pub const GOVERNOR: &str = "limit/governor (its clock) admit";
pub const GOVERNOR_DENY: &str = "limit/governor (its clock) deny";
pub const RATELIMIT: &str = "limit/ratelimit admit";
pub const LEAKY: &str = "limit/leaky-bucket admit";

/// Every "admit" case allows 10^9 permits a second with a burst so large that none is ever refused.
const A_LOT: u32 = u32::MAX;

fn quota(permits: u64, per: Nanos, burst: u64) -> Quota {
    Rate::new(permits, per).burst(burst).build().unwrap()
}

fn plenty() -> Quota {
    quota(1_000_000_000, Nanos::SECOND, u64::from(A_LOT))
}

/// A rate that no whole number of nanoseconds expresses.
fn odd() -> Quota {
    quota(1_000_003, Nanos::SECOND, u64::from(A_LOT))
}

/// One permit an hour, and that one taken. The hour outlasts the run even at one nanosecond a call.
fn spent() -> Gcra {
    let gcra = Gcra::new(quota(1, Nanos::HOUR, 1));
    gcra.penalize_until(Nanos::MAX, Nanos::ZERO);
    gcra
}

pub fn ours() -> Vec<Case> {
    vec![
        admit(GCRA, Gcra::new(plenty())).peer(GOVERNOR_FAKE),
        admit("limit/Gcra admit, 1,000,003 a second", Gcra::new(odd())).peer(GOVERNOR_FAKE),
        {
            let gcra = LiveGcra::new(plenty());
            Case::shared(LIVE, move |now| {
                *now += 1;
                black_box(gcra.try_acquire(1, Nanos::new(*now)).is_ok());
            })
            .floor(floor::GCRA)
            .peer(RATELIMIT)
        },
        {
            let cycle = CycleLimiter::new(CycleConfig::new(A_LOT, Nanos::SECOND).build().unwrap());
            Case::shared("limit/CycleLimiter admit", move |now| {
                *now += 1;
                black_box(cycle.try_acquire(1, Nanos::new(*now)).is_ok());
            })
            .floor(floor::GCRA)
            .peer(GOVERNOR_FAKE)
        },
        {
            let gcra = spent();
            Case::shared(GCRA_DENY, move |now| {
                *now += 1;
                black_box(gcra.try_acquire(1, Nanos::new(*now)).is_ok());
            })
            .floor(floor::CAS)
            .peer(GOVERNOR_FAKE_DENY)
        },
        {
            let gcra = spent();
            Case::shared("limit/Gcra deny, wait asked", move |now| {
                *now += 1;
                black_box(gcra.try_acquire(1, Nanos::new(*now)).err().map(|denied| denied.retry_after()));
            })
            .floor(floor::CAS)
            .peer(GOVERNOR_FAKE_DENY)
        },
        clocked(GCRA_CLOCK, Gcra::new(plenty()), FastClock).peer(GOVERNOR),
        clocked("limit/Gcra admit, MonotonicClock", Gcra::new(plenty()), MonotonicClock).peer(GOVERNOR),
        clocked("limit/Gcra deny, FastClock", spent(), FastClock).peer(GOVERNOR_DENY),
        clocked("limit/Gcra deny, MonotonicClock", spent(), MonotonicClock).peer(GOVERNOR_DENY),
    ]
}

fn clocked(name: &'static str, gcra: Gcra, clock: impl Clock + Send + Sync + 'static) -> Case {
    Case::shared(name, move |_| {
        black_box(gcra.try_acquire(1, clock.now().now).is_ok());
    })
    .floor(floor::GCRA)
}

/// An admission with the time given: it goes on by 1 ns a call.
fn admit(name: &'static str, gcra: Gcra) -> Case {
    assert!(gcra.try_acquire(1, Nanos::ZERO).is_ok());
    Case::shared(name, move |now| {
        *now += 1;
        black_box(gcra.try_acquire(1, Nanos::new(*now)).is_ok());
    })
    .floor(floor::GCRA)
}

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
            black_box(fake.check().is_ok());
        })
        .floor(floor::GCRA),
        Case::shared(GOVERNOR_FAKE_DENY, move |_| {
            black_box(fake_spent.check().is_ok());
        })
        .floor(floor::LOAD),
        Case::shared(GOVERNOR, move |_| {
            black_box(real.check().is_ok());
        })
        .floor(floor::GCRA),
        Case::shared(GOVERNOR_DENY, move |_| {
            black_box(real_spent.check().is_ok());
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
            black_box(ratelimit.try_wait().is_ok());
        })
        .floor(floor::GCRA),
        Case::shared("limit/ratelimit deny", move |_| {
            black_box(ratelimit_spent.try_wait().is_ok());
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
