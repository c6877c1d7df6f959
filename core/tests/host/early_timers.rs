//! Timers that end before their time, and wakers that panic.

use crate::probe::Hand;
use overcurrent::{Bulkhead, Gcra, ManualClock, Nanos, Rate, Slots, Timer, Waiters};
use std::future::{Ready, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::Duration;

/// Ends at once, whatever was asked for.
fn impatient(_: Duration) -> Ready<()> {
    ready(())
}

#[test]
fn a_timer_that_ends_at_once_does_not_hold_the_executor_up() {
    let clock = ManualClock::new();
    let limiter = Gcra::new(Rate::new(1, Nanos::SECOND).build().unwrap());
    let limiter = Waiters::new(limiter).with_clock(clock.clone()).with_timer(impatient);
    limiter.try_acquire(1).unwrap();
    let mut waiting = Hand::new(limiter.acquire(1));
    assert!(waiting.poll().is_pending(), "the clock stands still");
    assert_eq!(waiting.woken.times(), 1, "and asks to be polled again");
    clock.advance(Nanos::SECOND);
    assert!(waiting.poll().is_ready());
}

#[test]
fn nor_does_it_before_a_bulkhead() {
    let clock = ManualClock::new();
    let slots = Slots::new(Bulkhead::new(1).unwrap()).with_clock(clock.clone()).with_timer(impatient);
    let held = slots.try_enter().unwrap();
    let mut waiting = Hand::new(slots.enter_within(Nanos::SECOND));
    assert!(waiting.poll().is_pending(), "the clock stands still");
    assert_eq!(waiting.woken.times(), 1, "and asks to be polled again");
    clock.advance(Nanos::SECOND);
    assert!(waiting.poll().is_ready());
    drop(held);
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker of the caller's");
    }
}

#[test]
fn a_waker_that_panics_does_not_keep_the_other_sleepers_asleep() {
    let clock = ManualClock::new();
    let mut first = Box::pin(clock.sleep(Duration::from_secs(1)));
    let waker = Waker::from(Arc::new(Panics));
    assert!(first.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let mut second = Hand::new(clock.sleep(Duration::from_secs(1)));
    assert!(second.poll().is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| clock.advance(Nanos::SECOND))).is_err());
    assert_eq!(second.woken.times(), 1);
}

use std::future::Future;
