//! Conveniences for programs with the standard library (feature `std`): clocks, guards, `call`, retry, timeout,
//! fallback, and queues of waiters. Never semantics: whatever is decided, the gates decide.
//!
//! Nothing here depends on an async runtime. Timers are passed in; [`ThreadTimer`] is one for those who have none.

mod acquire;
mod call;
mod classify;
mod clock;
mod ext;
mod fallback;
#[cfg(feature = "fast-clock")]
mod fast_clock;
mod guard;
mod held;
mod line;
mod manual;
mod park;
mod queue;
mod reserve;
mod retry;
mod slots;
mod thread_timer;
mod timeout;
mod timer;
mod wakers;

pub use acquire::{Acquire, Waiters};
pub use call::{CallError, Protected};
pub use classify::{Classify, ErrIsFailure, ForErr, ForOk};
pub use clock::{Clock, MonotonicClock};
pub use ext::GateExt;
pub use fallback::Fallback;
#[cfg(feature = "fast-clock")]
pub use fast_clock::FastClock;
pub use guard::Guard;
pub use manual::{ManualClock, ManualSleep};
pub use reserve::Reserve;
pub use retry::{Again, AnyError, Retriable, Retry};
pub use slots::{Enter, SlotGuard, Slots};
pub use thread_timer::{ThreadSleep, ThreadTimer};
pub use timeout::{Deadline, TimedOut, timeout};
pub use timer::Timer;

use crate::decision::{Outcome, Refusal};
use crate::error::NeedsTime;
use crate::gate::Gate;
use crate::time::{At, Nanos};
use std::sync::Arc;

impl<G: Gate + ?Sized> Gate for Arc<G> {
    type Permit = G::Permit;

    #[inline]
    fn judge(&self, cost: u32, at: At) -> Result<(), Refusal> {
        (**self).judge(cost, at)
    }
    #[inline]
    fn enter(&self, cost: u32, at: At) -> Result<Self::Permit, Refusal> {
        (**self).enter(cost, at)
    }
    #[inline]
    fn leave(&self, permit: Self::Permit, outcome: Outcome, at: At) {
        (**self).leave(permit, outcome, at);
    }
    #[inline]
    fn cancel(&self, permit: Self::Permit) {
        (**self).cancel(permit);
    }
    #[inline]
    fn needs_clock(&self) -> bool {
        (**self).needs_clock()
    }
    #[inline]
    fn enter_untimed(&self, cost: u32) -> Result<Self::Permit, NeedsTime> {
        (**self).enter_untimed(cost)
    }
    #[inline]
    fn leave_untimed(&self, permit: Self::Permit, outcome: Outcome) -> Result<(), NeedsTime> {
        (**self).leave_untimed(permit, outcome)
    }
    fn refused(&self, cost: u32, refusal: Refusal, at: At) {
        (**self).refused(cost, refusal, at);
    }
    fn settle(&self, at: At) {
        (**self).settle(at);
    }
    fn next_deadline(&self, at: At) -> Option<Nanos> {
        (**self).next_deadline(at)
    }
}
