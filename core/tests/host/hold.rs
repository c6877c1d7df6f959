//! An answer that says when to come back holds the gates that can hold.

use crate::probe::{Probe, Seen, block_on};
use overcurrent::event::{Journal, Observed};
use overcurrent::{
    BreakerConfig, Bulkhead, CallError, CountBreaker, Gate, Gcra, ManualClock, Nanos, OpenFor, Outcome, OwnedGuard,
    Protected, Rate, State, TinyBreaker, Window,
};
use std::sync::Arc;

fn policy() -> overcurrent::Policy {
    let config = BreakerConfig::new(Window::calls(4)).min_calls(4).open_for(OpenFor::fixed(Nanos::SECOND));
    config.build().unwrap()
}

fn rate() -> Gcra {
    Gcra::new(Rate::new(100, Nanos::SECOND).build().unwrap())
}

/// A server's answer: a status, and seconds to stay away.
type Answer = Result<u16, u64>;

fn asked(result: &Answer) -> Option<Nanos> {
    result.err().map(Nanos::from_secs)
}

#[test]
fn one_answer_holds_every_gate_that_can_hold_through_every_wrapper() {
    let clock = ManualClock::new();
    clock.advance(Nanos::SECOND);
    let gate = (
        Bulkhead::new(8).unwrap(),
        Arc::new(rate()),
        [TinyBreaker::new(policy()).unwrap()],
        Observed::new(CountBreaker::<1>::new(policy()).unwrap(), Journal::<4>::new()),
    );
    let api = Protected::new(&gate).with_clock(&clock).hold_for(asked);
    assert_eq!(api.call(|| Ok::<_, u64>(200)), Ok(200));
    assert_eq!(api.call(|| Err::<u16, _>(60)), Err(CallError::Failed(60)));
    assert_eq!(gate.0.in_flight(), 0);
    let now = Nanos::from_secs(60).into();
    assert!(gate.1.judge(1, now).is_err() && gate.2.judge(1, now).is_err() && gate.3.judge(1, now).is_err());
    let later = (Nanos::from_secs(61) + Nanos::from_millis(1)).into();
    assert!(gate.judge(1, later).is_ok());
}

#[test]
fn holding_and_judging_are_two_questions() {
    let clock = ManualClock::new();
    let breaker = CountBreaker::<1>::new(policy()).unwrap();
    // Ignored as an outcome, obeyed as a wish; and rules added later keep the wish.
    let api = Protected::new(&breaker).with_clock(&clock).hold_for(asked).ignore_err(|_: &u64| true);
    let api = api.failure_ok(|status: &u16| *status >= 500);
    assert_eq!(api.call(|| Err::<u16, _>(0)), Err(CallError::Failed(0)));
    assert_eq!(breaker.metrics(Nanos::ZERO).calls, 0);
    breaker.reset(Nanos::ZERO);
    assert_eq!(block_on(api.call_async(async || Err::<u16, _>(5))), Err(CallError::Failed(5)));
    assert_eq!(breaker.state(Nanos::ZERO), State::Open);
    assert_eq!(breaker.next_deadline(Nanos::ZERO), Some(Nanos::from_secs(5)));
    breaker.reset(Nanos::ZERO);
    let call = api.decorate_async(async |wait: u64| Err::<u16, _>(wait));
    assert_eq!(block_on(call(7)), Err(CallError::Failed(7)));
    assert_eq!(breaker.next_deadline(Nanos::ZERO), Some(Nanos::from_secs(7)));
}

#[test]
fn a_gate_that_cannot_hold_takes_the_outcome() {
    let probe = Probe::default();
    let api = Protected::new(&probe).hold_for(asked);
    assert_eq!(api.call(|| Err::<u16, _>(9)), Err(CallError::Failed(9)));
    assert_eq!(probe.seen(), [Seen::Enter(1), Seen::Leave(Outcome::Failure)]);
}

#[test]
fn a_hold_never_shortens_a_limiter_s_wait() {
    let ours = rate();
    let at = |secs| overcurrent::At::from(Nanos::from_secs(secs));
    for until in [10, 5] {
        let permit = ours.reserve(1, Nanos::MAX, Nanos::ZERO).unwrap();
        ours.leave_and_hold(permit, Outcome::Failure, Nanos::from_secs(until), at(0));
    }
    assert!(ours.judge(1, at(9)).is_err());
}

#[test]
fn guards_can_say_it_themselves() {
    let (clock, breaker) = (ManualClock::new(), Arc::new(CountBreaker::<1>::new(policy()).unwrap()));
    let guard = OwnedGuard::enter(Arc::clone(&breaker), clock.clone(), 1).unwrap();
    guard.finish_and_hold(Outcome::Success, Nanos::from_secs(3));
    assert_eq!(breaker.next_deadline(Nanos::ZERO.into()), Some(Nanos::from_secs(3)));
    breaker.reset(Nanos::ZERO);
    let api = Protected::new(&breaker).with_clock(&clock);
    api.guard().unwrap().finish_and_hold(Outcome::Success, Nanos::from_secs(4));
    assert_eq!(breaker.next_deadline(Nanos::ZERO.into()), Some(Nanos::from_secs(4)));
}
