//! The rate limiter. A reservation says how long to wait and a partial take how many are there: both divide.
use overcurrent::limit::{Denied, GcraWord, Quota, Rate, RawReservation, Reservation};
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
