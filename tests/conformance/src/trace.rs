//! Reading traces: folders, files, lines, operations.

use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The files that the arguments name, and how many `*_quirks*` files the folders held besides.
#[derive(Debug, Default)]
pub struct Files {
    /// To be replayed, in order.
    pub chosen: Vec<PathBuf>,
    /// Passed over: behaviour that we regard as defects, replayed only when named.
    pub skipped_quirks: usize,
}

/// Collects `.jsonl` and `.jsonl.gz` files; folders are walked, files are taken as they are.
///
/// # Errors
/// When a path does not exist or a folder cannot be read.
pub fn find(paths: &[PathBuf]) -> std::io::Result<Files> {
    let mut files = Files::default();
    for path in paths {
        if std::fs::metadata(path)?.is_dir() {
            walk(path, &mut files)?;
        } else {
            files.chosen.push(path.clone());
        }
    }
    Ok(files)
}

fn walk(folder: &Path, files: &mut Files) -> std::io::Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), files)?;
        } else if name.ends_with(".jsonl") || name.ends_with(".jsonl.gz") {
            if name.contains("_quirks") {
                files.skipped_quirks += 1;
            } else {
                files.chosen.push(entry.path());
            }
        }
    }
    Ok(())
}

/// The lines of a file that are not empty.
///
/// # Errors
/// When it cannot be read or is not gzip although its name says so.
pub fn lines(path: &Path) -> std::io::Result<Vec<String>> {
    let file = File::open(path)?;
    let reader: Box<dyn Read> = if path.extension().is_some_and(|e| e == "gz") {
        Box::new(flate2::read::MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let lines: Result<Vec<_>, _> = BufReader::new(reader).lines().collect();
    Ok(lines?.into_iter().filter(|line| !line.trim().is_empty()).collect())
}

/// Why a trace did not pass.
#[derive(Debug)]
pub enum Failure {
    /// The first difference.
    Differs {
        /// The number of the operation, from 0.
        op: usize,
        /// The operation as recorded.
        recorded: String,
        /// The value that differs.
        field: &'static str,
        /// As recorded.
        expected: String,
        /// As replayed.
        got: String,
    },
    /// It could not be replayed at all: an unknown kind, operation or setting, a missing number.
    Unusable(String),
}

impl Failure {
    /// The same failure, on `machine`.
    #[must_use]
    pub(crate) fn on(self, machine: &str) -> Self {
        match self {
            Self::Differs { op, recorded, field, expected, got } => {
                Self::Differs { op, recorded, field, expected, got: format!("{got} on {machine}") }
            }
            Self::Unusable(why) => Self::Unusable(format!("{why} on {machine}")),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Differs { op, recorded, field, expected, got } => {
                write!(f, "op {op} {recorded}: {field}: expected {expected}, got {got}")
            }
            Self::Unusable(why) => f.write_str(why),
        }
    }
}

/// `Ok`, or why not.
pub type Verdict<T = ()> = Result<T, Failure>;

pub(crate) fn unusable<T>(why: impl Into<String>) -> Verdict<T> {
    Err(Failure::Unusable(why.into()))
}

/// A trace's settings.
#[derive(Clone, Copy)]
pub struct Settings<'a>(pub &'a Value);

impl<'a> Settings<'a> {
    pub(crate) fn number<T: TryFrom<i64>>(&self, key: &str) -> Verdict<T> {
        let number = self.0.get(key).and_then(Value::as_i64).and_then(|n| T::try_from(n).ok());
        number.map_or_else(|| unusable(format!("setting {key} is missing or out of range")), Ok)
    }

    pub(crate) fn text(&self, key: &str) -> Verdict<&'a str> {
        let text = self.0.get(key).and_then(Value::as_str);
        text.map_or_else(|| unusable(format!("setting {key} is missing")), Ok)
    }

    pub(crate) fn list(&self, key: &str) -> Verdict<&'a [Value]> {
        let list = self.0.get(key).and_then(Value::as_array);
        list.map_or_else(|| unusable(format!("setting {key} is missing")), |list| Ok(list.as_slice()))
    }
}

/// One recorded operation: what was done and what was seen after it.
#[derive(Clone, Copy)]
pub struct Op<'a> {
    /// Its number in the trace, from 0.
    pub index: usize,
    fields: &'a [Value],
}

impl<'a> Op<'a> {
    /// The operations of a trace, each of `width` fields.
    pub(crate) fn all(trace: &'a Value, width: usize) -> Verdict<Vec<Self>> {
        let Some(ops) = trace.get("ops").and_then(Value::as_array) else {
            return unusable("a trace without ops");
        };
        ops.iter()
            .enumerate()
            .map(|(index, op)| match op.as_array() {
                Some(fields) if fields.len() == width => Ok(Self { index, fields }),
                _ => unusable(format!("op {index} {op}: not a list of {width}")),
            })
            .collect()
    }

    pub(crate) fn number<T: TryFrom<i64>>(&self, field: usize) -> Verdict<T> {
        let number = self.fields[field].as_i64().and_then(|n| T::try_from(n).ok());
        number.map_or_else(|| self.unusable(&format!("field {field} is out of range")), Ok)
    }

    pub(crate) fn text(&self, field: usize) -> Verdict<&'a str> {
        let text = self.fields[field].as_str();
        text.map_or_else(|| self.unusable(&format!("field {field} is not a text")), Ok)
    }

    pub(crate) fn unusable<T>(&self, why: &str) -> Verdict<T> {
        unusable(format!("op {} {}: {why}", self.index, self.recorded()))
    }

    /// Fails when `field`, called `name`, is not `got`.
    pub(crate) fn expect(&self, field: usize, name: &'static str, got: impl Into<i128>) -> Verdict {
        let got = got.into();
        if self.fields[field].as_i64().map(i128::from) == Some(got) {
            return Ok(());
        }
        self.differs(name, self.fields[field].to_string(), got.to_string())
    }

    pub(crate) fn expect_text(&self, name: &'static str, expected: &str, got: &str) -> Verdict {
        if expected == got {
            return Ok(());
        }
        self.differs(name, format!("{expected:?}"), format!("{got:?}"))
    }

    fn differs(&self, field: &'static str, expected: String, got: String) -> Verdict {
        Err(Failure::Differs { op: self.index, recorded: self.recorded(), field, expected, got })
    }

    fn recorded(&self) -> String {
        Value::from(self.fields).to_string()
    }
}
