//! Limits on how many calls may be under way at once.

mod bulkhead;

#[cfg(feature = "wide")]
pub use bulkhead::Bulkhead;
pub use bulkhead::{Bulkhead32, OverRelease, Slot};
