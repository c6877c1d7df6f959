//! The rate limiter. A reservation says how long to wait and a partial take how many are there: both divide.
use overcurrent::limit::{
    Denied, GcraSnapshot, GcraWord, LiveDenied, LiveGcra, Quota, Rate, RawReservation, Reservation,
};
use overcurrent::{Gcra, Nanos};

entry! { "decision":
    gcra_try_acquire(g: &Gcra, n: u32, now: Nanos) = Gcra::try_acquire(g, n, now).is_ok();
    gcra_try_acquire_debt(g: &Gcra, n: u32, now: Nanos) = Gcra::try_acquire_debt(g, n, now).is_ok();
    gcra_cancel(g: &Gcra, r: Reservation) = Gcra::cancel(g, r);
    gcra_drain(g: &Gcra, now: Nanos) = Gcra::drain(g, now);
    gcra_penalize_until(g: &Gcra, until: Nanos, now: Nanos) = Gcra::penalize_until(g, until, now);
    gcra_reset(g: &Gcra) = Gcra::reset(g);
    gcra_quota(g: &Gcra) = Gcra::quota(g);
    gcra_word_try_acquire(g: &GcraWord, q: &Quota, n: u32, now: Nanos) = GcraWord::try_acquire(g, q, n, now).is_ok();
    gcra_word_try_acquire_debt(g: &GcraWord, q: &Quota, n: u32, now: Nanos) = GcraWord::try_acquire_debt(g, q, n, now).is_ok();
    gcra_word_cancel(g: &GcraWord, r: Reservation) = GcraWord::cancel(g, r);
    gcra_word_drain(g: &GcraWord, q: &Quota, now: Nanos) = GcraWord::drain(g, q, now);
    gcra_word_penalize_until(g: &GcraWord, q: &Quota, until: Nanos, now: Nanos) = GcraWord::penalize_until(g, q, until, now);
    gcra_word_reset(g: &GcraWord) = GcraWord::reset(g);
    gcra_word_judge(g: &GcraWord, q: &Quota, n: u32, now: Nanos) = GcraWord::judge(g, q, n, now).is_ok();
    gcra_word_new() = GcraWord::new();
    live_gcra_try_acquire(g: &LiveGcra, n: u32, now: Nanos) = LiveGcra::try_acquire(g, n, now).is_ok();
    live_gcra_try_acquire_debt(g: &LiveGcra, n: u32, now: Nanos) = LiveGcra::try_acquire_debt(g, n, now).is_ok();
    live_gcra_is_blank(g: &LiveGcra) = LiveGcra::is_blank(g);
    live_gcra_cancel(g: &LiveGcra, r: Reservation) = LiveGcra::cancel(g, r);
    live_gcra_drain(g: &LiveGcra, now: Nanos) = LiveGcra::drain(g, now);
    live_gcra_penalize_until(g: &LiveGcra, until: Nanos, now: Nanos) = LiveGcra::penalize_until(g, until, now);
    live_gcra_judge(g: &LiveGcra, n: u32, now: Nanos) = LiveGcra::judge(g, n, now).is_ok();
    live_denied_reason(denied: &LiveDenied) = LiveDenied::reason(denied);
    denied_reason(denied: &Denied) = Denied::reason(denied);
    reservation_ready_at(r: &Reservation) = Reservation::ready_at(r);
    reservation_wait(r: &Reservation) = Reservation::wait(r);
    reservation_into_raw(r: Reservation) = Reservation::into_raw(r);
    reservation_from_raw(raw: RawReservation) = Reservation::from_raw(raw);
}

entry! { "other":
    gcra_reserve(g: &Gcra, n: u32, wait: Nanos, now: Nanos) = Gcra::reserve(g, n, wait, now);
    gcra_reserve_debt(g: &Gcra, n: u32, wait: Nanos, now: Nanos) = Gcra::reserve_debt(g, n, wait, now);
    gcra_acquire_up_to(g: &Gcra, n: u32, now: Nanos) = Gcra::acquire_up_to(g, n, now);
    gcra_peek(g: &Gcra, n: u32, now: Nanos) = Gcra::peek(g, n, now);
    gcra_word_reserve(g: &GcraWord, q: &Quota, n: u32, wait: Nanos, now: Nanos) = GcraWord::reserve(g, q, n, wait, now);
    gcra_word_reserve_debt(g: &GcraWord, q: &Quota, n: u32, wait: Nanos, now: Nanos) = GcraWord::reserve_debt(g, q, n, wait, now);
    gcra_word_acquire_up_to(g: &GcraWord, q: &Quota, n: u32, now: Nanos) = GcraWord::acquire_up_to(g, q, n, now);
    gcra_word_peek(g: &GcraWord, q: &Quota, n: u32, now: Nanos) = GcraWord::peek(g, q, n, now);
    gcra_new(quota: Quota) = Gcra::new(quota);
    gcra_starting(quota: Quota, now: Nanos) = Gcra::starting(quota, now);
    gcra_word_starting(quota: &Quota, now: Nanos) = GcraWord::starting(quota, now);
    live_gcra_reserve(g: &LiveGcra, n: u32, wait: Nanos, now: Nanos) = LiveGcra::reserve(g, n, wait, now);
    live_gcra_reserve_debt(g: &LiveGcra, n: u32, wait: Nanos, now: Nanos) = LiveGcra::reserve_debt(g, n, wait, now);
    live_gcra_acquire_up_to(g: &LiveGcra, n: u32, now: Nanos) = LiveGcra::acquire_up_to(g, n, now);
    live_gcra_peek(g: &LiveGcra, n: u32, now: Nanos) = LiveGcra::peek(g, n, now);
    gcra_snapshot(g: &Gcra, now: Nanos) = Gcra::snapshot(g, now);
    gcra_restore(g: &Gcra, s: &GcraSnapshot, now: Nanos) = Gcra::restore(g, s, now);
    live_gcra_snapshot(g: &LiveGcra, now: Nanos) = LiveGcra::snapshot(g, now);
    live_gcra_restore(g: &LiveGcra, s: &GcraSnapshot, now: Nanos) = LiveGcra::restore(g, s, now);
    gcra_word_snapshot(g: &GcraWord, q: &Quota, now: Nanos) = GcraWord::snapshot(g, q, now);
    gcra_word_restore(g: &GcraWord, q: &Quota, s: &GcraSnapshot, now: Nanos) = GcraWord::restore(g, q, s, now);
    live_gcra_quota(g: &LiveGcra) = LiveGcra::quota(g);
    live_gcra_reset(g: &LiveGcra) = LiveGcra::reset(g);
    live_gcra_new(quota: Quota) = LiveGcra::new(quota);
    live_gcra_starting(quota: Quota, now: Nanos) = LiveGcra::starting(quota, now);
    live_gcra_reconfigure(g: &LiveGcra, quota: Quota, now: Nanos) = LiveGcra::reconfigure(g, quota, now);
    live_denied_retry_after(denied: &LiveDenied) = LiveDenied::retry_after(denied);
    gcra_snapshot_full_after(s: &GcraSnapshot) = GcraSnapshot::full_after(s);
    gcra_snapshot_aged(s: GcraSnapshot, off: Nanos) = GcraSnapshot::aged(s, off);
    gcra_snapshot_to_bytes(s: &GcraSnapshot) = GcraSnapshot::to_bytes(s);
    gcra_snapshot_from_bytes(bytes: &[u8]) = GcraSnapshot::from_bytes(bytes);
    denied_retry_after(denied: &Denied) = Denied::retry_after(denied);
    rate_new(permits: u64, per: Nanos) = Rate::new(permits, per);
    rate_burst(rate: Rate, burst: u64) = Rate::burst(rate, burst);
    rate_initial(rate: Rate, initial: u64) = Rate::initial(rate, initial);
    rate_build(rate: Rate) = Rate::build(rate);
    quota_permits(quota: &Quota) = Quota::permits(quota);
    quota_per(quota: &Quota) = Quota::per(quota);
    quota_burst(quota: &Quota) = Quota::burst(quota);
    quota_initial(quota: &Quota) = Quota::initial(quota);
    quota_unit(quota: &Quota) = Quota::unit(quota);
}
