//! A circuit breaker in one 32-bit word, on ticks that wrap.

mod machine;
mod policy;
mod snapshot;
mod word;

pub use machine::{Permit32, TinyBreaker32};
pub use policy::{SKEW, TinyConfig32, TinyPolicy32};
pub use snapshot::Tiny32Snapshot;
pub use word::Refusal32;
