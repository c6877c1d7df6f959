//! The runner can fail: every corrupted trace is caught, at the operation that was corrupted.

use conformance::{Failure, lines, replay};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn vectors(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors").join(file)
}

/// Knuth's MMIX generator: the same corruptions in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

/// Where a kind's lines hold what was observed: the compared numbers, and the events.
struct Shape {
    file: &'static str,
    numbers: std::ops::RangeInclusive<usize>,
    events: Option<usize>,
    /// An event that could stand anywhere.
    stray: &'static str,
}

const SHAPES: [Shape; 4] = [
    Shape { file: "circuit_breaker.jsonl.gz", numbers: 4..=10, events: Some(11), stray: "N" },
    Shape { file: "window.jsonl.gz", numbers: 4..=7, events: None, stray: "" },
    Shape { file: "rate_limiter.jsonl.gz", numbers: 3..=7, events: Some(8), stray: "S1" },
    Shape { file: "bulkhead.jsonl.gz", numbers: 2..=4, events: Some(5), stray: "P" },
];

/// Changes one number or one event; the operation that it belongs to.
fn corrupt(trace: &mut Value, shape: &Shape, random: &mut Random) -> usize {
    let ops = trace["ops"].as_array_mut().unwrap();
    loop {
        let index = random.below(ops.len());
        let op = &mut ops[index];
        match shape.events {
            Some(field) if random.below(3) == 0 => {
                let event = op[field].as_str().unwrap();
                // The events of single results are the host's, and not compared.
                let mut words: Vec<&str> = event.split(' ').filter(|e| !matches!(*e, "" | "S" | "E" | "I")).collect();
                match random.below(4) {
                    0 if !words.is_empty() => drop(words.remove(random.below(words.len()))),
                    1 if words.len() > 1 => words.reverse(),
                    2 => words.insert(random.below(words.len() + 1), shape.stray),
                    _ if !words.is_empty() => words[0] = if words[0] == "R" { "F" } else { "R" },
                    _ => continue,
                }
                op[field] = json!(words.join(" "));
            }
            _ => {
                let field = shape.numbers.start() + random.below(shape.numbers.clone().count());
                let by = [-2, -1, 1, 2, 1_000][random.below(5)];
                op[field] = json!(op[field].as_i64().unwrap() + by);
            }
        }
        return index;
    }
}

fn every_corruption_is_caught(shape: &Shape, times: usize) {
    let mut random = Random(42);
    let lines = lines(&vectors(shape.file)).unwrap();
    for _ in 0..times {
        let mut trace: Value = serde_json::from_str(&lines[random.below(lines.len())]).unwrap();
        assert!(replay(&trace).is_ok(), "{} passes untouched", trace["id"]);
        let expected = corrupt(&mut trace, shape, &mut random);
        match replay(&trace) {
            Err(Failure::Differs { op, .. }) => assert_eq!(op, expected, "{}", trace["id"]),
            other => panic!("{}: op {expected} was corrupted and not caught: {other:?}", trace["id"]),
        }
    }
}

#[test]
fn corrupted_breakers_are_caught() {
    every_corruption_is_caught(&SHAPES[0], 200);
}

#[test]
fn corrupted_windows_are_caught() {
    every_corruption_is_caught(&SHAPES[1], 100);
}

#[test]
fn corrupted_limiters_are_caught() {
    every_corruption_is_caught(&SHAPES[2], 200);
}

#[test]
fn corrupted_bulkheads_are_caught() {
    every_corruption_is_caught(&SHAPES[3], 100);
}

#[test]
fn corrupted_tables_are_caught() {
    let mut random = Random(7);
    let mut rows = 0;
    for line in lines(&vectors("tables.jsonl")).unwrap() {
        let mut line: Value = serde_json::from_str(&line).unwrap();
        if line["kind"] == "interval" {
            let attempts = line["attempt_ms"].as_array_mut().unwrap();
            let attempt = random.below(attempts.len());
            attempts[attempt][1] = json!(attempts[attempt][1].as_u64().unwrap() + 1);
        } else {
            let notes = replay(&line).unwrap();
            if notes.iter().any(|note| note.contains("none of ours")) {
                continue;
            }
            line["result"] = json!(if line["result"] == "ok" { "IllegalArgumentException" } else { "ok" });
        }
        rows += 1;
        assert!(replay(&line).is_err(), "{line}");
    }
    assert!(rows >= 50, "{rows}");
}

#[test]
fn what_is_not_known_fails() {
    let lines = lines(&vectors("circuit_breaker.jsonl.gz")).unwrap();
    let trace: Value = serde_json::from_str(&lines[0]).unwrap();
    let broken = [
        ("/kind", json!("fuse")),
        ("/ops/0/1", json!("to6")),
        ("/ops/0/1", json!("frobnicate")),
        ("/ops/0/11", json!("Q")),
        ("/ops/0", json!([1, "acq"])),
        ("/ops/0/0", json!("soon")),
        ("/ops/0/0", json!(1.5)),
        ("/cfg/window", json!("heap")),
        ("/cfg/wait", json!(["linear", 1])),
        ("/cfg/init", json!(6)),
        ("/cfg/size", Value::Null),
        ("/ops", Value::Null),
    ];
    for (place, value) in broken {
        let mut trace = trace.clone();
        *trace.pointer_mut(place).unwrap() = value;
        assert!(matches!(replay(&trace), Err(Failure::Unusable(_))), "{place}");
    }
}
