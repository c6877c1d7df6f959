//! More stays than any tag can count: every window starts empty, and what was left over from an older stay is dropped.
#![cfg(feature = "wide")]

use overcurrent::breaker::{CountHistory, RingWord};
use overcurrent::{
    Breaker, BreakerConfig, CountBreaker, Gate, Nanos, OpenFor, Outcome, Permit, Policy, State, TimeBreaker,
    TinyBreaker, Window,
};

fn policy(window: Window) -> Policy {
    BreakerConfig::new(window)
        .min_calls(2)
        .failure_rate(100_000)
        .open_for(OpenFor::fixed(Nanos::MILLISECOND))
        .trial_calls(2)
        .build()
        .unwrap()
}

/// What the machines have in common beside `Gate`.
trait Breaks: Gate<Permit = Permit> {
    fn state(&self, now: Nanos) -> State;
    fn calls(&self, now: Nanos) -> (u16, u32, u32);
    fn close(&self, now: Nanos);
}

macro_rules! breaks {
    ($([$($generics:tt)*] $machine:ty),+) => {$(
        impl<$($generics)*> Breaks for $machine {
            fn state(&self, now: Nanos) -> State {
                Self::state(self, now)
            }
            fn calls(&self, now: Nanos) -> (u16, u32, u32) {
                let metrics = self.metrics(now);
                (metrics.generation, metrics.calls, metrics.failed)
            }
            fn close(&self, now: Nanos) {
                Self::close(self, now);
            }
        }
    )+};
}
breaks!([const N: usize] CountBreaker<N>, [const N: usize] TimeBreaker<N>, [] TinyBreaker, [] Breaker<CountHistory<Box<[RingWord]>>>);

/// Through closed, open, half-open and closed again, `rounds` times. A few stays get no call at all, so that cells are
/// left behind by many generations.
fn run(breaker: &impl Breaks, rounds: u64, generations: u64) {
    let mut now = Nanos::from_secs(5);
    let tick = Nanos::from_micros(10);
    let mut old: Vec<(u64, Permit)> = Vec::new();
    let mut stays = 0_u64;
    let call = |outcome, now: Nanos| breaker.leave(breaker.enter(1, now.into()).unwrap(), outcome, now.into());
    for round in 0..rounds {
        now = now + tick;
        // A permit that is kept for long, and comes back when it can only do harm.
        if round % 97 == 0 && old.len() < 600 {
            old.push((stays, breaker.enter(1, now.into()).unwrap()));
        }
        if round % 13 < 5 {
            call(Outcome::Success, now);
            breaker.close(now);
            stays += 1;
            assert_eq!((breaker.calls(now).1, breaker.calls(now).2), (0, 0), "round {round}: closed by hand");
            continue;
        }
        call(Outcome::Failure, now);
        assert_eq!((breaker.calls(now).1, breaker.calls(now).2), (1, 1), "round {round}: one failure");
        call(Outcome::Failure, now);
        assert_eq!(breaker.state(now), State::Open, "round {round}: two of two failed");
        now = now + Nanos::from_millis(2);
        for (of, permit) in old.drain(..) {
            if (stays - of) % generations != 0 {
                breaker.leave(permit, Outcome::Failure, now.into());
            } else {
                breaker.cancel(permit);
            }
        }
        call(Outcome::Success, now);
        stays += 1;
        assert_eq!((breaker.state(now), breaker.calls(now).1), (State::HalfOpen, 1), "round {round}: one trial");
        call(Outcome::Success, now);
        stays += 1;
        assert_eq!(breaker.state(now), State::Closed, "round {round}: both trials worked");
        assert_eq!((breaker.calls(now).1, breaker.calls(now).2), (0, 0), "round {round}: closed by its trials");
    }
    assert!(stays > 2 * generations, "{stays} stays");
}

#[test]
fn a_ring_of_a_few_calls() {
    run(&CountBreaker::<1>::new(policy(Window::calls(10))).unwrap(), 110_000, 1 << 16);
}

#[test]
fn a_ring_that_counts_generations_in_ten_bits() {
    let ring: Box<[RingWord]> = std::iter::repeat_with(RingWord::new).take(2_048).collect();
    let breaker = Breaker::over(policy(Window::calls(32_767)), CountHistory::over(ring), ()).unwrap();
    run(&breaker, 110_000, 1 << 16);
}

#[test]
fn slices_of_time() {
    run(&TimeBreaker::<3>::new(policy(Window::time(Nanos::from_secs(3), 3))).unwrap(), 110_000, 1 << 16);
}

#[test]
fn one_word() {
    run(&TinyBreaker::new(policy(Window::calls(24))).unwrap(), 20_000, 1 << 8);
}

/// A permit that sleeps through so many stays that its tag comes round, in every machine but the one it fits.
#[test]
fn a_result_may_be_as_old_as_it_likes() {
    let breaker = TimeBreaker::<3>::new(policy(Window::time(Nanos::from_secs(3), 3))).unwrap();
    let now = Nanos::SECOND;
    for stays in [1, 255, 256, 511, 512, 513, 1_023, 1_024, 1_025, 4_096, 8_192, 65_535] {
        let permit = breaker.enter(now).unwrap();
        (0..stays).for_each(|_| breaker.close(now));
        breaker.leave(permit, Outcome::Failure, now);
        assert_eq!(breaker.metrics(now).calls, 0, "{stays} stays later");
    }
}
