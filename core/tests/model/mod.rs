//! Naive reference models, and histories of operations that are played to a machine and its model at once.
//!
//! A history is made of bytes, so the same player serves property tests (`tests/histories.rs`) and fuzzing (`fuzz/`).
//! Each player panics where machine and model part.
#![allow(dead_code, reason = "each user takes the players it needs")]

pub mod breaker;
pub mod bulkhead;
pub mod choices;
pub mod cycle;
pub mod gcra;
pub mod tiny;

/// A history's player: its name, and what it does with the choices.
pub type Player = (&'static str, fn(&[u8]));

/// Every player by its name; `fuzz/fuzz_targets` has a file for each.
pub const PLAYERS: [Player; 6] = [
    ("breaker", breaker::play),
    ("breaker_time", breaker::play_time),
    ("bulkhead", bulkhead::play),
    ("cycle", cycle::play),
    ("gcra", gcra::play),
    ("tiny", tiny::play),
];
