//! Lengths, instants and tick counters.
use overcurrent::{At, Nanos, Ticks};

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
}

entry! { "other":
    nanos_as_duration(n: Nanos) = Nanos::as_duration(n);
    nanos_as_secs_ceil(n: Nanos) = Nanos::as_secs_ceil(n);
    nanos_as_millis_ceil(n: Nanos) = Nanos::as_millis_ceil(n);
}
