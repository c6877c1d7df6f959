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

/// Why what was asked for could not be done.
pub trait Fault {
    /// Writes what there is to say about it, and gives the number below zero by which JavaScript knows it.
    fn tell(self, io: &mut Io<'_>) -> f64;
}

/// The number of a fault that was told.
pub struct Told(pub f64);

/// No such operation.
pub const UNKNOWN: f64 = -5.0;

/// A refusal that was asked for.
pub const REFUSED: f64 = 1.0;
/// Done.
pub const DONE: f64 = 0.0;

/// A setting is out of its range.
impl Fault for ConfigError {
    #[inline(never)]
    fn tell(self, io: &mut Io<'_>) -> f64 {
        io.put(&[self.value as f64, self.min as f64, self.max as f64, self.field.len() as f64]);
        for (place, letter) in io.0.iter_mut().skip(4).zip(self.field.bytes()) {
            *place = f64::from(letter);
        }
        -1.0
    }
}

/// The breaker has no such transition.
impl Fault for NotAllowed {
    fn tell(self, io: &mut Io<'_>) -> f64 {
        io.put(&[f64::from(self.from as u8), f64::from(self.to as u8)]);
        -2.0
    }
}

/// Another thread is changing the same settings.
impl Fault for Busy {
    fn tell(self, _: &mut Io<'_>) -> f64 {
        -3.0
    }
}

/// The snapshot cannot be written or read.
impl Fault for SnapshotError {
    #[inline(never)]
    fn tell(self, io: &mut Io<'_>) -> f64 {
        io.put(&[match self {
            Self::BufferTooShort => 0.0,
            Self::NotASnapshot => 1.0,
            Self::Corrupt => 2.0,
            Self::WrongKind => 3.0,
            Self::UnknownVersion => 4.0,
            _ => 5.0,
        }]);
        -4.0
    }
}

impl Fault for ReconfigureError {
    fn tell(self, io: &mut Io<'_>) -> f64 {
        match self {
            Self::Busy => Busy.tell(io),
            Self::Config(error) => error.tell(io),
        }
    }
}

/// The numbers of one question and of its answer. Reading and writing them is out of line: there is much of it, and none
/// on the hot path.
pub struct Io<'a>(pub &'a mut [f64]);

impl Io<'_> {
    /// The number at `at`; NaN where there is none.
    #[inline(never)]
    #[must_use]
    pub fn get(&self, at: usize) -> f64 {
        self.0.get(at).copied().unwrap_or(f64::NAN)
    }

    /// The whole number at `at`, at most what fits.
    #[inline(never)]
    #[must_use]
    pub fn whole(&self, at: usize) -> u32 {
        self.get(at) as u32
    }

    /// The time or length at `at`.
    #[inline(never)]
    #[must_use]
    pub fn nanos(&self, at: usize) -> Nanos {
        time::nanos(self.get(at))
    }

    /// Writes the numbers, from the first place on.
    #[inline(never)]
    pub fn put(&mut self, numbers: &[f64]) {
        for (place, number) in self.0.iter_mut().zip(numbers) {
            *place = *number;
        }
    }

    /// Two places hold a word of 64 bits.
    #[inline(never)]
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
    pub fn put_bytes(&mut self, bytes: &[u8]) -> f64 {
        if bytes.len() > self.0.len() {
            return SnapshotError::BufferTooShort.tell(self);
        }
        for (place, byte) in self.0.iter_mut().zip(bytes) {
            *place = f64::from(*byte);
        }
        bytes.len() as f64
    }

    /// The bytes from `from` on.
    pub fn bytes(&self, from: usize) -> Vec<u8> {
        self.0.get(from..).unwrap_or_default().iter().map(|byte| *byte as u8).collect()
    }

    /// What was made, or the fault that is told at once: a number instead of an error, which is long.
    ///
    /// # Errors
    /// The fault.
    pub fn made<T, F: Fault>(&mut self, made: Result<T, F>) -> Result<T, Told> {
        made.map_err(|fault| Told(fault.tell(self)))
    }

    /// The answer to what either was done or is a fault.
    pub fn done<F: Fault>(&mut self, done: Result<(), F>) -> f64 {
        match done {
            Ok(()) => DONE,
            Err(fault) => fault.tell(self),
        }
    }
}

/// A word of 64 bits as two numbers.
#[must_use]
pub fn halves(word: u64) -> [f64; 2] {
    [(word >> 32) as f64, (word & 0xffff_ffff) as f64]
}
