//! Kind `cb` once more: the breaker in one word, on the traces that it can express.

use crate::cb::{Begin, Events, Keeps, config, replay_on};
use crate::trace::{Op, Settings, Verdict};
use overcurrent::event::Rejections;
use overcurrent::{Nanos, OpenFor, State, TinyBreaker};
use serde_json::Value;

/// A tiny breaker rounds the end of the open wait up to this many ns. With every time of a trace made this much longer,
/// each end is a whole number of them, and the replay is exact.
const UNIT: u64 = 1 << 16;

/// The counts of an open tiny breaker make room for its deadline; half-open, it does not count slow failures apart.
struct Tiny;

impl Keeps for Tiny {
    fn counts(&self, state: State) -> bool {
        state != State::Open
    }
    fn slow_failed(&self, state: State) -> bool {
        !matches!(state, State::Open | State::HalfOpen)
    }
}

/// Replays a trace on a tiny breaker, or says why one word cannot hold it.
pub(crate) fn replay(trace: &Value) -> Verdict<Result<(), &'static str>> {
    let cfg = Settings(&trace["cfg"]);
    let ops = Op::all(trace, 12)?;
    if cfg.text("window")? != "count" {
        return Ok(Err("a window of time"));
    }
    if cfg.number::<u64>("half_open_max_wait")? != 0 {
        return Ok(Err("a longest stay in half-open, with times 65,536 times as long"));
    }
    let Some(open_for) = stretched(cfg.list("wait")?) else {
        return Ok(Err("a wait that is cut to whole ms as it grows, with times 65,536 times as long"));
    };
    let longest = ops.iter().map(|op| op.number::<u64>(0)).try_fold(0, |most, t| Ok(most.max(t?)))?;
    if longest > u64::MAX / UNIT / 4 {
        return Ok(Err("more than 19 hours, with times 65,536 times as long"));
    }
    let Ok(policy) = config(cfg)?.open_for(open_for).build() else {
        return Ok(Err("a wait that is out of range, with times 65,536 times as long"));
    };
    let Ok(breaker) = TinyBreaker::new(policy) else {
        return Ok(Err("more than 24 calls in the window, 31 trials or 15 trial results to decide"));
    };
    let begin = Begin { scale: UNIT, ..Begin::read(cfg)? };
    let (events, rejections) = (Events::new(), Rejections::new());
    let seen = (&events, &rejections);
    let breaker = breaker.starting(begin.state, begin.start()).with_observer(seen);
    replay_on(&breaker, &Tiny, seen, begin, &ops).map(Ok)
}

fn stretched(wait: &[Value]) -> Option<OpenFor> {
    let long = |ms: &Value| Some(Nanos::new(ms.as_u64()?.checked_mul(1_000_000)?.checked_mul(UNIT)?));
    match wait {
        [kind, wait] if kind == "fixed" => Some(OpenFor::fixed(long(wait)?)),
        [kind, first, multiplier, cap] if kind == "exp" => {
            let multiplier = u32::try_from(multiplier.as_u64()?).ok()?;
            (multiplier % 1_000 == 0).then_some(OpenFor::exponential(long(first)?, multiplier, long(cap)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::replay;
    use crate::trace::{Failure, lines};
    use serde_json::{Value, json};
    use std::path::Path;

    #[test]
    fn corrupted_traces_are_caught_on_the_tiny_breaker_too() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/circuit_breaker.jsonl.gz");
        let mut caught = 0;
        for (number, line) in lines(&file).unwrap().iter().enumerate().step_by(7) {
            let mut trace: Value = serde_json::from_str(line).unwrap();
            if !matches!(replay(&trace), Ok(Ok(()))) {
                continue;
            }
            let ops = trace["ops"].as_array_mut().unwrap();
            let index = number % ops.len();
            // What it answered, its state, its refusals, or its events.
            match number % 4 {
                0 => ops[index][4] = json!(2),
                1 => ops[index][5] = json!(ops[index][5].as_i64().unwrap() ^ 1),
                2 => ops[index][10] = json!(ops[index][10].as_i64().unwrap() + 1),
                _ => ops[index][11] = json!(format!("{} R", ops[index][11].as_str().unwrap())),
            }
            match replay(&trace) {
                Err(Failure::Differs { op, .. }) => assert_eq!(op, index, "{}", trace["id"]),
                other => panic!("{}: {other:?}", trace["id"]),
            }
            caught += 1;
        }
        assert!(caught >= 100, "{caught}");
    }
}
