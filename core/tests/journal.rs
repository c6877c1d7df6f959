//! The journal, counters and rejections against naive ones.
#![cfg(feature = "wide")]
use overcurrent::breaker::{Rule, Trip};
use overcurrent::event::{Event, EventKind};
use overcurrent::{
    Bulkhead, Counters, Gate, Journal, Nanos, NeedsTime, Observed, Observer, Reason, Refusal, Rejections, State,
};
use proptest::prelude::*;
use std::collections::VecDeque;

fn state() -> impl Strategy<Value = State> {
    proptest::sample::select(vec![
        State::Closed,
        State::Open,
        State::HalfOpen,
        State::Disabled,
        State::ForcedOpen,
        State::MetricsOnly,
    ])
}

fn kind() -> impl Strategy<Value = EventKind> {
    let rules = vec![Rule::FailureRate, Rule::SlowRate, Rule::FailureCount, Rule::ConsecutiveFailures];
    prop_oneof![
        (proptest::sample::select(Reason::ALL.to_vec()), any::<Option<u64>>())
            .prop_map(|(reason, wait)| EventKind::Refused(Refusal::new(reason, wait.map(Nanos::new)))),
        (proptest::sample::select(rules), any::<[u32; 3]>()).prop_map(|(rule, [calls, counted, threshold])| {
            EventKind::Tripped(Trip { rule, calls, counted, threshold })
        }),
        (state(), state()).prop_map(|(from, to)| EventKind::Transition { from, to }),
        Just(EventKind::Reset),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    (any::<u64>(), any::<u16>(), kind()).prop_map(|(at, generation, kind)| Event {
        at: Nanos::new(at),
        generation,
        kind,
    })
}

proptest! {
    #[test]
    fn keeps_the_newest_whole_and_in_order(history in proptest::collection::vec(proptest::option::weighted(0.7, event()), 0..100)) {
        let journal = Journal::<8>::new();
        let (mut naive, mut dropped) = (VecDeque::new(), 0);
        for entry in history {
            match entry {
                Some(event) => {
                    journal.observe(event);
                    naive.push_back(event);
                    if naive.len() > 8 {
                        naive.pop_front();
                        dropped += 1;
                    }
                }
                None => prop_assert_eq!(journal.pop(), naive.pop_front()),
            }
            prop_assert_eq!(journal.len(), naive.len() as u64);
            prop_assert_eq!(journal.is_empty(), naive.is_empty());
            prop_assert_eq!(journal.dropped(), dropped);
        }
        let mut drained = VecDeque::new();
        journal.drain(|event| drained.push_back(event));
        prop_assert_eq!(drained, naive);
        prop_assert!(journal.is_empty());
    }

    #[test]
    fn counters_count_each_kind(events in proptest::collection::vec(event(), 0..100)) {
        let counters = Counters::new();
        let mut refused = [0u64; Reason::ALL.len()];
        let (mut trips, mut transitions, mut resets) = (0, 0, 0);
        for event in &events {
            counters.observe(*event);
            match event.kind {
                EventKind::Refused(refusal) => {
                    refused[Reason::ALL.iter().position(|reason| *reason == refusal.reason).unwrap()] += 1;
                }
                EventKind::Tripped(_) => trips += 1,
                EventKind::Transition { .. } => transitions += 1,
                _ => resets += 1,
            }
        }
        let counts = counters.get();
        prop_assert_eq!((counts.trips, counts.transitions, counts.resets), (trips, transitions, resets));
        for (reason, n) in Reason::ALL.into_iter().zip(refused) {
            prop_assert_eq!(counts.refused(reason), n);
        }
        prop_assert_eq!(counts.refusals(), refused.iter().sum::<u64>());
    }

    /// Generations mostly rise, sometimes a straggler reports the one before.
    #[test]
    fn rejections_belong_to_a_generation(start: u16, steps in proptest::collection::vec((0u16..3, proptest::bool::weighted(0.2)), 1..100)) {
        let rejections = Rejections::new();
        let (mut newest, mut count) = (start, 0u64);
        rejections.count(start);
        count += 1;
        for (step, straggler) in steps {
            if straggler {
                rejections.count(newest.wrapping_sub(1 + step));
            } else {
                count = if step == 0 { count + 1 } else { 1 };
                newest = newest.wrapping_add(step);
                rejections.count(newest);
            }
            prop_assert_eq!(rejections.of(newest), count);
            prop_assert_eq!(rejections.of(newest.wrapping_sub(1)), 0);
            prop_assert_eq!(rejections.of(newest.wrapping_add(1)), 0);
        }
    }
}

#[test]
fn every_reason_has_its_number() {
    for (n, reason) in Reason::ALL.into_iter().enumerate() {
        assert_eq!(reason as usize, n);
    }
}

#[test]
fn an_observed_gate_tells_each_refusal_once() {
    let (journal, counters) = (Journal::<8>::new(), Counters::new());
    let bulkhead = Bulkhead::new(1).unwrap();
    let gate = Observed::new(&bulkhead, (&journal, &counters));
    let at = Nanos::SECOND.into();
    let _held = gate.enter(1, at).unwrap();
    assert!(gate.judge(1, at).is_err());
    assert_eq!(gate.enter_untimed(1), Err(NeedsTime));
    assert!(journal.is_empty());
    // Once when it is asked itself, once when a pipeline asks it.
    let refusal = gate.enter(1, at).unwrap_err();
    assert!((Bulkhead::new(1).unwrap(), &gate).enter(1, at).is_err());
    let mut seen = 0;
    journal.drain(|event| {
        assert_eq!(event, Event { at: Nanos::SECOND, generation: 0, kind: EventKind::Refused(refusal) });
        seen += 1;
    });
    assert_eq!(seen, 2);
    assert_eq!(counters.get().refused(Reason::BulkheadFull), 2);
}

/// Real threads and a small ring: the sum is exact and nothing is torn.
#[test]
fn threads_lose_nothing_uncounted() {
    static JOURNAL: Journal<16> = Journal::new();
    const EACH: u64 = 20_000;
    let event = |n: u64| {
        let kind = EventKind::Refused(Refusal::new(Reason::RateLimited, Some(Nanos::new(n))));
        Event { at: Nanos::new(n), generation: n as u16, kind }
    };
    let whole = |seen: Event| assert_eq!(seen, event(seen.at.get()), "a torn event");
    let read = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..3u64)
            .map(|id| scope.spawn(move || (0..EACH).for_each(|n| JOURNAL.observe(event(id << 32 | n)))))
            .collect();
        let reader = scope.spawn(move || {
            let (mut read, mut newest) = (0, [None; 3]);
            while writers.iter().any(|writer| !writer.is_finished()) || !JOURNAL.is_empty() {
                JOURNAL.drain(|seen| {
                    whole(seen);
                    let (id, n) = ((seen.at.get() >> 32) as usize, seen.at.get() as u32);
                    assert!(newest[id] < Some(n), "out of order");
                    newest[id] = Some(n);
                    read += 1;
                });
            }
            read
        });
        reader.join().unwrap()
    });
    assert_eq!(read + JOURNAL.dropped(), 3 * EACH);
}

#[test]
fn sizes() {
    assert_eq!(size_of::<Journal<1>>(), 24 + 32);
    assert_eq!(size_of::<Rejections>(), 8);
}
