//! The machines of 32 bits, on ticks that wrap.
use overcurrent::breaker::{Permit32, Refusal32, Tiny32Snapshot, TinyBreaker32, TinyConfig32, TinyPolicy32};
use overcurrent::limit::{Denied32, Gcra32, Gcra32Snapshot, Quota32, RawReservation32, Reservation32};
use overcurrent::{Nanos, Outcome};

entry! { "decision":
    gcra32_try_acquire(g: &Gcra32, n: u32, now: u32) = Gcra32::try_acquire(g, n, now).is_ok();
    gcra32_reserve(g: &Gcra32, n: u32, wait: u32, now: u32) = Gcra32::reserve(g, n, wait, now);
    gcra32_cancel(g: &Gcra32, r: Reservation32) = Gcra32::cancel(g, r);
    gcra32_drain(g: &Gcra32, now: u32) = Gcra32::drain(g, now);
    gcra32_penalize_for(g: &Gcra32, ticks: u32, now: u32) = Gcra32::penalize_for(g, ticks, now);
    gcra32_reset(g: &Gcra32) = Gcra32::reset(g);
    gcra32_quota(g: &Gcra32) = Gcra32::quota(g);
    denied32_reason(denied: &Denied32) = Denied32::reason(denied);
    denied32_retry_after(denied: &Denied32) = Denied32::retry_after(denied);
    reservation32_ready_at(r: &Reservation32) = Reservation32::ready_at(r);
    reservation32_wait(r: &Reservation32) = Reservation32::wait(r);
    reservation32_into_raw(r: Reservation32) = Reservation32::into_raw(r);
    reservation32_from_raw(raw: RawReservation32) = Reservation32::from_raw(raw);

    tiny32_enter(b: &TinyBreaker32, p: &TinyPolicy32, now: u32) = TinyBreaker32::enter(b, p, now);
    tiny32_leave(b: &TinyBreaker32, p: &TinyPolicy32, permit: Permit32, outcome: Outcome, now: u32)
        = TinyBreaker32::leave(b, p, permit, outcome, now);
    tiny32_cancel(b: &TinyBreaker32, p: &TinyPolicy32, permit: Permit32) = TinyBreaker32::cancel(b, p, permit);
    tiny32_state(b: &TinyBreaker32) = TinyBreaker32::state(b);
    tiny32_next_deadline(b: &TinyBreaker32, p: &TinyPolicy32, now: u32) = TinyBreaker32::next_deadline(b, p, now);
    permit32_into_raw(permit: Permit32) = Permit32::into_raw(permit);
    permit32_from_raw(raw: u8) = Permit32::from_raw(raw);
    refusal32_reason(refusal: Refusal32) = Refusal32::reason(refusal);
    refusal32_retry_after(refusal: Refusal32) = Refusal32::retry_after(refusal);
}

entry! { "other":
    gcra32_new(quota: Quota32) = Gcra32::new(quota);
    gcra32_acquire_up_to(g: &Gcra32, n: u32, now: u32) = Gcra32::acquire_up_to(g, n, now);
    gcra32_peek(g: &Gcra32, n: u32, now: u32) = Gcra32::peek(g, n, now);
    gcra32_snapshot(g: &Gcra32, now: u32) = Gcra32::snapshot(g, now);
    gcra32_restore(g: &Gcra32, s: &Gcra32Snapshot, now: u32) = Gcra32::restore(g, s, now);
    gcra32_snapshot_full_after(s: &Gcra32Snapshot) = Gcra32Snapshot::full_after(s);
    gcra32_snapshot_aged(s: Gcra32Snapshot, off: u32) = Gcra32Snapshot::aged(s, off);
    gcra32_snapshot_to_bytes(s: &Gcra32Snapshot) = Gcra32Snapshot::to_bytes(s);
    gcra32_snapshot_from_bytes(bytes: &[u8]) = Gcra32Snapshot::from_bytes(bytes);
    denied32_into_refusal(denied: Denied32, tick: Nanos) = Denied32::into_refusal(denied, tick);
    quota32_new(permits: u32, per: u32, burst: u32) = Quota32::new(permits, per, burst);
    quota32_max_wait(quota: Quota32, ticks: u32) = Quota32::max_wait(quota, ticks);
    quota32_permits(quota: &Quota32) = Quota32::permits(quota);
    quota32_per(quota: &Quota32) = Quota32::per(quota);
    quota32_burst(quota: &Quota32) = Quota32::burst(quota);
    quota32_cost(quota: &Quota32, n: u32) = Quota32::cost(quota, n);

    tiny32_new() = TinyBreaker32::new();
    tiny32_metrics(b: &TinyBreaker32) = TinyBreaker32::metrics(b);
    tiny32_reset(b: &TinyBreaker32) = TinyBreaker32::reset(b);
    tiny32_open(b: &TinyBreaker32, p: &TinyPolicy32, now: u32) = TinyBreaker32::open(b, p, now);
    tiny32_disable(b: &TinyBreaker32) = TinyBreaker32::disable(b);
    tiny32_force_open(b: &TinyBreaker32) = TinyBreaker32::force_open(b);
    tiny32_snapshot(b: &TinyBreaker32, p: &TinyPolicy32, now: u32) = TinyBreaker32::snapshot(b, p, now);
    tiny32_restore(b: &TinyBreaker32, p: &TinyPolicy32, s: &Tiny32Snapshot, now: u32)
        = TinyBreaker32::restore(b, p, s, now);
    tiny32_snapshot_state(s: &Tiny32Snapshot) = Tiny32Snapshot::state(s);
    tiny32_snapshot_aged(s: Tiny32Snapshot, off: u32) = Tiny32Snapshot::aged(s, off);
    tiny32_snapshot_to_bytes(s: &Tiny32Snapshot) = Tiny32Snapshot::to_bytes(s);
    tiny32_snapshot_from_bytes(bytes: &[u8]) = Tiny32Snapshot::from_bytes(bytes);
    tiny32_config_new(window: u32, open_for: u32) = TinyConfig32::new(window, open_for);
    tiny32_config_min_calls(c: TinyConfig32, n: u32) = TinyConfig32::min_calls(c, n);
    tiny32_config_failure_rate(c: TinyConfig32, n: u32) = TinyConfig32::failure_rate(c, n);
    tiny32_config_failure_count(c: TinyConfig32, n: u32) = TinyConfig32::failure_count(c, n);
    tiny32_config_consecutive_failures(c: TinyConfig32, n: u32) = TinyConfig32::consecutive_failures(c, n);
    tiny32_config_trial_calls(c: TinyConfig32, n: u32) = TinyConfig32::trial_calls(c, n);
    tiny32_config_lease(c: TinyConfig32, ticks: u32) = TinyConfig32::lease(c, ticks);
    tiny32_config_build(c: TinyConfig32) = TinyConfig32::build(c);
}
