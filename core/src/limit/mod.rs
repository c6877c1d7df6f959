//! Rate limiters: what may go ahead, counted in permits per time.
//!
//! | type | state | when |
//! |---|---|---|
//! | [`Gcra`] | 8 bytes | the default: token bucket to the tick, settings fixed at construction |
//! | [`LiveGcra`] | 8 bytes and two sets of settings | the same, settings replaced while it runs |
//! | [`CycleLimiter`] | 16 bytes | fixed cycles: Resilience4j's limiter, for those who migrate |
//! | [`Gcra32`] | 4 bytes | small chips: a wrapping 32-bit tick counter |

#[cfg(feature = "wide")]
mod gcra;
#[cfg(feature = "wide")]
mod rate;
#[cfg(feature = "wide")]
mod reservation;
#[cfg(feature = "wide")]
pub(crate) mod scale;
#[cfg(feature = "wide")]
mod step;

#[cfg(feature = "wide")]
pub use gcra::{Gcra, GcraWord};
#[cfg(feature = "wide")]
pub use rate::{Quota, Rate};
#[cfg(feature = "wide")]
pub use reservation::{Denied, Peek, RawReservation, Reservation};

#[cfg(feature = "wide")]
mod cycle;

#[cfg(feature = "wide")]
pub use cycle::{CycleConfig, CycleDenied, CycleLimiter, CyclePolicy, CycleSnapshot, LimitChange};
