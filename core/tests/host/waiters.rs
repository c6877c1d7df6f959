//! Queues of waiters: order, cancellation, the longest wait.

use crate::probe::{Hand, block_on, is_send};
use overcurrent::limit::CycleConfig;
use overcurrent::{Clock, CycleLimiter, Gcra, LiveGcra, ManualClock, Nanos, Rate, Reason, Refusal, Waiters};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Poll;

const T: u64 = 1_000_000;

/// One permit each millisecond.
fn limiter(burst: u64) -> Gcra {
    Gcra::new(Rate::new(1_000, Nanos::SECOND).burst(burst).build().unwrap())
}

type Queue = Waiters<Gcra, ManualClock, ManualClock>;

fn queue(burst: u64) -> (Queue, ManualClock) {
    let clock = ManualClock::new();
    (Waiters::new(limiter(burst)).with_clock(clock.clone()).with_timer(clock.clone()), clock)
}

/// Polls whoever was woken until nobody is; gives back who got permits.
fn run<F: Future<Output = Result<(), Refusal>>>(waiting: &mut [Option<Hand<F>>], seen: &mut [usize]) -> Vec<usize> {
    let mut granted = Vec::new();
    loop {
        let mut polled = false;
        for (i, place) in waiting.iter_mut().enumerate() {
            let Some(hand) = place else { continue };
            if hand.woken.times() == seen[i] {
                continue;
            }
            seen[i] = hand.woken.times();
            polled = true;
            if let Poll::Ready(result) = hand.poll() {
                result.unwrap();
                granted.push(i);
                *place = None;
            }
        }
        if !polled {
            return granted;
        }
    }
}

#[test]
fn waiters_are_served_in_order_each_at_its_exact_time() {
    let (limiter, clock) = queue(3);
    let mut waiting: Vec<_> = (0..10).map(|i| Some(Hand::new(limiter.acquire(i % 3 + 1)))).collect();
    let mut seen = vec![0; 10];
    let mut served = Vec::new();
    for (i, place) in waiting.iter_mut().enumerate() {
        if place.as_mut().unwrap().poll().is_ready() {
            served.push((i, 0));
            *place = None;
        }
    }
    for tick in 1..=30 {
        clock.advance(Nanos::new(T));
        served.extend(run(&mut waiting, &mut seen).into_iter().map(|i| (i, tick)));
    }
    // permits: 1 2 3 1 2 3 1 2 3 1, three of them there at the start
    let expected = [(0, 0), (1, 0), (2, 3), (3, 4), (4, 6), (5, 9), (6, 10), (7, 12), (8, 15), (9, 16)];
    assert_eq!(served, expected);
    assert_eq!((limiter.waiting(), clock.sleepers()), (0, 0));
}

#[test]
fn only_the_head_sleeps() {
    let (limiter, clock) = queue(1);
    limiter.try_acquire(1).unwrap();
    let mut waiting: Vec<_> = (0..100).map(|_| Hand::new(limiter.acquire(1))).collect();
    for hand in &mut waiting {
        assert!(hand.poll().is_pending());
    }
    assert_eq!((limiter.waiting(), clock.sleepers(), clock.next_wake()), (100, 1, Some(Nanos::new(T))));
}

/// Deterministic, and as bad as needed.
fn shuffle<V>(values: &mut [V], mut seed: u64) {
    for i in (1..values.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        values.swap(i, (seed >> 33) as usize % (i + 1));
    }
}

#[test]
fn a_thousand_cancelled_in_any_order_delay_the_next_by_nothing() {
    let forwards: Vec<_> = (0..1_000).collect();
    let mut orders = vec![forwards.clone(), forwards.iter().rev().copied().collect()];
    for seed in 0..4 {
        let mut order = forwards.clone();
        shuffle(&mut order, seed);
        orders.push(order);
    }
    for order in orders {
        let (limiter, clock) = queue(1);
        limiter.try_acquire(1).unwrap();
        clock.advance(Nanos::new(T / 4));
        let mut waiting: Vec<_> = (0..1_000).map(|_| Some(Hand::new(limiter.acquire(1)))).collect();
        for hand in waiting.iter_mut().flatten() {
            assert!(hand.poll().is_pending());
        }
        let mut next = Hand::new(limiter.acquire(1));
        assert!(next.poll().is_pending());
        for i in order {
            waiting[i] = None;
        }
        assert!(next.poll().is_pending());
        assert_eq!((limiter.waiting(), clock.sleepers(), clock.next_wake()), (1, 1, Some(Nanos::new(T))));
        clock.set(Nanos::new(T - 1));
        assert!(next.poll().is_pending());
        clock.set(Nanos::new(T));
        assert_eq!(next.poll(), Poll::Ready(Ok(())));
        // and nothing was minted on the way
        assert_eq!(limiter.try_acquire(1).unwrap_err().retry_after, Some(Nanos::new(T)));
    }
}

#[test]
fn half_of_them_cancelled_at_random_while_time_passes() {
    for seed in 0..20 {
        let (limiter, clock) = queue(2);
        let mut waiting: Vec<_> = (0..200).map(|i| Some(Hand::new(limiter.acquire(1 + i % 2)))).collect();
        let mut seen = vec![0; waiting.len()];
        let mut granted = 0;
        for (i, place) in waiting.iter_mut().enumerate() {
            if place.as_mut().unwrap().poll().is_ready() {
                granted += 1 + i as u64 % 2;
                *place = None;
            }
        }
        let mut order: Vec<_> = (0..200).collect();
        shuffle(&mut order, seed);
        let mut cancel = order.into_iter();
        let mut elapsed = 0;
        while waiting.iter().any(Option::is_some) {
            waiting[cancel.next().unwrap()] = None;
            clock.advance(Nanos::new(T));
            elapsed += 1;
            if seed % 2 == 0 || elapsed % 3 == 0 {
                // every other run picks up late, so that several grants are out when somebody leaves
                granted += run(&mut waiting, &mut seen).into_iter().map(|i| 1 + i as u64 % 2).sum::<u64>();
            }
            assert!(granted <= 2 + elapsed, "over-admitted");
            if seed % 2 == 0 && waiting.iter().any(Option::is_some) {
                assert!(granted >= elapsed, "somebody waits for a slot that nobody has");
            }
        }
        assert_eq!((limiter.waiting(), clock.sleepers()), (0, 0));
    }
}

#[test]
fn a_grant_that_nobody_picks_up_goes_back_with_those_behind_it_moved_up() {
    let (limiter, clock) = queue(2);
    limiter.try_acquire(2).unwrap();
    let mut waiting: Vec<_> = (0..4).map(|_| Hand::new(limiter.acquire(1))).collect();
    for hand in &mut waiting {
        assert!(hand.poll().is_pending());
    }
    clock.advance(Nanos::new(2 * T)); // two permits, nobody looks
    assert!(waiting[3].poll().is_pending()); // this one does: 0 and 1 are granted, 2 is promised 3 T
    assert!(waiting[2].poll().is_pending());
    assert_eq!(clock.next_wake(), Some(Nanos::new(3 * T)));
    drop(waiting.remove(0));
    assert_eq!(waiting[1].poll(), Poll::Ready(Ok(()))); // 2 has the permit of 0
    assert_eq!(waiting[0].poll(), Poll::Ready(Ok(())));
    assert!(waiting[2].poll().is_pending());
    assert_eq!(clock.next_wake(), Some(Nanos::new(3 * T)));
}

#[test]
fn whoever_would_wait_too_long_is_refused_at_once_with_the_queue_counted() {
    let (limiter, clock) = queue(5);
    limiter.try_acquire(5).unwrap();
    let mut ahead: Vec<_> = [2, 3, 1].map(|n| Hand::new(limiter.acquire(n))).into();
    for hand in &mut ahead {
        assert!(hand.poll().is_pending());
    }
    let wait = |n, max| block_on(limiter.acquire_within(n, Nanos::new(max * T)));
    let refused = |ms: u64| Err(Refusal::new(Reason::RateLimited, Some(Nanos::new(ms * T))));
    assert_eq!(wait(1, 6), refused(1));
    assert_eq!(wait(2, 0), refused(8));
    assert_eq!(wait(6, 99), Err(Refusal::new(Reason::CostExceedsBurst, None)));
    assert_eq!(limiter.try_acquire(1), refused(7));
    let started = std::time::Instant::now();
    assert_eq!(limiter.acquire_blocking(1, Nanos::new(6 * T)), refused(1));
    assert!(started.elapsed() < std::time::Duration::from_secs(1));
    assert_eq!(limiter.waiting(), 3);

    let mut last = Hand::new(limiter.acquire_within(1, Nanos::new(7 * T)));
    assert!(last.poll().is_pending());
    for tick in 1..=7 {
        clock.set(Nanos::new(tick * T));
        ahead.retain_mut(|hand| hand.poll().is_pending());
        assert_eq!(last.poll().is_ready(), tick == 7);
    }
}

#[test]
fn nobody_passes_a_queue() {
    let (limiter, clock) = queue(4);
    limiter.try_acquire(2).unwrap();
    let mut large = Hand::new(limiter.acquire(3));
    assert!(large.poll().is_pending());
    assert!(limiter.try_acquire(1).is_err());
    clock.advance(Nanos::new(T));
    assert!(large.poll().is_ready());
    assert!(limiter.try_acquire(1).is_err());
}

#[test]
fn dropped_before_the_first_poll_it_took_nothing() {
    let (limiter, _) = queue(1);
    drop(limiter.acquire(1));
    limiter.try_acquire(1).unwrap();
}

#[test]
fn threads_and_tasks_share_one_queue() {
    let limiter = Arc::new(Waiters::new(limiter(1)));
    let begun = limiter_now();
    let threads: Vec<_> = (0..4)
        .map(|i| {
            let limiter = Arc::clone(&limiter);
            std::thread::spawn(move || {
                for _ in 0..3 {
                    if i % 2 == 0 {
                        limiter.acquire_blocking(1, Nanos::MINUTE).unwrap();
                    } else {
                        block_on(is_send(limiter.acquire(1))).unwrap();
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(limiter_now() - begun >= Nanos::new(11 * T));
    assert_eq!(limiter.waiting(), 0);
}

fn limiter_now() -> Nanos {
    overcurrent::MonotonicClock.now().now
}

#[test]
fn under_tokio_with_its_own_timer() {
    let limiter = Arc::new(Waiters::new(limiter(1)).with_timer(tokio::time::sleep));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|i| {
            let limiter = Arc::clone(&limiter);
            runtime.spawn(async move {
                if i % 4 == 3 {
                    let _ = tokio::time::timeout(std::time::Duration::from_millis(2), limiter.acquire(1)).await;
                } else {
                    limiter.acquire(1).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        runtime.block_on(task).unwrap();
    }
    assert_eq!(limiter.waiting(), 0);
}

#[test]
fn a_timer_that_ends_early_only_costs_another_look() {
    let clock = ManualClock::new();
    let limiter = Waiters::new(limiter(1)).with_clock(clock.clone()).with_timer(|_| {
        clock.advance(Nanos::new(T / 10));
        std::future::ready(())
    });
    limiter.try_acquire(1).unwrap();
    assert_eq!(block_on(limiter.acquire(1)), Ok(()));
    assert_eq!(clock.now().now, Nanos::new(T));
}

#[test]
fn a_blocked_thread_is_served_when_the_clock_is_moved_by_hand() {
    let clock = ManualClock::new();
    let limiter = Arc::new(Waiters::new(limiter(1)).with_clock(clock.clone()));
    limiter.try_acquire(1).unwrap();
    let thread = {
        let limiter = Arc::clone(&limiter);
        std::thread::spawn(move || limiter.acquire_blocking(1, Nanos::MINUTE))
    };
    while limiter.waiting() == 0 {
        std::thread::yield_now();
    }
    clock.advance(Nanos::new(T));
    assert_eq!(thread.join().unwrap(), Ok(()));
}

/// A token bucket, counted in nanoseconds, that serves its queue the very moment it can.
struct Reference {
    now: u64,
    level: u64,
    burst: u64,
    queue: VecDeque<(usize, u64)>,
    served: Vec<usize>,
}

impl Reference {
    fn pass(&mut self, mut time: u64) {
        while let Some(&(id, n)) = self.queue.front() {
            let wait = (n * T).saturating_sub(self.level);
            if wait > time {
                break;
            }
            (self.now, time, self.level) = (self.now + wait, time - wait, self.level + wait - n * T);
            self.queue.pop_front();
            self.served.push(id);
        }
        (self.now, self.level) = (self.now + time, (self.level + time).min(self.burst * T));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Join(u32),
    JoinWithin(u32, u64),
    Leave(prop::sample::Index),
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (1_u32..=3).prop_map(Step::Join),
        2 => (1_u32..=4, 0..40 * T).prop_map(|(n, wait)| Step::JoinWithin(n, wait)),
        3 => any::<prop::sample::Index>().prop_map(Step::Leave),
        4 => (1..T).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..200)
}

proptest! {
    #[test]
    fn a_queue_serves_as_an_ideal_one_would_whoever_leaves(burst in 3_u64..6, steps in steps()) {
        let (limiter, clock) = queue(burst);
        let mut ideal = Reference { now: 0, level: burst * T, burst, queue: VecDeque::new(), served: Vec::new() };
        let mut waiting = Vec::new();
        let mut seen = Vec::new();
        let mut served = Vec::new();
        for step in steps {
            match step {
                Step::Join(n) | Step::JoinWithin(n, _) => {
                    let max_wait = if let Step::JoinWithin(_, wait) = step { Nanos::new(wait) } else { Nanos::MAX };
                    let id = waiting.len();
                    let mut hand = Hand::new(limiter.acquire_within(n, max_wait));
                    let ahead: u64 = ideal.queue.iter().map(|(_, n)| n).sum();
                    let wait = ((ahead + u64::from(n)) * T).saturating_sub(ideal.level);
                    match hand.poll() {
                        Poll::Ready(Err(refusal)) => {
                            let early = if u64::from(n) > burst { None } else { Some(Nanos::new(wait) - max_wait) };
                            prop_assert_eq!(refusal.retry_after, early);
                            prop_assert_ne!(early, Some(Nanos::ZERO));
                            continue;
                        }
                        Poll::Ready(Ok(())) => {
                            served.push(id);
                            waiting.push(None);
                        }
                        Poll::Pending => {
                            prop_assert!(Nanos::new(wait) <= max_wait);
                            waiting.push(Some(hand));
                        }
                    }
                    seen.push(0);
                    ideal.queue.push_back((id, u64::from(n)));
                    ideal.pass(0);
                }
                Step::Leave(index) => {
                    if !ideal.queue.is_empty() {
                        let (id, _) = ideal.queue.remove(index.index(ideal.queue.len())).unwrap();
                        waiting[id] = None;
                        ideal.pass(0);
                    }
                }
                Step::Pass(time) => {
                    ideal.pass(time);
                    clock.advance(Nanos::new(time));
                }
            }
            served.extend(run(&mut waiting, &mut seen));
            prop_assert_eq!(&served, &ideal.served);
            prop_assert_eq!(limiter.waiting(), ideal.queue.len());
            prop_assert!(clock.sleepers() <= limiter.waiting());
        }
    }
}

#[test]
fn waiters_before_a_cycle_limiter_come_with_its_cycles() {
    let clock = ManualClock::new();
    let limiter = CycleLimiter::new(CycleConfig::new(2, Nanos::SECOND).build().unwrap());
    let limiter = Waiters::new(limiter).with_clock(clock.clone()).with_timer(clock.clone());
    let mut waiting: Vec<_> = (0..7).map(|_| Some(Hand::new(limiter.acquire(1)))).collect();
    for (i, hand) in waiting.iter_mut().flatten().enumerate() {
        assert_eq!(hand.poll().is_ready(), i < 2);
    }
    let mut seen = vec![0; 7];
    (waiting[0], waiting[1]) = (None, None);
    // 2 3 | 4 5 | 6, then the next with it
    let within = |seconds| block_on(limiter.acquire_within(1, Nanos::from_secs(seconds)));
    assert_eq!(within(2), Err(Refusal::new(Reason::RateLimited, Some(Nanos::SECOND))));
    (waiting[4], waiting[2]) = (None, None);
    clock.advance(Nanos::SECOND);
    assert_eq!(run(&mut waiting, &mut seen), [3, 5]);
    clock.advance(Nanos::SECOND);
    assert_eq!(run(&mut waiting, &mut seen), [6]);
    assert_eq!(limiter.try_acquire(1), Ok(()));
    assert_eq!((limiter.waiting(), clock.sleepers()), (0, 0));
}

#[test]
fn waiters_whose_request_a_new_quota_cannot_hold_are_refused_and_the_others_go_on() {
    let clock = ManualClock::new();
    let rate = |burst| Rate::new(1_000, Nanos::SECOND).burst(burst).build().unwrap();
    let limiter = Waiters::new(LiveGcra::new(rate(5))).with_clock(clock.clone()).with_timer(clock.clone());
    limiter.try_acquire(5).unwrap();
    let mut waiting: Vec<_> = [1, 4, 1].map(|n| Hand::new(limiter.acquire(n))).into();
    for hand in &mut waiting {
        assert!(hand.poll().is_pending());
    }
    limiter.limiter().reconfigure(rate(3), Nanos::ZERO).unwrap();
    clock.advance(Nanos::new(10 * T));
    assert_eq!(waiting[0].poll(), Poll::Ready(Ok(())));
    assert_eq!(waiting[1].poll(), Poll::Ready(Err(Refusal::new(Reason::CostExceedsBurst, None))));
    assert_eq!(waiting[2].poll(), Poll::Ready(Ok(())));
}

#[test]
fn the_longest_wait_holds_even_when_permits_go_out_of_turn() {
    let (limiter, clock) = queue(1);
    limiter.try_acquire(1).unwrap();
    let mut first = Hand::new(limiter.acquire(1));
    let mut second = Hand::new(limiter.acquire_within(1, Nanos::new(3 * T)));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    limiter.limiter().penalize_until(Nanos::new(9 * T), Nanos::ZERO);
    clock.set(Nanos::new(T));
    assert!(first.poll().is_ready(), "it was promised before");
    assert_eq!(second.woken.times(), 1);
    // its turn, and no permit in time
    assert_eq!(second.poll(), Poll::Ready(Err(Refusal::new(Reason::RateLimited, Some(Nanos::new(6 * T))))));

    let (limiter, clock) = queue(1);
    limiter.try_acquire(1).unwrap();
    let mut waiting: Vec<_> = (0..2).map(|_| Hand::new(limiter.acquire(1))).collect();
    for hand in &mut waiting {
        assert!(hand.poll().is_pending());
    }
    let mut last = Hand::new(limiter.acquire_within(1, Nanos::new(3 * T)));
    assert!(last.poll().is_pending());
    for _ in 0..2 {
        assert!(limiter.limiter().reserve(1, Nanos::MAX, Nanos::ZERO).is_ok(), "somebody passes the queue");
    }
    for tick in 1..=2 {
        clock.set(Nanos::new(tick * T));
        waiting.retain_mut(|hand| hand.poll().is_pending());
    }
    assert!(last.poll().is_pending());
    clock.set(Nanos::new(3 * T));
    assert!(last.woken.times() > 0);
    assert_eq!(last.poll(), Poll::Ready(Err(Refusal::new(Reason::RateLimited, Some(Nanos::new(2 * T))))));
}

#[test]
fn a_head_that_is_not_polled_does_not_hold_up_those_who_set_a_limit() {
    let (limiter, clock) = queue(1);
    limiter.try_acquire(1).unwrap();
    let mut head = Hand::new(limiter.acquire(1));
    let mut next = Hand::new(limiter.acquire_within(1, Nanos::new(2 * T)));
    assert!(head.poll().is_pending() && next.poll().is_pending());
    clock.set(Nanos::new(2 * T)); // and nobody polls the head
    assert_eq!(next.woken.times(), 1);
    assert_eq!(next.poll(), Poll::Ready(Ok(())));
    assert_eq!(head.poll(), Poll::Ready(Ok(())));
}
