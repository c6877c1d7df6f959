//! Deadlines: stamped after the state is published, by anybody, and carried out by whoever comes next.

use super::history::{Entry, History};
use super::machine::{Breaker, half_open, wait_until_over};
use super::policy::{HalfOpenEnd, Policy, TrialTimeout};
use super::report::State;
use super::rules::Met;
use super::settings::Settings;
use super::state::{StateWord, TOLD_FAILURE, TOLD_SLOW};
use super::window::{Epoch, Totals};
use crate::event::{EventKind, Observer};
use crate::sync::{AcqRel, Acquire, mutated, unless_mutated};
use crate::sync::{Relaxed, Release};
use crate::time::{At, Nanos};
use core::borrow::Borrow;

/// A chain of due transitions (open, half-open, open again, ...) is replayed one by one up to this length; what is
/// still due then is taken as due now. Only an automatic breaker with a longest stay, left alone, gets there.
const LONGEST_REPLAY: u32 = 64;

impl StateWord {
    pub(super) const fn epoch(self) -> Epoch {
        Epoch { generation: self.generation(), trial: self.trial_window() }
    }
}

impl<H: History, P: Settings, O: Observer> Breaker<H, P, O> {
    /// Moves the state from `from` to `to`, stamps its deadline and starts its window. `false`: somebody else moved.
    pub(super) fn publish(&self, policy: &Policy, from: StateWord, to: StateWord, deadline: u64, at: At) -> bool {
        // AcqRel: users expect a transition to order their data; the words of this crate carry their own tags.
        if mutated("breaker_publish_store") {
            self.cells().state.store(to.0, Release);
        } else if self.cells().state.compare_exchange(from.0, to.0, AcqRel, Acquire).is_err() {
            return false;
        }
        self.stamp(to, deadline);
        if to.generation() != from.generation() {
            // By the publisher, not only by the first recorder: tags shorter than the generation stay unambiguous only
            // if every stay writes them.
            let entry = Entry { policy, now: at.now.get() };
            self.history.bring_forward(entry, to.epoch());
        }
        if from.state() != to.state() {
            let kind = EventKind::Transition { from: from.state(), to: to.state() };
            self.tell(at.now, to.generation(), kind);
        }
        true
    }

    /// Writes the deadline of `word`, or raises a helper's earlier one. Zero where there is none: every turn writes.
    pub(super) fn stamp(&self, word: StateWord, deadline: u64) {
        let mine = word.stamp(deadline);
        loop {
            // Acquire: a new stamp implies that the state it belongs to is visible.
            let seen = self.cells().deadline.load(unless_mutated(Acquire, "breaker_deadline_relaxed"));
            if seen & 0xffff == word.tag() {
                if seen >= mine || mutated("breaker_stamp_noraise") {
                    return; // a helper's, with a later clock: never lowered
                }
            } else if self.load().tag() != word.tag() && !mutated("breaker_stamp_nocheck") {
                return; // the state has moved on; its deadline is somebody else's business
            }
            // Release: pairs with the Acquire above and in `deadline_of`.
            let release = unless_mutated(Release, "breaker_deadline_relaxed");
            if self.cells().deadline.compare_exchange(seen, mine, release, Relaxed).is_ok() {
                return;
            }
        }
    }

    /// The deadline of `word`, stamped in the publisher's place if need be. `None`: the state has moved on.
    pub(super) fn deadline_of(&self, policy: &Policy, word: StateWord, at: At) -> Option<u64> {
        loop {
            let seen = self.cells().deadline.load(unless_mutated(Acquire, "breaker_deadline_relaxed"));
            if let Some(deadline) = word.deadline(seen) {
                return Some(deadline);
            }
            if mutated("breaker_tag_ignored") {
                return Some(seen >> 16 << 16);
            }
            // The second look: without it a helper could write the stamp of a state long gone.
            if self.load() != word && !mutated("breaker_stamp_nocheck") {
                return None;
            }
            let wait = match (word.state(), policy.trial_timeout) {
                (State::Open, _) => word.coarse_wait(),
                (State::HalfOpen, TrialTimeout::Stay { stay, .. }) => stay.get(),
                (State::HalfOpen, TrialTimeout::Lease(lease)) if word.permits(policy.trial_calls) == 0 => lease.get(),
                _ => 0,
            };
            let stamp = match wait {
                0 => word.stamp(0),
                wait => word.stamp_at_least(at.now.get().saturating_add(wait)),
            };
            let release = unless_mutated(Release, "breaker_deadline_relaxed");
            // Lost: somebody stamped it, or the state moved. Either way the next round knows.
            let _ = self.cells().deadline.compare_exchange(seen, stamp, release, Relaxed);
        }
    }

    /// How long from `now` until `end` has ended `state`: a longest stay, and an open wait without a call, are over at
    /// their end, an open wait and a lease only after it.
    pub(super) const fn wait_for(policy: &Policy, state: State, end: u64, now: u64) -> Option<Nanos> {
        let at_its_end = match state {
            State::Open => policy.auto_half_open,
            _ => matches!(policy.trial_timeout, TrialTimeout::Stay { .. }),
        };
        wait_until_over(end, at_its_end, Nanos::new(now))
    }

    /// When a half-open state ends by time alone.
    pub(super) fn half_open_deadline(&self, policy: &Policy, word: StateWord, at: At) -> Option<u64> {
        match policy.trial_timeout {
            TrialTimeout::Stay { .. } => {}
            TrialTimeout::Lease(_) if word.permits(policy.trial_calls) == 0 => {}
            TrialTimeout::Lease(_) | TrialTimeout::Never => return None,
        }
        match self.deadline_of(policy, word, at)? {
            // There was none when this turn began: the settings changed beside its publisher, or it was restored from a
            // snapshot taken under other settings. The time begins now, or a lost trial would leave it stuck.
            0 if !mutated("breaker_no_lease") && !mutated("breaker_no_late_lease") => {
                Some(self.begin_trial_timeout(policy, word, at)).filter(|end| *end != 0)
            }
            0 => None,
            deadline => Some(deadline),
        }
    }

    /// The time limit of a half-open state, from `at` on; returns its end, 0 for none.
    pub(super) fn begin_trial_timeout(&self, policy: &Policy, word: StateWord, at: At) -> u64 {
        let deadline = match policy.trial_timeout {
            TrialTimeout::Stay { stay, .. } => (at.now + stay).get(),
            TrialTimeout::Lease(lease) if word.permits(policy.trial_calls) == 0 => (at.now + lease).get(),
            TrialTimeout::Lease(_) | TrialTimeout::Never => 0,
        };
        let next = word.restamped(deadline);
        // AcqRel: as every move of the state word. Lost: whoever moved it is asked next.
        if self.cells().state.compare_exchange(word.0, next.0, AcqRel, Acquire).is_ok() {
            self.stamp(next, deadline);
        }
        deadline
    }

    /// Carries out everything that time has made due by `at`, each at its exact deadline, and returns the state.
    pub(super) fn settle_by(&self, policy: &Policy, at: At) -> StateWord {
        for round in 0..LONGEST_REPLAY.saturating_mul(2) {
            let word = self.load();
            let now = at.now.get();
            let (deadline, due) = match word.state() {
                State::Closed if word.is_due_to_open() => {
                    self.open_due(policy, word, at);
                    continue;
                }
                State::Open if policy.auto_half_open => match self.deadline_of(policy, word, at) {
                    Some(deadline) => (deadline, now >= deadline),
                    None => continue,
                },
                State::HalfOpen => match self.half_open_deadline(policy, word, at) {
                    Some(deadline) if matches!(policy.trial_timeout, TrialTimeout::Stay { .. }) => {
                        (deadline, now >= deadline)
                    }
                    Some(deadline) => (deadline, now > deadline),
                    None => return word,
                },
                _ => return word,
            };
            if !due {
                return word;
            }
            let as_of = if round < LONGEST_REPLAY { deadline } else { now };
            self.expire(policy, word, At { now: Nanos::new(as_of), random: at.random });
        }
        self.load()
    }

    /// The transition that the deadline of `word` brings, as of `at`.
    fn expire(&self, policy: &Policy, word: StateWord, at: At) {
        if word.is(State::Open) {
            let (next, deadline) = half_open(policy, word, at.now.get());
            self.publish(policy, word, next, deadline, at);
            return;
        }
        match policy.trial_timeout {
            TrialTimeout::Stay { then: HalfOpenEnd::Closed, .. } => {
                self.publish(policy, word, word.to_plain(State::Closed, 0), 0, at);
            }
            TrialTimeout::Stay { then: HalfOpenEnd::Open, .. } => {
                self.trip(policy, word, at);
            }
            _ => {
                // The lease: every trial without a result counts as failed, then the usual rule decides.
                let mut totals = self.history.totals(Entry { policy, now: at.now.get() }, word.epoch());
                let all = u32::from(policy.trial_calls);
                let missing = all.saturating_sub(totals.calls);
                totals.calls = totals.calls.saturating_add(missing);
                totals.failed = totals.failed.saturating_add(missing);
                self.decide(policy, word, totals, at);
            }
        }
    }

    /// From a closed or half-open state to open, one more attempt.
    fn trip(&self, policy: &Policy, word: StateWord, at: At) -> bool {
        let attempts = word.attempts().saturating_add(1);
        let wait = policy.open_wait(u32::from(attempts), at);
        let deadline = at.now.get().saturating_add(wait.get());
        self.publish(policy, word, word.to_open(attempts, deadline, wait.get()), deadline, at)
    }

    /// Half-open, with enough results: back to open, or on to closed.
    fn decide(&self, policy: &Policy, word: StateWord, totals: Totals, at: At) -> bool {
        if policy.judge_trials(totals).any() {
            self.trip(policy, word, at)
        } else {
            self.publish(policy, word, word.to_plain(State::Closed, 0), 0, at)
        }
    }

    /// Carries out a decision that a recorder left undone: results are in the window, so nothing was lost.
    pub(super) fn decide_if_complete(&self, policy: &Policy, word: StateWord, at: At) -> bool {
        let totals = self.history.totals(Entry { policy, now: at.now.get() }, word.epoch());
        totals.calls >= u32::from(policy.trial_min) && self.decide(policy, word, totals, at)
    }

    /// From closed to open, because of what is `met`. `false`: somebody else moved.
    fn open_closed(&self, policy: &Policy, word: StateWord, met: Met, at: At) -> bool {
        let attempts = word.attempts().saturating_add(1);
        let wait = policy.open_wait(u32::from(attempts), at);
        let deadline = at.now.get().saturating_add(wait.get());
        let next = word.to_open(attempts, deadline, wait.get());
        // AcqRel: as every move of the state word.
        if self.cells().state.compare_exchange(word.0, next.0, AcqRel, Acquire).is_err() {
            return false;
        }
        self.stamp(next, deadline);
        for trip in [met.failure, met.slow].into_iter().flatten() {
            self.tell(at.now, next.generation(), EventKind::Tripped(trip));
        }
        self.tell(at.now, next.generation(), EventKind::Transition { from: State::Closed, to: State::Open });
        true
    }

    /// Notes in the state word that a closed breaker must open, for want of the time to do it. `false`: it is not closed
    /// in that generation any more.
    #[cold]
    pub(super) fn note_due(&self, generation: u16, met: Met) -> bool {
        let failure = if met.failure.is_some() { TOLD_FAILURE } else { 0 };
        let slow = if met.slow.is_some() { TOLD_SLOW } else { 0 };
        loop {
            let word = self.load();
            if !word.is(State::Closed) || word.generation() != generation {
                return false;
            }
            if mutated("breaker_due_forgotten") {
                return true;
            }
            let next = word.with_told(failure | slow);
            // AcqRel: as every move of the state word.
            if self.cells().state.compare_exchange(word.0, next.0, AcqRel, Acquire).is_ok() {
                return true;
            }
        }
    }

    /// Opens a closed breaker whose trip waited for the time.
    fn open_due(&self, policy: &Policy, word: StateWord, at: At) {
        let totals = self.history.totals(Entry { policy, now: at.now.get() }, word.epoch());
        let met = policy.judge(totals, self.in_a_row_now(word.generation()));
        self.open_closed(policy, word, met, at);
    }

    /// Does what these totals of `epoch` demand, if the breaker is still in that stay.
    #[cold]
    pub(super) fn carry_out(&self, policy: &Policy, epoch: Epoch, totals: Totals, in_a_row: u32, at: At) {
        loop {
            let word = self.load();
            if word.generation() != epoch.generation && !mutated("breaker_decide_stale") {
                return;
            }
            match word.state() {
                state if state == State::Closed || state == State::Open && mutated("breaker_trip_again") => {
                    let met = policy.judge(totals, in_a_row);
                    if !met.any() {
                        return;
                    }
                    if self.open_closed(policy, word, met, at) {
                        return;
                    }
                }
                State::HalfOpen => {
                    let few = totals.calls < u32::from(policy.trial_min) && !mutated("breaker_decide_early");
                    if few || self.decide(policy, word, totals, at) {
                        return;
                    }
                }
                State::MetricsOnly => {
                    let met = policy.judge(totals, in_a_row);
                    let failure = met.failure.filter(|_| !word.told(TOLD_FAILURE));
                    let slow = met.slow.filter(|_| !word.told(TOLD_SLOW));
                    let bits =
                        if failure.is_some() { TOLD_FAILURE } else { 0 } | if slow.is_some() { TOLD_SLOW } else { 0 };
                    if bits == 0 {
                        return;
                    }
                    let next = word.with_told(bits);
                    if self.cells().state.compare_exchange(word.0, next.0, AcqRel, Acquire).is_ok() {
                        for trip in [failure, slow].into_iter().flatten() {
                            self.tell(at.now, next.generation(), EventKind::Tripped(trip));
                        }
                        return;
                    }
                }
                _ => return,
            }
        }
    }

    /// Counts failures in a row where that rule is on; 0 where it is off or the outcome came too late.
    #[inline]
    pub(super) fn count_in_a_row(&self, policy: &Policy, generation: u16, failed: bool) -> u32 {
        if policy.consecutive_failures == 0 {
            return 0;
        }
        let mut word = self.cells().in_a_row.load(Acquire);
        loop {
            let of = (word >> 32 & 0xffff) as u16;
            // Which of two generations is newer, only the state can tell: an outage of weeks has more than fit a comparison.
            let count = if of == generation {
                (word & 0xffff_ffff) as u32
            } else if self.load().generation() == generation {
                0
            } else {
                return 0; // the cell is of a newer stay
            };
            let count = if failed { count.saturating_add(1) } else { 0 };
            let next = u64::from(generation) << 32 | u64::from(count);
            if next == word {
                return count;
            }
            // AcqRel: the count that crosses the threshold owns the trip, and must follow its record.
            match self.cells().in_a_row.compare_exchange_weak(word, next, AcqRel, Acquire) {
                Ok(_) => return count,
                Err(now) => word = now,
            }
        }
    }

    /// Carries out whatever has become due by `at`: transitions by time, a trip that waited for the time, trials that have
    /// all reported. A closed breaker is tripped by results alone, whatever time or new thresholds make of its window.
    pub fn settle(&self, at: impl Into<At>) {
        let at = at.into();
        let policy = self.policy.read();
        let policy = policy.borrow();
        let word = self.settle_by(policy, at);
        if word.is(State::HalfOpen) {
            self.decide_if_complete(policy, word, at);
        }
    }

    pub(super) fn in_a_row_now(&self, generation: u16) -> u32 {
        let word = self.cells().in_a_row.load(Acquire);
        if word >> 32 == u64::from(generation) { (word & 0xffff_ffff) as u32 } else { 0 }
    }
}
