//! The retry budget as an account: thousandths of a retry, kept at the exact time.

use super::choices::{Choices, Clock};
use overcurrent::retry::{RetryBudget, RetryBudgetConfig, Withdrawal};
use overcurrent::{Gate, Nanos, Outcome, Reason};

struct Account {
    ratio: u128,
    per_second: u128,
    cap: u128,
    /// Thousandths of a retry that were spent and not paid in again, on the scale that time pays in on.
    spent: u128,
}

impl Account {
    /// What time has paid in by `now`.
    fn paid(&self, now: u64) -> u128 {
        u128::from(now) * self.per_second * 1_000 / 1_000_000_000
    }

    /// The wait, `None` for never.
    fn withdraw(&mut self, now: u64) -> Result<(), Option<u64>> {
        let (paid, after) = (self.paid(now), self.spent.max(self.paid(now)) + 1_000);
        if after <= paid + self.cap {
            self.spent = after;
            return Ok(());
        }
        if self.per_second == 0 {
            return Err(None);
        }
        let due = ((after - self.cap) * 1_000_000_000).div_ceil(self.per_second * 1_000);
        Err(Some(due as u64 - now))
    }

    fn deposit(&mut self, now: u64) {
        if self.spent > self.paid(now) {
            self.spent = self.spent.saturating_sub(self.ratio);
        }
    }

    fn available(&self, now: u64) -> u128 {
        self.cap.saturating_sub(self.spent.saturating_sub(self.paid(now))) / 1_000
    }
}

/// Plays one history to a retry budget and the account, callers with older clocks among it.
pub fn play(bytes: &[u8]) {
    let mut choices = Choices::of(bytes);
    let ratio = choices.pick(&[0, 1, 100, 333, 1_000]);
    let per_second = choices.pick(&[0, 1, 7, 1_000, 333_333, 1_000_000]);
    let cap = choices.within(1, 20);
    let config = RetryBudgetConfig::new().ratio(ratio).min_per_second(per_second).cap(cap);
    let budget = RetryBudget::new(config.build().expect("drawn within the ranges"));
    let mut account =
        Account { ratio: ratio.into(), per_second: per_second.into(), cap: u128::from(cap) * 1_000, spent: 0 };
    // Far from the end, so that no instant saturates.
    let mut clock = Clock::starting(&mut choices, 1_000_003, 1 << 59);
    let mut held: Vec<(Withdrawal, u128)> = Vec::new();
    while !choices.is_over() {
        let now = clock.read(&mut choices);
        let at = Nanos::new(now);
        match choices.byte() % 8 {
            kind @ 0..=3 => {
                let judged = budget.judge(1, at.into());
                let got = match kind {
                    0 if !budget.needs_clock() => budget.enter_untimed(1).map_err(|_| None),
                    0 | 1 => budget.enter(1, at.into()).map_err(Some),
                    _ => budget.try_withdraw(at).map_err(Some),
                };
                assert_eq!(judged.is_ok(), got.is_ok(), "judge and enter at {now}");
                match (got, account.withdraw(now)) {
                    (Ok(withdrawal), Ok(())) => held.push((withdrawal, account.spent)),
                    (Err(None), Err(_)) => {}
                    (Err(Some(no)), Err(wait)) => {
                        assert_eq!(no.reason, Reason::RetryBudgetSpent);
                        assert_eq!(no.retry_after.map(Nanos::get), wait, "wait at {now}");
                    }
                    (got, expected) => panic!("withdraw at {now}: {got:?}, the account says {expected:?}"),
                }
            }
            4 | 5 => {
                budget.deposit(at);
                account.deposit(now);
            }
            6 => {
                if let Some((withdrawal, after)) = choices.take(&mut held) {
                    let newest = account.spent == after;
                    assert_eq!(budget.cancel(withdrawal), newest, "only the newest comes back");
                    account.spent -= if newest { 1_000 } else { 0 };
                }
            }
            _ => {
                if let Some((withdrawal, _)) = choices.take(&mut held) {
                    let outcome = choices.pick(&[Outcome::Success, Outcome::Failure, Outcome::Ignored]);
                    budget.leave(withdrawal, outcome, at.into());
                    if outcome == Outcome::Success {
                        account.deposit(now);
                    }
                }
            }
        }
        assert_eq!(u128::from(budget.available(at)), account.available(now), "available at {now}");
    }
}
