//! The rate limiters against a naive reference in u128, over histories with older clocks, clocks that step back,
//! reservations and cancels, new settings and restarts.
#![cfg(feature = "wide")]

use overcurrent::limit::{Gcra, LiveGcra, Quota, Rate, Reservation};
use overcurrent::{Nanos, Reason};
use proptest::prelude::*;

const CENTURY: u64 = 100 * 31_557_600 * 1_000_000_000;

/// The reference: time in units, one debt, every division written out.
#[derive(Clone, Debug)]
struct Model {
    /// Units per nanosecond.
    a: u128,
    b: u128,
    /// Units per permit.
    unit: u128,
    burst: u128,
    /// When it would be full again, in units.
    full: u128,
    /// The last unit of the word.
    end: u128,
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Model {
    /// In a word of `bits`, with at most `whole` permits per reduced period counted in whole units.
    fn new(permits: u64, per: u64, burst: u64, bits: u32, whole: u128) -> Self {
        let (permits, per, burst) = (u128::from(permits), u128::from(per), u128::from(burst));
        let (p, period) = (permits / gcd(permits, per), per / gcd(permits, per));
        let room = 1_u128 << (bits - if bits == 64 { 2 } else { 1 });
        let end = (1_u128 << bits) - 1;
        if p <= whole && burst * period <= room {
            return Self { a: p, b: 1, unit: period, burst, full: 0, end };
        }
        let unit =
            (0..62).map(|g| 1_u128 << g).filter(|unit| p * unit <= period && burst * unit <= room).max().unwrap();
        Self { a: p * unit, b: period, unit, burst, full: 0, end }
    }

    fn fixed(permits: u64, per: u64, burst: u64) -> Self {
        Self::new(permits, per, burst, 64, 4)
    }

    fn live(permits: u64, per: u64, burst: u64) -> Self {
        Self::new(permits, per, burst, 62, 1)
    }

    fn units(&self, now: u64) -> u128 {
        (u128::from(now) * self.a / self.b).min(self.end)
    }

    /// The first nanosecond at which `units` have passed.
    fn instant(&self, units: u128) -> u128 {
        (units * self.b).div_ceil(self.a)
    }

    fn debt(&self, now: u64) -> u128 {
        self.full.saturating_sub(self.units(now))
    }

    fn remaining(&self, now: u64) -> u128 {
        (self.burst * self.unit).saturating_sub(self.debt(now)) / self.unit
    }

    /// When `judged` permits are there, seen from `now`; nothing for never.
    fn due(&self, judged: u128, now: u64) -> Option<u128> {
        let after = self.full.max(self.units(now)) + judged * self.unit;
        (judged <= self.burst && after <= self.end).then(|| after.saturating_sub(self.burst * self.unit))
    }

    fn take(&mut self, judged: u128, charged: u128, max_wait: u64, now: u64) -> Result<u128, Option<u128>> {
        let Some(due) = self.due(judged, now) else { return Err(None) };
        let after = self.full.max(self.units(now)) + charged * self.unit;
        if after > self.end {
            return Err(None);
        }
        let wait = self.instant(due).saturating_sub(u128::from(now));
        if due > self.units(now.saturating_add(max_wait)) {
            // An instant past the last nanosecond never comes.
            return Err((self.instant(due) <= u128::from(u64::MAX)).then_some(wait));
        }
        self.full = after;
        Ok(if due > self.units(now) { wait } else { 0 })
    }
}

/// Any rate from 1 per century to 1 per nanosecond.
fn any_rate() -> impl Strategy<Value = (u64, u64)> {
    let pers = prop_oneof![
        Just(1_000_000_000_u64),
        Just(60_000_000_000),
        Just(86_400_000_000_000),
        Just(CENTURY),
        1_u64..=CENTURY,
        1_u64..=1_000,
        Just(1 << 62)
    ];
    (pers, any::<u64>(), 0_u32..64).prop_map(|(per, permits, shift)| ((permits >> shift).clamp(1, per), per))
}

fn any_quota() -> impl Strategy<Value = (u64, u64, u64)> {
    let bursts = prop_oneof![1_u64..=4, 1_u64..=2_000, 1_u64..=1 << 32, Just(1 << 32)];
    (any_rate(), bursts).prop_map(|((permits, per), burst)| (permits, per, burst))
}

fn build(permits: u64, per: u64, burst: u64) -> Quota {
    Rate::new(permits, Nanos::new(per)).burst(burst).build().unwrap()
}

#[derive(Clone, Debug)]
enum Op {
    Acquire(u32),
    AcquireDebt(u32),
    Reserve(u32, f64),
    ReserveDebt(u32, f64),
    Cancel(usize),
    UpTo(u32),
    Peek(u32),
    Drain,
    Penalize(f64),
}

/// What is done, how far the clock has moved (in bursts' worth of time), and how much older the caller's reading is.
type Step = (Op, f64, f64);

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let n = || prop_oneof![0_u32..4, 1_u32..40, any::<u32>()];
    let op = prop_oneof![
        6 => n().prop_map(Op::Acquire),
        1 => n().prop_map(Op::AcquireDebt),
        4 => (n(), 0.0..2.0).prop_map(|(n, wait)| Op::Reserve(n, wait)),
        1 => (n(), 0.0..2.0).prop_map(|(n, wait)| Op::ReserveDebt(n, wait)),
        4 => (0_usize..4).prop_map(Op::Cancel),
        1 => n().prop_map(Op::UpTo),
        2 => n().prop_map(Op::Peek),
        1 => Just(Op::Drain),
        1 => (0.0..2.0).prop_map(Op::Penalize),
    ];
    let forward = prop_oneof![4 => Just(0.0), 4 => 0.0..0.3, 1 => -1.0..0.0, 1 => 0.0..3.0];
    let older = prop_oneof![3 => Just(0.0), 2 => 0.0..1.5];
    prop::collection::vec((op, forward, older), 1..60)
}

/// The common surface of the two limiters, so that one history drives both.
trait Limiter {
    fn acquire(&self, n: u32, now: Nanos) -> Result<(), (Reason, Option<Nanos>)>;
    fn acquire_debt(&self, n: u32, now: Nanos) -> Result<(), (Reason, Option<Nanos>)>;
    fn hold(&self, n: u32, wait: Nanos, now: Nanos, debt: bool) -> Result<Reservation, (Reason, Option<Nanos>)>;
    fn give_back(&self, reservation: Reservation) -> bool;
    fn up_to(&self, n: u32, now: Nanos) -> u32;
    fn seen(&self, n: u32, now: Nanos) -> (u64, Nanos, Option<Nanos>);
    fn empty(&self, now: Nanos);
    fn penalize(&self, until: Nanos, now: Nanos);
}

macro_rules! limiter {
    ($name:ty) => {
        impl Limiter for $name {
            fn acquire(&self, n: u32, now: Nanos) -> Result<(), (Reason, Option<Nanos>)> {
                self.try_acquire(n, now).map_err(|denied| (denied.reason(), denied.retry_after()))
            }
            fn acquire_debt(&self, n: u32, now: Nanos) -> Result<(), (Reason, Option<Nanos>)> {
                self.try_acquire_debt(n, now).map_err(|denied| (denied.reason(), denied.retry_after()))
            }
            fn hold(
                &self,
                n: u32,
                wait: Nanos,
                now: Nanos,
                debt: bool,
            ) -> Result<Reservation, (Reason, Option<Nanos>)> {
                let held = if debt { self.reserve_debt(n, wait, now) } else { self.reserve(n, wait, now) };
                held.map_err(|denied| (denied.reason(), denied.retry_after()))
            }
            fn give_back(&self, reservation: Reservation) -> bool {
                self.cancel(reservation)
            }
            fn up_to(&self, n: u32, now: Nanos) -> u32 {
                self.acquire_up_to(n, now)
            }
            fn seen(&self, n: u32, now: Nanos) -> (u64, Nanos, Option<Nanos>) {
                let peek = self.peek(n, now);
                (peek.remaining, peek.reset_after, peek.retry_after)
            }
            fn empty(&self, now: Nanos) {
                self.drain(now);
            }
            fn penalize(&self, until: Nanos, now: Nanos) {
                self.penalize_until(until, now);
            }
        }
    };
}
limiter!(Gcra);
limiter!(LiveGcra);

fn nanos(wide: u128) -> Nanos {
    Nanos::new(u64::try_from(wide).unwrap_or(u64::MAX))
}

/// Runs one history through a limiter and the reference; every answer must be equal, and no set of admissions that stand
/// may exceed the burst and the rate.
fn agrees(limiter: &dyn Limiter, mut model: Model, start: u64, steps: &[Step]) -> Result<(), TestCaseError> {
    let span = model.instant(model.burst * model.unit).min(1 << 61) as f64;
    let (mut clock, mut debts) = (start as f64, false);
    let mut held: Vec<(Reservation, Model, usize)> = Vec::new();
    // Of each admission: the caller's time, the time from which it may go, its permits, and whether it stands.
    let mut admitted: Vec<(u64, u64, u128, bool)> = Vec::new();
    for (op, forward, older) in steps {
        clock = (clock + forward * span).max(0.0);
        let now = (clock - older * span).max(0.0) as u64;
        let (at, length) = (Nanos::new(now), |share: f64| (share * span) as u64);
        let refusal = |n: u128, error: Option<u128>, model: &Model| {
            let reason = if n > model.burst { Reason::CostExceedsBurst } else { Reason::RateLimited };
            (reason, error.and_then(|wait| u64::try_from(wait).ok()).map(Nanos::new))
        };
        match *op {
            Op::Acquire(n) => {
                let wanted = model.take(n.into(), n.into(), 0, now);
                prop_assert_eq!(limiter.acquire(n, at), wanted.map(|_| ()).map_err(|e| refusal(n.into(), e, &model)));
                if wanted.is_ok() {
                    admitted.push((now, now, n.into(), true));
                }
            }
            Op::AcquireDebt(n) => {
                let judged = u128::from(n).min(model.burst);
                let wanted = model.take(judged, n.into(), 0, now);
                prop_assert_eq!(
                    limiter.acquire_debt(n, at),
                    wanted.map(|_| ()).map_err(|e| refusal(judged, e, &model))
                );
                debts |= wanted.is_ok();
            }
            Op::Reserve(n, wait) | Op::ReserveDebt(n, wait) => {
                let debt = matches!(op, Op::ReserveDebt(..));
                let judged = if debt { u128::from(n).min(model.burst) } else { n.into() };
                let before = model.clone();
                let wanted = model.take(judged, n.into(), length(wait), now);
                match limiter.hold(n, Nanos::new(length(wait)), at, debt) {
                    Ok(reservation) => {
                        prop_assert_eq!(Ok(u128::from(reservation.wait().get())), wanted);
                        prop_assert_eq!(reservation.ready_at(), at + reservation.wait());
                        admitted.push((now, reservation.ready_at().get(), n.into(), true));
                        held.push((reservation, before, admitted.len() - 1));
                        debts |= debt;
                    }
                    Err(error) => prop_assert_eq!(Err(error), wanted.map_err(|e| refusal(judged, e, &model))),
                }
            }
            Op::Cancel(back) if !held.is_empty() => {
                let (reservation, before, index) = held.remove(held.len().saturating_sub(back + 1));
                let raw = reservation.into_raw();
                let newest = before.clone().full.max(before.units(admitted[index].0)) + admitted[index].2 * model.unit;
                let given = limiter.give_back(Reservation::from_raw(raw));
                prop_assert_eq!(given, newest == model.full, "only the newest promise is given back");
                if given {
                    model.full = before.full;
                    admitted[index].3 = false;
                }
            }
            Op::Cancel(_) => {}
            Op::UpTo(n) => {
                let there = model.remaining(now).min(n.into());
                let there = if there > 0 && model.take(there, there, 0, now).is_ok() { there } else { 0 };
                prop_assert_eq!(u128::from(limiter.up_to(n, at)), there);
                admitted.push((now, now, there, true));
            }
            Op::Peek(n) => {
                let (remaining, reset, retry) = limiter.seen(n, at);
                prop_assert_eq!(u128::from(remaining), model.remaining(now));
                prop_assert_eq!(reset, nanos(model.instant(model.full).saturating_sub(now.into())));
                let due = model.due(n.into(), now);
                let wanted = due.filter(|due| model.instant(*due) <= u128::from(u64::MAX));
                let wanted = wanted
                    .map(|due| if due <= model.units(now) { Nanos::ZERO } else { nanos(model.instant(due)) - at });
                prop_assert_eq!(retry, wanted);
            }
            Op::Drain => {
                model.full = model.full.max((model.units(now) + model.burst * model.unit).min(model.end));
                limiter.empty(at);
            }
            Op::Penalize(share) => {
                let until = now.saturating_add(length(share));
                if until > now {
                    let least = model.units(until) + (model.burst - 1) * model.unit;
                    model.full = model.full.max(least.min(model.end));
                }
                limiter.penalize(Nanos::new(until), at);
            }
        }
    }
    if !debts {
        within_the_rate(&model, &admitted)?;
    }
    Ok(())
}

/// For any two instants: what was asked for at or after the first and may go by the second is at most the burst, and the
/// rate for the time between and one unit.
fn within_the_rate(model: &Model, admitted: &[(u64, u64, u128, bool)]) -> Result<(), TestCaseError> {
    let standing: Vec<_> = admitted.iter().filter(|one| one.3).collect();
    for from in standing.iter().map(|one| one.0) {
        for to in standing.iter().map(|one| one.1).filter(|to| *to >= from) {
            let sum: u128 = standing.iter().filter(|one| one.0 >= from && one.1 <= to).map(|one| one.2).sum();
            let time = u128::from(to - from) * model.a / model.b + 1;
            prop_assert!(sum * model.unit <= time + model.burst * model.unit, "{sum} permits from {from} to {to}");
        }
    }
    Ok(())
}

fn any_start() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0_u64..1 << 40, 1_u64 << 59..1 << 61, Just(1_790_000_000_000_000_000)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_fixed_limiter_agrees_with_the_reference((permits, per, burst) in any_quota(), start in any_start(), steps in any_steps()) {
        let limiter = Gcra::new(build(permits, per, burst));
        agrees(&limiter, Model::fixed(permits, per, burst), start, &steps)?;
    }

    #[test]
    fn the_live_limiter_agrees_with_the_reference((permits, per, burst) in any_quota(), start in any_start(), steps in any_steps()) {
        let limiter = LiveGcra::new(build(permits, per, burst));
        agrees(&limiter, Model::live(permits, per, burst), start, &steps)?;
    }

    /// The unit is so short that nobody needs to know it, and so is how early a decision can be.
    #[test]
    fn the_unit_is_the_reference_s((permits, per, burst) in any_quota()) {
        let model = Model::fixed(permits, per, burst);
        prop_assert_eq!(u128::from(build(permits, per, burst).unit().get()), model.instant(1));
    }

    #[test]
    fn take_n_wait_one_period_take_n_works_for_every_rate((permits, per) in any_rate(), origin in 0_u64..1 << 60, periods in 1_u64..4) {
        let permits = permits.min(u64::from(u32::MAX) / periods);
        let n = u32::try_from(permits * periods).unwrap();
        let limiter = Gcra::new(build(permits, per, n.into()));
        let live = LiveGcra::new(build(permits, per, n.into()));
        for times in 0..20 {
            let now = u128::from(origin) + u128::from(per) * u128::from(periods) * times;
            let Some(now) = u64::try_from(now).ok().filter(|now| *now < 1 << 61) else { break };
            for (what, limiter) in [("fixed", &limiter as &dyn Limiter), ("live", &live)] {
                prop_assert_eq!(limiter.acquire(n, Nanos::new(now)), Ok(()), "{}, after {} times", what, times);
                prop_assert!(limiter.acquire(1, Nanos::new(now)).is_err(), "{}, after {} times", what, times);
            }
        }
    }

    #[test]
    fn a_wait_is_enough_and_not_a_nanosecond_too_long((permits, per, burst) in any_quota(), start in any_start(), n in 1_u32..50, used in any::<u32>()) {
        let burst = burst.max(n.into());
        let fresh = || {
            let limiter = Gcra::new(build(permits, per, burst));
            limiter.try_acquire(used % u32::try_from(burst).unwrap_or(u32::MAX), Nanos::new(start)).unwrap();
            limiter
        };
        let limiter = fresh();
        let Err(denied) = limiter.try_acquire(n, Nanos::new(start)) else { return Ok(()) };
        let Some(wait) = denied.retry_after() else { return Ok(()) };
        let at = Nanos::new(start) + wait;
        prop_assert!(limiter.try_acquire(n, at - Nanos::new(1)).is_err());
        prop_assert!(limiter.try_acquire(n, at).is_ok());
    }

    /// Whatever happens, a caller with an older clock finds no more than one with a newer one.
    #[test]
    fn an_older_clock_never_finds_more((permits, per, burst) in any_quota(), now in 1_u64..1 << 61, older in any::<prop::sample::Index>(), used in any::<u32>()) {
        let limiter = Gcra::new(build(permits, per, burst));
        limiter.acquire_up_to(used, Nanos::new(now));
        let then = Nanos::new(older.index(usize::try_from(now).unwrap()) as u64);
        prop_assert!(limiter.peek(1, then).remaining <= limiter.peek(1, Nanos::new(now)).remaining);
    }

    #[test]
    fn a_restart_never_mints_a_permit((permits, per, burst) in any_quota(), now in any_start(), used in any::<u32>(), origin in 0_u64..1 << 60, later in 0.0..1.5) {
        let before = Gcra::new(build(permits, per, burst));
        before.acquire_up_to(used, Nanos::new(now));
        let snapshot = before.snapshot(Nanos::new(now));
        let after = Gcra::new(build(permits, per, burst));
        let live = LiveGcra::new(build(permits, per, burst));
        after.restore(&snapshot, Nanos::new(origin));
        live.restore(&snapshot, Nanos::new(origin));
        let left = before.peek(1, Nanos::new(now)).remaining;
        let got = after.peek(1, Nanos::new(origin)).remaining;
        let time_enough = origin.checked_add(snapshot.full_after().get()).is_some_and(|end| end < 1 << 61);
        prop_assert!(got <= left && (got + 2 >= left || !time_enough), "{left} before, {got} after");
        prop_assert!(live.peek(1, Nanos::new(origin)).remaining <= left);
        // Nor at any time after.
        let later = Nanos::new((later * snapshot.full_after().get() as f64) as u64);
        let (old, new) = (before.peek(1, Nanos::new(now) + later), after.peek(1, Nanos::new(origin) + later));
        // A unit begins at another instant; and where the old clock has reached the end of time, it stands still.
        let in_time = |from: u64| (Nanos::new(from) + later).get() < u64::MAX && (Nanos::new(from) + snapshot.full_after()).get() < u64::MAX;
        prop_assert!(new.remaining <= old.remaining + 1 || !in_time(now), "{old:?} {new:?}");
    }

    #[test]
    fn new_settings_keep_what_was_used(one in any_quota(), two in any_quota(), now in any_start(), used in any::<u32>(), older in 0_u64..1 << 30) {
        let live = LiveGcra::new(build(one.0, one.1, one.2));
        let held = live.reserve(used.min(u32::try_from(one.2).unwrap_or(u32::MAX)), Nanos::ZERO, Nanos::new(now)).unwrap();
        let used = u128::from(one.2 - live.peek(1, Nanos::new(now)).remaining);
        live.reconfigure(build(two.0, two.1, two.2), Nanos::new(now)).unwrap();
        let left = u128::from(live.peek(1, Nanos::new(now)).remaining);
        prop_assert_eq!(left, u128::from(two.2).saturating_sub(used));
        prop_assert!(live.peek(1, Nanos::new(now.saturating_sub(older))).remaining <= left as u64);
        prop_assert!(!live.cancel(held), "a promise from before the change was given back");
        prop_assert_eq!((live.quota().permits(), live.quota().per().get(), live.quota().burst()), two);
    }
}
