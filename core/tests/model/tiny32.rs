//! The breaker in 32 bits against a naive one on ticks that do not wrap.

use super::choices::Choices;
use overcurrent::breaker::SKEW;
use overcurrent::{Outcome, Permit32, Reason, State, TinyBreaker32, TinyConfig32};
use std::collections::VecDeque;

/// The low half: what a chip's counter shows.
pub fn counter(ticks: u64) -> u32 {
    (ticks & 0xffff_ffff) as u32
}

#[derive(Debug)]
pub enum Naive {
    Closed(VecDeque<bool>),
    Open(u64),
    HalfOpen { out: usize, results: Vec<bool>, lease: u64 },
    Switched(bool),
}

pub struct Model {
    pub window: usize,
    pub min_calls: usize,
    pub rate: u64,
    pub count: usize,
    pub in_a_row: usize,
    pub wait: u64,
    pub trials: usize,
    pub lease: u64,
    pub now: Naive,
    pub stay: usize,
}

impl Model {
    pub fn go(&mut self, to: Naive) {
        if !matches!(to, Naive::Open(_)) {
            self.stay += 1;
        }
        self.now = to;
    }

    fn verdict(&mut self, now: u64) {
        let Naive::HalfOpen { results, .. } = &self.now else { unreachable!() };
        let failed = self.trials - results.iter().filter(|failed| !**failed).count();
        if failed as u64 * 100_000 >= self.rate * self.trials as u64 {
            self.go(Naive::Open(now + self.wait));
        } else {
            self.go(Naive::Closed(VecDeque::new()));
        }
    }

    pub fn enter(&mut self, now: u64) -> bool {
        match &mut self.now {
            Naive::Closed(_) => true,
            Naive::Switched(forced) => !*forced,
            Naive::Open(end) if now <= *end => false,
            Naive::Open(_) => {
                self.go(Naive::HalfOpen { out: 0, results: Vec::new(), lease: 0 });
                self.enter(now)
            }
            Naive::HalfOpen { out, results, lease } => {
                if *out + results.len() < self.trials {
                    *out += 1;
                    *lease = (now + self.lease) / 64 + 1;
                    return true;
                }
                if self.lease == 0 || now / 64 < *lease {
                    return false;
                }
                self.verdict(now);
                self.enter(now)
            }
        }
    }

    pub fn leave(&mut self, stay: usize, failed: bool, now: u64) {
        if stay != self.stay {
            return;
        }
        match &mut self.now {
            Naive::Closed(window) => {
                window.push_back(failed);
                if window.len() > self.window {
                    window.pop_front();
                }
                let calls = window.len();
                let bad = window.iter().filter(|failed| **failed).count();
                let row = window.iter().rev().take_while(|failed| **failed).count();
                if bad != 0
                    && (calls >= self.min_calls && bad as u64 * 100_000 >= self.rate * calls as u64
                        || self.count != 0 && bad >= self.count
                        || self.in_a_row != 0 && row >= self.in_a_row)
                {
                    self.go(Naive::Open(now + self.wait));
                }
            }
            Naive::HalfOpen { out, results, .. } => {
                *out -= 1;
                results.push(failed);
                if results.len() == self.trials {
                    self.verdict(now);
                }
            }
            _ => {}
        }
    }

    /// A call that ended without a verdict.
    pub fn cancel(&mut self, stay: usize) {
        match &mut self.now {
            Naive::HalfOpen { out, .. } if stay == self.stay => *out -= 1,
            _ => {}
        }
    }

    pub fn seen(&self) -> (State, usize, usize) {
        match &self.now {
            Naive::Closed(w) => (State::Closed, w.len(), w.iter().filter(|failed| **failed).count()),
            Naive::Open(_) => (State::Open, 0, 0),
            Naive::HalfOpen { results, .. } => {
                (State::HalfOpen, results.len(), results.iter().filter(|failed| **failed).count())
            }
            Naive::Switched(forced) => (if *forced { State::ForcedOpen } else { State::Disabled }, 0, 0),
        }
    }
}

/// A result is mistaken for a current one after this many generations, as documented: none as old is reported.
const GENERATIONS: usize = 64;

/// Plays one history, around a wrap of the counter often, with callers up to the skew behind the newest.
pub fn play(bytes: &[u8]) {
    let mut choices = Choices::of(bytes);
    let window = choices.within(1, 19);
    let wait = choices.pick(&[1, 5, 1_000, 99_999]);
    let min_calls = choices.within(1, window);
    let failure_rate = choices.pick(&[1, 33_333, 50_000, 66_667, 100_000]);
    let failure_count = choices.pick(&[0, 0, 1, window]);
    let in_a_row = choices.pick(&[0, 0, 1, window.min(3)]);
    let trials = choices.within(1, 15);
    let lease = choices.pick(&[0, 1, 64, 5_000, 60_000]);
    let config = TinyConfig32::new(window, wait)
        .min_calls(min_calls)
        .failure_rate(failure_rate)
        .failure_count(failure_count)
        .consecutive_failures(in_a_row)
        .trial_calls(trials)
        .lease(lease);
    let policy = config.build().expect("drawn within the ranges");
    let breaker = TinyBreaker32::new();
    let mut model = Model {
        window: window as usize,
        min_calls: min_calls as usize,
        rate: failure_rate.into(),
        count: failure_count as usize,
        in_a_row: in_a_row as usize,
        wait: wait.into(),
        trials: trials as usize,
        lease: lease.into(),
        now: Naive::Closed(VecDeque::new()),
        stay: 0,
    };
    let mut newest = (1 << 32) + choices.pick(&[0, 1 << 20, (1 << 32) - 1_000, (1 << 32) - 1_000_000]);
    let mut held: Vec<(Permit32, usize)> = Vec::new();
    while !choices.is_over() {
        let pass = choices.length() % 60_000;
        let how = choices.byte();
        let now = newest - if how & 3 == 0 { pass % (u64::from(SKEW) + 1) } else { 0 };
        let tick = counter(now);
        match choices.byte() % 16 {
            0..=6 => {
                // A breaker over an outage looks at the time only when it is asked.
                newest += if how & 4 == 0 { pass } else { 0 };
                let now = newest - if how & 3 == 0 { pass % (u64::from(SKEW) + 1) } else { 0 };
                let answer = breaker.enter(&policy, counter(now));
                assert_eq!(answer.is_ok(), model.enter(now), "enter at {now}, {:?}", model.now);
                match answer {
                    Ok(permit) => held.push((permit, model.stay)),
                    Err(no) => {
                        let expected = match model.now {
                            Naive::Open(end) => (Reason::BreakerOpen, Some(end - now + 1)),
                            Naive::HalfOpen { .. } => (Reason::TrialsTaken, None),
                            _ => (Reason::ForcedOpen, None),
                        };
                        assert_eq!((no.reason(), no.retry_after().map(u64::from)), expected, "at {now}");
                    }
                }
            }
            7..=12 => {
                if let Some((permit, stay)) = choices.take(&mut held) {
                    let outcome =
                        choices.pick(&[Outcome::Success, Outcome::Failure, Outcome::Failure, Outcome::Ignored]);
                    if model.stay - stay < GENERATIONS {
                        breaker.leave(&policy, permit, outcome, tick);
                        match outcome {
                            Outcome::Ignored => model.cancel(stay),
                            _ => model.leave(stay, outcome == Outcome::Failure, now),
                        }
                    }
                }
            }
            13 => {
                if let Some((permit, stay)) = choices.take(&mut held) {
                    if model.stay - stay < GENERATIONS {
                        breaker.cancel(&policy, permit);
                        model.cancel(stay);
                    }
                }
            }
            14 => {
                breaker.open(&policy, tick);
                model.go(Naive::Open(now + u64::from(wait)));
            }
            _ => match choices.byte() % 3 {
                0 => {
                    breaker.reset();
                    model.go(Naive::Closed(VecDeque::new()));
                }
                1 => {
                    breaker.force_open();
                    model.go(Naive::Switched(true));
                }
                _ => {
                    breaker.disable();
                    model.go(Naive::Switched(false));
                }
            },
        }
        let metrics = breaker.metrics();
        assert_eq!((metrics.state, metrics.calls as usize, metrics.failed as usize), model.seen(), "at {now}");
        assert_eq!(usize::from(metrics.generation), model.stay % GENERATIONS);
    }
}
