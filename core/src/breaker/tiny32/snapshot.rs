//! A 32-bit breaker's state over a restart.
//!
//! Payload, version 1: the word without its deadline and its free trial permits (4 bytes); the ticks until the open
//! state is over (4).

use super::machine::TinyBreaker32;
use super::policy::TinyPolicy32;
use super::word::Word32;
use crate::breaker::report::State;
use crate::snapshot::{FRAME, Reader, SnapshotError, Writer, kind};

const VERSION: u8 = 1;

/// The state of a [`TinyBreaker32`] without absolute times: 18 bytes for a flash page or memory that a reset keeps, so
/// that a chip that restarts again and again does not forget that a bus is broken.
///
/// ```
/// use overcurrent::breaker::Tiny32Snapshot;
/// use overcurrent::{TinyBreaker32, TinyConfig32};
/// let policy = TinyConfig32::new(16, 5_000).build()?;
/// let before = TinyBreaker32::new();
/// before.open(&policy, 70_000);
/// let page = before.snapshot(&policy, 71_000).to_bytes();
///
/// // The chip restarts, its counter begins at zero; how long it was off is not known.
/// let after = TinyBreaker32::new();
/// after.restore(&policy, &Tiny32Snapshot::from_bytes(&page)?, 0);
/// assert_eq!(after.next_deadline(&policy, 0), Some(4_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiny32Snapshot {
    word: Word32,
    /// To the first tick that finds the open state over.
    wait: u32,
}

impl Tiny32Snapshot {
    /// The length of [`to_bytes`](Self::to_bytes).
    pub const LEN: usize = FRAME + 8;

    /// The state it holds.
    pub const fn state(&self) -> State {
        self.word.state()
    }

    /// The same state after being switched off for `off` ticks; leave this out where that is not known: an open breaker
    /// then stays open longer, never shorter.
    #[must_use]
    pub const fn aged(self, off: u32) -> Self {
        Self { word: self.word, wait: self.wait.saturating_sub(off) }
    }

    /// As bytes with a version and a checksum.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let mut writer = Writer::new(&mut bytes, kind::TINY32, VERSION);
        writer.u32(self.word.0);
        writer.u32(self.wait);
        let _ = writer.finish(); // LEN is its length
        bytes
    }

    /// From the bytes of [`to_bytes`](Self::to_bytes); bytes after them are ignored.
    ///
    /// # Errors
    /// When they are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader::open(bytes, kind::TINY32, VERSION)?;
        let word = Word32(reader.u32()?);
        let wait = reader.u32()?;
        reader.end()?;
        if word.is_saved() { Ok(Self { word, wait }) } else { Err(SnapshotError::Mismatch) }
    }
}

impl TinyBreaker32 {
    /// The state at `now`, to go on from after a restart.
    pub fn snapshot(&self, policy: &TinyPolicy32, now: u32) -> Tiny32Snapshot {
        let word = self.load();
        let wait = match word.open_left(policy, now, 0) {
            // One more: the deadline itself is still refused.
            Some(left) if word.state() == State::Open => left.wrapping_add(1),
            _ => 0,
        };
        Tiny32Snapshot { word: word.to_saved(), wait }
    }

    /// Goes on from a snapshot. An open breaker opens its trials when the one that was saved would have, but after the
    /// policy's own wait at the latest. Permits from before change nothing any more; trials that had not reported are
    /// lost calls, and their permits free again. With a shorter window, the newest calls count.
    pub fn restore(&self, policy: &TinyPolicy32, snapshot: &Tiny32Snapshot, now: u32) {
        self.by_hand(|word| word.restored(policy, snapshot.word, snapshot.wait, now));
    }
}
