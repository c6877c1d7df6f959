//! The closures of each kind of gate.

use crate::{clock, numbers};
use napi::Result;
use napi::bindgen_prelude::{Env, External, Float64ArraySlice, FunctionCallContext, Object, ToNapiValue};
use overcurrent::{At, Gate};
use overcurrent_node_engine::cycle::CycleTurnstile;
use overcurrent_node_engine::entrance::{Entrance, News};
use overcurrent_node_engine::io::ROOM;
use overcurrent_node_engine::limiter::Turnstile;
use overcurrent_node_engine::pipeline::{AnyGate, Pipeline};
use overcurrent_node_engine::retry::Purse;
use std::rc::Rc;
use std::sync::Arc;

type Context<'a> = FunctionCallContext<'a>;

/// A closure as a property of `object`.
fn bind<R: ToNapiValue>(
    env: &Env,
    object: &mut Object<'_>,
    name: &str,
    closure: impl Fn(Context<'_>) -> Result<R> + 'static,
) -> Result<()> {
    object.set(name, env.create_function_from_closure::<(), R, _>(name, closure)?)
}

/// `ask(op, io)`; without `io` for what neither takes nor gives numbers.
fn bind_ask(
    env: &Env,
    object: &mut Object<'_>,
    manual: bool,
    ask: impl Fn(u32, &mut [f64], &dyn Fn(f64) -> At) -> f64 + 'static,
) -> Result<()> {
    bind(env, object, "ask", move |context| {
        let op = context.get::<u32>(0)?;
        let at = |ms| clock::at(manual, ms);
        if context.length() < 2 {
            return Ok(ask(op, &mut [f64::NAN; ROOM], &at));
        }
        let mut io = context.get::<Float64ArraySlice<'_>>(1)?;
        Ok(ask(op, numbers(&mut io), &at))
    })
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
        bind(env, object, "one", move |context| Ok(try_acquire(1, clock::at(true, context.get(0)?))))?;
        bind(env, object, "many", move |context| Ok(again(context.get(0)?, clock::at(true, context.get(1)?))))
    } else {
        bind(env, object, "one", move |_| Ok(try_acquire(1, clock::read())))?;
        bind(env, object, "many", move |context| Ok(again(context.get(0)?, clock::read())))
    }
}

/// The hot ways in and out: `enter()` and `leave(permit and outcome)`.
fn bind_entrance<G: Gate + News + 'static>(
    env: &Env,
    object: &mut Object<'_>,
    manual: bool,
    gate: &Arc<G>,
) -> Result<Rc<Entrance<G>>> {
    let entrance = Rc::new(Entrance::new(Arc::clone(gate)));
    let [enter, leave] = [Rc::clone(&entrance), Rc::clone(&entrance)];
    if manual {
        bind(env, object, "enter", move |context| {
            let now = context.get(0)?;
            Ok(enter.enter(1, || clock::at(true, now)))
        })?;
        bind(env, object, "leave", move |context| {
            let now = context.get(1)?;
            Ok(leave.leave(context.get(0)?, || clock::at(true, now)))
        })?;
    } else {
        bind(env, object, "enter", move |_| Ok(enter.enter(1, clock::read)))?;
        bind(env, object, "leave", move |context| Ok(leave.leave(context.get(0)?, clock::read)))?;
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
            bind_ask(env, &mut object, manual, move |op, io, at| purse.ask(op, io, at))?;
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
