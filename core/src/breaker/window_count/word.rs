//! The totals word of a count window: layout and pure steps.
//!
//! | bits, from the low end | field |
//! |---|---|
//! | 2 | the newest outcome: failed, slow. It rides here until the next recorder has put it into the ring |
//! | 1 | lapped: the ring has been filled once, so everything in it counts |
//! | 1 | trial: this is the half-open trials' stay |
//! | 1 | sizes: which of the two cells of window lengths is in force |
//! | 1 | dirty: the ring, or the newest outcome, holds something other than a success |
//! | 16 or 10 | generation |
//! | 3 x w | slow, failed, position of the next outcome |
//! | the rest | lap: +1 at each turn of the ring, each new stay, each resize. A recorder that slept through a whole turn ending in equal counts must not take its old word for the current one |

use super::super::window::{Mark, Totals};

pub(super) const NEWEST: u64 = 0b11;
const LAPPED: u64 = 1 << 2;
const TRIAL: u64 = 1 << 3;
const SIZES: u64 = 1 << 4;
pub(super) const DIRTY: u64 = 1 << 5;
const GENERATION_AT: u32 = 6;

/// Where the fields are, for a ring of a given size.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// Outcomes in the ring.
    capacity: u32,
    /// Bits of a count.
    count: u32,
    generation_mask: u64,
    slow_at: u32,
    failed_at: u32,
    position_at: u32,
    lap_at: u32,
    /// What takes the position from the last slot to 0 and the lap one on.
    turn: u64,
}

pub(super) const fn mark_bits(mark: Mark) -> u64 {
    mark.failed as u64 | (mark.slow as u64) << 1
}

#[allow(clippy::cast_possible_truncation, clippy::unused_self, reason = "fields are masked; the layout is the subject")]
impl Layout {
    /// For a ring of `words` words of 16 outcomes.
    pub(super) const fn of(words: usize) -> Self {
        let most = super::super::policy::MAX_CALLS as usize;
        let outcomes = words.saturating_mul(16);
        // Bounded by 32,767 just above the cast.
        let capacity = if outcomes < most { outcomes } else { most } as u32;
        let count = u32::BITS.wrapping_sub(capacity.leading_zeros());
        let generation = if count <= 12 { 16 } else { 10 };
        let slow_at = GENERATION_AT.wrapping_add(generation);
        let failed_at = slow_at.wrapping_add(count);
        let position_at = failed_at.wrapping_add(count);
        let turn = 1u64.wrapping_shl(count).wrapping_sub(capacity.saturating_sub(1) as u64).wrapping_shl(position_at);
        Self {
            turn,
            capacity,
            count,
            generation_mask: 1u64.wrapping_shl(generation).wrapping_sub(1),
            slow_at,
            failed_at,
            position_at,
            lap_at: position_at.wrapping_add(count),
        }
    }

    #[inline]
    pub(super) const fn capacity(self) -> u32 {
        self.capacity
    }

    #[inline]
    const fn field(self, word: u64, at: u32) -> u32 {
        (word.wrapping_shr(at) & 1u64.wrapping_shl(self.count).wrapping_sub(1)) as u32
    }

    #[inline]
    pub(super) const fn position(self, word: u64) -> u32 {
        self.field(word, self.position_at)
    }

    #[inline]
    pub(super) const fn is_trial(self, word: u64) -> bool {
        word & TRIAL != 0
    }

    #[inline]
    pub(super) const fn sizes(self, word: u64) -> bool {
        word & SIZES != 0
    }

    #[inline]
    pub(super) const fn lapped(self, word: u64) -> bool {
        word & LAPPED != 0
    }

    #[inline]
    pub(super) const fn generation_bits(self, generation: u16) -> u64 {
        (generation as u64 & self.generation_mask) << GENERATION_AT
    }

    /// Whether the word holds only part of a generation, so that only the breaker can tell old ones apart.
    #[inline]
    pub(super) const fn is_narrow(self) -> bool {
        self.generation_mask < 0xffff
    }

    #[inline]
    pub(super) const fn is_of(self, word: u64, generation: u16) -> bool {
        word & self.generation_mask << GENERATION_AT == self.generation_bits(generation)
    }

    /// Outcomes that count, in a window of `n`.
    #[inline]
    pub(super) const fn live(self, word: u64, n: u32) -> u32 {
        let position = self.position(word);
        if self.lapped(word) || position > n { n } else { position }
    }

    #[inline]
    pub(super) const fn totals(self, word: u64, n: u32) -> Totals {
        Totals {
            calls: self.live(word, n),
            failed: self.field(word, self.failed_at),
            slow: self.field(word, self.slow_at),
        }
    }

    /// The slot of the newest outcome, if there is one.
    #[inline]
    pub(super) const fn newest_slot(self, word: u64) -> Option<u32> {
        match self.position(word) {
            0 if self.lapped(word) => Some(self.capacity.wrapping_sub(1)),
            0 => None,
            position => Some(position.wrapping_sub(1)),
        }
    }

    /// The slot that falls out of a window of `n` when one more outcome comes in.
    #[inline]
    pub(super) const fn leaving_slot(self, word: u64, n: u32) -> Option<u32> {
        if self.live(word, n) < n {
            return None;
        }
        let position = self.position(word);
        let back = position.wrapping_sub(n);
        Some(if position >= n { back } else { back.wrapping_add(self.capacity) })
    }

    /// Whether the next outcome takes the last slot of the ring.
    #[inline]
    pub(super) const fn at_turn(self, word: u64) -> bool {
        self.position(word) >= self.capacity.wrapping_sub(1)
    }

    /// One more success, where neither ring nor newest outcome holds anything else, and away from the turn: the only
    /// field that moves is the position.
    #[inline]
    pub(super) const fn push_clean(self, word: u64) -> u64 {
        word.wrapping_add(1u64.wrapping_shl(self.position_at))
    }

    /// One more outcome. `leaving` is the outcome that falls out; `clean` says that the whole ring was seen to hold
    /// successes only.
    ///
    /// The fields are added to where they are. None runs over: an outcome that falls out was counted when it came in, and a
    /// word that is not the newest any more is never published.
    pub(super) const fn push(self, word: u64, mark: u64, leaving: u64, clean: bool) -> u64 {
        let (flags, position) = if self.at_turn(word) {
            // From the last slot past all that the field holds: to 0, and one lap more.
            (LAPPED, self.turn)
        } else {
            (0, 1u64.wrapping_shl(self.position_at))
        };
        let dirty = if mark != 0 {
            DIRTY
        } else if clean {
            0
        } else {
            word & DIRTY
        };
        (word & !(NEWEST | DIRTY) | flags | dirty | mark)
            .wrapping_add(position)
            .wrapping_add(self.counted(mark))
            .wrapping_sub(self.counted(leaving))
    }

    /// An outcome as it counts in the sums.
    #[inline]
    const fn counted(self, outcome: u64) -> u64 {
        (outcome & 1).wrapping_shl(self.failed_at) | (outcome >> 1).wrapping_shl(self.slow_at)
    }

    /// What the totals word would be without its lap: only the models plant that fault.
    pub(super) const fn without_lap(self, word: u64) -> u64 {
        word & 1u64.wrapping_shl(self.lap_at).wrapping_sub(1)
    }

    /// An empty window for a new stay. The ring is not cleared: nothing beyond the position is read before the lap.
    pub(super) const fn fresh(self, word: u64, generation: u16, trial: bool) -> u64 {
        let lap = word.wrapping_shr(self.lap_at).wrapping_add(1);
        word & (SIZES | DIRTY)
            | if trial { TRIAL } else { 0 }
            | self.generation_bits(generation)
            | lap.wrapping_shl(self.lap_at)
    }

    /// The same outcomes under the other cell of lengths, with sums counted anew.
    pub(super) const fn resized(self, word: u64, failed: u32, slow: u32) -> u64 {
        let counts = 1u64.wrapping_shl(self.count.wrapping_mul(2)).wrapping_sub(1).wrapping_shl(self.slow_at);
        let below_lap = 1u64.wrapping_shl(self.lap_at).wrapping_sub(1);
        let lap = word.wrapping_shr(self.lap_at).wrapping_add(1);
        (word & below_lap & !counts ^ SIZES)
            | (slow as u64).wrapping_shl(self.slow_at)
            | (failed as u64).wrapping_shl(self.failed_at)
            | lap.wrapping_shl(self.lap_at)
    }
}
