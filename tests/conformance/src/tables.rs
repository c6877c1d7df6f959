//! Kinds `interval` and `validate`: tables of numbers and of settings that are taken or refused.

use crate::trace::{Settings, Verdict, unusable};
use overcurrent::limit::CycleConfig;
use overcurrent::retry::exponential_ms;
use overcurrent::{BreakerConfig, Bulkhead, HalfOpenEnd, Nanos, OpenFor, TrialTimeout, Window};
use serde_json::Value;

/// The growing interval, attempt by attempt.
pub(crate) fn interval(line: &Value) -> Verdict {
    let line = Settings(line);
    let initial = line.number("initial_ms")?;
    let multiplier = line.number("mul_milli")?;
    let cap = match line.number("cap_ms")? {
        0 => u64::MAX,
        cap => cap,
    };
    for pair in line.list("attempt_ms")? {
        let (Some(attempt), Some(expected)) = (pair[0].as_u64(), pair[1].as_u64()) else {
            return unusable(format!("{pair} is not an attempt and an interval"));
        };
        let Ok(attempt) = u32::try_from(attempt) else {
            return unusable(format!("attempt {attempt} is out of range"));
        };
        let got = exponential_ms(initial, multiplier, cap, attempt);
        if got != expected {
            return unusable(format!("attempt {attempt}: expected {expected} ms, got {got} ms"));
        }
    }
    Ok(())
}

/// What became of a row of the table of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// Our builder and the reference's agree.
    Same,
    /// We are stricter or wider, by intent: tests/vectors/README.md says why.
    Differs(&'static str),
    /// The value cannot be written in our types, or we have no such setting.
    NotOurs(&'static str),
}

/// One setting with one value: taken or refused by our builder as by the reference's.
pub(crate) fn validate(line: &Value) -> Verdict<Row> {
    let line = Settings(line);
    let (what, value) = (line.text("what")?, line.text("value")?);
    let theirs = line.text("result")? == "ok";
    let ours = match ours(what, value)? {
        Ours::Takes(taken) => taken,
        Ours::Has(why) => return Ok(Row::NotOurs(why)),
    };
    let known = DIFFERENT.iter().find(|(name, values, _)| *name == what && values.contains(&value));
    match known {
        None if ours == theirs => return Ok(Row::Same),
        Some((_, _, why)) if ours != theirs => return Ok(Row::Differs(why)),
        _ => {}
    }
    let word = |taken| if taken { "taken" } else { "refused" };
    unusable(format!("{what} = {value}: expected {}, got {}", word(theirs), word(ours)))
}

/// Every row in which we differ by intent; one that is not in this list is a failure.
const DIFFERENT: &[(&str, &[&str], &str)] = &[
    ("cb.failureRateThreshold", &["1.0E-6"], "rates are whole 1/1000 of a percent"),
    ("cb.slowCallRateThreshold", &["1.0E-6"], "rates are whole 1/1000 of a percent"),
    ("cb.waitDurationInOpenState(ns)", &["999999"], "open waits are exact to the ns"),
    ("cb.slidingWindowSize", &["1000000"], "the largest count window is 32,767 calls"),
    ("cb.permittedNumberOfCallsInHalfOpenState", &["1000000"], "the most trial calls are 32,767"),
    ("interval.exp multiplier", &["0.5"], "a wait that shrinks is refused"),
    ("cb.minimumNumberOfCalls", &["1000000"], "a minimum above the count window is refused"),
];

/// A decimal in whole thousandths.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be within the type")]
fn milli(value: &str) -> Option<u32> {
    let milli = (value.parse::<f64>().ok()? * 1_000.0).round();
    (0.0..=f64::from(u32::MAX)).contains(&milli).then_some(milli as u32)
}

enum Ours {
    /// Whether our builder takes it.
    Takes(bool),
    /// Our types have no place for it, and why.
    Has(&'static str),
}

fn ours(what: &str, value: &str) -> Verdict<Ours> {
    const NEGATIVE: &str = "a negative number has no place in our types";
    const DURATION: &str = "longer than 2^63 ns; our times are u64 and saturate at 584 years";
    let builder = BreakerConfig::new(Window::calls(10)).min_calls(10);
    let taken = |config: BreakerConfig| Ok(Ours::Takes(config.build().is_ok()));
    if let "cb.failureRateThreshold"
    | "cb.slowCallRateThreshold"
    | "interval.exp multiplier"
    | "interval.randomized factor" = what
    {
        // What a host does with a fraction: to whole parts of 1,000, refusing what is none.
        let Some(milli) = milli(value) else {
            return Ok(Ours::Has("fractions are unsigned integers: no sign, NaN or infinity can be written"));
        };
        let wait = OpenFor::exponential(Nanos::SECOND, milli, Nanos::HOUR);
        return taken(match what {
            "cb.failureRateThreshold" => builder.failure_rate(milli),
            "cb.slowCallRateThreshold" => builder.slow_call(Nanos::SECOND, milli),
            "interval.exp multiplier" => builder.open_for(wait),
            _ => builder.open_for(OpenFor::fixed(Nanos::SECOND).jitter(u16::try_from(milli).unwrap_or(u16::MAX))),
        });
    }
    match what {
        "cb.transitionToStateAfterWaitDuration" => return Ok(Ours::Has("`HalfOpenEnd` has no other state")),
        "cb.waitDuration+waitIntervalFunction" => return Ok(Ours::Has("one setting, `open_for`, holds either")),
        "cb.slidingWindow(time,lock-free) size" | "cb.slidingWindowSize(time,lock-free via setters)" => {
            return Ok(Ours::Has("one time window, lock-free, of 1 bucket or more"));
        }
        _ => {}
    }
    let Ok(number) = value.parse::<i64>() else {
        return unusable(format!("{what} = {value}: not a number"));
    };
    let Ok(number) = u64::try_from(number) else {
        return Ok(Ours::Has(NEGATIVE));
    };
    let (int, ms) = (u32::try_from(number).unwrap_or(u32::MAX), Nanos::from_millis(number));
    let trials = u16::try_from(number).unwrap_or(u16::MAX - 1);
    let end = |limit| builder.trial_timeout(TrialTimeout::Stay { stay: limit, then: HalfOpenEnd::Open });
    match what {
        "cb.slidingWindowSize" => taken(BreakerConfig::new(Window::calls(int))),
        "cb.minimumNumberOfCalls" => taken(builder.min_calls(int)),
        "cb.permittedNumberOfCallsInHalfOpenState" => taken(builder.trial_calls(trials)),
        "cb.waitDurationInOpenState(ms)" | "interval.fixed(ms)" => taken(builder.open_for(OpenFor::fixed(ms))),
        "cb.waitDurationInOpenState(ns)" => taken(builder.open_for(OpenFor::fixed(Nanos::new(number)))),
        "cb.slowCallDurationThreshold(ns)" => taken(builder.slow_call(Nanos::new(number), 50_000)),
        // 0 is the reference's word for off; ours is a name.
        "cb.maxWaitDurationInHalfOpenState(ms)" if number == 0 => taken(builder.trial_timeout(TrialTimeout::Never)),
        "cb.maxWaitDurationInHalfOpenState(ms)" => taken(end(ms)),
        "rl.limitForPeriod" => Ok(Ours::Takes(CycleConfig::new(int, Nanos::SECOND).build().is_ok())),
        "rl.limitRefreshPeriod(ns)" => Ok(Ours::Takes(CycleConfig::new(1, Nanos::new(number)).build().is_ok())),
        "rl.timeoutDuration(ns)" => {
            let config = CycleConfig::new(1, Nanos::SECOND).timeout(Nanos::new(number));
            Ok(Ours::Takes(config.build().is_ok()))
        }
        "rl.limitRefreshPeriod(days)" | "rl.timeoutDuration(days)" => Ok(Ours::Has(DURATION)),
        "bh.maxConcurrentCalls" => Ok(Ours::Takes(Bulkhead::new(int).is_ok())),
        "bh.maxWaitDuration(ms)" => Ok(Ours::Has("our bulkhead never waits")),
        _ => unusable(format!("unknown setting {what}")),
    }
}
