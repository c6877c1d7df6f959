//! Milliseconds of JavaScript, nanoseconds of the engine.

use overcurrent::Nanos;

const PER_MS: f64 = 1e6;

/// So many milliseconds, to the nearest nanosecond: what is no number or negative is zero, infinity the end of time.
#[inline]
#[must_use]
pub fn nanos(ms: f64) -> Nanos {
    // The cast saturates. Rounding by hand: `core` has no `round`.
    Nanos::new((ms * PER_MS + 0.5) as u64)
}

/// The same length in milliseconds; the end of time is infinity.
#[inline(never)]
#[must_use]
pub fn ms(length: Nanos) -> f64 {
    if length == Nanos::MAX { f64::INFINITY } else { length.get() as f64 / PER_MS }
}

/// A wait in milliseconds, infinity where no wait helps.
#[inline(never)]
#[must_use]
pub fn wait(wait: Option<Nanos>) -> f64 {
    wait.map_or(f64::INFINITY, ms)
}

/// Random bits for those who spread their waits, made from the time of the call: fit for that, unfit for secrets.
#[must_use]
pub fn random_bits(now: Nanos, seed: u64) -> u32 {
    let mut z = (now.get() ^ seed).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z >> 32) as u32 | 1 // zero means none
}
