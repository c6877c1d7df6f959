//! How to choose and how to set things: documentation only, every example is a test.
//!
//! * [`limiters`]: which rate limiter when, burst, waiting, debt.
//! * [`breakers`]: windows, thresholds, open waits, trials.
//! * [`pipelines`]: several gates as one, retries, and what order they should have.
//! * [`defaults`]: every default in one place, and why.
//! * [`resilience4j`]: coming from Resilience4j, parameter by parameter.
//! * [`chips`]: microcontrollers, interrupt handlers, restarts.

pub mod breakers;
pub mod chips;
pub mod defaults;
pub mod limiters;
pub mod pipelines;
pub mod resilience4j;
