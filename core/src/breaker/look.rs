//! Reading a breaker: state, numbers, reasons, the next deadline.

use super::history::{Entry, History};
use super::machine::Breaker;
use super::policy::Policy;
use super::report::{Explanation, Metrics, State};
use super::rules::share;
use super::settings::Settings;
use super::state::StateWord;
use crate::decision::{Reason, Refusal};
use crate::event::Observer;
use crate::time::{At, Nanos};
use core::borrow::Borrow;

impl<H: History, P: Settings, O: Observer> Breaker<H, P, O> {
    /// The state at `at`; what time has made due is carried out first.
    pub fn state(&self, at: impl Into<At>) -> State {
        self.settle_by(self.policy.read().borrow(), at.into()).state()
    }

    /// The numbers at `at`.
    pub fn metrics(&self, at: impl Into<At>) -> Metrics {
        let at = at.into();
        let policy = self.policy.read();
        let policy = policy.borrow();
        let word = self.settle_by(policy, at);
        let entry = Entry { policy, now: at.now.get() };
        let totals = self.history.totals(entry, word.epoch());
        let both =
            if totals.failed != 0 && totals.slow != 0 { self.history.slow_failed(entry, word.epoch()) } else { 0 };
        Metrics {
            state: word.state(),
            generation: word.generation(),
            calls: totals.calls,
            failed: totals.failed,
            slow: totals.slow,
            slow_failed: both,
            attempts: word.attempts(),
        }
    }

    /// Why a call would be refused at `at`, or what tripped the breaker, with the numbers.
    pub fn explain(&self, at: impl Into<At>) -> Explanation {
        let at = at.into();
        let policy = self.policy.read();
        let policy = policy.borrow();
        let metrics = self.metrics(at);
        let word = self.settle_by(policy, at);
        let totals = self.history.totals(Entry { policy, now: at.now.get() }, word.epoch());
        let (met, least) = if word.trial_window() {
            (policy.judge_trials(totals), u32::from(policy.trial_min))
        } else {
            (policy.judge(totals, self.in_a_row_now(word.generation())), policy.min_calls)
        };
        let enough = metrics.calls >= least;
        let rate = |part| if enough { share(part, metrics.calls) } else { None };
        Explanation {
            metrics,
            refusal: self.refusal(policy, word, at),
            rule_met: if enough || !word.trial_window() { met.failure.or(met.slow) } else { None },
            failure_rate: rate(metrics.failed),
            slow_rate: rate(metrics.slow),
            failure_rate_threshold: policy.failure_rate,
            slow_rate_threshold: policy.slow_rate,
            min_calls: least,
            trials_left: if word.is(State::HalfOpen) { word.permits(policy.trial_calls) } else { 0 },
            deadline: self.next_deadline(at),
        }
    }

    /// What `enter` would answer, without taking anything.
    pub(super) fn refusal(&self, policy: &Policy, word: StateWord, at: At) -> Option<Refusal> {
        let wait =
            |end: Option<Nanos>| end.and_then(|end| Self::wait_for(policy, word.state(), end.get(), at.now.get()));
        match word.state() {
            State::Closed | State::Disabled | State::MetricsOnly => None,
            State::ForcedOpen => Some(Refusal::new(Reason::ForcedOpen, None)),
            State::Open => {
                let deadline = self.next_deadline(at);
                if deadline.is_none_or(|end| at.now > end) {
                    return None;
                }
                Some(Refusal::new(Reason::BreakerOpen, wait(deadline)))
            }
            State::HalfOpen if word.permits(policy.trial_calls) > 0 => None,
            State::HalfOpen => Some(Refusal::new(Reason::TrialsTaken, wait(self.next_deadline(at)))),
        }
    }

    /// When something changes by time alone: the end of the open wait, of the stay in half-open, of the trial lease.
    pub fn next_deadline(&self, at: impl Into<At>) -> Option<Nanos> {
        let at = at.into();
        let policy = self.policy.read();
        let policy = policy.borrow();
        // A state that moves under the look is looked at again; after a few rounds there is no single answer.
        for _ in 0..8 {
            let word = self.load();
            match word.state() {
                State::Open => {
                    if let Some(deadline) = self.deadline_of(policy, word, at) {
                        return Some(Nanos::new(deadline));
                    }
                }
                State::HalfOpen => return self.half_open_deadline(policy, word, at).map(Nanos::new),
                _ => return None,
            }
        }
        None
    }
}
