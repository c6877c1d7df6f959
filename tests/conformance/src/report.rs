//! Counting per family, and what is printed at the end.

use std::collections::BTreeMap;
use std::fmt;

/// What became of the traces of one family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Traces that came out as recorded.
    pub passed: usize,
    /// Traces that did not.
    pub failed: usize,
    /// Operations in them.
    pub ops: usize,
}

/// Counts of everything replayed, family by family.
#[derive(Debug, Default)]
pub struct Report {
    /// By family, in alphabetical order.
    pub families: BTreeMap<String, Count>,
    /// Things worth saying that are neither a pass nor a failure, and how many traces each is about.
    pub notes: BTreeMap<String, usize>,
}

impl Report {
    /// Notes one trace.
    pub fn add(&mut self, family: &str, ops: usize, passed: bool) {
        let count = self.families.entry(family.to_owned()).or_default();
        count.ops += ops;
        if passed {
            count.passed += 1;
        } else {
            count.failed += 1;
        }
    }

    /// Adds one to a note.
    pub fn note(&mut self, text: &str) {
        *self.notes.entry(text.to_owned()).or_default() += 1;
    }

    /// All families together.
    pub fn total(&self) -> Count {
        self.families.values().fold(Count::default(), |sum, count| Count {
            passed: sum.passed + count.passed,
            failed: sum.failed + count.failed,
            ops: sum.ops + count.ops,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<34} {:>7} {:>7} {:>9}", "family", "passed", "failed", "ops")?;
        for (family, count) in &self.families {
            writeln!(f, "{family:<34} {:>7} {:>7} {:>9}", count.passed, count.failed, count.ops)?;
        }
        for (note, traces) in &self.notes {
            writeln!(f, "{traces} {note}")?;
        }
        let total = self.total();
        write!(f, "{} passed, {} failed", total.passed, total.failed)
    }
}
