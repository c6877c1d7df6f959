//! The rate limiter, with fixed and with live settings, against `core/tests/model/gcra.rs`.
#![no_main]

#[path = "../../tests/model/mod.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| model::gcra::play(bytes));
