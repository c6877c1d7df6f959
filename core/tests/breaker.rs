//! What a breaker does, case by case.
#![cfg(feature = "wide")]
#![allow(missing_docs)]

use overcurrent::breaker::{LiveTimeBreaker, ReconfigureError, Rule};
use overcurrent::{
    At, BreakerConfig, CountBreaker, HalfOpenEnd, LiveCountBreaker, Nanos, OpenFor, Outcome, Policy, Reason,
    SnapshotError, State, TimeBreaker, TrialTimeout, Window,
};

const SECOND: Nanos = Nanos::SECOND;

fn at(seconds: u64) -> Nanos {
    Nanos::from_secs(seconds)
}

fn config(window: u32) -> BreakerConfig {
    BreakerConfig::new(Window::calls(window)).open_for(OpenFor::fixed(at(10))).trial_calls(2)
}

fn breaker(config: BreakerConfig) -> CountBreaker<4> {
    CountBreaker::new(config.build().unwrap()).unwrap()
}

fn call(b: &CountBreaker<4>, outcome: Outcome, now: Nanos) {
    let permit = b.enter(now).unwrap();
    b.leave(permit, outcome, now);
}

fn calls(b: &CountBreaker<4>, letters: &str, now: Nanos) {
    for letter in letters.chars() {
        call(b, if letter == 'F' { Outcome::Failure } else { Outcome::Success }, now);
    }
}

#[test]
fn it_is_usable_in_a_static() {
    const POLICY: Policy = match BreakerConfig::new(Window::calls(100)).build() {
        Ok(policy) => policy,
        Err(_) => panic!("checked by the compiler"),
    };
    static BREAKER: CountBreaker<7> = match CountBreaker::new(POLICY) {
        Ok(breaker) => breaker,
        Err(_) => panic!("checked by the compiler"),
    };
    static LIVE: LiveCountBreaker<7> = match LiveCountBreaker::live(POLICY) {
        Ok(breaker) => breaker,
        Err(_) => panic!("checked by the compiler"),
    };
    assert_eq!(BREAKER.state(at(0)), State::Closed);
    assert_eq!(LIVE.state(at(0)), State::Closed);
    assert!(size_of::<CountBreaker<7>>() <= 300, "a breaker over 100 calls has {} bytes", size_of::<CountBreaker<7>>());
}

#[test]
fn a_rate_trips_at_its_threshold_and_not_below() {
    let b = breaker(config(10).min_calls(10).failure_rate(30_000));
    calls(&b, "FFSSSSSSSS", at(1));
    assert_eq!(b.state(at(1)), State::Closed);
    calls(&b, "F", at(1)); // the oldest failure leaves: still two of ten
    assert_eq!(b.state(at(1)), State::Closed);
    calls(&b, "FF", at(1));
    assert_eq!(b.state(at(1)), State::Open);
}

#[test]
fn no_rate_is_judged_below_the_minimum_of_calls() {
    let b = breaker(config(10).min_calls(5));
    calls(&b, "FFFF", at(1));
    assert_eq!(b.state(at(1)), State::Closed);
    let why = b.explain(at(1));
    assert_eq!((why.failure_rate, why.rule_met, why.min_calls), (None, None, 5));
    calls(&b, "S", at(1));
    assert_eq!(b.state(at(1)), State::Open);
}

#[test]
fn a_call_is_slow_when_longer_than_the_limit() {
    let b = breaker(config(2).min_calls(2).slow_call(SECOND, 100_000));
    for extra in [0, 1] {
        let permits = [b.enter(at(1)).unwrap(), b.enter(at(1)).unwrap()];
        for permit in permits {
            b.leave(permit, Outcome::Success, at(2) + Nanos::new(extra));
        }
        assert_eq!(b.metrics(at(3)).slow, if extra == 0 { 0 } else { 2 });
    }
    assert_eq!(b.state(at(3)), State::Open);
    assert_eq!(b.explain(at(3)).rule_met.unwrap().rule, Rule::SlowRate);
}

#[test]
fn failures_in_a_row_and_failures_in_the_window_trip_by_themselves() {
    let row = breaker(config(50).no_failure_rate().consecutive_failures(3));
    calls(&row, "FFSFFSFF", at(1));
    assert_eq!(row.state(at(1)), State::Closed);
    calls(&row, "F", at(1));
    assert_eq!(row.state(at(1)), State::Open);
    assert_eq!(row.explain(at(1)).rule_met.unwrap().rule, Rule::ConsecutiveFailures);

    let count = breaker(config(5).no_failure_rate().min_calls(5).failure_count(3));
    calls(&count, "FSSFSSSF", at(1)); // two in any five
    assert_eq!(count.state(at(1)), State::Closed);
    calls(&count, "FF", at(1));
    assert_eq!(count.state(at(1)), State::Open);
    assert_eq!(count.explain(at(1)).rule_met.unwrap().rule, Rule::FailureCount);
}

#[test]
fn an_open_breaker_says_when_to_come_back_to_the_nanosecond() {
    let b = breaker(config(1));
    calls(&b, "F", at(5));
    let refusal = b.enter(at(8)).unwrap_err();
    assert_eq!(refusal.reason, Reason::BreakerOpen);
    let wait = refusal.retry_after.unwrap();
    assert!(b.enter(at(8) + wait - Nanos::new(1)).is_err());
    assert!(b.enter(at(8) + wait).unwrap().is_trial());
}

#[test]
fn idle_for_a_decade_the_next_answer_is_right() {
    let b = breaker(config(1));
    calls(&b, "F", at(5));
    let decade = at(10 * 365 * 86_400);
    assert!(b.enter(decade).unwrap().is_trial());
    b.open_until(Nanos::MAX, decade).unwrap();
    assert!(b.enter(Nanos::MAX).is_err(), "open until the end of time");
}

#[test]
fn half_open_admits_its_trials_and_they_decide() {
    let b = breaker(config(1));
    calls(&b, "F", at(0));
    let (one, two) = (b.enter(at(11)).unwrap(), b.enter(at(11)).unwrap());
    assert_eq!(b.enter(at(11)).unwrap_err().reason, Reason::TrialsTaken);
    b.leave(one, Outcome::Success, at(12));
    assert_eq!(b.state(at(12)), State::HalfOpen);
    b.leave(two, Outcome::Success, at(12));
    assert_eq!(b.state(at(12)), State::Closed);
    assert_eq!(b.metrics(at(12)).attempts, 0);
}

#[test]
fn a_failed_trial_opens_again_and_waits_longer() {
    let growing = OpenFor::exponential(SECOND, 2_000, at(3));
    let b = breaker(config(1).open_for(growing).trial_calls(1));
    calls(&b, "F", at(0));
    let mut now = Nanos::ZERO;
    for wait in [1, 2, 3, 3] {
        assert_eq!(b.next_deadline(now), Some(now + at(wait)));
        now = now + at(wait) + Nanos::new(1);
        let trial = b.enter(now).unwrap();
        b.leave(trial, Outcome::Failure, now);
    }
}

#[test]
fn jitter_spreads_by_the_bits_that_are_given() {
    let spread = OpenFor::fixed(at(10)).jitter(500);
    let waited = |random: u32| {
        let b = breaker(config(1).open_for(spread));
        let now = At::from(at(0)).with_random(random);
        let permit = b.enter(now).unwrap();
        b.leave(permit, Outcome::Failure, now);
        b.next_deadline(at(0)).unwrap()
    };
    assert_eq!(waited(0), at(10), "without bits there is no jitter");
    assert_eq!(waited(1), at(5) + Nanos::new(2));
    assert!(waited(u32::MAX) <= at(15) && waited(u32::MAX) > Nanos::from_millis(14_999));
    assert!(waited(1 << 31) == at(10));
}

#[test]
fn an_ignored_outcome_gives_the_trial_back() {
    let b = breaker(config(1).trial_calls(1));
    calls(&b, "F", at(0));
    let trial = b.enter(at(11)).unwrap();
    b.leave(trial, Outcome::Ignored, at(12));
    assert!(b.enter(at(12)).unwrap().is_trial());
    assert_eq!(b.metrics(at(12)).calls, 0);
}

#[test]
fn a_lost_trial_counts_as_failed_when_its_lease_ends() {
    let lease = TrialTimeout::Lease(at(5));
    let mostly_good = breaker(config(1).trial_calls(4).trial_timeout(lease));
    let mostly_lost = breaker(config(1).trial_calls(4).trial_timeout(lease));
    for (b, good, then) in [(&mostly_good, 3, State::Closed), (&mostly_lost, 1, State::Open)] {
        calls(b, "F", at(0));
        let mut trials: Vec<_> = (0..4).map(|_| b.enter(at(11)).unwrap()).collect();
        for trial in trials.drain(..good) {
            b.leave(trial, Outcome::Success, at(12));
        }
        assert_eq!(b.state(at(16)), State::HalfOpen);
        assert_eq!(b.state(at(16) + Nanos::new(1)), then);
        // The late results of the lost ones change nothing.
        for trial in trials {
            b.leave(trial, Outcome::Failure, at(17));
        }
        assert_eq!(b.state(at(17)), then);
    }
}

#[test]
fn the_lease_starts_with_the_last_trial_not_the_first() {
    let b = breaker(config(1).trial_timeout(TrialTimeout::Lease(at(5))));
    calls(&b, "F", at(0));
    let _lost = b.enter(at(11)).unwrap().into_raw();
    assert_eq!(b.next_deadline(at(1_000)), None, "with slow traffic, trials may trickle in for hours");
    let _lost = b.enter(at(2_000)).unwrap().into_raw();
    assert_eq!(b.next_deadline(at(2_000)), Some(at(2_005)));
}

#[test]
fn the_longest_stay_ends_half_open_where_it_should() {
    for (then, state) in [(HalfOpenEnd::Open, State::Open), (HalfOpenEnd::Closed, State::Closed)] {
        let b = breaker(config(1).trial_timeout(TrialTimeout::Stay { stay: at(5), then }));
        calls(&b, "F", at(0));
        let _lost = b.enter(at(11)).unwrap().into_raw();
        assert_eq!(b.state(at(16) - Nanos::new(1)), State::HalfOpen);
        assert_eq!(b.state(at(16)), state);
    }
}

#[test]
fn an_automatic_breaker_half_opens_at_its_deadline_and_replays_what_it_slept_through() {
    let stay = TrialTimeout::Stay { stay: at(5), then: HalfOpenEnd::Open };
    let b = breaker(config(1).auto_half_open(true).trial_timeout(stay));
    calls(&b, "F", at(0));
    assert_eq!(b.state(at(10)), State::HalfOpen);
    assert_eq!(b.state(at(15)), State::Open);
    assert_eq!(b.state(at(26)), State::HalfOpen); // open 15 to 25, half-open 25 to 30
    assert_eq!(b.metrics(at(26)).attempts, 2);
    // Ten years later: the replay is bounded, and the state is one that its rules allow.
    let later = at(10 * 365 * 86_400);
    assert!(matches!(b.state(later), State::Open | State::HalfOpen));
    assert!(b.next_deadline(later).unwrap() > later);
}

#[test]
fn results_of_an_older_generation_change_nothing() {
    let b = breaker(config(4).min_calls(1));
    let old: Vec<_> = (0..4).map(|_| b.enter(at(0)).unwrap()).collect();
    calls(&b, "F", at(1));
    let trials = [b.enter(at(12)).unwrap(), b.enter(at(12)).unwrap()];
    for permit in old {
        b.leave(permit, Outcome::Failure, at(12));
    }
    assert_eq!(b.state(at(12)), State::HalfOpen);
    for trial in trials {
        b.leave(trial, Outcome::Success, at(13));
    }
    assert_eq!((b.state(at(13)), b.metrics(at(13)).calls), (State::Closed, 0));
}

#[test]
fn by_hand_it_goes_where_the_table_says() {
    use State::{Closed, Disabled, ForcedOpen, HalfOpen, MetricsOnly, Open};
    let all = [Closed, Open, HalfOpen, Disabled, ForcedOpen, MetricsOnly];
    for from in all {
        for to in all {
            let b = breaker(config(4)).starting(from, at(1));
            let refused = matches!((from, to), (Closed, HalfOpen) | (MetricsOnly, Open | HalfOpen));
            let result = b.transition(to, at(2));
            assert_eq!(result.is_err(), refused, "{from} to {to}");
            assert_eq!(b.state(at(2)), if refused { from } else { to });
            b.reset(at(3));
            assert_eq!((b.state(at(3)), b.metrics(at(3)).calls), (Closed, 0));
        }
    }
}

#[test]
fn switched_off_it_admits_all_and_forced_open_it_admits_none() {
    let b = breaker(config(1));
    b.disable(at(1));
    calls(&b, "FFFF", at(1));
    assert_eq!((b.state(at(1)), b.metrics(at(1)).calls), (State::Disabled, 0));
    b.force_open(at(1));
    let refusal = b.enter(at(1_000_000)).unwrap_err();
    assert_eq!((refusal.reason, refusal.retry_after), (Reason::ForcedOpen, None));
}

#[test]
fn metrics_only_counts_and_never_opens() {
    let b = breaker(config(4).min_calls(1));
    b.metrics_only(at(1));
    calls(&b, "FFFF", at(1));
    assert_eq!((b.state(at(1)), b.metrics(at(1)).failed), (State::MetricsOnly, 4));
    assert_eq!(b.explain(at(1)).refusal, None);
}

#[test]
fn an_answer_that_asks_for_peace_opens_a_closed_breaker() {
    let b = breaker(config(4).min_calls(4));
    let permit = b.enter(at(0)).unwrap();
    b.leave_and_open_for(permit, Outcome::Success, at(7), at(1));
    assert_eq!(b.next_deadline(at(1)), Some(at(8)));
    // From a call of the generation before the outage: too late to say anything.
    let b = breaker(config(4).min_calls(4));
    let permit = b.enter(at(0)).unwrap();
    b.reset(at(0));
    b.leave_and_open_until(permit, Outcome::Failure, at(7), at(1));
    assert_eq!(b.state(at(1)), State::Closed);
}

#[test]
fn an_answer_that_asks_for_peace_is_heard_beside_a_trip_of_its_own() {
    let policy = || config(2).min_calls(1).trial_calls(1); // open for 10 s
    // The same result trips it: open until the later of the two times.
    for (asked, until) in [(60, 60), (3, 10)] {
        let b = breaker(policy());
        let permit = b.enter(at(0)).unwrap();
        b.leave_and_open_for(permit, Outcome::Failure, at(asked), at(0));
        assert_eq!((b.next_deadline(at(0)), b.metrics(at(0)).attempts), (Some(at(until)), 1));
    }
    // Another result of the same stay has tripped it.
    let b = breaker(policy());
    let (first, second, third) = (b.enter(at(0)).unwrap(), b.enter(at(0)).unwrap(), b.enter(at(0)).unwrap());
    b.leave(first, Outcome::Failure, at(0));
    b.leave_and_open_until(second, Outcome::Success, at(60), at(1));
    b.leave_and_open_until(third, Outcome::Success, at(50), at(2));
    assert_eq!(b.next_deadline(at(2)), Some(at(60)));
    // A trial that reopens it.
    let trial = b.enter(at(61)).unwrap();
    b.leave_and_open_for(trial, Outcome::Failure, at(100), at(61));
    assert_eq!((b.next_deadline(at(61)), b.metrics(at(61)).attempts), (Some(at(161)), 2));
    // A trip that had waited for the time.
    let b = breaker(policy());
    let (first, second) = (b.enter_untimed().unwrap(), b.enter(at(0)).unwrap());
    assert!(b.leave_untimed(first, Outcome::Failure).is_err());
    b.leave_and_open_for(second, Outcome::Ignored, at(3), at(0));
    assert_eq!((b.next_deadline(at(0)), b.metrics(at(0)).attempts), (Some(at(10)), 1));
}

#[test]
fn an_answer_of_before_the_trials_asks_too_late() {
    let b = breaker(config(2).min_calls(1).trial_calls(1).auto_half_open(true));
    let (first, second) = (b.enter(at(0)).unwrap(), b.enter(at(0)).unwrap());
    b.leave(first, Outcome::Failure, at(0));
    b.leave_and_open_until(second, Outcome::Failure, at(60), at(10));
    assert_eq!(b.state(at(10)), State::HalfOpen, "its wait was over before the answer came");
    // Open again by then, in another generation.
    let stay = TrialTimeout::Stay { stay: at(5), then: HalfOpenEnd::Open };
    let b = breaker(config(2).min_calls(1).trial_timeout(stay).auto_half_open(true));
    let (first, second) = (b.enter(at(0)).unwrap(), b.enter(at(0)).unwrap());
    b.leave(first, Outcome::Failure, at(0));
    b.leave_and_open_until(second, Outcome::Failure, at(60), at(16));
    assert_eq!((b.state(at(16)), b.next_deadline(at(16))), (State::Open, Some(at(25))));
}

#[test]
fn only_a_result_trips_a_breaker_whose_thresholds_were_lowered() {
    let b = LiveCountBreaker::<1>::live(config(10).min_calls(10).build().unwrap()).unwrap();
    for _ in 0..4 {
        b.leave(b.enter(at(0)).unwrap(), Outcome::Failure, at(0));
    }
    b.reconfigure(config(10).min_calls(2).build().unwrap(), at(0)).unwrap();
    b.settle(at(1));
    assert_eq!(b.state(at(1)), State::Closed, "nothing has happened since");
    b.leave(b.enter(at(1)).unwrap(), Outcome::Success, at(1)); // 4 of 5
    assert_eq!(b.state(at(1)), State::Open);
}

#[test]
fn a_closed_breaker_without_a_slow_rule_needs_no_clock() {
    let b = breaker(config(2).min_calls(2));
    assert!(!b.needs_clock());
    let permit = b.enter_untimed().unwrap();
    assert_eq!(b.leave_untimed(permit, Outcome::Failure), Ok(()));
    let permit = b.enter_untimed().unwrap();
    assert!(b.leave_untimed(permit, Outcome::Failure).is_err(), "it must open now, and opening needs the time");
    b.settle(at(3));
    assert_eq!(b.next_deadline(at(3)), Some(at(13)));
    assert!(b.needs_clock() && b.enter_untimed().is_err());

    assert!(breaker(config(2).slow_call(SECOND, 1)).needs_clock());
    let time = BreakerConfig::new(Window::time(at(10), 10)).build().unwrap();
    assert!(TimeBreaker::<10>::new(time).unwrap().needs_clock());
}

#[test]
fn settings_change_while_it_runs_and_history_stays() {
    let b = LiveCountBreaker::<4>::live(config(8).min_calls(8).build().unwrap()).unwrap();
    for outcome in [Outcome::Failure, Outcome::Failure, Outcome::Success, Outcome::Failure, Outcome::Success] {
        let permit = b.enter(at(1)).unwrap();
        b.leave(permit, outcome, at(1));
    }
    b.reconfigure(config(3).min_calls(3).failure_rate(60_000).build().unwrap(), at(1)).unwrap();
    assert_eq!((b.metrics(at(1)).calls, b.metrics(at(1)).failed), (3, 1));
    b.reconfigure(config(64).min_calls(5).failure_rate(60_000).build().unwrap(), at(1)).unwrap();
    assert_eq!((b.metrics(at(1)).calls, b.metrics(at(1)).failed), (5, 3));
    let permit = b.enter(at(1)).unwrap();
    b.leave(permit, Outcome::Failure, at(1));
    assert_eq!(b.state(at(1)), State::Open, "four of six under the new threshold");

    let too_long = b.reconfigure(config(65).build().unwrap(), at(1));
    let Err(ReconfigureError::Config(error)) = too_long else { panic!("{too_long:?}") };
    assert_eq!(error.to_string(), "window (calls) is 65; allowed are 1 to 64");
}

#[test]
fn a_lease_can_be_set_while_half_open_is_stuck() {
    let b = LiveCountBreaker::<4>::live(config(1).trial_timeout(TrialTimeout::Never).build().unwrap()).unwrap();
    b.open(at(0)).unwrap();
    for _ in 0..2 {
        let _lost = b.enter(at(11)).unwrap().into_raw();
    }
    assert_eq!(b.state(at(1_000)), State::HalfOpen);
    b.reconfigure(config(1).trial_timeout(TrialTimeout::Lease(at(5))).build().unwrap(), at(1_000)).unwrap();
    assert_eq!(b.state(at(1_005)), State::HalfOpen);
    assert_eq!(b.state(at(1_006)), State::Open);
}

#[test]
fn a_live_time_window_shrinks_grows_and_starts_anew_with_other_slices() {
    let live =
        |seconds, buckets| BreakerConfig::new(Window::time(at(seconds), buckets)).min_calls(100).build().unwrap();
    let b = LiveTimeBreaker::<8>::live(live(8, 8)).unwrap();
    for second in 0..8 {
        let permit = b.enter(at(second)).unwrap();
        b.leave(permit, Outcome::Failure, at(second));
    }
    assert_eq!(b.metrics(at(7)).failed, 8);
    b.reconfigure(live(3, 3), at(7)).unwrap();
    assert_eq!(b.metrics(at(7)).failed, 3);
    b.reconfigure(live(8, 8), at(7)).unwrap();
    assert_eq!(b.metrics(at(7)).failed, 8);
    b.reconfigure(live(16, 8), at(7)).unwrap();
    assert_eq!(b.metrics(at(7)).failed, 0);
}

#[test]
fn a_snapshot_brings_back_state_wait_window_and_attempts() {
    let growing = OpenFor::exponential(at(10), 2_000, Nanos::MINUTE);
    let make = || breaker(config(10).min_calls(10).open_for(growing));
    let before = make();
    calls(&before, "SFSSFSFSS", at(100));
    let mut page = [0xff; 256];
    let length = before.snapshot(&mut page, at(100)).unwrap();
    let after = make();
    after.restore(&page, Nanos::ZERO, at(0)).unwrap();
    assert_eq!((after.metrics(at(0)).calls, after.metrics(at(0)).failed), (9, 3));
    calls(&after, "FF", at(0)); // S leaves, then 5 of 10: the ring came back in its order
    assert_eq!(after.state(at(0)), State::Open);

    // A restart in the middle of the second, longer wait.
    after.open(at(1)).unwrap();
    assert_eq!(after.next_deadline(at(1)), Some(at(21)));
    after.snapshot(&mut page, at(5)).unwrap();
    let third = make();
    third.restore(&page, at(6), at(50)).unwrap(); // off for 6 of the 16 s it had left
    assert_eq!(third.next_deadline(at(50)), Some(at(60)));
    assert_eq!(third.metrics(at(50)).attempts, 2);

    assert_eq!(after.snapshot(&mut page[..length - 1], at(1)), Err(SnapshotError::BufferTooShort));
    page[9] ^= 1;
    assert_eq!(third.restore(&page, Nanos::ZERO, at(50)), Err(SnapshotError::Corrupt));
}

#[test]
fn permits_from_before_a_restore_change_nothing() {
    let b = breaker(config(4).min_calls(4));
    let old = b.enter(at(1)).unwrap();
    let mut page = [0; 64];
    b.snapshot(&mut page, at(1)).unwrap();
    b.restore(&page, Nanos::ZERO, at(2)).unwrap();
    b.leave(old, Outcome::Failure, at(2));
    assert_eq!(b.metrics(at(2)).calls, 0);
}

#[test]
fn trials_that_died_with_their_process_are_free_again() {
    let b = breaker(config(1).trial_calls(3));
    b.open(at(0)).unwrap();
    let trials: Vec<_> = (0..3).map(|_| b.enter(at(11)).unwrap()).collect();
    let mut page = [0; 64];
    let mut trials = trials.into_iter();
    b.leave(trials.next().unwrap(), Outcome::Success, at(11));
    b.snapshot(&mut page, at(12)).unwrap();
    let after = breaker(config(1).trial_calls(3));
    after.restore(&page, Nanos::ZERO, at(0)).unwrap();
    assert_eq!(after.state(at(0)), State::HalfOpen);
    for _ in 0..2 {
        let trial = after.enter(at(0)).unwrap();
        after.leave(trial, Outcome::Success, at(0));
    }
    assert_eq!(after.state(at(0)), State::Closed);
}

#[test]
fn a_time_window_is_as_old_after_a_restart_as_it_should_be() {
    let policy = BreakerConfig::new(Window::time(at(10), 10)).min_calls(100).build().unwrap();
    let before = TimeBreaker::<10>::new(policy).unwrap();
    for second in 0..10 {
        let permit = before.enter(at(second)).unwrap();
        before.leave(permit, Outcome::Failure, at(second));
    }
    let mut page = [0; 256];
    before.snapshot(&mut page, at(9)).unwrap();
    let after = TimeBreaker::<10>::new(policy).unwrap();
    after.restore(&page, at(3), at(1_000)).unwrap();
    let failed = after.metrics(at(1_000)).failed;
    assert!((6..=8).contains(&failed), "of ten seconds, three more have passed: {failed} are left");
    let ages: Vec<u32> = (0..9).map(|later| after.metrics(at(1_000 + later)).failed).collect();
    assert!(ages.windows(2).all(|pair| pair[1] + 1 >= pair[0]), "they leave one by one: {ages:?}");
    assert_eq!(after.metrics(at(1_008)).failed, 0);
    // At the very origin of a clock nothing can be older than it: all of it counts in the first slice.
    let reborn = TimeBreaker::<10>::new(policy).unwrap();
    reborn.restore(&page, Nanos::ZERO, Nanos::ZERO).unwrap();
    assert_eq!(reborn.metrics(Nanos::ZERO).failed, 10);
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    let refused = |config: BreakerConfig| config.build().unwrap_err().to_string();
    assert_eq!(refused(config(0)), "window (calls) is 0; allowed are 1 to 32767");
    assert_eq!(refused(config(32_768)), "window (calls) is 32768; allowed are 1 to 32767");
    assert_eq!(refused(config(5).min_calls(6)), "min_calls is 6; allowed are 1 to 5");
    assert_eq!(refused(config(5).min_calls(0)), "min_calls is 0; allowed are 1 to 5");
    assert_eq!(refused(config(5).failure_rate(0)), "failure_rate is 0; allowed are 1 to 100000");
    assert_eq!(refused(config(5).failure_rate(100_001)), "failure_rate is 100001; allowed are 1 to 100000");
    assert_eq!(refused(config(5).trial_calls(0)), "trial_calls is 0; allowed are 1 to 32767");
    assert_eq!(refused(config(5).trial_min(3)), "trial_min is 3; allowed are 1 to 2");
    assert!(refused(config(5).open_for(OpenFor::fixed(Nanos::ZERO))).starts_with("open_for is 0; allowed are 1 to"));
    let zero = TrialTimeout::Lease(Nanos::ZERO);
    assert!(refused(config(5).trial_timeout(zero)).starts_with("trial_timeout is 0"));
    assert!(refused(BreakerConfig::new(Window::time(at(1), 0))).starts_with("window (buckets) is 0"));
    let time = BreakerConfig::new(Window::time(at(1), 10)).build().unwrap();
    assert!(CountBreaker::<4>::new(time).is_err());
    assert!(TimeBreaker::<9>::new(time).is_err());
    let count = BreakerConfig::new(Window::calls(65)).build().unwrap();
    let error = CountBreaker::<4>::new(count).err().unwrap().to_string();
    assert_eq!(error, "window (calls) is 65; allowed are 1 to 64");
}
