//! Real threads, for what the models cannot reach: many repetitions, whole machines, settings that change under load.
#![cfg(feature = "wide")]
#![allow(missing_docs)]

use overcurrent::{
    BreakerConfig, Bulkhead, CountBreaker, Gate, Gcra, LiveCountBreaker, Nanos, Outcome, Policy, Rate, State, Window,
};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::thread;

const NOW: Nanos = Nanos::from_secs(1);

const fn outcome(number: u32) -> Outcome {
    if number % 3 == 0 { Outcome::Failure } else { Outcome::Success }
}

fn never_trips(window: u32) -> BreakerConfig {
    BreakerConfig::new(Window::calls(window)).no_failure_rate().failure_count(window).slow_call(NOW, 100_000)
}

#[test]
fn totals_equal_the_slots_at_rest() {
    for n in [1u32, 2, 100] {
        // In METRICS_ONLY nothing trips, so one window takes everything.
        let b = CountBreaker::<7>::new(never_trips(n).min_calls(n).build().unwrap()).unwrap();
        b.metrics_only(NOW);
        for round in 0..20 {
            thread::scope(|scope| {
                for who in 0..4 {
                    let b = &b;
                    scope.spawn(move || {
                        for i in 0..250 {
                            let permit = b.enter(NOW).unwrap();
                            b.leave(permit, outcome(i + who + round), NOW);
                        }
                    });
                }
            });
            let seen = b.metrics(NOW);
            assert_eq!(seen.calls, n);
            // The slots themselves, as a snapshot writes them: two bits a call after 25 - 2 bytes of everything else.
            let mut page = [0; 128];
            let length = b.snapshot(&mut page, NOW).unwrap();
            let again = CountBreaker::<7>::new(never_trips(n).min_calls(n).build().unwrap()).unwrap();
            again.restore(&page[..length], Nanos::ZERO, NOW).unwrap();
            let slots = again.metrics(NOW);
            assert_eq!((slots.calls, slots.failed, slots.slow), (seen.calls, seen.failed, seen.slow), "N = {n}");
        }
    }
}

#[test]
fn half_open_never_exceeds_its_trials_in_a_thousand_outages() {
    const TRIALS: u16 = 3;
    let policy = BreakerConfig::new(Window::calls(10)).trial_calls(TRIALS).build().unwrap();
    let b = CountBreaker::<1>::new(policy).unwrap();
    let barrier = Barrier::new(4);
    let admitted = AtomicU32::new(0);
    let worst = AtomicU32::new(0);
    thread::scope(|scope| {
        for who in 0..4 {
            let (b, barrier, admitted, worst) = (&b, &barrier, &admitted, &worst);
            scope.spawn(move || {
                for repetition in 0..1_000u32 {
                    if who == 0 {
                        b.close(NOW);
                        b.open_for(Nanos::SECOND, NOW).unwrap();
                        admitted.store(0, SeqCst);
                    }
                    barrier.wait();
                    let later = Nanos::from_secs(3);
                    let mut mine = Vec::new();
                    for _ in 0..3 {
                        if let Ok(permit) = b.enter(later) {
                            admitted.fetch_add(1, SeqCst);
                            mine.push(permit);
                        }
                    }
                    barrier.wait();
                    if who == 0 {
                        worst.fetch_max(admitted.load(SeqCst).abs_diff(u32::from(TRIALS)), SeqCst);
                    }
                    for permit in mine {
                        b.leave(permit, outcome(repetition), later);
                    }
                    barrier.wait();
                    let after = if repetition % 3 == 0 { State::Open } else { State::Closed };
                    if b.state(later) != after {
                        worst.fetch_max(1_000, SeqCst);
                    }
                    barrier.wait();
                }
            });
        }
    });
    assert_eq!(worst.load(SeqCst), 0, "1,000 and more: decided wrongly; less: so many trials too many or too few");
}

#[test]
fn a_limiter_admits_exactly_its_budget_while_the_clock_stands() {
    for burst in [1u64, 100, 3_333] {
        let limiter = Gcra::new(Rate::new(1, Nanos::SECOND).burst(burst).build().unwrap());
        let admitted = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        admitted.fetch_add(u32::from(limiter.try_acquire(1, NOW).is_ok()), SeqCst);
                    }
                });
            }
        });
        assert_eq!(u64::from(admitted.load(SeqCst)), burst);
    }
}

#[test]
fn a_bulkhead_never_exceeds_its_maximum() {
    let slots = Bulkhead::new(2).unwrap();
    let (inside, most) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5_000 {
                    if slots.try_enter() {
                        most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
                        thread::yield_now();
                        inside.fetch_sub(1, SeqCst);
                        slots.release().unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(most.load(SeqCst), 2);
    assert_eq!(slots.in_flight(), 0);
    assert!(slots.release().is_err());
}

#[test]
fn a_pipeline_at_rest_has_nothing_in_flight() {
    let breaker = CountBreaker::<1>::new(BreakerConfig::new(Window::calls(8)).trial_calls(2).build().unwrap()).unwrap();
    let pipeline = (
        breaker,
        Bulkhead::new(3).unwrap(),
        Gcra::new(Rate::new(1_000, Nanos::SECOND).burst(40).build().unwrap()),
        Bulkhead::new(2).unwrap(),
    );
    thread::scope(|scope| {
        for who in 0..4u32 {
            let pipeline = &pipeline;
            scope.spawn(move || {
                for i in 0..3_000u32 {
                    let now = Nanos::from_millis(u64::from(i) * 37);
                    let Ok(permit) = pipeline.enter(1, now.into()) else { continue };
                    match (i + who) % 5 {
                        0 => pipeline.cancel(permit),
                        1 => pipeline.leave(permit, Outcome::Ignored, now.into()),
                        2 | 3 => pipeline.leave(permit, Outcome::Failure, now.into()),
                        _ => pipeline.leave(permit, Outcome::Success, now.into()),
                    }
                }
            });
        }
    });
    assert_eq!((pipeline.1.in_flight(), pipeline.3.in_flight()), (0, 0));
    // A half-open breaker has all of its trials that were given back: two more calls decide it.
    let later = Nanos::from_secs(1_000_000);
    assert_ne!(pipeline.0.state(later), State::ForcedOpen);
    for _ in 0..2 {
        let permit = pipeline.enter(1, later.into()).expect("nothing is held");
        pipeline.leave(permit, Outcome::Success, later.into());
    }
    assert_eq!(pipeline.0.state(later), State::Closed);
}

#[test]
fn settings_that_change_under_load_leave_a_consistent_breaker() {
    fn settings(round: u32) -> Policy {
        let window = [1, 2, 16, 33, 64][round as usize % 5];
        never_trips(window).min_calls(1).trial_calls([1, 2, 5][round as usize % 3]).build().unwrap()
    }
    let b = LiveCountBreaker::<4>::live(settings(0)).unwrap();
    b.metrics_only(NOW);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for who in 0..3 {
            let (b, done) = (&b, &done);
            scope.spawn(move || {
                let mut i = who;
                while !done.load(SeqCst) && i < 200_000 {
                    let permit = b.enter(NOW).unwrap();
                    b.leave(permit, outcome(i), NOW);
                    let seen = b.metrics(NOW);
                    assert!(seen.calls <= 64 && seen.failed <= 64);
                    i += 1;
                }
            });
        }
        for round in 0..500 {
            b.reconfigure(settings(round), NOW).unwrap();
            if round % 16 == 0 {
                thread::yield_now();
            }
        }
        done.store(true, SeqCst);
    });
    b.reconfigure(never_trips(33).min_calls(1).build().unwrap(), NOW).unwrap();
    for i in 0..33 {
        let permit = b.enter(NOW).unwrap();
        b.leave(permit, outcome(i), NOW);
    }
    let seen = b.metrics(NOW);
    assert_eq!((seen.calls, seen.failed), (33, 11));
}

#[test]
fn trials_change_under_load_and_half_open_still_ends() {
    let settings = |trials: u16| {
        BreakerConfig::new(Window::calls(4))
            .trial_calls(trials)
            .open_for(overcurrent::OpenFor::fixed(Nanos::new(1)))
            .trial_timeout(overcurrent::TrialTimeout::Lease(Nanos::SECOND))
            .build()
            .unwrap()
    };
    let b = LiveCountBreaker::<4>::live(settings(2)).unwrap();
    thread::scope(|scope| {
        for who in 0..3u32 {
            let b = &b;
            scope.spawn(move || {
                for i in 0..4_000u32 {
                    let now = Nanos::new(1_000_000 + u64::from(i) * 10);
                    if let Ok(permit) = b.enter(now) {
                        if (i + who) % 7 == 0 {
                            let _lost = permit.into_raw();
                        } else {
                            b.leave(permit, outcome(i / 8), now);
                        }
                    }
                }
            });
        }
        for round in 0..400u16 {
            b.reconfigure(settings(1 + round % 5), NOW).unwrap();
        }
    });
    b.reconfigure(settings(2), NOW).unwrap();
    // Whatever was lost: calls that succeed close it within a few leases.
    let mut now = Nanos::from_secs(10);
    for _ in 0..40 {
        now = now + Nanos::from_millis(500);
        if let Ok(permit) = b.enter(now) {
            b.leave(permit, Outcome::Success, now);
        }
    }
    assert_eq!(b.state(now), State::Closed);
}
