//! The tiny breaker's loops: load the word, ask the pure step, swap.

use super::deadline::{from_units, wait_until_over};
use super::policy::TinyPolicy;
use super::step::Moved;
use super::word::Word;
use crate::breaker::permit::{Permit, RawPermit};
use crate::breaker::policy::Policy;
use crate::breaker::report::State;
use crate::breaker::window::Mark;
use crate::decision::{Outcome, Reason, Refusal};
use crate::error::{ConfigError, NeedsTime};
use crate::event::{Event, EventKind, Observer};
use crate::sync::{AcqRel, Acquire, AtomicU64, const_new, mutated};
use crate::time::{At, Nanos};
use core::borrow::Borrow;

/// A chain of due transitions is replayed up to this length; what is still due then is taken as due now.
const LONGEST_REPLAY: u32 = 64;

/// The whole state of a [`TinyBreaker`]: eight bytes, zero for a closed one. Its settings are kept elsewhere, so that
/// many can share them: one word for each host, sensor or call site.
///
/// ```
/// use overcurrent::{BreakerConfig, Nanos, Outcome, TinyPolicy, TinyWord, Window};
/// static SENSORS: [TinyWord; 3] = [const { TinyWord::new() }; 3];
///
/// let policy = BreakerConfig::new(Window::calls(8)).min_calls(4).build()?;
/// let policy = TinyPolicy::new(policy)?;
/// let now = Nanos::ZERO;
/// let breaker = SENSORS[2].with(&policy);
/// breaker.leave(breaker.enter(now)?, Outcome::Success, now);
/// assert_eq!(core::mem::size_of_val(&SENSORS), 3 * 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[repr(transparent)]
pub struct TinyWord(AtomicU64);

impl TinyWord {
    const_new! {
        /// Closed, with an empty window.
        #[allow(clippy::new_without_default)]
        pub fn new() -> Self {
            Self(AtomicU64::new(0))
        }
    }

    /// The breaker of this state and these settings. Always use a word with the same settings.
    #[inline]
    pub const fn with<'a>(&'a self, policy: &'a TinyPolicy) -> TinyBreaker<(), &'a Self, &'a TinyPolicy> {
        TinyBreaker { word: self, policy, observer: () }
    }
}

impl Default for TinyWord {
    fn default() -> Self {
        Self::new()
    }
}

/// A circuit breaker over the last 1 to 24 calls whose whole state is one 64-bit word.
///
/// It behaves as [`Breaker`](crate::Breaker) does, with the same methods, permits and events. One word means that every
/// answer and every transition is one swap, that nothing is ever half done, and that a good call into a full window of
/// good calls writes nothing at all: threads then share the word without slowing each other down.
///
/// Lock-free and safe to call from any thread, and from interrupt handlers, `&self` throughout; the loops retry only
/// when somebody else got further. A `static` is made with [`TinyBreaker::with_policy`], which is `const`.
///
/// # What one word cannot hold
/// * Windows of time, windows above 24 calls, more than 31 trial calls, more than 15 results to decide them:
///   [`TinyPolicy`] refuses these.
/// * The counts while OPEN: they make room for the deadline. So results that arrive in OPEN, or while a trip without the
///   time ([`leave_untimed`](Self::leave_untimed)) waits for it, are not kept, and [`metrics`](Self::metrics) and
///   [`explain`](Self::explain) show no counts there; the trip event has them.
/// * The exact deadline: it is rounded **up** to 65,536 ns, so a wait may be that much longer and is never shorter. The
///   whole range of [`Nanos`] is covered.
/// * The exact end of a half-open stay over idle times of days: it wraps every 39 hours. A caller whose clock is more
///   than 69 s behind may end a lease early (missing results count as failed, as at its end), and a breaker left alone
///   in `HALF_OPEN` for almost exactly a multiple of 39 hours may stay there one lease longer. Neither admits more. A
///   stay that ends in CLOSED is refused by [`TinyPolicy`] for that reason.
/// * More than 31 attempts (trips without a close in between): a growing wait grows no further.
/// * How many half-open trials were both slow and failed: `slow_failed` is 0 there.
/// * A generation of 16 bits: it has 8. A result is mistaken for a current one if the breaker changed its window
///   exactly 256 times, or a multiple, during that one call.
/// * Settings that change while it runs.
///
/// ```
/// use overcurrent::{BreakerConfig, Nanos, Outcome, State, TinyBreaker, Window};
/// let policy = BreakerConfig::new(Window::calls(10)).min_calls(2).build()?;
/// let breaker = TinyBreaker::new(policy)?;
///
/// let now = Nanos::from_secs(1);
/// for _ in 0..2 {
///     let permit = breaker.enter(now)?;
///     breaker.leave(permit, Outcome::Failure, now); // the call failed
/// }
/// assert_eq!(breaker.state(now), State::Open);
/// assert!(breaker.enter(Nanos::from_secs(31)).is_err());
/// assert!(breaker.enter(Nanos::from_secs(31) + Nanos::from_micros(66)).is_ok()); // the first trial
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TinyBreaker<O = (), W = TinyWord, P = TinyPolicy> {
    word: W,
    policy: P,
    observer: O,
}

impl TinyBreaker {
    const_new! {
        /// A closed breaker.
        ///
        /// # Errors
        /// If one word cannot hold what `policy` asks for.
        pub fn new(policy: Policy) -> Result<Self, ConfigError> {
            match TinyPolicy::new(policy) {
                Ok(policy) => Ok(Self::with_policy(policy)),
                Err(e) => Err(e),
            }
        }
    }

    const_new! {
        /// A closed breaker with settings that have been checked.
        ///
        /// ```
        /// use overcurrent::{BreakerConfig, TinyBreaker, TinyPolicy, Window};
        /// const POLICY: TinyPolicy = match BreakerConfig::new(Window::calls(20)).build() {
        ///     Ok(policy) => match TinyPolicy::new(policy) {
        ///         Ok(policy) => policy,
        ///         Err(_) => panic!("checked by the compiler"),
        ///     },
        ///     Err(_) => panic!("checked by the compiler"),
        /// };
        /// static UPSTREAM: TinyBreaker = TinyBreaker::with_policy(POLICY);
        /// ```
        pub fn with_policy(policy: TinyPolicy) -> Self {
            Self { word: TinyWord::new(), policy, observer: () }
        }
    }
}

impl<O, W, P> TinyBreaker<O, W, P> {
    /// The same breaker, reporting what happens to `observer`.
    #[must_use]
    pub fn with_observer<N: Observer>(self, observer: N) -> TinyBreaker<N, W, P> {
        TinyBreaker { word: self.word, policy: self.policy, observer }
    }

    /// The observer.
    pub const fn observer(&self) -> &O {
        &self.observer
    }
}

impl<O: Observer, W: Borrow<TinyWord>, P: Borrow<TinyPolicy>> TinyBreaker<O, W, P> {
    #[inline]
    pub(super) fn policy(&self) -> &TinyPolicy {
        self.policy.borrow()
    }

    #[inline]
    pub(super) fn load(&self) -> Word {
        // Acquire: whoever sees a state sees what its publisher did before it.
        Word(self.word.borrow().0.load(Acquire))
    }

    /// Moves the word; the word found instead, if somebody else moved it first. May fail for no reason: loops only.
    #[inline]
    pub(super) fn swap(&self, from: Word, to: Word) -> Result<(), Word> {
        // AcqRel: users expect a transition to order their data. All of the state is in the word, and what replaces it
        // is a pure function of it, so a word that went away and came back does no harm.
        match self.word.borrow().0.compare_exchange_weak(from.0, to.0, AcqRel, Acquire) {
            Ok(_) => Ok(()),
            Err(seen) => Err(Word(seen)),
        }
    }

    #[inline]
    pub(super) fn tell(&self, at: Nanos, word: Word, kind: EventKind) {
        if O::LISTENS {
            self.observer.observe(Event { at, generation: word.generation(), kind });
        }
    }

    /// Moves the word and tells of it: the rules met, then the transition.
    pub(super) fn publish(&self, from: Word, moved: &Moved) -> Result<(), Word> {
        self.swap(from, moved.word)?;
        if O::LISTENS {
            for trip in [moved.met.failure, moved.met.slow].into_iter().flatten() {
                self.tell(moved.as_of, moved.word, EventKind::Tripped(trip));
            }
            let (from, to) = (from.state(), moved.word.state());
            if from != to {
                self.tell(moved.as_of, moved.word, EventKind::Transition { from, to });
            }
        }
        Ok(())
    }

    /// Carries out all that time has made due by `at`, each at its own deadline, and returns the word.
    pub(super) fn settle_by(&self, mut word: Word, at: At) -> Word {
        let mut round = 0u32;
        while let Some(moved) = self.policy().due(word, at, round >= LONGEST_REPLAY) {
            if mutated("tiny_no_lease") && word.state() == State::HalfOpen {
                return word;
            }
            word = match self.publish(word, &moved) {
                Ok(()) => moved.word,
                Err(seen) => seen,
            };
            round = round.saturating_add(1);
        }
        word
    }

    const fn permit(word: Word, entered: Nanos) -> Permit {
        let trial = matches!(word.state(), State::HalfOpen);
        let records = !matches!(word.state(), State::Disabled | State::ForcedOpen);
        Permit::new(entered, word.generation(), trial, records)
    }

    /// Asks for one call. One load while closed.
    ///
    /// # Errors
    /// A refusal with the wait: while open, while every trial is out, while forced open.
    #[inline]
    pub fn enter(&self, at: impl Into<At>) -> Result<Permit, Refusal> {
        let at = at.into();
        let word = self.load();
        if word.is_closed() {
            return Ok(Permit::new(at.now, word.generation(), false, true));
        }
        if let Some(refusal) = self.refuse_while_open(word, at) {
            return Err(refusal);
        }
        // As plain words: the permit of the fast way then stays in registers.
        match self.enter_unless_closed(word, at) {
            Ok(raw) => Ok(Permit::from_raw(raw)),
            Err(refusal) => Err(refusal),
        }
    }

    /// The refusal of an open breaker whose deadline is ahead: no more than the load and a comparison, since whoever is
    /// refused comes back. `None`: look closer.
    #[inline]
    fn refuse_while_open(&self, word: Word, at: At) -> Option<Refusal> {
        if !matches!(word.state(), State::Open) {
            return None;
        }
        let deadline = from_units(word.open_units());
        if deadline <= at.now.get() || mutated("tiny_narrow_open") {
            return None; // at the deadline itself an automatic breaker moves on
        }
        let wait = wait_until_over(deadline, self.policy().policy.auto_half_open, at.now);
        let refusal = Refusal::new(Reason::BreakerOpen, wait);
        self.tell(at.now, word, EventKind::Refused(refusal));
        Some(refusal)
    }

    #[cold]
    fn enter_unless_closed(&self, mut word: Word, at: At) -> Result<RawPermit, Refusal> {
        loop {
            word = self.settle_by(word, at);
            match self.policy().refusal(word, at.now) {
                Some(refusal) if !self.narrow(word, at) => {
                    self.tell(at.now, word, EventKind::Refused(refusal));
                    return Err(refusal);
                }
                _ => {}
            }
            if !matches!(word.state(), State::Open | State::HalfOpen) {
                return Ok(Self::permit(word, at.now).into_raw());
            }
            let next = self.policy().trial_taken(word, at.now);
            if mutated("tiny_permit_store") {
                self.word.borrow().0.store(next.0, crate::sync::Release);
                return Ok(Self::permit(next, at.now).into_raw());
            }
            let moved = Moved { word: next, met: crate::breaker::rules::Met::default(), as_of: at.now };
            match self.publish(word, &moved) {
                Ok(()) => return Ok(Self::permit(next, at.now).into_raw()),
                Err(seen) => word = seen,
            }
        }
    }

    /// The planted fault of a narrow rule: a deadline further ahead than the wait is taken for an old one.
    #[inline(always)]
    fn narrow(&self, word: Word, at: At) -> bool {
        mutated("tiny_narrow_open")
            && word.state() == State::Open
            && self
                .policy()
                .deadline(word, at.now.get())
                .is_some_and(|end| end.saturating_sub(at.now.get()) > self.policy().policy.open_wait(1, at).get())
    }

    /// [`enter`](Self::enter) without the time: what a closed breaker needs none for.
    ///
    /// # Errors
    /// [`NeedsTime`] when the answer depends on it.
    #[inline]
    pub fn enter_untimed(&self) -> Result<Permit, NeedsTime> {
        let word = self.load();
        if word.is_closed() { Ok(Self::permit(word, Nanos::ZERO)) } else { Err(NeedsTime) }
    }

    /// Whether the next call needs the time: not while a breaker without a slow-call rule is closed.
    #[inline]
    pub fn needs_clock(&self) -> bool {
        !self.load().is_closed() || self.policy().policy.slow_rate != 0
    }

    /// Reports how an admitted call ended. Its length is `at` minus the entry; a permit of an older generation changes
    /// nothing. [`Outcome::Ignored`] gives the permit back.
    #[inline]
    pub fn leave(&self, permit: Permit, outcome: Outcome, at: impl Into<At>) {
        let at = at.into();
        let word = self.load();
        let good = outcome == Outcome::Success && !self.policy().policy.is_slow(at.now.saturating_sub(permit.entered));
        if good && word.is_healthy(permit.generation()) {
            match self.policy().one_more(word) {
                None => return,
                Some(next) if self.swap(word, next).is_ok() => return,
                Some(_) => {}
            }
        }
        self.leave_otherwise(permit.into_raw(), outcome, at);
    }

    #[inline(never)]
    fn leave_otherwise(&self, permit: RawPermit, outcome: Outcome, at: At) {
        let permit = Permit::from_raw(permit);
        let Some(mark) = self.mark(&permit, outcome, at.now.saturating_sub(permit.entered)) else {
            return self.cancel(permit);
        };
        self.record(Some(permit.generation()), mark, at);
    }

    /// [`leave`](Self::leave) without the time, for a permit from [`enter_untimed`](Self::enter_untimed).
    ///
    /// # Errors
    /// [`NeedsTime`] when the outcome was recorded and the breaker must now move: read the clock and call
    /// [`settle`](Self::settle).
    #[inline]
    pub fn leave_untimed(&self, permit: Permit, outcome: Outcome) -> Result<(), NeedsTime> {
        let Some(mark) = self.mark(&permit, outcome, Nanos::ZERO) else {
            self.cancel(permit);
            return Ok(());
        };
        let mut word = self.load();
        loop {
            if word.generation() != permit.generation() {
                return Ok(());
            }
            let Some(next) = self.policy().recorded(word, mark) else {
                return if word.is_due() { Err(NeedsTime) } else { Ok(()) };
            };
            let waiting = if mutated("tiny_due_forgotten") { None } else { self.policy().waiting(next) };
            match self.swap(word, waiting.unwrap_or(next)) {
                Ok(()) if waiting.is_some() => return Err(NeedsTime),
                Ok(()) => return Ok(()),
                Err(seen) => word = seen,
            }
        }
    }

    /// `None`: nothing to record.
    #[inline]
    pub(super) fn mark(&self, permit: &Permit, outcome: Outcome, length: Nanos) -> Option<Mark> {
        if outcome == Outcome::Ignored || !permit.records() {
            return None;
        }
        Some(Mark { failed: outcome == Outcome::Failure, slow: self.policy().policy.is_slow(length) })
    }

    /// Records a mark of `generation` (`None`: whichever is current) and, in the same swap, what follows from it.
    pub(super) fn record(&self, generation: Option<u16>, mark: Mark, at: At) {
        let mut word = self.load();
        loop {
            if !word.has_window() {
                word = self.settle_by(word, at);
            }
            if generation.is_some_and(|own| own != word.generation()) && !mutated("tiny_stale_result") {
                return;
            }
            let Some(next) = self.policy().recorded(word, mark) else {
                return;
            };
            if mutated("tiny_record_store") {
                let moved = self.policy().judged(next, at);
                self.word.borrow().0.store(moved.map_or(next, |moved| moved.word).0, crate::sync::Release);
                return;
            }
            let swapped = match self.policy().judged(next, at) {
                Some(moved) => self.publish(word, &moved),
                None => self.swap(word, next),
            };
            match swapped {
                Ok(()) => return,
                Err(seen) => word = seen,
            }
        }
    }

    /// Takes an admission back: a trial permit becomes free again. A permit of an older generation changes nothing.
    #[allow(clippy::needless_pass_by_value, reason = "a permit is used up")]
    pub fn cancel(&self, permit: Permit) {
        let mut word = self.load();
        while permit.is_trial() && word.state() == State::HalfOpen && word.generation() == permit.generation() {
            match self.swap(word, self.policy().permit_back(word)) {
                Ok(()) => return,
                Err(seen) => word = seen,
            }
        }
    }

    /// Carries out whatever has become due by `at`: transitions by time, and what
    /// [`leave_untimed`](Self::leave_untimed) left undone. A closed breaker is tripped by results alone.
    pub fn settle(&self, at: impl Into<At>) {
        let at = at.into();
        let mut word = self.settle_by(self.load(), at);
        while let Some(moved) = self.policy().judged(word, at).filter(|_| !word.is_closed()) {
            word = match self.publish(word, &moved) {
                Ok(()) => return,
                Err(seen) => self.settle_by(seen, at),
            };
        }
    }
}
