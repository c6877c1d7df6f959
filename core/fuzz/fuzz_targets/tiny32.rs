//! The breaker in 32 bits against `core/tests/model/tiny32.rs`.
#![no_main]

#[path = "../../tests/model/mod.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| model::tiny32::play(bytes));
