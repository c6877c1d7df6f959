//! The cycle limiter under every interleaving: asks beside asks, and asks beside changes of the limit.
//!
//! Those who change the limit run in the model's first thread and those who ask in the second. Loom remembers only the
//! last access to each word; a thread that reads a word before it writes it hides the other's earlier read, and the
//! order in which the other goes between is never tried. In this arrangement the asker comes second and meets every
//! old value that memory may still show.
#![cfg(overcurrent_loom)]

use loom::sync::Arc;
use loom::thread;
use overcurrent::Nanos;
use overcurrent::limit::{CycleConfig, CycleLimiter};
use std::num::NonZeroU32;

const PERIOD: Nanos = Nanos::SECOND;

fn limiter(limit: u32) -> Arc<CycleLimiter> {
    Arc::new(CycleLimiter::new(CycleConfig::new(limit, PERIOD).build().unwrap()))
}

fn limit(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

/// Two callers, one of them with an older clock, two permits each, three to be had: one caller is admitted.
#[test]
fn never_over_admits() {
    loom::model(|| {
        let limiter = limiter(3);
        let theirs = limiter.clone();
        let other = thread::spawn(move || theirs.try_acquire(2, Nanos::ZERO).is_ok());
        let mine = limiter.try_acquire(2, Nanos::MILLISECOND).is_ok();
        let admitted = u32::from(mine) + u32::from(other.join().unwrap());
        assert_eq!(admitted, 1, "admitted is not what the limit allows");
        assert_eq!(limiter.balance(Nanos::ZERO), 1, "permits were lost or minted");
    });
}

/// Every limit that is ever in force has room for this ask: it is granted, whenever the changes happen.
#[test]
fn no_false_refusal_while_the_limit_changes() {
    loom::model(|| {
        let limiter = limiter(2);
        limiter.try_acquire(2, Nanos::ZERO).unwrap();
        limiter.try_acquire(1, PERIOD).unwrap();
        let theirs = limiter.clone();
        let asker = thread::spawn(move || theirs.try_acquire(1, PERIOD).is_ok());
        limiter.set_limit(limit(3), PERIOD).unwrap();
        limiter.set_limit(limit(2), PERIOD).unwrap();
        let granted = asker.join().unwrap();
        assert!(granted, "refused by a plan that was never in force");
        assert_eq!(limiter.balance(PERIOD), 0, "permits were lost or minted");
    });
}

/// An ask that is judged by an old limit is not admitted once a smaller one has been seen in force.
#[test]
fn an_old_limit_admits_nobody() {
    loom::model(|| {
        let limiter = limiter(2);
        let theirs = limiter.clone();
        let asker = thread::spawn(move || theirs.try_acquire(2, Nanos::ZERO).is_ok());
        limiter.set_limit(limit(3), Nanos::ZERO).unwrap();
        limiter.set_limit(limit(1), Nanos::ZERO).unwrap();
        let seen = limiter.balance(Nanos::ZERO);
        let granted = asker.join().unwrap();
        assert!(!(granted && seen == 1), "admitted by a limit that was no longer in force");
    });
}

/// Two changes at once, in two cycles, so that each counts from an origin of its own: one may be told to try again, and what
/// stays is whole, never the limit of one from the origin of the other.
#[test]
fn changes_exclude_each_other() {
    loom::model(|| {
        let limiter = limiter(4);
        limiter.reserve_within(20, Nanos::MAX, Nanos::ZERO).unwrap(); // five cycles' permits
        let change = |to, now| {
            let limiter = limiter.clone();
            thread::spawn(move || limiter.set_limit(limit(to), now).is_ok())
        };
        let (three, one) = (PERIOD + PERIOD + PERIOD, PERIOD);
        let (theirs, mine) = (change(8, one), change(2, three));
        let (theirs, mine) = (theirs.join().unwrap(), mine.join().unwrap());
        assert!(mine || theirs, "both were told to try again");
        // Of the 20 permits 16 belong to cycle 1 and later; at 8 a cycle, cycle 3 has all of its own. At 4 a cycle, 8
        // belong to cycle 3 and later.
        let left = limiter.balance(three);
        let whole = match (theirs, mine) {
            (true, false) => left == 8,
            (false, true) => left == 2 - 8,
            // One after the other, in either order; an older `now` counts from the newer origin.
            _ => left == 2 || left == 8 - 8,
        };
        assert!(whole, "one's limit from the other's origin: {left} left");
    });
}
