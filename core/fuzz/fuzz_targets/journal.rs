//! The journal and the counters against `core/tests/model/journal.rs`.
#![no_main]

#[path = "../../tests/model/mod.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| model::journal::play(bytes));
