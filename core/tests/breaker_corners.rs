//! Corners where a decision, a deadline or a result could be lost.
#![cfg(feature = "wide")]
#![allow(missing_docs)]

use overcurrent::{
    BreakerConfig, CountBreaker, Counters, Gate, HalfOpenEnd, LiveCountBreaker, Nanos, OpenFor, Outcome, Policy, State,
    TimeBreaker, TrialTimeout, Window,
};

const fn at(seconds: u64) -> Nanos {
    Nanos::from_secs(seconds)
}

fn config() -> BreakerConfig {
    BreakerConfig::new(Window::calls(8)).min_calls(8).trial_calls(2)
}

/// Half-open and open in turn, as through a long outage, then closed.
macro_rules! outage {
    ($breaker:expr, $turns:expr) => {
        for _ in 0..$turns {
            $breaker.open(at(1)).unwrap();
            $breaker.half_open(at(1)).unwrap();
        }
        $breaker.close(at(1));
    };
}

#[test]
fn failures_in_a_row_still_count_after_an_outage_of_any_length() {
    for turns in [1, 32_766, 32_767, 32_768, 40_000, 65_534] {
        let b = CountBreaker::<1>::new(config().consecutive_failures(3).build().unwrap()).unwrap();
        for _ in 0..3 {
            let permit = b.enter(at(1)).unwrap();
            b.leave(permit, Outcome::Failure, at(1));
        }
        assert_eq!(b.state(at(1)), State::Open);
        outage!(b, turns);
        for _ in 0..3 {
            let permit = b.enter(at(1)).unwrap();
            b.leave(permit, Outcome::Failure, at(1));
        }
        assert_eq!(b.state(at(1)), State::Open, "after {turns} turns");
    }
}

#[test]
fn a_straggler_of_1024_generations_ago_changes_nothing_in_the_largest_windows() {
    let policy = BreakerConfig::new(Window::calls(32_767)).build().unwrap();
    let b = Box::new(CountBreaker::<2048>::new(policy).unwrap());
    for outcome in [Outcome::Success, Outcome::Failure] {
        let old = b.enter(at(1)).unwrap();
        outage!(b, 1_023);
        assert_eq!(b.metrics(at(1)).generation.wrapping_sub(old.generation()), 1_024);
        b.leave(old, outcome, at(1));
        assert_eq!(b.metrics(at(1)).calls, 0, "{outcome:?}");
    }
    let b = TimeBreaker::<4>::new(BreakerConfig::new(Window::time(at(8), 4)).build().unwrap()).unwrap();
    for outcome in [Outcome::Success, Outcome::Failure] {
        let old = b.enter(at(1)).unwrap();
        outage!(b, 1_023);
        b.leave(old, outcome, at(1));
        assert_eq!(b.metrics(at(1)).calls, 0, "time window, {outcome:?}");
    }
}

#[test]
fn more_trials_while_half_open_can_be_had_and_then_decide() {
    let live = |trials| config().trial_calls(trials).trial_timeout(TrialTimeout::Never).build().unwrap();
    let b = LiveCountBreaker::<1>::live(live(2)).unwrap();
    b.open_for(at(1), at(0)).unwrap();
    let mut trials = vec![b.enter(at(10)).unwrap(), b.enter(at(10)).unwrap()];
    b.reconfigure(live(5), at(10)).unwrap();
    for _ in 0..3 {
        trials.push(b.enter(at(10)).expect("three more trials than before"));
    }
    assert!(b.enter(at(10)).is_err());
    for trial in trials {
        b.leave(trial, Outcome::Success, at(10));
    }
    assert_eq!(b.state(at(10)), State::Closed);
}

#[test]
fn fewer_trials_while_half_open_admit_no_more_than_that_and_have_a_lease() {
    let live = |trials| config().trial_calls(trials).trial_timeout(TrialTimeout::Lease(at(5))).build().unwrap();
    let b = LiveCountBreaker::<1>::live(live(5)).unwrap();
    b.open_for(at(1), at(0)).unwrap();
    for _ in 0..2 {
        let _lost = b.enter(at(10)).unwrap().into_raw();
    }
    b.reconfigure(live(2), at(10)).unwrap();
    assert!(b.enter(at(10)).is_err(), "both trials are out");
    assert_eq!(b.state(at(15)), State::HalfOpen);
    assert_eq!(b.state(at(16)), State::Open);
}

#[test]
fn a_decision_made_due_by_new_settings_is_carried_out_by_whoever_judges() {
    let live = |least| config().trial_calls(2).trial_min(least).trial_timeout(TrialTimeout::Never).build().unwrap();
    let b = LiveCountBreaker::<1>::live(live(2)).unwrap();
    b.open_for(at(1), at(0)).unwrap();
    let _lost = b.enter(at(10)).unwrap().into_raw();
    let trial = b.enter(at(10)).unwrap();
    b.leave(trial, Outcome::Success, at(10));
    b.reconfigure(live(1), at(10)).unwrap();
    // A pipeline enters only if all its gates' judgements are good.
    assert_eq!(b.judge(1, at(10).into()), Ok(()));
    assert_eq!(b.state(at(10)), State::Closed);
}

#[test]
fn a_half_open_state_restored_under_other_settings_still_ends() {
    let before = CountBreaker::<1>::new(config().build().unwrap()).unwrap();
    before.open_for(at(1), at(0)).unwrap();
    let _lost = before.enter(at(10)).unwrap().into_raw();
    let mut page = [0; 64];
    before.snapshot(&mut page, at(10)).unwrap();

    let stay = TrialTimeout::Stay { stay: at(5), then: HalfOpenEnd::Open };
    let after = CountBreaker::<1>::new(config().trial_timeout(stay).build().unwrap()).unwrap();
    after.restore(&page, Nanos::ZERO, at(0)).unwrap();
    for _ in 0..2 {
        let _lost = after.enter(at(0)).unwrap().into_raw();
    }
    assert_eq!(after.next_deadline(at(0)), Some(at(5)));
    assert_eq!(after.state(at(5)), State::Open);
}

#[test]
fn a_trial_left_without_the_time_is_recorded() {
    let b = CountBreaker::<1>::new(config().build().unwrap()).unwrap();
    b.open_for(at(1), at(0)).unwrap();
    for _ in 0..2 {
        let trial = b.enter(at(10)).unwrap();
        assert!(b.leave_untimed(trial, Outcome::Failure).is_err(), "now it needs the time");
        b.settle(at(10));
    }
    assert_eq!(b.state(at(10)), State::Open);
}

#[test]
fn a_trip_that_waits_for_the_time_is_not_lost_to_a_success_in_between() {
    let b = CountBreaker::<1>::new(config().consecutive_failures(3).build().unwrap()).unwrap();
    let mut due = false;
    let somebody_else = b.enter_untimed().unwrap();
    for _ in 0..3 {
        due = b.leave_untimed(b.enter_untimed().unwrap(), Outcome::Failure).is_err();
    }
    assert!(due, "the third failure in a row asks for the time");
    let _ = b.leave_untimed(somebody_else, Outcome::Success); // before the clock was read
    assert!(b.enter_untimed().is_err() && b.needs_clock(), "nobody passes without the time now");
    b.settle(at(1));
    assert_eq!(b.state(at(1)), State::Open);
}

/// The wait of a refusal: enough, and not a nanosecond more.
#[test]
fn the_wait_of_a_refusal_is_the_least_that_is_enough() {
    let stay = TrialTimeout::Stay { stay: Nanos::new(500), then: HalfOpenEnd::Closed };
    for (auto, timeout) in [
        (false, TrialTimeout::Never),
        (true, TrialTimeout::Never),
        (false, stay),
        (false, TrialTimeout::Lease(Nanos::new(500))),
    ] {
        let policy = BreakerConfig::new(Window::calls(4))
            .trial_calls(1)
            .open_for(OpenFor::fixed(Nanos::new(1_000)))
            .auto_half_open(auto)
            .trial_timeout(timeout)
            .build()
            .unwrap();
        let refused_at = |at_open: u64| {
            let breaker = CountBreaker::<1>::new(policy).unwrap();
            breaker.open(Nanos::ZERO).unwrap();
            if at_open != 0 {
                let _trial = breaker.enter(Nanos::new(at_open)).unwrap();
            }
            breaker
        };
        let wait = refused_at(0).enter(Nanos::new(300)).unwrap_err().retry_after.unwrap().get();
        assert_eq!(refused_at(0).explain(Nanos::new(300)).refusal.unwrap().retry_after, Some(Nanos::new(wait)));
        assert!(refused_at(0).enter(Nanos::new(300 + wait)).is_ok(), "too short while open: {wait}");
        assert!(refused_at(0).enter(Nanos::new(300 + wait - 1)).is_err(), "too long while open: {wait}");
        if timeout == stay {
            let wait = refused_at(1_001).enter(Nanos::new(1_100)).unwrap_err().retry_after.unwrap().get();
            assert!(refused_at(1_001).enter(Nanos::new(1_100 + wait)).is_ok(), "too short in half-open: {wait}");
            assert!(refused_at(1_001).enter(Nanos::new(1_100 + wait - 1)).is_err(), "too long in half-open: {wait}");
        }
    }
}

/// In METRICS_ONLY a rule is told once a stay, also over a restart.
#[test]
fn a_rule_that_was_told_is_not_told_again_after_a_restart() {
    let policy = BreakerConfig::new(Window::calls(4)).min_calls(1).build().unwrap();
    let fail = |breaker: &CountBreaker<1, Policy, Counters>| {
        breaker.leave(breaker.enter(Nanos::ZERO).unwrap(), Outcome::Failure, Nanos::ZERO);
    };
    let before = CountBreaker::<1>::new(policy).unwrap().with_observer(Counters::new());
    before.metrics_only(Nanos::ZERO);
    fail(&before);
    assert_eq!(before.observer().get().trips, 1);
    let mut page = [0; 64];
    before.snapshot(&mut page, Nanos::ZERO).unwrap();
    let after = CountBreaker::<1>::new(policy).unwrap().with_observer(Counters::new());
    after.restore(&page, Nanos::ZERO, Nanos::ZERO).unwrap();
    fail(&after);
    assert_eq!(after.observer().get().trips, 0, "told twice");
}
