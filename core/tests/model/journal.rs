//! The journal as a queue that forgets its oldest, and counters as sums over everything that was told.

use super::choices::Choices;
use overcurrent::breaker::{Rule, Trip};
use overcurrent::event::{Event, EventKind};
use overcurrent::{Counters, Journal, Nanos, Observer, Reason, Refusal, State};
use std::collections::VecDeque;

const STATES: [State; 6] =
    [State::Closed, State::Open, State::HalfOpen, State::Disabled, State::ForcedOpen, State::MetricsOnly];
const RULES: [Rule; 4] = [Rule::FailureRate, Rule::SlowRate, Rule::FailureCount, Rule::ConsecutiveFailures];

fn event(choices: &mut Choices<'_>) -> Event {
    let at = Nanos::new(choices.length());
    let kind = match choices.byte() % 4 {
        0 => {
            let wait = if choices.bit() { Some(Nanos::new(choices.length())) } else { None };
            EventKind::Refused(Refusal::new(choices.pick(&Reason::ALL), wait))
        }
        1 => EventKind::Tripped(Trip {
            rule: choices.pick(&RULES),
            calls: choices.u32(),
            counted: choices.u32(),
            threshold: choices.u32(),
        }),
        2 => EventKind::Transition { from: choices.pick(&STATES), to: choices.pick(&STATES) },
        _ => EventKind::Reset,
    };
    Event { at, generation: choices.within(0, 65_535) as u16, kind }
}

/// Plays one history to journals of several sizes, each beside counters.
pub fn play(bytes: &[u8]) {
    play_sized::<1>(bytes);
    play_sized::<4>(bytes);
    play_sized::<16>(bytes);
}

fn play_sized<const N: usize>(bytes: &[u8]) {
    let mut choices = Choices::of(bytes);
    let told = (Journal::<N>::new(), Counters::new());
    let (journal, counters) = &told;
    let (mut queue, mut dropped, mut all) = (VecDeque::new(), 0, Vec::new());
    while !choices.is_over() {
        match choices.byte() % 8 {
            0..=4 => {
                let event = event(&mut choices);
                told.observe(event);
                all.push(event);
                queue.push_back(event);
                if queue.len() > N {
                    queue.pop_front();
                    dropped += 1;
                }
            }
            5 | 6 => assert_eq!(journal.pop(), queue.pop_front(), "the oldest comes first"),
            _ => {
                let mut drained = VecDeque::new();
                journal.drain(|event| drained.push_back(event));
                assert_eq!(drained, std::mem::take(&mut queue));
            }
        }
        assert_eq!((journal.len(), journal.is_empty()), (queue.len() as u64, queue.is_empty()));
        assert_eq!(journal.dropped(), dropped, "what was dropped is counted");
    }
    let count = |what: fn(&EventKind) -> bool| all.iter().filter(|event| what(&event.kind)).count() as u64;
    let counts = counters.get();
    assert_eq!(counts.refusals(), count(|kind| matches!(kind, EventKind::Refused(_))));
    for reason in Reason::ALL {
        let refused = all.iter().filter(|e| matches!(e.kind, EventKind::Refused(no) if no.reason == reason));
        assert_eq!(counts.refused(reason), refused.count() as u64);
    }
    assert_eq!(counts.trips, count(|kind| matches!(kind, EventKind::Tripped(_))));
    assert_eq!(counts.transitions, count(|kind| matches!(kind, EventKind::Transition { .. })));
    assert_eq!(counts.resets, count(|kind| matches!(kind, EventKind::Reset)));
}
