//! A breaker's settings and the intervals of its waits.
use overcurrent::retry::exponential_ms;
use overcurrent::{BreakerConfig, Nanos, OpenFor, Policy, TrialTimeout, Window};

entry! { "other":
    retry_exponential_ms(first: u64, milli: u32, cap: u64, attempt: u32) = exponential_ms(first, milli, cap, attempt);
    window_calls(n: u32) = Window::calls(n);
    window_time(span: Nanos, buckets: u32) = Window::time(span, buckets);
    open_for_fixed(wait: Nanos) = OpenFor::fixed(wait);
    open_for_exponential(first: Nanos, milli: u32, cap: Nanos) = OpenFor::exponential(first, milli, cap);
    open_for_jitter(open_for: OpenFor, milli: u16) = OpenFor::jitter(open_for, milli);
    open_for_wait(open_for: &OpenFor, attempt: u32, random: u32) = OpenFor::wait(open_for, attempt, random);
    config_new(window: Window) = BreakerConfig::new(window);
    config_failure_rate(c: BreakerConfig, n: u32) = BreakerConfig::failure_rate(c, n);
    config_no_failure_rate(c: BreakerConfig) = BreakerConfig::no_failure_rate(c);
    config_slow_call(c: BreakerConfig, limit: Nanos, n: u32) = BreakerConfig::slow_call(c, limit, n);
    config_min_calls(c: BreakerConfig, n: u32) = BreakerConfig::min_calls(c, n);
    config_failure_count(c: BreakerConfig, n: u32) = BreakerConfig::failure_count(c, n);
    config_consecutive_failures(c: BreakerConfig, n: u32) = BreakerConfig::consecutive_failures(c, n);
    config_open_for(c: BreakerConfig, open_for: OpenFor) = BreakerConfig::open_for(c, open_for);
    config_trial_calls(c: BreakerConfig, n: u16) = BreakerConfig::trial_calls(c, n);
    config_trial_min(c: BreakerConfig, n: u16) = BreakerConfig::trial_min(c, n);
    config_trial_timeout(c: BreakerConfig, t: TrialTimeout) = BreakerConfig::trial_timeout(c, t);
    config_auto_half_open(c: BreakerConfig, auto: bool) = BreakerConfig::auto_half_open(c, auto);
    config_build(c: BreakerConfig) = BreakerConfig::build(c);
    policy_window(policy: &Policy) = Policy::window(policy);
}
