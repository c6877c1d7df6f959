//! The machines of 32 bits: what each must answer, across the wrap of the tick counter.

use firmware::{built, check};
use overcurrent::breaker::SKEW;
use overcurrent::limit::{Gcra32, Quota32};
use overcurrent::{Bulkhead32, Outcome, Reason, State, TinyBreaker32, TinyConfig32, TinyPolicy32};

pub fn checks() {
    limiter();
    limiter_across_the_wrap();
    breaker_cycle(0);
    breaker_cycle(u32::MAX - 1_200); // opens before the wrap, half-open after it
    breaker_stragglers_and_lost_trials();
    bulkhead();
}

const TEN_A_SECOND: Quota32 = built!(Quota32::new(10, 1_000, 5));

fn limiter() {
    static LIMITER: Gcra32 = Gcra32::new(TEN_A_SECOND);
    for _ in 0..5 {
        check!(LIMITER.try_acquire(1, 7).is_ok());
    }
    check!(matches!(LIMITER.try_acquire(1, 7), Err(denied) if denied.retry_after() == Some(100)));
    check!(LIMITER.try_acquire(1, 107).is_ok());
    check!(matches!(LIMITER.try_acquire(6, 107), Err(denied) if denied.reason() == Reason::CostExceedsBurst));
    // A handler read the clock later but came first: the older reading gets nothing of it.
    check!(LIMITER.try_acquire(5, 10_000).is_ok());
    check!(
        LIMITER.try_acquire(1, 9_990).is_err()
            && LIMITER.try_acquire(1, 10_000u32.wrapping_sub(Quota32::SKEW)).is_err()
    );
    check!(LIMITER.peek(1, 10_250).remaining == 2);
    LIMITER.reset();
    check!(LIMITER.try_acquire(5, 10_000).is_ok());

    static PATIENT: Gcra32 = Gcra32::new(built!(built!(Quota32::new(10, 1_000, 1)).max_wait(150)));
    check!(PATIENT.try_acquire(1, 50).is_ok());
    let promised = PATIENT.reserve(1, 1_000, 50);
    check!(matches!(&promised, Ok(promise) if promise.wait() == 100));
    check!(PATIENT.reserve(1, 1_000, 50).is_err());
    check!(promised.is_ok_and(|promise| PATIENT.cancel(promise)));
}

fn limiter_across_the_wrap() {
    static LIMITER: Gcra32 = Gcra32::new(TEN_A_SECOND);
    let mut now = u32::MAX - 2_500;
    LIMITER.drain(now);
    for _ in 0..50 {
        check!(matches!(LIMITER.try_acquire(1, now), Err(denied) if denied.retry_after() == Some(100)));
        now = now.wrapping_add(100);
        check!(LIMITER.try_acquire(1, now).is_ok());
    }
    // Never used, at a counter about to wrap: the whole burst is there.
    static FRESH: Gcra32 = Gcra32::new(TEN_A_SECOND);
    check!(FRESH.try_acquire(5, u32::MAX).is_ok() && FRESH.try_acquire(1, u32::MAX).is_err());
}

static TRIP: TinyPolicy32 = built!(TinyConfig32::new(10, 1_000).min_calls(5).build());

fn breaker_cycle(start: u32) {
    let at = |ticks: u32| start.wrapping_add(ticks);
    let breaker = TinyBreaker32::new();
    let call = |outcome, ticks| match breaker.enter(&TRIP, at(ticks)) {
        Ok(permit) => {
            breaker.leave(&TRIP, permit, outcome, at(ticks));
            true
        }
        Err(_) => false,
    };
    for ticks in 0..2 {
        check!(call(Outcome::Failure, ticks) && call(Outcome::Success, ticks));
    }
    check!(breaker.state() == State::Closed && call(Outcome::Failure, 2)); // the fifth call
    check!(breaker.state() == State::Open && breaker.next_deadline(&TRIP, at(2)) == Some(1_000));
    check!(matches!(breaker.enter(&TRIP, at(1_002)), Err(no) if no.retry_after() == Some(1)));
    let trials = [breaker.enter(&TRIP, at(1_003)), breaker.enter(&TRIP, at(1_003)), breaker.enter(&TRIP, at(1_003))];
    check!(matches!(breaker.enter(&TRIP, at(1_003)), Err(no) if no.reason() == Reason::TrialsTaken));
    for trial in trials {
        match trial {
            Ok(permit) => breaker.leave(&TRIP, permit, Outcome::Failure, at(1_010)),
            Err(_) => check!(false),
        }
    }
    check!(breaker.state() == State::Open);
    for _ in 0..3 {
        check!(breaker.state() != State::Closed);
        check!(call(Outcome::Success, 2_011));
    }
    check!(breaker.state() == State::Closed && breaker.metrics().calls == 0);
    breaker.force_open();
    check!(!call(Outcome::Success, 9_000));
    breaker.disable();
    check!(call(Outcome::Failure, 9_000));
    breaker.reset();
    check!(breaker.state() == State::Closed);
}

fn breaker_stragglers_and_lost_trials() {
    static BREAKER: TinyBreaker32 = TinyBreaker32::new();
    static ONE: TinyPolicy32 = built!(TinyConfig32::new(4, 1_000).trial_calls(1).lease(500).build());
    let Ok(straggler) = BREAKER.enter(&ONE, 5) else { return check!(false) };
    BREAKER.open(&ONE, 5);
    // The clock of the code that was interrupted is older than that of the handler which opened it.
    check!(BREAKER.enter(&ONE, 4).is_err() && BREAKER.enter(&ONE, 5u32.wrapping_sub(SKEW)).is_err());
    check!(BREAKER.enter(&ONE, 1_006).is_ok());
    BREAKER.leave(&ONE, straggler, Outcome::Success, 1_007);
    check!(BREAKER.state() == State::HalfOpen);
    // Its only trial is lost: the lease decides.
    check!(BREAKER.enter(&ONE, 1_500).is_err());
    check!(matches!(BREAKER.enter(&ONE, 1_600), Err(no) if no.reason() == Reason::BreakerOpen));
    let Ok(trial) = BREAKER.enter(&ONE, 2_700) else { return check!(false) };
    BREAKER.cancel(&ONE, trial);
    check!(BREAKER.enter(&ONE, 2_701).is_ok());
}

fn bulkhead() {
    static BULKHEAD: Bulkhead32 = built!(Bulkhead32::new(2));
    check!(BULKHEAD.try_enter() && BULKHEAD.try_enter() && !BULKHEAD.try_enter());
    check!(BULKHEAD.resize(1).is_ok() && BULKHEAD.in_flight() == 2 && BULKHEAD.release().is_ok());
    check!(!BULKHEAD.try_enter() && BULKHEAD.release().is_ok());
    check!(BULKHEAD.release().is_err() && BULKHEAD.try_enter());
}
