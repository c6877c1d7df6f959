//! Circuit breakers: refuse calls to something that keeps failing, and find out when it has recovered.

mod permit;
mod policy;
mod report;

pub use permit::{Permit, RawPermit};
pub use policy::{BreakerConfig, HalfOpenEnd, OpenFor, Policy, TrialTimeout, Window};
pub use report::{Explanation, Metrics, NotAllowed, Rule, State, Trip};
