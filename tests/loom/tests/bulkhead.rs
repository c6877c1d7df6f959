//! The bulkhead under every interleaving.
#![cfg(overcurrent_loom)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering::Relaxed};
use loom::thread;
use overcurrent::Bulkhead;

fn three_threads(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// Three callers, two slots, nobody leaves: exactly two are admitted.
#[test]
fn never_exceeds_max() {
    three_threads(|| {
        let bulkhead = Arc::new(Bulkhead::new(2).unwrap());
        let enter = |bulkhead: &Arc<Bulkhead>| {
            let bulkhead = bulkhead.clone();
            thread::spawn(move || u32::from(bulkhead.try_enter()))
        };
        let (a, b) = (enter(&bulkhead), enter(&bulkhead));
        let mine = u32::from(bulkhead.try_enter());
        let admitted = mine + a.join().unwrap() + b.join().unwrap();
        assert_eq!(admitted, 2, "admitted is not the maximum");
        assert_eq!(bulkhead.in_flight(), 2, "in flight is not what was admitted");
    });
}

/// With one slot, whoever holds it sees everything that the holder before wrote with plain loads and stores.
#[test]
fn a_slot_hands_over_what_its_last_holder_wrote() {
    loom::model(|| {
        let shared = Arc::new((Bulkhead::new(1).unwrap(), AtomicU32::new(0)));
        let call = |shared: &(Bulkhead, AtomicU32)| {
            if !shared.0.try_enter() {
                return 0;
            }
            shared.1.store(shared.1.load(Relaxed) + 1, Relaxed);
            shared.0.release().unwrap();
            1
        };
        let theirs = shared.clone();
        let other = thread::spawn(move || call(&theirs));
        let calls = call(&shared) + other.join().unwrap();
        assert_eq!(shared.1.load(Relaxed), calls, "a write made under the slot was lost");
    });
}

/// A shrinking resize beside an entering caller: nobody enters above the maximum it met, nothing is lost.
#[test]
fn a_resize_loses_neither_slots_nor_the_maximum() {
    loom::model(|| {
        let bulkhead = Arc::new(Bulkhead::new(2).unwrap());
        assert!(bulkhead.try_enter());
        let theirs = bulkhead.clone();
        let other = thread::spawn(move || theirs.try_enter());
        bulkhead.resize(1).unwrap();
        let admitted = u32::from(other.join().unwrap());
        assert_eq!(bulkhead.max(), 1, "the new maximum was lost");
        assert_eq!(bulkhead.in_flight(), 1 + admitted, "in flight is not what was admitted");
        assert!(!bulkhead.try_enter());
    });
}
