//! Circuit breakers: refuse calls to something that keeps failing, and find out when it has recovered.

mod permit;
mod policy;
mod report;
mod tiny32;

#[cfg(feature = "wide")]
mod deadline;
#[cfg(feature = "wide")]
mod gate;
#[cfg(feature = "wide")]
mod history;
#[cfg(feature = "wide")]
mod history_time;
#[cfg(feature = "wide")]
mod live;
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
mod snapshot;
#[cfg(feature = "wide")]
mod state;
#[cfg(feature = "wide")]
mod tiny;
#[cfg(feature = "wide")]
mod untracked;
#[cfg(feature = "wide")]
mod window;
#[cfg(feature = "wide")]
mod window_count;
#[cfg(feature = "wide")]
mod window_time;

pub use permit::{Permit, RawPermit};
pub use policy::{BreakerConfig, HalfOpenEnd, OpenFor, Policy, TrialTimeout, Window};
pub use report::{Explanation, Metrics, NotAllowed, Rule, State, Trip};
pub use tiny32::{Permit32, Refusal32, SKEW, TinyBreaker32, TinyConfig32, TinyPolicy32};

#[cfg(feature = "wide")]
pub use self::{
    history::{CountHistory, History, StateCells},
    history_time::{LiveTimeBreaker, TimeBreaker, TimeHistory},
    live::{LivePolicy, ReconfigureError},
    machine::{Breaker, CountBreaker, LiveCountBreaker},
    settings::Settings,
    tiny::{TinyBreaker, TinyPolicy, TinyUntracked, TinyWord},
    untracked::Untracked,
    window_count::RingWord,
    window_time::Bucket,
};

#[cfg(all(feature = "wide", overcurrent_loom))]
#[doc(hidden)]
pub use self::window_time::loom_probe;
