//! A tiny breaker's state over a restart.
//!
//! Payload, version 1: the word without its deadline and its free trial permits (8 bytes); the wait that is left (8), 0
//! for over and all ones for never. It counts to the first instant after the deadline.

use super::deadline::to_units;
use super::machine::{TinyBreaker, TinyWord};
use super::policy::TinyPolicy;
use super::step::Moved;
use super::word::Word;
use crate::breaker::policy::TrialTimeout;
use crate::breaker::report::State;
use crate::breaker::rules::Met;
use crate::event::Observer;
use crate::snapshot::{FRAME, Reader, SnapshotError, Writer, kind};
use crate::time::{At, Nanos};
use core::borrow::Borrow;

const VERSION: u8 = 1;
const NEVER: u64 = u64::MAX;

/// The state of a [`TinyBreaker`] without absolute times: what it was doing, how long it still had to, and the outcomes
/// in its window.
///
/// ```
/// use overcurrent::breaker::TinySnapshot;
/// use overcurrent::{BreakerConfig, Nanos, State, TinyBreaker, Window};
/// let policy = BreakerConfig::new(Window::calls(10)).build()?;
/// let before = TinyBreaker::new(policy)?;
/// before.open(Nanos::from_secs(700))?; // for 30 s
/// let bytes = before.snapshot(Nanos::from_secs(710)).to_bytes();
///
/// // After a restart, at least 5 s later; the clock begins at zero.
/// let snapshot = TinySnapshot::from_bytes(&bytes)?.aged(Nanos::from_secs(5));
/// let after = TinyBreaker::new(policy)?;
/// after.restore(&snapshot, Nanos::ZERO);
/// assert_eq!(after.state(Nanos::ZERO), State::Open);
/// assert!(after.enter(Nanos::from_secs(15)).is_err());
/// assert!(after.enter(Nanos::from_secs(15) + Nanos::from_micros(132)).is_ok()); // rounded up twice
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TinySnapshot {
    word: Word,
    /// To the first instant after the deadline; 0: over.
    wait: u64,
}

impl TinySnapshot {
    /// The length of [`to_bytes`](Self::to_bytes).
    pub const LEN: usize = FRAME + 16;

    /// The state it holds.
    pub const fn state(&self) -> State {
        self.word.state()
    }

    /// The same state after being switched off for `off`; leave this out where that is not known: an open breaker then
    /// stays open longer, never shorter.
    #[must_use]
    pub const fn aged(self, off: Nanos) -> Self {
        let wait = if self.wait == NEVER { NEVER } else { self.wait.saturating_sub(off.get()) };
        Self { word: self.word, wait }
    }

    /// As bytes with a version and a checksum.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let mut writer = Writer::new(&mut bytes, kind::TINY, VERSION);
        writer.u64(self.word.0);
        writer.u64(self.wait);
        let _ = writer.finish(); // LEN is its length
        bytes
    }

    /// From the bytes of [`to_bytes`](Self::to_bytes); bytes after them are ignored.
    ///
    /// # Errors
    /// When they are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader::open(bytes, kind::TINY, VERSION)?;
        let word = Word(reader.u64()?);
        let wait = reader.u64()?;
        reader.end()?;
        if word.is_saved() { Ok(Self { word, wait }) } else { Err(SnapshotError::Mismatch) }
    }
}

impl TinyPolicy {
    const fn saved(&self, word: Word, now: Nanos) -> TinySnapshot {
        // A lease is not kept: its trials are lost, and their permits free again.
        let leased = matches!(self.policy.trial_timeout, TrialTimeout::Lease(_));
        let wait = match self.deadline(word, now.get()) {
            None | Some(NEVER) => NEVER,
            Some(_) if leased && matches!(word.state(), State::HalfOpen) => NEVER,
            // One more: the deadline itself still belongs to the open state.
            Some(end) if end >= now.get() => end.wrapping_sub(now.get()).wrapping_add(1),
            Some(_) => 0,
        };
        TinySnapshot { word: word.to_saved(), wait }
    }

    /// The word of a snapshot, in a generation that neither `word` nor the snapshot has.
    const fn restored(&self, word: Word, snapshot: &TinySnapshot, now: Nanos) -> Word {
        let fresh = snapshot.word.in_generation_after(word);
        match fresh.state() {
            State::Open => fresh.with_open_units(deadline(now, snapshot.wait)),
            State::HalfOpen => {
                let units = match self.policy.trial_timeout {
                    TrialTimeout::Stay { stay, .. } => {
                        let longest = stay.get().saturating_add(1);
                        deadline(now, if snapshot.wait < longest { snapshot.wait } else { longest })
                    }
                    TrialTimeout::Lease(_) | TrialTimeout::Never => 0,
                };
                // A trial that had not reported is gone with the process that ran it.
                fresh.with_left(self.policy.trial_calls.saturating_sub(fresh.done())).with_trial_units(low(units))
            }
            State::Closed | State::MetricsOnly => fresh.within(self.window),
            State::Disabled | State::ForcedOpen => fresh,
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "masked")]
const fn low(units: u64) -> u32 {
    (units & 0x7fff_ffff) as u32
}

/// A deadline that is over after `wait`, in units: never early, at most one unit late.
const fn deadline(now: Nanos, wait: u64) -> u64 {
    match wait.checked_sub(1) {
        Some(left) => to_units(now.get().saturating_add(left)),
        None => to_units(now.get()).saturating_sub(1),
    }
}

impl<O: Observer, W: Borrow<TinyWord>, P: Borrow<TinyPolicy>> TinyBreaker<O, W, P> {
    /// The state at `at`, to go on from after a restart.
    pub fn snapshot(&self, at: impl Into<At>) -> TinySnapshot {
        let at = at.into();
        self.policy().saved(self.settle_by(self.load(), at), at.now)
    }

    /// Goes on from a snapshot. It never opens its trials earlier than the breaker that was saved would have, and at
    /// most 65,536 ns later. Permits from before change nothing any more; trials that had not reported are lost calls,
    /// and their permits free again. With a shorter window, the newest calls count.
    pub fn restore(&self, snapshot: &TinySnapshot, at: impl Into<At>) {
        let at = at.into();
        let mut word = self.load();
        loop {
            let next = self.policy().restored(word, snapshot, at.now);
            match self.publish(word, &Moved { word: next, met: Met::default(), as_of: at.now }) {
                Ok(()) => return,
                Err(seen) => word = seen,
            }
        }
    }
}
