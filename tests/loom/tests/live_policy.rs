//! Settings that are replaced while others read them.
#![cfg(overcurrent_loom)]

use loom::sync::Arc;
use loom::thread;
use overcurrent::breaker::{AnyHistory, CountHistory, LivePolicy, PolicyRef, RingWord};
use overcurrent::{Breaker, BreakerConfig, Nanos, OpenFor, Outcome, Policy, State, TrialTimeout, Window};

/// Settings whose every number says which they are.
fn settings(which: u32) -> Policy {
    BreakerConfig::new(Window::calls(which)).min_calls(which).failure_rate(which).failure_count(which).build().unwrap()
}

/// Two changes in a row, so that the copy a reader may be in is filled again.
#[test]
fn settings_are_read_in_one_piece() {
    let mut bounded = loom::model::Builder::new();
    bounded.preemption_bound = Some(2);
    bounded.check(|| {
        let live = Arc::new(overcurrent::LiveCountBreaker::<1>::live(settings(1)).unwrap());
        let reader = {
            let live = live.clone();
            thread::spawn(move || live.policy())
        };
        live.reconfigure(settings(2), Nanos::ZERO).unwrap();
        live.reconfigure(settings(3), Nanos::ZERO).unwrap();
        let seen = reader.join().unwrap();
        let whole = (1..=3).any(|which| seen == settings(which));
        assert!(whole, "a mixture of settings was read: {seen:?}");
    });
}

/// Two who change at once: one of them is told that the other is busy, and what remains is whole.
#[test]
fn changes_exclude_each_other() {
    loom::model(|| {
        let live = Arc::new(overcurrent::LiveCountBreaker::<1>::live(settings(1)).unwrap());
        let other = {
            let live = live.clone();
            thread::spawn(move || live.reconfigure(settings(2), Nanos::ZERO).is_ok())
        };
        let mine = live.reconfigure(settings(3), Nanos::ZERO).is_ok();
        let theirs = other.join().unwrap();
        assert!(mine || theirs, "nobody changed anything");
        let seen = live.policy();
        assert!(seen == settings(2) && theirs || seen == settings(3) && mine, "{seen:?} after {theirs} and {mine}");
    });
}

/// A new threshold beside a failure that meets it: it trips by that one or, judged by the old settings, by the next.
#[test]
fn a_change_beside_a_record_loses_no_outcome() {
    loom::model(|| {
        let live = Arc::new(overcurrent::LiveCountBreaker::<1>::live(settings(2)).unwrap());
        let permit = live.enter(Nanos::ZERO).unwrap();
        let other = {
            let live = live.clone();
            thread::spawn(move || live.leave(permit, Outcome::Failure, Nanos::ZERO))
        };
        live.reconfigure(settings(1), Nanos::ZERO).unwrap();
        other.join().unwrap();
        assert!(live.metrics(Nanos::ZERO).failed == 1, "the failure was lost");
        if let Ok(permit) = live.enter(Nanos::ZERO) {
            live.leave(permit, Outcome::Failure, Nanos::ZERO);
        }
        let state = live.state(Nanos::ZERO);
        assert!(state == State::Open, "only failures, and it is {state}");
    });
}

/// Trials that begin beside a change of their number: no trial is missing when their results are to decide.
#[test]
fn trials_that_begin_beside_a_change_of_their_number_decide() {
    let trials = |trials| {
        BreakerConfig::new(Window::calls(1))
            .min_calls(1)
            .trial_calls(trials)
            .trial_timeout(TrialTimeout::Never)
            .open_for(OpenFor::fixed(Nanos::new(10)))
            .build()
            .unwrap()
    };
    let mut bounded = loom::model::Builder::new();
    bounded.preemption_bound = Some(2);
    bounded.check(move || {
        let live = Arc::new(overcurrent::LiveCountBreaker::<1>::live(trials(1)).unwrap());
        live.open(Nanos::ZERO).unwrap();
        let other = {
            let live = live.clone();
            thread::spawn(move || live.enter(Nanos::new(20)).ok())
        };
        live.reconfigure(trials(2), Nanos::new(20)).unwrap();
        let first = other.join().unwrap();
        let others = [live.enter(Nanos::new(30)).ok(), live.enter(Nanos::new(30)).ok()];
        for permit in others.into_iter().chain([first]).flatten() {
            live.leave(permit, Outcome::Success, Nanos::new(40));
        }
        assert!(live.state(Nanos::new(50)) == State::Closed, "every trial succeeded, and it is half-open for ever");
    });
}

/// A breaker in memory that somebody else zeroed, and its first change beside a record: until it is resized the window has
/// the length that its sums are of, whichever settings the recorder reads.
#[test]
fn the_first_change_of_borrowed_settings_keeps_the_sums() {
    let window =
        |calls| BreakerConfig::new(Window::calls(calls)).min_calls(calls).failure_rate(50_000).build().unwrap();
    loom::model(move || {
        let kept = Arc::new((window(3), LivePolicy::empty(), CountHistory::<[RingWord; 1]>::new()));
        let view = |kept: &(Policy, LivePolicy, CountHistory<[RingWord; 1]>),
                    run: &dyn Fn(&Breaker<AnyHistory, PolicyRef>)| {
            run(&Breaker::view(PolicyRef::live(&kept.0, &kept.1), AnyHistory::Count(&kept.2), ()));
        };
        // One of three failed, and leaves with the next success; it is not among the newest two already.
        view(&kept, &|breaker| {
            for outcome in [Outcome::Failure, Outcome::Success, Outcome::Success] {
                breaker.leave(breaker.enter(Nanos::ZERO).unwrap(), outcome, Nanos::ZERO);
            }
        });
        let other = {
            let kept = kept.clone();
            thread::spawn(move || {
                view(&kept, &|breaker| {
                    if let Ok(permit) = breaker.enter(Nanos::ZERO) {
                        breaker.leave(permit, Outcome::Success, Nanos::ZERO);
                    }
                });
            })
        };
        view(&kept, &|breaker| breaker.reconfigure(window(2), Nanos::ZERO).unwrap());
        other.join().unwrap();
        view(&kept, &|breaker| {
            let state = breaker.state(Nanos::ZERO);
            assert!(
                state == State::Closed,
                "the failure is out of either window, and it is {state}: sums of no window"
            );
        });
    });
}
