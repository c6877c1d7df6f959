//! The rate limiters under every interleaving: what is admitted, never more.
#![cfg(overcurrent_loom)]

use loom::sync::Arc;
use loom::thread;
use overcurrent::limit::{Gcra, Gcra32, LiveGcra, Quota, Quota32, Rate};
use overcurrent::{Nanos, Reason};

fn quota(permits: u64, per: u64, burst: u64) -> Quota {
    Rate::new(permits, Nanos::new(per)).burst(burst).build().unwrap()
}

fn bounded(preemptions: usize) -> loom::model::Builder {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model
}

/// One clock is 2 permits ahead of the other: by the newer one, the burst of 2 and those 2 may go, no more, and the last
/// permit is never lost.
#[test]
fn two_threads_with_two_clocks_never_over_admit() {
    loom::model(|| {
        let limiter = Arc::new(Gcra::new(quota(1, 10, 2)));
        let other = {
            let limiter = limiter.clone();
            thread::spawn(move || (0..3).filter(|_| limiter.try_acquire(1, Nanos::new(100)).is_ok()).count())
        };
        let newer = (0..2).filter(|_| limiter.try_acquire(1, Nanos::new(120)).is_ok()).count();
        let older = other.join().unwrap();
        let rest = (0..5).filter(|_| limiter.try_acquire(1, Nanos::new(120)).is_ok()).count();
        assert!(newer + older + rest <= 4, "admitted more than burst and rate allow");
        assert!(older <= 2 && newer <= 2, "admitted more than the burst at one instant");
        assert!(newer + rest >= 2 || older > 0, "lost a permit");
        assert!(limiter.try_acquire(1, Nanos::new(120)).is_err(), "admitted more than burst and rate allow");
    });
}

#[test]
fn three_threads_never_over_admit() {
    bounded(3).check(|| {
        let limiter = Arc::new(Gcra::new(quota(1, 10, 2)));
        let ask = |limiter: Arc<Gcra>, now: u64| move || limiter.try_acquire(1, Nanos::new(now)).is_ok();
        let others = [100, 95].map(|now| thread::spawn(ask(limiter.clone(), now)));
        let mine = ask(limiter.clone(), 100)();
        let admitted = others.map(|other| other.join().unwrap()).iter().filter(|yes| **yes).count() + usize::from(mine);
        assert_eq!(admitted, 2, "three asked at once for a burst of two");
    });
}

/// Every promise that still stands has a slot of its own, however cancels fall between.
#[test]
fn standing_reservations_have_disjoint_slots() {
    bounded(3).check(|| {
        let limiter = Arc::new(Gcra::new(quota(1, 10, 1)));
        let reserve = |limiter: &Gcra, now: u64| limiter.reserve(1, Nanos::MAX, Nanos::new(now)).unwrap();
        let others = [100, 97].map(|now| {
            let limiter = limiter.clone();
            thread::spawn(move || {
                let given_up = reserve(&limiter, now);
                let mut standing = Vec::new();
                let slot = given_up.ready_at();
                if !limiter.cancel(given_up) {
                    standing.push(slot);
                }
                standing
            })
        });
        let mut standing = vec![reserve(&limiter, 100).ready_at()];
        for other in others {
            standing.extend(other.join().unwrap());
        }
        standing.push(reserve(&limiter, 100).ready_at());
        standing.sort_unstable();
        let apart = standing.windows(2).all(|pair| pair[1] - pair[0] >= Nanos::new(10));
        assert!(apart, "two standing reservations overlap: {standing:?}");
    });
}

/// The settings change from one unit to another while somebody asks: what was taken stays taken.
#[test]
fn live_settings_never_over_admit() {
    bounded(3).check(|| {
        let limiter = Arc::new(LiveGcra::new(quota(1, 10, 2)));
        let other = {
            let limiter = limiter.clone();
            thread::spawn(move || (0..2).filter(|_| limiter.try_acquire(1, Nanos::ZERO).is_ok()).count())
        };
        let changed = limiter.reconfigure(quota(1, 1_000, 3), Nanos::ZERO).is_ok();
        let taken = other.join().unwrap();
        let rest = (0..4).filter(|_| limiter.try_acquire(1, Nanos::ZERO).is_ok()).count();
        assert!(changed);
        assert_eq!(taken + rest, 3, "a change of settings made or lost a permit");
    });
}

/// After two changes an idle limiter counts from the same number in the same slot, in other units.
#[test]
fn a_decision_by_settings_of_two_changes_ago_does_not_pass() {
    bounded(2).check(|| {
        let limiter = Arc::new(LiveGcra::new(quota(1, 10, 2)));
        let other = {
            let limiter = limiter.clone();
            thread::spawn(move || usize::from(limiter.try_acquire(1, Nanos::ZERO).is_ok()))
        };
        limiter.reconfigure(quota(1, 10, 2), Nanos::ZERO).unwrap();
        limiter.reconfigure(quota(1, 1_000, 3), Nanos::ZERO).unwrap();
        let taken = other.join().unwrap();
        // 10 ns on, a permit charged in the old units is repaid; in the new ones it lasts 1,000.
        let rest = (0..4).filter(|_| limiter.try_acquire(1, Nanos::new(10)).is_ok()).count();
        assert_eq!(taken + rest, 3, "admitted by settings that had passed");
    });
}

/// A refusal is judged by settings that were in force together, never by half of one set and half of the next.
#[test]
fn a_refusal_is_judged_by_one_set_of_settings() {
    bounded(2).check(|| {
        // Each set admits 2 at once; the burst's units of the first with the permit's units of the third do not.
        let limiter = Arc::new(LiveGcra::new(quota(1, 10, 2)));
        let other = {
            let limiter = limiter.clone();
            thread::spawn(move || limiter.try_acquire(2, Nanos::ZERO).map_err(|denied| denied.reason()))
        };
        limiter.reconfigure(quota(1, 10, 2), Nanos::ZERO).unwrap();
        limiter.reconfigure(quota(1, 1_000, 2), Nanos::ZERO).unwrap();
        let answer: Result<(), Reason> = other.join().unwrap();
        assert_eq!(answer, Ok(()), "refused by settings that were never in force");
    });
}

/// Two who change at once: one does, or both do one after the other; nobody waits and nothing is torn.
#[test]
fn two_changes_at_once_exclude_each_other() {
    bounded(2).check(|| {
        let limiter = Arc::new(LiveGcra::new(quota(1, 10, 2)));
        limiter.try_acquire(1, Nanos::ZERO).unwrap();
        let other = {
            let limiter = limiter.clone();
            thread::spawn(move || limiter.reconfigure(quota(1, 1_000, 5), Nanos::ZERO).is_ok())
        };
        let mine = limiter.reconfigure(quota(1, 100, 7), Nanos::ZERO).is_ok();
        let theirs = other.join().unwrap();
        let quota = limiter.quota();
        let left = limiter.peek(1, Nanos::ZERO).remaining;
        assert!(mine || theirs, "nobody changed the settings");
        let whole = [(5, 1_000), (7, 100)].contains(&(quota.burst(), quota.per().get()));
        assert!(whole && left == quota.burst() - 1, "the settings are torn: {quota:?}, {left} left");
    });
}

/// A reset beside a change: whichever comes first, the settings that were asked for stay.
#[test]
fn a_reset_does_not_bring_old_settings_back() {
    bounded(2).check(|| {
        let limiter = Arc::new(LiveGcra::new(quota(1, 10, 2)));
        let other = {
            let limiter = limiter.clone();
            thread::spawn(move || limiter.reset().is_ok())
        };
        let changed = limiter.reconfigure(quota(1, 1_000, 3), Nanos::ZERO).is_ok();
        let reset = other.join().unwrap();
        assert!(changed || reset, "nobody changed anything");
        let expected = if changed { 3 } else { 2 };
        assert_eq!(limiter.quota().burst(), expected, "a reset brought old settings back");
    });
}

/// Through the wrap of the counter, one reading older than the other.
#[test]
fn four_bytes_never_over_admit() {
    loom::model(|| {
        let limiter = Arc::new(Gcra32::new(Quota32::new(1, 10, 2).unwrap()));
        let other = {
            let limiter = limiter.clone();
            thread::spawn(move || (0..2).filter(|_| limiter.try_acquire(1, u32::MAX - 4).is_ok()).count())
        };
        let newer = (0..2).filter(|_| limiter.try_acquire(1, 2).is_ok()).count();
        let older = other.join().unwrap();
        assert!(newer + older >= 2, "lost a permit");
        let rest = (0..2).filter(|_| limiter.try_acquire(1, 2).is_ok()).count();
        assert!(newer + older + rest <= 2, "admitted more than the burst");
    });
}
