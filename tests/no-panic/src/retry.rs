//! Trying again.
use overcurrent::Nanos;
use overcurrent::retry::{
    Backoff, BackoffConfig, BudgetWord, Delays, Jitter, RawDelays, RetryBudget, RetryBudgetConfig, RetryBudgetPolicy,
    Withdrawal,
};

entry! { "decision":
    backoff_delay(b: &Backoff, attempt: u32, random: u32, after: Option<Nanos>)
        = Backoff::delay(b, attempt, random, after);
    backoff_delays(b: Backoff) = Backoff::delays(b);
    delays_next_delay(d: &mut Delays, random: u32, after: Option<Nanos>) = Delays::next_delay(d, random, after);
    budget_try_withdraw(b: &RetryBudget, now: Nanos) = RetryBudget::try_withdraw(b, now).is_ok();
    budget_deposit(b: &RetryBudget, now: Nanos) = RetryBudget::deposit(b, now);
    budget_cancel(b: &RetryBudget, w: Withdrawal) = RetryBudget::cancel(b, w);
    delays_into_raw(d: Delays) = Delays::into_raw(d);
    delays_from_raw(b: Backoff, raw: RawDelays) = Delays::from_raw(b, raw);
    budget_word_new() = BudgetWord::new();
    budget_word_try_withdraw(b: &BudgetWord, policy: &RetryBudgetPolicy, now: Nanos)
        = BudgetWord::try_withdraw(b, policy, now).is_ok();
    budget_word_deposit(b: &BudgetWord, policy: &RetryBudgetPolicy, now: Nanos) = BudgetWord::deposit(b, policy, now);
    budget_word_cancel(b: &BudgetWord, w: Withdrawal) = BudgetWord::cancel(b, w);
    withdrawal_into_raw(w: Withdrawal) = Withdrawal::into_raw(w);
    withdrawal_from_raw(raw: u64) = Withdrawal::from_raw(raw);
}

entry! { "other":
    backoff_fixed(wait: Nanos) = BackoffConfig::fixed(wait);
    backoff_exponential(first: Nanos, milli: u32) = BackoffConfig::exponential(first, milli);
    backoff_cap(c: BackoffConfig, cap: Nanos) = BackoffConfig::cap(c, cap);
    backoff_jitter(c: BackoffConfig, jitter: Jitter) = BackoffConfig::jitter(c, jitter);
    backoff_build(c: BackoffConfig) = BackoffConfig::build(c);
    budget_config_new() = RetryBudgetConfig::new();
    budget_config_ratio(c: RetryBudgetConfig, n: u32) = RetryBudgetConfig::ratio(c, n);
    budget_config_min_per_second(c: RetryBudgetConfig, n: u32) = RetryBudgetConfig::min_per_second(c, n);
    budget_config_cap(c: RetryBudgetConfig, n: u32) = RetryBudgetConfig::cap(c, n);
    budget_config_build(c: RetryBudgetConfig) = RetryBudgetConfig::build(c);
    budget_new(policy: RetryBudgetPolicy) = RetryBudget::new(policy);
    budget_word_judge(b: &BudgetWord, policy: &RetryBudgetPolicy, now: Nanos) = BudgetWord::judge(b, policy, now);
    budget_word_available(b: &BudgetWord, policy: &RetryBudgetPolicy, now: Nanos)
        = BudgetWord::available(b, policy, now);
    budget_available(b: &RetryBudget, now: Nanos) = RetryBudget::available(b, now);
}
