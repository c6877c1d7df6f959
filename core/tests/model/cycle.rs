//! The cycle limiter by the reference's own rules, written down naively in 128 bits.

use super::choices::Choices;
use overcurrent::Nanos;
use overcurrent::limit::{CycleConfig, CycleLimiter, LimitChange};
use std::num::NonZeroU32;

/// Resilience4j 2.4.0's state: a cycle and its balance, as of the last ask.
#[derive(Clone, Debug)]
pub struct Reference {
    pub period: i128,
    pub limit: i128,
    pub cycle: i128,
    pub balance: i128,
}

impl Reference {
    pub fn new(limit: u32, period: u64) -> Self {
        Self { period: period.into(), limit: limit.into(), cycle: 0, balance: limit.into() }
    }
    pub fn refreshed(&self, now: u64) -> (i128, i128) {
        let cycle = i128::from(now) / self.period;
        if cycle == self.cycle {
            return (cycle, self.balance);
        }
        (cycle, (self.balance + (cycle - self.cycle) * self.limit).min(self.limit))
    }
    pub fn wait(&self, n: u32, now: u64) -> i128 {
        let (cycle, balance) = self.refreshed(now);
        let missing = i128::from(n) - balance;
        if missing <= 0 {
            return 0;
        }
        (cycle + (missing + self.limit - 1) / self.limit) * self.period - i128::from(now)
    }
    pub fn ask(&mut self, n: u32, timeout: u64, now: u64) -> Option<i128> {
        let wait = self.wait(n, now);
        (self.cycle, self.balance) = self.refreshed(now);
        let granted = wait <= i128::from(timeout);
        if granted {
            self.balance -= i128::from(n);
        }
        granted.then_some(wait)
    }
    /// Ours: empties what is left, and forgives nothing.
    pub fn drain(&mut self, now: u64) -> u64 {
        (self.cycle, self.balance) = self.refreshed(now);
        let drained = self.balance.max(0);
        self.balance = self.balance.min(0);
        drained as u64
    }
    /// Ours: at once, keeping what is used.
    pub fn set_limit_at_once(&mut self, limit: u32, now: u64) {
        (self.cycle, self.balance) = self.refreshed(now);
        self.balance += i128::from(limit) - self.limit;
        self.limit = limit.into();
    }
}

/// Plays one history to a limiter and the reference. Time goes on only: with clocks that step back the two differ on
/// purpose.
pub fn play(bytes: &[u8]) {
    let mut choices = Choices::of(bytes);
    let limit = choices.within(1, 30);
    let period = u64::from(choices.pick(&[1u32, 2, 7, 1_000, 1_000_003]));
    let timeout = choices.length();
    let config = CycleConfig::new(limit, Nanos::new(period)).timeout(Nanos::new(timeout));
    let limiter = CycleLimiter::new(config.limit_change(LimitChange::AtOnce).build().expect("drawn within the ranges"));
    let mut reference = Reference::new(limit, period);
    let mut now = 0u64;
    while !choices.is_over() {
        let step = choices.length().min(1 << 50);
        now += match choices.byte() % 4 {
            0 => 0,
            1 => (now / period + 1) * period - now,
            2 => step % (3 * period),
            _ => step,
        };
        if now >= 1 << 62 {
            return;
        }
        let at = Nanos::new(now);
        let n = choices.within(0, 40);
        match choices.byte() % 8 {
            0..=2 => {
                let got = limiter.reserve(n, at).ok().map(|promise| i128::from(promise.wait().get()));
                assert_eq!(got, reference.ask(n, timeout, now), "reserve {n} at {now}, {reference:?}");
            }
            3..=5 => {
                let got = limiter.try_acquire(n, at).is_ok();
                assert_eq!(got, reference.ask(n, 0, now).is_some(), "try_acquire {n} at {now}, {reference:?}");
            }
            6 => assert_eq!(limiter.drain(at), reference.drain(now)),
            _ => {
                let limit = NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
                limiter.set_limit(limit, at).expect("nobody else changes it");
                reference.set_limit_at_once(limit.get(), now);
            }
        }
        assert_eq!(i128::from(limiter.balance(at)), reference.refreshed(now).1, "at {now}, {reference:?}");
    }
}
