//! Sync calls: outcomes, panics, the clock left alone.

use crate::probe::{CountedClock, Probe, REFUSAL, Seen};
use overcurrent::{
    BreakerConfig, CallError, CountBreaker, GateExt, Guard, ManualClock, Nanos, OpenFor, Outcome, Protected, State,
    Window,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

fn breaker(slow: bool) -> CountBreaker<1> {
    let config =
        BreakerConfig::new(Window::calls(4)).min_calls(2).trial_calls(1).open_for(OpenFor::fixed(Nanos::SECOND));
    let config = if slow { config.slow_call(Nanos::from_millis(10), 100_000) } else { config };
    CountBreaker::new(config.build().unwrap()).unwrap()
}

#[test]
fn results_are_reported_and_handed_on() {
    let probe = Probe::default();
    assert_eq!(probe.call(|| Ok::<_, ()>(7)), Ok(7));
    assert_eq!(probe.call(|| Err::<(), _>(7)), Err(CallError::Failed(7)));
    let expected = [Seen::Enter(1), Seen::Leave(Outcome::Success), Seen::Enter(1), Seen::Leave(Outcome::Failure)];
    assert_eq!(probe.seen(), expected);
}

#[test]
fn a_refused_call_is_not_made_and_says_when_to_come_back() {
    let probe = Probe::default();
    probe.refuse.store(true, Ordering::Relaxed);
    let error = probe.call(|| -> Result<(), ()> { panic!("called") }).unwrap_err();
    assert_eq!(error, CallError::Refused(REFUSAL));
    assert_eq!(error.retry_after(), Some(Nanos::SECOND));
    assert_eq!(probe.seen(), []);
}

#[test]
fn the_rule_added_last_is_asked_first() {
    let probe = Probe::default();
    let api = Protected::new(&probe)
        .with_cost(3)
        .success_err(|e: &u16| *e < 500)
        .ignore_err(|e: &u16| *e == 404)
        .failure_ok(|v: &u16| *v > 500);
    for (result, outcome) in [
        (Err(404), Outcome::Ignored),
        (Err(400), Outcome::Success),
        (Err(500), Outcome::Failure),
        (Ok(200), Outcome::Success),
        (Ok(503), Outcome::Failure),
    ] {
        assert_eq!(api.call(|| result), result.map_err(CallError::Failed));
        assert_eq!(probe.seen(), [Seen::Enter(3), Seen::Leave(outcome)]);
    }
    let rule = |_: &Result<u16, u16>| Outcome::Ignored;
    assert_eq!(api.call_with(&rule, || Ok(1)), Ok(1));
    assert_eq!(probe.seen(), [Seen::Enter(3), Seen::Leave(Outcome::Ignored)]);
}

#[test]
fn a_panic_is_a_failure_and_goes_on() {
    let probe = Probe::default();
    let caught = catch_unwind(AssertUnwindSafe(|| probe.call(|| -> Result<(), ()> { panic!("boom") })));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"boom"));
    assert_eq!(probe.seen(), [Seen::Enter(1), Seen::Leave(Outcome::Failure)]);

    // the rule panics
    let api = Protected::new(&probe).ignore_err(|(): &()| panic!("boom"));
    catch_unwind(AssertUnwindSafe(|| api.call(|| Err::<(), ()>(())))).unwrap_err();
    assert_eq!(probe.seen(), [Seen::Enter(1), Seen::Leave(Outcome::Failure)]);
    let api = Protected::new(&probe).hold_for(|_: &Result<(), ()>| panic!("boom"));
    catch_unwind(AssertUnwindSafe(|| api.call(|| Ok::<(), ()>(())))).unwrap_err();
    assert_eq!(probe.seen(), [Seen::Enter(1), Seen::Leave(Outcome::Failure)]);
}

#[test]
fn a_call_made_while_unwinding_is_not_blamed_for_that_panic() {
    struct Cleanup(Arc<Probe>);
    impl Drop for Cleanup {
        fn drop(&mut self) {
            drop(self.0.guard(1).unwrap()); // no verdict
            let _ = self.0.call(|| Ok::<_, ()>(()));
        }
    }
    let probe = Arc::new(Probe::default());
    let cleanup = Cleanup(Arc::clone(&probe));
    catch_unwind(AssertUnwindSafe(|| {
        let _cleanup = cleanup;
        panic!("boom");
    }))
    .unwrap_err();
    let expected = [Seen::Enter(1), Seen::Leave(Outcome::Ignored), Seen::Enter(1), Seen::Leave(Outcome::Success)];
    assert_eq!(probe.seen(), expected);
}

#[test]
fn guards_report_once() {
    let probe = Probe::default();
    drop(probe.guard(1).unwrap());
    probe.guard(1).unwrap().success();
    probe.guard(1).unwrap().failure();
    probe.guard(1).unwrap().ignore();
    probe.guard(1).unwrap().cancel();
    let ends: Vec<_> = probe.seen().into_iter().filter(|seen| *seen != Seen::Enter(1)).collect();
    let left = Seen::Leave;
    let expected =
        [left(Outcome::Ignored), left(Outcome::Success), left(Outcome::Failure), left(Outcome::Ignored), Seen::Cancel];
    assert_eq!(ends, expected);
}

#[test]
fn the_clock_is_read_only_for_those_who_need_it() {
    let calls = |probe: Probe| {
        let clock = CountedClock::default();
        Protected::new(&probe).with_clock(&clock).call(|| Ok::<_, ()>(())).unwrap();
        (probe.seen(), clock.reads())
    };
    let left = Seen::Leave(Outcome::Success);
    let left_untimed = Seen::LeaveUntimed(Outcome::Success);
    assert_eq!(calls(Probe::default()), (vec![Seen::Enter(1), left], 2));
    let untimed = || Probe { untimed: true, ..Probe::default() };
    assert_eq!(calls(untimed()), (vec![Seen::EnterUntimed, left_untimed], 0));
    assert_eq!(calls(Probe { but_on_enter: true, ..untimed() }), (vec![Seen::Enter(1), left], 2));
    let settled = vec![Seen::EnterUntimed, left_untimed, Seen::Settle];
    assert_eq!(calls(Probe { but_on_leave: true, ..untimed() }), (settled, 1));
}

#[test]
fn a_closed_breaker_without_a_slow_rule_reads_no_clock_until_it_trips() {
    let clock = CountedClock::default();
    let breaker = breaker(false);
    let api = Protected::new(&breaker).with_clock(&clock);
    api.call(|| Ok::<_, ()>(())).unwrap();
    assert_eq!(clock.reads(), 0);
    let _ = api.call(|| Err::<(), ()>(()));
    assert_eq!(clock.reads(), 1); // to open for a second from now
    assert_eq!(breaker.state(Nanos::ZERO), State::Open);
    let refusal = api.call(|| Ok::<_, ()>(())).unwrap_err();
    assert_eq!(refusal.retry_after(), Some(Nanos::new(999_000_001))); // it opens strictly after the wait
}

#[test]
fn the_gate_times_slow_calls_by_the_clock_given() {
    let clock = ManualClock::new();
    let breaker = breaker(true);
    let api = Protected::new(&breaker).with_clock(clock.clone());
    for _ in 0..2 {
        api.call(|| {
            clock.advance(Nanos::from_millis(11));
            Ok::<_, ()>(())
        })
        .unwrap();
    }
    assert_eq!(breaker.state(Nanos::from_millis(22)), State::Open);
    let refusal = api.call(|| Ok::<_, ()>(())).unwrap_err();
    assert_eq!(refusal.retry_after(), Some(Nanos::new(1_000_000_001)));
}

#[test]
fn a_panicking_trial_opens_the_breaker_again() {
    let clock = ManualClock::new();
    let breaker = breaker(false);
    let api = Protected::new(&breaker).with_clock(clock.clone());
    for _ in 0..2 {
        let _ = api.call(|| Err::<(), ()>(()));
    }
    clock.advance(Nanos::new(1_000_000_001));
    catch_unwind(AssertUnwindSafe(|| api.call(|| -> Result<(), ()> { panic!("boom") }))).unwrap_err();
    assert_eq!(breaker.state(Nanos::new(1_000_000_001)), State::Open);
}

#[test]
fn calls_nest() {
    let (outer, inner) = (Probe::default(), Probe::default());
    let result = outer.call(|| inner.call(|| outer.call(|| Err::<(), _>(7))));
    assert_eq!(result, Err(CallError::Failed(CallError::Failed(CallError::Failed(7)))));
    let failed = Seen::Leave(Outcome::Failure);
    assert_eq!(outer.seen(), [Seen::Enter(1), Seen::Enter(1), failed, failed]);
    assert_eq!(inner.seen(), [Seen::Enter(1), failed]);
}

#[test]
fn decorated_functions_are_functions() {
    let probe = Arc::new(Probe::default());
    let parse = probe.decorate(str::parse::<u8>);
    assert_eq!(["7", "8"].map(&parse), [Ok(7), Ok(8)]);
    let api = Protected::new(Arc::clone(&probe));
    let twice = api.decorate(|n: u32| n.checked_mul(2).ok_or("too large"));
    assert_eq!(twice(u32::MAX), Err(CallError::Failed("too large")));
    assert_eq!(probe.seen().len(), 6);
}

#[test]
fn a_guard_can_hand_its_permit_to_a_breaker_s_own_report() {
    let clock = ManualClock::new();
    let breaker = breaker(false);
    let guard = Guard::enter(&breaker, &clock, 1).unwrap();
    guard.finish_with(|permit, at| breaker.leave_and_open_for(permit, Outcome::Failure, Nanos::MINUTE, at));
    assert_eq!(breaker.guard_at(&clock).unwrap_err().retry_after, Some(Nanos::MINUTE + Nanos::new(1)));
}

/// Reads better in the test above.
trait GuardAt {
    fn guard_at<'a>(&'a self, clock: &'a ManualClock) -> Result<Guard<'a, Self, ManualClock>, overcurrent::Refusal>
    where
        Self: overcurrent::Gate + Sized,
    {
        Guard::enter(self, clock, 1)
    }
}
impl GuardAt for CountBreaker<1> {}
