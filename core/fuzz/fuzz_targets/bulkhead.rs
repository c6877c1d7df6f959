//! The bulkhead, both widths, against `core/tests/model/bulkhead.rs`.
#![no_main]

#[path = "../../tests/model/mod.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| model::bulkhead::play(bytes));
