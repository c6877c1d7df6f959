//! State as bytes: what survives a restart.
//!
//! | bytes | |
//! |---|---|
//! | 2 | `OC` |
//! | 1 | version of the payload's layout |
//! | 1 | kind of the machine |
//! | 2 | length of the payload |
//! | n | payload: remaining times, never absolute ones |
//! | 4 | CRC-32 (IEEE 802.3) of everything before |
//!
//! Numbers are little-endian. Bytes after the end are ignored, so a whole flash page can be handed back.

use core::fmt;

const MAGIC: [u8; 2] = *b"OC";
/// Bytes around a payload.
pub(crate) const FRAME: usize = 10;

/// What kind of machine a snapshot holds. The numbers are part of the format: add, never change.
pub(crate) mod kind {
    /// [`Gcra`](crate::limit::Gcra) and [`LiveGcra`](crate::limit::LiveGcra).
    #[allow(dead_code, reason = "each machine is optional")]
    pub(crate) const GCRA: u8 = 1;
    /// [`Gcra32`](crate::limit::Gcra32).
    pub(crate) const GCRA32: u8 = 2;
    /// [`Breaker`](crate::Breaker), over calls or over time.
    #[allow(dead_code, reason = "each machine is optional")]
    pub(crate) const BREAKER: u8 = 3;
    /// [`CycleLimiter`](crate::CycleLimiter).
    #[allow(dead_code, reason = "each machine is optional")]
    pub(crate) const CYCLE: u8 = 4;
    /// [`TinyBreaker`](crate::TinyBreaker).
    #[allow(dead_code, reason = "each machine is optional")]
    pub(crate) const TINY: u8 = 5;
    /// [`TinyBreaker32`](crate::TinyBreaker32).
    pub(crate) const TINY32: u8 = 6;
}

/// Why a snapshot could not be written or read. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The buffer to write to is too short.
    BufferTooShort,
    /// Not a snapshot: too short, or it does not begin like one.
    NotASnapshot,
    /// The bytes have changed since they were written.
    Corrupt,
    /// A snapshot of another kind of machine.
    WrongKind,
    /// Written by a version that this one does not read.
    UnknownVersion,
    /// The contents do not fit this machine.
    Mismatch,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BufferTooShort => "the buffer is too short for the snapshot",
            Self::NotASnapshot => "these bytes are not a snapshot",
            Self::Corrupt => "the snapshot is damaged",
            Self::WrongKind => "the snapshot is of another kind of machine",
            Self::UnknownVersion => "the snapshot is of an unknown version",
            Self::Mismatch => "the snapshot does not fit this machine's settings",
        })
    }
}

impl core::error::Error for SnapshotError {}

/// Writes one snapshot into a buffer.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut [u8],
    /// Bytes written, or wished for once the buffer was too short.
    length: usize,
}

impl<'a> Writer<'a> {
    /// Begins a snapshot of that kind and version.
    pub(crate) fn new(out: &'a mut [u8], kind: u8, version: u8) -> Self {
        let mut writer = Self { out, length: 0 };
        writer.bytes(&MAGIC);
        writer.bytes(&[version, kind, 0, 0]);
        writer
    }

    #[inline(never)]
    fn bytes(&mut self, bytes: &[u8]) {
        let end = self.length.saturating_add(bytes.len());
        if let Some(room) = self.out.get_mut(self.length..end) {
            // Not `copy_from_slice`: the compiler cannot see that the lengths agree and keeps its panic.
            for (place, byte) in room.iter_mut().zip(bytes) {
                *place = *byte;
            }
        }
        self.length = end;
    }

    /// Adds one byte.
    #[allow(dead_code, reason = "for machines with smaller fields")]
    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    /// Adds two bytes.
    #[allow(dead_code, reason = "for machines with smaller fields")]
    pub(crate) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    /// Adds four bytes.
    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Adds eight bytes.
    #[allow(dead_code, reason = "for machines with wide fields")]
    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    /// Completes the snapshot: how many bytes it has.
    pub(crate) fn finish(mut self) -> Result<usize, SnapshotError> {
        let payload = self.length.saturating_sub(FRAME.saturating_sub(4));
        let payload = u16::try_from(payload).map_err(|_| SnapshotError::BufferTooShort)?;
        if let Some(place) = self.out.get_mut(4..6) {
            place.copy_from_slice(&payload.to_le_bytes());
        }
        let sum = crc32(self.out.get(..self.length).ok_or(SnapshotError::BufferTooShort)?);
        self.u32(sum);
        if self.length > self.out.len() { Err(SnapshotError::BufferTooShort) } else { Ok(self.length) }
    }
}

/// Reads one snapshot back.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Checks frame, sum, kind and version.
    pub(crate) fn open(bytes: &'a [u8], kind: u8, version: u8) -> Result<Self, SnapshotError> {
        let [m0, m1, its_version, its_kind, l0, l1, rest @ ..] = bytes else {
            return Err(SnapshotError::NotASnapshot);
        };
        if [*m0, *m1] != MAGIC {
            return Err(SnapshotError::NotASnapshot);
        }
        let length = usize::from(u16::from_le_bytes([*l0, *l1]));
        let (payload, after) = rest.split_at_checked(length).ok_or(SnapshotError::NotASnapshot)?;
        let sum = after.first_chunk().ok_or(SnapshotError::NotASnapshot)?;
        let summed = bytes.get(..FRAME.saturating_sub(4).saturating_add(length)).unwrap_or(&[]);
        if crc32(summed) != u32::from_le_bytes(*sum) {
            return Err(SnapshotError::Corrupt);
        }
        if *its_kind != kind {
            return Err(SnapshotError::WrongKind);
        }
        if *its_version != version {
            return Err(SnapshotError::UnknownVersion);
        }
        Ok(Self { rest: payload })
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], SnapshotError> {
        let (first, rest) = self.rest.split_first_chunk().ok_or(SnapshotError::Mismatch)?;
        self.rest = rest;
        Ok(*first)
    }

    /// Takes one byte.
    #[allow(dead_code, reason = "for machines with smaller fields")]
    pub(crate) fn u8(&mut self) -> Result<u8, SnapshotError> {
        Ok(u8::from_le_bytes(self.bytes()?))
    }

    /// Takes two bytes.
    #[allow(dead_code, reason = "for machines with smaller fields")]
    pub(crate) fn u16(&mut self) -> Result<u16, SnapshotError> {
        Ok(u16::from_le_bytes(self.bytes()?))
    }

    /// Takes four bytes.
    pub(crate) fn u32(&mut self) -> Result<u32, SnapshotError> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    /// Takes eight bytes.
    #[allow(dead_code, reason = "for machines with wide fields")]
    pub(crate) fn u64(&mut self) -> Result<u64, SnapshotError> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    /// What has not been taken yet.
    #[allow(dead_code, reason = "for machines that end in a list")]
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The payload must be used up.
    pub(crate) fn end(self) -> Result<(), SnapshotError> {
        if self.rest.is_empty() { Ok(()) } else { Err(SnapshotError::Mismatch) }
    }
}

/// CRC-32 as in IEEE 802.3, without a table: snapshots are rare and flash is small.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ if sum & 1 == 1 { 0xEDB8_8320 } else { 0 })
    });
    !sum
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, reason = "tests may fail")]
mod tests {
    use super::*;

    fn sample(out: &mut [u8]) -> Result<usize, SnapshotError> {
        let mut writer = Writer::new(out, 9, 1);
        writer.u8(1);
        writer.u16(2);
        writer.u32(3);
        writer.u64(4);
        writer.finish()
    }

    #[test]
    fn the_sum_is_the_standard_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn what_was_written_is_read() {
        let mut page = [0xff; 64];
        assert_eq!(sample(&mut page), Ok(FRAME + 15));
        let mut reader = Reader::open(&page, 9, 1).unwrap();
        assert_eq!((reader.u8(), reader.u16(), reader.u32()), (Ok(1), Ok(2), Ok(3)));
        assert_eq!(reader.u64(), Ok(4));
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn every_flipped_bit_and_every_missing_byte_is_noticed() {
        let mut page = [0; FRAME + 15];
        let length = sample(&mut page).unwrap();
        for bit in 0..length * 8 {
            let mut bad = page;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(Reader::open(&bad, 9, 1).is_err(), "bit {bit}");
        }
        for short in 0..length {
            assert_eq!(Reader::open(&page[..short], 9, 1).err(), Some(SnapshotError::NotASnapshot));
            assert_eq!(sample(&mut [0; 64][..short]), Err(SnapshotError::BufferTooShort));
        }
        assert_eq!(Reader::open(&page, 8, 1).err(), Some(SnapshotError::WrongKind));
        assert_eq!(Reader::open(&page, 9, 2).err(), Some(SnapshotError::UnknownVersion));
        assert_eq!(Reader::open(&page, 9, 1).unwrap().end(), Err(SnapshotError::Mismatch));
    }
}
