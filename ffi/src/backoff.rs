//! How long to wait before trying again.

use crate::status::{OC_NEVER, oc_error_t, oc_status_t, refused};
use core::mem::MaybeUninit;
use oc_status_t::{OC_ERR_ARGUMENT, OC_ERR_NULL, OC_OK};
use overcurrent::retry::{Backoff, BackoffConfig, Delays, Jitter, RawDelays};
use overcurrent::{ConfigError, Nanos};

/// `oc_backoff_t::jitter`: anything from 0 to the wait, the fewest calls altogether.
pub const OC_JITTER_FULL: u32 = 0;
/// At least half of the wait.
pub const OC_JITTER_EQUAL: u32 = 1;
/// From the first wait to three times the wait before, at most the cap: grows from the waits drawn.
pub const OC_JITTER_DECORRELATED: u32 = 2;
/// The wait itself, the same for everybody.
pub const OC_JITTER_NONE: u32 = 3;

/// The waits between attempts at the same call: constant, may be in flash, serves any number of calls. Made by `OC_BACKOFF`
/// at compile time, or checked by `oc_backoff_init`. All zero has no waits: every function answers `OC_NEVER`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_backoff_t {
    /// The first wait in nanoseconds, at least 1; whole milliseconds where it grows.
    pub first_ns: u64,
    /// The longest wait in nanoseconds, at least the first; `OC_NEVER` for no limit. Only a server's wait goes beyond it.
    pub cap_ns: u64,
    /// Growth with each failure, in 1/1000: 1,000 (none) to 1,000,000. In whole milliseconds, cut at every step.
    pub multiplier_milli: u32,
    /// How waits are spread: an `OC_JITTER_` constant.
    pub jitter: u32,
}

/// The waits of one call, which remember the one before. All zero is before the first.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_delays_t {
    /// The wait before, in nanoseconds.
    pub before_ns: u64,
    /// How many waits there were: failures so far.
    pub attempt: u32,
    /// 0.
    pub reserved: u32,
}

/// The settings, checked: they are a few words and checked in a few instructions, so they are wherever they are used.
fn build(c: &oc_backoff_t) -> Result<Backoff, Option<ConfigError>> {
    let jitter = match c.jitter {
        OC_JITTER_FULL => Jitter::Full,
        OC_JITTER_EQUAL => Jitter::Equal,
        OC_JITTER_DECORRELATED => Jitter::Decorrelated,
        OC_JITTER_NONE => Jitter::None,
        _ => return Err(None),
    };
    let config = BackoffConfig::exponential(Nanos::new(c.first_ns), c.multiplier_milli);
    config.cap(Nanos::new(c.cap_ns)).jitter(jitter).build().map_err(Some)
}

/// Fills `backoff` with waits that begin at `first_ns`, grow by `multiplier_milli` (in 1/1000) with each failure up to
/// `cap_ns` (`OC_NEVER`: no limit), and are spread as `jitter`, an `OC_JITTER_` constant, says.
///
/// Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) for `first_ns` 0, or not in whole milliseconds where it grows,
/// `multiplier_milli` outside 1,000 to 1,000,000, `cap_ns` below `first_ns`; `OC_ERR_ARGUMENT` for an unknown jitter. Writes
/// to `backoff` without synchronisation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_backoff_init(
    backoff: Option<&mut MaybeUninit<oc_backoff_t>>,
    first_ns: u64,
    multiplier_milli: u32,
    cap_ns: u64,
    jitter: u32,
    error: Option<&mut MaybeUninit<oc_error_t>>,
) -> oc_status_t {
    let Some(out) = backoff else { return OC_ERR_NULL };
    let made = oc_backoff_t { first_ns, cap_ns, multiplier_milli, jitter };
    match build(&made) {
        Ok(_) => {
            out.write(made);
            OC_OK
        }
        Err(Some(why)) => refused(error, why),
        Err(None) => OC_ERR_ARGUMENT,
    }
}

/// Nanoseconds to wait after the `attempt`-th failure of a call (from 1), spread by 32 random bits (`random`; 0 counts as
/// none, and then the wait is not spread). At least `retry_after_ns`, whatever the cap: what a refusal or a server said, 0 if
/// nobody said anything.
///
/// `OC_NEVER` for a back-off that is NULL or not within its ranges, or if `retry_after_ns` is: do not try again. With
/// `OC_JITTER_DECORRELATED` the wait before is taken to be the longest that it can have been: see `oc_delays_next`. Reads
/// nothing but its arguments. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_backoff_delay(
    backoff: Option<&oc_backoff_t>,
    attempt: u32,
    random: u32,
    retry_after_ns: u64,
) -> u64 {
    match backoff.map(build) {
        // Nobody waits less than nothing, so 0 needs no case of its own.
        Some(Ok(backoff)) => backoff.delay(attempt, random, Some(Nanos::new(retry_after_ns))).get(),
        _ => OC_NEVER,
    }
}

/// The wait after one more failure of the call whose waits are `delays`; arguments and answer as for `oc_backoff_delay`.
/// Writes to `delays` without synchronisation: they belong to one call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_delays_next(
    delays: Option<&mut oc_delays_t>,
    backoff: Option<&oc_backoff_t>,
    random: u32,
    retry_after_ns: u64,
) -> u64 {
    let (Some(delays), Some(Ok(backoff))) = (delays, backoff.map(build)) else { return OC_NEVER };
    let mut waits = Delays::from_raw(backoff, RawDelays { before: delays.before_ns, attempt: delays.attempt });
    let wait = waits.next_delay(random, Some(Nanos::new(retry_after_ns)));
    let raw = waits.into_raw();
    (delays.before_ns, delays.attempt) = (raw.before, raw.attempt);
    wait.get()
}

/// 32 bits that look random, never 0, made from the time and a seed that differs on every machine: enough to spread waits, no
/// secret. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub extern "C" fn oc_random(now: u64, seed: u32) -> u32 {
    random(now, seed)
}

/// The finaliser of MurmurHash3 over time and seed.
pub(crate) const fn random(now: u64, seed: u32) -> u32 {
    let mut x = now ^ (seed as u64) << 32 ^ seed as u64;
    x = (x ^ x >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ x >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    ((x ^ x >> 33) >> 32) as u32 | 1
}
