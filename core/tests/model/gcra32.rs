//! The rate limiter of four bytes, whose ticks wrap, against one that counts ticks without end.

use super::choices::Choices;
use overcurrent::limit::{Denied32, Gcra32, Quota32, Reservation32};

const REACH: u64 = (1 << 31) - Quota32::SKEW as u64;

struct Model {
    permits: u128,
    per: u128,
    burst: u128,
    longest: u128,
    /// When it would be full again; 0 for never used.
    full: u128,
}

impl Model {
    fn cost(&self, n: u128) -> u128 {
        (n * self.per).div_ceil(self.permits)
    }

    fn debt(&self, now: u64) -> u128 {
        self.full.saturating_sub(now.into())
    }

    /// `None` for never.
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
            self.full = if full % (1 << 32) == 0 { full + 1 } else { full };
        }
    }

    fn remaining(&self, now: u64) -> u128 {
        let left = self.cost(self.burst).saturating_sub(self.debt(now));
        (left * self.permits / self.per).min(self.burst)
    }
}

/// The low half: what a chip's counter shows.
fn counter(ticks: u64) -> u32 {
    (ticks & 0xffff_ffff) as u32
}

/// Idle for longer, a limiter looks like a used one: stricter, as documented.
fn latest(model: &Model, span: u64) -> u64 {
    model.full as u64 + (1 << 32) - span - u64::from(Quota32::SKEW) - 2
}

/// Plays one history, around a wrap of the counter often, with callers up to the skew behind the newest.
pub fn play(bytes: &[u8]) {
    let mut choices = Choices::of(bytes);
    let permits = choices.within(1, 7);
    let per = choices.pick(&[7, 1_000, 65_537, 1_000_003]);
    let burst = choices.within(1, 20);
    let longest = choices.pick(&[0, 1, 5_000, 100_000_000]);
    let quota = Quota32::new(permits, per, burst).and_then(|quota| quota.max_wait(longest));
    let limiter = Gcra32::new(quota.expect("drawn within the ranges"));
    let mut model =
        Model { permits: permits.into(), per: per.into(), burst: burst.into(), longest: longest.into(), full: 0 };
    let span = (model.cost(model.burst) + model.longest) as u64;
    assert!(span < REACH);
    let mut newest = (1 << 40) + choices.pick(&[1, (1 << 32) - 1_000, 1 << 31, (1 << 32) - 100_000_000]);
    let mut held: Vec<(Reservation32, u128, u128)> = Vec::new();
    while !choices.is_over() {
        let how = choices.byte();
        let step = choices.length().saturating_mul(u64::from(per / 5 + 1));
        newest += if how & 1 == 0 { step % (2 * span + 2) } else { 0 };
        if model.full > 0 {
            newest = newest.min(latest(&model, span));
        }
        let now = newest - if how & 6 == 0 { step % (u64::from(Quota32::SKEW) + 1) } else { 0 };
        let tick = counter(now);
        let n = choices.within(0, burst + 3);
        let wide = u128::from(n);
        let denied = |no: Denied32| no.retry_after().map(u128::from);
        match choices.byte() % 8 {
            0 | 1 => {
                let got = limiter.try_acquire(n, tick).map_err(denied);
                assert_eq!(got, model.take(wide, 0, now).map(|_| ()), "try_acquire {n} at {now}");
            }
            2 | 3 => {
                let wait = choices.pick(&[longest, longest / 2, u32::MAX]);
                let before = model.full;
                let expected = model.take(wide, u128::from(wait).min(model.longest), now);
                match limiter.reserve(n, wait, tick) {
                    Ok(promise) => {
                        assert_eq!(Ok(u128::from(promise.wait())), expected, "reserve {n} at {now}");
                        assert_eq!(promise.ready_at(), tick.wrapping_add(promise.wait()));
                        held.push((promise, before, model.full));
                    }
                    Err(no) => assert_eq!(Err(denied(no)), expected, "reserve {n} at {now}"),
                }
            }
            4 => {
                if let Some((promise, before, after)) = choices.take(&mut held) {
                    // A word that comes round again is the same word.
                    let newest_promise = model.full % (1 << 32) == after % (1 << 32);
                    if model.full == after || !newest_promise {
                        assert_eq!(limiter.cancel(promise), newest_promise, "only the newest promise comes back");
                        model.full = if newest_promise { before } else { model.full };
                        if model.full > 0 && newest > latest(&model, span) {
                            return; // the word that came back is so old that it looks like a used one
                        }
                    }
                }
            }
            5 => {
                let there = model.remaining(now).min(wide);
                assert_eq!(u128::from(limiter.acquire_up_to(n, tick)), there);
                if there > 0 {
                    assert!(model.take(there, 0, now).is_ok());
                }
            }
            6 => {
                limiter.drain(tick);
                let full = u128::from(now) + model.cost(model.burst);
                model.raise(full);
            }
            _ => {
                let ticks = choices.pick(&[0, 1, longest / 3, longest, u32::MAX]);
                limiter.penalize_for(ticks, tick);
                if ticks > 0 {
                    let window = model.cost(model.burst);
                    let least = (window - model.cost(1) + u128::from(ticks)).min(window + model.longest);
                    model.raise(u128::from(now) + least);
                }
            }
        }
        let peek = limiter.peek(n, tick);
        assert_eq!(u128::from(peek.remaining), model.remaining(now), "remaining at {now}");
        assert_eq!(u128::from(peek.reset_after), model.debt(now), "reset at {now}");
        assert_eq!(peek.retry_after.map(u128::from), model.wait(wide, now), "retry {n} at {now}");
    }
}
