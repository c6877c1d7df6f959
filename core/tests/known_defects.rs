//! What is known to be wrong with other libraries, each as a test that this one passes.
//!
//! Those that a test elsewhere already holds down are only named:
//!
//! | defect | test |
//! |---|---|
//! | an open verdict without a time: the flag flips before the transition (D1) | loom `breaker`: `the_breaker_trips_exactly_once`, `the_open_wait_is_never_cut_short` |
//! | a wait function that fails leaves it half decided (D1b) | no function is called: waits are settings, checked when built (`breaker.rs`: `settings_that_make_no_sense_are_refused_by_name`) |
//! | FORCED_OPEN or DISABLED, then OPEN, then a late result: division by zero (D3) | here: `a_late_result_after_any_pair_of_states` |
//! | a count window of 1 (D4) | here: `windows_of_every_size_trip_when_full_of_failures`, `threads.rs`: `totals_equal_the_slots_at_rest` |
//! | the clock steps back: the window shrinks, OPEN lasts longer (D5, D21) | here: `a_clock_that_steps_back_loses_no_result`, `a_clock_that_steps_back_keeps_it_open_until_the_same_deadline` |
//! | a NaN threshold (D6) | thresholds are integers |
//! | the limiter mints or forgives permits, overflows (D7, D8, D8b) | here: `a_fixed_cycle_limiter_neither_mints_nor_forgives_nor_overflows`; `cycle.rs`: `draining_after_idle_leaves_nothing_and_a_debt_stays`, `a_huge_limit_and_a_long_idle_time_do_not_overflow` |
//! | the refill task dies (D10) | there is none: `gcra.rs`: `idle_for_a_decade_or_until_the_end_of_time` |
//! | a bulkhead leaks or is released too often (D11, D11b) | here: `a_bulkhead_released_too_often_makes_no_room`; `bulkhead.rs`: `a_doubled_raw_slot_cannot_make_room`; `host/call.rs`: `a_panic_is_a_failure_and_goes_on` |
//! | builders mutate or drop fields (D13, D14) | here: `a_builder_changes_nothing_but_what_it_is_told` |
//! | a lost trial leaves half-open stuck, stale results decide (D15, D16, D16b) | `breaker.rs`: `a_lost_trial_counts_as_failed_when_its_lease_ends`, `results_of_an_older_generation_change_nothing`; `breaker_corners.rs` |
//! | a refused caller is blocked for the whole timeout (D17) | `host/waiters.rs`: `whoever_would_wait_too_long_is_refused_at_once_with_the_queue_counted` |
//! | an interrupted waiter loses its permits (D18), the queue wedges | `host/waiters.rs`: `a_thousand_cancelled_in_any_order_delay_the_next_by_nothing` |
//! | reset in HALF_OPEN, and it re-opens by itself later (D26), on a timer's thread (D29) | here: `a_reset_half_open_breaker_stays_closed` |
//! | twice the burst at a boundary (D27) | here: `no_boundary_lets_twice_the_burst_through` |
//! | governor: up to 43 % too many, three quarters too few | `gcra.rs`: `the_rate_has_no_error_at_any_rate` |
//! | governor: 415 of a burst of 1,000 at one a year | `gcra.rs`: `one_a_year_with_a_burst_of_a_thousand_gives_a_thousand_at_once` |
//! | governor: 902 of 903 at three a second | `gcra.rs`: `polling_in_step_with_the_rate_loses_nothing` |
//! | ratelimit: 3 or 2 of 5 when polled often | `gcra.rs`: `polling_often_loses_nothing`; faster rates here: `polled_at_odd_intervals_no_permit_is_lost` |
//! | failsafe: 1,000 of 1,000 in half-open; recloser: 100 of 100; throttle-net: exactly its trials | here: `a_crowd_at_a_half_open_breaker_gets_its_trials_and_no_more` |
//! | failsafe: a straggler's success closes it | here: `a_straggler_s_success_does_not_close_a_half_open_breaker` |
//! | leaky-bucket: threads that give up wedge those behind them | here: `threads_that_give_up_do_not_wedge_those_behind_them` (feature `std`) |
//! | tags that wrap around | here: `sixty_five_thousand_generations_later`; `breaker_corners.rs` |
#![cfg(feature = "wide")]
#![allow(missing_docs)]

use core::num::NonZeroU32;
use overcurrent::limit::CycleConfig;
use overcurrent::{
    BreakerConfig, Bulkhead, CountBreaker, CycleLimiter, Gcra, HalfOpenEnd, Nanos, OpenFor, Outcome, Rate, State,
    TimeBreaker, TrialTimeout, Window,
};

const fn at(seconds: u64) -> Nanos {
    Nanos::from_secs(seconds)
}

const STATES: [State; 6] =
    [State::Closed, State::Open, State::HalfOpen, State::Disabled, State::ForcedOpen, State::MetricsOnly];

#[test]
fn a_late_result_after_any_pair_of_states() {
    for first in STATES {
        for second in STATES {
            for third in STATES {
                let policy = BreakerConfig::new(Window::calls(2)).min_calls(1).trial_calls(1).build().unwrap();
                let b = CountBreaker::<1>::new(policy).unwrap().starting(first, at(1));
                let early = b.enter(at(1));
                let _ = b.transition(second, at(1));
                let late = b.enter(at(1));
                let _ = b.transition(third, at(1));
                let (state, calls) = (b.state(at(1)), b.metrics(at(1)).calls);
                for permit in [early, late].into_iter().flatten() {
                    let current = permit.generation() == b.metrics(at(1)).generation;
                    b.leave(permit, Outcome::Failure, at(2));
                    if !current {
                        assert_eq!((b.state(at(2)), b.metrics(at(2)).calls), (state, calls));
                    }
                }
                for outcome in [Outcome::Success, Outcome::Failure, Outcome::Ignored] {
                    b.untracked().record(outcome, Nanos::MAX, Nanos::MAX);
                }
                let _ = (b.metrics(Nanos::MAX), b.explain(Nanos::ZERO));
            }
        }
    }
}

#[test]
fn windows_of_every_size_trip_when_full_of_failures() {
    fn full(n: u32, b: &CountBreaker<2048>) {
        for i in 1..=n {
            assert_eq!(b.state(at(1)), State::Closed, "N = {n}, before call {i}");
            let permit = b.enter(at(1)).unwrap();
            b.leave(permit, Outcome::Failure, at(1));
        }
        assert_eq!((b.state(at(1)), b.metrics(at(1)).failed), (State::Open, n), "N = {n}");
    }
    for n in (1..=70).chain([127, 128, 4_095, 4_096, 32_766, 32_767]) {
        let policy = BreakerConfig::new(Window::calls(n)).min_calls(n).failure_rate(100_000).build().unwrap();
        let b = Box::new(CountBreaker::<2048>::new(policy).unwrap());
        full(n, &b);
        b.close(at(1));
        // A success at first: it must leave the window before it trips.
        let permit = b.enter(at(1)).unwrap();
        b.leave(permit, Outcome::Success, at(1));
        full(n, &b);
    }
    assert!(BreakerConfig::new(Window::calls(32_768)).build().is_err());
    assert!(BreakerConfig::new(Window::calls(0)).build().is_err());
}

#[test]
fn a_clock_that_steps_back_loses_no_result() {
    let policy = BreakerConfig::new(Window::time(at(10), 10)).min_calls(1_000).build().unwrap();
    let b = TimeBreaker::<10>::new(policy).unwrap();
    for call in 1..=20 {
        let now = if call <= 10 { at(100) } else { at(95) };
        let permit = b.enter(now).unwrap();
        b.leave(permit, Outcome::Failure, now);
        assert_eq!(b.metrics(now).failed, call);
    }
    assert_eq!(b.metrics(at(100)).failed, 20);
}

#[test]
fn a_clock_that_steps_back_keeps_it_open_until_the_same_deadline() {
    let policy = BreakerConfig::new(Window::calls(2)).open_for(OpenFor::fixed(at(60))).build().unwrap();
    let b = CountBreaker::<1>::new(policy).unwrap();
    b.open(at(10_000)).unwrap();
    let refusal = b.enter(at(6_400)).unwrap_err(); // an hour back
    assert_eq!(refusal.retry_after, Some(at(3_660) + Nanos::new(1)));
    assert_eq!(b.next_deadline(at(6_400)), Some(at(10_060)));
    assert!(b.enter(at(10_060)).is_err());
    assert!(b.enter(at(10_060) + Nanos::new(1)).is_ok());
    // A permit from before the step is not a call of 584 years.
    let policy = BreakerConfig::new(Window::calls(2)).slow_call(at(1), 100_000).build().unwrap();
    let b = CountBreaker::<1>::new(policy).unwrap();
    let permit = b.enter(at(10_000)).unwrap();
    b.leave(permit, Outcome::Success, at(6_400));
    assert_eq!(b.metrics(at(6_400)).slow, 0);
}

#[test]
fn the_ends_of_time() {
    for wait in [Nanos::new(1), at(60), Nanos::MAX] {
        let policy = BreakerConfig::new(Window::calls(1)).min_calls(1).trial_calls(1).open_for(OpenFor::fixed(wait));
        let Ok(policy) = policy.build() else { continue };
        for now in [Nanos::ZERO, Nanos::new(1), Nanos::MAX - Nanos::new(1), Nanos::MAX] {
            let b = CountBreaker::<1>::new(policy).unwrap();
            let permit = b.enter(now).unwrap();
            b.leave(permit, Outcome::Failure, now);
            assert_eq!(b.state(now), State::Open);
            assert!(b.enter(now).is_err());
            assert!(b.enter(Nanos::ZERO).is_err());
            assert_eq!(b.next_deadline(now), Some(now + wait));
        }
    }
}

#[test]
fn idle_for_five_hundred_years() {
    let policy = BreakerConfig::new(Window::time(at(10), 10)).min_calls(1).auto_half_open(true).build().unwrap();
    let b = TimeBreaker::<10>::new(policy).unwrap();
    let permit = b.enter(at(1)).unwrap();
    b.leave(permit, Outcome::Failure, at(1));
    let later = Nanos::new(500 * 365 * Nanos::DAY.get());
    assert_eq!(b.state(later), State::HalfOpen);
    b.close(at(1));
    let permit = b.enter(at(1)).unwrap();
    b.leave(permit, Outcome::Success, later);
    assert_eq!((b.metrics(later).calls, b.metrics(Nanos::MAX).calls), (1, 0));
}

#[test]
fn a_fixed_cycle_limiter_neither_mints_nor_forgives_nor_overflows() {
    let limit = NonZeroU32::new(5).unwrap();
    let policy = CycleConfig::new(limit.get(), Nanos::SECOND).timeout(at(10)).build().unwrap();
    let limiter = CycleLimiter::new(policy);
    // A debt of a whole cycle stays a debt through changes of the limit.
    assert!(limiter.try_acquire(5, at(0)).is_ok());
    let promise = limiter.reserve(5, at(0)).unwrap();
    let balance = limiter.balance(at(0));
    for other in [1, 1_000, 5] {
        limiter.set_limit(NonZeroU32::new(other).unwrap(), at(0)).unwrap();
    }
    assert!(limiter.balance(at(0)) <= balance, "{} after {balance}", limiter.balance(at(0)));
    let _forgotten = promise.into_raw();
    for now in [at(0), at(1), Nanos::MAX, at(0)] {
        limiter.drain(now);
        assert!(limiter.try_acquire(1, now).is_err(), "drained at {now}");
        assert!(limiter.available(now) == 0);
        assert!(limiter.try_acquire(u32::MAX, now).is_err());
    }
}

#[test]
fn a_bulkhead_released_too_often_makes_no_room() {
    let slots = Bulkhead::new(2).unwrap();
    assert!(slots.try_enter());
    assert!(slots.release().is_ok());
    for _ in 0..3 {
        assert!(slots.release().is_err());
    }
    assert_eq!((0..10).filter(|_| slots.try_enter()).count(), 2);
}

#[test]
fn a_builder_changes_nothing_but_what_it_is_told() {
    let base = BreakerConfig::new(Window::calls(10)).min_calls(3).trial_calls(4).open_for(OpenFor::fixed(at(7)));
    let _other = base.min_calls(9).trial_calls(1).failure_rate(1);
    let b = CountBreaker::<1>::new(base.slow_call(at(1), 50_000).build().unwrap()).unwrap();
    let why = b.explain(at(0));
    assert_eq!((why.min_calls, why.failure_rate_threshold, why.slow_rate_threshold), (3, 50_000, 50_000));
    b.open(at(0)).unwrap();
    assert_eq!(b.next_deadline(at(0)), Some(at(7)));
    b.half_open(at(0)).unwrap();
    assert_eq!(b.explain(at(0)).trials_left, 4);
}

#[test]
fn a_reset_half_open_breaker_stays_closed() {
    for then in [HalfOpenEnd::Open, HalfOpenEnd::Closed] {
        for timeout in [TrialTimeout::Stay { stay: at(5), then }, TrialTimeout::Lease(at(5))] {
            let policy = BreakerConfig::new(Window::calls(4)).trial_calls(1).trial_timeout(timeout).build().unwrap();
            let b = CountBreaker::<1>::new(policy).unwrap();
            b.open(at(0)).unwrap();
            b.half_open(at(0)).unwrap();
            let _lost = b.enter(at(0)).unwrap().into_raw();
            b.reset(at(1));
            let generation = b.metrics(at(1)).generation;
            for later in [at(1), at(5), at(6), at(1_000_000), Nanos::MAX] {
                assert_eq!((b.state(later), b.next_deadline(later)), (State::Closed, None));
            }
            assert_eq!(b.metrics(Nanos::MAX).generation, generation, "nothing happened by itself");
        }
    }
}

#[test]
fn no_boundary_lets_twice_the_burst_through() {
    for offset in 0..20 {
        let limiter = Gcra::new(Rate::new(100, Nanos::SECOND).build().unwrap());
        let start = at(5) - Nanos::from_millis(offset);
        let now = |ms| start + Nanos::from_millis(ms);
        // In any 20 ms: the burst and what 20 ms bring.
        let admitted = (0..=20).flat_map(|ms| [ms; 200]).filter(|ms| limiter.try_acquire(1, now(*ms)).is_ok()).count();
        assert_eq!(admitted, 102);
    }
}

#[test]
fn polled_at_odd_intervals_no_permit_is_lost() {
    for (rate, step, want) in [(100, 1_999, 500), (1_000, 7_777, 5_000)] {
        let limiter = Gcra::new(Rate::new(rate, Nanos::SECOND).burst(1).initial(1).build().unwrap());
        let polls = 5_000_000_000 / step;
        let admitted = (0..=polls).filter(|i| limiter.try_acquire(1, at(1) + Nanos::new(i * step)).is_ok()).count();
        // With room for one permit a poll that comes up to a step too late has lost that time: at most as much.
        let late = 1_000_000_000 / rate + step;
        let least = usize::try_from(5_000_000_000 / late).unwrap();
        assert!((least..=want + 1).contains(&admitted), "{admitted} of {want}");
        // With room for two, none is lost: what comes late is made up for.
        let limiter = Gcra::new(Rate::new(rate, Nanos::SECOND).burst(2).initial(0).build().unwrap());
        let admitted = (0..=polls).filter(|i| limiter.try_acquire(1, Nanos::new(i * step)).is_ok()).count();
        let whole = usize::try_from(u128::from(polls * step) * u128::from(rate) / 1_000_000_000).unwrap();
        assert_eq!(admitted, whole, "{rate}/s polled every {step} ns");
    }
}

#[test]
fn a_crowd_at_a_half_open_breaker_gets_its_trials_and_no_more() {
    for trials in [1, 2, 10] {
        let policy = BreakerConfig::new(Window::calls(10)).trial_calls(trials).build().unwrap();
        let b = CountBreaker::<1>::new(policy).unwrap();
        b.open_for(at(1), at(0)).unwrap();
        let admitted: Vec<_> = (0..1_000).filter_map(|_| b.enter(at(2)).ok()).collect();
        assert_eq!(admitted.len(), usize::from(trials));
    }
}

#[test]
fn a_straggler_s_success_does_not_close_a_half_open_breaker() {
    let policy = BreakerConfig::new(Window::calls(2)).min_calls(1).trial_calls(1).build().unwrap();
    let b = CountBreaker::<1>::new(policy).unwrap();
    let straggler = b.enter(at(0)).unwrap();
    let failing = b.enter(at(0)).unwrap();
    b.leave(failing, Outcome::Failure, at(0));
    assert_eq!(b.state(at(0)), State::Open);
    let trial = b.enter(at(100)).unwrap();
    b.leave(straggler, Outcome::Success, at(100));
    assert_eq!((b.state(at(100)), b.metrics(at(100)).calls), (State::HalfOpen, 0));
    b.leave(trial, Outcome::Failure, at(100));
    assert_eq!(b.state(at(100)), State::Open);
}

#[test]
fn sixty_five_thousand_generations_later() {
    let policy = BreakerConfig::new(Window::calls(2)).min_calls(2).trial_calls(1).build().unwrap();
    let b = CountBreaker::<1>::new(policy).unwrap();
    let time = TimeBreaker::<4>::new(BreakerConfig::new(Window::time(at(4), 4)).min_calls(2).build().unwrap()).unwrap();
    for turn in 0..66_000u64 {
        let now = Nanos::from_millis(turn);
        let old = b.enter(now).unwrap();
        b.open(now).unwrap();
        let wait = b.next_deadline(now).unwrap() - now;
        assert!(wait >= at(30), "turn {turn}: {wait}");
        b.close(now);
        b.leave(old, Outcome::Failure, now);
        assert_eq!(b.metrics(now).calls, 0, "turn {turn}");
        time.close(now);
    }
    let now = at(100);
    for breaker in [&b as &dyn Fails, &time] {
        breaker.fail(now);
        assert_eq!(breaker.state_at(now), State::Closed);
        breaker.fail(now);
        assert_eq!(breaker.state_at(now), State::Open);
    }
}

trait Fails {
    fn fail(&self, now: Nanos);
    fn state_at(&self, now: Nanos) -> State;
}

macro_rules! fails {
    ($($breaker:ty),+) => {$(
        impl Fails for $breaker {
            fn fail(&self, now: Nanos) {
                self.leave(self.enter(now).unwrap(), Outcome::Failure, now);
            }
            fn state_at(&self, now: Nanos) -> State {
                self.state(now)
            }
        }
    )+};
}
fails!(CountBreaker<1>, TimeBreaker<4>);

#[cfg(feature = "std")]
#[test]
fn threads_that_give_up_do_not_wedge_those_behind_them() {
    use overcurrent::Waiters;
    use std::time::{Duration, Instant};
    // 200 a second, one at a time; three crowds of impatient threads before and among the patient ones.
    let limiter = Waiters::new(Gcra::new(Rate::new(200, Nanos::SECOND).burst(1).build().unwrap()));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let impatient: Vec<_> = (0..12u64)
            .map(|i| {
                let limiter = &limiter;
                scope.spawn(move || limiter.acquire_blocking(1, Duration::from_millis(i % 4)).is_ok())
            })
            .collect();
        let patient: Vec<_> =
            (0..4).map(|_| scope.spawn(|| limiter.acquire_blocking(1, Duration::from_secs(5)).is_ok())).collect();
        for thread in impatient {
            let _ = thread.join().unwrap();
        }
        assert!(patient.into_iter().all(|thread| thread.join().unwrap()));
    });
    assert_eq!(limiter.waiting(), 0);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}
