//! Where a breaker keeps outcomes: behind one trait, so that the state machine is written once.

use super::policy::{MAX_CALLS, Policy, Window};
use super::state::StateWord;
use super::window::{Epoch, Mark, Recorded, Totals};
use super::window_count::{CountWindow, Lengths, RingWord};
use crate::error::ConfigError;
use crate::snapshot::{SnapshotError, Writer};
use crate::sync::{Acquire, AtomicU64, const_new};

/// All the words of a breaker: its state and its outcomes. Sealed: a [`CountHistory`], a
/// [`TimeHistory`](super::TimeHistory), or a reference to one.
pub trait History: Sealed {}

/// The words that hold a breaker's state. Opaque; zero is a valid start.
#[repr(C)]
pub struct StateCells {
    pub(super) state: AtomicU64,
    pub(super) deadline: AtomicU64,
    /// Failures in a row: count 32 | generation 16 << 32. Touched only where that rule is on.
    pub(super) in_a_row: AtomicU64,
}

impl StateCells {
    const_new! {
        /// Closed, generation 0.
        pub fn new() -> Self {
            Self { state: AtomicU64::new(0), deadline: AtomicU64::new(0), in_a_row: AtomicU64::new(0) }
        }
    }
}

impl StateCells {
    /// Asks whether the breaker is still in that generation. One closure for all who ask, so that what takes it is
    /// compiled once.
    #[inline(always)]
    pub(super) fn is_in(&self, generation: u16) -> impl Fn() -> bool + Copy + '_ {
        // Acquire: as in `Breaker::load`.
        move || StateWord(self.state.load(Acquire)).generation() == generation
    }
}

impl Default for StateCells {
    fn default() -> Self {
        Self::new()
    }
}

/// The words of a breaker over calls: `R` is the ring, 16 outcomes a word (`[RingWord; W]`, `Box<[RingWord]>`, ...).
///
/// A window of N calls needs `N.div_ceil(16)` words; one ring serves both the window and the half-open trials. Zero is a
/// valid start. `CountHistory<[RingWord; W]>` coerces to `CountHistory<[RingWord]>` behind a reference, so that code for
/// any window size is compiled once.
#[repr(C)]
pub struct CountHistory<R: ?Sized> {
    pub(super) cells: StateCells,
    pub(super) window: CountWindow<R>,
}

impl<const WORDS: usize> CountHistory<[RingWord; WORDS]> {
    const_new! {
        /// Closed, with an empty window.
        pub fn new() -> Self {
            Self { cells: StateCells::new(), window: CountWindow::new() }
        }
    }

    const_new! {
        /// Closed, with an empty window whose lengths are its own.
        pub(super) fn fixed(set: Lengths) -> Self {
            Self { cells: StateCells::new(), window: CountWindow::fixed(set) }
        }
    }
}

impl<const WORDS: usize> Default for CountHistory<[RingWord; WORDS]> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: AsRef<[RingWord]>> CountHistory<R> {
    const_new! {
        /// Over a ring of the caller's, which must be all zero.
        pub fn over(ring: R) -> Self {
            Self { cells: StateCells::new(), window: CountWindow::over(ring) }
        }
    }
}

impl<R: AsRef<[RingWord]> + ?Sized> CountHistory<R> {
    /// How many outcomes the ring can hold.
    pub fn capacity(&self) -> u32 {
        self.window.capacity()
    }
}

/// The operations behind [`History`], out of reach for other crates.
pub trait Sealed {
    /// Whether recording an outcome depends on the time.
    fn is_timed(&self) -> bool;
    /// The words of the state.
    fn cells(&self) -> &StateCells;
    /// Whether this storage can serve these settings.
    fn check(&self, policy: &Policy) -> Result<(), ConfigError>;
    /// Records a plain success where that takes one swap and can demand nothing. `false`: not done.
    fn record_clean(&self, generation: u16) -> bool;
    /// Records one outcome of `epoch`, unless its window holds `limit` calls already or the breaker has gone on.
    fn record(&self, at: Entry<'_>, epoch: Epoch, mark: Mark, limit: u32) -> Recorded;
    /// The sums of a stay.
    fn totals(&self, at: Entry<'_>, epoch: Epoch) -> Totals;
    /// Calls that were both slow and failed.
    fn slow_failed(&self, at: Entry<'_>, epoch: Epoch) -> u32;
    /// Starts the window of a new stay.
    fn bring_forward(&self, at: Entry<'_>, epoch: Epoch);
    /// Writes the window of a stay.
    fn save(&self, at: Entry<'_>, epoch: Epoch, writer: &mut Writer<'_>);
    /// Whether `bytes` are a window that fits, and how many calls are in it.
    fn check_saved(&self, trial: bool, bytes: &[u8]) -> Result<u32, SnapshotError>;
    /// Starts the window of a new stay and records the outcomes in checked `bytes`, as old as they were `off`
    /// nanoseconds ago.
    fn load_saved(&self, at: Entry<'_>, epoch: Epoch, off: u64, bytes: &[u8]);
    /// Puts changed window lengths in force, keeping history. One caller at a time.
    fn resize(&self, policy: &Policy);
    /// Fixes the lengths at construction, for a breaker whose settings may change.
    fn fix(&mut self, policy: &Policy);
}

/// The settings and the time of one touch.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub policy: &'a Policy,
    pub now: u64,
}

/// The lengths that a policy gives a ring. Both are at most 32,767, checked when the policy was built.
#[allow(clippy::cast_possible_truncation, reason = "at most 32,767: checked when the policy was built")]
pub const fn lengths(policy: &Policy) -> Lengths {
    let window = match policy.window {
        Window::Calls(n) if n < MAX_CALLS => n as u16,
        _ => MAX_CALLS as u16,
    };
    Lengths { window, trials: policy.trial_calls }
}

/// Whether a ring of `capacity` outcomes can serve these settings.
pub const fn check_ring(capacity: u32, policy: &Policy, count_window: bool) -> Result<(), ConfigError> {
    if count_window {
        match policy.window {
            Window::Calls(n) => {
                if let Err(e) = ConfigError::check("window (calls)", n as u64, 1, capacity as u64) {
                    return Err(e);
                }
            }
            Window::Time { buckets, .. } => {
                return Err(ConfigError::new("window (time buckets in a count breaker)", buckets as u64, 0, 0));
            }
        }
    }
    ConfigError::check("trial_calls", policy.trial_calls as u64, 1, capacity as u64)
}

impl<R: AsRef<[RingWord]> + ?Sized> History for CountHistory<R> {}

impl<R: AsRef<[RingWord]> + ?Sized> Sealed for CountHistory<R> {
    #[inline(always)]
    fn is_timed(&self) -> bool {
        false
    }

    #[inline]
    fn cells(&self) -> &StateCells {
        &self.cells
    }

    fn check(&self, policy: &Policy) -> Result<(), ConfigError> {
        check_ring(self.window.capacity(), policy, true)
    }

    #[inline]
    fn record_clean(&self, generation: u16) -> bool {
        self.window.record_clean(generation, self.cells.is_in(generation))
    }

    #[inline]
    fn record(&self, at: Entry<'_>, epoch: Epoch, mark: Mark, limit: u32) -> Recorded {
        self.window.record(lengths(at.policy), epoch, mark, limit, self.cells.is_in(epoch.generation))
    }

    #[inline]
    fn totals(&self, at: Entry<'_>, epoch: Epoch) -> Totals {
        self.window.totals(lengths(at.policy), epoch.generation)
    }

    fn slow_failed(&self, at: Entry<'_>, epoch: Epoch) -> u32 {
        self.window.slow_failed(lengths(at.policy), epoch.generation)
    }

    fn bring_forward(&self, _: Entry<'_>, epoch: Epoch) {
        self.window.bring_forward(epoch, self.cells.is_in(epoch.generation));
    }

    fn save(&self, at: Entry<'_>, epoch: Epoch, writer: &mut Writer<'_>) {
        self.window.save(lengths(at.policy), epoch.generation, writer);
    }

    fn check_saved(&self, _: bool, bytes: &[u8]) -> Result<u32, SnapshotError> {
        CountWindow::<[RingWord]>::check_saved(bytes)
    }

    fn load_saved(&self, at: Entry<'_>, epoch: Epoch, _: u64, bytes: &[u8]) {
        let is_current = self.cells.is_in(epoch.generation);
        self.window.bring_forward(epoch, is_current);
        self.window.load_saved(lengths(at.policy), epoch, bytes, is_current);
    }

    fn resize(&self, policy: &Policy) {
        self.window.resize(lengths(policy));
    }

    fn fix(&mut self, policy: &Policy) {
        self.window.fix_lengths(lengths(policy));
    }
}

/// A reference to the words is as good as the words: state and outcomes in memory of somebody else's, looked at anew for
/// each call.
impl<H: History + ?Sized> History for &H {}

impl<H: Sealed + ?Sized> Sealed for &H {
    #[inline(always)]
    fn is_timed(&self) -> bool {
        (**self).is_timed()
    }

    #[inline]
    fn cells(&self) -> &StateCells {
        (**self).cells()
    }

    fn check(&self, policy: &Policy) -> Result<(), ConfigError> {
        (**self).check(policy)
    }

    #[inline]
    fn record_clean(&self, generation: u16) -> bool {
        (**self).record_clean(generation)
    }

    #[inline]
    fn record(&self, at: Entry<'_>, epoch: Epoch, mark: Mark, limit: u32) -> Recorded {
        (**self).record(at, epoch, mark, limit)
    }

    #[inline]
    fn totals(&self, at: Entry<'_>, epoch: Epoch) -> Totals {
        (**self).totals(at, epoch)
    }

    fn slow_failed(&self, at: Entry<'_>, epoch: Epoch) -> u32 {
        (**self).slow_failed(at, epoch)
    }

    fn bring_forward(&self, at: Entry<'_>, epoch: Epoch) {
        (**self).bring_forward(at, epoch);
    }

    fn save(&self, at: Entry<'_>, epoch: Epoch, writer: &mut Writer<'_>) {
        (**self).save(at, epoch, writer);
    }

    fn check_saved(&self, trial: bool, bytes: &[u8]) -> Result<u32, SnapshotError> {
        (**self).check_saved(trial, bytes)
    }

    fn load_saved(&self, at: Entry<'_>, epoch: Epoch, off: u64, bytes: &[u8]) {
        (**self).load_saved(at, epoch, off, bytes);
    }

    fn resize(&self, policy: &Policy) {
        (**self).resize(policy);
    }

    fn fix(&mut self, policy: &Policy) {
        (**self).resize(policy);
    }
}
