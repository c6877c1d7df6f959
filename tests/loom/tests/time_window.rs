//! The breaker's time window. Slices are one nanosecond long here, so a time is a slice number.
#![cfg(overcurrent_loom)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU16, Ordering};
use loom::thread;
use overcurrent::breaker::loom_probe::{Probe, Sums};

const GOOD: bool = false;
const FAILED: bool = true;

fn model(preemptions: Option<usize>, f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(f);
}

fn record<const B: usize>(window: &Probe<B>, failed: bool, now: u64) -> Sums {
    window.record(0, failed, now, || true).expect("of this generation")
}

/// All sums seen must be states of one history, in which each step adds one call.
fn assert_one_history(seen: &mut [Sums]) {
    seen.sort_unstable();
    for pair in seen.windows(2) {
        let (calls, failed) = (pair[1].0 - pair[0].0, pair[1].1.checked_sub(pair[0].1));
        assert!(failed.is_some_and(|failed| failed <= calls), "every sum seen was true at some instant: {seen:?}");
    }
}

/// One bucket, wanted for two slices at once.
#[test]
fn reclaiming_a_bucket_loses_no_call_of_the_newest_slice() {
    model(Some(3), || {
        let window = Arc::new(Probe::<1>::new());
        let other = window.clone();
        let thread = thread::spawn(move || record(&other, GOOD, 1));
        let newest = record(&window, FAILED, 2);
        let older = thread.join().unwrap();
        let end = window.totals(0, 2);
        assert_eq!(end.1, 1, "a reclaimed bucket keeps the newest slice's call: {newest:?} {older:?} {end:?}");
        assert!(newest == end || older == end, "the last record saw what is there: {newest:?} {older:?} {end:?}");
    });
}

#[test]
fn reclaiming_a_bucket_with_an_older_clock_beside_loses_no_call() {
    model(Some(2), || {
        let window = Arc::new(Probe::<1>::new());
        let threads = [0, 1].map(|now| {
            let window = window.clone();
            thread::spawn(move || record(&window, GOOD, now))
        });
        let newest = record(&window, FAILED, 1);
        let [older, beside] = threads.map(|thread| thread.join().unwrap());
        let end = window.totals(0, 1);
        assert!(
            end.1 == 1 && end.0 >= 2,
            "a reclaimed bucket keeps the newest slice's calls: {older:?} {beside:?} {newest:?} {end:?}"
        );
        assert!([older, beside, newest].contains(&end), "the last record saw what is there");
    });
}

/// A recorder sleeps while the ring goes once round.
#[test]
fn a_recorder_that_sleeps_for_a_turn_counts_in_the_newest_slice_or_its_own() {
    model(Some(2), || {
        let window = Arc::new(Probe::<2>::new());
        record(&window, GOOD, 1);
        let other = window.clone();
        let thread = thread::spawn(move || record(&other, FAILED, 2));
        let third = record(&window, GOOD, 3);
        let fourth = record(&window, GOOD, 4);
        let slept = thread.join().unwrap();
        let end = window.totals(0, 4);
        assert_eq!(
            end.0 - end.1,
            2,
            "both calls of the newest slices are there: {third:?} {fourth:?} {slept:?} {end:?}"
        );
        assert!([third, fourth, slept].contains(&end), "the last record saw what is there");
    });
}

/// A new generation with an older clock against a recorder of the old one with a newer clock.
#[test]
fn a_new_generation_starts_empty_and_stays_free_of_the_old() {
    model(Some(3), || {
        let window = Arc::new(Probe::<2>::new());
        let state = Arc::new(AtomicU16::new(0));
        record(&window, FAILED, 1);
        let (other, others_state) = (window.clone(), state.clone());
        let thread = thread::spawn(move || other.record(0, FAILED, 2, || others_state.load(Ordering::Acquire) == 0));
        state.store(1, Ordering::Release);
        window.bring_forward(1, 1);
        let fresh = window.record(1, GOOD, 1, || true);
        let _ = thread.join().unwrap();
        assert_eq!(fresh, Some((1, 0, 0)), "a new generation starts empty");
        assert_eq!(window.totals(1, 1), (1, 0, 0), "nothing of the old generation reaches the new one");
    });
}

/// The publisher of a generation sleeps; a recorder of that generation brings the window there, an older one does not.
#[test]
fn a_generation_is_never_brought_back() {
    model(Some(3), || {
        let window = Arc::new(Probe::<1>::new());
        let state = Arc::new(AtomicU16::new(1));
        let (other, others_state) = (window.clone(), state.clone());
        let thread = thread::spawn(move || {
            other.bring_forward(1, 0); // its publisher, late
            other.record(1, FAILED, 0, || others_state.load(Ordering::Acquire) == 1)
        });
        state.store(2, Ordering::Release);
        let fresh = window.record(2, GOOD, 0, || true);
        let _ = thread.join().unwrap();
        assert_eq!(fresh, Some((1, 0, 0)), "a new generation starts empty");
        assert_eq!(window.totals(2, 0), (1, 0, 0), "an older generation does not bring the window back");
    });
}

/// A slow recorder of the first slice against one that sums that slice as part of the tail, and a reader.
#[test]
fn a_late_call_is_in_the_tail_or_in_the_newest_slice() {
    model(Some(3), || {
        let window = Arc::new(Probe::<2>::new());
        let other = window.clone();
        let thread = thread::spawn(move || record(&other, FAILED, 0));
        let newer = record(&window, GOOD, 1);
        let late = thread.join().unwrap();
        let end = window.totals(0, 1);
        assert!(newer == end || late == end, "the last record saw all calls: {newer:?} {late:?} {end:?}");
        assert_eq!(end, (2, 1, 0), "all calls are there");
        assert_one_history(&mut [newer, late, end]);
    });
}

/// F in the first slice, then S S, with a late F: never two failures of two or three calls that did not exist.
#[test]
fn a_sum_that_never_existed_is_never_seen() {
    model(Some(3), || {
        let window = Arc::new(Probe::<2>::new());
        record(&window, FAILED, 0);
        let other = window.clone();
        let thread = thread::spawn(move || record(&other, FAILED, 0));
        let first = record(&window, GOOD, 1);
        let read = window.totals(0, 1);
        let second = record(&window, GOOD, 1);
        let late = thread.join().unwrap();
        let end = window.totals(0, 1);
        assert_eq!(end, (4, 2, 0), "all calls are there");
        assert_one_history(&mut [first, read, second, late, end]);
    });
}

/// A reader that finds the tail not yet summed adds up slices that still change.
///
/// Bound 1, since loads may be stale as well: it finds both faults planted for it; bound 2 holds too, in 10 s.
#[test]
fn a_reader_sees_a_state_that_existed() {
    model(Some(1), || {
        let window = Arc::new(Probe::<2>::new());
        let (recorded, looked_at) = (window.clone(), window.clone());
        let newer = thread::spawn(move || record(&recorded, FAILED, 1));
        let read = thread::spawn(move || looked_at.totals(0, 1));
        let late = record(&window, GOOD, 0);
        let (newer, read) = (newer.join().unwrap(), read.join().unwrap());
        assert_one_history(&mut [read, newer, late]);
    });
}
