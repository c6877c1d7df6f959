//! `conformance PATH...`: replays recorded traces and says where the engine differs from them.

use conformance::{Report, find, lines, run};
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// Of a broken family, this many differences are enough to read.
const SHOWN: usize = 3;

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let mut report = Report::default();
    let mut shown: HashMap<String, usize> = HashMap::new();
    let mut show = |family: &str, line: String| {
        let shown = shown.entry(family.to_owned()).or_default();
        *shown += 1;
        if *shown <= SHOWN {
            println!("{line}");
        } else if *shown == SHOWN + 1 {
            println!("{family}: further failures are counted, not shown");
        }
    };
    match find(&paths) {
        Ok(files) => {
            for file in &files.chosen {
                match lines(file) {
                    Ok(lines) => run(&lines, &mut report, &mut show),
                    Err(e) => {
                        show("unreadable files", format!("{}: {e}", file.display()));
                        report.add("unreadable files", 0, false);
                    }
                }
            }
            println!(
                "{} files replayed; {} *_quirks* files passed over (name one to replay it)",
                files.chosen.len(),
                files.skipped_quirks
            );
        }
        Err(e) => {
            show("unreadable paths", format!("a path cannot be read: {e}"));
            report.add("unreadable paths", 0, false);
        }
    }
    let total = report.total();
    println!("{report}");
    if total.failed == 0 && total.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
