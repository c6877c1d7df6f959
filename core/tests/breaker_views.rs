//! Breakers whose words and settings are kept elsewhere, against breakers that own theirs: the same history, the same answers.
#![cfg(feature = "wide")]
#![allow(missing_docs)]

use overcurrent::breaker::{
    AnyHistory, Bucket, CountHistory, EitherHistory, LivePolicy, LiveTimeBreaker, PolicyRef, ReconfigureError,
    RingWord, TimeHistory,
};
use overcurrent::{
    Breaker, BreakerConfig, Journal, LiveCountBreaker, Nanos, OpenFor, Outcome, Permit, Policy, State, TrialTimeout,
    Window,
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Op {
    Enter,
    Leave(usize, Outcome),
    Cancel(usize),
    Record(Outcome),
    Move(State),
    Change(Policy),
    Restart,
    Wait(u64),
}

fn policy(time: bool) -> impl Strategy<Value = Policy> {
    (1u32..=32, 1u32..=5, 1u16..=5, 1u64..30, any::<bool>(), 0u32..4).prop_map(
        move |(window, least, trials, wait, auto, in_a_row)| {
            let window = if time {
                Window::time(Nanos::new(u64::from(window % 3 + 1) * 5_000_000), 5)
            } else {
                Window::calls(window)
            };
            let least = if let Window::Calls(n) = window { least.min(n) } else { least };
            BreakerConfig::new(window)
                .min_calls(least)
                .slow_call(Nanos::from_millis(3), 80_000)
                .consecutive_failures(in_a_row)
                .open_for(OpenFor::fixed(Nanos::from_millis(wait)))
                .trial_calls(trials)
                .trial_timeout(TrialTimeout::Lease(Nanos::from_millis(20)))
                .auto_half_open(auto)
                .build()
                .unwrap()
        },
    )
}

fn op(time: bool) -> impl Strategy<Value = Op> {
    let outcome = || prop_oneof![Just(Outcome::Success), Just(Outcome::Failure), Just(Outcome::Ignored)];
    let state = prop_oneof![Just(State::Closed), Just(State::Open), Just(State::HalfOpen), Just(State::MetricsOnly)];
    prop_oneof![
        5 => Just(Op::Enter),
        5 => (any::<usize>(), outcome()).prop_map(|(which, how)| Op::Leave(which, how)),
        1 => any::<usize>().prop_map(Op::Cancel),
        1 => outcome().prop_map(Op::Record),
        1 => state.prop_map(Op::Move),
        2 => policy(time).prop_map(Op::Change),
        1 => Just(Op::Restart),
        3 => (0u64..12).prop_map(Op::Wait),
    ]
}

macro_rules! same {
    ($owner:expr, $view:expr, $first:expr, $ops:expr) => {{
        let (owner, view) = (&$owner, &$view);
        let mut now = Nanos::from_secs(1);
        let mut held: Vec<(Permit, Permit)> = Vec::new();
        for op in $ops {
            match op {
                Op::Enter => match (owner.enter(now), view.enter(now)) {
                    (Ok(a), Ok(b)) => held.push((a, b)),
                    (a, b) => prop_assert_eq!(a.unwrap_err(), b.unwrap_err()),
                },
                Op::Leave(which, outcome) if !held.is_empty() => {
                    let (a, b) = held.swap_remove(which % held.len());
                    owner.leave(a, outcome, now);
                    view.leave(b, outcome, now);
                }
                Op::Cancel(which) if !held.is_empty() => {
                    let (a, b) = held.swap_remove(which % held.len());
                    owner.cancel(a);
                    view.cancel(b);
                }
                Op::Record(outcome) => {
                    owner.untracked().record(outcome, Nanos::from_millis(4), now);
                    view.untracked().record(outcome, Nanos::from_millis(4), now);
                }
                Op::Move(state) => prop_assert_eq!(owner.transition(state, now), view.transition(state, now)),
                Op::Change(policy) => prop_assert_eq!(owner.reconfigure(policy, now), view.reconfigure(policy, now)),
                Op::Restart => {
                    let (mut a, mut b) = ([0; 256], [0; 256]);
                    prop_assert_eq!(owner.snapshot(&mut a, now), view.snapshot(&mut b, now));
                    prop_assert_eq!(a, b);
                    owner.restore(&a, Nanos::from_millis(2), now).unwrap();
                    view.restore(&b, Nanos::from_millis(2), now).unwrap();
                }
                Op::Wait(ms) => now = now + Nanos::from_millis(ms),
                Op::Leave(..) | Op::Cancel(_) => {}
            }
            prop_assert_eq!(owner.explain(now), view.explain(now));
            prop_assert_eq!(owner.needs_clock(), view.needs_clock());
            prop_assert_eq!(owner.policy(), view.policy());
        }
    }};
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn over_calls(first in policy(false), ops in proptest::collection::vec(op(false), 1..120)) {
        let (words, later) = (CountHistory::<[RingWord; 2]>::new(), LivePolicy::empty());
        let view = Breaker::view(PolicyRef::live(&first, &later), AnyHistory::Count(&words), ());
        same!(LiveCountBreaker::<2>::live(first).unwrap(), view, first, ops);
    }

    #[test]
    fn over_time(first in policy(true), ops in proptest::collection::vec(op(true), 1..120)) {
        let (words, later) = (TimeHistory::<[Bucket; 5], [RingWord; 4]>::new(), LivePolicy::empty());
        let view = Breaker::view(PolicyRef::live(&first, &later), AnyHistory::Time(&words), ());
        same!(LiveTimeBreaker::<5>::live(first).unwrap(), view, first, ops);
    }

    #[test]
    fn over_calls_by_choice(first in policy(false), ops in proptest::collection::vec(op(false), 1..120)) {
        let storage = EitherHistory::<[RingWord; 2], [Bucket; 5]>::from(CountHistory::new());
        let chosen = Breaker::over(LivePolicy::new(first), storage, ()).unwrap();
        same!(LiveCountBreaker::<2>::live(first).unwrap(), chosen, first, ops);
    }

    #[test]
    fn over_time_by_choice(first in policy(true), ops in proptest::collection::vec(op(true), 1..120)) {
        let storage = EitherHistory::<[RingWord; 4], [Bucket; 5]>::from(TimeHistory::new());
        let chosen = Breaker::over(LivePolicy::new(first), storage, ()).unwrap();
        same!(LiveTimeBreaker::<5>::live(first).unwrap(), chosen, first, ops);
    }
}

const NOW: Nanos = Nanos::SECOND;

fn calls(n: u32) -> Policy {
    BreakerConfig::new(Window::calls(n)).min_calls(1).build().unwrap()
}

#[test]
fn fixed_settings_are_not_changed() {
    let (words, first) = (CountHistory::<[RingWord; 1]>::new(), calls(4));
    let view = Breaker::view(PolicyRef::fixed(&first), AnyHistory::Count(&words), ());
    let Err(ReconfigureError::Config(why)) = view.reconfigure(calls(5), NOW) else { panic!("changed") };
    assert_eq!((why.field, why.value), ("window (of a breaker whose settings are fixed)", 5));
    assert!(why.min > why.max, "no value is allowed");
    assert_eq!(view.policy(), first);
}

#[test]
fn new_settings_of_the_other_kind_or_too_long_are_refused() {
    let (words, later, first) = (CountHistory::<[RingWord; 1]>::new(), LivePolicy::empty(), calls(4));
    let view = Breaker::view(PolicyRef::live(&first, &later), AnyHistory::Count(&words), ());
    let time = BreakerConfig::new(Window::time(Nanos::SECOND, 2)).build().unwrap();
    for wrong in [time, calls(17)] {
        assert!(matches!(view.reconfigure(wrong, NOW), Err(ReconfigureError::Config(_))));
    }
    assert_eq!(view.policy(), first);
}

#[test]
fn events_reach_an_observer_behind_a_view() {
    let (words, first, journal) = (CountHistory::<[RingWord; 1]>::new(), calls(4), Journal::<8>::new());
    let view = Breaker::view(PolicyRef::fixed(&first), AnyHistory::Count(&words), &journal);
    view.leave(view.enter(NOW).unwrap(), Outcome::Failure, NOW);
    assert!(view.enter(NOW).is_err());
    assert_eq!(journal.len(), 3, "tripped, moved, refused");
}

/// The steps of a call one by one, over the same words as the whole breaker.
#[test]
fn a_call_step_by_step_is_a_call() {
    use overcurrent::breaker::Left;
    static WORDS: CountHistory<[RingWord; 1]> = CountHistory::new();
    let policy = BreakerConfig::new(Window::calls(4)).min_calls(2).trial_calls(1).build().unwrap();
    let (parts, now) = (Breaker::view(&policy, &WORDS, ()), Nanos::SECOND);
    let left = |outcome| parts.leave_plain(&parts.enter(now).unwrap(), outcome, now);
    assert!(parts.leave_if_clean(&parts.enter(now).unwrap(), now));
    assert!(matches!(left(Outcome::Ignored), Left::NotPlain));
    assert!(matches!(left(Outcome::Success), Left::Done));
    let stale = parts.enter(now).unwrap();
    assert!(matches!(left(Outcome::Failure), Left::Done)); // 1 of 3
    let Left::Due(due) = left(Outcome::Failure) else { panic!("2 of 4") };
    assert_eq!((parts.state(now), parts.metrics(now).failed), (State::Closed, 2));
    parts.carry_out_due(due, now);
    assert_eq!((parts.state(now), parts.metrics(now).attempts), (State::Open, 1));
    let trial = parts.enter(now + Nanos::MINUTE).unwrap();
    assert!(!parts.leave_if_clean(&trial, now));
    assert!(matches!(parts.leave_plain(&trial, Outcome::Success, now), Left::NotPlain));
    assert!(matches!(parts.leave_plain(&stale, Outcome::Failure, now), Left::Done));
    assert_eq!(parts.state(now + Nanos::MINUTE), State::HalfOpen);
}

#[test]
fn the_clock_is_needed_while_slow_calls_are_counted() {
    let (words, later, first) = (CountHistory::<[RingWord; 1]>::new(), LivePolicy::empty(), calls(4));
    let view = Breaker::view(PolicyRef::live(&first, &later), AnyHistory::Count(&words), ());
    let owner = LiveCountBreaker::<1>::live(first).unwrap();
    assert_eq!((view.needs_clock(), owner.needs_clock()), (false, false));
    let slow = BreakerConfig::new(Window::calls(4)).slow_call(Nanos::SECOND, 50_000).build().unwrap();
    for (settings, counts) in [(slow, true), (first, false), (slow, true)] {
        view.reconfigure(settings, NOW).unwrap();
        owner.reconfigure(settings, NOW).unwrap();
        assert_eq!((view.needs_clock(), owner.needs_clock()), (counts, counts));
    }
}
