//! Snapshots of another machine, of another window, or larger than their page was thought to be.
#![cfg(feature = "wide")]
mod snapshot_frame;

use overcurrent::{BreakerConfig, CountBreaker, Nanos, Outcome, Policy, SnapshotError, State, TimeBreaker, Window};
use snapshot_frame::frame;

const NOW: Nanos = Nanos::from_secs(1_000);
const BREAKER: u8 = 3;

fn calls(n: u32) -> Policy {
    BreakerConfig::new(Window::calls(n)).min_calls(n).failure_rate(100_000).build().unwrap()
}

fn time() -> Policy {
    BreakerConfig::new(Window::time(Nanos::from_secs(10), 10)).build().unwrap()
}

/// Open, so that it has something to lose.
fn opened() -> TimeBreaker<10> {
    let breaker = TimeBreaker::<10>::new(time()).unwrap();
    breaker.open(NOW).unwrap();
    breaker
}

/// Its bytes also have the form of a time window without slices.
#[test]
fn a_window_of_calls_is_not_taken_for_one_of_time() {
    let before = CountBreaker::<4>::new(calls(64)).unwrap();
    for call in 0..64 {
        let outcome = if (8..40).contains(&call) { Outcome::Failure } else { Outcome::Success };
        before.leave(before.enter(NOW).unwrap(), outcome, NOW);
    }
    let mut page = [0; 128];
    let length = before.snapshot(&mut page, NOW).unwrap();
    let after = opened();
    assert_eq!(after.restore(&page[..length], Nanos::ZERO, NOW), Err(SnapshotError::Mismatch));
    assert_eq!(after.state(NOW), State::Open);
}

/// The low bits of how far its newest slice is look like a number of calls.
#[test]
fn a_window_of_time_is_not_taken_for_one_of_calls() {
    let before = TimeBreaker::<10>::new(time()).unwrap();
    let mut page = [0; 256];
    for nanos in 0..65_536 {
        let length = before.snapshot(&mut page, NOW + Nanos::new(nanos)).unwrap();
        let after = CountBreaker::<1>::new(calls(10)).unwrap();
        after.open(NOW).unwrap();
        let answer = after.restore(&page[..length], Nanos::ZERO, NOW);
        assert_eq!(answer, Err(SnapshotError::Mismatch), "{nanos} ns into its slice");
        assert_eq!(after.state(NOW), State::Open);
    }
}

/// state, attempts, flags, remaining time, failures in a row, then the window.
fn payload(state: u8, flags: u8, remaining: u64, window: &[u8]) -> Vec<u8> {
    let mut payload = vec![state, 1, flags];
    payload.extend(remaining.to_le_bytes());
    payload.extend(0_u32.to_le_bytes());
    payload.extend(window);
    payload
}

#[test]
fn a_state_and_a_window_that_do_not_go_together_are_refused() {
    const CLOSED: u8 = 0;
    const OPEN: u8 = 1;
    const HALF_OPEN: u8 = 2;
    const TRIAL: u8 = 1;
    const TIMED: u8 = 1 << 3;
    let one_call = [1, 0, 1];
    let mut no_slices = [0_u8; 18];
    no_slices[8] = 1;
    let restore = |state, flags, remaining, window: &[u8]| {
        opened().restore(&frame(BREAKER, &payload(state, flags, remaining, window)), Nanos::ZERO, NOW)
    };
    assert_eq!(restore(CLOSED, TIMED, u64::MAX, &no_slices), Ok(()));
    assert_eq!(restore(HALF_OPEN, TIMED | TRIAL, u64::MAX, &one_call), Ok(()));
    assert_eq!(restore(OPEN, TIMED | TRIAL, 5, &one_call), Ok(()));
    assert_eq!(restore(CLOSED, TIMED | TRIAL, u64::MAX, &one_call), Err(SnapshotError::Mismatch), "closed on trial");
    assert_eq!(
        restore(HALF_OPEN, TIMED, u64::MAX, &no_slices),
        Err(SnapshotError::Mismatch),
        "half-open without trials"
    );
    assert_eq!(restore(OPEN, TIMED, u64::MAX, &no_slices), Err(SnapshotError::Mismatch), "open for no time");
}

/// A page of exactly the size that the documentation of `snapshot` names holds it.
#[test]
fn the_documented_sizes_are_those_of_full_windows() {
    let breaker = CountBreaker::<7>::new(calls(100)).unwrap();
    for _ in 0..100 {
        breaker.leave(breaker.enter(NOW).unwrap(), Outcome::Success, NOW);
    }
    assert_eq!(breaker.snapshot(&mut [0; 27 + 25], NOW), Ok(27 + 25));
    assert_eq!(breaker.snapshot(&mut [0; 27 + 24], NOW), Err(SnapshotError::BufferTooShort));
    let breaker = TimeBreaker::<10>::new(time()).unwrap();
    assert_eq!(breaker.snapshot(&mut [0; 43 + 80], NOW), Ok(43 + 80));
    assert_eq!(breaker.snapshot(&mut [0; 43 + 79], NOW), Err(SnapshotError::BufferTooShort));
}
