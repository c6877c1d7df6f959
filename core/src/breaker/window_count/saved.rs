//! A count window as bytes: the number of calls (2 bytes), then four outcomes a byte, newest first.

use super::super::snapshot::{PER_BYTE, outcome};
use super::super::window::{Epoch, Mark};
use super::word::NEWEST;
use super::{CountWindow, Lengths, RingWord};
use crate::snapshot::{SnapshotError, Writer};
use crate::sync::Acquire;

impl<R: AsRef<[RingWord]> + ?Sized> CountWindow<R> {
    pub(crate) fn save(&self, set: Lengths, generation: u16, writer: &mut Writer<'_>) {
        let layout = self.layout();
        let word = self.totals.load(Acquire);
        let live = if layout.is_of(word, generation) { layout.live(word, self.length(layout, word, set)) } else { 0 };
        writer.u16(u16::try_from(live).unwrap_or(u16::MAX)); // at most 32,767
        let mut slot = layout.newest_slot(word).unwrap_or(0);
        let (mut byte, mut filled) = (0u8, 0u32);
        for age in 0..live {
            let bits = if age == 0 { word & NEWEST } else { self.outcome(slot) };
            byte |= ((bits & 0b11) as u8).wrapping_shl(filled);
            filled = filled.wrapping_add(2);
            if filled == 8 {
                writer.u8(byte);
                (byte, filled) = (0, 0);
            }
            slot = if slot == 0 { layout.capacity().wrapping_sub(1) } else { slot.wrapping_sub(1) };
        }
        if filled != 0 {
            writer.u8(byte);
        }
    }

    pub(crate) fn check_saved(bytes: &[u8]) -> Result<u32, SnapshotError> {
        let (count, outcomes) = bytes.split_first_chunk().ok_or(SnapshotError::Mismatch)?;
        let count = u16::from_le_bytes(*count);
        if outcomes.len() == usize::from(count).div_ceil(PER_BYTE) {
            Ok(u32::from(count))
        } else {
            Err(SnapshotError::Mismatch)
        }
    }

    /// Oldest first, as they came; what is older than the window of today falls out again.
    pub(crate) fn load_saved(&self, set: Lengths, epoch: Epoch, bytes: &[u8], is_current: impl Fn() -> bool + Copy) {
        let Some((count, outcomes)) = bytes.split_first_chunk() else { return };
        for index in (0..usize::from(u16::from_le_bytes(*count))).rev() {
            let bits = outcome(outcomes, index).unwrap_or(0);
            let mark = Mark { failed: bits & 1 != 0, slow: bits & 2 != 0 };
            self.record(set, epoch, mark, u32::MAX, is_current);
        }
    }
}
