//! Kind `window`: sliding windows alone.

use crate::cb::{ring, slices};
use crate::trace::{Op, Settings, Verdict, unusable};
use overcurrent::breaker::{CountHistory, Metrics, TimeHistory};
use overcurrent::{Breaker, BreakerConfig, CountBreaker, Nanos, Outcome, Policy, TimeBreaker, Window};
use serde_json::Value;
use std::collections::VecDeque;

/// Replays a trace on the window of a breaker that watches and never opens.
pub(crate) fn replay(trace: &Value) -> Verdict<Vec<String>> {
    let cfg = Settings(&trace["cfg"]);
    let (size, phase): (u32, u64) = (cfg.number("size")?, cfg.number("phase")?);
    let ops = Op::all(trace, 9)?;
    let phase = Nanos::new(phase);
    macro_rules! through {
        ($breaker:expr) => {{
            let breaker = match $breaker {
                Ok(breaker) => Box::new(breaker),
                Err(e) => return unusable(e.to_string()),
            };
            breaker.metrics_only(phase);
            each(&ops, |at, rec| {
                let at = phase + at;
                if let Some((outcome, length)) = rec {
                    breaker.untracked().record(outcome, length, at);
                }
                breaker.metrics(at)
            })?;
            return Ok(Vec::new());
        }};
    }
    match cfg.text("impl")? {
        "CS" | "CL" => {
            let policy = policy(Window::calls(size))?;
            if size <= 256 {
                through!(CountBreaker::<16>::new(policy))
            }
            through!(Breaker::over(policy, CountHistory::over(ring(size)), ()))
        }
        "TS" => {
            let policy = policy(Window::time(Nanos::from_secs(u64::from(size)), size))?;
            if size <= 64 {
                through!(TimeBreaker::<64>::new(policy))
            }
            through!(Breaker::over(policy, TimeHistory::over(slices(size), ring(TRIALS)), ()))
        }
        "TL" => {
            let mut slices = Slices::new(size);
            each(&ops, |at, rec| slices.step(at.get(), rec))?;
            Ok(vec![
                "windows of slices from creation (TL) replayed on a model in this program: the engine has one time \
                     window, aligned to its clock"
                    .to_owned(),
            ])
        }
        other => unusable(format!("unknown window {other}")),
    }
}

/// A call is slow when it takes longer than this; the outcome says which, the recorded duration does not.
const SLOW: Nanos = Nanos::MILLISECOND;

/// The trials, which a watching breaker never gets to, need room all the same.
const TRIALS: u32 = 16;

fn policy(window: Window) -> Verdict<Policy> {
    let config = BreakerConfig::new(window).min_calls(1).slow_call(SLOW, 100_000);
    config.build().or_else(|e| unusable(format!("refused settings: {e}")))
}

/// Plays every operation and compares the totals. The sum of the durations is not compared: we keep none.
fn each(ops: &[Op<'_>], mut step: impl FnMut(Nanos, Option<(Outcome, Nanos)>) -> Metrics) -> Verdict {
    for op in ops {
        let at = Nanos::new(op.number(0)?);
        let rec = match (op.text(1)?, op.number(2)?) {
            ("snap", _) => None,
            ("rec", 0) => Some((Outcome::Success, Nanos::ZERO)),
            ("rec", 1) => Some((Outcome::Failure, Nanos::ZERO)),
            ("rec", 2) => Some((Outcome::Success, SLOW + SLOW)),
            ("rec", 3) => Some((Outcome::Failure, SLOW + SLOW)),
            _ => return op.unusable("unknown op"),
        };
        let seen = step(at, rec);
        op.expect(4, "total", seen.calls)?;
        op.expect(5, "failed", seen.failed)?;
        op.expect(6, "slow", seen.slow)?;
        op.expect(7, "slow_failed", seen.slow_failed)?;
    }
    Ok(())
}

/// The reference's lock-free time window, as FORMAT.md gives its rule.
struct Slices {
    newest_start: u64,
    slices: VecDeque<Metrics>,
}

impl Slices {
    fn new(size: u32) -> Self {
        Self { newest_start: 0, slices: (0..size).map(|_| Metrics::default()).collect() }
    }

    fn step(&mut self, now: u64, rec: Option<(Outcome, Nanos)>) -> Metrics {
        const SECOND: u64 = 1_000_000_000;
        while now - self.newest_start >= SECOND {
            let gone = now - self.newest_start;
            let whole = (gone / SECOND).min(self.slices.len() as u64);
            let rest = Some(gone - whole * SECOND).filter(|rest| *rest < SECOND).unwrap_or(0);
            self.slices.pop_front();
            self.slices.push_back(Metrics::default());
            self.newest_start = now - (whole - 1) * SECOND - rest;
        }
        if let (Some((outcome, length)), Some(newest)) = (rec, self.slices.back_mut()) {
            let (failed, slow) = (u32::from(outcome == Outcome::Failure), u32::from(length > SLOW));
            newest.calls += 1;
            newest.failed += failed;
            newest.slow += slow;
            newest.slow_failed += failed * slow;
        }
        self.slices.iter().fold(Metrics::default(), |sum, slice| Metrics {
            calls: sum.calls + slice.calls,
            failed: sum.failed + slice.failed,
            slow: sum.slow + slice.slow,
            slow_failed: sum.slow_failed + slice.slow_failed,
            ..sum
        })
    }
}
