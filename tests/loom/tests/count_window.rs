//! The count window's totals word and ring, one property a model.
#![cfg(overcurrent_loom)]

use loom::sync::Arc;
use loom::thread;
use overcurrent::{BreakerConfig, CountBreaker, LiveCountBreaker, Nanos, Outcome, Permit, State, Window};

const NOW: Nanos = Nanos::new(1);

/// A breaker that only counts.
fn counting(window: u32) -> CountBreaker<1> {
    CountBreaker::<1>::new(BreakerConfig::new(Window::calls(window)).no_failure_rate().build().unwrap()).unwrap()
}

fn bounded(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 20_000;
    builder.check(model);
}

fn outcome(letter: char) -> Outcome {
    if letter == 'F' { Outcome::Failure } else { Outcome::Success }
}

/// One permit for each letter: F a failure, S a success.
fn calls(b: &CountBreaker<1>, letters: &str) -> Vec<(Permit, Outcome)> {
    letters.chars().map(|letter| (b.enter(NOW).unwrap(), outcome(letter))).collect()
}

fn record(b: &CountBreaker<1>, letters: &str) {
    for (permit, outcome) in calls(b, letters) {
        b.leave(permit, outcome, NOW);
    }
}

/// Failures among the newest `n` outcomes, asked one by one: a window resized to 1, 2, ... would say the same.
fn totals(b: &CountBreaker<1>) -> (u32, u32) {
    let metrics = b.metrics(NOW);
    (metrics.calls, metrics.failed)
}

/// Both threads record two outcomes into a window of two: what remains is the end of one of the interleavings.
#[test]
fn totals_equal_the_slots_at_rest() {
    loom::model(|| {
        let b = Arc::new(counting(2));
        let theirs = calls(&b, "FS");
        let mine = calls(&b, "SF");
        let other = {
            let b = b.clone();
            thread::spawn(move || theirs.into_iter().for_each(|(permit, outcome)| b.leave(permit, outcome, NOW)))
        };
        mine.into_iter().for_each(|(permit, outcome)| b.leave(permit, outcome, NOW));
        other.join().unwrap();
        // FS and SF interleaved end in S F, F S (in either order), S S or F F is impossible only for three in a row.
        let (recorded, failed) = totals(&b);
        assert!(recorded == 2, "{recorded} calls in a window of two");
        // Now push everything out: the sums must come back to zero exactly.
        record(&b, "SS");
        let (_, left) = totals(&b);
        assert!(left == 0, "after two successes the window of two says {left} failures; before, {failed}");
    });
}

/// F S S S, "2 of 4 trips": a success over the failure beside a failure over a success is one failure at any instant.
#[test]
fn the_window_never_trips_falsely_in_between() {
    loom::model(|| {
        let policy = BreakerConfig::new(Window::calls(4)).min_calls(4).failure_rate(50_000).build().unwrap();
        let b = Arc::new(CountBreaker::<1>::new(policy).unwrap());
        record(&b, "FSSS");
        let mut theirs = calls(&b, "S");
        let mut mine = calls(&b, "F");
        let other = {
            let b = b.clone();
            let (permit, outcome) = theirs.pop().unwrap();
            thread::spawn(move || b.leave(permit, outcome, NOW))
        };
        let (permit, outcome) = mine.pop().unwrap();
        b.leave(permit, outcome, NOW);
        other.join().unwrap();
        // S first: S S S S then F: 1 of 4. F first: the old F leaves as the new one comes: 1 of 4, then S.
        let state = b.state(NOW);
        assert!(state == State::Closed, "it tripped on a total that never existed");
    });
}

/// A reset beside a sleeping recorder of the old stay: no outcome of the past reaches the new window.
#[test]
fn a_reset_leaves_nothing_of_the_past() {
    loom::model(|| {
        let b = Arc::new(counting(4));
        record(&b, "SF");
        let mut old = calls(&b, "S");
        let sleeper = {
            let b = b.clone();
            let (permit, outcome) = old.pop().unwrap();
            thread::spawn(move || b.leave(permit, outcome, NOW))
        };
        b.reset(NOW);
        record(&b, "SSS");
        sleeper.join().unwrap();
        // An old failure in the ring would leave the window now, and take one of these two with it.
        record(&b, "FFS");
        let (recorded, failed) = totals(&b);
        assert!(
            recorded == 4 && failed == 2,
            "an old failure is in the new window: {failed} of {recorded}, not 2 of 4"
        );
    });
}

/// A straggler of the closed stay against the reset that began a new one.
#[test]
fn a_straggler_never_brings_the_window_back() {
    loom::model(|| {
        let b = Arc::new(counting(2));
        let mut old = calls(&b, "F");
        let straggler = {
            let b = b.clone();
            let (permit, outcome) = old.pop().unwrap();
            thread::spawn(move || b.leave(permit, outcome, NOW))
        };
        b.reset(NOW);
        record(&b, "S");
        straggler.join().unwrap();
        let (recorded, failed) = totals(&b);
        assert!(recorded == 1 && failed == 0, "the straggler is in the new window: {failed} of {recorded}");
    });
}

/// A window shorter than its ring: what was pushed out of the window is still in the ring and must not be forgotten.
#[test]
fn the_dirty_bit_covers_the_whole_ring() {
    loom::model(|| {
        let b = Arc::new(LiveCountBreaker::<1>::live(longer(1)).unwrap());
        for outcome in [Outcome::Failure, Outcome::Success] {
            let permit = b.enter(NOW).unwrap();
            b.leave(permit, outcome, NOW);
        }
        let permit = b.enter(NOW).unwrap();
        let other = {
            let b = b.clone();
            thread::spawn(move || b.leave(permit, Outcome::Success, NOW))
        };
        b.reconfigure(longer(16), NOW).unwrap();
        other.join().unwrap();
        let metrics = b.metrics(NOW);
        assert!(metrics.calls == 3 && metrics.failed == 1, "a failure in the ring was forgotten");
    });
}

fn longer(window: u32) -> overcurrent::Policy {
    BreakerConfig::new(Window::calls(window)).no_failure_rate().trial_calls(1).build().unwrap()
}

/// A recorder that saw the breaker's new generation before the window did, and sleeps until the one after.
#[test]
fn a_late_bringer_never_takes_the_window_back() {
    loom::model(|| {
        let b = Arc::new(counting(2));
        let late = {
            let b = b.clone();
            thread::spawn(move || {
                let permit = b.enter(NOW).unwrap();
                b.leave(permit, Outcome::Success, NOW);
            })
        };
        b.reset(NOW);
        b.reset(NOW);
        record(&b, "F");
        late.join().unwrap();
        let (_, failed) = totals(&b);
        assert!(failed == 1, "a record was lost: the window went back to an older stay");
    });
}

/// A live resize beside a recorder: afterwards the sums are those of the newest outcomes, whichever came first.
#[test]
fn a_resize_counts_what_the_ring_holds() {
    loom::model(|| {
        let b = Arc::new(LiveCountBreaker::<1>::live(longer(4)).unwrap());
        for letter in "FSFS".chars() {
            let permit = b.enter(NOW).unwrap();
            b.leave(permit, outcome(letter), NOW);
        }
        let permit = b.enter(NOW).unwrap();
        let other = {
            let b = b.clone();
            thread::spawn(move || b.leave(permit, Outcome::Failure, NOW))
        };
        b.reconfigure(longer(2), NOW).unwrap();
        other.join().unwrap();
        let metrics = b.metrics(NOW);
        assert!(metrics.calls == 2 && metrics.failed == 1, "of the newest two, {} failed, not 1", metrics.failed);
    });
}

/// A recorder that sleeps through exactly one turn of the ring with equal counts must not take its word for current.
#[test]
fn a_turn_of_the_ring_is_not_mistaken_for_none() {
    bounded(2, || {
        let b = Arc::new(counting(3));
        record(&b, "SSSSSSSSSSSSSSSSFSS"); // one turn and three: F is the oldest of the window
        let mut theirs = calls(&b, "S");
        let sleeper = {
            let b = b.clone();
            let (permit, outcome) = theirs.pop().unwrap();
            thread::spawn(move || b.leave(permit, outcome, NOW))
        };
        record(&b, "SSSSSSSSSSSSSSFS"); // 16: the same position, newest and counts, but now S is the oldest
        sleeper.join().unwrap();
        let (_, failed) = totals(&b);
        assert!(failed == 1, "one of the newest three failed, and the totals say {failed}");
    });
}
