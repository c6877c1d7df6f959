//! Where a breaker keeps outcomes: behind one trait, so that the state machine is written once.

use super::policy::{MAX_CALLS, Policy, Window};
use super::window::{Epoch, Mark, Recorded, Totals};
use super::window_count::{CountWindow, Lengths, RingWord};
use crate::error::ConfigError;
use crate::snapshot::{SnapshotError, Writer};

/// The storage of a breaker's outcomes. Sealed: [`CountWindow`], or a [`TimeHistory`](super::TimeHistory).
pub trait History: Sealed {}

/// The operations behind [`History`], out of reach for other crates.
pub trait Sealed {
    /// Whether recording an outcome depends on the time.
    const TIMED: bool;
    /// Whether this storage can serve these settings.
    fn check(&self, policy: &Policy) -> Result<(), ConfigError>;
    /// Records a plain success where that takes one swap and can demand nothing. `false`: not done.
    fn record_clean(&self, generation: u16, is_current: impl Fn() -> bool) -> bool;
    /// Records one outcome of `epoch`, unless its window holds `limit` calls already.
    fn record(&self, at: Entry<'_>, epoch: Epoch, mark: Mark, limit: u32, is_current: impl Fn() -> bool) -> Recorded;
    /// The sums of a stay.
    fn totals(&self, at: Entry<'_>, epoch: Epoch) -> Totals;
    /// Calls that were both slow and failed.
    fn slow_failed(&self, at: Entry<'_>, epoch: Epoch) -> u32;
    /// Starts the window of a new stay.
    fn bring_forward(&self, at: Entry<'_>, epoch: Epoch, is_current: impl Fn() -> bool);
    /// Writes the window of a stay.
    fn save(&self, at: Entry<'_>, epoch: Epoch, writer: &mut Writer<'_>);
    /// Whether `bytes` are a window that fits, and how many calls are in it.
    fn check_saved(&self, trial: bool, bytes: &[u8]) -> Result<u32, SnapshotError>;
    /// Starts the window of a new stay and records the outcomes in checked `bytes`, as old as they were `off`
    /// nanoseconds ago.
    fn load_saved(&self, at: Entry<'_>, epoch: Epoch, off: u64, bytes: &[u8], is_current: impl Fn() -> bool);
    /// Puts changed window lengths in force, keeping history. One caller at a time.
    fn resize(&self, policy: &Policy);
    /// Fixes the lengths at construction, for a breaker whose settings may change.
    fn fix(&mut self, policy: &Policy);
}

/// The settings and the time of one touch.
#[derive(Clone, Copy)]
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

impl<R: AsRef<[RingWord]>> History for CountWindow<R> {}

impl<R: AsRef<[RingWord]>> Sealed for CountWindow<R> {
    const TIMED: bool = false;

    fn check(&self, policy: &Policy) -> Result<(), ConfigError> {
        check_ring(self.capacity(), policy, true)
    }

    #[inline]
    fn record_clean(&self, generation: u16, is_current: impl Fn() -> bool) -> bool {
        CountWindow::record_clean(self, generation, is_current)
    }

    #[inline]
    fn record(&self, at: Entry<'_>, epoch: Epoch, mark: Mark, limit: u32, is_current: impl Fn() -> bool) -> Recorded {
        CountWindow::record(self, lengths(at.policy), epoch, mark, limit, is_current)
    }

    #[inline]
    fn totals(&self, at: Entry<'_>, epoch: Epoch) -> Totals {
        CountWindow::totals(self, lengths(at.policy), epoch.generation)
    }

    fn slow_failed(&self, at: Entry<'_>, epoch: Epoch) -> u32 {
        CountWindow::slow_failed(self, lengths(at.policy), epoch.generation)
    }

    fn bring_forward(&self, _: Entry<'_>, epoch: Epoch, is_current: impl Fn() -> bool) {
        CountWindow::bring_forward(self, epoch, is_current);
    }

    fn save(&self, at: Entry<'_>, epoch: Epoch, writer: &mut Writer<'_>) {
        CountWindow::save(self, lengths(at.policy), epoch.generation, writer);
    }

    fn check_saved(&self, _: bool, bytes: &[u8]) -> Result<u32, SnapshotError> {
        CountWindow::<R>::check_saved(bytes)
    }

    fn load_saved(&self, at: Entry<'_>, epoch: Epoch, _: u64, bytes: &[u8], is_current: impl Fn() -> bool) {
        CountWindow::bring_forward(self, epoch, &is_current);
        CountWindow::load_saved(self, lengths(at.policy), epoch, bytes, is_current);
    }

    fn resize(&self, policy: &Policy) {
        CountWindow::resize(self, lengths(policy));
    }

    fn fix(&mut self, policy: &Policy) {
        self.fix_lengths(lengths(policy));
    }
}
