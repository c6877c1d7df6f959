//! The limiter over fixed cycles.
use core::num::NonZeroU32;
use overcurrent::Nanos;
use overcurrent::limit::{
    CycleConfig, CycleDenied, CycleLimiter, CyclePolicy, CycleSnapshot, LimitChange, Reservation,
};

entry! { "decision":
    cycle_try_acquire(c: &CycleLimiter, n: u32, now: Nanos) = CycleLimiter::try_acquire(c, n, now).is_ok();
    cycle_reserve(c: &CycleLimiter, n: u32, now: Nanos) = CycleLimiter::reserve(c, n, now).ok();
    cycle_reserve_within(c: &CycleLimiter, n: u32, wait: Nanos, now: Nanos)
        = CycleLimiter::reserve_within(c, n, wait, now).ok();
    cycle_cancel(c: &CycleLimiter, r: Reservation) = CycleLimiter::cancel(c, r);
    cycle_drain(c: &CycleLimiter, now: Nanos) = CycleLimiter::drain(c, now);
    cycle_cycle(c: &CycleLimiter, now: Nanos) = CycleLimiter::cycle(c, now);
    cycle_balance(c: &CycleLimiter, now: Nanos) = CycleLimiter::balance(c, now);
    cycle_available(c: &CycleLimiter, now: Nanos) = CycleLimiter::available(c, now);
    cycle_limit(c: &CycleLimiter) = CycleLimiter::limit(c);
    cycle_period(c: &CycleLimiter) = CycleLimiter::period(c);
    cycle_timeout(c: &CycleLimiter) = CycleLimiter::timeout(c);
}

entry! { "other":
    cycle_wait(c: &CycleLimiter, n: u32, now: Nanos) = CycleLimiter::wait(c, n, now);
    cycle_denied_retry_after(denied: &CycleDenied) = CycleDenied::retry_after(denied);
    cycle_config_new(limit: u32, period: Nanos) = CycleConfig::new(limit, period);
    cycle_config_timeout(c: CycleConfig, timeout: Nanos) = CycleConfig::timeout(c, timeout);
    cycle_config_limit_change(c: CycleConfig, change: LimitChange) = CycleConfig::limit_change(c, change);
    cycle_config_build(c: CycleConfig) = CycleConfig::build(c);
    cycle_policy_limit(p: &CyclePolicy) = CyclePolicy::limit(p);
    cycle_policy_period(p: &CyclePolicy) = CyclePolicy::period(p);
    cycle_policy_timeout(p: &CyclePolicy) = CyclePolicy::timeout(p);
    cycle_new(policy: CyclePolicy) = CycleLimiter::new(policy);
    cycle_set_limit(c: &CycleLimiter, limit: NonZeroU32, now: Nanos) = CycleLimiter::set_limit(c, limit, now);
    cycle_set_timeout(c: &CycleLimiter, timeout: Nanos) = CycleLimiter::set_timeout(c, timeout);
    cycle_snapshot(c: &CycleLimiter, now: Nanos) = CycleLimiter::snapshot(c, now);
    cycle_restore(c: &CycleLimiter, s: &CycleSnapshot, now: Nanos) = CycleLimiter::restore(c, s, now);
    cycle_snapshot_aged(s: CycleSnapshot, off: Nanos) = CycleSnapshot::aged(s, off);
    cycle_snapshot_to_bytes(s: &CycleSnapshot) = CycleSnapshot::to_bytes(s);
    cycle_snapshot_from_bytes(bytes: &[u8]) = CycleSnapshot::from_bytes(bytes);
}
