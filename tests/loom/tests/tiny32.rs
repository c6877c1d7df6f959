//! The breaker in one 32-bit word, one property a model. The tick counter wraps in the middle of each.
#![cfg(overcurrent_loom)]

use loom::sync::Arc;
use loom::thread;
use overcurrent::{Outcome, Permit32, State, TinyBreaker32, TinyConfig32, TinyPolicy32};

const WAIT: u32 = 1_000;

const fn policy(window: u32, trials: u32) -> TinyPolicy32 {
    match TinyConfig32::new(window, WAIT).min_calls(window).trial_calls(trials).lease(WAIT).build() {
        Ok(policy) => policy,
        Err(_) => panic!("checked by the compiler"),
    }
}

static P11: TinyPolicy32 = policy(1, 1);
static P21: TinyPolicy32 = policy(2, 1);
static P42: TinyPolicy32 = policy(4, 2);

/// `ticks` after a start 500 before the wrap.
fn at(ticks: u32) -> u32 {
    (u32::MAX - 500).wrapping_add(ticks)
}

fn breaker() -> Arc<TinyBreaker32> {
    Arc::new(TinyBreaker32::new())
}

fn bounded(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

#[test]
fn the_32_bit_breaker_trips_once() {
    loom::model(|| {
        let b = breaker();
        let permit = || b.enter(&P21, at(0)).unwrap();
        let (one, two, three) = (permit(), permit(), permit());
        let other = {
            let b = b.clone();
            thread::spawn(move || {
                b.leave(&P21, one, Outcome::Failure, at(1));
                b.leave(&P21, two, Outcome::Failure, at(2));
            })
        };
        b.leave(&P21, three, Outcome::Failure, at(3));
        other.join().unwrap();
        assert!(b.state() == State::Open, "three failures of two did not open it");
        let left = b.next_deadline(&P21, at(4)).unwrap();
        assert!((WAIT - 3..WAIT).contains(&left), "the deadline is no racer's: {left} left");
    });
}

#[test]
fn half_open_in_32_bits_admits_exactly_n_under_three_threads() {
    bounded(3, || {
        let b = breaker();
        b.open(&P42, at(0));
        let enter = |b: &TinyBreaker32| b.enter(&P42, at(WAIT + 1)).is_ok();
        let spawn = || {
            let b = b.clone();
            thread::spawn(move || enter(&b))
        };
        let (one, two) = (spawn(), spawn());
        let admitted = [enter(&b), one.join().unwrap(), two.join().unwrap()].into_iter().filter(|yes| *yes).count();
        assert!(admitted == 2, "{admitted} trials were admitted, not 2");
        assert!(b.metrics().generation == 1, "it went to half-open more than once");
    });
}

#[test]
fn straggler_in_32_bits_changes_nothing() {
    loom::model(|| {
        let b = breaker();
        let old = b.enter(&P21, at(0)).unwrap();
        b.open(&P21, at(0));
        let late = {
            let b = b.clone();
            thread::spawn(move || b.leave(&P21, old, Outcome::Failure, at(WAIT + 1)))
        };
        let trial: Permit32 = b.enter(&P21, at(WAIT + 1)).unwrap();
        b.leave(&P21, trial, Outcome::Success, at(WAIT + 1));
        late.join().unwrap();
        let metrics = b.metrics();
        assert!(metrics.state == State::Closed, "a straggler judged the trial");
        assert!(metrics.failed == 0, "a straggler was recorded in a newer window");
    });
}

#[test]
fn lost_trial_in_32_bits_expires() {
    loom::model(|| {
        let b = breaker();
        b.open(&P21, at(0));
        let lost = b.enter(&P21, at(WAIT + 1)).unwrap();
        let late = at(2 * WAIT + 200);
        let enter = move |b: &TinyBreaker32| b.enter(&P21, late).is_ok();
        let other = {
            let b = b.clone();
            thread::spawn(move || enter(&b))
        };
        let mine = enter(&b);
        let theirs = other.join().unwrap();
        b.leave(&P21, lost, Outcome::Success, late);
        assert!(b.state() == State::Open, "a lost trial left it half-open");
        assert!(!mine && !theirs, "a call got through beside a lost trial");
        assert!(b.next_deadline(&P21, late) == Some(WAIT), "the wait is not the one of the verdict");
    });
}

#[test]
fn older_clock_in_32_bits_admits_no_more() {
    loom::model(|| {
        let b = breaker();
        let permit = b.enter(&P11, at(5)).unwrap();
        // Read before the trip, used beside it.
        let other = {
            let b = b.clone();
            thread::spawn(move || drop(b.enter(&P11, at(4))))
        };
        b.leave(&P11, permit, Outcome::Failure, at(9));
        other.join().unwrap();
        let after = b.enter(&P11, at(4)).is_ok();
        assert!(!after && b.state() == State::Open, "an older clock got a trial");
    });
}
