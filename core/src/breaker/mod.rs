//! Circuit breakers: refuse calls to something that keeps failing, and find out when it has recovered.
//!
//! | type | window | memory | when |
//! |---|---|---|---|
//! | [`CountBreaker`] | the last N calls, to 32,767 | N/2 bytes and about 130 | the default; reads no clock while closed |
//! | [`TimeBreaker`] | the calls of the last so much time | 16 bytes a slice and about 200 | traffic that comes and goes |
//! | [`TinyBreaker`] | the last 24 calls | 8 bytes beside the settings | one breaker per host, per device |
//! | [`TinyBreaker32`] | the last 19 calls, failures only | 4 bytes beside the settings | small chips, wrapping ticks |
//! | [`LiveCountBreaker`], [`LiveTimeBreaker`] | as above | and two sets of settings | settings that change while it runs |
//!
//! # How it is built
//! A breaker is a few words. One says the state and is published by a single swap (its deadline is stamped afterwards,
//! by anybody); one holds the window's sums and the newest outcome, so that a record is a single swap and the
//! sums are exact at every instant. Every word carries the generation it belongs to: a generation is one stay with one
//! window, and what belongs to another changes nothing. There are no timers; what time has made due is carried out by
//! whoever comes next, as of its exact deadline.

#[cfg(feature = "wide")]
mod permit;
#[cfg(feature = "wide")]
mod policy;
mod report;
mod tiny32;

#[cfg(feature = "wide")]
mod any_history;
#[cfg(feature = "wide")]
mod apart;
#[cfg(feature = "wide")]
mod deadline;
#[cfg(feature = "wide")]
mod debug;
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
mod policy_ref;
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

#[cfg(feature = "wide")]
pub use permit::{Permit, RawPermit};
#[cfg(feature = "wide")]
pub use policy::{BreakerConfig, HalfOpenEnd, OpenFor, Policy, TrialTimeout, Window};
pub use report::{Explanation, Metrics, NotAllowed, Rule, State, Trip};
pub use tiny32::{Permit32, Refusal32, SKEW, Tiny32Snapshot, TinyBreaker32, TinyConfig32, TinyPolicy32};

#[cfg(feature = "wide")]
pub use self::{
    any_history::{AnyHistory, EitherHistory},
    apart::{Due, Left},
    history::{CountHistory, History, StateCells},
    history_time::{LiveTimeBreaker, TimeBreaker, TimeHistory},
    live::{LivePolicy, ReconfigureError},
    machine::{Breaker, CountBreaker, LiveCountBreaker},
    policy_ref::PolicyRef,
    settings::{Replaceable, Settings},
    tiny::{TinyBreaker, TinyPolicy, TinySnapshot, TinyUntracked, TinyWord},
    untracked::Untracked,
    window_count::RingWord,
    window_time::Bucket,
};

#[cfg(all(feature = "wide", overcurrent_loom))]
#[doc(hidden)]
pub use self::window_time::loom_probe;
