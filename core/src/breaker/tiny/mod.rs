//! A circuit breaker whose whole state is one 64-bit word.

mod deadline;
mod gate;
mod look;
mod machine;
mod manual;
mod policy;
mod snapshot;
mod step;
#[cfg(test)]
mod tests;
mod untracked;
mod word;

pub use machine::{TinyBreaker, TinyWord};
pub use policy::TinyPolicy;
pub use snapshot::TinySnapshot;
pub use untracked::TinyUntracked;
