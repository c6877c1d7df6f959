//! Guards that borrow nothing.

use crate::probe::{Probe, Seen, is_send};
use overcurrent::{Bulkhead, ErrIsFailure, GateExt, ManualClock, Outcome, OwnedGuard, Protected};
use std::sync::Arc;
use std::sync::atomic::Ordering;

fn probe() -> Arc<Probe> {
    Arc::new(Probe::default())
}

#[test]
fn every_verdict_is_reported_once() {
    let gate = probe();
    let enter = || OwnedGuard::enter(Arc::clone(&gate), ManualClock::new(), 2).unwrap();
    enter().success();
    enter().failure();
    enter().ignore();
    enter().report(&ErrIsFailure, &Err::<(), _>(1));
    drop(enter());
    let left: Vec<_> = gate.seen().into_iter().filter(|seen| *seen != Seen::Enter(2)).collect();
    use Outcome::{Failure, Ignored, Success};
    assert_eq!(left, [Success, Failure, Ignored, Failure, Ignored].map(Seen::Leave));
    enter().cancel();
    assert_eq!(gate.seen(), [Seen::Enter(2), Seen::Cancel]);
    gate.refuse.store(true, Ordering::Relaxed);
    assert!(OwnedGuard::enter(Arc::clone(&gate), ManualClock::new(), 2).is_err());
}

#[test]
fn it_moves_into_a_task_and_outlives_whoever_made_it() {
    let slots = Arc::new(Bulkhead::new(2).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let guard = {
        let api = Protected::new((Arc::clone(&slots), probe()));
        is_send(api.guard_owned().unwrap())
    };
    assert_eq!(slots.in_flight(), 1);
    let task = runtime.spawn(async move {
        tokio::task::yield_now().await;
        guard.success();
    });
    runtime.block_on(task).unwrap();
    assert_eq!(slots.in_flight(), 0);
}

#[test]
fn a_task_that_panics_fails_the_call_and_one_that_is_dropped_does_not() {
    let gate = probe();
    let guard = Arc::clone(&gate).guard_owned(1).unwrap();
    let thread = std::thread::spawn(move || {
        let _guard = guard;
        std::panic::panic_any("the call");
    });
    assert!(thread.join().is_err());
    assert_eq!(gate.seen(), [Seen::Enter(1), Seen::Leave(Outcome::Failure)]);
    let guard = Arc::clone(&gate).guard_owned(1).unwrap();
    let rule = |_: &Result<(), ()>| -> Outcome { panic!("the rule") };
    assert!(std::thread::spawn(move || guard.report(&rule, &Ok(()))).join().is_err());
    assert_eq!(gate.seen(), [Seen::Enter(1), Seen::Leave(Outcome::Failure)]);
    let guard = Arc::clone(&gate).guard_owned(1).unwrap();
    drop(async move { guard.success() });
    assert_eq!(gate.seen(), [Seen::Enter(1), Seen::Leave(Outcome::Ignored)]);
}

#[test]
fn a_gate_that_lives_for_ever_needs_no_arc() {
    static SLOTS: Bulkhead = match Bulkhead::new(1) {
        Ok(slots) => slots,
        Err(_) => panic!("checked by the compiler"),
    };
    let guard: OwnedGuard<&'static Bulkhead, _> = (&SLOTS).guard_owned(1).unwrap();
    std::thread::spawn(move || {
        guard.finish_with(|slots, permit, at| overcurrent::Gate::leave(slots, permit, Outcome::Success, at))
    })
    .join()
    .unwrap();
    assert_eq!(SLOTS.in_flight(), 0);
}
