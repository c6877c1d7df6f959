//! A queue before a bulkhead: order, cancellation, the longest wait.

use crate::probe::{Hand, block_on, is_send};
use overcurrent::{At, Bulkhead, Gate, ManualClock, Nanos, Outcome, Reason, Refusal, Slots};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

type Queue = Slots<Bulkhead, ManualClock, ManualClock>;

fn queue(max: u32) -> (Queue, ManualClock) {
    let clock = ManualClock::new();
    (Slots::new(Bulkhead::new(max).unwrap()).with_clock(clock.clone()).with_timer(clock.clone()), clock)
}

#[test]
fn a_slot_goes_to_whoever_waits_longest_and_nobody_passes() {
    let (slots, _) = queue(1);
    let first = slots.try_enter().unwrap();
    let mut second = Hand::new(slots.enter());
    let mut third = Hand::new(slots.enter());
    assert!(second.poll().is_pending() && third.poll().is_pending());
    first.success();
    assert_eq!((second.woken.times(), third.woken.times()), (1, 0));
    assert!(slots.try_enter().is_err(), "it is promised");
    let Poll::Ready(Ok(second)) = second.poll() else { panic!() };
    assert!(third.poll().is_pending());
    second.failure();
    assert!(third.poll().is_ready());
    assert_eq!((slots.waiting(), slots.gate().in_flight()), (0, 0));
}

#[test]
fn a_thousand_waiters_cancelled_leave_nothing_behind() {
    for backwards in [false, true] {
        let (slots, clock) = queue(1);
        let first = slots.try_enter().unwrap();
        let mut waiting: Vec<_> = (0..1_000).map(|_| Hand::new(slots.enter_within(Nanos::MINUTE))).collect();
        for hand in &mut waiting {
            assert!(hand.poll().is_pending());
        }
        let mut next = Hand::new(slots.enter());
        assert!(next.poll().is_pending());
        if backwards {
            waiting.reverse();
        }
        drop(waiting);
        assert_eq!((slots.waiting(), clock.sleepers()), (1, 0));
        drop(first);
        assert_eq!(next.woken.times(), 1);
        assert!(next.poll().is_ready());
    }
}

#[test]
fn a_slot_that_nobody_picks_up_goes_on() {
    let (slots, _) = queue(1);
    let first = slots.try_enter().unwrap();
    let mut second = Hand::new(slots.enter());
    let mut third = Hand::new(slots.enter());
    assert!(second.poll().is_pending() && third.poll().is_pending());
    first.success();
    drop(second);
    assert_eq!(third.woken.times(), 1);
    assert!(third.poll().is_ready());
    assert_eq!(slots.gate().in_flight(), 0);
}

#[test]
fn the_longest_wait_is_kept() {
    let (slots, clock) = queue(1);
    let first = slots.try_enter().unwrap();
    let mut second = Hand::new(slots.enter_within(Nanos::SECOND));
    assert!(second.poll().is_pending());
    clock.advance(Nanos::from_millis(999));
    assert!(second.poll().is_pending());
    clock.advance(Nanos::MILLISECOND);
    assert_eq!(second.woken.times(), 1);
    let Poll::Ready(Err(refusal)) = second.poll() else { panic!() };
    assert_eq!((refusal.reason, refusal.retry_after), (Reason::BulkheadFull, None));
    assert_eq!((slots.waiting(), clock.sleepers()), (0, 0));
    first.success();
    assert!(block_on(slots.enter_within(Nanos::ZERO)).is_ok());
}

#[test]
fn a_panic_gives_the_slot_to_the_next() {
    let (slots, _) = queue(1);
    let first = slots.try_enter().unwrap();
    let mut second = Hand::new(slots.enter());
    assert!(second.poll().is_pending());
    catch_unwind(AssertUnwindSafe(|| {
        let _first = first;
        panic!("boom");
    }))
    .unwrap_err();
    assert!(second.poll().is_ready());
}

#[test]
fn added_slots_are_handed_out_when_asked() {
    let (slots, _) = queue(1);
    let _first = slots.try_enter().unwrap();
    let mut second = Hand::new(slots.enter());
    assert!(second.poll().is_pending());
    slots.gate().resize(2).unwrap();
    slots.hand_out();
    assert_eq!(second.woken.times(), 1);
    let Poll::Ready(Ok(second)) = second.poll() else { panic!() };
    assert_eq!(slots.gate().in_flight(), 2);
    second.finish(Outcome::Success);
}

#[test]
fn threads_and_tasks_share_one_queue_and_never_exceed_the_slots() {
    let slots = Arc::new(Slots::new(Bulkhead::new(2).unwrap()));
    let check = |slots: &Slots<Bulkhead>| {
        assert!(slots.gate().in_flight() <= 2);
        std::thread::yield_now();
    };
    let threads: Vec<_> = (0..6)
        .map(|i| {
            let slots = Arc::clone(&slots);
            std::thread::spawn(move || {
                for _ in 0..200 {
                    let guard = if i % 2 == 0 {
                        slots.enter_blocking(Nanos::MINUTE).unwrap()
                    } else {
                        block_on(is_send(slots.enter())).unwrap()
                    };
                    check(&slots);
                    guard.success();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!((slots.waiting(), slots.gate().in_flight()), (0, 0));
    assert!(slots.gate().judge(1, Nanos::ZERO.into()).is_ok());
}

#[test]
fn those_who_wait_are_counted_as_refused_only_when_they_are() {
    #[derive(Default)]
    struct Counted {
        inner: Option<Bulkhead>,
        refused: AtomicU32,
    }
    impl Counted {
        fn inner(&self) -> &Bulkhead {
            self.inner.as_ref().unwrap()
        }
    }
    impl Gate for Counted {
        type Permit = <Bulkhead as Gate>::Permit;
        fn judge(&self, cost: u32, at: At) -> Result<(), Refusal> {
            self.inner().judge(cost, at)
        }
        fn enter(&self, cost: u32, at: At) -> Result<Self::Permit, Refusal> {
            Gate::enter(self.inner(), cost, at).inspect_err(|refusal| self.refused(cost, *refusal, at))
        }
        fn leave(&self, permit: Self::Permit, outcome: Outcome, at: At) {
            Gate::leave(self.inner(), permit, outcome, at);
        }
        fn cancel(&self, permit: Self::Permit) {
            Gate::cancel(self.inner(), permit);
        }
        fn refused(&self, _: u32, _: Refusal, _: At) {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
    }
    let clock = ManualClock::new();
    let gate = Counted { inner: Some(Bulkhead::new(1).unwrap()), ..Counted::default() };
    let slots = Slots::new(gate).with_clock(clock.clone()).with_timer(clock.clone());
    let refused = || slots.gate().refused.load(Ordering::Relaxed);
    let first = slots.try_enter().unwrap();
    let mut second = Hand::new(slots.enter());
    let mut third = Hand::new(slots.enter_within(Nanos::SECOND));
    assert!(second.poll().is_pending() && third.poll().is_pending());
    first.success();
    let Poll::Ready(Ok(_second)) = second.poll() else { panic!() };
    assert_eq!(refused(), 0);
    clock.advance(Nanos::SECOND);
    assert!(matches!(third.poll(), Poll::Ready(Err(_))));
    assert_eq!(refused(), 1);
    assert!(slots.try_enter().is_err());
    assert_eq!(refused(), 2);
}
