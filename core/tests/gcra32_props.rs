//! The limiter of four bytes against a reference in u128 on a clock that does not wrap.

use overcurrent::limit::{Denied32, Gcra32, Gcra32Snapshot, Quota32, Reservation32};
use overcurrent::{ConfigError, Nanos, Reason, SnapshotError};
use proptest::prelude::*;

const SKEW: u32 = Quota32::SKEW;
const REACH: u32 = (1 << 31) - SKEW;

/// The reference counts ticks that do not wrap; the limiter is shown their low 32 bits.
struct Model {
    permits: u128,
    per: u128,
    burst: u128,
    longest: u128,
    full: u128,
}

impl Model {
    fn cost(&self, n: u128) -> u128 {
        (n * self.per).div_ceil(self.permits)
    }

    fn debt(&self, now: u64) -> u128 {
        self.full.saturating_sub(now.into())
    }

    /// The wait for `n`; nothing for never.
    fn wait(&self, n: u128, now: u64) -> Option<u128> {
        (n <= self.burst).then(|| (self.debt(now) + self.cost(n)).saturating_sub(self.cost(self.burst)))
    }

    fn take(&mut self, n: u128, max_wait: u128, now: u64) -> Result<u128, Option<u128>> {
        let wait = self.wait(n, now).ok_or(None)?;
        if wait > max_wait {
            return Err(Some(wait));
        }
        if n > 0 {
            self.raise(u128::from(now) + self.debt(now) + self.cost(n));
        }
        Ok(wait)
    }

    /// The low 32 bits are never 0, at the cost of a tick.
    fn raise(&mut self, full: u128) {
        if full > self.full {
            self.full = if full as u32 == 0 { full + 1 } else { full };
        }
    }

    fn remaining(&self, now: u64) -> u128 {
        let left = self.cost(self.burst).saturating_sub(self.debt(now));
        (left * self.permits / self.per).min(self.burst)
    }
}

/// Settings whose costs are exact to the tick.
fn any_quota() -> impl Strategy<Value = (u32, u32, u32, u32)> {
    let per = prop_oneof![Just(1_000_u32), Just(60_000), Just(3_600_000), 1_u32..=1 << 20, 1_u32..=REACH];
    (per, any::<u32>(), 0_u32..32, prop_oneof![1_u32..5, 1_u32..1_000], 0.0..1.0, any::<bool>()).prop_map(
        |(per, permits, shift, burst, wait, waits)| {
            let permits = (permits >> shift).clamp(1, per.min(1 << 16));
            let most = u64::from(REACH) * u64::from(permits) / u64::from(per);
            let burst = u64::from(burst).min(most.saturating_sub(1)).max(1) as u32;
            let (per, permits) = if most < 2 { (per / 2 + 1, permits.min(per / 2 + 1)) } else { (per, permits) };
            let window = (u64::from(burst) * u64::from(per)).div_ceil(u64::from(permits));
            let room = u64::from(REACH).saturating_sub(window);
            (permits, per, burst, if waits { (wait * room as f64) as u32 } else { 0 })
        },
    )
}

fn build(permits: u32, per: u32, burst: u32, longest: u32) -> Quota32 {
    Quota32::new(permits, per, burst).unwrap().max_wait(longest).unwrap()
}

#[derive(Clone, Debug)]
enum Op {
    Acquire(u32),
    Reserve(u32, f64),
    Cancel(usize),
    UpTo(u32),
    Peek(u32),
    Drain,
    Penalize(f64),
}

fn any_steps() -> impl Strategy<Value = Vec<(Op, f64, u32)>> {
    let n = || prop_oneof![0_u32..4, 1_u32..40, any::<u32>()];
    let op = prop_oneof![
        6 => n().prop_map(Op::Acquire),
        4 => (n(), 0.0..1.2).prop_map(|(n, wait)| Op::Reserve(n, wait)),
        3 => (0_usize..3).prop_map(Op::Cancel),
        1 => n().prop_map(Op::UpTo),
        2 => n().prop_map(Op::Peek),
        1 => Just(Op::Drain),
        1 => (0.0..1.2).prop_map(Op::Penalize),
    ];
    let forward = prop_oneof![4 => Just(0.0), 4 => 0.0..0.3, 1 => 0.0..1.5];
    let older = prop_oneof![3 => Just(0), 1 => Just(1), 2 => 0_u32..1_000, 1 => 0..=SKEW, 1 => Just(SKEW)];
    prop::collection::vec((op, forward, older), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    /// Callers up to the skew behind the newest, a counter that wraps where it likes, no idle time long enough to alias.
    #[test]
    fn agrees_with_the_reference((permits, per, burst, longest) in any_quota(), start in any::<u32>(), near in any::<bool>(), steps in any_steps()) {
        let limiter = Gcra32::new(build(permits, per, burst, longest));
        let mut model = Model { permits: permits.into(), per: per.into(), burst: burst.into(), longest: longest.into(), full: 0 };
        let span = (model.cost(model.burst) + model.longest) as f64;
        // Begin on any lap, often just before the wrap.
        let start = if near { u64::from(u32::MAX - start % 1_000) } else { u64::from(start) };
        let mut newest = (1 << 40) + start;
        let mut held: Vec<(Reservation32, u128, u128)> = Vec::new();
        for (op, forward, older) in steps {
            newest += (forward * span) as u64;
            if model.full > 0 {
                // Further on, an idle limiter looks like a used one; see the property on idle times.
                let alias = model.full as u64 + (1 << 32) - span as u64 - u64::from(SKEW) - 2;
                newest = newest.min(alias);
            }
            let now = newest - u64::from(older);
            let tick = now as u32;
            let denied = |error: Denied32| error.retry_after().map(u128::from);
            match op {
                Op::Acquire(n) => {
                    let wanted = model.take(n.into(), 0, now);
                    if let Err(error) = limiter.try_acquire(n, tick) {
                        let reason = if u128::from(n) > model.burst { Reason::CostExceedsBurst } else { Reason::RateLimited };
                        prop_assert_eq!(error.reason(), reason);
                        prop_assert_eq!(Err(denied(error)), wanted);
                    } else {
                        prop_assert!(wanted.is_ok(), "over-admitted {} at {}: {:?}", n, now, wanted);
                    }
                }
                Op::Reserve(n, wait) => {
                    let wait = (wait * f64::from(longest)) as u32;
                    let before = model.full;
                    let wanted = model.take(n.into(), u128::from(wait).min(model.longest), now);
                    match limiter.reserve(n, wait, tick) {
                        Ok(reservation) => {
                            prop_assert_eq!(Ok(u128::from(reservation.wait())), wanted);
                            prop_assert_eq!(reservation.ready_at(), tick.wrapping_add(reservation.wait()));
                            held.push((reservation, before, model.full));
                        }
                        Err(error) => prop_assert_eq!(Err(denied(error)), wanted),
                    }
                }
                Op::Cancel(back) if !held.is_empty() => {
                    let (reservation, before, after) = held.remove(held.len().saturating_sub(back + 1));
                    let raw = reservation.into_raw();
                    let given = limiter.cancel(Reservation32::from_raw(raw));
                    prop_assert_eq!(given, after == model.full, "only the newest promise is given back");
                    if given {
                        model.full = before;
                    }
                }
                Op::Cancel(_) => {}
                Op::UpTo(n) => {
                    let there = model.remaining(now).min(n.into());
                    let there = if there > 0 { model.take(there, 0, now).map_or(0, |_| there) } else { 0 };
                    prop_assert_eq!(u128::from(limiter.acquire_up_to(n, tick)), there);
                }
                Op::Peek(n) => {
                    let peek = limiter.peek(n, tick);
                    prop_assert_eq!(u128::from(peek.remaining), model.remaining(now));
                    prop_assert_eq!(u128::from(peek.reset_after), model.debt(now));
                    prop_assert_eq!(peek.retry_after.map(u128::from), model.wait(n.into(), now));
                }
                Op::Drain => {
                    limiter.drain(tick);
                    model.raise(u128::from(now) + model.cost(model.burst));
                }
                Op::Penalize(share) => {
                    let ticks = (share * f64::from(longest)) as u32;
                    limiter.penalize_for(ticks, tick);
                    if ticks > 0 {
                        let window = model.cost(model.burst);
                        let least = (window - model.cost(1) + u128::from(ticks)).min(window + model.longest);
                        model.raise(u128::from(now) + least);
                    }
                }
            }
        }
    }

    /// Also where costs cannot be exact to the tick: never too cheap, at most a tick too dear, all within 31 bits.
    #[test]
    fn a_cost_is_rounded_up(per in 1_u32..=REACH, permits in any::<u32>(), burst in any::<u32>(), n in any::<u32>(), small in 0_u32..32) {
        let permits = (permits >> small).clamp(1, per);
        let most = u64::from(REACH - 2) * u64::from(permits) / u64::from(per);
        let burst = burst.clamp(1, u32::try_from(most.max(1)).unwrap_or(u32::MAX));
        let Ok(quota) = Quota32::new(permits, per, burst) else {
            prop_assert!(most < 2, "a quota that fits was refused");
            return Ok(());
        };
        let n = n % burst + 1;
        let exact = (u64::from(n) * u64::from(per)).div_ceil(u64::from(permits));
        let cost = u64::from(quota.cost(n).unwrap());
        prop_assert!(exact <= cost && cost <= exact + 1, "{n} cost {cost}, not {exact}");
        prop_assert!(quota.cost(burst).unwrap() <= REACH && quota.cost(0) == Some(0));
        if u64::from(permits) * u64::from(burst) < 1 << 32 {
            prop_assert_eq!(cost, exact);
        }
    }

    /// A limiter left alone for any time at all may refuse falsely, but never admits more than its burst.
    #[test]
    fn idle_for_any_time_never_over_admits((permits, per, burst, longest) in any_quota(), start in any::<u32>(), used in any::<u32>(), idle in any::<u32>()) {
        let limiter = Gcra32::new(build(permits, per, burst, longest));
        limiter.acquire_up_to(used, start);
        let later = start.wrapping_add(idle);
        let mut got = u64::from(limiter.acquire_up_to(u32::MAX, later));
        got += u64::from(limiter.acquire_up_to(u32::MAX, later));
        prop_assert!(got <= u64::from(burst));
        // And it is itself again after at most the burst's time, the longest wait and the skew.
        let rest = limiter.peek(1, later).reset_after;
        prop_assert!(rest <= REACH + SKEW);
        prop_assert_eq!(limiter.peek(1, later.wrapping_add(rest)).remaining, burst);
    }

    #[test]
    fn a_restart_never_mints_a_permit((permits, per, burst, longest) in any_quota(), now in any::<u32>(), used in any::<u32>(), origin in any::<u32>()) {
        let (before, after) = (Gcra32::new(build(permits, per, burst, longest)), Gcra32::new(build(permits, per, burst, longest)));
        before.acquire_up_to(used, now);
        let snapshot = Gcra32Snapshot::from_bytes(&before.snapshot(now).to_bytes()).unwrap();
        after.restore(&snapshot, origin);
        let (left, got) = (before.peek(1, now).remaining, after.peek(1, origin).remaining);
        prop_assert!(got <= left && got + 1 >= left, "{left} before, {got} after"); // the word 0 costs a tick
    }
}

/// Main reads the clock, a handler with a newer clock takes everything, main comes with its older reading.
#[test]
fn an_older_reading_never_finds_a_fresh_limiter() {
    for start in [5_u32, 1_000_000, u32::MAX - 3, u32::MAX - 100] {
        for older in [1, 2, 100, SKEW] {
            let limiter = Gcra32::new(Quota32::new(1, 100, 5).unwrap());
            assert!(limiter.try_acquire(5, start).is_ok());
            assert!(limiter.try_acquire(1, start.wrapping_sub(older)).is_err(), "{older} ticks before {start}");
        }
    }
}

#[test]
fn zero_is_a_limiter_that_was_never_used_wherever_the_counter_begins() {
    for start in [0, 1, u32::MAX, u32::MAX - SKEW, u32::MAX - 500, 1 << 31] {
        let limiter = Gcra32::new(Quota32::new(1, 100, 5).unwrap());
        assert_eq!(limiter.peek(1, start).remaining, 5, "counter begins at {start}");
        // A debt that ends exactly at the wrap is still a debt.
        assert!(limiter.try_acquire(5, start).is_ok());
        assert!(limiter.try_acquire(1, start).is_err());
    }
    let limiter = Gcra32::new(Quota32::new(1, 100, 5).unwrap());
    assert!(limiter.try_acquire(5, 0_u32.wrapping_sub(500)).is_ok());
    assert!(limiter.try_acquire(1, 0_u32.wrapping_sub(500)).is_err());
}

#[test]
fn three_a_second_polled_each_second_through_the_wrap() {
    let limiter = Gcra32::new(Quota32::new(3, 1_000, 3).unwrap());
    let start = u32::MAX - 150_000;
    let admitted = (0..=300).filter(|s| limiter.try_acquire(3, start.wrapping_add(s * 1_000)).is_ok()).count();
    assert_eq!(admitted * 3, 903);
}

#[test]
fn four_bytes_of_state_that_a_refusal_does_not_touch() {
    let limiter = Gcra32::new(Quota32::new(1, 100, 2).unwrap());
    limiter.try_acquire(2, 7).unwrap();
    let before = format!("{limiter:?}");
    let denied = limiter.try_acquire(1, 7).unwrap_err();
    assert_eq!(limiter.acquire_up_to(9, 7), 0);
    assert_eq!(denied.into_refusal(Nanos::MILLISECOND).retry_after, Some(Nanos::from_millis(100)));
    assert_eq!(limiter.try_acquire(3, 7).unwrap_err().into_refusal(Nanos::SECOND).retry_after, None);
    assert_eq!(before, format!("{limiter:?}"));
    limiter.reset();
    assert_eq!(limiter.peek(1, 7).remaining, 2);
}

#[test]
fn the_builder_names_the_field_its_value_and_its_range() {
    let build = |permits, per, burst| Quota32::new(permits, per, burst).unwrap_err();
    assert_eq!(build(0, 10, 1), ConfigError::new("permits", 0, 1, 10));
    assert_eq!(build(11, 10, 1), ConfigError::new("permits", 11, 1, 10));
    assert_eq!(build(1, 0, 1), ConfigError::new("per", 0, 1, REACH.into()));
    assert_eq!(build(1, REACH, 2), ConfigError::new("burst", 2, 1, 1));
    assert_eq!(build(1, 10, 0).field, "burst");
    let quota = Quota32::new(1, REACH - 5, 1).unwrap();
    assert_eq!(quota.max_wait(6).unwrap_err(), ConfigError::new("max_wait", 6, 0, 5));
    assert!(quota.max_wait(5).is_ok());
    assert_eq!(Gcra32Snapshot::from_bytes(&[0; 14]), Err(SnapshotError::NotASnapshot));
}
