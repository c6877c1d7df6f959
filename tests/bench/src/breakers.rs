//! Circuit breakers: one operation is the whole protected call, enter and leave.

use crate::floor;
use crate::gates::{enter_leave, good, quarter_bad, refuse, untimed};
use crate::harness::Case;
use overcurrent::breaker::{CountBreaker, LiveCountBreaker, Policy, TimeBreaker, TinyBreaker};
use overcurrent::{BreakerConfig, Gate, Nanos, OpenFor, Outcome, Window};
use std::convert::Infallible;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

pub const COUNT_10: &str = "breaker/count 10 success";
pub const COUNT_100: &str = "breaker/count 100 success";
pub const COUNT_10K: &str = "breaker/count 10,000 success";
pub const COUNT_10_BAD: &str = "breaker/count 10, 1 in 4 bad";
pub const COUNT_100_BAD: &str = "breaker/count 100, 1 in 4 bad";
pub const COUNT_10K_BAD: &str = "breaker/count 10,000, 1 in 4 bad";
pub const COUNT_OPEN: &str = "breaker/count 100 refuse";
/// Once the window is full of successes, one more changes no bit and is not written.
pub const TINY: &str = "breaker/tiny 24 success";
pub const TINY_BAD: &str = "breaker/tiny 24, 1 in 4 bad";
pub const TINY_OPEN: &str = "breaker/tiny 24 refuse";
pub const TIME_10: &str = "breaker/time, 10 buckets, success";
pub const TIME_60: &str = "breaker/time, 60 buckets, success";
pub const TIME_300: &str = "breaker/time, 300 buckets, success";
pub const TIME_10_BAD: &str = "breaker/time, 10 buckets, 1 in 4 bad";
pub const TIME_300_BAD: &str = "breaker/time, 300 buckets, 1 in 4 bad";
pub const TIME_60_BAD: &str = "breaker/time, 60 buckets, 1 in 4 bad";
pub const TIME_OPEN: &str = "breaker/time, 60 buckets, refuse";
pub const RECLOSER: &str = "breaker/recloser success";
pub const RECLOSER_BAD: &str = "breaker/recloser 1 in 4 bad";
pub const RECLOSER_OPEN: &str = "breaker/recloser refuse";
pub const FAILSAFE: &str = "breaker/failsafe (consecutive) success";
pub const FAILSAFE_RATE: &str = "breaker/failsafe (rate over time) success";
pub const FAILSAFE_OPEN: &str = "breaker/failsafe refuse";
pub const TOWER: &str = "breaker/tower-resilience success";

const LONG: Duration = Duration::from_secs(3600);

/// A protected call that does nothing, with an outcome that the compiler cannot foresee. One in four is bad.
fn quarter_fails(counter: &mut u64) -> Result<u64, u64> {
    *counter += 1;
    if counter.is_multiple_of(4) { Err(*counter) } else { Ok(*counter) }
}

#[inline(always)]
fn works() -> Result<u64, u64> {
    black_box(Ok(1))
}

/// Trips at 60 %, so that one bad call in four never trips even a short window; stays open for good once it did.
fn policy(window: Window) -> Policy {
    let open_for = OpenFor::fixed(Nanos::from_secs(100 * 365 * 86_400));
    BreakerConfig::new(window).failure_rate(60_000).min_calls(10).open_for(open_for).build().unwrap()
}

fn count<const WORDS: usize>(n: u32) -> CountBreaker<WORDS> {
    CountBreaker::new(policy(Window::calls(n))).unwrap()
}

fn live() -> LiveCountBreaker<7> {
    LiveCountBreaker::live(policy(Window::calls(100))).unwrap()
}

/// Slices of one second.
fn time<const BUCKETS: usize>() -> TimeBreaker<BUCKETS> {
    let buckets = BUCKETS as u32; // 10 to 300 here
    TimeBreaker::new(policy(Window::time(Nanos::from_secs(buckets.into()), buckets))).unwrap()
}

fn tiny() -> TinyBreaker {
    TinyBreaker::new(policy(Window::calls(24))).unwrap()
}

/// The breaker after ten failures, which open it for good.
fn opened<B: Gate>(breaker: B) -> B {
    for _ in 0..10 {
        let at = Nanos::SECOND.into();
        let permit = breaker.enter(1, at).unwrap();
        breaker.leave(permit, Outcome::Failure, at);
    }
    breaker
}

pub fn ours() -> Vec<Case> {
    let mut cases = vec![
        enter_leave(TINY, tiny(), good),
        enter_leave(COUNT_10, count::<1>(10), good),
        enter_leave(COUNT_100, count::<7>(100), good),
        enter_leave(COUNT_10K, count::<625>(10_000), good),
        enter_leave(TIME_10, time::<10>(), good),
        enter_leave(TIME_60, time::<60>(), good),
        enter_leave(TIME_300, time::<300>(), good),
        enter_leave("breaker/count 100 success, settings live", live(), good),
        untimed("breaker/tiny 24 success, no clock", tiny()),
        untimed("breaker/count 100 success, no clock", count::<7>(100)),
    ];
    cases = cases.into_iter().map(|case| case.peer(RECLOSER)).collect();
    let bad = [
        enter_leave(TINY_BAD, tiny(), quarter_bad),
        enter_leave(COUNT_10_BAD, count::<1>(10), quarter_bad),
        enter_leave(COUNT_100_BAD, count::<7>(100), quarter_bad),
        enter_leave(COUNT_10K_BAD, count::<625>(10_000), quarter_bad),
        enter_leave(TIME_10_BAD, time::<10>(), quarter_bad),
        enter_leave(TIME_60_BAD, time::<60>(), quarter_bad),
        enter_leave(TIME_300_BAD, time::<300>(), quarter_bad),
    ];
    cases.extend(bad.into_iter().map(|case| case.peer(RECLOSER_BAD)));
    let open = [
        refuse(TINY_OPEN, opened(tiny())),
        refuse(COUNT_OPEN, opened(count::<7>(100))),
        refuse(TIME_OPEN, opened(time::<60>())),
    ];
    cases.extend(open.into_iter().map(|case| case.peer(RECLOSER_OPEN)));
    cases.into_iter().map(|case| case.floor(floor::CAS)).collect()
}

/// Bytes of a tiny breaker's state, and of a whole count breaker over 100 calls.
pub fn sizes() -> (usize, usize) {
    (size_of::<overcurrent::TinyWord>(), size_of::<CountBreaker<7>>())
}

/// Whether a closed count-window breaker without a slow-call rule can do without the time.
pub fn count_100_needs_no_clock() -> bool {
    !count::<7>(100).needs_clock()
}

pub fn peers() -> Vec<Case> {
    let mut cases = recloser();
    cases.extend(failsafe());
    cases.extend(tower());
    cases
}

fn recloser() -> Vec<Case> {
    let build = || recloser::Recloser::custom().error_rate(0.5).closed_len(100).open_wait(LONG).build();
    let (closed, mixed, open) = (build(), build(), build());
    for _ in 0..=100 {
        let _ = open.call(|| Err::<u64, u64>(1));
    }
    assert!(matches!(open.call(works), Err(recloser::Error::Rejected)) && closed.call(works).is_ok());
    vec![
        Case::shared(RECLOSER, move |_| {
            black_box(closed.call(works).is_ok());
        })
        .floor(floor::CAS),
        Case::shared(RECLOSER_BAD, move |counter| {
            black_box(mixed.call(|| quarter_fails(counter)).is_ok());
        })
        .floor(floor::CAS),
        Case::shared(RECLOSER_OPEN, move |_| {
            black_box(open.call(works).is_ok());
        })
        .floor(floor::CAS),
    ]
}

fn failsafe() -> Vec<Case> {
    use failsafe::{CircuitBreaker, Config, backoff, failure_policy};
    let consecutive =
        || Config::new().failure_policy(failure_policy::consecutive_failures(3, backoff::constant(LONG))).build();
    let (closed, open) = (consecutive(), consecutive());
    let rate = Config::new()
        .failure_policy(failure_policy::success_rate_over_time_window(
            0.5,
            10,
            Duration::from_secs(30),
            backoff::constant(LONG),
        ))
        .build();
    for _ in 0..3 {
        open.on_error();
    }
    assert!(matches!(open.call(works), Err(failsafe::Error::Rejected)) && closed.call(works).is_ok());
    vec![
        Case::shared(FAILSAFE, move |_| {
            black_box(closed.call(works).is_ok());
        })
        .parks()
        .floor(floor::CAS),
        Case::shared(FAILSAFE_RATE, move |_| {
            black_box(rate.call(works).is_ok());
        })
        .parks()
        .floor(floor::CAS),
        Case::shared(FAILSAFE_OPEN, move |_| {
            black_box(open.call(works).is_ok());
        })
        .parks()
        .floor(floor::CAS),
    ]
}

/// A future that is ready at once is polled by hand, without an executor. The bare service beside the protected one
/// shows what polling costs.
fn tower() -> Vec<Case> {
    use tower::{Layer, Service, service_fn};
    let bare = || service_fn(|request: u64| async move { Ok::<u64, Infallible>(black_box(request)) });
    let layer = tower_resilience_circuitbreaker::CircuitBreakerLayer::builder()
        .failure_rate_threshold(0.5)
        .sliding_window_size(100)
        .build()
        .unwrap();
    let mut unprotected = bare();
    let mut protected = layer.layer(bare());
    vec![
        Case::alone("breaker/tower service, bare", move |counter| {
            black_box(poll_ready_future(unprotected.call(*counter)).is_ok());
        }),
        Case::alone(TOWER, move |counter| {
            black_box(poll_ready_future(protected.call(*counter)).is_ok());
        })
        .floor(floor::CAS),
    ]
}

#[inline(always)]
fn poll_ready_future<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a service that is always ready was not"),
    }
}
