//! Settings that change while a call is under way.

use crate::probe::CountedClock;
use overcurrent::{BreakerConfig, Bulkhead, Guard, LiveCountBreaker, ManualClock, Nanos, Outcome, Window};

fn settings() -> BreakerConfig {
    BreakerConfig::new(Window::calls(10)).min_calls(10)
}

/// Admitted without the time, for no rule asked for it; reported when one does.
#[test]
fn a_call_of_unknown_length_is_not_slow() {
    let breaker = LiveCountBreaker::<1>::live(settings().build().unwrap()).unwrap();
    let clock = ManualClock::new();
    clock.set(Nanos::HOUR);
    let admit = || {
        breaker.reconfigure(settings().build().unwrap(), Nanos::HOUR).unwrap();
        let guard = Guard::enter(&breaker, &clock, 1).unwrap();
        breaker.reconfigure(settings().slow_call(Nanos::SECOND, 50_000).build().unwrap(), Nanos::HOUR).unwrap();
        guard
    };
    admit().success();
    assert_eq!((breaker.metrics(Nanos::HOUR).calls, breaker.metrics(Nanos::HOUR).slow), (1, 0), "finished");
    admit().finish_with(|permit, at| breaker.leave(permit, Outcome::Success, at));
    assert_eq!((breaker.metrics(Nanos::HOUR).calls, breaker.metrics(Nanos::HOUR).slow), (2, 0), "by hand");
    admit().finish_and_hold(Outcome::Success, Nanos::SECOND);
    assert_eq!(
        (breaker.metrics(Nanos::HOUR).calls, breaker.metrics(Nanos::HOUR).slow),
        (3, 0),
        "with a time to come back"
    );
}

/// The rule goes while a call is under way that was admitted with the time.
#[test]
fn nor_is_one_whose_rule_has_gone() {
    let breaker = LiveCountBreaker::<1>::live(settings().slow_call(Nanos::SECOND, 50_000).build().unwrap()).unwrap();
    let gates = (Bulkhead::new(1).unwrap(), &breaker);
    let clock = CountedClock::default();
    let guard = Guard::enter(&gates, &clock, 1).unwrap();
    assert_eq!(clock.reads(), 1);
    breaker.reconfigure(settings().build().unwrap(), Nanos::HOUR).unwrap();
    guard.success();
    assert_eq!((breaker.metrics(Nanos::HOUR).calls, breaker.metrics(Nanos::HOUR).slow), (1, 0));
    assert_eq!(gates.0.in_flight(), 0);
}
