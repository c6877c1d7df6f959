//! Outcomes of the last so much time, beside the ring of the half-open trials.

use super::history::{Entry, History, Sealed, StateCells, check_ring, lengths};
use super::live::LivePolicy;
use super::machine::Breaker;
use super::policy::{Policy, Window};
use super::window::{Epoch, Mark, Recorded, Totals};
use super::window_count::{CountWindow, Lengths, RingWord};
use super::window_time::{Bucket, Slices, TimeWindow};
use crate::error::ConfigError;
use crate::snapshot::{SnapshotError, Writer};
use crate::sync::const_new;

/// Storage of a breaker over time: `B` holds the buckets, `T` the ring of the trials.
///
/// Zero is a valid start; `TimeHistory<[Bucket; B], T>` coerces to `TimeHistory<[Bucket], T>` behind a reference.
#[repr(C)]
pub struct TimeHistory<B: ?Sized, T> {
    pub(super) cells: StateCells,
    pub(super) trials: CountWindow<T>,
    pub(super) window: TimeWindow<B>,
}

/// Words in the ring of a [`TimeBreaker`]'s trials: up to 64 of them.
pub(super) const TRIAL_WORDS: usize = 4;

/// A breaker over the calls of the last so much time, in `BUCKETS` slices; up to 64 trial calls.
///
/// ```
/// use overcurrent::{BreakerConfig, Nanos, Outcome, State, TimeBreaker, Window};
/// static BREAKER: TimeBreaker<10> = match TimeBreaker::new(
///     match BreakerConfig::new(Window::time(Nanos::from_secs(30), 10)).min_calls(3).build() {
///         Ok(policy) => policy,
///         Err(_) => panic!("checked by the compiler"),
///     },
/// ) {
///     Ok(breaker) => breaker,
///     Err(_) => panic!("checked by the compiler"),
/// };
/// for second in 0..3 {
///     let now = Nanos::from_secs(second);
///     BREAKER.leave(BREAKER.enter(now).unwrap(), Outcome::Failure, now);
/// }
/// assert_eq!(BREAKER.state(Nanos::from_secs(3)), State::Open);
/// ```
pub type TimeBreaker<const BUCKETS: usize, P = Policy, O = ()> =
    Breaker<TimeHistory<[Bucket; BUCKETS], [RingWord; TRIAL_WORDS]>, P, O>;

impl<const BUCKETS: usize> TimeBreaker<BUCKETS> {
    const_new! {
        /// A closed breaker.
        ///
        /// # Errors
        /// If the slices do not fit the buckets, the trial calls are more than 64, or the window is one of calls.
        pub fn new(policy: Policy) -> Result<Self, ConfigError> {
            match check(BUCKETS, 64, &policy) {
                Ok(()) => Ok(Self::assemble(policy, TimeHistory::new(), ())),
                Err(e) => Err(e),
            }
        }
    }
}

/// A [`TimeBreaker`] whose settings can be changed while it runs.
pub type LiveTimeBreaker<const BUCKETS: usize, O = ()> = TimeBreaker<BUCKETS, LivePolicy, O>;

impl<const BUCKETS: usize> LiveTimeBreaker<BUCKETS> {
    const_new! {
        /// A closed breaker whose settings can be changed by [`reconfigure`](Breaker::reconfigure).
        ///
        /// # Errors
        /// If the slices do not fit the buckets, the trial calls are more than 64, or the window is one of calls.
        pub fn live(policy: Policy) -> Result<Self, ConfigError> {
            match check(BUCKETS, 64, &policy) {
                Ok(()) => {
                    Ok(Self::assemble(LivePolicy::new(policy), TimeHistory::fixed(lengths(&policy)), ()))
                }
                Err(e) => Err(e),
            }
        }
    }
}

impl<const BUCKETS: usize, const WORDS: usize> TimeHistory<[Bucket; BUCKETS], [RingWord; WORDS]> {
    const_new! {
        /// Closed, with an empty window.
        pub fn new() -> Self {
            Self { cells: StateCells::new(), trials: CountWindow::new(), window: TimeWindow::new() }
        }
    }

    const_new! {
        /// Closed, with an empty window; the lengths of the trials' ring are its own.
        pub(super) fn fixed(set: Lengths) -> Self {
            Self { cells: StateCells::new(), trials: CountWindow::fixed(set), window: TimeWindow::new() }
        }
    }
}

impl<const BUCKETS: usize, const WORDS: usize> Default for TimeHistory<[Bucket; BUCKETS], [RingWord; WORDS]> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B: AsRef<[Bucket]>, T: AsRef<[RingWord]>> TimeHistory<B, T> {
    /// Over storage of the caller's, which must be all zero.
    pub fn over(buckets: B, trials: T) -> Self {
        Self { cells: StateCells::new(), trials: CountWindow::over(trials), window: TimeWindow::over(buckets) }
    }
}

pub(super) const fn check(capacity: usize, trials: u32, policy: &Policy) -> Result<(), ConfigError> {
    match policy.window {
        Window::Calls(n) => return Err(ConfigError::new("window (calls in a time breaker)", n as u64, 0, 0)),
        Window::Time { buckets, .. } => {
            if let Err(e) = ConfigError::check("window (buckets)", buckets as u64, 1, capacity as u64) {
                return Err(e);
            }
        }
    }
    check_ring(trials, policy, false)
}

#[inline]
pub(super) const fn slices(policy: &Policy) -> Slices {
    match policy.window {
        Window::Time { slice, buckets } => Slices { slice_ns: slice.get(), buckets },
        Window::Calls(_) => Slices { slice_ns: u64::MAX, buckets: 1 }, // refused when the breaker was built
    }
}

impl<B: AsRef<[Bucket]> + ?Sized> TimeWindow<B> {
    /// Records one outcome that is nobody's trial.
    #[inline]
    pub(super) fn record_in(&self, cells: &StateCells, at: Entry<'_>, generation: u16, mark: Mark) -> Recorded {
        let is_current = cells.is_in(generation);
        // The window knows the low bits of a generation only; a permit from far enough back would look like today's.
        if !is_current() {
            return Recorded::Stale;
        }
        match self.record(slices(at.policy), generation, mark, at.now, is_current) {
            Some(totals) => Recorded::Counted(totals),
            None => Recorded::Stale,
        }
    }
}

impl<B: AsRef<[Bucket]> + ?Sized, T: AsRef<[RingWord]>> History for TimeHistory<B, T> {}

impl<B: AsRef<[Bucket]> + ?Sized, T: AsRef<[RingWord]>> Sealed for TimeHistory<B, T> {
    #[inline(always)]
    fn is_timed(&self) -> bool {
        true
    }

    #[inline]
    fn cells(&self) -> &StateCells {
        &self.cells
    }

    fn check(&self, policy: &Policy) -> Result<(), ConfigError> {
        check(self.window.capacity() as usize, self.trials.capacity(), policy)
    }

    #[inline]
    fn record_clean(&self, _: u16) -> bool {
        false // which slice it belongs to depends on the time
    }

    #[inline]
    fn record(&self, at: Entry<'_>, epoch: Epoch, mark: Mark, limit: u32) -> Recorded {
        if epoch.trial {
            let is_current = self.cells.is_in(epoch.generation);
            return self.trials.record(lengths(at.policy), epoch, mark, limit, is_current);
        }
        self.window.record_in(&self.cells, at, epoch.generation, mark)
    }

    fn totals(&self, at: Entry<'_>, epoch: Epoch) -> Totals {
        if epoch.trial {
            self.trials.totals(lengths(at.policy), epoch.generation)
        } else {
            self.window.totals(slices(at.policy), epoch.generation, at.now)
        }
    }

    fn slow_failed(&self, at: Entry<'_>, epoch: Epoch) -> u32 {
        if epoch.trial {
            self.trials.slow_failed(lengths(at.policy), epoch.generation)
        } else {
            self.window.slow_failed(slices(at.policy), epoch.generation, at.now)
        }
    }

    fn bring_forward(&self, at: Entry<'_>, epoch: Epoch) {
        // Both, whichever records: tags shorter than the generation are unambiguous only if every stay writes them.
        self.window.bring_forward(slices(at.policy), epoch.generation, at.now);
        self.trials.bring_forward(epoch, self.cells.is_in(epoch.generation));
    }

    fn save(&self, at: Entry<'_>, epoch: Epoch, writer: &mut Writer<'_>) {
        if epoch.trial {
            self.trials.save(lengths(at.policy), epoch.generation, writer);
        } else {
            self.window.save(slices(at.policy), epoch.generation, at.now, writer);
        }
    }

    fn check_saved(&self, trial: bool, bytes: &[u8]) -> Result<u32, SnapshotError> {
        if trial { CountWindow::<[RingWord]>::check_saved(bytes) } else { TimeWindow::<[Bucket]>::check_saved(bytes) }
    }

    fn load_saved(&self, at: Entry<'_>, epoch: Epoch, off: u64, bytes: &[u8]) {
        let is_current = self.cells.is_in(epoch.generation);
        self.trials.bring_forward(epoch, is_current);
        if epoch.trial {
            self.window.bring_forward(slices(at.policy), epoch.generation, at.now);
            self.trials.load_saved(lengths(at.policy), epoch, bytes, is_current);
        } else {
            self.window.load_saved(slices(at.policy), epoch.generation, at.now, off, bytes);
        }
    }

    fn resize(&self, policy: &Policy) {
        // Slices beyond the new number are read no more, and again once it grows; only the trials' ring has lengths.
        self.trials.resize(lengths(policy));
    }

    fn fix(&mut self, policy: &Policy) {
        self.trials.fix_lengths(lengths(policy));
    }
}
