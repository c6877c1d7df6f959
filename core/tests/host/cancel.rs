//! Async calls: dropped at every await point, panicking at every await point, under any executor.

use crate::probe::{CountedClock, Hand, Probe, REFUSAL, Seen, Yield, block_on, is_send};
use overcurrent::{
    BreakerConfig, CallError, CountBreaker, GateExt, ManualClock, Nanos, OpenFor, Outcome, Protected, State, TimedOut,
    Timer, Window, timeout,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

const POINTS: usize = 4;

async fn work(clock: &ManualClock) -> Result<u32, ()> {
    Yield(1).await;
    clock.sleep(Nanos::SECOND.as_duration()).await;
    Yield(2).await;
    Ok(7)
}

#[test]
fn a_future_dropped_at_any_await_point_gives_its_permit_back_and_is_no_failure() {
    for polls in 0..=POINTS {
        let (probe, clock) = (Probe::default(), ManualClock::new());
        let mut call = Hand::new(probe.call_async(|| work(&clock)));
        for _ in 0..polls {
            assert_eq!(call.poll(), Poll::Pending);
            clock.advance(Nanos::from_millis(500));
        }
        drop(call);
        let expected: &[_] = if polls == 0 { &[] } else { &[Seen::Enter(1), Seen::Leave(Outcome::Ignored)] };
        assert_eq!(probe.seen(), expected, "after {polls} polls");
        assert_eq!(clock.sleepers(), 0);
    }
}

#[test]
fn a_future_that_panics_at_any_await_point_is_a_failure() {
    for at in 0..=POINTS {
        let probe = Probe::default();
        let call = async || {
            Yield(at).await;
            if at <= POINTS {
                panic!("boom");
            }
            Ok::<_, ()>(())
        };
        let mut call = Hand::new(probe.call_async(call));
        for _ in 0..at {
            assert!(call.poll().is_pending());
        }
        catch_unwind(AssertUnwindSafe(|| call.poll())).unwrap_err();
        assert_eq!(probe.seen(), [Seen::Enter(1), Seen::Leave(Outcome::Failure)]);
        drop(call);
        assert_eq!(probe.seen(), []);
    }
}

#[test]
fn a_dropped_trial_leaves_its_place_to_another() {
    let clock = ManualClock::new();
    let config = BreakerConfig::new(Window::calls(2)).trial_calls(1).open_for(OpenFor::fixed(Nanos::SECOND));
    let breaker = CountBreaker::<1>::new(config.build().unwrap()).unwrap();
    let api = Protected::new(&breaker).with_clock(clock.clone());
    for _ in 0..2 {
        let _ = api.call(|| Err::<(), ()>(()));
    }
    clock.advance(Nanos::new(1_000_000_001));
    for _ in 0..1_000 {
        let mut trial = Hand::new(api.call_async(|| work(&clock)));
        assert!(trial.poll().is_pending());
        assert!(api.guard().is_err(), "the only trial is out");
    }
    api.call(|| Ok::<_, ()>(())).unwrap();
    assert_eq!(breaker.state(Nanos::new(1_000_000_001)), State::Closed);
}

#[test]
fn a_refused_async_call_makes_no_future() {
    let probe = Probe::default();
    probe.refuse.store(true, Ordering::Relaxed);
    let result = block_on(probe.call_async(|| -> std::future::Ready<Result<(), ()>> { panic!("called") }));
    assert_eq!(result, Err(CallError::Refused(REFUSAL)));
}

#[test]
fn an_untimed_gate_reads_no_clock_async_either() {
    let (probe, clock) = (Probe { untimed: true, ..Probe::default() }, CountedClock::default());
    let api = Protected::new(&probe).with_clock(&clock);
    block_on(api.call_async(async || Ok::<_, ()>(()))).unwrap();
    assert_eq!(clock.reads(), 0);
    drop(api.guard());
    assert_eq!(probe.seen().last(), Some(&Seen::LeaveUntimed(Outcome::Ignored)));
}

#[test]
fn calls_run_under_any_executor_and_may_move_between_threads() {
    let api = Arc::new(Protected::new(Probe::default()));
    assert_eq!(block_on(api.call_async(async || Ok::<_, ()>(1))), Ok(1));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let api = Arc::clone(&api);
            runtime.spawn(is_send(async move {
                api.call_async(|| async move {
                    tokio::time::sleep(Nanos::MILLISECOND.as_duration()).await;
                    Ok::<_, ()>(n)
                })
                .await
            }))
        })
        .collect();
    for (n, task) in tasks.into_iter().enumerate() {
        assert_eq!(runtime.block_on(task).unwrap(), Ok(n));
    }
    assert_eq!(api.gate().seen().len(), 18);
}

#[test]
fn decorated_async_functions() {
    let probe = Probe::default();
    let api = Protected::new(&probe);
    let twice = api.decorate_async(async |n: u32| {
        Yield(2).await;
        n.checked_mul(2).ok_or(n)
    });
    assert_eq!(block_on(twice(4)), Ok(8));
    assert_eq!(block_on(twice(u32::MAX)), Err(CallError::Failed(u32::MAX)));
}

#[test]
fn a_timeout_inside_the_call_is_a_failure_and_outside_it_is_none() {
    let (probe, clock) = (Probe::default(), ManualClock::new());
    let slow = async || {
        clock.sleep(Nanos::MINUTE.as_duration()).await;
        Ok::<_, TimedOut>(())
    };
    let mut inside = Hand::new(probe.call_async(async || timeout(&clock, Nanos::SECOND, slow()).await?));
    assert!(inside.poll().is_pending());
    clock.advance(Nanos::SECOND);
    assert_eq!(inside.woken.times(), 1);
    assert_eq!(inside.poll(), Poll::Ready(Err(CallError::Failed(TimedOut { limit: Nanos::SECOND }))));
    assert_eq!(probe.seen(), [Seen::Enter(1), Seen::Leave(Outcome::Failure)]);

    let mut outside = Hand::new(timeout(&clock, Nanos::SECOND, probe.call_async(slow)));
    assert!(outside.poll().is_pending());
    clock.advance(Nanos::SECOND);
    assert_eq!(outside.poll(), Poll::Ready(Err(TimedOut { limit: Nanos::SECOND })));
    drop(outside);
    assert_eq!(probe.seen(), [Seen::Enter(1), Seen::Leave(Outcome::Ignored)]);
    drop(inside);
    assert_eq!(clock.sleepers(), 0);
}

#[test]
fn a_result_on_the_deadline_wins() {
    let clock = ManualClock::new();
    let mut both = Hand::new(timeout(&clock, Nanos::SECOND, clock.sleep(Nanos::SECOND.as_duration())));
    assert!(both.poll().is_pending());
    clock.advance(Nanos::SECOND);
    assert_eq!(both.poll(), Poll::Ready(Ok(())));
}

#[test]
fn an_aborted_task_gives_its_permit_back() {
    let api = Arc::new(Protected::new(Probe::default()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let task = runtime.spawn({
        let api = Arc::clone(&api);
        async move { api.call_async(std::future::pending::<Result<(), ()>>).await }
    });
    while api.gate().seen.lock().unwrap().is_empty() {
        std::thread::yield_now();
    }
    task.abort();
    assert!(runtime.block_on(task).unwrap_err().is_cancelled());
    assert_eq!(api.gate().seen(), [Seen::Enter(1), Seen::Leave(Outcome::Ignored)]);
}
