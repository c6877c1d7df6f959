//! Trying again: how often, after how long, and what not.

use crate::probe::{Hand, Yield, block_on};
use overcurrent::retry::{Backoff, BackoffConfig, Jitter, RetryBudget, RetryBudgetConfig};
use overcurrent::{
    Again, BreakerConfig, CallError, CountBreaker, Fallback, ManualClock, Nanos, OpenFor, Protected, Reason, Refusal,
    Retry, Window,
};
use std::task::Poll;
use std::time::Duration;

/// 100 ms, then 150 ms, ...
fn backoff() -> Backoff {
    BackoffConfig::exponential(PAUSE, 1_500).jitter(Jitter::None).build().unwrap()
}

fn fixed() -> Backoff {
    BackoffConfig::fixed(PAUSE).jitter(Jitter::None).build().unwrap()
}

const PAUSE: Nanos = Nanos::from_millis(100);

fn refused(reason: Reason, retry_after: Option<Nanos>) -> CallError<u16> {
    CallError::Refused(Refusal::new(reason, retry_after))
}

/// The waits between the attempts at something that always fails like this.
fn waits(error: CallError<u16>) -> Vec<Duration> {
    let mut waits = Vec::new();
    let retry = Retry::new(backoff()).attempts(3).max_wait(Nanos::MINUTE).retry_if(|status: &u16| match status {
        429 => Again::After(Nanos::SECOND),
        status => (*status >= 500).into(),
    });
    assert_eq!(retry.run_with(|wait| waits.push(wait), |_| Err::<(), _>(error)), Err(error));
    waits
}

#[test]
fn waits_follow_the_interval_and_whoever_asked_for_a_longer_one() {
    let ms = |list: [u64; 2]| list.map(Duration::from_millis);
    assert_eq!(waits(CallError::Failed(503)), ms([100, 150]));
    assert_eq!(waits(CallError::Failed(429)), ms([1_000, 1_000]));
    assert_eq!(waits(CallError::Failed(404)), []);
    assert_eq!(waits(refused(Reason::BreakerOpen, Some(Nanos::from_secs(2)))), ms([2_000, 2_000]));
    assert_eq!(waits(refused(Reason::RateLimited, Some(Nanos::MILLISECOND))), ms([100, 150]));
    assert_eq!(waits(refused(Reason::BulkheadFull, None)), ms([100, 150]));
    assert_eq!(waits(refused(Reason::TrialsTaken, None)), ms([100, 150]));
}

#[test]
fn what_time_does_not_help_is_not_tried_again() {
    assert_eq!(waits(refused(Reason::ForcedOpen, None)), []);
    assert_eq!(waits(refused(Reason::CostExceedsBurst, None)), []);
    assert_eq!(waits(refused(Reason::BreakerOpen, Some(Nanos::HOUR))), []); // longer than anybody wants to wait
}

#[test]
fn each_attempt_asks_the_gate_and_an_open_breaker_is_waited_for() {
    let clock = ManualClock::new();
    let config = BreakerConfig::new(Window::calls(2)).open_for(OpenFor::fixed(Nanos::SECOND)).trial_calls(1);
    let breaker = CountBreaker::<1>::new(config.build().unwrap()).unwrap();
    let api = Protected::new(&breaker).with_clock(clock.clone());
    let mut calls = 0;
    let result = Retry::new(fixed()).attempts(5).run_with(
        |wait| clock.advance(wait),
        |_| {
            api.call(|| {
                calls += 1;
                if calls <= 2 { Err("boom") } else { Ok(calls) }
            })
        },
    );
    // Two failures, then the refusal says how long: the fourth attempt is the trial, and it works.
    assert_eq!(result, Ok(3));
}

#[test]
fn jitter_gets_the_clock_s_random_bits() {
    let clock = ManualClock::new();
    clock.set_random(1 << 31);
    let full = BackoffConfig::exponential(PAUSE, 2_000).build().unwrap();
    let mut waits = Vec::new();
    let _ = Retry::new(full)
        .with_clock(clock.clone())
        .run_with(|wait| waits.push(wait.as_millis()), |_| Err::<(), _>(CallError::Failed(())));
    assert_eq!(waits, [50, 100]);

    // each from the one before, not counting what a server asked for
    let decorrelated = BackoffConfig::fixed(PAUSE).jitter(Jitter::Decorrelated).build().unwrap();
    let mut waits = Vec::new();
    let retry = Retry::new(decorrelated).with_clock(clock).attempts(4).retry_if(|after: &u64| match after {
        0 => Again::Yes,
        ms => Again::After(Nanos::from_millis(*ms)),
    });
    let errors = [0, 9_999, 0, 0];
    let _ = retry.run_with(
        |wait| waits.push(wait.as_millis()),
        |attempt| Err::<(), _>(CallError::Failed(errors[attempt as usize - 1])),
    );
    assert_eq!(waits, [200, 9_999, 575]); // half way from 100 to three times the last: 300, 600, 1050
}

fn spent(retries: u32) -> RetryBudget {
    let budget = RetryBudget::new(RetryBudgetConfig::new().ratio(500).min_per_second(0).cap(10).build().unwrap());
    for _ in retries..10 {
        let _ = budget.try_withdraw(Nanos::ZERO).unwrap();
    }
    budget
}

#[test]
fn a_budget_pays_for_retries_and_success_pays_in() {
    let budget = spent(3);
    let retry = Retry::new(fixed()).attempts(9).budget(&budget);
    let mut tried = 0;
    let failing = |attempt| {
        tried = attempt;
        Err::<(), _>(CallError::Failed("boom"))
    };
    assert_eq!(retry.run_with(|_| {}, failing), Err(CallError::Failed("boom")));
    assert_eq!((tried, budget.available(Nanos::ZERO)), (4, 0));
    for paid_in in 1..=4 {
        retry.run_plain(|_| Ok::<_, ()>(())).unwrap();
        assert_eq!(budget.available(Nanos::ZERO), paid_in / 2);
    }
}

#[test]
fn a_retry_that_was_not_made_costs_nothing() {
    let (budget, clock) = (spent(5), ManualClock::new());
    let retry = Retry::new(fixed()).attempts(4).budget(&budget);
    // refused each time by the gate
    let error = refused(Reason::BulkheadFull, None);
    assert_eq!(retry.run_with(|_| {}, |_| Err::<(), _>(error)), Err(error));
    assert_eq!(budget.available(Nanos::ZERO), 5);
    // dropped while it sleeps
    let mut run = Hand::new(retry.run_async(&clock, async |_| Err::<(), _>(CallError::Failed(()))));
    assert!(run.poll().is_pending());
    assert_eq!(budget.available(Nanos::ZERO), 4);
    drop(run);
    assert_eq!(budget.available(Nanos::ZERO), 5);
    // dropped while it runs: made, and paid for
    let stuck = |attempt: u32| async move {
        Yield(if attempt == 1 { 0 } else { 1 }).await;
        Err::<(), _>(CallError::Failed(()))
    };
    let mut run = Hand::new(retry.run_async(&clock, stuck));
    assert!(run.poll().is_pending());
    clock.advance(PAUSE);
    assert!(run.poll().is_pending());
    drop(run);
    assert_eq!((budget.available(Nanos::ZERO), clock.sleepers()), (4, 0));
}

#[test]
fn async_attempts_sleep_on_the_timer_given_and_may_be_dropped_anywhere() {
    let clock = ManualClock::new();
    let retry = Retry::new(fixed()).attempts(3);
    let attempt = |attempt: u32| async move {
        Yield(1).await;
        if attempt < 3 { Err(CallError::Failed(())) } else { Ok(attempt) }
    };
    let mut run = Hand::new(retry.run_async(&clock, attempt));
    for _ in 0..2 {
        assert!(run.poll().is_pending());
        assert!(run.poll().is_pending());
        assert_eq!(clock.sleepers(), 1);
        clock.advance(PAUSE);
    }
    assert!(run.poll().is_pending());
    assert_eq!(run.poll(), Poll::Ready(Ok(3)));

    for polls in 0..4 {
        let mut run = Hand::new(retry.run_async(&clock, attempt));
        for _ in 0..polls {
            assert!(run.poll().is_pending());
        }
        drop(run);
        assert_eq!(clock.sleepers(), 0);
    }
    assert_eq!(block_on(retry.run_async(&|_| Yield(2), attempt)), Ok(3));
}

#[test]
fn a_fallback_answers_for_a_refusal_only_or_by_rule() {
    let refusal: Result<u8, _> = Err(refused(Reason::BreakerOpen, None));
    let failure: Result<u8, _> = Err(CallError::Failed(503));
    assert_eq!(refusal.on_refusal(|_| Ok(1)), Ok(1));
    assert_eq!(failure.on_refusal(|_| Ok(1)), Err(503));
    assert_eq!(failure.on_error(|e| matches!(e, CallError::Failed(500..)), |_| Ok(2)), Ok(2));
    assert_eq!(refusal.on_error(|e| matches!(e, CallError::Failed(500..)), |_| Ok(2)), refusal);
}
