//! The word that says which slice is the newest, and what follows from it alone.

use super::Slices;

/// slice number 42 | place of its bucket 12 | generation, low bits 10. All zero: the first slice of generation 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head(pub(super) u64);

/// The most buckets that a place can name.
pub(super) const MAX_BUCKETS: usize = 1 << 12;

const SLICE_SHIFT: u32 = 22;
const PLACE_SHIFT: u32 = 10;
const GENERATION: u64 = 0x3ff;
const LAST_SLICE: u64 = (1 << 42) - 1;

/// A step of fewer slices cannot make the tag of an old bucket look new: step + turn stays below the tags' 8,192.
const SHORT_STEP: u64 = 1 << 12;
const TAG_SLICE: u64 = (1 << 13) - 1;

impl Head {
    const fn new(slice: u64, place: u64, generation: u16) -> Self {
        Self(slice << SLICE_SHIFT | (place & 0xfff) << PLACE_SHIFT | generation as u64 & GENERATION)
    }

    pub(super) const fn slice(self) -> u64 {
        self.0 >> SLICE_SHIFT
    }

    #[inline]
    pub(super) const fn place(self) -> usize {
        (self.0 >> PLACE_SHIFT & 0xfff) as usize
    }

    #[inline]
    pub(super) const fn is_of(self, generation: u16) -> bool {
        self.0 & GENERATION == generation as u64 & GENERATION
    }

    /// How many stays `generation` is ahead, modulo 1,024.
    pub(super) const fn stays_until(self, generation: u16) -> u64 {
        (generation as u64).wrapping_sub(self.0) & GENERATION
    }

    /// Whether `now` belongs into the newest slice: it lies in it or is older.
    #[inline]
    pub(super) const fn holds(self, slices: Slices, now: u64) -> bool {
        now < self.slice().wrapping_add(1).saturating_mul(slices.slice_ns)
    }

    /// The place of the bucket `back` slices before the newest; `back` is less than `len`.
    pub(super) const fn place_back(self, back: usize, len: usize) -> usize {
        match self.place().checked_sub(back) {
            Some(place) => place,
            None => self.place().wrapping_add(len).wrapping_sub(back),
        }
    }

    /// What marks the bucket of the slice `back` slices before the newest: generation 2 | slice 13.
    #[inline]
    pub(super) const fn tag(self, back: usize) -> u64 {
        (self.0 & 0b11) << 13 | self.slice().wrapping_sub(back as u64) & TAG_SLICE
    }

    /// What marks that slice's cell of slow failures: slice 38 | generation 10. Wide, because nobody clears that cell.
    pub(super) const fn wide_tag(self, back: usize) -> u64 {
        (self.slice().wrapping_sub(back as u64) & 0x3f_ffff_ffff) << 10 | self.0 & GENERATION
    }

    /// What marks the sums of the slices before the newest, `limit` slices in all: slice 13 | generation 10 | limit 12.
    #[inline]
    pub(super) const fn tail_tag(self, limit: usize) -> u64 {
        (self.slice() & TAG_SLICE) << 22 | (self.0 & GENERATION) << 12 | limit as u64 & 0xfff
    }

    /// The next head on the way to `slice` of `generation`, over `len` buckets. `None`: that is where it stands.
    ///
    /// Whoever calls this has seen every bucket settled under this head. That, and the two stops on the way, see to it
    /// that no bucket's tag ever matches by accident, however long the pause:
    /// * a step of fewer than 4,096 slices changes every tag of a bucket that falls out of the window;
    /// * a longer one keeps the place, so that all tags differ by the step; where that is a multiple of the tags' range
    ///   it stops one slice before;
    /// * a new generation differs in its low two bits; where it does not, it stops one generation before.
    pub(super) const fn step(self, slice: u64, generation: u16, len: usize) -> Option<Self> {
        let len = len as u64;
        if !self.is_of(generation) {
            // The next place: a recorder that slept through some generations does not meet its old word there.
            let next = self.place() as u64;
            let next = if next.wrapping_add(1) < len { next.wrapping_add(1) } else { 0 };
            let stop = self.stays_until(generation) % 4 == 0;
            let to = if stop { generation.wrapping_sub(1) } else { generation };
            return Some(Self::new(slice, next, to));
        }
        let ahead = slice.saturating_sub(self.slice());
        if ahead == 0 {
            return None;
        }
        if ahead < SHORT_STEP {
            let place = match (self.place() as u64).wrapping_add(ahead).checked_rem(len) {
                Some(place) => place,
                None => 0,
            };
            return Some(Self::new(slice, place, generation));
        }
        let stop = ahead & TAG_SLICE == 0;
        let to = if stop { slice.wrapping_sub(1) } else { slice };
        Some(Self::new(to, self.place() as u64, generation))
    }
}

impl Slices {
    /// The number of the slice that `now` lies in. The only division, and only when the slice changes.
    pub(super) const fn slice_of(self, now: u64) -> u64 {
        let slice = match now.checked_div(self.slice_ns) {
            Some(slice) => slice,
            None => 0,
        };
        if slice < LAST_SLICE { slice } else { LAST_SLICE }
    }

    /// How many of `len` buckets are read.
    #[inline]
    pub(super) const fn limit(self, len: usize) -> usize {
        let limit = self.buckets as usize;
        if limit == 0 {
            1
        } else if limit < len {
            limit
        } else {
            len
        }
    }
}
