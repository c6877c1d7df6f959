//! The last N outcomes, exact at every instant, recorded by ONE compare-and-swap.
//!
//! A ring that is claimed first and summed afterwards shows totals that never existed: with F S S S and "2 of 4 trips",
//! a success over the failure and a failure over a success can be seen as two failures. Here the newest outcome travels
//! in the totals word itself, and the next recorder first helps it into the ring (the lagging tail of Michael and
//! Scott's queue, 1996). So the swap that crosses a threshold is the one owner of the trip, nobody waits for anybody,
//! and a recorder that dies between two instructions leaves nothing half done.
//!
//! Rules that the models in `tests/loom` show to be necessary:
//! 1. Nobody moves the totals word without having helped. A reset that skips it lets a sleeping helper write an old
//!    failure into the new window's ring.
//! 2. A helper looks at the totals word again *after* loading the ring word, and swaps only if it is unchanged.
//! 3. "Dirty" may be dropped only at a turn of the ring, after a look at the whole ring; the totals alone do not know
//!    what lies outside a window that is shorter than the ring.

mod saved;
mod word;

use super::window::{Epoch, Mark, Recorded, Totals};
use crate::sync::{AcqRel, Acquire, AtomicU32, AtomicU64, Relaxed, Release, const_new, mutated, unless_mutated};
use word::{DIRTY, Layout, NEWEST, mark_bits};

/// Sixteen outcomes of a count window, with a change counter beside them. Opaque; zero is a valid start.
#[repr(transparent)]
pub struct RingWord(AtomicU64);

impl RingWord {
    const_new! {
        /// An empty word.
        pub fn new() -> Self {
            Self(AtomicU64::new(0))
        }
    }

    const fn outcome(word: u64, slot: u32) -> u64 {
        word.wrapping_shr((slot & 15).wrapping_mul(2)) & 0b11
    }

    const fn with_outcome(word: u64, slot: u32, outcome: u64) -> u64 {
        let at = (slot & 15).wrapping_mul(2);
        let outcomes = word & 0xffff_ffff & !0b11u64.wrapping_shl(at) | outcome.wrapping_shl(at);
        outcomes | (word >> 32).wrapping_add(1) << 32
    }

    #[allow(clippy::verbose_bit_mask, reason = "sixteen outcomes, not a number of trailing zeros")]
    const fn all_successes(word: u64) -> bool {
        word & 0xffff_ffff == 0
    }
}

impl Default for RingWord {
    fn default() -> Self {
        Self::new()
    }
}

/// How many outcomes count: in the breaker's own window, and in the half-open trials' one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lengths {
    pub(crate) window: u16,
    pub(crate) trials: u16,
}

impl Lengths {
    const fn pack(self) -> u32 {
        self.window as u32 | (self.trials as u32) << 16
    }

    const fn of(self, trial: bool) -> u32 {
        if trial { self.trials as u32 } else { self.window as u32 }
    }
}

/// Storage of a count window: `R` is the ring, 16 outcomes a word (`[RingWord; W]`, `&[RingWord]`, `Box<[RingWord]>`).
///
/// A window of N calls needs `N.div_ceil(16)` words; one ring serves both the window and the half-open trials.
#[repr(C)]
pub struct CountWindow<R: ?Sized> {
    totals: AtomicU64,
    /// Two cells of [`Lengths`], the one in force named by a bit of the totals word; 0 = as the settings say.
    lengths: [AtomicU32; 2],
    ring: R,
}

impl<const WORDS: usize> CountWindow<[RingWord; WORDS]> {
    const_new! {
        /// An empty window.
        pub fn new() -> Self {
            Self {
                totals: AtomicU64::new(0),
                lengths: [AtomicU32::new(0), AtomicU32::new(0)],
                ring: crate::sync::cells!(RingWord::new(); WORDS),
            }
        }
    }

    const_new! {
        /// An empty window whose lengths are its own, to be changed by `resize`.
        pub(crate) fn fixed(set: Lengths) -> Self {
            Self {
                totals: AtomicU64::new(0),
                lengths: [AtomicU32::new(set.pack()), AtomicU32::new(0)],
                ring: crate::sync::cells!(RingWord::new(); WORDS),
            }
        }
    }
}

impl<const WORDS: usize> Default for CountWindow<[RingWord; WORDS]> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: AsRef<[RingWord]>> CountWindow<R> {
    const_new! {
        /// An empty window over storage of the caller's, which must be all zero.
        pub fn over(ring: R) -> Self {
            Self { totals: AtomicU64::new(0), lengths: [AtomicU32::new(0), AtomicU32::new(0)], ring }
        }
    }
}

impl<R: AsRef<[RingWord]> + ?Sized> CountWindow<R> {
    /// How many outcomes the ring can hold.
    pub fn capacity(&self) -> u32 {
        self.layout().capacity()
    }

    #[inline]
    fn layout(&self) -> Layout {
        Layout::of(self.ring.as_ref().len())
    }

    /// The length in force for `word`.
    #[inline]
    fn length(&self, layout: Layout, word: u64, set: Lengths) -> u32 {
        let [first, second] = &self.lengths;
        // Relaxed: written before the swap that put this cell in force, and `word` was loaded with Acquire.
        let cell = if layout.sizes(word) { second } else { first }.load(Relaxed);
        let n = if cell == 0 {
            set.of(layout.is_trial(word))
        } else if layout.is_trial(word) {
            cell >> 16
        } else {
            cell & 0xffff
        };
        if n < layout.capacity() { n } else { layout.capacity() }
    }

    #[inline]
    fn slot_word(&self, slot: u32) -> Option<&AtomicU64> {
        self.ring.as_ref().get(slot as usize / 16).map(|word| &word.0)
    }

    /// Records a success where neither the ring nor the newest outcome holds anything else. `false`: not done, take
    /// [`record`](Self::record).
    ///
    /// No ring word is read or written, so nothing that was loaded feeds the swap but the word itself: a locked
    /// instruction waits for every load before it.
    #[inline]
    pub(crate) fn record_clean(&self, generation: u16, is_current: impl Fn() -> bool + Copy) -> bool {
        // Acquire: ring words written before the totals moved here are seen by whoever reads these totals.
        let word = self.totals.load(Acquire);
        if word & DIRTY != 0 {
            return false;
        }
        let layout = self.layout();
        layout.is_of(word, generation)
            // After the load, so that a swap that succeeds was of this generation.
            && (!layout.is_narrow() || is_current())
            && !layout.at_turn(word)
            // AcqRel: publishes this record, and orders it after everything the previous one published.
            && self.totals.compare_exchange(word, layout.push_clean(word), AcqRel, Acquire).is_ok()
    }

    /// Records one outcome of `epoch`. `limit` is the number of calls at which the window takes no more; `is_current`
    /// says whether the breaker is still in that generation.
    #[inline(never)]
    pub(crate) fn record(
        &self,
        set: Lengths,
        epoch: Epoch,
        mark: Mark,
        limit: u32,
        is_current: impl Fn() -> bool + Copy,
    ) -> Recorded {
        let layout = self.layout();
        let bits = mark_bits(mark);
        loop {
            let word = self.totals.load(Acquire);
            if !layout.is_of(word, epoch.generation) {
                if !is_current() && !mutated("window_backward") {
                    return Recorded::Stale;
                }
                self.bring_forward(epoch, is_current);
                continue; // moved by us or by somebody: the word or the breaker's generation has changed
            }
            if layout.is_narrow() && !is_current() && !mutated("window_backward") {
                return Recorded::Stale;
            }
            let n = self.length(layout, word, set);
            let before = layout.totals(word, n);
            if before.calls >= limit {
                return Recorded::Full(before);
            }
            if word & DIRTY != 0 && !self.help(layout, word) {
                continue;
            }
            let leaving = match layout.leaving_slot(word, n) {
                Some(slot) if word & DIRTY != 0 && !mutated("window_nothing_leaves") => self.outcome(slot),
                _ => 0, // nothing falls out, or a success
            };
            let clean = word & DIRTY != 0
                && (layout.at_turn(word) && self.only_successes()
                    || mutated("window_clean_by_totals") && before.failed | before.slow == 0);
            let next = layout.push(word, bits, leaving, clean);
            let next = if mutated("window_nolap") { layout.without_lap(next) } else { next };
            if self.totals.compare_exchange(word, next, AcqRel, Acquire).is_ok() {
                return Recorded::Counted(layout.totals(next, n));
            }
        }
    }

    /// Puts the newest outcome of `word` into the ring. `false`: the totals have moved on, load them again.
    fn help(&self, layout: Layout, word: u64) -> bool {
        let Some(slot) = layout.newest_slot(word) else {
            return true;
        };
        let Some(cell) = self.slot_word(slot) else { return true };
        loop {
            // Acquire: the second look at the totals below must not be older than this ring word, or a helper would pair
            // a new ring word with old totals and write an outcome of the past.
            let seen = cell.load(unless_mutated(Acquire, "window_ring_relaxed"));
            if RingWord::outcome(seen, slot) == word & NEWEST {
                return true;
            }
            if self.totals.load(Acquire) != word && !mutated("window_help_nocheck") {
                return false;
            }
            let next = RingWord::with_outcome(seen, slot, word & NEWEST);
            // Release: pairs with the Acquire above. Strong: whoever fails must know that the word moved.
            if cell.compare_exchange(seen, next, unless_mutated(Release, "window_ring_relaxed"), Relaxed).is_ok() {
                return true;
            }
        }
    }

    fn outcome(&self, slot: u32) -> u64 {
        // Acquire: see `help`. The swap on the totals that follows fails if anybody recorded in between.
        self.slot_word(slot).map_or(0, |cell| RingWord::outcome(cell.load(Acquire), slot))
    }

    fn only_successes(&self) -> bool {
        self.ring.as_ref().iter().all(|cell| RingWord::all_successes(cell.0.load(Acquire)))
    }

    /// Starts an empty window for `epoch`, unless it is there already or the breaker has gone on.
    // Not inlined: once a stay, and in the loop of `record` it would take the registers that every record needs.
    #[cold]
    #[inline(never)]
    pub(crate) fn bring_forward(&self, epoch: Epoch, is_current: impl Fn() -> bool + Copy) {
        let layout = self.layout();
        loop {
            let word = self.totals.load(Acquire);
            // Asked after the load: totals of a newer generation exist only after the breaker's word has moved on.
            if layout.is_of(word, epoch.generation) || (!is_current() && !mutated("window_backward")) {
                return;
            }
            if word & DIRTY != 0 && !mutated("window_reset_nohelp") && !self.help(layout, word) {
                continue;
            }
            let next = layout.fresh(word, epoch.generation, epoch.trial);
            if self.totals.compare_exchange(word, next, AcqRel, Acquire).is_ok() {
                return;
            }
        }
    }

    /// The sums of `generation`; nothing if its window has not begun.
    #[inline]
    pub(crate) fn totals(&self, set: Lengths, generation: u16) -> Totals {
        let layout = self.layout();
        let word = self.totals.load(Acquire);
        if layout.is_of(word, generation) {
            layout.totals(word, self.length(layout, word, set))
        } else {
            Totals::default()
        }
    }

    /// How many outcomes were both slow and failed: decides nothing, so it is counted only when somebody asks.
    ///
    /// Recorders may overtake the count; after a few tries the last one is given as it is.
    pub(crate) fn slow_failed(&self, set: Lengths, generation: u16) -> u32 {
        let layout = self.layout();
        let mut both = 0;
        for _ in 0..8 {
            let word = self.totals.load(Acquire);
            if !layout.is_of(word, generation) {
                return 0;
            }
            let n = self.length(layout, word, set);
            both = self.count(layout, word, layout.live(word, n)).2;
            if self.totals.load(Acquire) == word {
                break;
            }
        }
        both
    }

    #[allow(clippy::cast_possible_truncation, clippy::similar_names, reason = "single bits")]
    /// Failed, slow, and both, among the newest `live` outcomes.
    fn count(&self, layout: Layout, word: u64, live: u32) -> (u32, u32, u32) {
        let (mut failed, mut slow, mut both) = (0u32, 0u32, 0u32);
        let Some(newest) = layout.newest_slot(word) else {
            return (0, 0, 0);
        };
        let mut slot = newest;
        for age in 0..live {
            let outcome = if age == 0 { word & NEWEST } else { self.outcome(slot) };
            failed = failed.wrapping_add((outcome & 1) as u32);
            slow = slow.wrapping_add((outcome >> 1) as u32);
            both = both.wrapping_add(u32::from(outcome == 0b11));
            slot = if slot == 0 { layout.capacity().wrapping_sub(1) } else { slot.wrapping_sub(1) };
        }
        (failed, slow, both)
    }

    /// Puts new lengths in force and keeps the history: as much of the ring as the new length reaches back counts.
    ///
    /// One caller at a time: the breaker's reconfiguration is exclusive.
    pub(crate) fn resize(&self, set: Lengths) {
        let layout = self.layout();
        loop {
            let word = self.totals.load(Acquire);
            if word & DIRTY != 0 && !self.help(layout, word) {
                continue;
            }
            let wanted = set.of(layout.is_trial(word));
            let reach = if layout.lapped(word) { layout.capacity() } else { layout.position(word) };
            let live = if wanted < reach { wanted } else { reach };
            let (failed, slow, _) = if word & DIRTY == 0 { (0, 0, 0) } else { self.count(layout, word, live) };
            let [first, second] = &self.lengths;
            // The cell that is not in force: no recorder whose swap can still succeed reads it.
            if layout.sizes(word) { first } else { second }.store(set.pack(), Relaxed);
            if mutated("window_resize_store") {
                return self.totals.store(layout.resized(word, failed, slow), Release);
            }
            // AcqRel: publishes the cell.
            if self.totals.compare_exchange(word, layout.resized(word, failed, slow), AcqRel, Acquire).is_ok() {
                return;
            }
        }
    }

    /// Fixes the lengths at construction, where they may change later.
    pub(crate) fn fix_lengths(&mut self, set: Lengths) {
        let cell = AtomicU32::new(set.pack());
        let [first, _] = &mut self.lengths;
        *first = cell;
    }
}
