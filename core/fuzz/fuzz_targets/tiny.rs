//! The breaker in one word against `core/tests/model/tiny.rs`.
#![no_main]

#[path = "../../tests/model/mod.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| model::tiny::play(bytes));
