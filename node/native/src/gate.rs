//! The closures of each kind of gate.

use crate::hot::{self, Answer, Arguments};
use crate::{clock, numbers};
use napi::Result;
use napi::bindgen_prelude::{Env, External, Float64ArraySlice, FunctionCallContext, Object};
use overcurrent::At;
use overcurrent_node_engine::cycle::CycleTurnstile;
use overcurrent_node_engine::entrance::{Entrance, Handed};
use overcurrent_node_engine::io::{Io, ROOM};
use overcurrent_node_engine::limiter::Turnstile;
use overcurrent_node_engine::pipeline::{AnyGate, Pipeline};
use overcurrent_node_engine::retry::Purse;
use std::rc::Rc;
use std::sync::Arc;

/// `ask(op, io)`; without `io` for what neither takes nor gives numbers.
fn bind_ask(
    env: &Env,
    object: &mut Object<'_>,
    manual: bool,
    ask: impl Fn(u32, &mut [f64], At) -> f64 + 'static,
) -> Result<()> {
    let closure = move |context: FunctionCallContext<'_>| {
        let op = context.get::<u32>(0)?;
        if context.length() < 2 {
            return Ok(ask(op, &mut [f64::NAN; ROOM], clock::at(manual, f64::NAN)));
        }
        let mut io = context.get::<Float64ArraySlice<'_>>(1)?;
        let io = numbers(&mut io);
        let at = clock::at(manual, Io(io).get(0));
        Ok(ask(op, io, at))
    };
    object.set("ask", env.create_function_from_closure::<(), f64, _>("ask", closure)?)
}

/// A hot closure as a property of `object`.
fn bind_hot<A: Answer>(
    env: &Env,
    object: &mut Object<'_>,
    name: &str,
    closure: impl Fn(&Arguments) -> A + 'static,
) -> Result<()> {
    object.set(name, hot::function(env, name, closure)?)
}

/// The hot ways: `one()` and `many(cost)`, which say whether the permits are taken.
fn bind_tries(
    env: &Env,
    object: &mut Object<'_>,
    manual: bool,
    try_acquire: impl Fn(u32, At) -> bool + 'static,
) -> Result<()> {
    let try_acquire = Rc::new(try_acquire);
    let again = Rc::clone(&try_acquire);
    if manual {
        bind_hot(env, object, "one", move |call| try_acquire(1, clock::at(true, call.f64(0))))?;
        bind_hot(env, object, "many", move |call| again(call.u32(0), clock::at(true, call.f64(1))))
    } else {
        bind_hot(env, object, "one", move |_| try_acquire(1, clock::read()))?;
        bind_hot(env, object, "many", move |call| again(call.u32(0), clock::read()))
    }
}

/// The hot ways in and out: `enter()` and `leave(permit and outcome)`.
fn bind_entrance<G: Handed + 'static>(
    env: &Env,
    object: &mut Object<'_>,
    manual: bool,
    gate: &Arc<G>,
) -> Result<Rc<Entrance<G>>> {
    let entrance = Rc::new(Entrance::new(Arc::clone(gate)));
    let [enter, leave] = [Rc::clone(&entrance), Rc::clone(&entrance)];
    if manual {
        bind_hot(env, object, "enter", move |call| enter.enter(1, || clock::at(true, call.f64(0))))?;
        bind_hot(env, object, "leave", move |call| leave.leave(call.u32(0), || clock::at(true, call.f64(1))))?;
    } else {
        bind_hot(env, object, "enter", move |_| enter.enter(1, clock::read))?;
        bind_hot(env, object, "leave", move |call| leave.leave(call.u32(0), clock::read))?;
    }
    Ok(entrance)
}

/// An object with the closures of `gate` for this thread, and the gate itself for pipelines.
pub fn closures<'env>(env: &'env Env, gate: &AnyGate, manual: bool) -> Result<Object<'env>> {
    let mut object = Object::new(env)?;
    object.set("gate", External::new(gate.clone()))?;
    match gate {
        AnyGate::Limiter(limiter) => {
            let turnstile = Rc::new(Turnstile::new(Arc::clone(limiter)));
            let hot = Rc::clone(&turnstile);
            bind_tries(env, &mut object, manual, move |n, at| hot.try_acquire(n, at.now))?;
            bind_ask(env, &mut object, manual, move |op, io, at| turnstile.ask(op, io, at))?;
        }
        AnyGate::Cycle(cycle) => {
            let turnstile = Rc::new(CycleTurnstile::new(Arc::clone(cycle)));
            let hot = Rc::clone(&turnstile);
            bind_tries(env, &mut object, manual, move |n, at| hot.try_acquire(n, at.now))?;
            bind_ask(env, &mut object, manual, move |op, io, at| turnstile.ask(op, io, at))?;
        }
        AnyGate::Breaker(breaker) => {
            let entrance = bind_entrance(env, &mut object, manual, breaker)?;
            bind_ask(env, &mut object, manual, move |op, io, at| entrance.ask(op, io, at))?;
        }
        AnyGate::Bulkhead(bulkhead) => {
            let entrance = bind_entrance(env, &mut object, manual, bulkhead)?;
            bind_ask(env, &mut object, manual, move |op, io, at| entrance.ask(op, io, at))?;
        }
        AnyGate::Budget(budget) => {
            let purse = Purse(Arc::clone(budget));
            bind_ask(env, &mut object, manual, move |op, _, at| purse.ask(op, at))?;
        }
        AnyGate::Nothing => {}
    }
    Ok(object)
}

/// The same for several gates as one.
pub fn pipeline<'env>(env: &'env Env, gates: Pipeline, manual: bool) -> Result<Object<'env>> {
    let mut object = Object::new(env)?;
    let entrance = bind_entrance(env, &mut object, manual, &Arc::new(gates))?;
    bind_ask(env, &mut object, manual, move |op, io, at| entrance.ask(op, io, at))?;
    Ok(object)
}
