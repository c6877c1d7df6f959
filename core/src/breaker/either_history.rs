//! Outcomes over calls or over time, as is decided at run time.

use super::history::{CountHistory, Entry, History, Sealed, StateCells};
use super::history_time::TimeHistory;
use super::policy::Policy;
use super::window::{Epoch, Mark, Recorded, Totals};
use super::window_count::RingWord;
use super::window_time::Bucket;
use crate::error::ConfigError;
use crate::snapshot::{SnapshotError, Writer};

/// Storage of a breaker over calls or over time: one type, and the breaker's code once, for hosts that learn at run time
/// which it is to be. `R` is the ring of outcomes, `B` holds the buckets of time.
///
/// ```
/// use overcurrent::breaker::{EitherHistory, Bucket, CountHistory, RingWord, TimeHistory};
/// use overcurrent::{Breaker, BreakerConfig, Nanos, Policy, Window};
/// type Storage = EitherHistory<[RingWord; 2], [Bucket; 10]>;
/// fn breaker(policy: Policy) -> Result<Breaker<Storage>, overcurrent::ConfigError> {
///     let storage = match policy.window() {
///         Window::Calls(_) => EitherHistory::Calls(CountHistory::new()),
///         Window::Time { .. } => EitherHistory::Time(TimeHistory::new()),
///     };
///     Breaker::over(policy, storage, ())
/// }
/// assert!(breaker(BreakerConfig::new(Window::calls(20)).build()?).is_ok());
/// assert!(breaker(BreakerConfig::new(Window::time(Nanos::MINUTE, 10)).build()?).is_ok());
/// # Ok::<(), overcurrent::ConfigError>(())
/// ```
// Large and small side by side: a host puts one behind a pointer.
#[allow(clippy::large_enum_variant)]
pub enum EitherHistory<R, B> {
    /// Over the last so many calls.
    Calls(CountHistory<R>),
    /// Over the calls of the last so much time.
    Time(TimeHistory<B, R>),
}

macro_rules! on {
    ($history:expr, $inner:ident => $answer:expr) => {
        match $history {
            EitherHistory::Calls($inner) => $answer,
            EitherHistory::Time($inner) => $answer,
        }
    };
}

impl<R: AsRef<[RingWord]>, B: AsRef<[Bucket]>> History for EitherHistory<R, B> {}

impl<R: AsRef<[RingWord]>, B: AsRef<[Bucket]>> Sealed for EitherHistory<R, B> {
    #[inline]
    fn is_timed(&self) -> bool {
        matches!(self, Self::Time(_))
    }

    #[inline]
    fn cells(&self) -> &StateCells {
        on!(self, history => history.cells())
    }

    fn check(&self, policy: &Policy) -> Result<(), ConfigError> {
        on!(self, history => history.check(policy))
    }

    #[inline]
    fn record_clean(&self, generation: u16) -> bool {
        match self {
            Self::Calls(history) => history.record_clean(generation),
            Self::Time(_) => false,
        }
    }

    fn record(&self, at: Entry<'_>, epoch: Epoch, mark: Mark, limit: u32) -> Recorded {
        on!(self, history => history.record(at, epoch, mark, limit))
    }

    fn totals(&self, at: Entry<'_>, epoch: Epoch) -> Totals {
        on!(self, history => history.totals(at, epoch))
    }

    fn slow_failed(&self, at: Entry<'_>, epoch: Epoch) -> u32 {
        on!(self, history => history.slow_failed(at, epoch))
    }

    fn bring_forward(&self, at: Entry<'_>, epoch: Epoch) {
        on!(self, history => history.bring_forward(at, epoch));
    }

    fn save(&self, at: Entry<'_>, epoch: Epoch, writer: &mut Writer<'_>) {
        on!(self, history => history.save(at, epoch, writer));
    }

    fn check_saved(&self, trial: bool, bytes: &[u8]) -> Result<u32, SnapshotError> {
        on!(self, history => history.check_saved(trial, bytes))
    }

    fn load_saved(&self, at: Entry<'_>, epoch: Epoch, off: u64, bytes: &[u8]) {
        on!(self, history => history.load_saved(at, epoch, off, bytes));
    }

    fn resize(&self, policy: &Policy) {
        on!(self, history => history.resize(policy));
    }

    fn fix(&mut self, policy: &Policy) {
        on!(self, history => history.fix(policy));
    }
}
