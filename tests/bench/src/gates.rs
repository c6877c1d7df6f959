//! Our machines through the trait they share, so that one body measures them all.

use crate::harness::Case;
use overcurrent::{At, Gate, Nanos, Outcome};
use std::hint::black_box;

/// One call a microsecond, or near it: time comes with the call and costs nothing here.
#[inline(always)]
fn tick(counter: &mut u64) -> At {
    *counter += 1;
    At::from(Nanos::new(*counter << 10))
}

/// Every outcome a success.
pub fn good(_: u64) -> Outcome {
    Outcome::Success
}

/// One outcome in four a failure.
pub fn quarter_bad(counter: u64) -> Outcome {
    if counter.is_multiple_of(4) { Outcome::Failure } else { Outcome::Success }
}

/// A whole protected call: enter and leave, both at the same time.
pub fn enter_leave<G>(name: &'static str, gate: G, outcome: impl Fn(u64) -> Outcome + Send + Sync + 'static) -> Case
where
    G: Gate + Send + Sync + 'static,
{
    Case::shared(name, move |counter| {
        let at = tick(counter);
        let permit = gate.enter(1, at).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
        gate.leave(permit, black_box(outcome(*counter)), at);
    })
}

/// A whole protected call of a gate that needs no clock.
pub fn untimed<G>(name: &'static str, gate: G) -> Case
where
    G: Gate + Send + Sync + 'static,
{
    Case::shared(name, move |_| {
        let permit = gate.enter_untimed(1).unwrap_or_else(|_| panic!("{name}: needs the time"));
        black_box(gate.leave_untimed(permit, black_box(Outcome::Success)).is_ok());
    })
}

/// A refusal. The gate must refuse at any time.
pub fn refuse<G>(name: &'static str, gate: G) -> Case
where
    G: Gate + Send + Sync + 'static,
{
    Case::shared(name, move |counter| {
        let at = tick(counter);
        let answer = gate.enter(1, at);
        black_box(&answer); // by reference: a copy of something just written in parts would be the dearest step
        assert!(answer.is_err(), "{name}: admitted");
    })
}
