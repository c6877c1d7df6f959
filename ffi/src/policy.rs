//! Settings of a breaker.

use crate::status::{OC_NEVER, oc_error_t, oc_status_t, refused};
use crate::twin::{config, into_c, twin};
use core::mem::MaybeUninit;
use oc_status_t::{OC_ERR_ARGUMENT, OC_ERR_NULL, OC_OK};
use overcurrent::{BreakerConfig, HalfOpenEnd, Nanos, OpenFor, Policy, TinyPolicy, TrialTimeout, Window};

/// What a breaker remembers: the last `window_calls` calls.
pub const OC_WINDOW_CALLS: u32 = 0;
/// What a breaker remembers: the calls of the last `window_buckets` slices of `window_slice_ns`.
pub const OC_WINDOW_TIME: u32 = 1;

/// `oc_breaker_config_t::trial_timeout`: the lease of 60 s that is the default.
pub const OC_TRIAL_DEFAULT: u32 = 0;
/// From the moment the last trial permit is taken: after `trial_timeout_ns` trials without a result count as failed.
pub const OC_TRIAL_LEASE: u32 = 1;
/// From the entry into half-open: after `trial_timeout_ns` it opens again.
pub const OC_TRIAL_STAY_THEN_OPEN: u32 = 2;
/// From the entry into half-open: after `trial_timeout_ns` it closes.
pub const OC_TRIAL_STAY_THEN_CLOSED: u32 = 3;
/// A lost trial keeps its permit for ever. Only where none can be lost.
pub const OC_TRIAL_NEVER: u32 = 4;

/// As a rate: this rule is off.
pub const OC_RATE_OFF: u32 = u32::MAX;

/// Settings of a breaker, for `oc_policy_init`. 0 means the default where one is named, so start from all zero.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_breaker_config_t {
    /// `OC_WINDOW_CALLS` or `OC_WINDOW_TIME`.
    pub window: u32,
    /// Calls remembered, 1 to 32,767 (tiny: 24).
    pub window_calls: u32,
    /// Slices of time, 1 to 4,095.
    pub window_buckets: u32,
    /// The least number of calls before a rate is judged; 0: 20, or the window if that is smaller.
    pub min_calls: u32,
    /// The length of a slice in nanoseconds, 1 ms to 24 h.
    pub window_slice_ns: u64,
    /// Trips at this share of failed calls, in parts per 100,000; 0: 50,000; `OC_RATE_OFF`: off.
    pub failure_rate: u32,
    /// Trips at this share of slow calls, in parts per 100,000; 0: off.
    pub slow_rate: u32,
    /// Calls longer than this are slow, in nanoseconds; 0: none is.
    pub slow_call_ns: u64,
    /// Also trips at this many failed calls in the window; 0: off.
    pub failure_count: u32,
    /// Also trips at this many failed calls in a row; 0: off.
    pub consecutive_failures: u32,
    /// How many nanoseconds to stay open; 0: 30 s.
    pub open_for_ns: u64,
    /// Growth of that with each trip in a row, in 1/1000; 0: 1000, none.
    pub open_for_multiplier_milli: u32,
    /// Spread of that to both sides, in 1/1000 of it. Needs a `seed` in the `oc_breaker_t`.
    pub open_for_jitter_milli: u32,
    /// The longest wait that growth reaches, in nanoseconds; 0: no limit.
    pub open_for_cap_ns: u64,
    /// How many calls may try in half-open; 0: 5.
    pub trial_calls: u32,
    /// How many trial results decide; 0: all of them.
    pub trial_min: u32,
    /// What ends a half-open state whose trials do not report: an `OC_TRIAL_` constant.
    pub trial_timeout: u32,
    /// Not 0: open becomes half-open at its deadline by itself, seen at the next touch.
    pub auto_half_open: u32,
    /// The length of that timeout in nanoseconds.
    pub trial_timeout_ns: u64,
}

/// Checked settings of a breaker: constant, may be in flash, serves any number of breakers. Made by `OC_POLICY_CALLS` or
/// `OC_POLICY_TIME` at compile time or by `oc_policy_init`; its fields are private, and a copy of one is as good.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "private to the library; public so that macros can fill them at compile time")]
pub struct oc_policy_t {
    pub window: u32,
    pub reserved: u32,
    pub window_first: u64,
    pub window_second: u64,
    pub failure_rate: u32,
    pub slow_rate: u32,
    pub slow_call: u64,
    pub min_calls: u32,
    pub failure_count: u32,
    pub consecutive_failures: u32,
    pub reserved_2: u32,
    pub open_first: u64,
    pub open_multiplier: u32,
    pub reserved_3: u32,
    pub open_cap: u64,
    pub open_jitter: u16,
    pub reserved_4: u16,
    pub reserved_5: u32,
    pub trial_calls: u16,
    pub trial_min: u16,
    pub reserved_6: u32,
    pub trial_timeout: u32,
    pub reserved_7: u32,
    pub trial_limit: u64,
    pub trial_then: u32,
    pub reserved_8: u32,
    pub auto_half_open: u8,
    pub reserved_9: [u8; 7],
}
twin!(oc_policy_t => Policy);

/// Checked settings of a tiny breaker, made by `OC_TINY_POLICY` or `oc_tiny_policy_init`; its fields are private.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "private to the library; public so that macros can fill them at compile time")]
pub struct oc_tiny_policy_t {
    pub policy: oc_policy_t,
    pub window: u32,
    pub reserved: u32,
}
twin!(oc_tiny_policy_t => TinyPolicy);

fn build(c: &oc_breaker_config_t) -> Result<Policy, Option<overcurrent::ConfigError>> {
    let or = |value: u64, default: u64| Nanos::new(if value == 0 { default } else { value });
    let window = match c.window {
        OC_WINDOW_CALLS => Window::Calls(c.window_calls),
        OC_WINDOW_TIME => Window::Time { slice: Nanos::new(c.window_slice_ns), buckets: c.window_buckets },
        _ => return Err(None),
    };
    let first = or(c.open_for_ns, 30_000_000_000);
    let open_for = match c.open_for_multiplier_milli {
        0 | 1_000 if c.open_for_cap_ns == 0 => OpenFor::fixed(first),
        0 => OpenFor::exponential(first, 1_000, Nanos::new(c.open_for_cap_ns)),
        multiplier => OpenFor::exponential(first, multiplier, or(c.open_for_cap_ns, OC_NEVER)),
    };
    // What does not fit its field is out of range, so let the check see something that is.
    let short = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
    let stay = Nanos::new(c.trial_timeout_ns);
    let timeout = match c.trial_timeout {
        OC_TRIAL_DEFAULT => TrialTimeout::Lease(Nanos::MINUTE),
        OC_TRIAL_LEASE => TrialTimeout::Lease(stay),
        OC_TRIAL_STAY_THEN_OPEN => TrialTimeout::Stay { stay, then: HalfOpenEnd::Open },
        OC_TRIAL_STAY_THEN_CLOSED => TrialTimeout::Stay { stay, then: HalfOpenEnd::Closed },
        OC_TRIAL_NEVER => TrialTimeout::Never,
        _ => return Err(None),
    };
    let mut settings = BreakerConfig::new(window)
        .failure_count(c.failure_count)
        .consecutive_failures(c.consecutive_failures)
        .open_for(open_for.jitter(short(c.open_for_jitter_milli)))
        .trial_timeout(timeout)
        .auto_half_open(c.auto_half_open != 0);
    settings = match c.failure_rate {
        0 => settings,
        OC_RATE_OFF => settings.no_failure_rate(),
        rate => settings.failure_rate(rate),
    };
    if c.slow_rate != 0 {
        settings = settings.slow_call(or(c.slow_call_ns, OC_NEVER), c.slow_rate);
    }
    if c.min_calls != 0 {
        settings = settings.min_calls(c.min_calls);
    }
    if c.trial_calls != 0 {
        settings = settings.trial_calls(short(c.trial_calls));
    }
    if c.trial_min != 0 {
        settings = settings.trial_min(short(c.trial_min));
    }
    settings.build().map_err(Some)
}

/// Checks `config` and fills `policy`.
///
/// Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) with the first setting that is out of its range;
/// `OC_ERR_ARGUMENT` for an unknown window or trial timeout. Writes to `policy` without synchronisation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_policy_init(
    policy: Option<&mut MaybeUninit<oc_policy_t>>,
    config: Option<&oc_breaker_config_t>,
    error: Option<&mut MaybeUninit<oc_error_t>>,
) -> oc_status_t {
    let (Some(out), Some(settings)) = (policy, config) else { return OC_ERR_NULL };
    match build(settings) {
        Ok(built) => {
            out.write(into_c(built));
            OC_OK
        }
        Err(Some(why)) => refused(error, why),
        Err(None) => OC_ERR_ARGUMENT,
    }
}

/// Fills `tiny` with the settings in `policy`, if a tiny breaker can hold them; otherwise `OC_ERR_CONFIG`, and `error` (may
/// be NULL) says which it cannot. Writes to `tiny` without synchronisation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_tiny_policy_init(
    tiny: Option<&mut MaybeUninit<oc_tiny_policy_t>>,
    policy: Option<&oc_policy_t>,
    error: Option<&mut MaybeUninit<oc_error_t>>,
) -> oc_status_t {
    let (Some(out), Some(policy)) = (tiny, config(policy)) else { return OC_ERR_NULL };
    match TinyPolicy::new(*policy) {
        Ok(built) => {
            out.write(into_c(built));
            OC_OK
        }
        Err(why) => refused(error, why),
    }
}
