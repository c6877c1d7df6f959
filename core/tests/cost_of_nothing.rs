//! A cost of 0 asks every limiter the same: whether nothing is owed.
#![cfg(feature = "wide")]
#![allow(missing_docs)]

use overcurrent::limit::{CycleConfig, CycleLimiter, Gcra, Gcra32, LiveGcra, Quota32, Rate};
use overcurrent::{At, Gate, Nanos};

fn at(seconds: u64) -> Nanos {
    Nanos::from_secs(seconds)
}

/// One permit a second; after four of them, two are owed, so that nothing is owed at `later`.
fn holds(gate: &impl Gate, take: impl Fn(), later: u64, limiter: &str) {
    let judge = |now: Nanos| gate.judge(0, At::from(now)).map_err(|no| no.retry_after);
    let enter = |now: Nanos| gate.enter(0, At::from(now)).map(|_permit| ()).map_err(|no| no.retry_after);
    assert_eq!((judge(at(0)), enter(at(0))), (Ok(()), Ok(())), "{limiter}, unused");
    take();
    take();
    assert_eq!((judge(at(0)), enter(at(0))), (Ok(()), Ok(())), "{limiter}, empty");
    take();
    take();
    let wait = Err(Some(at(later)));
    assert_eq!((judge(at(0)), enter(at(0))), (wait, wait), "{limiter}, in debt");
    assert_eq!((judge(at(later)), enter(at(later))), (Ok(()), Ok(())), "{limiter}, repaid");
}

#[test]
fn nothing_is_admitted_while_something_is_owed() {
    let quota = Rate::new(1, Nanos::SECOND).burst(2).build().unwrap();
    let gcra = Gcra::new(quota);
    holds(&gcra, || _ = gcra.reserve(1, Nanos::HOUR, at(0)).unwrap(), 2, "Gcra");
    let live = LiveGcra::new(quota);
    holds(&live, || _ = live.reserve(1, Nanos::HOUR, at(0)).unwrap(), 2, "LiveGcra");
    // Two a cycle of two seconds: two are promised of the next one.
    let cycle = CycleLimiter::new(CycleConfig::new(2, at(2)).timeout(Nanos::HOUR).build().unwrap());
    holds(&cycle, || _ = cycle.reserve(1, at(0)).unwrap(), 2, "CycleLimiter");
    assert_eq!(cycle.balance(at(2)), 0, "asking took nothing");
    let _ = cycle.reserve(3, at(2)).unwrap();
    assert_eq!(cycle.reserve(0, at(2)).unwrap().wait(), at(4), "it waits until nothing is owed");
}

#[test]
fn nothing_is_admitted_in_four_bytes_while_something_is_owed() {
    let limiter = Gcra32::new(Quota32::new(1, 10, 2).unwrap().max_wait(1_000).unwrap());
    let ask = |now| limiter.try_acquire(0, now).map_err(|no| no.retry_after());
    for expected in [Ok(()), Ok(()), Ok(()), Err(Some(10)), Err(Some(20))] {
        assert_eq!(ask(100), expected);
        let _ = limiter.reserve(1, 1_000, 100).unwrap();
    }
    assert_eq!(ask(129), Err(Some(1)));
    assert_eq!(ask(130), Ok(()));
}
