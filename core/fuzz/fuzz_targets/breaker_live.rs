//! The breaker whose settings change against `core/tests/model/breaker.rs`.
#![no_main]

#[path = "../../tests/model/mod.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| model::breaker::play_live(bytes));
