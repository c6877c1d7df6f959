//! The circuit breaker's loops: load a word, ask the pure step, swap.

use super::apart::Due;
use super::history::{CountHistory, Entry, History, StateCells, check_ring, lengths};
use super::live::LivePolicy;
use super::permit::Permit;
use super::policy::{MAX_CALLS, Policy, TrialTimeout};
use super::report::State;
use super::rules::Met;
use super::settings::Settings;
use super::state::StateWord;
use super::window::{Epoch, Mark, Recorded};
use super::window_count::RingWord;
use crate::decision::{Outcome, Reason, Refusal};
use crate::error::{ConfigError, NeedsTime};
use crate::event::{Event, EventKind, Observer};
use crate::sync::{AcqRel, Acquire, Release, const_new, mutated, unless_mutated};
use crate::time::{At, Nanos};
use core::borrow::Borrow;

/// A circuit breaker: refuses calls to something that keeps failing, and lets a few through to see whether it recovered.
///
/// `H` holds the outcomes ([`CountBreaker`] and `TimeBreaker` name the usual choices), `P` the settings (a fixed
/// [`Policy`], or a [`LivePolicy`](super::LivePolicy) that can be changed), `O` listens to events (nobody, by default).
///
/// Lock-free and safe to call from any thread and from interrupt handlers, `&self` throughout; the loops retry only when
/// somebody else got further. Behaviour follows Resilience4j 2.4.0's circuit breaker, proved on recorded traces, without
/// its known defects: results of an older generation change nothing, a lost trial cannot leave it stuck, no timer runs.
///
/// ```
/// use overcurrent::{BreakerConfig, CountBreaker, Nanos, Outcome, State, Window};
/// let policy = BreakerConfig::new(Window::calls(4)).min_calls(2).build()?;
/// let breaker = CountBreaker::<1>::new(policy)?;
///
/// let now = Nanos::from_secs(1);
/// for _ in 0..2 {
///     let permit = breaker.enter(now)?;
///     breaker.leave(permit, Outcome::Failure, now); // the call failed
/// }
/// assert_eq!(breaker.state(now), State::Open);
/// let refusal = breaker.enter(now).unwrap_err();
/// assert_eq!(refusal.retry_after, Some(Nanos::new(30_000_000_001)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Breaker<H, P = Policy, O = ()> {
    pub(super) policy: P,
    pub(super) history: H,
    pub(super) observer: O,
}

/// A breaker over the last N calls, in a ring of `WORDS` words of 16 outcomes: N is at most `16 * WORDS`.
pub type CountBreaker<const WORDS: usize, P = Policy, O = ()> = Breaker<CountHistory<[RingWord; WORDS]>, P, O>;

/// A [`CountBreaker`] whose settings can be changed while it runs.
pub type LiveCountBreaker<const WORDS: usize, O = ()> = CountBreaker<WORDS, LivePolicy, O>;

/// The largest window a ring of that many words can hold.
#[allow(clippy::cast_possible_truncation, reason = "bounded by MAX_CALLS beside it")]
const fn capacity(words: usize) -> u32 {
    let most = words.saturating_mul(16);
    if most > MAX_CALLS as usize { MAX_CALLS } else { most as u32 }
}

impl<const WORDS: usize> LiveCountBreaker<WORDS> {
    const_new! {
        /// A closed breaker whose settings can be changed by [`reconfigure`](Breaker::reconfigure).
        ///
        /// # Errors
        /// If the window or the trial calls do not fit the ring, or the window is one of time.
        pub fn live(policy: Policy) -> Result<Self, ConfigError> {
            match check_ring(capacity(WORDS), &policy, true) {
                Ok(()) => Ok(Self::assemble(LivePolicy::new(policy), CountHistory::fixed(lengths(&policy)), ())),
                Err(e) => Err(e),
            }
        }
    }
}

impl<const WORDS: usize> CountBreaker<WORDS> {
    const_new! {
        /// A closed breaker.
        ///
        /// # Errors
        /// If the window or the trial calls do not fit the ring, or the window is one of time.
        pub fn new(policy: Policy) -> Result<Self, ConfigError> {
            match check_ring(capacity(WORDS), &policy, true) {
                Ok(()) => Ok(Self::assemble(policy, CountHistory::new(), ())),
                Err(e) => Err(e),
            }
        }
    }
}

impl<H, P, O> Breaker<H, P, O> {
    const_new! {
        pub(super) fn assemble(policy: P, history: H, observer: O) -> Self {
            Self { policy, history, observer }
        }
    }

    /// The observer.
    pub fn observer(&self) -> &O {
        &self.observer
    }
}

impl<H: History, P, O> Breaker<H, P, O> {
    #[inline]
    pub(super) fn cells(&self) -> &StateCells {
        self.history.cells()
    }

    #[inline]
    pub(super) fn load(&self) -> StateWord {
        // Acquire: whoever sees a state sees what its publisher did before it.
        StateWord(self.cells().state.load(Acquire))
    }
}

impl<H: History, P: Settings, O> Breaker<H, P, O> {
    /// A closed breaker over storage and settings of the caller's.
    ///
    /// # Errors
    /// If the settings do not fit the storage.
    pub fn over(policy: P, mut history: H, observer: O) -> Result<Self, ConfigError> {
        let settings = *policy.read().borrow();
        history.check(&settings)?;
        history.fix(&settings);
        Ok(Self::assemble(policy, history, observer))
    }

    /// The breaker of words and settings that are kept elsewhere, looked at for one call: nothing is checked or changed.
    /// For hosts that made sure with [`over`](Self::over) that the two fit; otherwise results are counted wrongly.
    ///
    /// ```
    /// use overcurrent::breaker::{CountHistory, RingWord};
    /// use overcurrent::{Breaker, BreakerConfig, Nanos, Outcome, State, Window};
    /// static WORDS: CountHistory<[RingWord; 1]> = CountHistory::new();
    /// let policy = BreakerConfig::new(Window::calls(10)).min_calls(1).build()?;
    /// let breaker = Breaker::view(&policy, &WORDS, ());
    /// breaker.leave(breaker.enter(Nanos::ZERO)?, Outcome::Failure, Nanos::ZERO);
    /// assert_eq!(Breaker::view(&policy, &WORDS, ()).state(Nanos::ZERO), State::Open);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline(always)]
    pub fn view(policy: P, history: H, observer: O) -> Self {
        Self { policy, history, observer }
    }

    /// The same breaker, reporting what happens to `observer`.
    #[must_use]
    pub fn with_observer<N: Observer>(self, observer: N) -> Breaker<H, P, N> {
        Breaker { policy: self.policy, history: self.history, observer }
    }
}

impl<H: History, P: Settings, O: Observer> Breaker<H, P, O> {
    /// Asks for one call.
    ///
    /// # Errors
    /// A refusal with the wait: while open, while every trial is out, while forced open.
    #[inline]
    pub fn enter(&self, at: impl Into<At>) -> Result<Permit, Refusal> {
        let word = self.load();
        let at = at.into();
        if word.is_at_rest() {
            return Ok(Permit::new(at.now, word.generation(), false, true));
        }
        if let Some(refusal) = self.refuse_while_open(word, at) {
            return Err(refusal);
        }
        self.enter_unless_closed(at)
    }

    /// [`enter`](Self::enter) without the time: what a closed breaker needs none for.
    ///
    /// # Errors
    /// [`NeedsTime`] when the answer depends on it.
    #[inline]
    pub fn enter_untimed(&self) -> Result<Permit, NeedsTime> {
        let word = self.load();
        if word.is_at_rest() && !self.history.is_timed() {
            return Ok(Permit::untimed(word.generation()));
        }
        Err(NeedsTime)
    }

    /// Whether the next call needs the time: not while a count-window breaker without a slow-call rule is closed.
    #[inline]
    pub fn needs_clock(&self) -> bool {
        self.history.is_timed() || !self.load().is_at_rest() || self.policy.counts_slow()
    }

    /// The refusal of an open breaker whose deadline is stamped and ahead: two loads and no more, since whoever is
    /// refused comes back. `None`: look closer.
    #[inline]
    fn refuse_while_open(&self, word: StateWord, at: At) -> Option<Refusal> {
        if !word.is(State::Open) {
            return None;
        }
        // Acquire: as in `deadline_of`.
        let stamp = self.cells().deadline.load(unless_mutated(Acquire, "breaker_deadline_relaxed"));
        let deadline = word.deadline(stamp)?;
        if deadline <= at.now.get() || mutated("breaker_early") {
            return None; // at the deadline itself an automatic breaker moves on
        }
        let wait = wait_until_over(deadline, self.policy.is_automatic(), at.now);
        Some(self.refuse(word, at, Reason::BreakerOpen, wait))
    }

    #[cold]
    fn enter_unless_closed(&self, at: At) -> Result<Permit, Refusal> {
        let policy = self.policy.read();
        let policy = policy.borrow();
        loop {
            let word = self.settle_by(policy, at);
            let permit = |word: StateWord, trial| Permit::new(at.now, word.generation(), trial, word.records());
            match word.state() {
                State::Closed | State::Disabled | State::MetricsOnly => return Ok(permit(word, false)),
                State::ForcedOpen => return Err(self.refuse(word, at, Reason::ForcedOpen, None)),
                State::Open => {
                    let Some(deadline) = self.deadline_of(policy, word, at) else {
                        continue;
                    };
                    if at.now.get() <= deadline && !mutated("breaker_early") {
                        let wait = Self::wait_for(policy, State::Open, deadline, at.now.get());
                        return Err(self.refuse(word, at, Reason::BreakerOpen, wait));
                    }
                    // The first call after the wait: to half-open and one permit taken, in one swap.
                    let (next, limit) = half_open(policy, word, at.now.get());
                    let (next, limit) = taken(policy, next, limit, at.now.get());
                    if self.publish(policy, word, next, limit, at) {
                        return Ok(permit(next, true));
                    }
                }
                State::HalfOpen => {
                    if word.permits(policy.trial_calls) == 0 {
                        if self.decide_if_complete(policy, word, at) {
                            continue;
                        }
                        let lease = self.half_open_deadline(policy, word, at);
                        let wait = lease.and_then(|end| Self::wait_for(policy, State::HalfOpen, end, at.now.get()));
                        return Err(self.refuse(word, at, Reason::TrialsTaken, wait));
                    }
                    let (next, limit) = taken(policy, word, 0, at.now.get());
                    if self.take_permit(word, next, limit) {
                        return Ok(permit(next, true));
                    }
                }
            }
        }
    }

    fn take_permit(&self, word: StateWord, next: StateWord, deadline: u64) -> bool {
        if mutated("breaker_permit_store") {
            self.cells().state.store(next.0, Release);
            return true;
        }
        // AcqRel: as every move of the state word.
        if self.cells().state.compare_exchange(word.0, next.0, AcqRel, Acquire).is_err() {
            return false;
        }
        if next.tag() != word.tag() {
            self.stamp(next, deadline);
        }
        true
    }

    fn refuse(&self, word: StateWord, at: At, reason: Reason, retry_after: Option<Nanos>) -> Refusal {
        let refusal = Refusal::new(reason, retry_after);
        self.tell(at.now, word.generation(), EventKind::Refused(refusal));
        refusal
    }

    #[inline]
    pub(super) fn tell(&self, at: Nanos, generation: u16, kind: EventKind) {
        if O::LISTENS {
            self.observer.observe(Event { at, generation, kind });
        }
    }

    /// Reports how an admitted call ended. Its length is `at` minus the entry; a permit of an older generation changes
    /// nothing. [`Outcome::Ignored`] gives the permit back.
    #[inline]
    pub fn leave(&self, permit: Permit, outcome: Outcome, at: impl Into<At>) {
        let at = at.into();
        if mutated("breaker_ignore_generation") {
            return self.untracked().record(outcome, Nanos::ZERO, at);
        }
        if !permit.is_plain() || outcome == Outcome::Ignored {
            return self.leave_rarely(permit, outcome, at);
        }
        let mark = self.mark_of(&permit, outcome, at.now);
        if !self.record_plain_success(permit.epoch(), mark) {
            self.record_bad(self.policy.read().borrow(), permit.epoch(), mark, at);
        }
    }

    #[cold]
    fn leave_rarely(&self, permit: Permit, outcome: Outcome, at: At) {
        if outcome == Outcome::Ignored {
            self.cancel(permit);
        } else if permit.records() {
            let policy = self.policy.read();
            let policy = policy.borrow();
            let mark = Mark {
                failed: outcome == Outcome::Failure,
                slow: policy.is_slow(at.now - permit.entered) && permit.is_timed(),
            };
            self.record(policy, permit.epoch(), mark, at);
        }
    }

    /// [`leave`](Self::leave) without the time, for a permit from [`enter_untimed`](Self::enter_untimed).
    ///
    /// # Errors
    /// [`NeedsTime`] when the outcome was recorded and the breaker must now open: read the clock and call
    /// [`settle`](Self::settle).
    #[inline]
    pub fn leave_untimed(&self, permit: Permit, outcome: Outcome) -> Result<(), NeedsTime> {
        if outcome == Outcome::Ignored || !permit.records() {
            self.cancel(permit);
            return Ok(());
        }
        let epoch = permit.epoch();
        let mark = Mark { failed: outcome == Outcome::Failure, slow: false };
        if !epoch.trial && self.record_plain_success(epoch, mark) {
            return Ok(());
        }
        let policy = self.policy.read();
        let policy = policy.borrow();
        if epoch.trial {
            // Not what this method is for, but a trial's result must not be lost.
            self.record(policy, epoch, mark, At::from(permit.entered));
            return Err(NeedsTime);
        }
        match self.history.record(Entry { policy, now: permit.entered.get() }, epoch, mark, u32::MAX) {
            Recorded::Counted(totals) => {
                let in_a_row = self.count_in_a_row(policy, epoch.generation, mark.failed);
                let clean = totals.failed | totals.slow == 0;
                let met = if clean { Met::default() } else { policy.judge(totals, in_a_row) };
                if met.any() && self.note_due(epoch.generation, met) { Err(NeedsTime) } else { Ok(()) }
            }
            Recorded::Full(_) | Recorded::Stale => Ok(()),
        }
    }

    /// The common case in a few instructions: a success in a window of successes demands nothing.
    #[inline(always)]
    pub(super) fn record_plain_success(&self, epoch: Epoch, mark: Mark) -> bool {
        if mark.failed || mark.slow || !self.history.record_clean(epoch.generation) {
            return false;
        }
        if self.policy.for_success().1 {
            self.count_in_a_row(self.policy.read().borrow(), epoch.generation, false);
        }
        true
    }

    /// Records a mark of a stay that is nobody's trial, and opens the breaker if it demands so.
    #[inline]
    fn record_plain(&self, policy: &Policy, epoch: Epoch, mark: Mark, at: At) {
        if !self.record_plain_success(epoch, mark) {
            self.record_bad(policy, epoch, mark, at);
        }
    }

    /// The same for what is not a plain success, or could not be recorded as one.
    fn record_bad(&self, policy: &Policy, epoch: Epoch, mark: Mark, at: At) {
        if let Some(Due { totals, in_a_row, .. }) = self.record_only(policy, epoch, mark, at.now) {
            self.carry_out(policy, epoch, totals, in_a_row, at);
        }
    }

    /// Records it, and says what it demands.
    #[inline(always)]
    pub(super) fn record_only(&self, policy: &Policy, epoch: Epoch, mark: Mark, now: Nanos) -> Option<Due> {
        let Recorded::Counted(totals) = self.history.record(Entry { policy, now: now.get() }, epoch, mark, u32::MAX)
        else {
            return None;
        };
        let in_a_row = self.count_in_a_row(policy, epoch.generation, mark.failed);
        // Every threshold is above zero: without a bad call there is nothing to judge.
        let due = totals.failed | totals.slow != 0 && policy.judge(totals, in_a_row).any();
        if due { Some(Due { epoch, totals, in_a_row }) } else { None }
    }

    /// Records a mark of any stay, and carries out what follows from it.
    pub(super) fn record(&self, policy: &Policy, epoch: Epoch, mark: Mark, at: At) {
        if !epoch.trial {
            return self.record_plain(policy, epoch, mark, at);
        }
        // Half-open decides on exactly so many results, the same for everybody who looks.
        let word = self.settle_by(policy, at);
        let deciding = word.is(State::HalfOpen) && word.generation() == epoch.generation;
        let limit = if deciding { u32::from(policy.trial_min) } else { u32::MAX };
        let entry = Entry { policy, now: at.now.get() };
        match self.history.record(entry, epoch, mark, limit) {
            Recorded::Stale => {}
            Recorded::Full(totals) | Recorded::Counted(totals) => self.carry_out(policy, epoch, totals, 0, at),
        }
    }

    /// Takes an admission back: a trial permit becomes free again. A permit of an older generation changes nothing.
    pub fn cancel(&self, permit: Permit) {
        if !permit.is_trial() {
            return;
        }
        loop {
            let word = self.load();
            if !word.is(State::HalfOpen) || word.generation() != permit.generation() || !word.has_taken() {
                return;
            }
            let next = word.permit_back();
            if self.cells().state.compare_exchange(word.0, next.0, AcqRel, Acquire).is_ok() {
                return;
            }
        }
    }
}

impl Permit {
    pub(super) const fn epoch(&self) -> Epoch {
        Epoch { generation: self.generation(), trial: self.is_trial() }
    }
}

/// How long from `now` until an end is over: at the end itself, or only after it. `None`: when time ends.
#[inline]
pub(super) const fn wait_until_over(end: u64, at_its_end: bool, now: Nanos) -> Option<Nanos> {
    match end.checked_add(if at_its_end { 0 } else { 1 }) {
        Some(over) => Some(Nanos::new(over).saturating_sub(now)),
        None => None,
    }
}

/// Into half-open as of `now`: the word, and the deadline of the stay (0 for none).
pub(super) fn half_open(policy: &Policy, word: StateWord, now: u64) -> (StateWord, u64) {
    let deadline = match policy.trial_timeout {
        TrialTimeout::Stay { stay, .. } => now.saturating_add(stay.get()),
        TrialTimeout::Lease(_) | TrialTimeout::Never => 0,
    };
    (word.to_half_open(deadline), deadline)
}

/// One trial permit taken as of `now`, and the deadline that then holds.
fn taken(policy: &Policy, word: StateWord, deadline: u64, now: u64) -> (StateWord, u64) {
    match policy.trial_timeout {
        TrialTimeout::Lease(lease) if word.permits(policy.trial_calls) == 1 && !mutated("breaker_no_lease") => {
            let end = now.saturating_add(lease.get());
            (word.permit_taken(Some(end)), end)
        }
        _ => (word.permit_taken(None), deadline),
    }
}
