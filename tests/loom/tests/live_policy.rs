//! Settings that are replaced while others read them.
#![cfg(overcurrent_loom)]

use loom::sync::Arc;
use loom::thread;
use overcurrent::{BreakerConfig, Nanos, Outcome, Policy, State, Window};

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

/// A new threshold beside a failure that meets it: it trips under one of the two settings, or at the next touch.
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
        live.settle(Nanos::ZERO);
        let metrics = live.metrics(Nanos::ZERO);
        assert!(metrics.failed == 1, "the failure was lost");
        assert!(metrics.state == State::Open, "one failure of one, and it is {}", metrics.state);
    });
}
