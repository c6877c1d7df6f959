//! The cycle limiter against `core/tests/model/cycle.rs`.
#![no_main]

#[path = "../../tests/model/mod.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| model::cycle::play(bytes));
