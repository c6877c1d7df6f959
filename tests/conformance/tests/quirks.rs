//! What ours does at the points where the reference is wrong: one test for each quirk family, and its recorded traces
//! for the proof that this is where the two part.

use conformance::{Failure, lines, replay};
use overcurrent::limit::{CycleConfig, CycleDenied, CycleLimiter, LimitChange, Reservation};
use overcurrent::{
    BreakerConfig, Bulkhead, CountBreaker, HalfOpenEnd, Nanos, OpenFor, Outcome, OverRelease, State, TrialTimeout,
    Window,
};
use std::collections::BTreeMap;
use std::path::Path;

/// The traces of a family: how many pass, and in which observed value the others first differ.
fn differences(file: &str, family: &str) -> (usize, BTreeMap<&'static str, usize>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors").join(file);
    let (mut passed, mut fields) = (0, BTreeMap::new());
    for line in lines(&path).unwrap() {
        let trace: serde_json::Value = serde_json::from_str(&line).unwrap();
        if trace["family"] != family {
            continue;
        }
        match replay(&trace) {
            Ok(_) => passed += 1,
            Err(Failure::Differs { field, .. }) => *fields.entry(field).or_default() += 1,
            Err(Failure::Unusable(why)) => {
                *fields.entry(if why.contains("permits") { "permits" } else { "?" }).or_default() += 1
            }
        }
    }
    (passed, fields)
}

fn breaker(auto: bool, timeout: TrialTimeout) -> CountBreaker<1> {
    let policy = BreakerConfig::new(Window::calls(2))
        .min_calls(1)
        .trial_calls(2)
        .open_for(OpenFor::fixed(Nanos::from_millis(8)))
        .trial_timeout(timeout)
        .auto_half_open(auto)
        .build()
        .unwrap();
    CountBreaker::new(policy).unwrap()
}

fn ms(n: u64) -> Nanos {
    Nanos::from_millis(n)
}

/// quirk-reset-keeps-timer.
#[test]
fn reset_cancels_the_open_wait() {
    let breaker = breaker(true, TrialTimeout::Never);
    breaker.untracked().record(Outcome::Failure, Nanos::ZERO, ms(1));
    assert_eq!(breaker.next_deadline(ms(1)), Some(ms(9)));
    breaker.reset(ms(5));
    assert_eq!(breaker.next_deadline(ms(5)), None);
    // The reference's timer fires at 9 ms and moves the new state.
    for t in 5..40 {
        assert_eq!(breaker.state(ms(t)), State::Closed);
    }
    // A second trip has a wait of its own, not the rest of the first one.
    breaker.untracked().record(Outcome::Failure, Nanos::ZERO, ms(40));
    breaker.reset(ms(41));
    breaker.untracked().record(Outcome::Failure, Nanos::ZERO, ms(42));
    assert_eq!(breaker.state(ms(48)), State::Open); // 48 is the end of the cancelled wait
    assert_eq!(breaker.state(ms(50)), State::HalfOpen);
}

/// quirk-reset-keeps-timer.
#[test]
fn reset_cancels_the_longest_stay_in_half_open() {
    for then in [HalfOpenEnd::Open, HalfOpenEnd::Closed] {
        let breaker = breaker(false, TrialTimeout::Stay { stay: ms(10), then });
        breaker.untracked().record(Outcome::Failure, Nanos::ZERO, ms(1));
        assert!(breaker.enter(ms(20)).is_ok());
        assert_eq!((breaker.state(ms(20)), breaker.next_deadline(ms(20))), (State::HalfOpen, Some(ms(30))));
        breaker.reset(ms(25));
        assert_eq!(breaker.next_deadline(ms(25)), None);
        for t in 25..60 {
            assert_eq!(breaker.state(ms(t)), State::Closed);
        }
    }
}

/// quirk-until-auto-ms.
#[test]
fn open_until_is_exact_to_the_nanosecond_with_auto_half_open() {
    let until = Nanos::new(7_123_456);
    let by_hand = breaker(true, TrialTimeout::Never);
    by_hand.open_until(until, Nanos::new(999_999)).unwrap();
    let asked = breaker(true, TrialTimeout::Never);
    asked.untracked().record_and_open_until(Outcome::Success, Nanos::ZERO, until, Nanos::new(999_999));
    for breaker in [by_hand, asked] {
        assert_eq!(breaker.next_deadline(Nanos::new(999_999)), Some(until));
        // The reference's timer fires at 6,999,999.
        assert_eq!(breaker.state(until - Nanos::new(1)), State::Open);
        assert!(breaker.enter(until - Nanos::new(1)).is_err());
        assert_eq!(breaker.state(until), State::HalfOpen);
    }
}

#[test]
fn the_recorded_breaker_quirks_part_from_us() {
    for family in ["quirk-reset-keeps-timer", "quirk-until-auto-ms"] {
        let (passed, differ) = differences("circuit_breaker_quirks.jsonl.gz", family);
        println!("{family}: {passed} as recorded, others first differ in {differ:?}");
        assert_eq!(passed + differ.values().sum::<usize>(), 40, "{family}");
        assert!(!differ.is_empty() && !differ.contains_key("?"), "{family}: {differ:?}");
    }
}

/// quirk-bh-over-release.
#[test]
fn giving_back_what_nobody_took_is_reported_and_harmless() {
    let bulkhead = Bulkhead::new(2).unwrap();
    assert_eq!(bulkhead.release(), Err(OverRelease));
    assert_eq!((bulkhead.available(), bulkhead.in_flight(), bulkhead.max()), (2, 0, 2));
    assert!(bulkhead.try_enter());
    assert_eq!(bulkhead.release(), Ok(()));
    for _ in 0..100 {
        assert_eq!(bulkhead.release(), Err(OverRelease));
    }
    // The reference has room for 103 now.
    assert!(bulkhead.try_enter() && bulkhead.try_enter());
    assert!(!bulkhead.try_enter());
}

#[test]
fn the_recorded_bulkhead_quirks_part_from_us_at_an_over_release() {
    let (passed, differ) = differences("bulkhead_quirks.jsonl.gz", "quirk-bh-over-release");
    println!("quirk-bh-over-release: {passed} as recorded, others first differ in {differ:?}");
    assert_eq!(passed + differ.values().sum::<usize>(), 40);
    assert!(differ.keys().all(|field| *field == "r") && !differ.is_empty(), "{differ:?}");
}

fn limiter(limit: u32) -> CycleLimiter {
    let config = CycleConfig::new(limit, Nanos::SECOND).timeout(Nanos::MINUTE).limit_change(LimitChange::NextCycle);
    CycleLimiter::new(config.build().unwrap())
}

/// quirk-rl-drain-stale-or-negative.
#[test]
fn a_drain_after_idle_cycles_leaves_nothing() {
    let limiter = limiter(10);
    assert!(limiter.try_acquire(9, ms(100)).is_ok());
    // The reference subtracts the 1 it last wrote from the 10 of this cycle and leaves 9.
    limiter.drain(ms(5_500));
    assert_eq!(limiter.balance(ms(5_500)), 0);
    assert!(limiter.try_acquire(1, ms(5_999)).is_err());
    assert_eq!(limiter.balance(ms(6_000)), 10);
}

/// quirk-rl-drain-stale-or-negative.
#[test]
fn a_drain_never_forgives_debt() {
    let limiter = limiter(10);
    assert_eq!(limiter.reserve(25, ms(100)).unwrap().wait(), ms(1_900));
    assert_eq!(limiter.balance(ms(100)), -15);
    limiter.drain(ms(200)); // the reference: 0
    assert_eq!(limiter.balance(ms(200)), -15);
    assert_eq!(limiter.balance(ms(1_000)), -5);
    assert_eq!(limiter.balance(ms(2_000)), 5);
}

/// quirk-rl-nonpositive-permits.
#[test]
fn no_permits_cost_nothing_and_give_nothing() {
    // A negative number cannot be written: the parameter is unsigned.
    let ask: fn(&CycleLimiter, u32, Nanos) -> Result<Reservation, CycleDenied<'_>> = CycleLimiter::reserve;
    let limiter = limiter(5);
    for _ in 0..100 {
        assert_eq!(ask(&limiter, 0, ms(1)).unwrap().wait(), Nanos::ZERO);
        assert_eq!(limiter.balance(ms(1)), 5);
    }
    // Behind promised permits of later cycles it waits until nothing is owed, as the reference does, and takes nothing then.
    assert_eq!(ask(&limiter, 7, ms(1)).unwrap().wait(), ms(999));
    assert_eq!(ask(&limiter, 0, ms(1)).unwrap().wait(), ms(999));
    assert_eq!(limiter.balance(ms(1)), -2);
}

#[test]
fn the_recorded_limiter_quirks_part_from_us() {
    for (family, fields) in [
        ("quirk-rl-drain-stale-or-negative", vec!["balance", "event"]),
        ("quirk-rl-nonpositive-permits", vec!["permits", "r"]),
    ] {
        let (passed, differ) = differences("rate_limiter_quirks.jsonl.gz", family);
        println!("{family}: {passed} as recorded, others first differ in {differ:?}");
        assert_eq!(passed + differ.values().sum::<usize>(), 40, "{family}");
        assert!(!differ.is_empty() && differ.keys().all(|field| fields.contains(field)), "{family}: {differ:?}");
    }
}
