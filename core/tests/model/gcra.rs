//! The rate limiter with exact rational time: instants in units of `1 / permits` nanoseconds, as wide as they need be.

use super::choices::{Choices, Clock};
use overcurrent::limit::{Gcra, LiveGcra, Rate, Reservation};
use overcurrent::{Nanos, Reason};

/// `permits` per `per` nanoseconds; the units are exact where the limiter's own are.
#[derive(Clone, Copy, Debug)]
struct Model {
    permits: u128,
    per: u128,
    burst: u128,
    /// When it would be full again, in units.
    full_at: u128,
}

/// Refused: the instant in units from which it would be granted; `None` for never.
type No = Option<u128>;

impl Model {
    fn new(permits: u64, per: u64, burst: u64, initial: u64) -> Self {
        let full_at = u128::from(burst - initial) * u128::from(per);
        Self { permits: permits.into(), per: per.into(), burst: burst.into(), full_at }
    }

    fn units(&self, now: u64) -> u128 {
        u128::from(now) * self.permits
    }

    /// The first whole nanosecond at or after an instant.
    fn nanos(&self, units: u128) -> u64 {
        units.div_ceil(self.permits) as u64
    }

    fn take(&mut self, judged: u128, charged: u128, now: u64, latest: u64) -> Result<u64, No> {
        if judged > self.burst {
            return Err(None);
        }
        let base = self.full_at.max(self.units(now));
        let ready = (base + judged * self.per).saturating_sub(self.burst * self.per);
        if ready > self.units(latest) {
            return Err(Some(ready));
        }
        self.full_at = base + charged * self.per;
        Ok(self.nanos(ready).max(now))
    }

    fn remaining(&self, now: u64) -> u128 {
        let debt = self.full_at.saturating_sub(self.units(now));
        (self.burst * self.per).saturating_sub(debt) / self.per
    }

    fn drain(&mut self, now: u64) {
        self.full_at = self.full_at.max(self.units(now) + self.burst * self.per);
    }

    fn penalize_until(&mut self, until: u64, now: u64) {
        if until > now {
            self.full_at = self.full_at.max(self.units(until) + (self.burst - 1) * self.per);
        }
    }

    fn wait(&self, no: No, now: u64) -> Option<u64> {
        no.map(|ready| self.nanos(ready).saturating_sub(now))
    }
}

/// Plays one history to a limiter with fixed settings and to one with live ones.
pub fn play(bytes: &[u8]) {
    play_fixed(bytes);
    play_live(bytes);
}

macro_rules! player {
    ($play:ident, $limiter:ident, $most_permits:literal) => {
        fn $play(bytes: &[u8]) {
            let mut choices = Choices::of(bytes);
            // With so few permits a period the limiter's units are exact; `per` is prime, so nothing cancels.
            let permits = u64::from(choices.within(1, $most_permits));
            let per = choices.pick(&[5, 997, 1_000_003, 1_000_000_007]);
            let burst = u64::from(choices.within(1, 20));
            let initial = u64::from(choices.within(0, burst as u32));
            let rate = Rate::new(permits, Nanos::new(per)).burst(burst).initial(initial);
            let limiter = $limiter::new(rate.build().expect("drawn within the ranges"));
            let mut model = Model::new(permits, per, burst, initial);
            // Far from the end, so that no instant saturates.
            let mut clock = Clock::starting(&mut choices, per / 3 + 1, 1 << 59);
            let mut promises: Vec<(Reservation, u128, u128)> = Vec::new();
            while !choices.is_over() {
                let now = clock.read(&mut choices);
                let at = Nanos::new(now);
                let n = choices.within(0, burst as u32 + 3);
                let (wide, before) = (u128::from(n), model.full_at);
                let capped = wide.min(model.burst);
                match choices.byte() % 16 {
                    0..=3 => {
                        let got = limiter.try_acquire(n, at).map_err(|no| no.retry_after().map(Nanos::get));
                        let no = model.take(wide, wide, now, now).map(|_| ());
                        assert_eq!(got, no.map_err(|no| model.wait(no, now)), "try_acquire {n} at {now}, {model:?}");
                    }
                    4 => {
                        let got = limiter.try_acquire_debt(n, at).map_err(|no| no.retry_after().map(Nanos::get));
                        let no = model.take(capped, wide, now, now).map(|_| ());
                        assert_eq!(
                            got,
                            no.map_err(|no| model.wait(no, now)),
                            "try_acquire_debt {n} at {now}, {model:?}"
                        );
                    }
                    kind @ 5..=8 => {
                        let wait = choices.length().saturating_mul(per).min(1 << 59);
                        let debt = kind == 8;
                        let longest = Nanos::new(wait);
                        let got =
                            if debt { limiter.reserve_debt(n, longest, at) } else { limiter.reserve(n, longest, at) };
                        let judged = if debt { capped } else { wide };
                        match (got, model.take(judged, wide, now, now + wait)) {
                            (Ok(promise), Ok(ready_at)) => {
                                let seen = (promise.ready_at().get(), promise.wait().get());
                                assert_eq!(seen, (ready_at, ready_at - now), "reserve {n} at {now}");
                                promises.push((promise, before, model.full_at));
                            }
                            (Err(no), Err(expected)) => {
                                assert_eq!(no.retry_after().map(Nanos::get), model.wait(expected, now));
                                let never = no.reason() == Reason::CostExceedsBurst;
                                assert_eq!(never, expected.is_none());
                            }
                            (got, expected) => panic!("reserve {n} at {now}: {got:?}, the model says {expected:?}"),
                        }
                    }
                    9 => {
                        if let Some((promise, before, after)) = choices.take(&mut promises) {
                            let newest = model.full_at == after;
                            assert_eq!(limiter.cancel(promise), newest);
                            model.full_at = if newest { before } else { model.full_at };
                        }
                    }
                    10 | 11 => {
                        let there = model.remaining(now).min(wide);
                        assert_eq!(u128::from(limiter.acquire_up_to(n, at)), there);
                        if there > 0 {
                            assert!(model.take(there, there, now, now).is_ok());
                        }
                    }
                    12 => {
                        limiter.drain(at);
                        model.drain(now);
                    }
                    13 => {
                        let until = now + choices.length().saturating_mul(per).min(1 << 59);
                        limiter.penalize_until(Nanos::new(until), at);
                        model.penalize_until(until, now);
                    }
                    14 => {
                        let saved = limiter.snapshot(at);
                        let left = model.nanos(model.full_at).saturating_sub(now);
                        assert_eq!(saved.full_after().get(), left);
                        // A fresh one that takes it up owes the same, in whole nanoseconds.
                        let later = clock.read(&mut choices);
                        let fresh = $limiter::new(rate.build().expect("drawn within the ranges"));
                        fresh.restore(&saved, Nanos::new(later));
                        let owed = later.saturating_add(fresh.peek(0, Nanos::new(later)).reset_after.get());
                        assert!(owed >= later + left, "a restart mints no permit");
                    }
                    _ => {
                        let _ = limiter.reset();
                        model.full_at = 0;
                        promises.clear();
                    }
                }
                let peek = limiter.peek(n, at);
                assert_eq!(u128::from(peek.remaining), model.remaining(now), "at {now}, {model:?}");
                assert_eq!(peek.reset_after.get(), model.nanos(model.full_at).saturating_sub(now));
            }
        }
    };
}
player!(play_fixed, Gcra, 4);
player!(play_live, LiveGcra, 1);
