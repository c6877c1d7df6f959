//! What users of the field's crates take for granted: every value can be printed, errors are errors, and what is shared
//! can be shared.
#![cfg(feature = "std")]

use overcurrent::breaker::{CountHistory, LivePolicy, ReconfigureError, Refusal32, RingWord, StateCells, TimeHistory};
use overcurrent::limit::{CycleConfig, CycleDenied, CycleLimiter, Denied, Denied32, LiveDenied};
use overcurrent::retry::{Backoff, RetryBudget, Withdrawal};
use overcurrent::*;
use std::error::Error;
use std::fmt::Debug;
use std::sync::Arc;

fn shared<T: Send + Sync + Debug>() {}
fn error<E: Error>(error: E, says: &str) {
    assert_eq!(error.to_string(), says);
}

#[test]
fn everything_can_be_printed_and_shared_between_threads() {
    shared::<(Gcra, LiveGcra, CycleLimiter, Gcra32, Bulkhead, Bulkhead32, RetryBudget)>();
    shared::<(CountBreaker<1>, LiveCountBreaker<1>, TimeBreaker<2>, LiveTimeBreaker<2>, TinyBreaker, TinyBreaker32)>();
    shared::<(CountHistory<[RingWord; 1]>, StateCells, LivePolicy, Policy, Backoff, Journal<4>, Counters, Rejections)>(
    );
    shared::<TimeHistory<[breaker::Bucket; 2], [RingWord; 1]>>();
    shared::<(Waiters<Gcra>, Slots<(Bulkhead, CountBreaker<1>)>, Protected<Arc<CountBreaker<1>>>, Retry)>();
    shared::<(
        Observed<CountBreaker<1, Policy, &Counters>, &Counters>,
        breaker::Untracked<'_, CountHistory<[RingWord; 1]>, Policy, ()>,
    )>();
    shared::<(Permit, limit::Reservation, Withdrawal, At, Event, breaker::Explanation, ManualClock, ThreadTimer)>();
    shared::<(Acquire<'_, Gcra, MonotonicClock, ThreadTimer>, Guard<'_, CountBreaker<1>, MonotonicClock>)>();
}

#[test]
fn a_breaker_prints_what_matters() {
    let breaker = CountBreaker::<1>::new(BreakerConfig::new(Window::calls(10)).build().unwrap()).unwrap();
    assert_eq!(format!("{breaker:?}"), "Breaker { state: Closed, generation: 0, attempts: 0, .. }");
    breaker.open(Nanos::SECOND).unwrap();
    assert_eq!(format!("{breaker:?}"), "Breaker { state: Open, generation: 0, attempts: 1, .. }");
    assert_eq!(format!("{:?}", breaker.untracked()), format!("Untracked({breaker:?})"));
    let live = LiveCountBreaker::<1>::live(BreakerConfig::new(Window::calls(10)).build().unwrap()).unwrap();
    assert!(format!("{live:?}").starts_with("Breaker { state: Closed"));
}

#[test]
fn refusals_are_errors() {
    let quota = Rate::new(1, Nanos::SECOND).build().unwrap();
    let (fixed, live, four) = (Gcra::new(quota), LiveGcra::new(quota), Gcra32::new(Quota32::new(1, 1_000, 1).unwrap()));
    let cycle = CycleLimiter::new(CycleConfig::new(1, Nanos::SECOND).build().unwrap());
    let denied: Denied<'_> = fixed.try_acquire(2, Nanos::ZERO).unwrap_err();
    error(denied, "refused: cost-exceeds-burst");
    fixed.try_acquire(1, Nanos::ZERO).unwrap();
    error(fixed.try_acquire(1, Nanos::ZERO).unwrap_err(), "refused: rate-limited, retry after 1s");
    live.try_acquire(1, Nanos::ZERO).unwrap();
    let denied: LiveDenied = live.try_acquire(1, Nanos::ZERO).unwrap_err();
    error(denied, "refused: rate-limited, retry after 1s");
    cycle.try_acquire(1, Nanos::ZERO).unwrap();
    let denied: CycleDenied<'_> = cycle.try_acquire(1, Nanos::ZERO).unwrap_err();
    error(denied, "refused: rate-limited, retry after 1s");
    four.try_acquire(1, 0).unwrap();
    let denied: Denied32 = four.try_acquire(1, 0).unwrap_err();
    error(denied, "refused: rate-limited, retry after 1000 ticks");
    error(four.try_acquire(2, 0).unwrap_err(), "refused: cost-exceeds-burst");
    let (policy, breaker) = (TinyConfig32::new(1, 5).build().unwrap(), TinyBreaker32::new());
    breaker.open(&policy, 0);
    let refusal: Refusal32 = breaker.enter(&policy, 0).unwrap_err();
    error(refusal, "refused: breaker-open, retry after 6 ticks");
    error(ReconfigureError::Busy, "another thread is changing this configuration; try again");
}

/// `?` in a function whose error is a box.
#[test]
fn a_question_mark_is_enough() {
    fn refused(limiter: &Gcra) -> Result<(), Box<dyn Error + '_>> {
        limiter.try_acquire(7, Nanos::ZERO)?;
        Ok(())
    }
    assert!(refused(&Gcra::new(Rate::new(1, Nanos::SECOND).build().unwrap())).is_err());
}

#[test]
fn a_gate_in_an_arc_is_a_gate_and_a_limiter_in_one_can_be_queued_for() {
    type AnyGate = Arc<dyn Gate<Permit = concurrency::Slot> + Send + Sync>;
    let gates: [AnyGate; 2] = [Arc::new(Bulkhead::new(1).unwrap()), Arc::new(Bulkhead32::new(2).unwrap())];
    let permits = gates.enter(1, Nanos::ZERO.into()).unwrap();
    assert!(gates.enter(1, Nanos::ZERO.into()).is_err());
    gates.leave(permits, Outcome::Success, Nanos::ZERO.into());
    assert!(!gates.needs_clock(), "every method is passed on");

    let limiter = Arc::new(Gcra::new(Rate::new(2, Nanos::HOUR).build().unwrap()));
    let (one, other) = (Waiters::new(Arc::clone(&limiter)), Waiters::new(limiter));
    one.try_acquire(1).unwrap();
    other.try_acquire(1).unwrap();
    assert!(one.try_acquire(1).is_err());
}

/// A slot's guard says all that a plain guard can.
#[test]
fn a_slot_s_guard_has_every_verdict() {
    let policy = BreakerConfig::new(Window::calls(2)).min_calls(1).build().unwrap();
    let slots = Slots::new((Bulkhead::new(1).unwrap(), CountBreaker::<1>::new(policy).unwrap()));
    let breaker = &slots.gate().1;
    slots.try_enter().unwrap().ignore();
    slots.try_enter().unwrap().cancel();
    assert_eq!(breaker.metrics(Nanos::ZERO).calls, 0);
    slots.try_enter().unwrap().report(&ErrIsFailure, &Ok::<_, ()>(1));
    assert_eq!((breaker.metrics(Nanos::ZERO).calls, breaker.metrics(Nanos::ZERO).failed), (1, 0));
    slots.try_enter().unwrap().finish_and_hold(Outcome::Success, Nanos::HOUR);
    assert_eq!(slots.try_enter().unwrap_err().reason, Reason::BreakerOpen);
    assert_eq!(slots.gate().0.in_flight(), 0);
}
