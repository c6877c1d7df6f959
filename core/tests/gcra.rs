//! The rate limiter's behaviour by example, most of it taken from what other limiters get wrong.
#![cfg(feature = "wide")]

use overcurrent::limit::{Gcra, GcraSnapshot, GcraWord, LiveGcra, Quota, Rate, Reservation};
use overcurrent::{Busy, ConfigError, Gate, Nanos, Outcome, Reason, SnapshotError};

const SECOND: Nanos = Nanos::SECOND;
const YEAR: Nanos = Nanos::from_secs(31_536_000);
const T0: Nanos = Nanos::from_secs(1_790_000_000); // now, in Unix time

fn quota(permits: u64, per: Nanos, burst: u64) -> Quota {
    Rate::new(permits, per).burst(burst).build().unwrap()
}

static IN_A_STATIC: Gcra = Gcra::new(match Rate::new(5, SECOND).build() {
    Ok(quota) => quota,
    Err(_) => panic!("checked by the compiler"),
});
static LIVE_IN_A_STATIC: LiveGcra = LiveGcra::new(match Rate::new(5, SECOND).build() {
    Ok(quota) => quota,
    Err(_) => panic!("checked by the compiler"),
});
static WORD_IN_A_STATIC: GcraWord = GcraWord::new();

#[test]
fn a_limiter_lives_in_a_static() {
    assert!(IN_A_STATIC.try_acquire(5, T0).is_ok());
    assert!(IN_A_STATIC.try_acquire(1, T0).is_err());
    assert!(LIVE_IN_A_STATIC.try_acquire(5, T0).is_ok());
    assert!(LIVE_IN_A_STATIC.try_acquire(1, T0).is_err());
    assert!(WORD_IN_A_STATIC.try_acquire(IN_A_STATIC.quota(), 5, T0).is_ok());
    assert!(WORD_IN_A_STATIC.try_acquire(IN_A_STATIC.quota(), 1, T0).is_err());
    assert_eq!(size_of::<GcraWord>(), 8);
}

/// Others are +0.1 %, +1 %, +10 % and +43 % off here.
#[test]
fn the_rate_has_no_error_at_any_rate() {
    for rate in [1_000_003, 30_000_001, 300_000_000, 700_000_000, 999_999_937, 1_000_000_000, 7, 11, 333] {
        for start in [Nanos::ZERO, T0, T0 + Nanos::new(123_456_789)] {
            let limiter = Gcra::new(quota(rate, SECOND, 2_000));
            let live = LiveGcra::new(quota(rate, SECOND, 2_000));
            let (mut admitted, mut live_admitted) = (0, 0);
            for step in 0..=500_000 {
                let now = start + Nanos::new(step * 2_000);
                admitted += u64::from(limiter.acquire_up_to(u32::MAX, now));
                live_admitted += u64::from(live.acquire_up_to(u32::MAX, now));
            }
            assert_eq!(admitted, 2_000 + rate, "{rate}/s from {start}");
            assert_eq!(live_admitted, 2_000 + rate, "{rate}/s from {start}, live");
        }
    }
}

/// Another limiter gives 415.
#[test]
fn one_a_year_with_a_burst_of_a_thousand_gives_a_thousand_at_once() {
    let limiter = Gcra::new(quota(1, YEAR, 1_000));
    let live = LiveGcra::new(quota(1, YEAR, 1_000));
    for _ in 0..1_000 {
        assert!(limiter.try_acquire(1, T0).is_ok());
        assert!(live.try_acquire(1, T0).is_ok());
    }
    let wait = limiter.try_acquire(1, T0).unwrap_err().retry_after().unwrap();
    assert!(wait <= YEAR && wait + limiter.quota().unit() >= YEAR, "{wait}");
    assert!(live.try_acquire(1, T0).is_err());
}

/// Others give 902 or 753; a 1/s limiter asked each exact second gives 950 of 1000 in one.
#[test]
fn polling_in_step_with_the_rate_loses_nothing() {
    let (threes, ones) = (Gcra::new(quota(3, SECOND, 3)), Gcra::new(quota(3, SECOND, 3)));
    let live = LiveGcra::new(quota(3, SECOND, 3));
    let admitted = (0..=300).filter(|s| threes.try_acquire(3, T0 + Nanos::from_secs(*s)).is_ok()).count();
    assert_eq!(admitted * 3, 903);
    let admitted = (0..=300).filter(|s| live.try_acquire(3, T0 + Nanos::from_secs(*s)).is_ok()).count();
    assert_eq!(admitted * 3, 903);
    let admitted = (0..=300_000).filter(|ms| ones.try_acquire(1, T0 + Nanos::from_millis(*ms)).is_ok()).count();
    assert_eq!(admitted, 903);

    let each_second = Gcra::new(quota(1, SECOND, 1));
    let admitted = (0..1_000).filter(|s| each_second.try_acquire(1, T0 + Nanos::from_secs(*s)).is_ok()).count();
    assert_eq!(admitted, 1_000);
}

/// Others give 3 or 2 of 5: they store the time of a poll that gave nothing.
#[test]
fn polling_often_loses_nothing() {
    for step in [1_000, 1_500, 1_999, 7_777] {
        let limiter = Gcra::new(quota(1, SECOND, 1));
        let polls = 5_000_000_000 / step;
        let admitted = (1..=polls).filter(|i| limiter.try_acquire(1, T0 + Nanos::new(i * step)).is_ok()).count();
        assert_eq!(admitted, 5, "polled every {step} ns");
    }
}

#[test]
fn every_ordinary_rate_can_be_used_up_once_a_period() {
    let day = Nanos::DAY;
    for per in [SECOND, Nanos::MINUTE, Nanos::HOUR, day] {
        for n in 1..=2_000_u32 {
            for start in [Nanos::ZERO, T0 + Nanos::new(1)] {
                let limiter = Gcra::new(quota(n.into(), per, n.into()));
                let live = LiveGcra::new(quota(n.into(), per, n.into()));
                for period in 0..4 {
                    let now = start + Nanos::new(per.get() * period);
                    assert!(limiter.try_acquire(n, now).is_ok(), "{n} per {per}, period {period}");
                    assert!(limiter.try_acquire(1, now).is_err());
                    assert!(live.try_acquire(n, now).is_ok(), "live, {n} per {per}, period {period}");
                    assert!(live.try_acquire(1, now).is_err());
                }
            }
        }
    }
}

#[test]
fn a_refusal_says_how_long_to_wait_and_not_a_nanosecond_more() {
    let limiter = Gcra::new(quota(3, SECOND, 3));
    assert!(limiter.try_acquire(3, T0).is_ok());
    let denied = limiter.try_acquire(2, T0).unwrap_err();
    assert_eq!((denied.reason(), denied.retry_after()), (Reason::RateLimited, Some(Nanos::new(666_666_667))));
    assert!(limiter.try_acquire(2, T0 + Nanos::new(666_666_666)).is_err());
    assert!(limiter.try_acquire(2, T0 + Nanos::new(666_666_667)).is_ok());
}

#[test]
fn more_than_the_burst_is_never() {
    let limiter = Gcra::new(quota(10, SECOND, 4));
    let live = LiveGcra::new(quota(10, SECOND, 4));
    let denied = limiter.try_acquire(5, T0).unwrap_err();
    assert_eq!((denied.reason(), denied.retry_after()), (Reason::CostExceedsBurst, None));
    let denied = limiter.reserve(5, YEAR, T0).unwrap_err();
    assert_eq!((denied.reason(), denied.retry_after()), (Reason::CostExceedsBurst, None));
    let denied = live.try_acquire(u32::MAX, T0).unwrap_err();
    assert_eq!((denied.reason(), denied.retry_after()), (Reason::CostExceedsBurst, None));
    assert_eq!(limiter.peek(5, T0).retry_after, None);
    assert_eq!(live.peek(5, T0).retry_after, None);
    assert!(limiter.try_acquire(4, T0).is_ok());
}

#[test]
fn a_refusal_writes_nothing() {
    let (limiter, live) = (Gcra::new(quota(1, SECOND, 1)), LiveGcra::new(quota(1, SECOND, 1)));
    limiter.try_acquire(1, T0).unwrap();
    live.try_acquire(1, T0).unwrap();
    let before = (format!("{limiter:?}"), format!("{live:?}"));
    for n in 1..3 {
        for late in 0..2 {
            let now = T0 + Nanos::new(late * 500_000_000);
            let _ = (limiter.try_acquire(n, now).unwrap_err(), live.try_acquire(n, now).unwrap_err());
            let _ = (limiter.reserve(n, Nanos::ZERO, now).unwrap_err(), live.judge(n, now).unwrap_err());
            assert_eq!((limiter.acquire_up_to(n, now), live.acquire_up_to(n, now)), (0, 0));
            let _ = (limiter.peek(n, now), live.peek(n, now));
        }
    }
    assert_eq!(before, (format!("{limiter:?}"), format!("{live:?}")));
}

#[test]
fn the_builder_names_the_field_its_value_and_its_range() {
    let build = |permits, per, burst| Rate::new(permits, Nanos::new(per)).burst(burst).build().unwrap_err();
    assert_eq!(build(0, 10, 1), ConfigError::new("permits", 0, 1, 10));
    assert_eq!(build(11, 10, 1), ConfigError::new("permits", 11, 1, 10));
    assert_eq!(build(1, 0, 1), ConfigError::new("per", 0, 1, 1 << 62));
    assert_eq!(build(1, (1 << 62) + 1, 1), ConfigError::new("per", (1 << 62) + 1, 1, 1 << 62));
    assert_eq!(build(1, 10, 0), ConfigError::new("burst", 0, 1, 1 << 32));
    assert_eq!(build(1, 10, (1 << 32) + 1), ConfigError::new("burst", (1 << 32) + 1, 1, 1 << 32));
    let initial = Rate::new(1, SECOND).burst(5).initial(6).build().unwrap_err();
    assert_eq!(initial, ConfigError::new("initial", 6, 0, 5));
    // The corners are allowed, and exact.
    for (permits, per, burst) in [(1, 1, 1), (1 << 62, 1 << 62, 1 << 32), (1, 1 << 62, 1 << 32), (3, 1 << 62, 1)] {
        let limiter = Gcra::new(quota(permits, Nanos::new(per), burst));
        assert_eq!(u64::from(limiter.acquire_up_to(u32::MAX, Nanos::ZERO)), burst.min(u64::from(u32::MAX)));
    }
}

#[test]
fn the_initial_fill_counts_from_the_start() {
    let with = |initial| Rate::new(10, SECOND).burst(10).initial(initial).build().unwrap();
    assert_eq!(Gcra::new(with(4)).peek(1, Nanos::ZERO).remaining, 4);
    assert_eq!(Gcra::starting(with(4), T0).peek(1, T0).remaining, 4);
    assert_eq!(LiveGcra::starting(with(4), T0).peek(1, T0).remaining, 4);
    assert_eq!(Gcra::starting(with(0), T0).peek(1, T0 + Nanos::from_millis(250)).remaining, 2);
}

#[test]
fn a_clock_that_steps_back_refuses_for_that_long_and_no_longer() {
    let (limiter, live) = (Gcra::new(quota(10, SECOND, 1)), LiveGcra::new(quota(10, SECOND, 1)));
    assert!(limiter.try_acquire(1, T0).is_ok() && live.try_acquire(1, T0).is_ok());
    let back = T0 - Nanos::HOUR;
    let wait = Some(Nanos::HOUR + Nanos::from_millis(100));
    assert_eq!(limiter.try_acquire(1, back).unwrap_err().retry_after(), wait);
    assert_eq!(live.try_acquire(1, back).unwrap_err().retry_after(), wait);
    assert!(limiter.try_acquire(1, T0 + Nanos::from_millis(100)).is_ok());
    assert!(live.try_acquire(1, T0 + Nanos::from_millis(100)).is_ok());
}

#[test]
fn idle_for_a_decade_or_until_the_end_of_time() {
    for (permits, per) in [(1, SECOND), (3, SECOND), (7, SECOND), (1_000_003, SECOND), (1, YEAR)] {
        let limiter = Gcra::new(quota(permits, per, 5));
        for years in [0, 10, 100] {
            let now = Nanos::from_secs(31_536_000 * years);
            assert!(limiter.try_acquire(5, now).is_ok(), "{permits} per {per} after {years} years");
            assert!(limiter.try_acquire(1, now).is_err());
        }
        // Past the horizon it refuses or admits; it does not panic, wrap or go back.
        let _ = limiter.try_acquire(5, Nanos::MAX);
        let end = limiter.peek(1, Nanos::MAX);
        assert!(end.remaining <= 5);
        let _ = (
            limiter.reserve(5, Nanos::MAX, Nanos::MAX).is_ok(),
            limiter.try_acquire_debt(u32::MAX, Nanos::MAX).is_ok(),
        );
        limiter.drain(Nanos::MAX);
        assert_eq!(limiter.try_acquire(1, Nanos::MAX).unwrap_err().retry_after(), None);

        let live = LiveGcra::new(quota(permits, per, 5));
        let _ = (live.try_acquire(5, Nanos::MAX).is_ok(), live.reserve(5, Nanos::MAX, Nanos::MAX).is_ok());
        live.drain(Nanos::MAX);
        assert_eq!(live.try_acquire(1, Nanos::MAX).unwrap_err().retry_after(), None);
    }
}

#[test]
fn a_debt_is_judged_by_the_burst_and_charged_in_full() {
    let limiter = Gcra::new(quota(1, SECOND, 5));
    assert!(limiter.try_acquire_debt(12, T0).is_ok());
    assert_eq!(limiter.peek(1, T0).reset_after, Nanos::from_secs(12));
    assert!(limiter.try_acquire(1, T0 + Nanos::new(7_999_999_999)).is_err());
    assert!(limiter.try_acquire(1, T0 + Nanos::from_secs(8)).is_ok());
    let later = T0 + Nanos::from_secs(8);
    let big = limiter.reserve_debt(100, Nanos::from_secs(5), later).unwrap();
    assert_eq!(big.wait(), Nanos::from_secs(5)); // the whole burst must be there
    assert!(limiter.reserve_debt(100, Nanos::from_secs(5), later).is_err());
}

#[test]
fn what_is_there_can_be_taken() {
    let limiter = Gcra::new(quota(1, SECOND, 5));
    limiter.try_acquire(2, T0).unwrap();
    assert_eq!(limiter.acquire_up_to(10, T0), 3);
    assert_eq!(limiter.acquire_up_to(10, T0), 0);
    assert_eq!(limiter.acquire_up_to(10, T0 + Nanos::from_millis(1_500)), 1);
    assert!(limiter.try_acquire(1, T0 + Nanos::from_secs(2)).is_ok()); // the half second was not lost
}

#[test]
fn peek_tells_and_takes_nothing() {
    let limiter = Gcra::new(quota(2, SECOND, 6));
    limiter.try_acquire(5, T0).unwrap();
    for _ in 0..3 {
        let peek = limiter.peek(3, T0);
        assert_eq!(peek.remaining, 1);
        assert_eq!(peek.reset_after, Nanos::from_millis(2_500));
        assert_eq!(peek.retry_after, Some(SECOND));
    }
    assert_eq!(limiter.peek(1, T0).retry_after, Some(Nanos::ZERO));
    assert_eq!(limiter.peek(1, T0 + Nanos::from_millis(2_500)).remaining, 6);
}

#[test]
fn drain_and_penalty() {
    let (limiter, live) = (Gcra::new(quota(2, SECOND, 6)), LiveGcra::new(quota(2, SECOND, 6)));
    limiter.drain(T0);
    live.drain(T0);
    assert_eq!((limiter.peek(1, T0).remaining, live.peek(1, T0).remaining), (0, 0));
    assert_eq!(limiter.peek(1, T0).retry_after, Some(Nanos::from_millis(500)));

    let until = T0 + Nanos::from_secs(30);
    limiter.penalize_until(until, T0);
    live.penalize_until(until, T0);
    for gate in [&limiter as &dyn Gate<Permit = Reservation>, &live] {
        assert_eq!(gate.judge(1, T0.into()).unwrap_err().retry_after, Some(Nanos::from_secs(30)));
        assert!(gate.enter(1, (until - Nanos::new(1)).into()).is_err());
        assert!(gate.judge(2, until.into()).is_err());
        assert!(gate.enter(1, until.into()).is_ok());
        assert!(gate.enter(1, until.into()).is_err());
        assert!(gate.enter(1, (until + Nanos::from_millis(500)).into()).is_ok());
    }
    limiter.penalize_until(T0, until + Nanos::DAY); // passed: changes nothing
    assert_eq!(limiter.peek(1, until + Nanos::DAY).remaining, 6);
}

#[test]
fn only_the_newest_promise_can_be_taken_back() {
    let limiter = Gcra::new(quota(1, SECOND, 2));
    let first = limiter.reserve(1, YEAR, T0).unwrap();
    let second = limiter.reserve(2, YEAR, T0).unwrap();
    assert_eq!((first.wait(), second.wait(), second.ready_at()), (Nanos::ZERO, SECOND, T0 + SECOND));
    let third = limiter.reserve(1, YEAR, T0).unwrap();
    assert_eq!(third.wait(), Nanos::from_secs(2));
    assert!(!limiter.cancel(first)); // forfeited
    assert!(limiter.cancel(third));
    assert!(limiter.cancel(Reservation::from_raw(second.into_raw())));
    assert_eq!(limiter.peek(1, T0).remaining, 1);
}

#[test]
fn a_gate_gives_back_on_cancel_but_not_on_leave() {
    let limiter = Gcra::new(quota(1, SECOND, 3));
    let at = T0.into();
    let refused = limiter.enter(4, at).unwrap_err();
    assert_eq!((refused.reason, refused.retry_after), (Reason::CostExceedsBurst, None));
    let permit = limiter.enter(2, at).unwrap();
    assert!(limiter.judge(2, at).is_err() && limiter.judge(1, at).is_ok());
    Gate::cancel(&limiter, permit);
    for outcome in [Outcome::Success, Outcome::Failure, Outcome::Ignored] {
        let permit = limiter.enter(1, at).unwrap();
        limiter.leave(permit, outcome, at);
    }
    assert_eq!(limiter.judge(1, at).unwrap_err().retry_after, Some(SECOND));
}

#[test]
fn reset_forgets_everything() {
    let (limiter, live) = (Gcra::new(quota(1, YEAR, 3)), LiveGcra::new(quota(1, YEAR, 3)));
    let held = live.reserve(3, Nanos::ZERO, T0).unwrap();
    limiter.try_acquire(3, T0).unwrap();
    limiter.reset();
    live.reset().unwrap();
    assert!(limiter.try_acquire(3, T0).is_ok());
    assert!(live.try_acquire(3, T0).is_ok());
    assert!(!live.cancel(held), "a reservation from before the reset gave back what was taken after it");
    assert!(live.try_acquire(1, T0).is_err());
}

/// At 10/s to 100/s a debt kept in time would turn 5 used permits into 50.
#[test]
fn new_settings_keep_what_was_used_in_permits() {
    let live = LiveGcra::new(quota(10, SECOND, 10));
    live.try_acquire(5, T0).unwrap();
    live.reconfigure(quota(100, SECOND, 100), T0).unwrap();
    assert_eq!(live.peek(1, T0).remaining, 95);
    live.reconfigure(quota(1, YEAR, 7), T0).unwrap();
    assert_eq!(live.peek(1, T0).remaining, 2);
    live.reconfigure(quota(1, YEAR, 3), T0).unwrap();
    assert_eq!(live.peek(1, T0).remaining, 0);
    live.reconfigure(quota(1, YEAR, 6), T0).unwrap();
    assert_eq!(live.peek(1, T0).remaining, 1);
    assert_eq!(live.quota().burst(), 6);
    assert_eq!((live.quota().permits(), live.quota().per()), (1, YEAR));
    let _: Result<(), Busy> = live.reset();
}

#[test]
fn a_reservation_from_before_new_settings_is_forfeited() {
    let live = LiveGcra::new(quota(1, SECOND, 2));
    let held = live.reserve(1, Nanos::ZERO, Nanos::ZERO).unwrap();
    live.reconfigure(quota(1, SECOND, 2), Nanos::ZERO).unwrap();
    assert!(!live.cancel(held));
    assert_eq!(live.peek(1, Nanos::ZERO).remaining, 1);
}

#[test]
fn a_snapshot_survives_as_bytes_and_another_origin_of_time() {
    let before = Gcra::new(quota(7, SECOND, 700));
    before.try_acquire(650, T0).unwrap();
    let snapshot = before.snapshot(T0 + SECOND);
    let bytes = snapshot.to_bytes();
    assert_eq!(GcraSnapshot::from_bytes(&bytes), Ok(snapshot));
    assert_eq!(GcraSnapshot::from_bytes(&bytes[1..]), Err(SnapshotError::NotASnapshot));

    let left = before.peek(1, T0 + SECOND).remaining;
    for origin in [Nanos::ZERO, Nanos::new(12_345)] {
        let after = Gcra::new(quota(7, SECOND, 700));
        let live = LiveGcra::new(quota(7, SECOND, 700));
        after.restore(&snapshot, origin);
        live.restore(&snapshot, origin);
        assert!((left - 1..=left).contains(&after.peek(1, origin).remaining));
        assert!((left - 1..=left).contains(&live.peek(1, origin).remaining));
        assert_eq!(live.snapshot(origin).full_after(), after.snapshot(origin).full_after());
    }
    // A restore adds nothing to a limiter that has used more by itself.
    let busy = Gcra::new(quota(7, SECOND, 700));
    busy.try_acquire(700, Nanos::ZERO).unwrap();
    busy.restore(&snapshot, Nanos::ZERO);
    assert_eq!(busy.peek(1, Nanos::ZERO).remaining, 0);
}
