//! Trying again: how long to wait, and how often at all.

mod interval;

pub use interval::exponential_ms;
pub(crate) use interval::{thousandth, times_milli};
