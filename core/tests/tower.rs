//! Gates around real tower services.
#![cfg(feature = "tower")]

use overcurrent::{
    BreakerConfig, Bulkhead, CallError, Classify, CountBreaker, GateLayer, GateService, ManualClock, Nanos, OpenFor,
    Outcome, Protected, Reason, State, Window,
};
use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

type Gates = Arc<(Bulkhead, CountBreaker<1>)>;
type BoxError = Box<dyn Error + Send + Sync>;

fn gates(slots: u32) -> Gates {
    let policy =
        BreakerConfig::new(Window::calls(4)).min_calls(2).open_for(OpenFor::fixed(Nanos::SECOND)).trial_calls(1);
    Arc::new((Bulkhead::new(slots).unwrap(), CountBreaker::new(policy.build().unwrap()).unwrap()))
}

fn counts(gates: &Gates) -> (u32, u32, u32) {
    let metrics = gates.1.metrics(Nanos::ZERO);
    (metrics.calls, metrics.failed, gates.0.in_flight())
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn an_open_breaker_spares_the_service_and_a_trial_closes_it() {
    let (gates, clock) = (gates(8), ManualClock::new());
    let called = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counter = Arc::clone(&called);
    let layer = GateLayer::from(Protected::new(Arc::clone(&gates)).with_clock(clock.clone()));
    let mut service = ServiceBuilder::new().layer(layer).service(service_fn(move |works: bool| {
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async move { if works { Ok("reply") } else { Err("boom") } }
    }));
    run(async {
        for _ in 0..2 {
            assert_eq!(service.ready().await.unwrap().call(false).await, Err(CallError::Failed("boom")));
        }
        let Err(CallError::Refused(refusal)) = service.ready().await.unwrap().call(true).await else { panic!() };
        assert_eq!((refusal.reason, refusal.retry_after), (Reason::BreakerOpen, Some(Nanos::new(1_000_000_001))));
        clock.advance(Nanos::from_secs(2));
        assert_eq!(service.ready().await.unwrap().call(true).await, Ok("reply"));
    });
    assert_eq!(gates.1.state(Nanos::from_secs(2)), State::Closed);
    assert_eq!(called.load(std::sync::atomic::Ordering::Relaxed), 3, "the refused request never reached it");
    assert_eq!(gates.0.in_flight(), 0);
}

#[test]
fn clones_share_the_gate_and_a_dropped_future_gives_its_permit_back() {
    let gates = gates(1);
    let service = GateLayer::new(Arc::clone(&gates)).layer(service_fn(|()| pending::<Result<(), Infallible>>()));
    let (mut one, mut other) = (service.clone(), service);
    let mut waiting = Box::pin(one.call(()));
    assert!(poll_once(waiting.as_mut()).is_pending());
    assert_eq!(counts(&gates), (0, 0, 1));
    let refused = pin!(other.call(()));
    let Poll::Ready(Err(CallError::Refused(refusal))) = poll_once(refused) else { panic!() };
    assert_eq!(refusal.reason, Reason::BulkheadFull);
    drop(waiting);
    assert_eq!(counts(&gates), (0, 0, 0), "no verdict");
    drop(other.call(())); // never polled
    assert_eq!(counts(&gates), (0, 0, 0));
}

#[test]
fn making_ready_takes_nothing() {
    let gates = gates(1);
    let mut service = GateLayer::new(Arc::clone(&gates)).layer(service_fn(async |()| Ok::<_, Infallible>(())));
    run(async {
        service.ready().await.unwrap();
        let ready = service.clone().ready_oneshot().await.unwrap();
        assert_eq!(counts(&gates), (0, 0, 0));
        drop(ready);
        assert!(service.call(()).await.is_ok());
    });
    assert_eq!(counts(&gates), (1, 0, 0));
}

#[test]
fn a_panic_is_a_failure_wherever_it_comes_from() {
    let gates = gates(1);
    let layer = GateLayer::new(Arc::clone(&gates));
    let mut in_call =
        layer.layer(service_fn(|_: ()| -> std::future::Ready<Result<(), Infallible>> { panic!("in call") }));
    assert!(catch_unwind(AssertUnwindSafe(|| in_call.call(()))).is_err());
    assert_eq!(counts(&gates), (1, 1, 0));

    // Under an executor that catches it and drops the future later, unwinding no more.
    let mut in_poll = layer.layer(service_fn(async |()| -> Result<(), Infallible> { panic!("in poll") }));
    let mut future = Box::pin(in_poll.call(()));
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(future.as_mut()))).is_err());
    drop(future);
    assert_eq!(counts(&gates), (2, 2, 0));

    let mut in_rule = GateLayer::from(Protected::new(Arc::clone(&gates)).with_classifier(Panics))
        .layer(service_fn(async |()| Ok::<_, Infallible>(())));
    gates.1.close(Nanos::ZERO);
    let mut future = Box::pin(in_rule.call(()));
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(future.as_mut()))).is_err());
    assert_eq!(counts(&gates), (1, 1, 0));
}

#[derive(Clone)]
struct Panics;

impl<T, E> Classify<T, E> for Panics {
    fn outcome(&self, _: &Result<T, E>) -> Outcome {
        panic!("in a rule")
    }
}

/// Responses have a status; some ask for a pause.
#[derive(Debug, PartialEq)]
struct Response {
    status: u16,
    retry_after: Option<Nanos>,
}

#[test]
fn rules_read_the_response_and_hand_it_on() {
    let gates = gates(1);
    let protected = Protected::new(Arc::clone(&gates))
        .with_clock(ManualClock::new())
        .failure_ok(|response: &Response| response.status >= 500)
        .ignore_ok(|response: &Response| response.status == 404)
        .hold_for(|result: &Result<Response, Infallible>| result.as_ref().ok()?.retry_after);
    let mut service = GateLayer::from(protected)
        .layer(service_fn(async |(status, retry_after)| Ok::<_, Infallible>(Response { status, retry_after })));
    run(async {
        assert_eq!(service.call((200, None)).await.unwrap().status, 200);
        assert_eq!(service.call((404, None)).await.unwrap().status, 404);
        assert_eq!(service.call((200, None)).await.unwrap().status, 200);
        assert_eq!(counts(&gates), (2, 0, 0));
        assert_eq!(service.call((503, Some(Nanos::MINUTE))).await.unwrap().status, 503);
        let Err(CallError::Refused(refusal)) = service.call((200, None)).await else { panic!() };
        assert_eq!(refusal.retry_after, Some(Nanos::MINUTE + Nanos::new(1)));
    });
}

/// A whole stack: buffer, concurrency limit, gate, timeout, whose errors are boxes.
#[test]
fn it_stands_among_other_layers_and_tasks() {
    let gates = gates(8);
    let build = || {
        ServiceBuilder::new()
            .buffer(16)
            .concurrency_limit(4)
            .map_err(CallError::<BoxError>::into_boxed)
            .layer(GateLayer::new(Arc::clone(&gates)))
            .timeout(Duration::from_millis(20))
            .service_fn(|slow: bool| async move {
                if slow {
                    tokio::time::sleep(Duration::from_secs(3_600)).await;
                }
                Ok::<_, Infallible>("reply")
            })
    };
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build();
    rt.unwrap().block_on(async {
        let service = build(); // a buffer starts a task
        let tasks: Vec<_> = (0..20).map(|_| tokio::spawn(service.clone().oneshot(false))).collect();
        for task in tasks {
            assert_eq!(task.await.unwrap().unwrap(), "reply");
        }
        for _ in 0..2 {
            let error = service.clone().oneshot(true).await.unwrap_err();
            assert!(error.downcast_ref::<tower::timeout::error::Elapsed>().is_some(), "{error}");
        }
        let error = service.oneshot(false).await.unwrap_err();
        let refusal = error.downcast_ref::<overcurrent::Refusal>().expect("two of the last four failed");
        assert_eq!(refusal.reason, Reason::BreakerOpen);
    });
    assert_eq!(gates.0.in_flight(), 0);
}

/// An inner service that is not ready keeps its caller waiting, and its failure to get ready is no call.
#[test]
fn readiness_is_the_inner_service_s() {
    #[derive(Clone)]
    struct Broken;
    impl Service<()> for Broken {
        type Response = ();
        type Error = &'static str;
        type Future = std::future::Ready<Result<(), &'static str>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
            Poll::Ready(Err("not today"))
        }
        fn call(&mut self, (): ()) -> Self::Future {
            unreachable!()
        }
    }
    let gates = gates(1);
    let mut service: GateService<Broken, Gates> = GateLayer::new(Arc::clone(&gates)).layer(Broken);
    assert_eq!(run(service.ready()).err(), Some(CallError::Failed("not today")));
    assert_eq!(counts(&gates), (0, 0, 0));
}

/// Busy at first; a clone begins anew, as tower's own limits do.
struct Slow {
    polls: u32,
}

impl Clone for Slow {
    fn clone(&self) -> Self {
        Self { polls: 0 }
    }
}

impl Service<()> for Slow {
    type Response = &'static str;
    type Error = Infallible;
    type Future = std::future::Ready<Result<&'static str, Infallible>>;
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.polls += 1;
        cx.waker().wake_by_ref();
        if self.polls > 2 { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
    fn call(&mut self, (): ()) -> Self::Future {
        assert!(self.polls > 2, "called before it was ready");
        std::future::ready(Ok("reply"))
    }
}

#[test]
fn the_service_that_was_made_ready_is_the_one_that_is_called() {
    let gates = gates(1);
    let mut service = GateLayer::new(Arc::clone(&gates)).layer(Slow { polls: 0 });
    let mut context = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut context).is_pending());
    assert_eq!(run(async { service.ready().await.unwrap().call(()).await }), Ok("reply"));
}

#[test]
fn an_answered_future_keeps_nothing_and_answers_no_more() {
    let (gates, held) = (gates(1), Arc::new(()));
    let theirs = Arc::clone(&held);
    let mut service = GateLayer::new(Arc::clone(&gates)).layer(service_fn(move |()| Holds(Arc::clone(&theirs))));
    let before = Arc::strong_count(&held);
    let mut answered = Box::pin(service.call(()));
    assert_eq!(Arc::strong_count(&held), before + 1);
    assert!(poll_once(answered.as_mut()).is_ready());
    assert_eq!(Arc::strong_count(&held), before, "what the call held is free with the answer");
    assert!(poll_once(answered.as_mut()).is_pending());

    gates.1.force_open(Nanos::ZERO);
    let mut refused = Box::pin(service.call(()));
    assert!(poll_once(refused.as_mut()).is_ready());
    assert!(poll_once(refused.as_mut()).is_pending());
}

/// A response that keeps something alive until it is dropped.
struct Holds(Arc<()>);

impl Future for Holds {
    type Output = Result<(), Infallible>;
    fn poll(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(Arc::strong_count(&self.0) > 1);
        Poll::Ready(Ok(()))
    }
}
