//! The pure steps of a tiny breaker: word and event in, word and answer out. No loop, no memory access.

use super::deadline::{Trial, from_units, to_turn, to_units, trial, wait_until_over};
use super::policy::TinyPolicy;
use super::word::{TOLD_FAILURE, TOLD_SLOW, Word};
use crate::breaker::policy::TrialTimeout;
use crate::breaker::report::{NotAllowed, State};
use crate::breaker::rules::Met;
use crate::breaker::window::{Mark, Totals};
use crate::decision::{Reason, Refusal};
use crate::time::{At, Nanos};

/// A word to publish, the rules to tell of, and the instant at which it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) word: Word,
    pub(super) met: Met,
    pub(super) as_of: Nanos,
}

/// How an open state asked for by hand ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    /// After the policy's own wait, as one more attempt.
    Policy,
    /// After that long; the attempts stay.
    For(Nanos),
    /// At that time; the attempts stay.
    Time(Nanos),
}

const NOTHING: Met = Met { failure: None, slow: None };

impl TinyPolicy {
    /// OPEN from `word`, as of `at`.
    pub(super) const fn opened(&self, word: Word, until: Until, at: At) -> Word {
        let (attempts, deadline) = match until {
            Until::Policy => {
                let attempts = word.attempts().saturating_add(1);
                (attempts, at.now.saturating_add(self.policy.open_wait(attempts as u32, at)))
            }
            Until::For(wait) => (word.attempts(), at.now.saturating_add(wait)),
            Until::Time(time) => (word.attempts(), time),
        };
        word.to_open(attempts, to_units(deadline.get()))
    }

    /// OPEN from a closed word, or from an open one that would be over earlier.
    pub(super) const fn held_open(&self, word: Word, until: Until, at: At) -> Option<Word> {
        let next = self.opened(word, until, at);
        match word.state() {
            State::Closed => Some(next),
            State::Open if word.open_units() < next.open_units() => Some(next),
            _ => None,
        }
    }

    /// Where a transition by hand leads.
    pub(super) const fn by_hand(&self, word: Word, to: State, until: Until, at: At) -> Result<Word, NotAllowed> {
        let from = word.state();
        Ok(match (from, to) {
            (State::Closed, State::HalfOpen) | (State::MetricsOnly, State::Open | State::HalfOpen) => {
                return Err(NotAllowed { from, to });
            }
            (_, State::Open) => self.opened(word, until, at),
            (_, State::HalfOpen) => self.half_opened(word, at.now),
            (_, State::ForcedOpen) => word.to_forced_open(),
            (_, State::Closed) => word.to_closed(),
            (_, State::Disabled) => word.to_disabled(),
            (_, State::MetricsOnly) => word.to_metrics_only(),
        })
    }

    pub(super) const fn half_opened(&self, word: Word, now: Nanos) -> Word {
        let units = match self.policy.trial_timeout {
            TrialTimeout::Stay { stay, .. } => to_turn(now.saturating_add(stay).get()),
            TrialTimeout::Lease(_) | TrialTimeout::Never => 0,
        };
        word.to_half_open(self.policy.trial_calls, units)
    }

    /// One trial permit less; the last one starts the lease.
    const fn permit_taken(&self, word: Word, now: Nanos) -> Word {
        let taken = word.with_left(word.left().saturating_sub(1));
        match self.policy.trial_timeout {
            TrialTimeout::Lease(lease) if taken.left() == 0 => {
                taken.with_trial_units(to_turn(now.saturating_add(lease).get()))
            }
            _ => taken,
        }
    }

    /// A permit of this generation given back without a result: never more than were handed out and not reported.
    pub(super) const fn permit_back(&self, word: Word) -> Word {
        let back = word.left().wrapping_add(1);
        if back.saturating_add(word.done()) <= self.policy.trial_calls { word.with_left(back) } else { word }
    }

    /// The half-open deadline, if one runs.
    const fn trial_deadline(&self, word: Word, now: u64) -> Option<Trial> {
        match self.policy.trial_timeout {
            TrialTimeout::Lease(lease) if word.left() == 0 => Some(trial(word.trial_units(), lease.get(), now, false)),
            TrialTimeout::Stay { stay, .. } => Some(trial(word.trial_units(), stay.get(), now, true)),
            _ => None,
        }
    }

    /// When this state would change by time alone.
    pub(super) const fn deadline(&self, word: Word, now: u64) -> Option<u64> {
        match word.state() {
            State::Open => Some(from_units(word.open_units())),
            State::HalfOpen => match self.trial_deadline(word, now) {
                Some(Trial::Ahead(at) | Trial::Past(at)) => Some(at),
                None => None,
            },
            _ => None,
        }
    }

    /// The verdict on the trials; those without a result count as failed when `missing` says so.
    const fn decided(&self, word: Word, missing: bool, at: At) -> Moved {
        let totals = self.trial_totals(word, missing);
        let next = if self.policy.judge_trials(totals).any() {
            self.opened(word, Until::Policy, at)
        } else {
            word.to_closed()
        };
        // A half-open verdict is told as a transition only, like the reference's.
        Moved { word: next, met: NOTHING, as_of: at.now }
    }

    const fn trial_totals(&self, word: Word, missing: bool) -> Totals {
        let (failed, slow) = word.trial_bad();
        let calls = word.done() as u32;
        let lost = if missing { (self.policy.trial_calls as u32).saturating_sub(calls) } else { 0 };
        Totals { calls: calls.saturating_add(lost), failed: failed.saturating_add(lost), slow }
    }

    /// What the window or the trials say now.
    pub(super) const fn totals(&self, word: Word) -> Totals {
        if word.has_window() {
            let (failed, slow) = word.bad();
            Totals { calls: word.fill(), failed, slow }
        } else if matches!(word.state(), State::HalfOpen) {
            self.trial_totals(word, false)
        } else {
            Totals { calls: 0, failed: 0, slow: 0 }
        }
    }

    /// The rules that a word's contents meet.
    pub(super) const fn met(&self, word: Word) -> Met {
        if word.has_window() {
            if word.spotless() { NOTHING } else { self.policy.judge(self.totals(word), word.in_a_row()) }
        } else if matches!(word.state(), State::HalfOpen) {
            self.policy.judge_trials(self.totals(word))
        } else {
            NOTHING
        }
    }

    /// What the contents of the word alone make due: a trip, something to tell, a verdict on the trials.
    pub(super) const fn judged(&self, word: Word, at: At) -> Option<Moved> {
        if word.has_window() {
            let mut met = self.met(word);
            if !met.any() {
                return None;
            }
            if word.is_closed() {
                return Some(Moved { word: self.opened(word, Until::Policy, at), met, as_of: at.now });
            }
            let mut tell = 0;
            if met.failure.is_some() {
                tell |= TOLD_FAILURE;
            }
            if met.slow.is_some() {
                tell |= TOLD_SLOW;
            }
            let told = word.told();
            if told & TOLD_FAILURE != 0 {
                met.failure = None;
            }
            if told & TOLD_SLOW != 0 {
                met.slow = None;
            }
            return if met.any() { Some(Moved { word: word.with_told(tell), met, as_of: at.now }) } else { None };
        }
        if matches!(word.state(), State::HalfOpen) && word.done() >= self.policy.trial_min {
            return Some(self.decided(word, false, at));
        }
        None
    }

    /// What time makes due, dated to its own deadline; to `at` when `redate` says so, which ends any chain.
    pub(super) const fn due(&self, word: Word, at: At, redate: bool) -> Option<Moved> {
        match word.state() {
            State::Open if self.policy.auto_half_open => {
                let deadline = from_units(word.open_units());
                if at.now.get() < deadline || deadline == u64::MAX {
                    return None;
                }
                let as_of = if redate { at.now } else { Nanos::new(deadline) };
                Some(Moved { word: self.half_opened(word, as_of), met: NOTHING, as_of })
            }
            State::HalfOpen => {
                if word.done() >= self.policy.trial_min {
                    return Some(self.decided(word, false, at));
                }
                let Some(Trial::Past(deadline)) = self.trial_deadline(word, at.now.get()) else {
                    return None;
                };
                let as_of = At { now: if redate { at.now } else { Nanos::new(deadline) }, random: at.random };
                match self.policy.trial_timeout {
                    // `TinyPolicy` takes only stays that end in open.
                    TrialTimeout::Stay { .. } => {
                        Some(Moved { word: self.opened(word, Until::Policy, as_of), met: NOTHING, as_of: as_of.now })
                    }
                    _ => Some(self.decided(word, true, as_of)),
                }
            }
            _ => None,
        }
    }

    /// What `enter` answers, given that nothing is due any more; `None`: yes.
    pub(super) const fn refusal(&self, word: Word, now: Nanos) -> Option<Refusal> {
        let reason = match word.state() {
            State::Closed | State::Disabled | State::MetricsOnly => return None,
            State::ForcedOpen => return Some(Refusal::new(Reason::ForcedOpen, None)),
            State::Open if now.get() > from_units(word.open_units()) => return None,
            State::Open => Reason::BreakerOpen,
            State::HalfOpen if word.left() != 0 => return None,
            State::HalfOpen => Reason::TrialsTaken,
        };
        let wait = match self.deadline(word, now.get()) {
            Some(end) => {
                // A longest stay, and an open wait without a call, are over at their end; the others only after it.
                let at_its_end = match word.state() {
                    State::Open => self.policy.auto_half_open,
                    _ => matches!(self.policy.trial_timeout, TrialTimeout::Stay { .. }),
                };
                wait_until_over(end, at_its_end, now)
            }
            None => None,
        };
        Some(Refusal::new(reason, wait))
    }

    /// The word with a trial permit taken, of a state that gives one: half-open, or open and over.
    pub(super) const fn trial_taken(&self, word: Word, now: Nanos) -> Word {
        let word = if matches!(word.state(), State::Open) { self.half_opened(word, now) } else { word };
        self.permit_taken(word, now)
    }

    /// A word with one outcome more, not yet judged; `None` where nothing is recorded or nothing would change.
    #[inline]
    pub(super) const fn recorded(&self, word: Word, mark: Mark) -> Option<Word> {
        if word.has_window() {
            if word.spotless() && !mark.failed && !mark.slow {
                return self.one_more(word);
            }
            return Some(word.pushed(mark.failed, mark.slow, self.window));
        }
        if matches!(word.state(), State::HalfOpen) && word.done() < self.policy.trial_min {
            return Some(word.trial_result(mark.failed, mark.slow));
        }
        None
    }

    /// A good call in a window without a bad one: nothing to judge, as every threshold is above zero. In a full window
    /// it changes no bit.
    #[inline]
    pub(super) const fn one_more(&self, word: Word) -> Option<Word> {
        if word.fill() >= self.window { None } else { Some(word.one_more()) }
    }
}
