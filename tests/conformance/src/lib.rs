//! Replays recorded behaviour of Resilience4j against the engine: `tests/vectors/FORMAT.md` describes the traces,
//! `tests/vectors/README.md` where they come from and where we differ on purpose.

mod bh;
mod cb;
mod report;
mod rl;
mod tables;
mod tiny;
mod trace;
mod window;

pub use report::{Count, Report};
pub use tables::Row;
pub use trace::{Failure, Files, Verdict, find, lines};

use serde_json::Value;

/// Replays one line of a file.
///
/// # Errors
/// The first difference, or why the line cannot be replayed.
pub fn replay(line: &Value) -> Verdict<Vec<String>> {
    let kind = line["kind"].as_str().unwrap_or_default();
    match kind {
        "cb" => {
            cb::replay(line)?;
            return Ok(vec![match tiny::replay(line) {
                Ok(Ok(())) => "traces replayed on the tiny breaker as well".to_owned(),
                Ok(Err(why)) => format!("traces that a tiny breaker cannot hold: {why}"),
                Err(failure) => return Err(failure.on("the tiny breaker")),
            }]);
        }
        "window" => return window::replay(line),
        "rl" => rl::replay(line)?,
        "bh" => bh::replay(line)?,
        "interval" => tables::interval(line)?,
        "validate" => {
            return Ok(match tables::validate(line)? {
                Row::Same => Vec::new(),
                Row::Differs(why) => vec![format!("settings taken or refused otherwise by intent: {why}")],
                Row::NotOurs(why) => vec![format!("settings of the reference that are none of ours: {why}")],
            });
        }
        other => return trace::unusable(format!("unknown kind {other:?}")),
    }
    Ok(Vec::new())
}

/// Replays lines into a report; `show` gets its family and a line for each that fails.
pub fn run(lines: &[String], report: &mut Report, show: &mut impl FnMut(&str, String)) {
    for (number, text) in lines.iter().enumerate() {
        let parsed: Result<Value, _> = serde_json::from_str(text);
        let line = parsed.unwrap_or(Value::Null);
        let kind = line["kind"].as_str().unwrap_or("unknown");
        let family = line["family"].as_str().unwrap_or(kind);
        let ops = line["ops"].as_array().map_or(0, Vec::len);
        let verdict = replay(&line);
        report.add(family, ops, verdict.is_ok());
        match verdict {
            Ok(notes) => notes.iter().for_each(|note| report.note(note)),
            Err(failure) => {
                let line_number = format!("line {}", number + 1);
                let id = line["id"].as_str().unwrap_or(&line_number);
                show(family, format!("{family} {id}: {failure}"));
            }
        }
    }
}
