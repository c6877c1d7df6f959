//! Circuit breakers: refuse calls to something that keeps failing, and find out when it has recovered.

mod permit;
mod policy;
mod report;

#[cfg(feature = "wide")]
mod deadline;
#[cfg(feature = "wide")]
mod gate;
#[cfg(feature = "wide")]
mod history;
#[cfg(feature = "wide")]
mod look;
#[cfg(feature = "wide")]
mod machine;
#[cfg(feature = "wide")]
mod manual;
#[cfg(feature = "wide")]
mod rules;
#[cfg(feature = "wide")]
mod settings;
#[cfg(feature = "wide")]
mod state;
#[cfg(feature = "wide")]
mod untracked;
#[cfg(feature = "wide")]
mod window;
#[cfg(feature = "wide")]
mod window_count;
#[cfg(feature = "wide")]
#[allow(dead_code, reason = "the breaker over it is still to come")]
mod window_time;

pub use permit::{Permit, RawPermit};
pub use policy::{BreakerConfig, HalfOpenEnd, OpenFor, Policy, TrialTimeout, Window};
pub use report::{Explanation, Metrics, NotAllowed, Rule, State, Trip};

#[cfg(feature = "wide")]
pub use self::{
    history::History,
    machine::{Breaker, CountBreaker},
    settings::Settings,
    untracked::Untracked,
    window_count::{CountWindow, RingWord},
    window_time::{Bucket, TimeWindow},
};

#[cfg(all(feature = "wide", overcurrent_loom))]
#[doc(hidden)]
pub use self::window_time::loom_probe;
