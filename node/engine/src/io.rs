//! The buffer of numbers that goes both ways with everything off the hot path.

use crate::time;
use alloc::vec;
use alloc::vec::Vec;
use overcurrent::breaker::{NotAllowed, ReconfigureError};
use overcurrent::{Busy, ConfigError, Nanos, Refusal, SnapshotError};

/// The smallest buffer that every operation but a snapshot can do with.
pub const ROOM: usize = 64;

/// Makes `buffer` one of so many numbers, and no fewer than [`ROOM`].
#[inline(never)]
pub fn resize(buffer: &mut Vec<f64>, numbers: usize) {
    let room = numbers.max(ROOM);
    if buffer.len() != room {
        *buffer = vec![f64::NAN; room];
    }
}

/// What was asked for could not be done. The numbers are part of what JavaScript knows.
pub enum Fault {
    /// A setting is out of its range.
    Config(ConfigError),
    /// The breaker has no such transition.
    NotAllowed(NotAllowed),
    /// Another thread is changing the same settings.
    Busy,
    /// The snapshot cannot be written or read.
    Snapshot(SnapshotError),
    /// No such operation.
    Unknown,
}

/// A refusal that was asked for.
pub const REFUSED: f64 = 1.0;
/// Done.
pub const DONE: f64 = 0.0;

impl From<ConfigError> for Fault {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<NotAllowed> for Fault {
    fn from(error: NotAllowed) -> Self {
        Self::NotAllowed(error)
    }
}

impl From<Busy> for Fault {
    fn from(Busy: Busy) -> Self {
        Self::Busy
    }
}

impl From<SnapshotError> for Fault {
    fn from(error: SnapshotError) -> Self {
        Self::Snapshot(error)
    }
}

impl From<ReconfigureError> for Fault {
    fn from(error: ReconfigureError) -> Self {
        match error {
            ReconfigureError::Busy => Self::Busy,
            ReconfigureError::Config(error) => Self::Config(error),
        }
    }
}

/// The numbers of one question and of its answer.
pub struct Io<'a>(pub &'a mut [f64]);

impl Io<'_> {
    /// The number at `at`; NaN where there is none.
    #[must_use]
    pub fn get(&self, at: usize) -> f64 {
        self.0.get(at).copied().unwrap_or(f64::NAN)
    }

    /// The whole number at `at`, at most what fits.
    #[must_use]
    pub fn whole(&self, at: usize) -> u32 {
        self.get(at) as u32
    }

    /// The time or length at `at`.
    #[must_use]
    pub fn nanos(&self, at: usize) -> Nanos {
        time::nanos(self.get(at))
    }

    /// Writes the numbers, from the first place on.
    pub fn put(&mut self, numbers: &[f64]) {
        for (place, number) in self.0.iter_mut().zip(numbers) {
            *place = *number;
        }
    }

    /// Two places hold a word of 64 bits.
    #[must_use]
    pub fn word(&self, at: usize) -> u64 {
        u64::from(self.whole(at)) << 32 | u64::from(self.whole(at + 1))
    }

    /// Writes a refusal: the wait, the reason.
    pub fn refuse(&mut self, refusal: Refusal) -> f64 {
        self.put(&[time::wait(refusal.retry_after), f64::from(refusal.reason as u8)]);
        REFUSED
    }

    /// Writes bytes, one a number, and says how many; what does not fit is a fault.
    pub fn put_bytes(&mut self, bytes: &[u8]) -> Result<f64, Fault> {
        if bytes.len() > self.0.len() {
            return Err(Fault::Snapshot(SnapshotError::BufferTooShort));
        }
        for (place, byte) in self.0.iter_mut().zip(bytes) {
            *place = f64::from(*byte);
        }
        Ok(bytes.len() as f64)
    }

    /// The bytes from `from` on.
    pub fn bytes(&self, from: usize) -> Vec<u8> {
        self.0.get(from..).unwrap_or_default().iter().map(|byte| *byte as u8).collect()
    }

    /// An answer as a number: what was done, or a fault, below zero, with its numbers.
    pub fn answer(&mut self, done: Result<f64, Fault>) -> f64 {
        match done {
            Ok(answer) => answer,
            Err(Fault::Config(error)) => {
                self.put(&[error.value as f64, error.min as f64, error.max as f64, error.field.len() as f64]);
                for (place, letter) in self.0.iter_mut().skip(4).zip(error.field.bytes()) {
                    *place = f64::from(letter);
                }
                -1.0
            }
            Err(Fault::NotAllowed(error)) => {
                self.put(&[f64::from(error.from as u8), f64::from(error.to as u8)]);
                -2.0
            }
            Err(Fault::Busy) => -3.0,
            Err(Fault::Snapshot(error)) => {
                self.put(&[match error {
                    SnapshotError::BufferTooShort => 0.0,
                    SnapshotError::NotASnapshot => 1.0,
                    SnapshotError::Corrupt => 2.0,
                    SnapshotError::WrongKind => 3.0,
                    SnapshotError::UnknownVersion => 4.0,
                    _ => 5.0,
                }]);
                -4.0
            }
            Err(Fault::Unknown) => -5.0,
        }
    }
}

/// A word of 64 bits as two numbers.
#[must_use]
pub fn halves(word: u64) -> [f64; 2] {
    [(word >> 32) as f64, (word & 0xffff_ffff) as f64]
}
