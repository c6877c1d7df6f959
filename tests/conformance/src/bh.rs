//! Kind `bh`: the bulkhead.

use crate::trace::{Op, Settings, Verdict, unusable};
use overcurrent::Bulkhead;
use serde_json::Value;

/// Replays a trace on a bulkhead.
pub(crate) fn replay(trace: &Value) -> Verdict {
    let max = Settings(&trace["cfg"]).number("max")?;
    let Ok(bulkhead) = Bulkhead::new(max) else {
        return unusable(format!("refused settings: max {max}"));
    };
    for op in Op::all(trace, 6)? {
        let (answer, event) = match op.text(0)? {
            "acq" if bulkhead.try_enter() => (1, "P"),
            "acq" => (0, "R"),
            // Giving back what nobody took is an error of ours and changes nothing; it has no place in a trace.
            "rel" => (if bulkhead.release().is_ok() { 1 } else { -1 }, ""),
            "done" => (if bulkhead.release().is_ok() { 1 } else { -1 }, "F"),
            "max" => (if bulkhead.resize(op.number(1)?).is_ok() { 1 } else { -1 }, ""),
            _ => return op.unusable("unknown op"),
        };
        op.expect(2, "r", answer)?;
        op.expect(3, "available", bulkhead.available())?;
        op.expect(4, "max", bulkhead.max())?;
        op.expect_text("event", op.text(5)?, event)?;
    }
    Ok(())
}
