//! The bulkhead against a naive counter.
#![cfg(feature = "wide")]
use overcurrent::{At, Bulkhead, Bulkhead32, Gate, NeedsTime, Outcome, OverRelease, Reason, concurrency::Slot};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Op {
    Enter,
    Release,
    Resize(u32),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![4 => Just(Op::Enter), 3 => Just(Op::Release), 1 => (0u32..6).prop_map(Op::Resize)];
    proptest::collection::vec(op, 0..200)
}

macro_rules! against_a_counter {
    ($test:ident, $ty:ty) => {
        proptest! {
            #[test]
            fn $test(first in 0u32..6, ops in ops()) {
                let bulkhead = <$ty>::new(first).unwrap();
                let (mut max, mut in_flight) = (first, 0u32);
                for op in ops {
                    match op {
                        Op::Enter => {
                            let admitted = in_flight < max;
                            prop_assert_eq!(bulkhead.judge(1, At::default()).is_ok(), admitted);
                            prop_assert_eq!(bulkhead.try_enter(), admitted);
                            in_flight += u32::from(admitted);
                        }
                        Op::Release => {
                            let held = in_flight > 0;
                            prop_assert_eq!(bulkhead.release(), if held { Ok(()) } else { Err(OverRelease) });
                            in_flight -= u32::from(held);
                        }
                        Op::Resize(to) => {
                            bulkhead.resize(to).unwrap();
                            max = to;
                        }
                    }
                    prop_assert_eq!(bulkhead.in_flight(), in_flight);
                    prop_assert_eq!(bulkhead.max(), max);
                    prop_assert_eq!(bulkhead.available(), max.saturating_sub(in_flight));
                }
            }
        }
    };
}
against_a_counter!(eight_bytes_agree_with_a_counter, Bulkhead);
against_a_counter!(four_bytes_agree_with_a_counter, Bulkhead32);

#[test]
fn a_gate_without_a_clock() {
    let bulkhead = Bulkhead::new(1).unwrap();
    let at = At::default();
    assert!(!bulkhead.needs_clock());
    let slot = bulkhead.enter_untimed(1).unwrap();
    assert_eq!(bulkhead.enter_untimed(1), Err(NeedsTime));
    let refusal = bulkhead.enter(1, at).unwrap_err();
    assert_eq!((refusal.reason, refusal.retry_after), (Reason::BulkheadFull, None));
    assert_eq!(bulkhead.leave_untimed(slot, Outcome::Failure), Ok(()));
    assert_eq!(bulkhead.in_flight(), 0);
}

#[test]
fn a_doubled_raw_slot_cannot_make_room() {
    let bulkhead = Bulkhead::new(1).unwrap();
    bulkhead.enter(1, At::default()).unwrap().into_raw();
    bulkhead.cancel(Slot::from_raw());
    bulkhead.cancel(Slot::from_raw());
    assert_eq!((bulkhead.in_flight(), bulkhead.available()), (0, 1));
}

#[test]
fn limits_and_sizes() {
    assert!(!Bulkhead::new(0).unwrap().try_enter());
    assert!(Bulkhead::new(i32::MAX as u32).is_ok());
    assert_eq!(Bulkhead::new(u32::MAX).unwrap_err().field, "max");
    assert!(Bulkhead32::new(65_535).is_ok());
    assert!(Bulkhead32::new(65_536).is_err());
    assert!(Bulkhead32::new(1).unwrap().resize(65_536).is_err());
    assert_eq!((size_of::<Bulkhead>(), size_of::<Bulkhead32>(), size_of::<Slot>()), (8, 4, 0));
}

#[test]
fn the_last_slots_of_four_bytes_do_not_spill_into_the_maximum() {
    let bulkhead = Bulkhead32::new(65_535).unwrap();
    for _ in 0..65_535 {
        assert!(bulkhead.try_enter());
    }
    assert!(!bulkhead.try_enter());
    assert_eq!((bulkhead.in_flight(), bulkhead.max()), (65_535, 65_535));
}
