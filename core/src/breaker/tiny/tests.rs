//! Events: what is told, and in which order. Here because observers are sealed.
#![allow(clippy::unwrap_used)]
extern crate std;

use super::TinyBreaker;
use crate::breaker::{BreakerConfig, HalfOpenEnd, OpenFor, State, TrialTimeout, Window};
use crate::decision::Outcome;
use crate::event::{Event, EventKind, Observer, sealed::Sealed};
use crate::time::Nanos;
use std::cell::RefCell;
use std::vec::Vec;

#[derive(Default)]
struct Log(RefCell<Vec<Event>>);

impl Sealed for Log {}
impl Observer for Log {
    const LISTENS: bool = true;
    fn observe(&self, event: Event) {
        self.0.borrow_mut().push(event);
    }
}

impl Log {
    /// In the letters of the recorded traces.
    fn take(&self) -> std::string::String {
        let name = |event: Event| match event.kind {
            EventKind::Refused(_) => "N".into(),
            EventKind::Tripped(trip) if trip.rule == crate::breaker::Rule::SlowRate => "W".into(),
            EventKind::Tripped(_) => "F".into(),
            EventKind::Transition { from, to } => std::format!("T{}{}", from as u8, to as u8),
            EventKind::Reset => "R".into(),
        };
        self.0.take().into_iter().map(name).collect::<Vec<std::string::String>>().join(" ")
    }
}

fn config() -> BreakerConfig {
    BreakerConfig::new(Window::calls(4))
        .min_calls(2)
        .slow_call(Nanos::SECOND, 50_000)
        .open_for(OpenFor::fixed(Nanos::SECOND))
        .trial_calls(1)
}

#[test]
fn rules_first_then_the_transition_then_refusals() {
    let log = Log::default();
    let b = TinyBreaker::new(config().build().unwrap()).unwrap().with_observer(&log);
    for _ in 0..2 {
        let p = b.enter(Nanos::ZERO).unwrap();
        b.leave(p, Outcome::Failure, Nanos::from_secs(2));
    }
    assert_eq!(log.take(), "F W T01");
    assert!(b.enter(Nanos::from_secs(2)).is_err());
    let p = b.enter(Nanos::from_secs(4)).unwrap();
    assert!(b.enter(Nanos::from_secs(4)).is_err());
    b.leave(p, Outcome::Failure, Nanos::from_secs(4));
    assert_eq!(log.take(), "N T12 N T21", "no rule is told of in half-open");
    b.reset(Nanos::ZERO);
    b.reset(Nanos::ZERO);
    assert_eq!(log.take(), "T10 R R");
    b.open(Nanos::ZERO).unwrap();
    b.open(Nanos::ZERO).unwrap();
    assert_eq!(log.take(), "T01");
}

#[test]
fn metrics_only_tells_each_rule_once_a_stay() {
    let log = Log::default();
    let b = TinyBreaker::new(config().build().unwrap()).unwrap().with_observer(&log);
    for _ in 0..2 {
        b.metrics_only(Nanos::ZERO);
        log.take();
        for _ in 0..4 {
            b.untracked().record(Outcome::Failure, Nanos::ZERO, Nanos::ZERO);
        }
        for _ in 0..4 {
            b.untracked().record(Outcome::Failure, Nanos::from_secs(2), Nanos::ZERO);
        }
        assert_eq!(log.take(), "F W");
    }
    assert!(b.open(Nanos::ZERO).is_err());
    assert_eq!(b.state(Nanos::ZERO), State::MetricsOnly);
}

#[test]
fn what_time_made_due_is_told_with_its_own_time() {
    let unit = |n: u64| Nanos::new(n << 16);
    let log = Log::default();
    let stay = TrialTimeout::Stay { stay: unit(10), then: HalfOpenEnd::Open };
    let config = config().open_for(OpenFor::fixed(unit(100))).auto_half_open(true).trial_timeout(stay);
    let b = TinyBreaker::new(config.build().unwrap()).unwrap().with_observer(&log);
    b.open(unit(0)).unwrap();
    b.settle(unit(215));
    let times: Vec<Nanos> = log.0.borrow().iter().map(|e| e.at).collect();
    assert_eq!(log.take(), "T01 T12 T21 T12");
    assert_eq!(times, [unit(0), unit(100), unit(110), unit(210)]);
}
