//! Bulkheads and whole pipelines.

use crate::floor;
use crate::harness::Case;
use std::hint::black_box;

pub const TOKIO: &str = "bulkhead/tokio Semaphore enter+leave";

pub fn peers() -> Vec<Case> {
    let semaphore = tokio::sync::Semaphore::new(16);
    let full = tokio::sync::Semaphore::new(0);
    vec![
        Case::shared(TOKIO, move |_| {
            let _ = black_box(semaphore.try_acquire());
        })
        .floor(floor::TWO_CAS),
        Case::shared("bulkhead/tokio Semaphore refuse", move |_| {
            let _ = black_box(full.try_acquire());
        })
        .floor(floor::LOAD),
    ]
}
