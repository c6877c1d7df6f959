//! A limiter's state as a remaining time, so that it survives a restart with another origin of time.

use crate::snapshot::{FRAME, Reader, SnapshotError, Writer, kind};
#[cfg(feature = "wide")]
use crate::time::Nanos;

const VERSION: u8 = 1;

/// The state of a [`Gcra`](super::Gcra) or [`LiveGcra`](super::LiveGcra): how long until it would be full again.
///
/// ```
/// use overcurrent::{Nanos, limit::{Gcra, GcraSnapshot, Rate}};
/// let quota = Rate::new(10, Nanos::SECOND).build().unwrap();
/// let before = Gcra::new(quota);
/// before.try_acquire(8, Nanos::from_secs(500)).unwrap();
/// let bytes = before.snapshot(Nanos::from_secs(500)).to_bytes();
///
/// // After a restart, 100 ms later by a clock that kept running; the monotonic clock starts again.
/// let snapshot = GcraSnapshot::from_bytes(&bytes).unwrap();
/// let after = Gcra::new(quota);
/// after.restore(&snapshot.aged(Nanos::from_millis(100)), Nanos::ZERO);
/// assert_eq!(after.peek(1, Nanos::ZERO).remaining, 3);
/// ```
#[cfg(feature = "wide")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GcraSnapshot {
    pub(crate) full_after: Nanos,
}

#[cfg(feature = "wide")]
impl GcraSnapshot {
    /// The length of [`to_bytes`](Self::to_bytes).
    pub const LEN: usize = FRAME + 8;

    /// How long until the limiter would be full again.
    pub const fn full_after(&self) -> Nanos {
        self.full_after
    }

    /// The same state after being switched off for `off`; leave this out where that is not known.
    #[must_use]
    pub const fn aged(self, off: Nanos) -> Self {
        Self { full_after: self.full_after.saturating_sub(off) }
    }

    /// As bytes with a version and a checksum.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let mut writer = Writer::new(&mut bytes, kind::GCRA, VERSION);
        writer.u64(self.full_after.get());
        let _ = writer.finish(); // LEN is its length
        bytes
    }

    /// From the bytes of [`to_bytes`](Self::to_bytes); bytes after them are ignored.
    ///
    /// # Errors
    /// When they are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader::open(bytes, kind::GCRA, VERSION)?;
        let full_after = Nanos::new(reader.u64()?);
        reader.end()?;
        Ok(Self { full_after })
    }
}

/// The state of a [`Gcra32`](super::Gcra32): how many ticks until it would be full again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gcra32Snapshot {
    pub(crate) full_after: u32,
}

impl Gcra32Snapshot {
    /// The length of [`to_bytes`](Self::to_bytes).
    pub const LEN: usize = FRAME + 4;

    /// How many ticks until the limiter would be full again.
    pub const fn full_after(&self) -> u32 {
        self.full_after
    }

    /// The same state after being switched off for `off` ticks; leave this out where that is not known.
    #[must_use]
    pub const fn aged(self, off: u32) -> Self {
        Self { full_after: self.full_after.saturating_sub(off) }
    }

    /// As bytes with a version and a checksum.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let mut writer = Writer::new(&mut bytes, kind::GCRA32, VERSION);
        writer.u32(self.full_after);
        let _ = writer.finish(); // LEN is its length
        bytes
    }

    /// From the bytes of [`to_bytes`](Self::to_bytes); bytes after them are ignored.
    ///
    /// # Errors
    /// When they are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader::open(bytes, kind::GCRA32, VERSION)?;
        let full_after = reader.u32()?;
        reader.end()?;
        Ok(Self { full_after })
    }
}
