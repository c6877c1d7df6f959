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
#![allow(clippy::must_use_candidate, clippy::doc_markdown, clippy::needless_pass_by_value)]

mod bulkhead32;
mod limiter32;
mod status;
mod ticks;
mod tiny_breaker32;
mod twin;
mod version;

pub use bulkhead32::*;
pub use limiter32::*;
pub use status::*;
pub use ticks::*;
pub use tiny_breaker32::*;
pub use version::*;
