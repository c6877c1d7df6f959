//! The last instants that a `u64` can name: nothing is told to come back at once and then refused again.
#![cfg(feature = "wide")]

use overcurrent::limit::{CycleConfig, CycleLimiter};
use overcurrent::retry::{RetryBudget, RetryBudgetConfig};
use overcurrent::{
    BreakerConfig, Bulkhead, CountBreaker, Gate, Gcra, LiveGcra, Nanos, OpenFor, Outcome, Rate, Refusal, State,
    TimeBreaker, TinyBreaker, Window,
};

/// A refusal that says when to come back is believed: the same question is then answered with yes.
fn believe(gate: &impl Gate, now: Nanos, what: &str) {
    let Err(Refusal { retry_after: Some(wait), .. }) = gate.judge(1, now.into()) else { return };
    let then = now.get().checked_add(wait.get());
    let then = Nanos::new(then.unwrap_or_else(|| panic!("{what}: told to come back after the end of time")));
    assert!(gate.judge(1, then.into()).is_ok(), "{what}: refused at {now:?}, told to wait {wait:?}, refused again");
}

const LAST: [u64; 8] =
    [u64::MAX, u64::MAX - 1, u64::MAX - 2, u64::MAX - 999, u64::MAX - 1_000_000_000, 1 << 63, 1 << 62, (1 << 62) - 1];

#[test]
fn limiters_and_budgets() {
    for now in LAST.map(Nanos::new) {
        for (permits, per) in [(1, 1), (1, 1_000), (4, 1_000), (7, 1_000), (1_000, 1_000_000_000), (1, 1 << 62)] {
            let quota = Rate::new(permits, Nanos::new(per)).burst(2).build().unwrap();
            let what = format!("{permits} per {per} at {now:?}");
            let (fixed, live) = (Gcra::new(quota), LiveGcra::new(quota));
            for round in 0..4 {
                believe(&fixed, now, &format!("gcra, {what}, round {round}"));
                believe(&live, now, &format!("live, {what}, round {round}"));
                let _ = (fixed.enter(1, now.into()), live.enter(1, now.into()));
            }
            fixed.penalize_until(Nanos::MAX, Nanos::ZERO);
            live.penalize_until(Nanos::MAX, Nanos::ZERO);
            believe(&fixed, now, &format!("gcra, {what}, penalized"));
            believe(&live, now, &format!("live, {what}, penalized"));
        }
        for (limit, period) in [(1, 1), (3, 7), (5, 1_000_000_000), (1, 1 << 62)] {
            let limiter = CycleLimiter::new(CycleConfig::new(limit, Nanos::new(period)).build().unwrap());
            for round in 0..8 {
                believe(&limiter, now, &format!("{limit} each {period} at {now:?}, round {round}"));
                let _ = limiter.enter(1, now.into());
            }
        }
        for rate in [0, 1, 10, 1_000_000] {
            let budget = RetryBudgetConfig::new().min_per_second(rate).cap(2).build().unwrap();
            let budget = RetryBudget::new(budget);
            for round in 0..4 {
                believe(&budget, now, &format!("budget of {rate} at {now:?}, round {round}"));
                let _ = budget.enter(1, now.into());
            }
        }
    }
}

#[test]
fn breakers() {
    for open_for in [1, 1_000_000_000, 1 << 62, u64::MAX] {
        for window in [Window::calls(1), Window::time(Nanos::SECOND, 2)] {
            for auto in [false, true] {
                let open_for = OpenFor::fixed(Nanos::new(open_for));
                let policy = BreakerConfig::new(window).min_calls(1).open_for(open_for).auto_half_open(auto);
                let policy = policy.trial_calls(1).build().unwrap();
                for now in LAST.map(Nanos::new) {
                    let what = format!("{window:?} open for {open_for:?} at {now:?}, automatic: {auto}");
                    match window {
                        Window::Calls(_) => {
                            trip(&CountBreaker::<1>::new(policy).unwrap(), now, &what);
                            trip(&TinyBreaker::new(policy).unwrap(), now, &what);
                        }
                        Window::Time { .. } => trip(&TimeBreaker::<2>::new(policy).unwrap(), now, &what),
                    }
                }
            }
        }
    }
}

fn trip(breaker: &impl Gate, now: Nanos, what: &str) {
    let permit = breaker.enter(1, now.into()).unwrap();
    breaker.leave(permit, Outcome::Failure, now.into());
    believe(breaker, now, what);
    // The only trial is out, and lost: so is the lease at the end of time.
    if let Ok(_lost) = breaker.enter(1, Nanos::MAX.into()) {
        believe(breaker, Nanos::MAX, &format!("{what}, a trial lost"));
    }
}

#[test]
fn a_bulkhead_has_no_time_and_a_breaker_opened_for_good_stays() {
    let slots = Bulkhead::new(1).unwrap();
    believe(&slots, Nanos::MAX, "bulkhead");
    let breaker = CountBreaker::<1>::new(BreakerConfig::new(Window::calls(1)).build().unwrap()).unwrap();
    breaker.open_until(Nanos::MAX, Nanos::ZERO).unwrap();
    assert_eq!(breaker.state(Nanos::MAX), State::Open);
    assert_eq!(breaker.enter(Nanos::ZERO).unwrap_err().retry_after, None, "time alone will not help");
}
