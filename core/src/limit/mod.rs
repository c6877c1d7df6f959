//! Rate limiters: what may go ahead, counted in permits per time.
//!
//! | type | state | when |
//! |---|---|---|
//! | [`Gcra`] | 8 bytes | the default: token bucket to the tick, settings fixed at construction |
//! | [`LiveGcra`] | 8 bytes and two sets of settings | the same, settings replaced while it runs |
//! | [`CycleLimiter`] | 16 bytes | fixed cycles: Resilience4j's limiter, for those who migrate |
//! | [`Gcra32`] | 4 bytes | small chips: a wrapping 32-bit tick counter |

#[cfg(feature = "wide")]
mod cycle;
mod gcd;
#[cfg(feature = "wide")]
mod gcra;
mod gcra32;
#[cfg(feature = "wide")]
mod live;
mod quota32;
#[cfg(feature = "wide")]
mod rate;
#[cfg(feature = "wide")]
mod reservation;
#[cfg(feature = "wide")]
pub(crate) mod scale;
#[cfg(feature = "wide")]
mod slot;
mod snapshot;
#[cfg(feature = "wide")]
mod step;

#[cfg(feature = "wide")]
pub use cycle::{CycleConfig, CycleDenied, CycleLimiter, CyclePolicy, CycleSnapshot, LimitChange};
#[cfg(feature = "wide")]
pub use gcra::{Gcra, GcraWord};
pub use gcra32::{Denied32, Gcra32, Gcra32Word, Peek32, RawReservation32, Reservation32};
#[cfg(feature = "wide")]
pub use live::{LiveDenied, LiveGcra};
pub use quota32::Quota32;
#[cfg(feature = "wide")]
pub use rate::{Quota, Rate};
#[cfg(feature = "wide")]
pub use reservation::{Denied, Peek, RawReservation, Reservation};
pub use snapshot::Gcra32Snapshot;
#[cfg(feature = "wide")]
pub use snapshot::GcraSnapshot;
