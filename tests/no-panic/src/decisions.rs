//! What runs before and after a call. No panic, no allocator, no float, and no division.
use super::entry;
use overcurrent::breaker::{Permit, RawPermit};
use overcurrent::{At, Nanos, Reason, Refusal, State, Ticks};

entry! { "decision":
    nanos_new(n: u64) = Nanos::new(n);
    nanos_from_micros(n: u64) = Nanos::from_micros(n);
    nanos_from_millis(n: u64) = Nanos::from_millis(n);
    nanos_from_secs(n: u64) = Nanos::from_secs(n);
    nanos_from_duration(d: core::time::Duration) = Nanos::from_duration(d);
    nanos_get(n: Nanos) = Nanos::get(n);
    nanos_saturating_add(a: Nanos, b: Nanos) = Nanos::saturating_add(a, b);
    nanos_saturating_sub(a: Nanos, b: Nanos) = Nanos::saturating_sub(a, b);
    at_with_random(at: At, random: u32) = At::with_random(at, random);
    ticks_new(tick: Nanos) = Ticks::new(tick);
    ticks_now(ticks: &mut Ticks, counter: u32) = Ticks::now(ticks, counter);

    permit_entered(permit: &Permit) = Permit::entered(permit);
    permit_generation(permit: &Permit) = Permit::generation(permit);
    permit_is_trial(permit: &Permit) = Permit::is_trial(permit);
    permit_into_raw(permit: Permit) = Permit::into_raw(permit);
    permit_from_raw(raw: RawPermit) = Permit::from_raw(raw);

    refusal_new(reason: Reason, wait: Option<Nanos>) = Refusal::new(reason, wait);
    reason_name(reason: Reason) = Reason::name(reason);
    state_name(state: State) = State::name(state);
}
