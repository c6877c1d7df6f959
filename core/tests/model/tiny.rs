//! The breaker in one word against the model of the large one, where one word holds as much: times are whole units of
//! 65,536 ns, waits are fixed, nobody is more than a minute late.

use super::breaker::{Model, Plan, Ticket};
use super::choices::Choices;
use overcurrent::breaker::HalfOpenEnd;
use overcurrent::{Nanos, OpenFor, Outcome, Permit, State, TinyBreaker, TrialTimeout, Window};

const UNIT: u64 = 1 << 16;
const OUTCOMES: [Outcome; 4] = [Outcome::Success, Outcome::Failure, Outcome::Failure, Outcome::Ignored];

fn plan(choices: &mut Choices<'_>) -> Plan {
    let window = choices.within(1, 24);
    let trial_calls = choices.within(1, 12) as u16;
    let timeout = Nanos::new(UNIT * u64::from(choices.within(1, 2_000)));
    Plan {
        window: Window::calls(window),
        min_calls: choices.within(1, window),
        failure_rate: choices.pick(&[0, 1, 33_333, 50_000, 66_667, 100_000]),
        slow_rate: choices.pick(&[0, 0, 1, 50_000, 100_000]),
        slow_call: choices.pick(&[1, 100 * UNIT]),
        failure_count: choices.pick(&[0, 0, 1, window]),
        consecutive_failures: choices.pick(&[0, 0, 1, window.min(3)]),
        open_for: OpenFor::fixed(Nanos::new(UNIT * u64::from(choices.within(1, 2_000)))),
        trial_calls,
        trial_min: choices.within(1, u32::from(trial_calls)) as u16,
        trial_timeout: match choices.byte() % 3 {
            0 => TrialTimeout::Never,
            1 => TrialTimeout::Lease(timeout),
            _ => TrialTimeout::Stay { stay: timeout, then: HalfOpenEnd::Open },
        },
        auto_half_open: choices.bit(),
    }
}

/// Plays one history to a tiny breaker and the model.
pub fn play(bytes: &[u8]) {
    let mut choices = Choices::of(bytes);
    let plan = plan(&mut choices);
    let Ok(breaker) = TinyBreaker::new(plan.build().expect("drawn within the ranges")) else { return };
    let mut model = Model::new(plan);
    let mut held: Vec<(Permit, Ticket)> = Vec::new();
    let mut newest = 0u64;
    // A result is mistaken for a current one after 256 generations: fewer are played.
    while !choices.is_over() && model.generation < 200 {
        let step = u64::from(choices.byte()) * if choices.bit() { 1 } else { 20 };
        newest += if choices.bit() { step } else { 0 };
        let late = if choices.byte() % 8 == 0 { step } else { 0 };
        let now = newest.saturating_sub(late) * UNIT;
        let at = Nanos::new(now);
        match choices.byte() % 16 {
            0..=5 => match (breaker.enter(at), model.enter(now, 0)) {
                (Ok(permit), Ok(ticket)) => held.push((permit, ticket)),
                (Err(no), Err((reason, _))) => assert_eq!(no.reason, reason),
                (got, expected) => panic!("enter at {now}: {got:?}, the model says {expected:?}, {plan:?}"),
            },
            6..=11 => {
                if let Some((permit, ticket)) = choices.take(&mut held) {
                    let outcome = choices.pick(&OUTCOMES);
                    breaker.leave(permit, outcome, at);
                    model.leave(ticket, outcome, now, 0);
                }
            }
            12 => {
                if let Some((permit, ticket)) = choices.take(&mut held) {
                    breaker.cancel(permit);
                    model.cancel(ticket);
                }
            }
            13 => {
                breaker.settle(at);
                model.settle(now, 0);
            }
            _ => {
                use State::{Closed, Disabled, ForcedOpen, HalfOpen, MetricsOnly, Open};
                let to = choices.pick(&[Closed, Open, HalfOpen, Disabled, ForcedOpen, MetricsOnly]);
                assert_eq!(breaker.transition(to, at).is_ok(), model.transition(to, None, now, 0), "to {to} at {now}");
            }
        }
        model.settle_by(now, 0);
        let seen = breaker.metrics(at);
        assert_eq!(seen.state, model.state, "at {now}, {plan:?}");
        if seen.state != State::Open {
            assert_eq!((seen.calls, seen.failed, seen.slow), model.totals(now), "at {now}, {plan:?}");
        }
    }
}
