//! The breaker in one 64-bit word, one property a model.
#![cfg(overcurrent_loom)]

use loom::sync::Arc;
use loom::thread;
use overcurrent::{BreakerConfig, Nanos, OpenFor, Outcome, Permit, State, TinyBreaker, TrialTimeout, Window};

/// One unit of a tiny breaker's deadlines.
const UNIT: u64 = 1 << 16;
const WAIT: u64 = 1_000;

fn at(units: u64) -> Nanos {
    Nanos::new(units * UNIT)
}

fn breaker(window: u32, trials: u16) -> Arc<TinyBreaker> {
    let policy = BreakerConfig::new(Window::calls(window))
        .min_calls(window)
        .trial_calls(trials)
        .trial_timeout(TrialTimeout::Lease(at(WAIT)))
        .open_for(OpenFor::fixed(at(WAIT)))
        .build()
        .unwrap();
    Arc::new(TinyBreaker::new(policy).unwrap())
}

/// Open, and over at `WAIT`.
fn open(window: u32, trials: u16) -> Arc<TinyBreaker> {
    let b = breaker(window, trials);
    b.open(at(0)).unwrap();
    b
}

fn bounded(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

/// A permit may not outlive its loom execution unused: told apart from one that was refused by `is_some`.
fn enter(b: &TinyBreaker, now: Nanos) -> Option<Permit> {
    b.enter(now).ok()
}

#[test]
fn the_tiny_breaker_trips_once() {
    loom::model(|| {
        let b = breaker(2, 1);
        let (one, two, three) = (b.enter(at(0)).unwrap(), b.enter(at(0)).unwrap(), b.enter(at(0)).unwrap());
        let other = {
            let b = b.clone();
            thread::spawn(move || {
                b.leave(one, Outcome::Failure, at(1));
                b.leave(two, Outcome::Failure, at(2));
            })
        };
        b.leave(three, Outcome::Failure, at(3));
        other.join().unwrap();
        let (deadline, metrics) = (b.next_deadline(at(4)), b.metrics(at(4)));
        assert!(metrics.state == State::Open, "three failures of two did not open it");
        assert!(metrics.attempts == 1 && metrics.generation == 0, "it tripped more than once");
        assert!([1, 2, 3].map(|trip| Some(at(trip + WAIT))).contains(&deadline), "the deadline is no racer's");
    });
}

#[test]
fn tiny_half_open_admits_exactly_n_under_three_threads() {
    bounded(3, || {
        let b = open(4, 2);
        let now = at(WAIT + 1);
        let spawn = || {
            let b = b.clone();
            thread::spawn(move || enter(&b, now))
        };
        let (one, two) = (spawn(), spawn());
        let got = [enter(&b, now), one.join().unwrap(), two.join().unwrap()];
        let admitted = got.iter().flatten().count();
        assert!(admitted == 2, "{admitted} trials were admitted, not 2");
        assert!(b.metrics(now).generation == 1, "it went to half-open more than once");
    });
}

#[test]
fn tiny_straggler_changes_nothing() {
    loom::model(|| {
        let b = breaker(2, 1);
        let old = b.enter(at(0)).unwrap();
        b.open(at(0)).unwrap();
        let late = {
            let b = b.clone();
            thread::spawn(move || b.leave(old, Outcome::Failure, at(WAIT + 1)))
        };
        let trial = b.enter(at(WAIT + 1)).unwrap();
        b.leave(trial, Outcome::Success, at(WAIT + 1));
        late.join().unwrap();
        let metrics = b.metrics(at(WAIT + 2));
        assert!(metrics.state == State::Closed, "a straggler judged the trial");
        assert!(metrics.failed == 0, "a straggler was recorded in a newer window");
    });
}

#[test]
fn tiny_lost_trial_expires_once() {
    loom::model(|| {
        let b = open(2, 1);
        let lost = b.enter(at(WAIT + 1)).unwrap();
        let late = at(2 * WAIT + 2);
        let other = {
            let b = b.clone();
            thread::spawn(move || enter(&b, late).is_some())
        };
        let mine = enter(&b, late).is_some();
        let theirs = other.join().unwrap();
        b.leave(lost, Outcome::Success, late);
        let metrics = b.metrics(late);
        assert!(metrics.state == State::Open, "a lost trial left it half-open");
        assert!(metrics.attempts == 2, "the lease was judged more than once");
        assert!(!mine && !theirs, "a call got through beside a lost trial");
    });
}

#[test]
fn tiny_older_clock_admits_no_more() {
    loom::model(|| {
        let b = breaker(1, 1);
        let permit = b.enter(at(5)).unwrap();
        // Read before the trip, used beside it.
        let other = {
            let b = b.clone();
            thread::spawn(move || [enter(&b, at(4)), enter(&b, at(3))])
        };
        b.leave(permit, Outcome::Failure, at(9));
        let trial = other.join().unwrap().iter().flatten().any(Permit::is_trial);
        assert!(!trial, "an older clock got a trial");
        assert!(b.state(at(9)) == State::Open, "an older clock ended the open state");
    });
}

/// The trip that waits for the time beside somebody's success without it: it opens, once, and is not undone.
#[test]
fn a_tiny_trip_that_waits_for_the_time_is_not_lost() {
    loom::model(|| {
        let b = breaker(2, 1);
        let [first, last, good] = [(); 3].map(|()| b.enter(at(0)).unwrap());
        b.leave(first, Outcome::Failure, at(0));
        let other = {
            let b = b.clone();
            thread::spawn(move || b.leave_untimed(good, Outcome::Success).is_err())
        };
        let mine = b.leave_untimed(last, Outcome::Failure).is_err();
        let due = other.join().unwrap() || mine;
        b.settle(at(2));
        let metrics = b.metrics(at(2));
        assert!(due && metrics.state == State::Open, "one of two failed, and it is {}", metrics.state);
        assert!(metrics.attempts == 1, "it opened {} times", metrics.attempts);
    });
}
