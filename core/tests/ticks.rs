//! A tick counter of 32 bits, read seldom, often, and out of order.

use overcurrent::{Nanos, Ticks};
use proptest::prelude::*;

const TICK: Nanos = Nanos::MILLISECOND;

fn read(ticks: &mut Ticks, at: u64) -> u64 {
    ticks.now((at & u64::from(u32::MAX)) as u32).get() / TICK.get()
}

/// The documentation asks for one reading a wrap, less what a reading may be late.
#[test]
fn a_chip_that_sleeps_through_most_of_a_wrap_keeps_the_time() {
    for pause in [1 << 20, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, 3 << 30, (1 << 32) - u64::from(Ticks::SKEW) - 1] {
        let mut ticks = Ticks::new(TICK);
        let mut at = 5;
        for _ in 0..10 {
            assert_eq!(read(&mut ticks, at), at, "a reading each {pause} ticks");
            at += pause;
        }
    }
}

#[test]
fn a_late_reading_is_as_old_as_it_is() {
    let mut ticks = Ticks::new(TICK);
    for at in [1 << 21, (1 << 32) + 3, (1 << 33) - (1 << 22), 1 << 33, (1 << 33) + (1 << 22)] {
        assert_eq!(read(&mut ticks, at), at);
        for late in [1, 7, u64::from(Ticks::SKEW)] {
            assert_eq!(read(&mut ticks, at - late), at - late, "{late} ticks late at {at}");
        }
        assert_eq!(read(&mut ticks, at), at, "and moved nothing");
    }
}

proptest! {
    #[test]
    fn any_order_within_the_rules_is_read_right(steps in prop::collection::vec((0u64..(1 << 32) - (1 << 21), 0u64..=1 << 20), 1..50)) {
        let mut ticks = Ticks::new(TICK);
        let mut newest = 0;
        for (ahead, late) in steps {
            newest += ahead;
            prop_assert_eq!(read(&mut ticks, newest), newest);
            // Before the first wrap nothing can be older than the counter's start.
            if late <= newest {
                prop_assert_eq!(read(&mut ticks, newest - late), newest - late);
            }
        }
    }
}

#[test]
fn ticks_end_with_time() {
    let mut ticks = Ticks::new(Nanos::MAX);
    assert_eq!(ticks.now(0), Nanos::ZERO);
    assert_eq!(ticks.now(7), Nanos::MAX);
}
