//! The 32-bit breaker's loops: load the word, ask the pure step, swap.

use super::policy::TinyPolicy32;
use super::word::{Answer32, ENTER, Refusal32, Word32, ended};
use crate::breaker::report::{Metrics, State};
use crate::decision::Outcome;
use crate::sync::{AcqRel, Acquire, AtomicU32, const_new, mutated};

/// A circuit breaker in four bytes, on a tick counter that wraps: for chips without 64-bit atomics, one for each bus,
/// sensor or peer. Zero is a closed one, so a `static` costs no flash.
///
/// Counts the last 1 to 19 calls, failed or not; opens for a fixed wait; lets trial calls through; drops results of an
/// older generation; a lease decides in the place of lost trials. Lock-free wherever 32-bit compare-and-swap is native
/// (Cortex-M3 and up, RV32A), and safe in interrupt handlers; no division, no table, no 64-bit arithmetic.
///
/// Always use one breaker with the same settings and the same tick counter. A reading may be up to
/// [`SKEW`](super::SKEW) ticks older than another caller's.
///
/// # What four bytes cannot hold
/// * Slow calls, windows of time, growing or jittered waits, `METRICS_ONLY`, `trial_min`.
/// * More than 64 generations: a result counts as current if the breaker changed its window exactly 64 times, or a
///   multiple, during that one call.
/// * Idle time: a breaker that was opened and then left alone for `k * 2^24` ticks (4.7 hours at 1 ms), give or take
///   `open_for + SKEW`, refuses for that long once more. It never admits early.
/// * A timer: the next [`enter`](Self::enter) judges a lease that is over, and a result that comes before it still
///   counts. The end of a lease wraps too: after a long idle time lost trials may get up to one lease and skew more.
/// * The clock of a caller more than [`SKEW`](super::SKEW) behind: it finds the wait over.
///
/// ```
/// use overcurrent::{Outcome, State, TinyBreaker32, TinyConfig32, TinyPolicy32};
/// static POLICY: TinyPolicy32 = match TinyConfig32::new(16, 5_000).min_calls(2).build() {
///     Ok(policy) => policy,
///     Err(_) => panic!("checked by the compiler"),
/// };
/// static BUS: TinyBreaker32 = TinyBreaker32::new();
///
/// let mut ticks = u32::MAX - 1_000; // the counter is about to wrap
/// for _ in 0..2 {
///     let permit = BUS.enter(&POLICY, ticks).unwrap();
///     BUS.leave(&POLICY, permit, Outcome::Failure, ticks);
/// }
/// assert_eq!(BUS.enter(&POLICY, ticks).unwrap_err().retry_after(), Some(5_001));
/// ticks = ticks.wrapping_add(5_001);
/// let trial = BUS.enter(&POLICY, ticks).unwrap();
/// assert_eq!(BUS.state(), State::HalfOpen);
/// # BUS.leave(&POLICY, trial, Outcome::Success, ticks);
/// ```
#[derive(Debug)]
#[repr(transparent)]
pub struct TinyBreaker32(AtomicU32);

/// An admission of a [`TinyBreaker32`]: give it back with `leave` or `cancel`.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit that is dropped is a lost call: give it back with `leave` or `cancel`"]
pub struct Permit32(pub(super) u32);

impl Permit32 {
    /// The generation that issued it, as a plain number for hosts that keep it where Rust cannot.
    #[inline]
    pub const fn into_raw(self) -> u8 {
        (self.0 & 0xff) as u8
    }

    /// The permit that [`into_raw`](Self::into_raw) took apart.
    #[inline]
    pub const fn from_raw(raw: u8) -> Self {
        Self(raw as u32)
    }
}

impl TinyBreaker32 {
    const_new! {
        /// Closed, with an empty window.
        pub fn new() -> Self {
            Self(AtomicU32::new(0))
        }
    }

    #[inline]
    pub(super) fn load(&self) -> Word32 {
        // Acquire: whoever sees a state sees what its publisher did before it.
        Word32(self.0.load(Acquire))
    }

    /// Asks for one call. One load while closed.
    ///
    /// # Errors
    /// A refusal with the wait: while open, while every trial is out, while forced open.
    #[inline]
    pub fn enter(&self, policy: &TinyPolicy32, now: u32) -> Result<Permit32, Refusal32> {
        let word = self.load();
        let answer = if word.is_closed() { word.admitted() } else { self.turn(policy, now, ENTER) };
        answer.split()
    }

    /// Reports how an admitted call ended. A permit of an older generation changes nothing;
    /// [`Outcome::Ignored`] gives a trial permit back. A good call into a full window of good calls writes nothing.
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "a permit is used up")]
    pub fn leave(&self, policy: &TinyPolicy32, permit: Permit32, outcome: Outcome, now: u32) {
        self.turn(policy, now, ended(&permit, outcome));
    }

    /// The loop of both: `event` is [`ENTER`], or a permit's generation and the outcome of its call.
    // One loop for two callers, out of line: its registers are saved by one piece of code.
    #[inline(never)]
    fn turn(&self, policy: &TinyPolicy32, now: u32, event: u32) -> Answer32 {
        let answering = loop {
            let word = self.load();
            let next = word.step(policy, now, event);
            if next == word {
                break word;
            }
            let permit_fault = mutated("tiny32_permit_store") && event == ENTER;
            if permit_fault || mutated("tiny32_record_store") && event != ENTER {
                self.0.store(next.0, crate::sync::Release);
                return next.admitted();
            }
            // AcqRel: users expect a transition to order their data. The word is the whole state, and what replaces it is
            // a pure function of it, so a word that went away and came back does no harm.
            if self.0.compare_exchange_weak(word.0, next.0, AcqRel, Acquire).is_ok() {
                if next.is_half_open() {
                    return next.admitted();
                }
                break next; // the trials were judged: the new state answers
            }
        };
        answering.answer(now)
    }

    /// Takes an admission back: a trial permit becomes free again. A permit of an older generation changes nothing.
    #[inline]
    pub fn cancel(&self, policy: &TinyPolicy32, permit: Permit32) {
        self.leave(policy, permit, Outcome::Ignored, 0);
    }

    /// The state as of the last touch: an open breaker becomes half-open with the first call after its wait.
    pub fn state(&self) -> State {
        self.load().state()
    }

    /// The numbers as of the last touch: calls and failed calls in the window or among the trials.
    pub fn metrics(&self) -> Metrics {
        let word = self.load();
        let (calls, failed) = word.counts();
        Metrics {
            state: word.state(),
            generation: (word.generation() & 63) as u16,
            calls,
            failed,
            ..Metrics::default()
        }
    }

    /// Ticks until an open breaker lets a trial through; `None` when it is not open, or its wait is over.
    pub fn next_deadline(&self, policy: &TinyPolicy32, now: u32) -> Option<u32> {
        let word = self.load();
        if word.state() == State::Open { word.open_left(policy, now, 0) } else { None }
    }

    pub(super) fn by_hand(&self, next: impl Fn(Word32) -> Word32) {
        let mut word = self.load();
        // AcqRel: as in `turn`.
        while let Err(seen) = self.0.compare_exchange_weak(word.0, next(word).0, AcqRel, Acquire) {
            word = Word32(seen);
        }
    }

    /// Closed, with an empty window, whatever it was.
    pub fn reset(&self) {
        self.by_hand(Word32::to_closed);
    }

    /// Opens it for the policy's wait, as if it had tripped.
    pub fn open(&self, policy: &TinyPolicy32, now: u32) {
        self.by_hand(|word| word.to_open(policy, now));
    }

    /// Switches it off: calls pass, nothing is counted.
    pub fn disable(&self) {
        self.by_hand(|word| word.to_switched(false));
    }

    /// Refuses every call until somebody says otherwise.
    pub fn force_open(&self) {
        self.by_hand(|word| word.to_switched(true));
    }
}

impl Default for TinyBreaker32 {
    fn default() -> Self {
        Self::new()
    }
}
