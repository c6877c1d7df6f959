//! What overcurrent's native addon and its WebAssembly module share: the engine's gates with windows sized at run time,
//! permits that stay on this side of the boundary, and numbers in and out.
//!
//! JavaScript holds small integers. A permit is a place in a [`Held`](held::Held); a refusal is a negative number that says why;
//! whatever is not on the hot path goes through one entry per gate, `ask`, with a buffer of numbers both ways. Times are
//! milliseconds outside and nanoseconds inside ([`time`]).
#![no_std]

extern crate alloc;

// Here and not in the module's own crate, which is compiled for speed: bytes matter more for this.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

pub mod breaker;
pub mod bulkhead;
pub mod cycle;
pub mod entrance;
pub mod gate;
pub mod held;
pub mod io;
pub mod limiter;
pub mod pipeline;
pub mod retry;
pub mod settings;
pub mod time;
