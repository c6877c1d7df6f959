//! The closures of each kind of gate.

use crate::ending::{self, Ends};
use crate::hot::{self, Answer, Arguments};
use crate::line::{Bell, Desk, Line};
use crate::shared::Kept;
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

/// An entrance as JavaScript has it. Whoever cannot end its permits any more, because its thread has ended, gives them back.
struct Door<G: Handed> {
    entrance: Entrance<G>,
    /// Of the shared bulkheads behind it.
    lines: Vec<Arc<Line>>,
}

impl<G: Handed> Door<G> {
    fn serve(&self) {
        for line in &self.lines {
            line.serve();
        }
    }
}

impl<G: Handed> Ends for Door<G> {
    fn end(&self) {
        self.entrance.abandon();
        self.serve();
    }
}

impl<G: Handed> Drop for Door<G> {
    fn drop(&mut self) {
        self.end();
    }
}

/// The hot ways in and out: `enter()` and `leave(permit and outcome)`.
fn bind_entrance<G: Handed + 'static>(
    env: &Env,
    object: &mut Object<'_>,
    manual: bool,
    gate: &Arc<G>,
    lines: Vec<Arc<Line>>,
) -> Result<Rc<Door<G>>> {
    let door = Rc::new(Door { entrance: Entrance::new(Arc::clone(gate)), lines });
    ending::with_thread(env, ending::weak(&door))?;
    let [enter, leave, last] = std::array::from_fn(|_| Rc::clone(&door));
    bind_hot(env, object, "lastWait", move |_| last.entrance.last_wait())?;
    if manual {
        bind_hot(env, object, "enter", move |call| enter.entrance.enter(1, || clock::at(true, call.f64(0))))?;
    } else {
        bind_hot(env, object, "enter", move |_| enter.entrance.enter(1, clock::read))?;
    }
    let at = move |call: &Arguments| if manual { clock::at(true, call.f64(1)) } else { clock::read() };
    bind_hot(env, object, "leave", move |call| {
        let news = leave.entrance.leave(call.u32(0), || at(call));
        leave.serve();
        news
    })?;
    Ok(door)
}

/// The same for a bulkhead that threads share, and the ways into its line and out of it.
fn bind_desk(env: &Env, object: &mut Object<'_>, manual: bool, desk: Desk) -> Result<()> {
    let desk = Rc::new(desk);
    ending::with_thread(env, ending::weak(&desk))?;
    let [enter, leave, wait, give_up] = std::array::from_fn(|_| Rc::clone(&desk));
    bind_hot(env, object, "enter", move |_| enter.enter())?;
    bind_hot(env, object, "leave", move |_| leave.leave())?;
    bind_hot(env, object, "lastWait", |_| f64::INFINITY)?;
    let closure = move |_: FunctionCallContext<'_>| Ok(wait.wait());
    object.set("wait", env.create_function_from_closure::<(), f64, _>("wait", closure)?)?;
    let closure = move |context: FunctionCallContext<'_>| {
        give_up.give_up(context.get(0)?);
        Ok(())
    };
    object.set("giveUp", env.create_function_from_closure::<f64, (), _>("giveUp", closure)?)?;
    bind_ask(env, object, manual, move |op, io, at| desk.ask(op, io, at))
}

/// An object with the closures of a gate for this thread, and the gate itself for pipelines.
pub fn closures<'env>(env: &'env Env, kept: Kept, manual: bool, bell: Option<Arc<Bell>>) -> Result<Object<'env>> {
    let mut object = Object::new(env)?;
    let Kept { gate, line } = &kept;
    if let (Some(line), Some(bell)) = (line, bell) {
        bind_desk(env, &mut object, manual, Desk::new(Arc::clone(line), bell))?;
        object.set("gate", External::new(kept))?;
        return Ok(object);
    }
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
            let door = bind_entrance(env, &mut object, manual, breaker, Vec::new())?;
            bind_ask(env, &mut object, manual, move |op, io, at| door.entrance.ask(op, io, at))?;
        }
        AnyGate::Bulkhead(bulkhead) => {
            let door = bind_entrance(env, &mut object, manual, bulkhead, Vec::new())?;
            bind_ask(env, &mut object, manual, move |op, io, at| door.entrance.ask(op, io, at))?;
        }
        AnyGate::Budget(budget) => {
            let purse = Purse(Arc::clone(budget));
            bind_ask(env, &mut object, manual, move |op, _, at| purse.ask(op, at))?;
        }
        AnyGate::Nothing => {}
    }
    object.set("gate", External::new(kept))?;
    Ok(object)
}

/// The same for several gates as one.
pub fn pipeline<'env>(env: &'env Env, gates: Pipeline, lines: Vec<Arc<Line>>, manual: bool) -> Result<Object<'env>> {
    let mut object = Object::new(env)?;
    let door = bind_entrance(env, &mut object, manual, &Arc::new(gates), lines)?;
    bind_ask(env, &mut object, manual, move |op, io, at| {
        let answer = door.entrance.ask(op, io, at); // which ends calls, too
        door.serve();
        answer
    })?;
    Ok(object)
}
