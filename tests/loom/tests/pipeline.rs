//! Several gates as one, under every interleaving.
#![cfg(overcurrent_loom)]

use loom::sync::Arc;
use loom::thread;
use overcurrent::{At, Bulkhead, Gate, Outcome};

/// Two callers, an outer bulkhead with room for both and an inner one with room for one: whoever is refused inside has
/// its outer slot back, and at rest nothing is held.
#[test]
fn roll_back_loses_nothing() {
    loom::model(|| {
        let gates = Arc::new((Bulkhead::new(2).unwrap(), Bulkhead::new(1).unwrap()));
        let theirs = gates.clone();
        let other = thread::spawn(move || theirs.enter(1, At::default()).ok());
        let mine = gates.enter(1, At::default()).ok();
        let theirs = other.join().unwrap();
        let admitted = u32::from(mine.is_some()) + u32::from(theirs.is_some());
        assert_eq!(admitted, 1, "admitted is not the inner maximum");
        assert_eq!(gates.0.in_flight(), admitted, "a refused call kept its outer slot");
        assert_eq!(gates.1.in_flight(), admitted, "a refused call kept its inner slot");
        for permit in [mine, theirs].into_iter().flatten() {
            gates.leave(permit, Outcome::Success, At::default());
        }
        assert_eq!((gates.0.in_flight(), gates.1.in_flight()), (0, 0), "something is held at rest");
    });
}

/// The same for whole calls through an array: the inner bulkhead may refuse whom the outer one has let in, but nothing
/// stays behind.
#[test]
fn whole_calls_leave_nothing_behind() {
    loom::model(|| {
        let gates = Arc::new([Bulkhead::new(2).unwrap(), Bulkhead::new(1).unwrap()]);
        let call = |gates: &[Bulkhead; 2]| {
            if let Ok(permit) = gates.enter(1, At::default()) {
                gates.leave(permit, Outcome::Failure, At::default());
            }
        };
        let theirs = gates.clone();
        let other = thread::spawn(move || call(&theirs));
        call(&gates);
        other.join().unwrap();
        assert_eq!(gates.each_ref().map(Bulkhead::in_flight), [0, 0], "something is held at rest");
    });
}
