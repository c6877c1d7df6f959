//! Conveniences for programs with the standard library (feature `std`). Never semantics: whatever is decided, the gates
//! decide.
//!
//! | for | there is |
//! |---|---|
//! | one call through a gate or a tuple of gates | [`GateExt::call`], [`call_async`](GateExt::call_async), [`guard`](GateExt::guard) |
//! | the same with rules for results, another clock, a weight | [`Protected`] |
//! | one call that is moved into a task | [`guard_owned`](GateExt::guard_owned), [`OwnedGuard`] |
//! | a server that says when to come back | [`Protected::hold_for`] |
//! | trying again | [`Retry`] |
//! | not waiting for ever | [`timeout`], [`Deadline`] |
//! | another answer | [`Fallback`] |
//! | waiting for a limiter's permits or a bulkhead's slots | [`Waiters`], [`Slots`] |
//! | services of tower | `GateLayer`, with feature `tower` |
//! | the time | [`MonotonicClock`], [`ManualClock`] for tests, `FastClock` with feature `fast-clock` |
//!
//! Nothing here depends on an async runtime. Timers are passed in; [`ThreadTimer`] is one for those who have none.
//!
//! ```
//! use overcurrent::retry::BackoffConfig;
//! use overcurrent::{
//!     BreakerConfig, Bulkhead, CallError, CountBreaker, Gcra, GateExt, Nanos, Protected, Rate, Retry, ThreadTimer,
//!     Waiters, Window, timeout,
//! };
//! use std::io;
//!
//! struct Api {
//!     rate: Waiters<Gcra>,
//!     gates: Protected<(Bulkhead, CountBreaker<7>)>,
//!     retry: Retry<'static>,
//! }
//!
//! impl Api {
//!     async fn get(&self, id: u32) -> Result<String, CallError<io::Error>> {
//!         self.retry
//!             .run_async(&ThreadTimer, async |_attempt| {
//!                 self.rate.acquire_within(1, Nanos::SECOND).await?;
//!                 self.gates.call_async(async || timeout(&ThreadTimer, Nanos::from_secs(2), fetch(id)).await?).await
//!             })
//!             .await
//!     }
//! }
//!
//! async fn fetch(id: u32) -> io::Result<String> {
//!     Ok(format!("reply {id}"))
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let api = Api {
//!     rate: Waiters::new(Gcra::new(Rate::new(100, Nanos::SECOND).burst(20).build()?)),
//!     gates: Protected::new((
//!         Bulkhead::new(8)?,
//!         CountBreaker::new(BreakerConfig::new(Window::calls(100)).failure_rate(50_000).build()?)?,
//!     )),
//!     retry: Retry::new(BackoffConfig::exponential(Nanos::from_millis(50), 2_000).build()?),
//! };
//! # let rt = tokio::runtime::Builder::new_current_thread().build()?;
//! # rt.block_on(async {
//! assert_eq!(api.get(7).await?, "reply 7");
//! # Ok::<_, CallError<io::Error>>(()) })?;
//! # Ok(())
//! # }
//! ```

mod acquire;
mod call;
mod call_error;
mod classify;
mod clock;
mod enter;
mod ext;
mod fallback;
#[cfg(feature = "fast-clock")]
mod fast_clock;
mod guard;
mod held;
mod line;
mod manual;
mod owned;
mod park;
mod queue;
mod reserve;
mod retry;
mod slot_guard;
mod slots;
mod thread_timer;
mod timeout;
mod timer;
#[cfg(feature = "tower")]
mod tower;
mod wakers;

pub use acquire::{Acquire, Waiters};
pub use call::Protected;
pub use call_error::CallError;
pub use classify::{Classify, ErrIsFailure, ForErr, ForOk, HoldFor};
pub use clock::{Clock, MonotonicClock};
pub use enter::Enter;
pub use ext::GateExt;
pub use fallback::Fallback;
#[cfg(feature = "fast-clock")]
pub use fast_clock::{FastClock, Interpolated};
pub use guard::Guard;
pub use manual::{ManualClock, ManualSleep};
pub use owned::OwnedGuard;
pub use reserve::Reserve;
pub use retry::{Again, AnyError, Retriable, Retry};
pub use slot_guard::SlotGuard;
pub use slots::Slots;
pub use thread_timer::{ThreadSleep, ThreadTimer};
pub use timeout::{Deadline, TimedOut, timeout};
pub use timer::Timer;
#[cfg(feature = "tower")]
pub use tower::{GateFuture, GateLayer, GateService};
