//! Outcomes over calls or over time, told apart at run time: in memory of somebody else's, or their own.

use super::history::{CountHistory, Entry, History, Sealed, StateCells, check_ring, lengths};
use super::history_time::{self, TRIAL_WORDS, TimeHistory, slices};
use super::policy::Policy;
use super::window::{Epoch, Mark, Recorded, Totals};
use super::window_count::{CountWindow, RingWord};
use super::window_time::{Bucket, TimeWindow};
use crate::error::ConfigError;
use crate::snapshot::{SnapshotError, Writer};

/// A breaker's words of either kind, in memory of somebody else's: for hosts that learn the kind at run time. Code over it
/// is compiled once for both kinds and every size.
///
/// ```
/// use overcurrent::breaker::{AnyHistory, CountHistory, RingWord};
/// use overcurrent::{Breaker, BreakerConfig, Nanos, Outcome, State, Window};
/// static WORDS: CountHistory<[RingWord; 1]> = CountHistory::new();
/// let policy = BreakerConfig::new(Window::calls(10)).min_calls(1).build()?;
/// let breaker = Breaker::view(&policy, AnyHistory::Count(&WORDS), ());
/// breaker.leave(breaker.enter(Nanos::ZERO)?, Outcome::Failure, Nanos::ZERO);
/// assert_eq!(breaker.state(Nanos::ZERO), State::Open);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub enum AnyHistory<'a> {
    /// Over calls.
    Count(&'a CountHistory<[RingWord]>),
    /// Over time, with room for 64 trial calls.
    Time(&'a TimeHistory<[Bucket], [RingWord; TRIAL_WORDS]>),
}
use AnyHistory::{Count, Time};

impl AnyHistory<'_> {
    fn only_ring(&self) -> &CountWindow<[RingWord]> {
        match self {
            Count(history) => &history.window,
            Time(history) => &history.trials,
        }
    }

    fn slices(&self) -> Option<&TimeWindow<[Bucket]>> {
        match self {
            Count(_) => None,
            Time(history) => Some(&history.window),
        }
    }

    #[inline]
    fn state_cells(&self) -> &StateCells {
        match self {
            Count(history) => history.cells(),
            Time(history) => history.cells(),
        }
    }
}

/// Storage of a breaker over calls or over time: one type, and the breaker's code once, for hosts that learn at run time
/// which it is to be. `R` is the ring of outcomes, `B` holds the buckets of time; made from a [`CountHistory`] or a
/// [`TimeHistory`].
///
/// ```
/// use overcurrent::breaker::{Bucket, CountHistory, EitherHistory, RingWord, TimeHistory};
/// use overcurrent::{Breaker, BreakerConfig, Nanos, Policy, Window};
/// type Storage = EitherHistory<[RingWord; 2], [Bucket; 10]>;
/// fn breaker(policy: Policy) -> Result<Breaker<Storage>, overcurrent::ConfigError> {
///     let storage = match policy.window() {
///         Window::Calls(_) => CountHistory::new().into(),
///         Window::Time { .. } => TimeHistory::new().into(),
///     };
///     Breaker::over(policy, storage, ())
/// }
/// assert!(breaker(BreakerConfig::new(Window::calls(20)).build()?).is_ok());
/// assert!(breaker(BreakerConfig::new(Window::time(Nanos::MINUTE, 10)).build()?).is_ok());
/// # Ok::<(), overcurrent::ConfigError>(())
/// ```
pub struct EitherHistory<R, B> {
    cells: StateCells,
    /// Over calls, or for the trials.
    ring: CountWindow<R>,
    /// Over time.
    slices: Option<TimeWindow<B>>,
}

impl<R, B> From<CountHistory<R>> for EitherHistory<R, B> {
    fn from(CountHistory { cells, window }: CountHistory<R>) -> Self {
        Self { cells, ring: window, slices: None }
    }
}

impl<R, B> From<TimeHistory<B, R>> for EitherHistory<R, B> {
    fn from(TimeHistory { cells, trials, window }: TimeHistory<B, R>) -> Self {
        Self { cells, ring: trials, slices: Some(window) }
    }
}

impl<R, B> EitherHistory<R, B> {
    const fn only_ring(&self) -> &CountWindow<R> {
        &self.ring
    }

    const fn slices(&self) -> Option<&TimeWindow<B>> {
        self.slices.as_ref()
    }

    #[inline]
    const fn state_cells(&self) -> &StateCells {
        &self.cells
    }
}

/// What both do, by their cells, their ring and their slices.
macro_rules! told_apart {
    ([$($generics:tt)*] $history:ty, $ring:ty, $slices:ty) => {
        impl<$($generics)*> $history {
            /// The ring of a stay whose outcomes are in one: every stay of a breaker over calls, the trials of one over
            /// time.
            fn ring(&self, epoch: Epoch) -> Result<&CountWindow<$ring>, &TimeWindow<$slices>> {
                match self.slices() {
                    Some(slices) if !epoch.trial => Err(slices),
                    _ => Ok(self.only_ring()),
                }
            }
        }

        impl<$($generics)*> History for $history {}

        impl<$($generics)*> Sealed for $history {
            #[inline]
            fn is_timed(&self) -> bool {
                self.slices().is_some()
            }

            #[inline]
            fn cells(&self) -> &StateCells {
                self.state_cells()
            }

            fn check(&self, policy: &Policy) -> Result<(), ConfigError> {
                let ring = self.only_ring().capacity();
                match self.slices() {
                    Some(slices) => history_time::check(slices.capacity() as usize, ring, policy),
                    None => check_ring(ring, policy, true),
                }
            }

            #[inline]
            fn record_clean(&self, generation: u16) -> bool {
                // Of time, the slice that it belongs to depends on the time.
                !self.is_timed() && self.only_ring().record_clean(generation, self.cells().is_in(generation))
            }

            #[inline]
            fn record(&self, at: Entry<'_>, epoch: Epoch, mark: Mark, limit: u32) -> Recorded {
                let is_current = self.cells().is_in(epoch.generation);
                match self.ring(epoch) {
                    Ok(ring) => ring.record(lengths(at.policy), epoch, mark, limit, is_current),
                    Err(slices) => slices.record_in(self.cells(), at, epoch.generation, mark),
                }
            }

            #[inline]
            fn totals(&self, at: Entry<'_>, epoch: Epoch) -> Totals {
                match self.ring(epoch) {
                    Ok(ring) => ring.totals(lengths(at.policy), epoch.generation),
                    Err(window) => window.totals(slices(at.policy), epoch.generation, at.now),
                }
            }

            fn slow_failed(&self, at: Entry<'_>, epoch: Epoch) -> u32 {
                match self.ring(epoch) {
                    Ok(ring) => ring.slow_failed(lengths(at.policy), epoch.generation),
                    Err(window) => window.slow_failed(slices(at.policy), epoch.generation, at.now),
                }
            }

            fn bring_forward(&self, at: Entry<'_>, epoch: Epoch) {
                // Both, whichever records: tags shorter than the generation are unambiguous only if every stay writes
                // them.
                if let Some(window) = self.slices() {
                    window.bring_forward(slices(at.policy), epoch.generation, at.now);
                }
                self.only_ring().bring_forward(epoch, self.cells().is_in(epoch.generation));
            }

            fn save(&self, at: Entry<'_>, epoch: Epoch, writer: &mut Writer<'_>) {
                match self.ring(epoch) {
                    Ok(ring) => ring.save(lengths(at.policy), epoch.generation, writer),
                    Err(window) => window.save(slices(at.policy), epoch.generation, at.now, writer),
                }
            }

            fn check_saved(&self, trial: bool, bytes: &[u8]) -> Result<u32, SnapshotError> {
                if trial || !self.is_timed() {
                    CountWindow::<[RingWord]>::check_saved(bytes)
                } else {
                    TimeWindow::<[Bucket]>::check_saved(bytes)
                }
            }

            fn load_saved(&self, at: Entry<'_>, epoch: Epoch, off: u64, bytes: &[u8]) {
                let is_current = self.cells().is_in(epoch.generation);
                match self.ring(epoch) {
                    Ok(ring) => {
                        self.bring_forward(at, epoch);
                        ring.load_saved(lengths(at.policy), epoch, bytes, is_current);
                    }
                    Err(window) => {
                        // Not the slices: they go forward from the oldest saved one on.
                        self.only_ring().bring_forward(epoch, is_current);
                        window.load_saved(slices(at.policy), epoch.generation, at.now, off, bytes);
                    }
                }
            }

            fn resize(&self, policy: &Policy) {
                // Slices beyond the new number are read no more, and again once it grows; only the ring has lengths.
                self.only_ring().resize(lengths(policy));
            }

            fn fix(&mut self, policy: &Policy) {
                self.resize(policy);
            }
        }
    };
}
told_apart!([] AnyHistory<'_>, [RingWord], [Bucket]);
told_apart!([R: AsRef<[RingWord]>, B: AsRef<[Bucket]>] EitherHistory<R, B>, R, B);
