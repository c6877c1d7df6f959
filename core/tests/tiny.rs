//! The tiny breaker's behaviour, case by case.
#![cfg(feature = "wide")]
use overcurrent::{
    BreakerConfig, Gate, HalfOpenEnd, Nanos, NeedsTime, OpenFor, Outcome, Permit, Policy, Reason, State, TinyBreaker,
    TinyPolicy, TinyWord, TrialTimeout, Window,
};

const UNIT: u64 = 1 << 16;
/// Exact in the breaker's units, so that the tests can ask for the nanosecond.
const WAIT: Nanos = Nanos::new(1_000 * UNIT);

fn config(calls: u32) -> BreakerConfig {
    BreakerConfig::new(Window::calls(calls)).min_calls(1).open_for(OpenFor::fixed(WAIT)).trial_calls(3)
}

fn breaker(config: BreakerConfig) -> TinyBreaker {
    TinyBreaker::new(config.build().unwrap()).unwrap()
}

fn at(units: u64) -> Nanos {
    Nanos::new(units * UNIT)
}

fn call(b: &TinyBreaker, outcome: Outcome, now: Nanos) {
    b.leave(b.enter(now).unwrap(), outcome, now);
}

fn open(b: &TinyBreaker) {
    b.open_until(at(1_000), at(0)).unwrap();
}

#[test]
fn trips_at_the_rate_and_not_below() {
    let b = breaker(config(10).min_calls(4).failure_rate(50_000));
    for outcome in [Outcome::Success, Outcome::Success, Outcome::Failure] {
        call(&b, outcome, at(1));
        assert_eq!(b.state(at(1)), State::Closed);
    }
    call(&b, Outcome::Failure, at(1)); // 2 of 4
    assert_eq!(b.state(at(1)), State::Open);
}

#[test]
fn does_not_judge_a_rate_below_the_minimum() {
    let b = breaker(config(10).min_calls(5));
    for _ in 0..4 {
        call(&b, Outcome::Failure, at(1));
    }
    assert_eq!(b.state(at(1)), State::Closed);
    call(&b, Outcome::Success, at(1)); // a success can complete the minimum
    assert_eq!(b.state(at(1)), State::Open);
}

#[test]
fn every_window_size_trips_exactly_when_full_of_failures() {
    for size in 1..=24 {
        let b = breaker(config(size).min_calls(size).failure_rate(100_000));
        call(&b, Outcome::Success, at(0));
        for i in 0..size {
            assert_eq!(b.state(at(0)), State::Closed, "size {size}, {i} failures");
            call(&b, Outcome::Failure, at(0));
        }
        assert_eq!(b.state(at(0)), State::Open, "size {size}");
    }
}

#[test]
fn trips_by_count_in_a_row_and_slow_share() {
    let b = breaker(config(20).no_failure_rate().failure_count(3));
    for (i, outcome) in [Outcome::Failure, Outcome::Success, Outcome::Failure, Outcome::Failure].into_iter().enumerate()
    {
        assert_eq!(b.state(at(0)), State::Closed, "{i}");
        call(&b, outcome, at(0));
    }
    assert_eq!(b.state(at(0)), State::Open);

    let b = breaker(config(20).no_failure_rate().consecutive_failures(2));
    for outcome in [Outcome::Failure, Outcome::Success, Outcome::Failure] {
        call(&b, outcome, at(0));
    }
    assert_eq!(b.state(at(0)), State::Closed);
    call(&b, Outcome::Failure, at(0));
    assert_eq!(b.state(at(0)), State::Open);

    let b = breaker(config(4).min_calls(2).slow_call(Nanos::SECOND, 50_000));
    let p = b.enter(Nanos::ZERO).unwrap();
    b.leave(p, Outcome::Success, Nanos::SECOND); // exactly the limit is not slow
    assert_eq!(b.metrics(Nanos::SECOND).slow, 0);
    let p = b.enter(Nanos::ZERO).unwrap();
    b.leave(p, Outcome::Success, Nanos::SECOND + Nanos::new(1));
    assert_eq!(b.state(Nanos::SECOND), State::Open);
}

#[test]
fn half_open_admits_exactly_its_trials_and_judges_them() {
    for (failures, then) in [(0, State::Closed), (1, State::Closed), (2, State::Open)] {
        let b = breaker(config(10));
        open(&b);
        assert_eq!(b.enter(at(1_000)).unwrap_err().reason, Reason::BreakerOpen, "at the deadline");
        let now = at(1_000) + Nanos::new(1);
        let permits: Vec<Permit> = (0..3).map(|_| b.enter(now).unwrap()).collect();
        assert!(permits.iter().all(Permit::is_trial));
        assert_eq!(b.enter(now).unwrap_err().reason, Reason::TrialsTaken);
        for (i, p) in permits.into_iter().enumerate() {
            assert_eq!(b.state(now), State::HalfOpen);
            b.leave(p, if i < failures { Outcome::Failure } else { Outcome::Success }, now);
        }
        assert_eq!(b.state(now), then, "{failures} of 3");
    }
}

#[test]
fn a_refusal_says_how_long_and_means_it() {
    let b = breaker(config(10));
    open(&b);
    for now in [at(0), at(17), at(999), at(1_000)] {
        let wait = b.enter(now).unwrap_err().retry_after.unwrap();
        assert!(b.enter(now + wait - Nanos::new(1)).is_err());
        assert_eq!(now + wait, at(1_000) + Nanos::new(1));
    }
    assert!(b.enter(at(1_000) + Nanos::new(1)).is_ok());
}

#[test]
fn a_wait_is_rounded_up_never_down() {
    let b = breaker(config(10));
    for start in [0, 1, UNIT - 1, UNIT, 7 * UNIT + 123] {
        b.reset(Nanos::ZERO);
        let now = Nanos::new(start);
        b.open_for(Nanos::MILLISECOND, now).unwrap();
        let end = b.next_deadline(now).unwrap();
        assert!(end >= now + Nanos::MILLISECOND && end < now + Nanos::MILLISECOND + Nanos::new(UNIT));
        assert!(b.enter(end).is_err());
    }
}

#[test]
fn a_result_of_an_older_generation_changes_nothing() {
    let b = breaker(config(10));
    let old = b.enter(at(0)).unwrap();
    let older = b.enter(at(0)).unwrap();
    open(&b);
    b.leave(older, Outcome::Success, at(1));
    assert_eq!(b.state(at(1)), State::Open);
    let now = at(1_001);
    let trial = b.enter(now).unwrap();
    let before = b.metrics(now);
    b.leave(old, Outcome::Failure, now);
    assert_eq!(b.metrics(now), before);
    b.leave(trial, Outcome::Ignored, now);
    assert_eq!(b.explain(now).trials_left, 3);
}

#[test]
fn a_lost_trial_counts_as_failed_at_the_end_of_the_lease() {
    let lease = at(500);
    for (lost, then) in [(1, State::Closed), (2, State::Open)] {
        let b = breaker(config(10).trial_timeout(TrialTimeout::Lease(lease)));
        open(&b);
        let now = at(2_000);
        let mut permits: Vec<Permit> = (0..2).map(|_| b.enter(now).unwrap()).collect();
        assert_eq!(b.state(at(900_000)), State::HalfOpen, "no lease while a permit is left");
        let now = at(900_000);
        permits.push(b.enter(now).unwrap());
        let late = permits.pop().unwrap();
        for p in permits.into_iter().take(3 - lost) {
            b.leave(p, Outcome::Success, now);
        }
        assert_eq!(b.next_deadline(now), Some(now + lease));
        assert_eq!(b.state(now + lease), State::HalfOpen);
        assert_eq!(b.state(now + lease + Nanos::new(1)), then, "{lost} lost");
        b.leave(late, Outcome::Failure, now + lease + Nanos::new(1));
        assert_eq!(b.state(now + lease + Nanos::new(1)), then);
    }
}

#[test]
fn a_cancelled_trial_is_free_again_and_ends_the_lease() {
    let b = breaker(config(10).trial_calls(1).trial_timeout(TrialTimeout::Lease(at(10))));
    open(&b);
    let p = b.enter(at(1_001)).unwrap();
    assert!(b.enter(at(1_001)).is_err());
    b.cancel(p);
    assert_eq!(b.state(at(2_000)), State::HalfOpen);
    assert!(b.enter(at(2_000)).is_ok());
}

#[test]
fn a_stay_in_half_open_ends_in_open() {
    let stay = TrialTimeout::Stay { stay: at(100), then: HalfOpenEnd::Open };
    let b = breaker(config(10).trial_timeout(stay));
    open(&b);
    let p = b.enter(at(1_001)).unwrap();
    assert_eq!(b.state(at(1_101) - Nanos::new(1)), State::HalfOpen);
    assert_eq!(b.state(at(1_101)), State::Open);
    assert_eq!(b.next_deadline(at(1_101)), Some(at(1_101) + WAIT));
    b.leave(p, Outcome::Success, at(1_102));
    assert_eq!(b.metrics(at(1_102)).attempts, 1);
}

#[test]
fn automatic_half_open_is_dated_to_the_deadline() {
    let b = breaker(config(10).auto_half_open(true));
    b.open_until(at(1_000), at(0)).unwrap();
    assert_eq!(b.state(at(1_000) - Nanos::new(1)), State::Open);
    assert_eq!(b.state(at(5_000)), State::HalfOpen);
    assert_eq!(b.metrics(at(5_000)).attempts, 0);
}

#[test]
fn an_endless_chain_of_due_transitions_is_cut_short() {
    let stay = TrialTimeout::Stay { stay: Nanos::MILLISECOND, then: HalfOpenEnd::Open };
    let b = breaker(config(10).auto_half_open(true).trial_timeout(stay));
    b.open(Nanos::ZERO).unwrap();
    let year = Nanos::new(Nanos::DAY.get() * 365);
    b.settle(year);
    assert!(b.next_deadline(year).unwrap() >= year);
}

#[test]
fn attempts_grow_the_wait_and_a_close_forgets_them() {
    let b = breaker(config(10).open_for(OpenFor::exponential(Nanos::SECOND, 2_000, Nanos::MINUTE)).trial_calls(1));
    let mut now = Nanos::ZERO;
    b.open(now).unwrap();
    for attempt in 1..40 {
        assert_eq!(b.metrics(now).attempts, attempt.min(31));
        let wait = b.next_deadline(now).unwrap() - now;
        let exact = Nanos::from_secs(1 << (attempt - 1).min(6)).get().min(Nanos::MINUTE.get());
        assert!(wait.get() >= exact && wait.get() < exact + UNIT, "attempt {attempt}: {wait}");
        now = b.next_deadline(now).unwrap() + Nanos::new(1);
        b.leave(b.enter(now).unwrap(), Outcome::Failure, now);
    }
    b.close(now);
    assert_eq!(b.metrics(now).attempts, 0);
}

#[test]
fn every_pair_of_states_by_hand() {
    use State::{Closed, Disabled, ForcedOpen, HalfOpen, MetricsOnly, Open};
    let all = [Closed, Open, HalfOpen, Disabled, ForcedOpen, MetricsOnly];
    for from in all {
        for to in all {
            let b = breaker(config(10)).starting(from, at(0));
            assert_eq!(b.state(at(0)), from);
            let attempts = b.metrics(at(0)).attempts;
            assert_eq!(attempts, u8::from(matches!(from, Open | HalfOpen | ForcedOpen)));
            let forbidden = matches!((from, to), (Closed, HalfOpen) | (MetricsOnly, Open | HalfOpen));
            assert_eq!(b.transition(to, at(0)).is_err(), forbidden, "{from} to {to}");
            let (state, after) = (b.state(at(0)), b.metrics(at(0)).attempts);
            assert_eq!(state, if forbidden { from } else { to });
            if !forbidden {
                let want = match to {
                    Open | ForcedOpen => attempts + 1,
                    HalfOpen => attempts,
                    _ => 0,
                };
                assert_eq!(after, want, "{from} to {to}");
            }
        }
    }
}

#[test]
fn switched_off_forced_open_and_metrics_only() {
    let b = breaker(config(2));
    b.disable(at(0));
    for _ in 0..5 {
        call(&b, Outcome::Failure, at(0));
    }
    assert_eq!((b.state(at(0)), b.metrics(at(0)).calls), (State::Disabled, 0));
    b.force_open(at(0));
    assert_eq!(b.enter(Nanos::MAX).unwrap_err().reason, Reason::ForcedOpen);
    b.metrics_only(at(0));
    for _ in 0..5 {
        call(&b, Outcome::Failure, at(0));
    }
    let m = b.metrics(at(0));
    assert_eq!((m.state, m.calls, m.failed), (State::MetricsOnly, 2, 2));
}

#[test]
fn a_servers_retry_after_opens_a_closed_breaker() {
    let b = breaker(config(10));
    let p = b.enter(at(0)).unwrap();
    b.leave_and_open_for(p, Outcome::Success, at(50), at(0));
    assert_eq!((b.state(at(0)), b.next_deadline(at(0))), (State::Open, Some(at(50))));
    assert_eq!(b.metrics(at(0)).attempts, 0);
    b.reset(at(0));
    let stale = b.enter(at(0)).unwrap();
    b.reset(at(0));
    b.leave_and_open_until(stale, Outcome::Failure, at(50), at(0));
    assert_eq!(b.state(at(0)), State::Closed);
    b.untracked().record_and_open_until(Outcome::Success, Nanos::ZERO, at(60), at(0));
    assert_eq!(b.next_deadline(at(0)), Some(at(60)));
}

#[test]
fn a_servers_retry_after_is_heard_beside_a_trip_of_its_own() {
    let policy = || config(2).min_calls(1).trial_calls(1).open_for(OpenFor::fixed(at(10)));
    for (asked, until) in [(60, 60), (3, 10)] {
        let b = breaker(policy());
        let p = b.enter(at(0)).unwrap();
        b.leave_and_open_for(p, Outcome::Failure, at(asked), at(0));
        assert_eq!((b.next_deadline(at(0)), b.metrics(at(0)).attempts), (Some(at(until)), 1));
    }
    let b = breaker(policy());
    let (first, second, third) = (b.enter(at(0)).unwrap(), b.enter(at(0)).unwrap(), b.enter(at(0)).unwrap());
    b.leave(first, Outcome::Failure, at(0));
    b.leave_and_open_until(second, Outcome::Success, at(60), at(1));
    b.leave_and_open_until(third, Outcome::Success, at(50), at(2));
    assert_eq!(b.next_deadline(at(2)), Some(at(60)));
    let trial = b.enter(at(61)).unwrap();
    b.leave_and_open_for(trial, Outcome::Failure, at(100), at(61));
    assert_eq!((b.next_deadline(at(61)), b.metrics(at(61)).attempts), (Some(at(161)), 2));
    // Open again by then, in another generation.
    let stay = TrialTimeout::Stay { stay: at(5), then: HalfOpenEnd::Open };
    let b = breaker(policy().trial_timeout(stay).auto_half_open(true));
    let (first, second) = (b.enter(at(0)).unwrap(), b.enter(at(0)).unwrap());
    b.leave(first, Outcome::Failure, at(0));
    b.leave_and_open_until(second, Outcome::Ignored, at(60), at(16));
    assert_eq!((b.state(at(16)), b.next_deadline(at(16))), (State::Open, Some(at(25))));
}

#[test]
fn untracked_results_go_to_the_current_generation() {
    let b = breaker(config(10).trial_calls(2));
    open(&b);
    b.untracked().record(Outcome::Failure, Nanos::ZERO, at(1)); // OPEN keeps nothing
    let _lost = b.enter(at(1_001)).unwrap();
    b.untracked().release(at(1_001));
    b.untracked().release(at(1_001));
    assert_eq!(b.explain(at(1_001)).trials_left, 3);
    for _ in 0..2 {
        b.untracked().record(Outcome::Success, Nanos::ZERO, at(1_001));
    }
    assert_eq!(b.state(at(1_001)), State::Closed);
}

#[test]
fn without_the_time() {
    let b = breaker(config(4).min_calls(2));
    assert!(!b.needs_clock());
    for _ in 0..2 {
        let p = b.enter_untimed().unwrap();
        let answer = b.leave_untimed(p, Outcome::Success);
        assert_eq!(answer, Ok(()));
    }
    let p = b.enter_untimed().unwrap();
    assert_eq!(b.leave_untimed(p, Outcome::Failure), Ok(()));
    let p = b.enter_untimed().unwrap();
    assert_eq!(b.leave_untimed(p, Outcome::Failure), Err(NeedsTime)); // 2 of 4
    b.settle(at(9));
    assert_eq!(b.state(at(9)), State::Open);
    assert_eq!(b.next_deadline(at(9)), Some(at(9) + WAIT));
    assert!(b.needs_clock());
    assert_eq!(b.enter_untimed(), Err(NeedsTime));
    assert!(breaker(config(4).slow_call(Nanos::SECOND, 1)).needs_clock());
}

#[test]
fn explains_itself() {
    let b = breaker(config(10).min_calls(4).failure_rate(60_000).slow_call(Nanos::SECOND, 90_000));
    for outcome in [Outcome::Failure, Outcome::Success, Outcome::Failure, Outcome::Success] {
        call(&b, outcome, at(0));
    }
    let why = b.explain(at(0));
    assert_eq!((why.metrics.calls, why.metrics.failed, why.failure_rate), (4, 2, Some(50_000)));
    assert_eq!((why.refusal, why.rule_met, why.deadline), (None, None, None));
    assert_eq!((why.failure_rate_threshold, why.slow_rate_threshold, why.min_calls), (60_000, 90_000, 4));
    open(&b);
    let why = b.explain(at(10));
    assert_eq!(why.refusal, Some(b.enter(at(10)).unwrap_err()));
    assert_eq!(why.deadline, Some(at(1_000)));
}

#[test]
fn is_a_gate() {
    let b = breaker(config(1));
    assert!(Gate::judge(&b, 1, at(0).into()).is_ok());
    let p = Gate::enter(&b, 1, at(0).into()).unwrap();
    Gate::leave(&b, p, Outcome::Failure, at(0).into());
    assert!(Gate::judge(&b, 1, at(0).into()).is_err());
    assert!(Gate::judge(&b, 1, (at(0) + WAIT + Nanos::new(1)).into()).is_ok());
    assert_eq!(b.state(at(0)), State::Open, "judging takes nothing");
}

#[test]
fn refuses_what_a_word_cannot_hold() {
    let new = |c: BreakerConfig| TinyPolicy::new(c.build().unwrap()).map_err(|e| (e.value, e.min, e.max));
    assert_eq!(new(config(25)), Err((25, 1, 24)));
    assert!(new(BreakerConfig::new(Window::time(Nanos::MINUTE, 6))).is_err());
    assert_eq!(new(config(10).consecutive_failures(11)), Err((11, 0, 10)));
    assert_eq!(new(config(10).trial_calls(32)), Err((32, 1, 31)));
    assert_eq!(new(config(10).trial_calls(16)), Err((16, 1, 15)));
    assert!(new(config(10).trial_calls(31).trial_min(15)).is_ok());
    assert!(new(config(10).trial_timeout(TrialTimeout::Lease(Nanos::DAY))).is_err());
    let stay = TrialTimeout::Stay { stay: Nanos::SECOND, then: HalfOpenEnd::Closed };
    assert!(new(config(10).trial_timeout(stay)).is_err());
}

#[test]
fn one_policy_serves_many_words() {
    static WORDS: [TinyWord; 4] = [const { TinyWord::new() }; 4];
    assert_eq!(size_of_val(&WORDS), 32);
    let policy: Policy = config(1).build().unwrap();
    let policy = TinyPolicy::new(policy).unwrap();
    let b = WORDS[1].with(&policy);
    b.leave(b.enter(at(0)).unwrap(), Outcome::Failure, at(0));
    assert_eq!(WORDS[1].with(&policy).state(at(0)), State::Open);
    assert_eq!(WORDS[2].with(&policy).state(at(0)), State::Closed);
}
