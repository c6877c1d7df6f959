//! The cycle limiter against the reference's own rules, written down naively in 128 bits.
#![cfg(feature = "wide")]
mod model;

use model::cycle::Reference;
use overcurrent::limit::{CycleConfig, CycleLimiter, CycleSnapshot, LimitChange};
use overcurrent::{At, Gate, Nanos, Reason};
use proptest::prelude::*;
use std::num::NonZeroU32;

#[derive(Clone, Debug)]
enum Op {
    Reserve(u32),
    Try(u32),
    Cancel,
    Drain,
    Limit(u32),
    Timeout(u64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (1u32..40).prop_map(Op::Reserve),
        4 => (1u32..40).prop_map(Op::Try),
        1 => Just(Op::Cancel),
        1 => Just(Op::Drain),
        1 => (1u32..40).prop_map(Op::Limit),
        1 => (0u64..5_000).prop_map(Op::Timeout),
    ]
}

/// Mostly small steps, some to an exact edge, some idle.
fn advance(now: u64, step: u64, period: u64) -> u64 {
    match step % 8 {
        0 => now,
        1 => (now / period + 1) * period,
        2 => (now / period + 2) * period - 1,
        3 => now + step * period,
        _ => now + step,
    }
}

fn limiter(limit: u32, period: u64, timeout: u64, change: LimitChange) -> CycleLimiter {
    let config = CycleConfig::new(limit, Nanos::new(period)).timeout(Nanos::new(timeout)).limit_change(change);
    CycleLimiter::new(config.build().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn agrees_with_the_reference(
        limit in 1u32..30,
        period in prop_oneof![1u64..9, 100u64..2_000],
        mut timeout in 0u64..5_000,
        compatible: bool,
        history in proptest::collection::vec((op(), 0u64..2_000), 1..60),
    ) {
        let change = if compatible { LimitChange::NextCycle } else { LimitChange::AtOnce };
        let ours = limiter(limit, period, timeout, change);
        let mut reference = Reference::new(limit, period);
        let mut before = None;
        let mut promise = None;
        let mut t = 0;
        for (op, step) in history {
            t = advance(t, step, period);
            let now = Nanos::new(t);
            let saved = reference.clone();
            match op {
                Op::Reserve(n) => match (ours.reserve(n, now), reference.ask(n, timeout, t)) {
                    (Ok(got), Some(wait)) => {
                        prop_assert_eq!(i128::from(got.wait().get()), wait);
                        prop_assert_eq!(got.ready_at(), now + got.wait());
                        (promise, before) = (Some(got), Some(saved));
                    }
                    (ours, theirs) => prop_assert!(ours.is_err() && theirs.is_none(), "{ours:?} {theirs:?}"),
                },
                Op::Try(n) => {
                    let judged = ours.judge(n, now.into()).is_ok();
                    let got = ours.try_acquire(n, now).is_ok();
                    prop_assert_eq!(got, judged);
                    prop_assert_eq!(got, reference.ask(n, 0, t).is_some());
                    if got {
                        promise = None;
                    }
                }
                Op::Cancel => if let (Some(promise), Some(state)) = (promise.take(), before.take()) {
                    prop_assert!(ours.cancel(promise));
                    // The reference cannot: its state before the promise, looked at now.
                    let seen = reference.cycle;
                    reference = state;
                    (reference.cycle, reference.balance) = reference.refreshed((seen * reference.period) as u64);
                },
                Op::Drain => {
                    promise = None;
                    prop_assert_eq!(ours.drain(now), reference.drain(t));
                }
                Op::Limit(to) => {
                    promise = None;
                    ours.set_limit(NonZeroU32::new(to).unwrap(), now).unwrap();
                    if compatible { reference.limit = to.into() } else { reference.set_limit_at_once(to, t) }
                    prop_assert_eq!(ours.limit(), to);
                }
                Op::Timeout(to) => {
                    ours.set_timeout(Nanos::new(to));
                    timeout = to;
                }
            }
            let (cycle, balance) = reference.refreshed(t);
            prop_assert_eq!(i128::from(ours.cycle(now)), cycle);
            prop_assert_eq!(i128::from(ours.balance(now)), balance);
            prop_assert_eq!(i128::from(ours.available(now)), balance.max(0));
            for n in [1, 7, 50] {
                prop_assert_eq!(i128::from(ours.wait(n, now).unwrap().get()), reference.wait(n, t));
            }
        }
    }

    /// The wait that a refusal tells suffices, and nothing shorter does.
    #[test]
    fn retry_after_is_exact(
        limit in 1u32..6, period in 1u64..50, timeout in 0u64..200, asks in proptest::collection::vec((1u32..12, 0u64..60), 1..12), n in 1u32..30,
    ) {
        let build = || {
            let ours = limiter(limit, period, timeout, LimitChange::AtOnce);
            let mut t = 0;
            for (n, step) in &asks {
                t += step;
                let _ = ours.reserve(*n, Nanos::new(t));
            }
            (ours, t)
        };
        let (ours, t) = build();
        if let Err(denied) = ours.reserve(n, Nanos::new(t)) {
            let granted = |wait| build().0.reserve(n, Nanos::new(t + wait)).is_ok();
            match denied.retry_after().map(Nanos::get) {
                Some(wait) => {
                    prop_assert!(granted(wait), "not yet after {wait}");
                    prop_assert!(wait > 0 && (0..wait).rev().take(300).all(|less| !granted(less)), "sooner than {wait}");
                }
                None => prop_assert!((0..2_000).all(|wait| !granted(wait)), "granted after all"),
            }
        }
    }

    /// Callers whose clocks disagree never get more, by their own clocks, than the limit for each cycle.
    #[test]
    fn older_clocks_admit_no_more(
        limit in 1u32..6, history in proptest::collection::vec((1u32..6, 0u64..30, 0u64..40), 1..200),
    ) {
        let ours = limiter(limit, 10, 0, LimitChange::AtOnce);
        let mut t = 0;
        let mut admitted = std::collections::BTreeMap::<u64, u64>::new();
        for (n, step, behind) in history {
            t += step;
            let now = t.saturating_sub(behind);
            if ours.try_acquire(n, Nanos::new(now)).is_ok() {
                *admitted.entry(now / 10).or_default() += u64::from(n);
            }
            prop_assert!(ours.balance(Nanos::new(t)) <= i64::from(limit));
        }
        prop_assert!(admitted.values().all(|n| *n <= u64::from(limit)), "{admitted:?}");
    }

    /// Where it is known how long it was off, and cycles begin as they did: what the saved one would have given.
    #[test]
    fn aged_by_the_time_off_it_goes_on(
        limit in 1u32..6, before in proptest::collection::vec((1u32..9, 0u64..15), 0..12),
        (off, cycles) in (0u64..60, 0u64..100), after in proptest::collection::vec((1u32..4, 0u64..9), 1..40),
    ) {
        let saved = limiter(limit, 10, 35, LimitChange::AtOnce);
        let mut t = 0;
        for (n, step) in before {
            t += step;
            let _ = saved.reserve(n, Nanos::new(t));
        }
        let snapshot = saved.snapshot(Nanos::new(t)).aged(Nanos::new(off));
        let ours = limiter(limit, 10, 35, LimitChange::AtOnce);
        let mut x = cycles * 10 + (t + off) % 10;
        t += off;
        ours.restore(&CycleSnapshot::from_bytes(&snapshot.to_bytes()).unwrap(), Nanos::new(x)).unwrap();
        for (n, step) in after {
            prop_assert_eq!(ours.balance(Nanos::new(x)), saved.balance(Nanos::new(t)));
            (t, x) = (t + step, x + step);
            let wait = |r: Result<overcurrent::limit::Reservation, _>| r.ok().map(|r| r.wait());
            let (theirs, own) = (saved.reserve(n, Nanos::new(t)), ours.reserve(n, Nanos::new(x)));
            prop_assert_eq!(wait(own), wait(theirs));
        }
    }

    /// After a restore, at no time more has been given than the saved limiter would have given by then.
    #[test]
    fn restore_never_gives_more(
        limit in 1u32..6, before in proptest::collection::vec((1u32..9, 0u64..15), 0..12), origin in 0u64..100,
        after in proptest::collection::vec((1u32..4, 0u64..9), 1..40),
    ) {
        let saved = limiter(limit, 10, 35, LimitChange::AtOnce);
        let mut t = 0;
        for (n, step) in before {
            t += step;
            let _ = saved.reserve(n, Nanos::new(t));
        }
        let bytes = saved.snapshot(Nanos::new(t)).to_bytes();
        let ours = limiter(limit, 10, 0, LimitChange::AtOnce);
        ours.restore(&CycleSnapshot::from_bytes(&bytes).unwrap(), Nanos::new(origin)).unwrap();
        let start = saved.balance(Nanos::new(t));
        let (mut x, mut given) = (0, 0);
        for (n, step) in after {
            x += step;
            if ours.try_acquire(n, Nanos::new(origin + x)).is_ok() {
                given += i64::from(n);
            }
            let cycles = ((t + x) / 10 - t / 10) as i64;
            prop_assert!(given <= (start + cycles * i64::from(limit)).max(0), "{given} given");
        }
    }
}

#[test]
fn a_huge_limit_and_a_long_idle_time_do_not_overflow() {
    // 36 minutes at 2^31 - 1 permits per 500 ns: the reference's balance turns negative here and it refuses.
    let limit = i32::MAX as u32;
    let ours = limiter(limit, 500, 0, LimitChange::AtOnce);
    for minutes in [36, 37, 80, 1_000_000, 100_000_000, 300_000_000] {
        let now = Nanos::MINUTE.get().checked_mul(minutes).map(Nanos::new).unwrap();
        assert_eq!(ours.balance(now), i64::from(limit), "{minutes} min");
        assert_eq!(ours.judge(1, now.into()), Ok(()));
        assert_eq!(ours.wait(limit, now), Some(Nanos::ZERO));
        assert!(ours.try_acquire(limit - 1, now).is_ok());
        assert_eq!(ours.balance(now), 1);
        assert_eq!(ours.drain(now), 1);
    }
    let compatible = limiter(u32::MAX, 1, 0, LimitChange::NextCycle);
    for now in [1 << 40, u64::MAX - 2, u64::MAX - 1] {
        assert!(compatible.try_acquire(u32::MAX, Nanos::new(now)).is_ok());
        assert!(compatible.try_acquire(1, Nanos::new(now)).is_err());
    }
}

#[test]
fn a_clock_from_before_a_change_of_the_limit_gets_nothing() {
    let ours = limiter(2, 1_000, 0, LimitChange::AtOnce);
    ours.set_limit(NonZeroU32::new(3).unwrap(), Nanos::new(5_000)).unwrap();
    assert!(ours.try_acquire(1, Nanos::new(4_999)).is_err());
    assert!(ours.try_acquire(3, Nanos::new(5_000)).is_ok());
}

#[test]
fn draining_after_idle_leaves_nothing_and_a_debt_stays() {
    let ours = limiter(10, 1_000, 5_000, LimitChange::AtOnce);
    ours.try_acquire(1, Nanos::ZERO).unwrap();
    assert_eq!(ours.drain(Nanos::new(7_000)), 10);
    assert_eq!(ours.balance(Nanos::new(7_000)), 0);
    let _ = ours.reserve(15, Nanos::new(7_000)).unwrap();
    assert_eq!(ours.drain(Nanos::new(7_000)), 0);
    assert_eq!(ours.balance(Nanos::new(7_000)), -15);
}

#[test]
fn nothing_asked_waits_for_what_is_owed_and_changes_nothing() {
    let ours = limiter(1, 1_000, 5_000, LimitChange::AtOnce);
    let _ = ours.reserve(3, Nanos::ZERO).unwrap();
    let nothing = ours.reserve(0, Nanos::ZERO).unwrap();
    assert_eq!(nothing.wait(), Nanos::new(2_000));
    assert!(ours.cancel(nothing));
    assert_eq!(ours.balance(Nanos::ZERO), -2);
}

#[test]
fn only_the_newest_promise_is_taken_back() {
    let ours = limiter(4, 1_000, 5_000, LimitChange::AtOnce);
    let older = ours.reserve(1, Nanos::ZERO).unwrap();
    let newer = ours.reserve(1, Nanos::ZERO).unwrap();
    let raw = newer.into_raw();
    assert!(!ours.cancel(older));
    assert!(ours.cancel(overcurrent::limit::Reservation::from_raw(raw)));
    assert_eq!(ours.balance(Nanos::ZERO), 3);
    let stale = ours.reserve(1, Nanos::ZERO).unwrap();
    ours.set_limit(NonZeroU32::new(4).unwrap(), Nanos::ZERO).unwrap();
    assert!(!ours.cancel(stale));
}

#[test]
fn a_gate_that_says_when_and_never() {
    let ours = limiter(2, 1_000, 5_000, LimitChange::AtOnce);
    let at = At::from(Nanos::new(300));
    assert!(ours.needs_clock());
    let permit = ours.enter(2, at).unwrap();
    let refusal = ours.enter(1, at).unwrap_err();
    assert_eq!((refusal.reason, refusal.retry_after), (Reason::RateLimited, Some(Nanos::new(700))));
    let refusal = ours.enter(3, at).unwrap_err();
    assert_eq!((refusal.reason, refusal.retry_after), (Reason::CostExceedsBurst, None));
    Gate::cancel(&ours, permit);
    assert_eq!(ours.balance(at.now), 2);
}
