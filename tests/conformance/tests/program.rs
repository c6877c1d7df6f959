//! What the program prints and how it ends.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run(paths: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_conformance")).args(paths).output().unwrap()
}

fn last_line(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap().to_owned()
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("deeper")).unwrap();
    folder
}

const GOOD: &str = r#"{"kind":"interval","initial_ms":500,"mul_milli":1500,"cap_ms":0,"attempt_ms":[[1,500],[2,750]]}"#;
const BAD: &str = r#"{"kind":"interval","initial_ms":500,"mul_milli":1500,"cap_ms":0,"attempt_ms":[[1,500],[2,751]]}"#;

#[test]
fn every_family_without_quirks_passes() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    let output = run(&[&vectors]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(last_line(&output), "3338 passed, 0 failed");
    assert!(String::from_utf8_lossy(&output.stdout).contains("3 *_quirks* files passed over"));
}

#[test]
fn a_folder_is_walked_and_quirks_are_only_replayed_when_named() {
    let folder = folder("walk");
    fs::write(folder.join("a.jsonl"), format!("{GOOD}\n\n{GOOD}\n")).unwrap();
    fs::write(folder.join("deeper/b.jsonl"), GOOD).unwrap();
    fs::write(folder.join("deeper/b_quirks.jsonl"), BAD).unwrap();
    fs::write(folder.join("notes.txt"), BAD).unwrap();
    let output = run(&[&folder]);
    assert!(output.status.success());
    assert_eq!(last_line(&output), "3 passed, 0 failed");
    let output = run(&[&folder, &folder.join("deeper/b_quirks.jsonl")]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(last_line(&output), "3 passed, 1 failed");
}

#[test]
fn a_failure_a_missing_path_and_nothing_at_all_end_in_1() {
    let folder = folder("fail");
    assert_eq!(run(&[]).status.code(), Some(1));
    assert_eq!(run(&[&folder]).status.code(), Some(1));
    assert_eq!(last_line(&run(&[&folder])), "0 passed, 0 failed");
    fs::write(folder.join("a.jsonl"), format!("{GOOD}\n{BAD}\nnot json\n")).unwrap();
    let output = run(&[&folder]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(last_line(&output), "1 passed, 2 failed");
    assert!(String::from_utf8_lossy(&output.stdout).contains("attempt 2: expected 751 ms, got 750 ms"));
    fs::write(folder.join("a.jsonl.gz"), GOOD).unwrap();
    assert_eq!(last_line(&run(&[&folder.join("a.jsonl.gz")])), "0 passed, 1 failed");
    assert_eq!(run(&[&folder.join("none")]).status.code(), Some(1));
}
