//! Bulkheads and whole pipelines.

use crate::floor;
use crate::gates::{enter_leave, good, refuse};
use crate::harness::Case;
use overcurrent::limit::{Gcra, Rate};
use overcurrent::{BreakerConfig, Bulkhead, CountBreaker, Nanos, Window};
use std::hint::black_box;

pub const BULKHEAD: &str = "bulkhead/Bulkhead enter+leave";
pub const PIPELINE: &str = "pipeline/(breaker, limiter, bulkhead) enter+leave";
pub const TOKIO_FULL: &str = "bulkhead/tokio Semaphore refuse";
pub const TOKIO: &str = "bulkhead/tokio Semaphore enter+leave";

pub fn ours() -> Vec<Case> {
    let bulkhead = || Bulkhead::new(16).unwrap();
    let policy = BreakerConfig::new(Window::calls(100)).build().unwrap();
    let breaker = CountBreaker::<7>::new(policy).unwrap();
    let limiter = Gcra::new(Rate::new(1_000_000_000, Nanos::SECOND).build().unwrap());
    vec![
        enter_leave(BULKHEAD, bulkhead(), good).floor(floor::TWO_CAS).peer(TOKIO),
        refuse("bulkhead/Bulkhead refuse", Bulkhead::new(0).unwrap()).floor(floor::CAS).peer(TOKIO_FULL),
        enter_leave(PIPELINE, (breaker, limiter, bulkhead()), good).floor(floor::TWO_CAS),
    ]
}

pub fn peers() -> Vec<Case> {
    let semaphore = tokio::sync::Semaphore::new(16);
    let full = tokio::sync::Semaphore::new(0);
    vec![
        Case::shared(TOKIO, move |_| {
            black_box(semaphore.try_acquire().is_ok());
        })
        .floor(floor::TWO_CAS),
        Case::shared(TOKIO_FULL, move |_| {
            black_box(full.try_acquire().is_ok());
        })
        .floor(floor::LOAD),
    ]
}
