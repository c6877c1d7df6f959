//! The native addon: hands out closures over the engine's gates. They take and return small numbers; everything else is
//! the TypeScript layer's. (A method of a class would cost six times as much a call.)

mod clock;
mod gate;
mod hot;
mod shared;

use napi::Result;
use napi::bindgen_prelude::{Array, Either, Env, ExternalRef, Float64ArraySlice, Object};
use napi_derive::napi;
use overcurrent_node_engine::io::{Io, ROOM, Told};
use overcurrent_node_engine::pipeline::{AnyGate, pipeline};
use shared::NotShared;

/// The version, which the TypeScript layer must have, too.
#[napi]
pub const fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The clock of this process, in milliseconds; every thread reads the same.
#[napi]
pub fn now() -> f64 {
    clock::read_ms()
}

/// Makes a gate of the kind by the numbers in `io`, whose last is the time; one with a `name` is the same for every thread.
/// An object with its closures, or what is wrong as a number below zero, with `io` filled. With `manual` the hot closures
/// take the time as their last argument.
#[napi]
pub fn create<'env>(
    env: &'env Env,
    kind: u32,
    manual: bool,
    mut io: Float64ArraySlice<'env>,
    name: Option<String>,
) -> Result<Either<Object<'env>, f64>> {
    let mut io = Io(numbers(&mut io));
    let at = clock::at(manual, io.get(ROOM - 1));
    let made = match name {
        Some(name) => shared::gate(kind, name, &mut io, at),
        None => AnyGate::new(kind, &mut io, at).map_err(NotShared::Fault),
    };
    match made {
        Ok(gate) => gate::closures(env, &gate, manual).map(Either::A),
        Err(NotShared::Fault(Told(number))) => Ok(Either::B(number)),
        Err(NotShared::Differs(place, value)) => {
            io.put(&[place as f64, value]);
            Ok(Either::B(-6.0))
        }
    }
}

/// The wait between two attempts, by the numbers in `io`.
#[napi]
pub fn delay(mut io: Float64ArraySlice<'_>) -> f64 {
    let mut io = Io(numbers(&mut io));
    overcurrent_node_engine::retry::delay(&mut io)
}

/// Makes several gates one: an object with its closures.
#[napi]
pub fn join<'env>(env: &'env Env, manual: bool, gates: Array<'env>) -> Result<Object<'env>> {
    let mut all = Vec::new();
    for at in 0..gates.len() {
        all.extend(gates.get::<ExternalRef<AnyGate>>(at)?.map(|gate| (*gate).clone()));
    }
    gate::pipeline(env, pipeline(all), manual)
}

/// The caller's buffer.
fn numbers<'a>(io: &'a mut Float64ArraySlice<'_>) -> &'a mut [f64] {
    // SAFETY: the buffer belongs to the thread that is inside this call; nobody else looks at it before the call is over.
    unsafe { io.as_mut() }
}
