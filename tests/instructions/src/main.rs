//! `cargo run --release -p instructions`: runs each decision under valgrind, prints the instructions it takes, and fails
//! if one takes more than its committed limit. Instructions, unlike nanoseconds, do not depend on what else the machine
//! does, so CI can hold a limit of a few per cent.
//!
//! `--set-limits` writes the limits anew from what was counted, with the slack; `--filter TEXT` counts some only.
#![allow(missing_docs)]

mod decisions;

use decisions::{DECISIONS, nothing};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Between two runs of different length, everything but the decision cancels out.
const SHORT: u64 = 2_000;
const LONG: u64 = 22_000;
/// Compilers differ a little from release to release.
const SLACK: f64 = 1.04;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["--child", name, n] => child(name, n),
        ["--set-limits"] => {
            let mut text = String::from(HEADER);
            for (name, counted) in count("") {
                writeln!(text, "{name} | {:.0}", (counted * SLACK).max(counted + 1.0).ceil())
                    .expect("writing to a string");
            }
            std::fs::write(limits_file(), text).expect("limits file");
            ExitCode::SUCCESS
        }
        [] => check(""),
        ["--filter", part] => check(part),
        _ => {
            eprintln!("usage: instructions [--set-limits | --filter TEXT]");
            ExitCode::from(2)
        }
    }
}

const HEADER: &str = "# Most instructions a decision may take, on this architecture: name | instructions.
# Written by `cargo run --release -p instructions -- --set-limits`. Lower them when a decision gets cheaper; a higher
# one needs its reason in the commit message.
";

fn limits_file() -> PathBuf {
    let name = format!("limits-{}.txt", std::env::consts::ARCH);
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn check(part: &str) -> ExitCode {
    let Ok(text) = std::fs::read_to_string(limits_file()) else {
        println!("no limits for this architecture; nothing is held");
        return ExitCode::SUCCESS;
    };
    let limits: Vec<(&str, f64)> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" | "))
        .map(|(name, limit)| (name, limit.parse().expect("a limit is a number")))
        .collect();
    let known = |name: &str| DECISIONS.iter().any(|(known, _)| *known == name);
    let mut held = true;
    for (name, _) in limits.iter().filter(|(name, _)| !known(name)) {
        println!("{name}: has a limit but is not counted");
        held = false;
    }
    println!("{:<46} {:>12} {:>7}", "decision", "instructions", "limit");
    for (name, counted) in count(part) {
        let limit = limits.iter().find(|(limited, _)| *limited == name).map(|(_, limit)| *limit);
        let ok = limit.is_some_and(|limit| counted <= limit);
        held &= ok;
        let limit = limit.map_or("none".into(), |limit| format!("{limit:.0}"));
        println!("{name:<46} {counted:>12.1} {limit:>7}{}", if ok { "" } else { "  EXCEEDED" });
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn count(part: &str) -> impl Iterator<Item = (&'static str, f64)> {
    let bare = per_turn("nothing");
    let part = part.to_owned();
    DECISIONS.iter().filter(move |(name, _)| name.contains(&part)).map(move |(name, _)| (*name, per_turn(name) - bare))
}

/// Instructions of one turn of the loop.
fn per_turn(name: &str) -> f64 {
    let extra = collected(name, LONG) - collected(name, SHORT);
    extra as f64 / (LONG - SHORT) as f64
}

/// Instructions of a whole process, by valgrind.
fn collected(name: &str, n: u64) -> u64 {
    let this = std::env::current_exe().expect("path of this program");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(this)
        .args(["--child", name, &n.to_string()])
        .output()
        .expect("valgrind (the Debian package `valgrind`)");
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {report}");
    let line = report.lines().find_map(|line| line.split_once("Collected :")).expect("callgrind's total");
    line.1.trim().parse().expect("a number of instructions")
}

fn child(name: &str, n: &str) -> ExitCode {
    let n = n.parse().expect("a number of turns");
    if name == "nothing" {
        nothing(n);
        return ExitCode::SUCCESS;
    }
    let (_, run) = DECISIONS.iter().find(|(known, _)| *known == name).expect("a known decision");
    run(n);
    ExitCode::SUCCESS
}
