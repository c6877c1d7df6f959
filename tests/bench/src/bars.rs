//! The limits we hold ourselves to, each with the figure of this run.

use crate::harness::{Case, Threads};

/// A figure that must not exceed a limit.
pub struct Bar {
    pub says: String,
    pub kind: Kind,
}

pub enum Kind {
    /// `case` costs at most `limit` times what `over` costs together.
    Ratio { case: &'static str, over: &'static [&'static str], limit: f64, threads: Threads },
    /// At most so many bytes.
    Size { bytes: usize, limit: usize },
    /// Holds or not.
    Fact(bool),
}

/// Prints every bar with its figure; says how many were met.
pub fn print(bars: &[Bar], cases: &[Case]) {
    let find = |name: &str| cases.iter().find(|case| case.name == name);
    let (mut met, mut measured) = (0, 0);
    println!("\n{:<86} {:>9} {:>9}", "bar", "figure", "limit");
    for bar in bars {
        let (figure, limit, ok) = match &bar.kind {
            Kind::Ratio { case, over, limit, threads } => {
                let others: Option<Vec<_>> = over.iter().map(|name| find(name)).collect();
                let figure = find(case).zip(others).and_then(|(case, others)| case.ratio(&others, *threads));
                let text = figure.map_or("-".into(), |ratio| format!("{ratio:.2} x"));
                (text, format!("{limit:.2} x"), figure.map(|ratio| ratio <= *limit))
            }
            Kind::Size { bytes, limit } => (format!("{bytes} B"), format!("{limit} B"), Some(bytes <= limit)),
            Kind::Fact(holds) => (if *holds { "yes" } else { "no" }.into(), "yes".into(), Some(*holds)),
        };
        let verdict = match ok {
            Some(true) => "met",
            Some(false) => "NOT MET",
            None => "not measured",
        };
        met += usize::from(ok == Some(true));
        measured += usize::from(ok.is_some());
        println!("{:<86} {figure:>9} {limit:>9}  {verdict}", bar.says);
    }
    println!("{met} of {measured} met, {} not measured", bars.len() - measured);
}
