//! A breaker's state over a restart: what it was doing, how long it still had to, and the outcomes in its window.
//!
//! Payload, version 1: state, attempts, flags (1 byte each: the window is the trials', a
//! failure rule has been told in METRICS_ONLY, the slow rule has, the breaker is one over time); remaining time (8 bytes, all ones for
//! none); failures in a row (4); then the window, as its storage writes it. All times are remaining ones.

use super::history::{Entry, History};
use super::machine::Breaker;
use super::report::State;
use super::settings::Settings;
use super::state::{StateWord, TOLD_FAILURE, TOLD_SLOW};
use crate::event::{EventKind, Observer};
use crate::snapshot::{Reader, SnapshotError, Writer, kind};
use crate::sync::{AcqRel, Acquire, Relaxed, Release};
use crate::time::{At, Nanos};
use core::borrow::Borrow;

const VERSION: u8 = 1;
/// The flags.
const TRIAL: u8 = 1;
const FAILURE_TOLD: u8 = 1 << 1;
const SLOW_TOLD: u8 = 1 << 2;
const TIMED: u8 = 1 << 3;
const NEVER: u64 = u64::MAX;

impl<H: History, P: Settings, O: Observer> Breaker<H, P, O> {
    /// Writes the state into `out` and says how many bytes it took: 27 and a quarter byte a call (count window), or 43
    /// and 8 a bucket (time window), at most.
    ///
    /// Taken while others record, it may miss the newest of their outcomes.
    ///
    /// # Errors
    /// [`SnapshotError::BufferTooShort`].
    ///
    /// ```
    /// use overcurrent::{BreakerConfig, CountBreaker, Nanos, State, Window};
    /// let policy = BreakerConfig::new(Window::calls(10)).build()?;
    /// let before = CountBreaker::<1>::new(policy)?;
    /// before.open(Nanos::from_secs(700))?; // for 30 s
    /// let mut page = [0; 64];
    /// before.snapshot(&mut page, Nanos::from_secs(710))?;
    ///
    /// // The chip restarts, its clock begins at zero; how long it was off is not known.
    /// let after = CountBreaker::<1>::new(policy)?;
    /// after.restore(&page, Nanos::ZERO, Nanos::ZERO)?;
    /// assert_eq!(after.state(Nanos::ZERO), State::Open);
    /// assert_eq!(after.next_deadline(Nanos::ZERO), Some(Nanos::from_secs(20)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn snapshot(&self, out: &mut [u8], at: impl Into<At>) -> Result<usize, SnapshotError> {
        let at = at.into();
        let policy = self.policy.read();
        let policy = policy.borrow();
        // State and deadline of one and the same word: an open state saved without its wait would end at once.
        let (word, end) = loop {
            let word = self.settle_by(policy, at);
            let end = match word.state() {
                State::Open => self.deadline_of(policy, word, at),
                State::HalfOpen => self.half_open_deadline(policy, word, at),
                _ => None,
            };
            if end.is_some() || !word.is(State::Open) {
                break (word, end.map(Nanos::new));
            }
        };
        let remaining = end.map_or(NEVER, |end| (end - at.now).get().min(NEVER.wrapping_sub(1)));
        let mut writer = Writer::new(out, kind::BREAKER, VERSION);
        writer.u8(word.state() as u8);
        writer.u8(word.attempts());
        writer.u8(flags(word) | if self.history.is_timed() { TIMED } else { 0 });
        writer.u64(remaining);
        writer.u32(self.in_a_row_now(word.generation()));
        self.history.save(Entry { policy, now: at.now.get() }, word.epoch(), &mut writer);
        writer.finish()
    }

    /// Takes up a state that [`snapshot`](Self::snapshot) wrote, `off` later ([`Nanos::ZERO`] where that is not known:
    /// an open breaker then stays open longer, never shorter). Permits from before it change nothing any more; trials
    /// that had not reported are lost calls, and their permits free again.
    ///
    /// Meant for start-up: outcomes that others record meanwhile fall among the restored ones.
    ///
    /// # Errors
    /// The bytes are no snapshot of a breaker like this one; nothing was changed.
    pub fn restore(&self, bytes: &[u8], off: Nanos, at: impl Into<At>) -> Result<(), SnapshotError> {
        let at = at.into();
        let policy = self.policy.read();
        let policy = policy.borrow();
        let mut reader = Reader::open(bytes, kind::BREAKER, VERSION)?;
        let state = match reader.u8()? {
            state @ 0..=5 => State::from_bits(u64::from(state)),
            _ => return Err(SnapshotError::Mismatch),
        };
        let attempts = reader.u8()?.min(127);
        let flags = reader.u8()?;
        let trial = flags & TRIAL != 0;
        let remaining = reader.u64()?;
        let in_a_row = reader.u32()?;
        // One kind of window may look like the other, and no state has another's window.
        let fits = match state {
            State::Open => remaining != NEVER,
            state => trial == (state == State::HalfOpen),
        };
        if !fits || (flags & TIMED != 0) != self.history.is_timed() {
            return Err(SnapshotError::Mismatch);
        }
        let entry = Entry { policy, now: at.now.get() };
        let saved = self.history.check_saved(trial, reader.rest())?;
        let left = Nanos::new(remaining) - off;
        let deadline = match (at.now + left).get() {
            _ if remaining == NEVER => 0,
            // In half-open 0 is no deadline: one that is over at the beginning of time is over a nanosecond later.
            0 if state == State::HalfOpen => 1,
            end => end,
        };
        loop {
            let word = self.load();
            // A trial that had not reported is gone with the process that ran it.
            let taken = u16::try_from(saved.min(u32::from(policy.trial_calls))).unwrap_or(policy.trial_calls);
            let next = word.restored(state, flags, attempts, taken, deadline, left.get());
            // AcqRel: as every move of the state word.
            if self.cells().state.compare_exchange(word.0, next.0, AcqRel, Acquire).is_err() {
                continue;
            }
            self.stamp(next, deadline);
            self.history.load_saved(entry, next.epoch(), off.get(), reader.rest());
            self.restore_in_a_row(next, in_a_row);
            if word.state() != state {
                self.tell(at.now, next.generation(), EventKind::Transition { from: word.state(), to: state });
            }
            return Ok(());
        }
    }

    fn restore_in_a_row(&self, word: StateWord, count: u32) {
        let seen = self.cells().in_a_row.load(Acquire);
        let next = u64::from(word.generation()) << 32 | u64::from(count);
        // Lost only to somebody who counts in this generation already.
        let _ = self.cells().in_a_row.compare_exchange(seen, next, Release, Relaxed);
    }
}

impl StateWord {
    /// The state of a snapshot, in a new generation.
    const fn restored(self, state: State, flags: u8, attempts: u8, taken: u16, deadline: u64, wait: u64) -> Self {
        let fresh = self.to_plain(State::Closed, attempts);
        match state {
            State::Open => fresh.with_trial_window(flags & TRIAL != 0).to_open(attempts, deadline, wait),
            State::HalfOpen => fresh.restored_half_open(taken, deadline),
            State::MetricsOnly => {
                let failure = if flags & FAILURE_TOLD == 0 { 0 } else { TOLD_FAILURE };
                let slow = if flags & SLOW_TOLD == 0 { 0 } else { TOLD_SLOW };
                self.to_plain(state, attempts).with_told(failure | slow)
            }
            _ => self.to_plain(state, attempts),
        }
    }
}

const fn flags(word: StateWord) -> u8 {
    let metrics_only = word.is(State::MetricsOnly);
    (if word.trial_window() { TRIAL } else { 0 })
        | if metrics_only && word.told(TOLD_FAILURE) { FAILURE_TOLD } else { 0 }
        | if metrics_only && word.told(TOLD_SLOW) { SLOW_TOLD } else { 0 }
}

/// Outcomes in a byte, the first lowest: pairs of bits, failed and slow.
pub(super) const PER_BYTE: usize = 4;

/// One of the outcomes in bytes.
pub(super) fn outcome(bytes: &[u8], index: usize) -> Option<u8> {
    let byte = bytes.get(index / PER_BYTE)?;
    let at = u32::try_from(index % PER_BYTE).ok()?.wrapping_mul(2);
    Some(byte.wrapping_shr(at) & 0b11)
}
