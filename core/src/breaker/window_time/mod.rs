//! The outcomes of the last so much time, in slices: a head word, one word a slice, and a cached sum of the older ones.
//!
//! Recording adds to the newest slice by one compare-and-swap. When time moves into another slice, whoever notices swaps
//! the head, and whoever records next *settles* the window under that head: it seals every older slice (empties the
//! buckets whose slice has gone), sums them, publishes the sums, and opens the newest bucket last. Anybody can do any
//! part of that; nobody waits. The order gives the rules:
//! 1. An outcome can be added only to an open bucket, and the newest is opened after the older ones were sealed. So the
//!    sum that a recorder sees is one that existed: older slices no longer change while the newest counts. A recorder
//!    that slept meets a sealed bucket, and counts in the newest one instead.
//! 2. The head moves only from a settled window (the mover settles it first). So every bucket carries the tag of a slice
//!    near the head, and [`Head::step`](head::Head) can choose a next head under which no stale tag looks new.
//! 3. Whoever changes a cell on behalf of a head looks at the head again *after* loading that cell, and swaps from what
//!    it loaded. Without the second look two settlers of different heads empty a bucket that already counts.
//!
//! A recorder whose `now` is older than another's counts in the newest slice.

mod head;
mod saved;
mod slice;
mod tail;

#[cfg(overcurrent_loom)]
pub mod loom_probe;
#[cfg(all(test, not(overcurrent_loom)))]
mod tests;

use super::window::{Mark, Totals};
use crate::sync::{AcqRel, Acquire, AtomicU64, const_new, mutated, unless_mutated};
use head::{Head, MAX_BUCKETS};
use slice::Slice;
use tail::Tail;

/// One slice's outcomes. Opaque; zero is a valid start.
#[repr(C)]
pub struct Bucket {
    counts: AtomicU64,
    /// Calls that were slow and failed: decides nothing, so it is touched by such calls only.
    slow_failed: AtomicU64,
}

impl Bucket {
    const_new! {
        /// An empty bucket.
        pub fn new() -> Self {
            Self { counts: AtomicU64::new(0), slow_failed: AtomicU64::new(0) }
        }
    }
}

impl Default for Bucket {
    fn default() -> Self {
        Self::new()
    }
}

/// How time is cut: the length of a slice, and how many of them, the newest and unfinished one among them, count.
///
/// `buckets` may be less than the storage: older slices are kept, and count again when it grows. A change of `slice_ns`
/// needs a new generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slices {
    pub(crate) slice_ns: u64,
    pub(crate) buckets: u32,
}

/// Storage of a time window: `R` holds the buckets, one a slice (`[Bucket; B]`, `&[Bucket]`, `Box<[Bucket]>`).
///
/// 16 bytes a bucket and 32 beside them; buckets beyond 4,096 are not used. Slice numbers have 42 bits: slices of a
/// millisecond last 139 years from the origin of time, longer ones accordingly; then the window stands still. A slice
/// counts to 65,535 calls exactly; then its three counts halve, so that its rates stay right while its weight beside
/// other slices shrinks.
///
/// Lock-free, and safe to use from any thread and from interrupt handlers. Recording costs the same for any number of
/// buckets, except for the first record of a slice, which looks at each bucket once.
#[repr(C)]
pub struct TimeWindow<R: ?Sized> {
    head: AtomicU64,
    tail: Tail,
    buckets: R,
}

impl<const BUCKETS: usize> TimeWindow<[Bucket; BUCKETS]> {
    const_new! {
        /// An empty window.
        pub fn new() -> Self {
            Self::over(crate::sync::cells!(Bucket::new(); BUCKETS))
        }
    }
}

impl<const BUCKETS: usize> Default for TimeWindow<[Bucket; BUCKETS]> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> TimeWindow<R> {
    const_new! {
        /// An empty window over storage of the caller's, which must be empty and used by this window only.
        pub fn over(buckets: R) -> Self {
            Self { head: AtomicU64::new(0), tail: Tail::new(), buckets }
        }
    }
}

impl<R: AsRef<[Bucket]>> From<R> for TimeWindow<R> {
    fn from(buckets: R) -> Self {
        Self::over(buckets)
    }
}

impl<R: AsRef<[Bucket]> + ?Sized> TimeWindow<R> {
    /// How many slices can be kept.
    pub fn capacity(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(u32::MAX) // at most 4,096
    }

    #[inline]
    fn len(&self) -> usize {
        self.buckets.as_ref().len().min(MAX_BUCKETS)
    }

    #[inline]
    fn bucket(&self, place: usize) -> Option<&Bucket> {
        self.buckets.as_ref().get(place)
    }

    #[inline]
    fn head(&self) -> Head {
        // Acquire: whoever sees a head sees the settled window that it was moved from.
        Head(self.head.load(Acquire))
    }

    /// Records one outcome at `now` and gives the sums that it made: sums that were true at the instant of recording,
    /// so a rate that crosses a threshold is seen by the call that crosses it and never by accident.
    ///
    /// `None`: the outcome belongs to an older generation and was dropped (or there are no buckets). `is_current` says
    /// whether the breaker is still in `generation`, all 16 bits of it; it is asked before the window is brought there.
    #[inline]
    pub(crate) fn record(
        &self,
        slices: Slices,
        generation: u16,
        mark: Mark,
        now: u64,
        is_current: impl Fn() -> bool,
    ) -> Option<Totals> {
        loop {
            let head = self.head();
            if !head.is_of(generation) {
                if !is_current() && !mutated("tw_stale_generation") {
                    return None;
                }
                self.step(head, slices, generation, now);
                continue; // moved: by us, or by somebody whose head is judged anew
            }
            if !head.holds(slices, now) && self.step(head, slices, generation, now) {
                continue;
            }
            let bucket = self.bucket(head.place())?;
            // Acquire: an open bucket was opened after the older slices were sealed and their sums published.
            let mut old = Slice(bucket.counts.load(Acquire));
            let new = loop {
                if !old.is_open(head.tag(0)) {
                    break None;
                }
                let new = old.add(mark);
                // AcqRel: this record follows those that it counts, and goes before what its caller does next. Lost, it
                // goes on from what it found: another load would be one more trip for the cache line.
                match bucket.counts.compare_exchange_weak(old.0, new.0, AcqRel, Acquire) {
                    Ok(_) => break Some(new),
                    Err(seen) => old = Slice(seen), // somebody recorded or sealed
                }
            };
            let Some(new) = new else {
                self.settle(head, slices);
                continue; // settled under this head, by us or by somebody, or the head has moved
            };
            if mark.failed && mark.slow {
                self.count_slow_failed(bucket, head);
            }
            return match self.tail.read(head, slices.limit(self.len())) {
                Some(tail) => Some(tail.plus(new.totals(head.tag(0)))),
                None => self.totals_of_recorded(head, new, slices, generation),
            };
        }
    }

    /// The sums of `generation`'s window as seen at `now`. Writes nothing.
    pub(crate) fn totals(&self, slices: Slices, generation: u16, now: u64) -> Totals {
        self.read(slices, generation, now).unwrap_or_default()
    }

    /// How many calls of `generation`'s window were slow and failed. Not in step with [`totals`](Self::totals) while
    /// others record; in a slice that halved its counts, at most the lesser of failed and slow. Writes nothing.
    pub(crate) fn slow_failed(&self, slices: Slices, generation: u16, now: u64) -> u32 {
        loop {
            let head = self.head();
            if !head.is_of(generation) {
                return 0;
            }
            let mut sum = 0u32;
            for back in 0..self.slices_left(head, slices, now) {
                let Some(bucket) = self.bucket(head.place_back(back, self.len())) else {
                    break;
                };
                let count = slice::slow_failed(bucket.slow_failed.load(Acquire), head.wide_tag(back));
                let counts = Slice(bucket.counts.load(Acquire)).totals(head.tag(back));
                sum = sum.saturating_add(count.min(counts.failed).min(counts.slow));
            }
            if self.head() == head {
                return sum;
            }
        }
    }

    /// Starts the empty window of a new generation at `now`. For whoever published it, and for those who help.
    ///
    /// Every generation has to be brought here, also one that records elsewhere: the window knows its generation by the
    /// low 10 bits. A generation up to 511 stays older than the window's, and the window's own, change nothing.
    pub(crate) fn bring_forward(&self, slices: Slices, generation: u16, now: u64) {
        loop {
            let head = self.head();
            let stays = head.stays_until(generation);
            if stays == 0 || stays > 512 {
                return;
            }
            self.step(head, slices, generation, now);
        }
    }

    /// Moves the head towards `now` and `generation`. `false`: it stands there already.
    #[cold]
    #[inline(never)]
    fn step(&self, head: Head, slices: Slices, generation: u16, now: u64) -> bool {
        let Some(next) = head.step(slices.slice_of(now), generation, self.len()) else {
            return false;
        };
        let tag = head.tag(0);
        // Acquire: an open bucket says that everything else is settled.
        let settled = self.bucket(head.place()).is_none_or(|b| Slice(b.counts.load(Acquire)).is_open(tag));
        if settled || self.settle(head, slices).is_some() {
            // AcqRel: publishes the settled window. If it fails, somebody else has moved the head.
            let _ = self.head.compare_exchange(head.0, next.0, AcqRel, Acquire);
        }
        true
    }

    /// Seals and sums the older slices, publishes the sums, opens the newest bucket. The sums, or `None` if the head
    /// has moved meanwhile. Whatever part others have done is found done.
    #[cold]
    #[inline(never)]
    fn settle(&self, head: Head, slices: Slices) -> Option<Totals> {
        let len = self.len();
        let limit = slices.limit(len);
        let mut sums = Totals::default();
        for back in 1..len {
            let bucket = self.bucket(head.place_back(back, len))?;
            let tag = head.tag(back);
            let sealed = self.change(head, &bucket.counts, |word| {
                if mutated("tw_tail_unsealed") && Slice(word).is_open(tag) { word } else { Slice(word).seal(tag).0 }
            })?;
            if back < limit {
                sums = sums.plus(Slice(sealed).totals(tag));
            }
        }
        for (cell, word) in self.tail.words(head, limit, sums).into_iter().flatten() {
            self.change(head, cell, |_| word)?;
        }
        let tag = head.tag(0);
        let newest = self.bucket(head.place())?;
        self.change(head, &newest.counts, |word| if Slice(word).is_open(tag) { word } else { Slice::empty(tag).0 })?;
        Some(sums)
    }

    /// Changes a cell on behalf of `head`, unless the head has moved.
    fn change(&self, head: Head, cell: &AtomicU64, to: impl Fn(u64) -> u64) -> Option<u64> {
        loop {
            // Acquire: not to be loaded after the look at the head below.
            let old = cell.load(unless_mutated(Acquire, "tw_cell_relaxed"));
            let new = to(old);
            if new == old {
                return Some(new); // somebody has done it
            }
            if self.head() != head && !mutated("tw_nocheck") {
                return None;
            }
            // AcqRel: what was sealed or published before is seen by whoever sees this. The head leaves only after
            // somebody made this change, so a swap that hits the `old` of this head is not late.
            if cell.compare_exchange(old, new, AcqRel, Acquire).is_ok() {
                return Some(new);
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn count_slow_failed(&self, bucket: &Bucket, head: Head) {
        let tag = head.wide_tag(0);
        loop {
            let old = bucket.slow_failed.load(Acquire);
            // The head is looked at again only where another slice's count would be replaced, maybe a newer one's.
            if old >> 16 != tag && self.head() != head {
                return;
            }
            let new = slice::add_slow_failed(old, tag);
            if old == new || bucket.slow_failed.compare_exchange(old, new, AcqRel, Acquire).is_ok() {
                return;
            }
        }
    }

    /// The sums after a record whose tail was not at hand: another read limit came between, or the head has moved.
    #[cold]
    #[inline(never)]
    fn totals_of_recorded(&self, recorded: Head, new: Slice, slices: Slices, generation: u16) -> Option<Totals> {
        if let Some(tail) = self.settle(recorded, slices) {
            return Some(tail.plus(new.totals(recorded.tag(0))));
        }
        loop {
            let head = self.head();
            if !head.is_of(generation) {
                return None; // a newer generation began, and the record went with the old one
            }
            if let Some(tail) = self.settle(head, slices) {
                let newest = self.bucket(head.place())?.counts.load(Acquire);
                let totals = tail.plus(Slice(newest).totals(head.tag(0)));
                if self.head() == head {
                    return Some(totals);
                }
            }
        }
    }

    /// How many slices, from the head's backwards, are in the window at `now`.
    fn slices_left(&self, head: Head, slices: Slices, now: u64) -> usize {
        let limit = slices.limit(self.len());
        if head.holds(slices, now) {
            return limit;
        }
        let gone = slices.slice_of(now).saturating_sub(head.slice()).min(MAX_BUCKETS as u64);
        limit.saturating_sub((gone & 0xffff) as usize)
    }

    fn read(&self, slices: Slices, generation: u16, now: u64) -> Option<Totals> {
        let len = self.len();
        let limit = slices.limit(len);
        loop {
            let head = self.head();
            if !head.is_of(generation) {
                return None;
            }
            let tag = head.tag(0);
            let newest = &self.bucket(head.place())?.counts;
            let left = self.slices_left(head, slices, now);
            if left == limit {
                if let Some(tail) = self.tail.read(head, limit) {
                    let totals = tail.plus(Slice(newest.load(Acquire)).totals(tag));
                    if self.head() == head {
                        return Some(totals);
                    }
                    continue;
                }
            }
            // Not settled yet, or slices have fallen out that the head still counts. Older slices may then change under
            // our eyes; two equal readings around that of the newest make a state that existed.
            let (before, prints) = self.sum_older(head, left);
            let newest = if left == 0 { Totals::default() } else { Slice(newest.load(Acquire)).totals(tag) };
            let (_, prints_after) = self.sum_older(head, left);
            let stable = prints == prints_after || mutated("tw_read_once");
            if stable && self.head() == head {
                return Some(before.plus(newest));
            }
        }
    }

    /// The sums of the slices before the head's, and a print of the words that were read.
    fn sum_older(&self, head: Head, left: usize) -> (Totals, u64) {
        let mut sums = Totals::default();
        let mut print = 0u64;
        for back in 1..left {
            let Some(bucket) = self.bucket(head.place_back(back, self.len())) else {
                break;
            };
            let word = bucket.counts.load(Acquire);
            sums = sums.plus(Slice(word).totals(head.tag(back)));
            print = print.rotate_left(9).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ word;
        }
        (sums, print)
    }
}

impl Totals {
    #[inline]
    const fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls.wrapping_add(other.calls), // 4,096 x 65,535 calls fit in 28 bits
            failed: self.failed.wrapping_add(other.failed),
            slow: self.slow.wrapping_add(other.slow),
        }
    }
}
