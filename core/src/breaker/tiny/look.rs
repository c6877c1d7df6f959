//! Reading a tiny breaker: state, numbers, reasons, the next deadline.

use super::machine::{TinyBreaker, TinyWord};
use super::policy::TinyPolicy;
use super::word::Word;
use crate::breaker::report::{Explanation, Metrics, State};
use crate::breaker::rules::share;
use crate::event::Observer;
use crate::time::{At, Nanos};
use core::borrow::Borrow;

impl<O: Observer, W: Borrow<TinyWord>, P: Borrow<TinyPolicy>> TinyBreaker<O, W, P> {
    /// The state at `at`; what time has made due is carried out first.
    pub fn state(&self, at: impl Into<At>) -> State {
        self.settle_by(self.load(), at.into()).state()
    }

    /// The numbers at `at`. While OPEN there are no counts.
    pub fn metrics(&self, at: impl Into<At>) -> Metrics {
        self.policy().metrics(self.settle_by(self.load(), at.into()))
    }

    /// Why a call would be refused at `at`, with the numbers. While OPEN there are no counts; the trip event has them.
    pub fn explain(&self, at: impl Into<At>) -> Explanation {
        let at = at.into();
        self.policy().explain(self.settle_by(self.load(), at), at.now)
    }

    /// When something changes by time alone: the end of the open wait, of the stay in half-open, of the trial lease.
    pub fn next_deadline(&self, at: impl Into<At>) -> Option<Nanos> {
        self.policy().deadline(self.load(), at.into().now.get()).map(Nanos::new)
    }
}

impl TinyPolicy {
    const fn metrics(&self, word: Word) -> Metrics {
        let totals = self.totals(word);
        Metrics {
            state: word.state(),
            generation: word.generation(),
            calls: totals.calls,
            failed: totals.failed,
            slow: totals.slow,
            slow_failed: if word.has_window() { word.slow_failed() } else { 0 },
            attempts: word.attempts(),
        }
    }

    fn explain(&self, word: Word, now: Nanos) -> Explanation {
        let metrics = self.metrics(word);
        let trial = word.state() == State::HalfOpen;
        let least = if trial { u32::from(self.policy.trial_min) } else { self.policy.min_calls };
        let enough = metrics.calls >= least;
        let rate = |part| if enough { share(part, metrics.calls) } else { None };
        let met = self.met(word);
        Explanation {
            metrics,
            refusal: self.refusal(word, now),
            rule_met: if enough || !trial { met.failure.or(met.slow) } else { None },
            failure_rate: rate(metrics.failed),
            slow_rate: rate(metrics.slow),
            failure_rate_threshold: self.policy.failure_rate,
            slow_rate_threshold: self.policy.slow_rate,
            min_calls: least,
            trials_left: if trial { word.left() } else { 0 },
            deadline: self.deadline(word, now.get()).map(Nanos::new),
        }
    }
}
