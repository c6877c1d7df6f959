//! A cycle limiter's state over a restart.

use super::step::Plan;
use super::{CycleLimiter, step};
use crate::error::Busy;
use crate::snapshot::{FRAME, Reader, SnapshotError, Writer, kind};
use crate::time::Nanos;

const VERSION: u8 = 1;

/// What a [`CycleLimiter`] has given away, without absolute times: fit for another origin of the clock.
///
/// ```
/// use overcurrent::limit::{CycleConfig, CycleLimiter, CycleSnapshot};
/// use overcurrent::Nanos;
/// let policy = CycleConfig::new(10, Nanos::SECOND).build().unwrap();
/// let before = CycleLimiter::new(policy);
/// before.try_acquire(8, Nanos::from_secs(500)).unwrap();
/// let bytes = before.snapshot(Nanos::from_secs(500)).to_bytes();
///
/// // After a restart the clock begins again.
/// let snapshot = CycleSnapshot::from_bytes(&bytes).unwrap();
/// let after = CycleLimiter::new(policy);
/// after.restore(&snapshot, Nanos::ZERO).unwrap();
/// assert_eq!(after.balance(Nanos::ZERO), 2);
///
/// // Where it is known that a second has passed, those 8 are old.
/// after.restore(&snapshot.aged(Nanos::SECOND), Nanos::ZERO).unwrap();
/// assert_eq!(after.balance(Nanos::ZERO), 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CycleSnapshot {
    /// Permits used of the cycle it was taken in, and promised of later ones.
    used: u64,
    /// The time since that cycle began.
    into_cycle: Nanos,
}

impl CycleSnapshot {
    /// The length of [`to_bytes`](Self::to_bytes).
    pub const LEN: usize = FRAME + 16;

    /// The same state after being switched off for `off`; leave this out where that is not known.
    #[must_use]
    pub const fn aged(self, off: Nanos) -> Self {
        Self { used: self.used, into_cycle: self.into_cycle.saturating_add(off) }
    }

    /// As bytes with a version and a checksum.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let mut writer = Writer::new(&mut bytes, kind::CYCLE, VERSION);
        writer.u64(self.used);
        writer.u64(self.into_cycle.get());
        let _ = writer.finish(); // LEN is its length
        bytes
    }

    /// From the bytes of [`to_bytes`](Self::to_bytes); bytes after them are ignored.
    ///
    /// # Errors
    /// When they are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader::open(bytes, kind::CYCLE, VERSION)?;
        let used = reader.u64()?;
        let into_cycle = Nanos::new(reader.u64()?);
        reader.end()?;
        Ok(Self { used, into_cycle })
    }
}

impl CycleLimiter {
    /// What has been given away by `now`.
    pub fn snapshot(&self, now: Nanos) -> CycleSnapshot {
        let (word, plan) = self.read();
        let (used, Plan { origin, .. }) = plan.at_once(step::taken(word), self.cycle(now), plan.limit);
        CycleSnapshot {
            used: used.max(0).unsigned_abs(),
            into_cycle: now.saturating_sub(self.start_of(i128::from(origin))),
        }
    }

    /// Goes on from a snapshot, under the present limit and the same period. At no time after does it give more than the
    /// limiter that was saved would have given by then; where cycles now begin sooner than they did, that costs a cycle's
    /// permits once.
    ///
    /// # Errors
    /// Another thread is changing the limit at this moment; nothing was changed.
    pub fn restore(&self, snapshot: &CycleSnapshot, now: Nanos) -> Result<(), Busy> {
        let origin = self.cycle(now);
        // Cycles that have ended since it was taken: none unless it has aged.
        let ended = self.cycle(snapshot.into_cycle);
        let into_cycle = snapshot.into_cycle.saturating_sub(self.start_of(i128::from(ended)));
        let sooner = now.saturating_sub(self.start_of(i128::from(origin))) > into_cycle;
        self.change(&|_, plan| {
            let used = snapshot.used.saturating_sub(ended.saturating_mul(u64::from(plan.limit)));
            let used = i64::try_from(used).unwrap_or(i64::MAX);
            let lost = if sooner { i64::from(plan.limit) } else { 0 };
            (used.saturating_add(lost), Plan { origin, ..plan })
        })?;
        self.note(origin);
        Ok(())
    }
}
