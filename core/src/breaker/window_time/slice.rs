//! The word that counts one slice's outcomes.

use crate::breaker::window::{Mark, Totals};

/// calls 16 | failed 16 | slow 16 | sealed 1 | tag 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice(pub(super) u64);

const CALL: u64 = 1 << 48;
const FAILED: u64 = 1 << 32;
const SLOW: u64 = 1 << 16;
const COUNTS: u64 = !0xffff;
const SEALED: u64 = 1 << 15;

/// Each of the three counts, halved.
const fn halved(word: u64) -> u64 {
    word >> 1 & 0x7fff_7fff_7fff_0000
}

impl Slice {
    pub(super) const fn empty(tag: u64) -> Self {
        Self(tag)
    }

    /// Whether outcomes of the slice with this tag may be added.
    #[inline]
    pub(super) const fn is_open(self, tag: u64) -> bool {
        self.0 & !COUNTS == tag
    }

    pub(super) const fn is_sealed(self, tag: u64) -> bool {
        self.0 & !COUNTS == tag | SEALED
    }

    /// Takes no more outcomes. A word of another slice is emptied.
    pub(super) const fn seal(self, tag: u64) -> Self {
        if self.is_open(tag) || self.is_sealed(tag) { Self(self.0 | SEALED) } else { Self(tag | SEALED) }
    }

    /// One more outcome. At 65,535 calls all counts halve first: the rates stay, the weight beside other slices does not.
    #[inline]
    pub(super) const fn add(self, mark: Mark) -> Self {
        let room = if self.0 >= 0xffff * CALL { halved(self.0) | self.0 & !COUNTS } else { self.0 };
        let failed = if mark.failed { FAILED } else { 0 };
        let slow = if mark.slow { SLOW } else { 0 };
        // No carry: failed and slow are never more than calls, and calls has room.
        Self(room.wrapping_add(CALL | failed | slow))
    }

    /// Many outcomes at once, halved like the rest where they do not fit.
    pub(super) const fn add_many(self, calls: u16, failed: u16, slow: u16) -> Self {
        let mut room = self.0;
        let mut more = (calls as u64) << 48 | (failed as u64) << 32 | (slow as u64) << 16;
        if (room >> 48).wrapping_add(more >> 48) > 0xffff {
            room = halved(room) | room & !COUNTS;
            more = halved(more);
        }
        Self(room.wrapping_add(more))
    }

    /// The counts, if the word is of the slice with this tag.
    #[inline]
    pub(super) const fn totals(self, tag: u64) -> Totals {
        if self.is_open(tag) || self.is_sealed(tag) {
            Totals {
                calls: (self.0 >> 48 & 0xffff) as u32,
                failed: (self.0 >> 32 & 0xffff) as u32,
                slow: (self.0 >> 16 & 0xffff) as u32,
            }
        } else {
            Totals { calls: 0, failed: 0, slow: 0 }
        }
    }
}

/// Calls of one slice that were slow and failed: wide tag 48 | count 16.
pub(super) const fn add_slow_failed(word: u64, wide_tag: u64) -> u64 {
    if word >> 16 != wide_tag {
        wide_tag << 16 | 1
    } else if word & 0xffff == 0xffff {
        word
    } else {
        word.wrapping_add(1)
    }
}

/// That count, if the word is of the slice with this tag.
pub(super) const fn slow_failed(word: u64, wide_tag: u64) -> u32 {
    if word >> 16 == wide_tag { (word & 0xffff) as u32 } else { 0 }
}
