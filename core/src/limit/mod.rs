//! Limits on how many calls may start in a time.

#[cfg(feature = "wide")]
mod cycle;

#[cfg(feature = "wide")]
pub use cycle::{CycleConfig, CycleDenied, CycleLimiter, CyclePolicy, CycleReservation, CycleSnapshot, LimitChange};
