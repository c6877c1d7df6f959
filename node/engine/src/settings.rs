//! A breaker's settings, as a row of numbers.

use crate::io::{Fault, Io, Told};
use crate::time;
use overcurrent::breaker::{HalfOpenEnd, OpenFor, TrialTimeout};
use overcurrent::{BreakerConfig, ConfigError, Nanos, Policy, Window};

/// How many numbers a row has.
pub const NUMBERS: usize = 18;

/// What a breaker's ring of outcomes must hold, and how many slices of time.
#[derive(Clone, Copy)]
pub struct Room {
    /// Outcomes of the ring.
    pub outcomes: u32,
    /// Slices of time; 0 for a window over calls.
    pub slices: u32,
}

/// A whole number up to `max`, or the error that says so.
#[inline(never)]
fn whole(io: &mut Io<'_>, field: &'static str, value: f64, max: u32) -> Result<u32, Told> {
    if value >= 0.0 && value <= f64::from(max) {
        Ok(value as u32)
    } else {
        Err(Told(ConfigError::new(field, value as u64, 0, u64::from(max)).tell(io)))
    }
}

fn given(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}

/// A share of calls, in parts per 100,000.
fn parts(value: f64) -> u32 {
    (value * 1e5 + 0.5) as u32
}

fn thousandths(value: f64) -> u32 {
    (value * 1e3 + 0.5) as u32
}

/// The policy that a row of numbers says, beginning at `from`; NaN where nothing was said.
///
/// | | |
/// |---|---|
/// | 0, 1, 2 | calls of the window, or its length in ms and its buckets |
/// | 3, 4, 5, 6 | `min_calls`, `failure_rate`, `slow_call` in ms, `slow_rate` |
/// | 7, 8 | `failure_count`, `consecutive_failures` |
/// | 9, 10, 11, 12 | `open_for`: first and cap in ms around the multiplier; jitter |
/// | 13, 14, 15, 16 | `trial_calls`, `trial_min`, `trial_timeout` in ms, its kind: a lease, a stay to open, a stay to closed |
/// | 17 | `auto_half_open` |
///
/// # Errors
/// The first setting out of its range.
pub fn policy(io: &mut Io<'_>, from: usize) -> Result<(Policy, Room), Told> {
    let numbers: [f64; NUMBERS] = core::array::from_fn(|place| io.get(from + place));
    let at = |place: usize| numbers.get(place).copied().unwrap_or(f64::NAN);
    let length = |place: usize| time::nanos(at(place));
    let (window, calls, slices) = match given(at(0)) {
        Some(calls) => {
            let calls = whole(io, "window (calls)", calls, u32::MAX)?;
            (Window::calls(calls), calls, 0)
        }
        None => {
            let slices = whole(io, "window (buckets)", at(2), u32::MAX)?;
            (Window::time(length(1), slices), 0, slices)
        }
    };
    let mut config = BreakerConfig::new(window)
        .failure_count(whole(io, "failure_count", at(7), u32::MAX)?)
        .consecutive_failures(whole(io, "consecutive_failures", at(8), u32::MAX)?)
        .auto_half_open(at(17) != 0.0);
    config = match given(at(4)) {
        Some(rate) => config.failure_rate(parts(rate)),
        None => config.no_failure_rate(),
    };
    if let Some(calls) = given(at(3)) {
        config = config.min_calls(whole(io, "min_calls", calls, u32::MAX)?);
    }
    if given(at(5)).is_some() {
        config = config.slow_call(length(5), given(at(6)).map_or(100_000, parts));
    }
    let open_for = OpenFor::exponential(length(9), thousandths(at(10)), length(11));
    let jitter = u16::try_from(thousandths(at(12))).unwrap_or(u16::MAX);
    let trial_calls = whole(io, "trial_calls", at(13), u32::from(u16::MAX))? as u16;
    config = config.open_for(open_for.jitter(jitter)).trial_calls(trial_calls);
    if let Some(calls) = given(at(14)) {
        config = config.trial_min(whole(io, "trial_min", calls, u32::from(u16::MAX))? as u16);
    }
    let limit = length(15);
    config = config.trial_timeout(match at(16) {
        _ if limit == Nanos::MAX => TrialTimeout::Never,
        1.0 => TrialTimeout::Stay { stay: limit, then: HalfOpenEnd::Open },
        2.0 => TrialTimeout::Stay { stay: limit, then: HalfOpenEnd::Closed },
        _ => TrialTimeout::Lease(limit),
    });
    let policy = io.made(config.build())?;
    Ok((policy, Room { outcomes: calls.max(u32::from(trial_calls)), slices }))
}
