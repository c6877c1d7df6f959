//! The rate limiter of four bytes against `core/tests/model/gcra32.rs`.
#![no_main]

#[path = "../../tests/model/mod.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| model::gcra32::play(bytes));
