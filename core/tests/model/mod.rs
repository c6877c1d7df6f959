//! Naive reference models, and histories of operations that are played to a machine and its model at once.
//!
//! A history is made of bytes, so the same player serves property tests (`tests/histories.rs`) and fuzzing (`fuzz/`).
//! Each player panics where machine and model part.
#![allow(dead_code, reason = "each user takes the players it needs")]

pub mod breaker;
pub mod budget;
pub mod bulkhead;
pub mod choices;
pub mod cycle;
pub mod gcra;
pub mod gcra32;
pub mod journal;
pub mod tiny;
pub mod tiny32;

/// A history's player: its name, and what it does with the choices.
pub type Player = (&'static str, fn(&[u8]));

/// Every player by its name; `fuzz/fuzz_targets` has a file for each.
pub const PLAYERS: [Player; 11] = [
    ("breaker", breaker::play),
    ("breaker_live", breaker::play_live),
    ("breaker_time", breaker::play_time),
    ("budget", budget::play),
    ("bulkhead", bulkhead::play),
    ("cycle", cycle::play),
    ("gcra", gcra::play),
    ("gcra32", gcra32::play),
    ("journal", journal::play),
    ("tiny", tiny::play),
    ("tiny32", tiny32::play),
];
