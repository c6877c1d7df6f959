//! The breaker's state and deadline words, one property a model.
#![cfg(overcurrent_loom)]

use loom::sync::Arc;
use loom::thread;
use overcurrent::{BreakerConfig, CountBreaker, Nanos, OpenFor, Outcome, Permit, Policy, State, TrialTimeout, Window};

const WAIT: u64 = 1_000_000;

fn at(ns: u64) -> Nanos {
    Nanos::new(ns)
}

fn settings(window: u32, trials: u16) -> BreakerConfig {
    BreakerConfig::new(Window::calls(window))
        .min_calls(window)
        .failure_rate(50_000)
        .trial_calls(trials)
        .trial_timeout(TrialTimeout::Never)
        .open_for(OpenFor::fixed(at(WAIT)))
}

fn breaker(policy: Policy) -> CountBreaker<1> {
    CountBreaker::<1>::new(policy).unwrap()
}

fn bounded(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

fn fail(b: &CountBreaker<1>, permit: Permit, now: u64) {
    b.leave(permit, Outcome::Failure, at(now));
}

/// A breaker in HALF_OPEN with all its trials free, at time `WAIT + 10`.
fn half_open(trials: u16, timeout: TrialTimeout) -> CountBreaker<1> {
    let b = breaker(settings(1, trials).trial_timeout(timeout).build().unwrap());
    b.open(at(0)).unwrap();
    b.half_open(at(10)).unwrap();
    b
}

#[test]
fn the_breaker_trips_exactly_once() {
    loom::model(|| {
        let policy = settings(2, 1).build().unwrap();
        let b = Arc::new(CountBreaker::<1>::new(policy).unwrap());
        let permits: Vec<Permit> = (0..3).map(|_| b.enter(at(0)).unwrap()).collect();
        let mut permits = permits.into_iter();
        let (one, two, three) = (permits.next().unwrap(), permits.next().unwrap(), permits.next().unwrap());
        let other = {
            let b = b.clone();
            thread::spawn(move || {
                fail(&b, one, 100);
                fail(&b, two, 110);
            })
        };
        fail(&b, three, 200);
        other.join().unwrap();
        let deadline = b.next_deadline(at(300)).unwrap().get();
        assert!(b.state(at(300)) == State::Open, "three failures of two did not open it");
        assert!(b.metrics(at(300)).attempts == 1, "it tripped more than once");
        assert!([100, 110, 200].contains(&(deadline - WAIT)), "the deadline is no racer's: {deadline}");
    });
}

#[test]
fn three_threads_trip_it_once() {
    bounded(3, || {
        let policy = settings(2, 1).build().unwrap();
        let b = Arc::new(CountBreaker::<1>::new(policy).unwrap());
        let permit = || b.enter(at(0)).unwrap();
        let spawn = |permit: Permit, now: u64| {
            let b = b.clone();
            thread::spawn(move || fail(&b, permit, now))
        };
        let (one, two) = (spawn(permit(), 100), spawn(permit(), 200));
        fail(&b, permit(), 300);
        one.join().unwrap();
        two.join().unwrap();
        assert!(b.metrics(at(400)).attempts == 1, "it tripped more than once");
        assert!(b.metrics(at(400)).failed == 2, "a window of two holds two failures");
    });
}

/// A caller beside the trip: the deadline of the outage before must not pass for this one's.
#[test]
fn an_old_deadline_admits_nobody_to_a_new_outage() {
    loom::model(|| {
        let b = Arc::new(breaker(settings(1, 1).build().unwrap()));
        b.open(at(0)).unwrap();
        b.close(at(1));
        let now = 5 * WAIT; // long after the first deadline
        let permit = b.enter(at(now)).unwrap();
        let other = {
            let b = b.clone();
            thread::spawn(move || b.enter(at(now)).map(|permit| permit.is_trial()))
        };
        fail(&b, permit, now);
        let seen = other.join().unwrap();
        assert!(seen != Ok(true), "a trial was admitted at once, by the old deadline");
        assert!(b.state(at(now)) == State::Open);
    });
}

/// Two restarts of the open wait against a reader with an older clock: the newest deadline survives.
#[test]
fn a_stale_stamp_never_replaces_a_newer_deadline() {
    loom::model(|| {
        let b = Arc::new(breaker(settings(1, 1).build().unwrap()));
        b.open(at(0)).unwrap();
        let reader = {
            let b = b.clone();
            thread::spawn(move || b.enter(at(50)).is_ok())
        };
        b.open(at(1_000)).unwrap();
        b.open(at(3 * WAIT)).unwrap();
        let admitted = reader.join().unwrap();
        assert!(!admitted, "a reader was admitted before any deadline");
        let deadline = b.next_deadline(at(3 * WAIT)).unwrap().get();
        assert!(deadline == 4 * WAIT, "the newest deadline was lost: {deadline}");
    });
}

/// A helper with an older clock may stamp first; the publisher raises its stamp.
#[test]
fn the_open_wait_is_never_cut_short() {
    loom::model(|| {
        let b = Arc::new(breaker(settings(1, 1).build().unwrap()));
        let permit = b.enter(at(0)).unwrap();
        let helper = {
            let b = b.clone();
            thread::spawn(move || b.enter(at(10)).map(|permit| permit.is_trial()))
        };
        fail(&b, permit, 500_000);
        let seen = helper.join().unwrap();
        assert!(seen != Ok(true), "a trial before the wait was over");
        let early = b.enter(at(500_000 + WAIT));
        assert!(early.is_err(), "a helper's older clock cut the wait short");
    });
}

/// Two answers of one stay ask for peace, one of them trips it: the longest of the three times holds.
#[test]
fn the_longest_wait_that_was_asked_for_holds() {
    bounded(3, || {
        let b = Arc::new(breaker(settings(2, 1).build().unwrap()));
        let (one, two) = (b.enter(at(0)).unwrap(), b.enter(at(0)).unwrap());
        let other = {
            let b = b.clone();
            thread::spawn(move || b.leave_and_open_until(one, Outcome::Failure, at(5 * WAIT), at(1)))
        };
        b.leave_and_open_until(two, Outcome::Ignored, at(3 * WAIT), at(2));
        other.join().unwrap();
        let deadline = b.next_deadline(at(3)).unwrap().get();
        // A helper that stamps it in the publisher's place rounds up.
        assert!((5 * WAIT..5 * WAIT + 70_000).contains(&deadline), "the longest wait was lost: {deadline}");
    });
}

fn trials_admitted(b: &CountBreaker<1>, now: u64) -> u32 {
    u32::from(b.enter(at(now)).is_ok_and(|permit| permit.is_trial()))
}

#[test]
fn half_open_admits_exactly_n_under_three_threads() {
    bounded(3, || {
        let b = Arc::new(half_open(2, TrialTimeout::Never));
        let ask = || {
            let b = b.clone();
            thread::spawn(move || trials_admitted(&b, 20))
        };
        let (one, two) = (ask(), ask());
        let mine = trials_admitted(&b, 20);
        let admitted = mine + one.join().unwrap() + two.join().unwrap();
        assert!(admitted == 2, "{admitted} trials were admitted, not 2");
    });
}

/// The first call after the deadline moves it; with a newer and an older clock at the edge, still one trial.
#[test]
fn an_older_clock_admits_no_more() {
    loom::model(|| {
        let b = Arc::new(breaker(settings(1, 1).build().unwrap()));
        b.open(at(0)).unwrap();
        let other = {
            let b = b.clone();
            thread::spawn(move || trials_admitted(&b, WAIT + 1))
        };
        let mine = trials_admitted(&b, WAIT);
        let admitted = mine + other.join().unwrap();
        assert!(admitted == 1, "{admitted} trials at the edge of the deadline, not 1");
        assert!(mine == 0, "a clock before the deadline got the trial");
    });
}

/// Results from before the outage arrive while it recovers.
#[test]
fn a_straggler_neither_closes_nor_opens() {
    loom::model(|| {
        let b = Arc::new(breaker(settings(2, 1).build().unwrap()));
        let (one, two) = (b.enter(at(0)).unwrap(), b.enter(at(0)).unwrap());
        b.open(at(1)).unwrap();
        let trial = b.enter(at(2 + WAIT)).unwrap();
        let straggler = {
            let b = b.clone();
            thread::spawn(move || {
                fail(&b, one, 3 + WAIT);
                fail(&b, two, 3 + WAIT);
            })
        };
        b.leave(trial, Outcome::Success, at(3 + WAIT));
        straggler.join().unwrap();
        let metrics = b.metrics(at(4 + WAIT));
        assert!(metrics.state == State::Closed, "a straggler changed the verdict: {}", metrics.state);
        assert!(metrics.failed == 0, "a straggler's failure is in the new window");
    });
}

/// The decider sleeps until the next half-open state.
#[test]
fn a_sleeping_decider_decides_nothing_later() {
    loom::model(|| {
        let b = Arc::new(half_open(1, TrialTimeout::Never));
        let trial = b.enter(at(20)).unwrap();
        let decider = {
            let b = b.clone();
            thread::spawn(move || fail(&b, trial, 30))
        };
        b.close(at(40));
        b.open(at(50)).unwrap();
        b.half_open(at(60)).unwrap();
        decider.join().unwrap();
        let metrics = b.metrics(at(70));
        assert!(metrics.state == State::HalfOpen, "an old trial's result decided a new half-open: {}", metrics.state);
    });
}

#[test]
fn a_mixed_trial_is_decided_once_and_rightly() {
    bounded(3, || {
        let b = Arc::new(half_open(2, TrialTimeout::Never));
        let (one, two) = (b.enter(at(20)).unwrap(), b.enter(at(20)).unwrap());
        let report = |permit: Permit, outcome: Outcome| {
            let b = b.clone();
            thread::spawn(move || b.leave(permit, outcome, at(30)))
        };
        let (bad, good) = (report(one, Outcome::Failure), report(two, Outcome::Success));
        let asked = b.enter(at(30)).is_ok_and(|permit| permit.is_trial());
        bad.join().unwrap();
        good.join().unwrap();
        assert!(!asked, "a third trial was admitted");
        let metrics = b.metrics(at(40));
        assert!(metrics.state == State::Open, "one of two failed at 50 %: {}", metrics.state);
        assert!(metrics.attempts == 2, "it was decided more than once: {} attempts", metrics.attempts);
    });
}

/// The end of the lease against the late result of the lost trial: decided once, by one of the two.
#[test]
fn a_lost_trial_expires() {
    loom::model(|| {
        let b = Arc::new(half_open(1, TrialTimeout::Lease(at(100))));
        let trial = b.enter(at(20)).unwrap();
        let late = {
            let b = b.clone();
            thread::spawn(move || b.leave(trial, Outcome::Success, at(90)))
        };
        let state = b.state(at(121));
        late.join().unwrap();
        assert!(matches!(state, State::Open | State::Closed), "the lease ran out and it is {state}");
        let end = b.state(at(122));
        assert!(end == state, "decided twice: {state}, then {end}");
    });
}

/// A permit that is given back and taken again starts a lease of its own.
#[test]
fn a_retaken_trial_has_a_new_lease() {
    loom::model(|| {
        let b = Arc::new(half_open(1, TrialTimeout::Lease(at(100))));
        let trial = b.enter(at(20)).unwrap();
        b.cancel(trial);
        let other = {
            let b = b.clone();
            thread::spawn(move || b.enter(at(90)).is_ok())
        };
        let seen = b.state(at(119));
        let admitted = other.join().unwrap();
        assert!(admitted, "a free trial was refused");
        assert!(seen == State::HalfOpen, "it is {seen} though no lease has run out");
        let then = b.state(at(125));
        assert!(then == State::HalfOpen, "the old lease ended the new trial: {then}");
        let last = b.state(at(191));
        assert!(last == State::Open, "the new lease did not end: {last}");
    });
}

/// By hand against a trip: whatever comes first, nothing of the loser remains.
#[test]
fn forced_open_holds_against_a_trip() {
    loom::model(|| {
        let b = Arc::new(breaker(settings(1, 1).build().unwrap()));
        let permit = b.enter(at(0)).unwrap();
        let hand = {
            let b = b.clone();
            thread::spawn(move || b.force_open(at(5)))
        };
        fail(&b, permit, 10);
        hand.join().unwrap();
        let metrics = b.metrics(at(20));
        assert!(metrics.state == State::ForcedOpen, "a trip undid a decision by hand: {}", metrics.state);
        assert!(metrics.calls == 0, "forced open begins with an empty window");
    });
}

/// Settings that get a lease while somebody takes the last trial by the old ones: a lost trial must still expire.
#[test]
fn a_lease_that_arrives_beside_the_last_trial_still_expires() {
    let live = |timeout| BreakerConfig::new(Window::calls(1)).trial_calls(1).trial_timeout(timeout).build().unwrap();
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(move || {
        let b = Arc::new(overcurrent::LiveCountBreaker::<1>::live(live(TrialTimeout::Never)).unwrap());
        b.open_for(Nanos::new(1), Nanos::ZERO).unwrap();
        b.half_open(Nanos::new(5)).unwrap();
        let other = b.clone();
        let thread = loom::thread::spawn(move || other.enter(Nanos::new(6)).map(|permit| permit.into_raw()).is_ok());
        b.reconfigure(live(TrialTimeout::Lease(Nanos::new(10))), Nanos::new(6)).unwrap();
        assert!(thread.join().unwrap());
        let _begins = b.state(Nanos::new(7));
        assert_eq!(b.state(Nanos::new(100)), State::Open, "a lost trial without a lease");
    });
}

/// The trip that waits for the time beside somebody's success and somebody's settling: it opens, once.
#[test]
fn a_trip_that_waits_for_the_time_is_not_lost() {
    loom::model(|| {
        let policy = settings(4, 1).no_failure_rate().consecutive_failures(2).build().unwrap();
        let b = Arc::new(CountBreaker::<1>::new(policy).unwrap());
        fail(&b, b.enter(at(1)).unwrap(), 1);
        let (last, good) = (b.enter_untimed().unwrap(), b.enter_untimed().unwrap());
        let other = {
            let b = b.clone();
            thread::spawn(move || b.leave_untimed(good, Outcome::Success).is_err())
        };
        let due = b.leave_untimed(last, Outcome::Failure).is_err();
        other.join().unwrap();
        b.settle(at(2));
        let metrics = b.metrics(at(2));
        let opened = metrics.state == State::Open;
        assert!(opened == due, "two failures in a row: {due}, and it is {}", metrics.state);
        assert!(metrics.attempts == u8::from(due), "it opened {} times", metrics.attempts);
    });
}
