//! Kind `rl`: the cycle limiter, set to change its limit as the reference does.

use crate::trace::{Op, Settings, Verdict, unusable};
use overcurrent::Nanos;
use overcurrent::limit::{CycleConfig, CycleLimiter, LimitChange};
use serde_json::Value;
use std::num::NonZeroU32;

/// Replays a trace on a limiter.
pub(crate) fn replay(trace: &Value) -> Verdict {
    let cfg = Settings(&trace["cfg"]);
    let config = CycleConfig::new(cfg.number("limit")?, Nanos::new(cfg.number("period")?))
        .timeout(Nanos::new(cfg.number("timeout")?))
        .limit_change(LimitChange::NextCycle);
    let limiter = match config.build() {
        Ok(policy) => CycleLimiter::new(policy),
        Err(e) => return unusable(format!("refused settings: {e}")),
    };
    for op in Op::all(trace, 9)? {
        let now = Nanos::new(op.number(0)?);
        let mut blocked = Nanos::ZERO;
        let (answer, event) = match op.text(1)? {
            "res" => {
                let n = permits(&op)?;
                match limiter.reserve(n, now) {
                    Ok(promise) => (i128::from(promise.wait().get()), format!("S{n}")),
                    Err(_) => (-1, format!("F{n}")),
                }
            }
            "acq" => {
                let n = permits(&op)?;
                let promise = limiter.reserve(n, now).map(|promise| promise.wait());
                // Ours refuses at once; the reference holds a refused caller for the whole timeout.
                blocked = promise.as_ref().map_or_else(|_| limiter.timeout(), |wait| *wait);
                if promise.is_ok() { (1, format!("S{n}")) } else { (0, format!("F{n}")) }
            }
            "drain" => {
                limiter.drain(now);
                (1, "D0".to_owned())
            }
            "lim" => {
                let Some(limit) = NonZeroU32::new(op.number(2)?) else {
                    return op.unusable("a limit of 0");
                };
                (if limiter.set_limit(limit, now).is_ok() { 1 } else { -1 }, String::new())
            }
            "tmo" => {
                limiter.set_timeout(Nanos::new(op.number(2)?));
                (1, String::new())
            }
            "nop" => (1, String::new()),
            _ => return op.unusable("unknown op"),
        };
        op.expect(3, "r", answer)?;
        op.expect(4, "blocked", blocked.get())?;
        op.expect(5, "balance", limiter.balance(now))?;
        op.expect(6, "cycle", limiter.cycle(now))?;
        let wait = limiter.wait(1, now).map_or(-1, |wait| i128::from(wait.get()));
        op.expect(7, "wait1", wait)?;
        op.expect_text("event", op.text(8)?, &event)?;
    }
    Ok(())
}

/// Numbers of permits below 0 cannot be written in our API.
fn permits(op: &Op<'_>) -> Verdict<u32> {
    op.number(2).or_else(|_| op.unusable("a number of permits that we have no way to ask for"))
}
