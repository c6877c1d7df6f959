//! Calls through several machines at once.

use crate::probe::{Hand, Yield, block_on};
use overcurrent::{
    BreakerConfig, Bulkhead, CallError, CountBreaker, GateExt, Gcra, ManualClock, Nanos, OpenFor, Protected, Rate,
    Reason, State, Window,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

struct Api {
    limiter: Gcra,
    slots: Bulkhead,
    breaker: CountBreaker<1>,
}

fn api() -> Api {
    let config = BreakerConfig::new(Window::calls(2)).trial_calls(1).open_for(OpenFor::fixed(Nanos::SECOND));
    Api {
        limiter: Gcra::new(Rate::new(10, Nanos::SECOND).build().unwrap()),
        slots: Bulkhead::new(1).unwrap(),
        breaker: CountBreaker::new(config.build().unwrap()).unwrap(),
    }
}

#[test]
fn the_inner_refusal_costs_the_outer_gates_nothing() {
    let clock = ManualClock::new();
    let Api { limiter, slots, breaker } = api();
    let gates = (&limiter, &slots, &breaker);
    let api = Protected::new(gates).with_clock(clock.clone());
    for _ in 0..2 {
        assert_eq!(api.call(|| Err::<(), _>("boom")), Err(CallError::Failed("boom")));
    }
    assert_eq!(breaker.state(Nanos::ZERO), State::Open);
    for _ in 0..100 {
        let refusal = api.call(|| Ok::<_, ()>(())).unwrap_err().refusal().unwrap();
        assert_eq!(refusal.reason, Reason::BreakerOpen);
    }
    assert_eq!((slots.in_flight(), limiter.peek(1, Nanos::ZERO).remaining), (0, 8));
}

#[test]
fn dropped_and_panicking_calls_leave_every_gate_as_it_should_be() {
    let clock = ManualClock::new();
    let Api { limiter, slots, breaker } = api();
    let api = Protected::new((&limiter, &slots, &breaker)).with_clock(clock.clone());
    for _ in 0..3 {
        let mut call = Hand::new(api.call_async(async || {
            Yield(9).await;
            Ok::<_, ()>(())
        }));
        assert!(call.poll().is_pending());
        assert_eq!(slots.in_flight(), 1);
        drop(call);
        assert_eq!(slots.in_flight(), 0);
    }
    // the calls may well have been sent: the limiter keeps its charge, the breaker counts nothing
    assert_eq!((limiter.peek(1, Nanos::ZERO).remaining, breaker.metrics(Nanos::ZERO).calls), (7, 0));
    for _ in 0..2 {
        catch_unwind(AssertUnwindSafe(|| api.call(|| -> Result<(), ()> { panic!("boom") }))).unwrap_err();
    }
    assert_eq!((slots.in_flight(), breaker.state(Nanos::ZERO)), (0, State::Open));

    // a call that was never begun costs nothing
    clock.advance(Nanos::from_secs(2));
    api.guard().unwrap().cancel();
    assert_eq!(limiter.peek(1, Nanos::from_secs(2)).remaining, 10);
}

#[test]
fn a_tuple_is_called_like_a_single_gate() {
    let Api { limiter, slots, breaker } = api();
    assert_eq!((&limiter, &slots, &breaker).call(|| "7".parse::<u8>()), Ok(7));
    assert_eq!(block_on([&slots].call_async(async || Ok::<_, ()>(7))), Ok(7));
    assert_eq!(breaker.call(|| "7".parse::<u8>()), Ok(7));
}
