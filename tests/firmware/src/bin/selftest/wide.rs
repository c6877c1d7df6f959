//! The machines of 64 bits, whose words go through the critical section on these cores.

use firmware::{built, check};
use overcurrent::{
    BreakerConfig, Bulkhead, CountBreaker, Gate, Gcra, Nanos, OpenFor, Outcome, Policy, Rate, Reason, State, Ticks,
    TimeBreaker, TinyBreaker, TinyPolicy, Window,
};

pub fn checks() {
    limiter();
    count_breaker();
    time_breaker();
    tiny_breaker();
    pipeline();
    wrapping_clock();
}

const fn ms(n: u64) -> Nanos {
    Nanos::from_millis(n)
}

fn limiter() {
    static LIMITER: Gcra = Gcra::new(built!(Rate::new(10, Nanos::SECOND).burst(5).build()));
    for _ in 0..5 {
        check!(LIMITER.try_acquire(1, ms(7)).is_ok());
    }
    check!(matches!(LIMITER.try_acquire(1, ms(7)), Err(denied) if denied.retry_after() == Some(ms(100))));
    check!(LIMITER.try_acquire(1, ms(6)).is_err());
    check!(LIMITER.try_acquire(1, ms(107)).is_ok());
    check!(LIMITER.acquire_up_to(9, ms(400)) == 2);
}

const fn policy(window: Window) -> Policy {
    let config = BreakerConfig::new(window).min_calls(4).trial_calls(2).open_for(OpenFor::fixed(Nanos::SECOND));
    built!(config.build())
}

/// Closed, open, half-open, open again, half-open, closed. A macro: breakers share names, not a trait.
macro_rules! cycle {
    ($breaker:expr, $late:expr) => {{
        let call = |outcome, at: Nanos| match $breaker.enter(at) {
            Ok(permit) => {
                $breaker.leave(permit, outcome, at);
                true
            }
            Err(_) => false,
        };
        for n in 0..2 {
            check!(call(Outcome::Success, ms(n)) && call(Outcome::Failure, ms(n)));
        }
        check!($breaker.state(ms(2)) == State::Open);
        check!(matches!($breaker.enter(ms(3)), Err(no) if no.reason == Reason::BreakerOpen && no.retry_after.is_some()));
        let at = ms(1_002) + $late;
        check!(call(Outcome::Failure, at) && call(Outcome::Failure, at));
        check!($breaker.state(at) == State::Open && !call(Outcome::Success, at));
        let at = ms(2_003) + $late + $late;
        let trials = ($breaker.enter(at), $breaker.enter(at));
        check!(matches!($breaker.enter(at), Err(no) if no.reason == Reason::TrialsTaken));
        match trials {
            (Ok(one), Ok(two)) => {
                $breaker.leave(one, Outcome::Success, at);
                $breaker.leave(two, Outcome::Success, at);
            }
            _ => check!(false),
        }
        check!($breaker.state(at) == State::Closed && $breaker.metrics(at).calls == 0);
    }};
}

fn count_breaker() {
    static BREAKER: CountBreaker<1> = built!(CountBreaker::new(policy(Window::calls(8))));
    cycle!(BREAKER, Nanos::ZERO);
}

fn time_breaker() {
    static BREAKER: TimeBreaker<4> = built!(TimeBreaker::new(policy(Window::time(Nanos::from_secs(4), 4))));
    cycle!(BREAKER, Nanos::ZERO);
}

fn tiny_breaker() {
    static BREAKER: TinyBreaker = TinyBreaker::with_policy(built!(TinyPolicy::new(policy(Window::calls(8)))));
    // Its waits are rounded up to units of 65,536 ns.
    cycle!(BREAKER, Nanos::new(65_536));
}

fn pipeline() {
    static BULKHEAD: Bulkhead = built!(Bulkhead::new(1));
    static LIMITER: Gcra = Gcra::new(built!(Rate::new(2, Nanos::SECOND).build()));
    let gates = (&BULKHEAD, &LIMITER);
    let Ok(permit) = gates.enter(1, ms(5).into()) else { return check!(false) };
    check!(gates.enter(1, ms(5).into()).is_err() && LIMITER.peek(1, ms(5)).remaining == 1);
    gates.leave(permit, Outcome::Success, ms(6).into());
    check!(BULKHEAD.in_flight() == 0);
}

fn wrapping_clock() {
    let mut clock = Ticks::new(Nanos::MILLISECOND);
    let before = clock.now(u32::MAX - 4);
    let after = clock.now(5);
    check!(after - before == ms(10));
}
