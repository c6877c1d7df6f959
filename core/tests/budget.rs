//! The retry budget against a naive account.
#![cfg(feature = "wide")]
use overcurrent::retry::{BudgetWord, RetryBudget, RetryBudgetConfig};
use overcurrent::{At, Gate, Nanos, NeedsTime, Outcome, Reason};
use proptest::prelude::*;

fn budget(ratio: u32, per_second: u32, cap: u32) -> RetryBudget {
    RetryBudget::new(RetryBudgetConfig::new().ratio(ratio).min_per_second(per_second).cap(cap).build().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn agrees_with_a_naive_account(
        ratio in 0u32..=1_000, per_second in prop_oneof![Just(0u32), 1u32..50, Just(333_333u32), Just(1_000_000)],
        cap in 1u32..20, history in proptest::collection::vec((0u8..5, 0u64..400_000_000), 1..150),
    ) {
        let ours = budget(ratio, per_second, cap);
        let cap = u128::from(cap) * 1_000;
        let (mut saved, mut t, mut seen) = (cap, 0u64, 0u128);
        for (op, step) in history {
            t += step;
            let now = Nanos::new(t);
            let earned = u128::from(t) * u128::from(per_second) * 1_000 / 1_000_000_000;
            saved = cap.min(saved + earned - seen);
            seen = earned;
            match op {
                0 | 1 => {
                    let before = saved;
                    let judged = ours.judge(1, now.into());
                    let got = ours.try_withdraw(now);
                    prop_assert_eq!(judged.is_ok(), got.is_ok());
                    prop_assert_eq!(got.is_ok(), saved >= 1_000);
                    match got {
                        Ok(withdrawal) => {
                            saved -= 1_000;
                            if step % 7 == 0 {
                                prop_assert!(ours.cancel(withdrawal));
                                saved = before;
                            }
                        }
                        Err(refusal) => {
                            prop_assert_eq!(refusal.reason, Reason::RetryBudgetSpent);
                            let missing = (1_000 - saved + earned) * 1_000_000_000;
                            let rate = u128::from(per_second) * 1_000;
                            let due = (rate > 0).then(|| Nanos::new(missing.div_ceil(rate) as u64) - now);
                            prop_assert_eq!(refusal.retry_after, due);
                        }
                    }
                }
                _ => {
                    ours.deposit(now);
                    saved = cap.min(saved + u128::from(ratio));
                }
            }
            prop_assert_eq!(u128::from(ours.available(now)), saved / 1_000);
        }
    }

    /// Whatever their clocks say, callers never spend more than what was there, what was paid in and what time has paid.
    #[test]
    fn older_clocks_spend_no_more(
        ratio in 0u32..=1_000, per_second in 0u32..20, cap in 1u32..5,
        history in proptest::collection::vec((0u8..6, 0u64..200_000_000, 0u64..1_000_000_000), 1..300),
    ) {
        let ours = budget(ratio, per_second, cap);
        let (mut t, mut spent, mut paid) = (0u64, 0u128, u128::from(cap) * 1_000);
        for (op, step, behind) in history {
            t += step;
            let now = Nanos::new(t.saturating_sub(behind));
            match op {
                0..=2 => spent += if ours.try_withdraw(now).is_ok() { 1_000 } else { 0 },
                3 => if let Ok(withdrawal) = ours.try_withdraw(now) { ours.cancel(withdrawal); },
                _ => {
                    ours.deposit(now);
                    paid += u128::from(ratio);
                }
            }
            let earned = u128::from(t) * u128::from(per_second) / 1_000_000;
            prop_assert!(spent <= paid + earned, "spent {spent}, paid in {paid}, earned {earned}");
            prop_assert!(ours.available(Nanos::new(t)) <= cap);
        }
    }
}

#[test]
fn a_gate_whose_success_pays_in() {
    let ours = budget(1_000, 0, 1);
    let at = At::default();
    assert!(!ours.needs_clock());
    let permit = ours.enter_untimed(1).unwrap();
    assert_eq!(ours.enter_untimed(1), Err(NeedsTime));
    assert_eq!(ours.enter(1, at).unwrap_err().retry_after, None);
    ours.leave_untimed(permit, Outcome::Success).unwrap();
    let permit = ours.enter(1, at).unwrap();
    ours.leave(permit, Outcome::Failure, at);
    assert_eq!(ours.available(Nanos::ZERO), 0);
    let timed = budget(1_000, 1, 1);
    assert!(timed.needs_clock());
    assert_eq!(timed.enter_untimed(1), Err(NeedsTime));
}

#[test]
fn a_withdrawal_comes_back_only_while_it_is_the_newest() {
    let ours = budget(100, 0, 3);
    let older = ours.try_withdraw(Nanos::ZERO).unwrap();
    let newer = ours.try_withdraw(Nanos::ZERO).unwrap();
    assert!(!ours.cancel(older));
    assert!(ours.cancel(newer));
    assert_eq!(ours.available(Nanos::ZERO), 2);
}

#[test]
fn bad_settings_are_named() {
    let field = |config: RetryBudgetConfig| config.build().unwrap_err().field;
    assert_eq!(field(RetryBudgetConfig::new().ratio(1_001)), "ratio");
    assert_eq!(field(RetryBudgetConfig::new().min_per_second(1_000_001)), "min_per_second");
    assert_eq!(field(RetryBudgetConfig::new().cap(0)), "cap");
    assert_eq!(RetryBudget::new(RetryBudgetConfig::new().build().unwrap()).available(Nanos::ZERO), 100);
}

#[test]
fn at_the_end_of_time_it_refuses_and_does_not_wrap() {
    let ours = budget(0, 1_000_000, 1);
    for _ in 0..3 {
        let _ = ours.try_withdraw(Nanos::MAX);
    }
    assert!(ours.try_withdraw(Nanos::MAX).is_err());
}

#[test]
fn a_word_and_settings_kept_apart_are_a_budget() {
    let policy = RetryBudgetConfig::new().ratio(500).min_per_second(2).cap(2).build().unwrap();
    let (word, whole) = (BudgetWord::new(), RetryBudget::new(policy));
    for ms in [0, 100, 500, 501, 900, 2_000, 2_000, 2_000] {
        let now = Nanos::from_millis(ms);
        assert_eq!(word.judge(&policy, now), whole.judge(1, now.into()));
        assert_eq!(word.try_withdraw(&policy, now), whole.try_withdraw(now));
        assert_eq!(word.available(&policy, now), whole.available(now));
        word.deposit(&policy, now);
        whole.deposit(now);
    }
}
