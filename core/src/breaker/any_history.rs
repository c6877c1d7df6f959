//! Outcomes over calls or over time, told apart at run time.

use super::history::{CountHistory, Entry, History, Sealed, StateCells, lengths};
use super::history_time::{TRIAL_WORDS, TimeHistory, slices};
use super::policy::Policy;
use super::window::{Epoch, Mark, Recorded, Totals};
use super::window_count::{CountWindow, RingWord};
use super::window_time::Bucket;
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

type OverTime = TimeHistory<[Bucket], [RingWord; TRIAL_WORDS]>;

impl<'a> AnyHistory<'a> {
    /// The ring, whatever is in it.
    fn only_ring(self) -> &'a CountWindow<[RingWord]> {
        match self {
            Count(history) => &history.window,
            Time(history) => &history.trials,
        }
    }

    /// The ring of a stay whose outcomes are in one: every stay of a breaker over calls, the trials of one over time.
    fn ring(self, epoch: Epoch) -> Result<&'a CountWindow<[RingWord]>, &'a OverTime> {
        match self {
            Count(history) => Ok(&history.window),
            Time(history) if epoch.trial => Ok(&history.trials),
            Time(history) => Err(history),
        }
    }
}

impl History for AnyHistory<'_> {}

impl Sealed for AnyHistory<'_> {
    #[inline]
    fn is_timed(&self) -> bool {
        matches!(self, Time(_))
    }

    #[inline]
    fn cells(&self) -> &StateCells {
        match self {
            Count(history) => history.cells(),
            Time(history) => history.cells(),
        }
    }

    fn check(&self, policy: &Policy) -> Result<(), ConfigError> {
        match self {
            Count(history) => history.check(policy),
            Time(history) => history.check(policy),
        }
    }

    #[inline]
    fn record_clean(&self, generation: u16) -> bool {
        match self {
            Count(history) => history.record_clean(generation),
            Time(_) => false,
        }
    }

    #[inline]
    fn record(&self, at: Entry<'_>, epoch: Epoch, mark: Mark, limit: u32) -> Recorded {
        let is_current = self.cells().is_in(epoch.generation);
        match self.ring(epoch) {
            Ok(ring) => ring.record(lengths(at.policy), epoch, mark, limit, is_current),
            Err(time) => time.record_in_slices(at, epoch.generation, mark),
        }
    }

    #[inline]
    fn totals(&self, at: Entry<'_>, epoch: Epoch) -> Totals {
        match self.ring(epoch) {
            Ok(ring) => ring.totals(lengths(at.policy), epoch.generation),
            Err(time) => time.window.totals(slices(at.policy), epoch.generation, at.now),
        }
    }

    fn slow_failed(&self, at: Entry<'_>, epoch: Epoch) -> u32 {
        match self.ring(epoch) {
            Ok(ring) => ring.slow_failed(lengths(at.policy), epoch.generation),
            Err(time) => time.window.slow_failed(slices(at.policy), epoch.generation, at.now),
        }
    }

    fn bring_forward(&self, at: Entry<'_>, epoch: Epoch) {
        if let Time(history) = self {
            history.window.bring_forward(slices(at.policy), epoch.generation, at.now);
        }
        self.only_ring().bring_forward(epoch, self.cells().is_in(epoch.generation));
    }

    fn save(&self, at: Entry<'_>, epoch: Epoch, writer: &mut Writer<'_>) {
        match self.ring(epoch) {
            Ok(ring) => ring.save(lengths(at.policy), epoch.generation, writer),
            Err(time) => time.window.save(slices(at.policy), epoch.generation, at.now, writer),
        }
    }

    fn check_saved(&self, trial: bool, bytes: &[u8]) -> Result<u32, SnapshotError> {
        match self {
            Count(history) => history.check_saved(trial, bytes),
            Time(history) => history.check_saved(trial, bytes),
        }
    }

    fn load_saved(&self, at: Entry<'_>, epoch: Epoch, off: u64, bytes: &[u8]) {
        let is_current = self.cells().is_in(epoch.generation);
        match self.ring(epoch) {
            Ok(ring) => {
                self.bring_forward(at, epoch);
                ring.load_saved(lengths(at.policy), epoch, bytes, is_current);
            }
            Err(time) => {
                // Not the slices: they go forward from the oldest saved one on.
                self.only_ring().bring_forward(epoch, is_current);
                time.window.load_saved(slices(at.policy), epoch.generation, at.now, off, bytes);
            }
        }
    }

    fn resize(&self, policy: &Policy) {
        self.only_ring().resize(lengths(policy));
    }

    fn fix(&mut self, policy: &Policy) {
        self.resize(policy);
    }
}
