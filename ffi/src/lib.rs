//! The C interface of `overcurrent`: every function of `include/overcurrent.h`.
//!
//! # Pointers
//! Each pointer is NULL or points to a properly aligned object of its type that nobody frees during the call. States are
//! shared: any number of threads and interrupt handlers may call with the same one at the same time. Configurations are
//! only read. Objects that are written (permits, answers) belong to one caller. NULL where an object is needed gives
//! [`OC_ERR_NULL`](oc_status_t::OC_ERR_NULL); NULL for an answer that is not wanted is fine.
//!
//! Nothing here allocates, keeps a pointer, calls back, reads a clock or can panic.
#![no_std]
#![allow(non_camel_case_types, reason = "these are the names of C")]
#![warn(clippy::pedantic)]
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic
)]
#![allow(
    clippy::missing_safety_doc,
    reason = "one contract for all pointers, above; the header has no use for a section in each comment"
)]
#![allow(
    clippy::must_use_candidate,
    clippy::inline_always,
    clippy::redundant_closure_for_method_calls,
    clippy::doc_markdown,
    clippy::needless_pass_by_value
)]

mod backoff;
#[cfg(feature = "wide")]
mod breaker;
#[cfg(feature = "wide")]
mod bulkhead;
mod bulkhead32;
#[cfg(feature = "wide")]
mod counters;
#[cfg(feature = "wide")]
mod cycle;
#[cfg(feature = "wide")]
mod journal;
#[cfg(feature = "wide")]
mod limiter;
mod limiter32;
#[cfg(feature = "wide")]
mod live_limiter;
#[cfg(feature = "wide")]
mod pipeline;
#[cfg(feature = "wide")]
mod policy;
#[cfg(feature = "wide")]
mod refusal;
#[cfg(feature = "wide")]
mod report;
#[cfg(feature = "wide")]
mod retry_budget;
mod saved;
mod status;
mod ticks;
#[cfg(feature = "wide")]
mod tiny_breaker;
mod tiny_breaker32;
mod twin;
mod version;

pub use backoff::*;
#[cfg(feature = "wide")]
pub use breaker::*;
#[cfg(feature = "wide")]
pub use bulkhead::*;
pub use bulkhead32::*;
#[cfg(feature = "wide")]
pub use counters::*;
#[cfg(feature = "wide")]
pub use cycle::*;
#[cfg(feature = "wide")]
pub use journal::*;
#[cfg(feature = "wide")]
pub use limiter::*;
pub use limiter32::*;
#[cfg(feature = "wide")]
pub use live_limiter::*;
#[cfg(feature = "wide")]
pub use pipeline::*;
#[cfg(feature = "wide")]
pub use policy::*;
#[cfg(feature = "wide")]
pub use refusal::*;
#[cfg(feature = "wide")]
pub use report::*;
#[cfg(feature = "wide")]
pub use retry_budget::*;
pub use status::*;
pub use ticks::*;
#[cfg(feature = "wide")]
pub use tiny_breaker::*;
pub use tiny_breaker32::*;
pub use version::*;
