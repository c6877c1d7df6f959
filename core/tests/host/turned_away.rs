//! A queue whose gate begins to refuse for another reason while somebody waits.

use crate::probe::Hand;
use overcurrent::{
    BreakerConfig, Bulkhead, CountBreaker, Gate, ManualClock, Nanos, OpenFor, Outcome, Reason, Slots, Window,
};
use std::task::Poll;

type Gates = (Bulkhead, CountBreaker<1>);

fn queue() -> (Slots<Gates, ManualClock, ManualClock>, ManualClock) {
    let clock = ManualClock::new();
    let policy = BreakerConfig::new(Window::calls(1)).open_for(OpenFor::fixed(Nanos::SECOND)).trial_calls(1);
    let gates = (Bulkhead::new(1).unwrap(), CountBreaker::new(policy.build().unwrap()).unwrap());
    (Slots::new(gates).with_clock(clock.clone()).with_timer(clock.clone()), clock)
}

#[test]
fn nobody_waits_on_for_a_breaker_that_opened_meanwhile() {
    let (slots, clock) = queue();
    let first = slots.try_enter().unwrap();
    let mut second = Hand::new(slots.enter());
    let mut third = Hand::new(slots.enter_within(Nanos::MINUTE));
    assert!(second.poll().is_pending() && third.poll().is_pending());
    first.failure(); // and the breaker opens: no slot will come back, for nobody holds one
    assert_eq!((second.woken.times(), third.woken.times()), (1, 1), "both are told");
    for hand in [&mut second, &mut third] {
        let Poll::Ready(Err(refusal)) = hand.poll() else { panic!("still waits") };
        assert_eq!((refusal.reason, refusal.retry_after), (Reason::BreakerOpen, Some(Nanos::new(1_000_000_001))));
    }
    assert_eq!((slots.waiting(), slots.gate().0.in_flight(), clock.sleepers()), (0, 0, 0));
}

#[test]
fn newcomers_hear_of_the_open_breaker_and_not_of_a_queue() {
    let (slots, clock) = queue();
    let first = slots.try_enter().unwrap();
    let mut second = Hand::new(slots.enter());
    assert!(second.poll().is_pending());
    first.failure();
    let mut third = Hand::new(slots.enter());
    let Poll::Ready(Err(refusal)) = third.poll() else { panic!("waits for a breaker") };
    assert_eq!(refusal.reason, Reason::BreakerOpen);
    assert_eq!(slots.try_enter().unwrap_err().reason, Reason::BreakerOpen);
    clock.advance(Nanos::from_secs(2));
    slots.try_enter().unwrap().success(); // the trial
    assert!(slots.try_enter().is_ok());
}

#[test]
fn a_breaker_forced_open_turns_those_who_wait_away() {
    let (slots, _) = queue();
    let first = slots.try_enter().unwrap();
    let mut second = Hand::new(slots.enter());
    assert!(second.poll().is_pending());
    slots.gate().1.force_open(Nanos::ZERO);
    first.success();
    let Poll::Ready(Err(refusal)) = second.poll() else { panic!("waits for an operator") };
    assert_eq!((refusal.reason, refusal.retry_after), (Reason::ForcedOpen, None));
    let mut third = Hand::new(slots.enter());
    assert!(third.poll().is_ready(), "nor does a newcomer wait");
}

#[test]
fn a_refusal_that_nobody_picks_up_leaves_nothing_behind() {
    let (slots, clock) = queue();
    let first = slots.try_enter().unwrap();
    let mut second = Hand::new(slots.enter());
    assert!(second.poll().is_pending());
    first.failure();
    drop(second);
    assert_eq!(slots.waiting(), 0);
    clock.advance(Nanos::from_secs(2));
    let at = clock.now_at();
    assert!(slots.gate().judge(1, at).is_ok());
    slots.try_enter().unwrap().finish(Outcome::Ignored);
    assert_eq!(slots.gate().0.in_flight(), 0);
}

trait NowAt {
    fn now_at(&self) -> overcurrent::At;
}

impl NowAt for ManualClock {
    fn now_at(&self) -> overcurrent::At {
        overcurrent::Clock::now(self)
    }
}

#[test]
fn a_thread_that_waits_is_turned_away_too() {
    let policy = BreakerConfig::new(Window::calls(1)).open_for(OpenFor::fixed(Nanos::HOUR)).build().unwrap();
    let gates = (Bulkhead::new(1).unwrap(), CountBreaker::<1>::new(policy).unwrap());
    let slots = Slots::new(gates);
    let first = slots.try_enter().unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| slots.enter_blocking(Nanos::MINUTE).map(drop));
        while slots.waiting() == 0 {
            std::thread::yield_now();
        }
        first.failure();
        let begun = std::time::Instant::now();
        let refusal = waiting.join().unwrap().unwrap_err();
        assert_eq!(refusal.reason, Reason::BreakerOpen);
        assert!(begun.elapsed() < std::time::Duration::from_secs(30), "at once, not after its minute");
    });
}
