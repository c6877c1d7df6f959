//! The limits we hold ourselves to, each with the figure of this run.

use crate::harness::{Case, Threads};
use crate::{breakers, floor, limiters};

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

/// Every bar.
pub fn all() -> Vec<Bar> {
    use Threads::{One, Two};
    let ratio = |case: &'static str, over: &'static [&'static str], limit, threads| {
        let with = if threads == Two { ", two threads" } else { "" };
        Bar {
            says: format!("{case}{with} <= {limit} x {}", over.join(" + ")),
            kind: Kind::Ratio { case, over, limit, threads },
        }
    };
    let mut bars = vec![
        ratio(limiters::GCRA, &[floor::GCRA], 1.25, One),
        ratio(limiters::GCRA, &[limiters::GOVERNOR_FAKE], 1.0, One),
        ratio(limiters::GCRA_CLOCK, &[limiters::GOVERNOR], 1.0, One),
        ratio(limiters::GCRA_DENY, &[floor::CAS], 1.2, One),
        ratio(limiters::LIVE, &[floor::GCRA], 4.0, One),
    ];
    for case in [breakers::TINY, breakers::COUNT_10, breakers::COUNT_100, breakers::COUNT_10K] {
        let limit = if case == breakers::TINY { 2.0 } else { 2.5 };
        bars.push(ratio(case, &[floor::CAS], limit, One));
        bars.push(ratio(case, &[breakers::RECLOSER], 1.0, One));
        bars.push(ratio(case, &[breakers::FAILSAFE], 1.0, One));
    }
    for case in [breakers::TIME_10, breakers::TIME_60, breakers::TIME_300] {
        bars.push(ratio(case, &[floor::CAS], 4.5, One));
    }
    for case in [breakers::TINY_OPEN, breakers::COUNT_OPEN, breakers::TIME_OPEN] {
        bars.push(ratio(case, &[floor::CAS], 1.2, One));
    }
    for case in [limiters::GCRA, breakers::TINY, breakers::COUNT_100, breakers::TIME_60] {
        bars.push(ratio(case, &[floor::CAS], 2.0, Two));
    }
    let needs_none = breakers::count_100_needs_no_clock();
    bars.push(Bar {
        says: "a closed count-window breaker without a slow-call rule reads no clock".into(),
        kind: Kind::Fact(needs_none),
    });
    let (tiny, count_100) = breakers::sizes();
    for (says, bytes, limit) in [
        ("state of a Gcra", size_of::<overcurrent::limit::GcraWord>(), 8),
        ("state of a tiny breaker", tiny, 8),
        ("a whole breaker over 100 calls", count_100, 300),
    ] {
        bars.push(Bar { says: says.into(), kind: Kind::Size { bytes, limit } });
    }
    bars
}

/// The figure to the hundredth, so that a verdict never contradicts what is printed beside it.
fn as_printed(ratio: f64) -> f64 {
    (ratio * 100.0).round() / 100.0
}

/// Prints the bars with their figures, of a selection only those that were measured; says how many were met.
pub fn print(bars: &[Bar], cases: &[Case], selected: bool) {
    let find = |name: &str| cases.iter().find(|case| case.name == name);
    let (mut met, mut measured) = (0, 0);
    println!("\n{:<92} {:>9} {:>9}", "bar", "figure", "limit");
    for bar in bars {
        let (figure, limit, ok) = match &bar.kind {
            Kind::Ratio { case, over, limit, threads } => {
                let others: Option<Vec<_>> = over.iter().map(|name| find(name)).collect();
                let figure = find(case).zip(others).and_then(|(case, others)| case.ratio(&others, *threads));
                let text = figure.map_or("-".into(), |ratio| format!("{ratio:.2} x"));
                (text, format!("{limit:.2} x"), figure.map(|ratio| as_printed(ratio) <= *limit))
            }
            Kind::Size { bytes, limit } => (format!("{bytes} B"), format!("{limit} B"), Some(bytes <= limit)),
            Kind::Fact(holds) => (if *holds { "yes" } else { "no" }.into(), "yes".into(), Some(*holds)),
        };
        if selected && ok.is_none() {
            continue;
        }
        let verdict = match ok {
            Some(true) => "met",
            Some(false) => "NOT MET",
            None => "not measured",
        };
        met += usize::from(ok == Some(true));
        measured += usize::from(ok.is_some());
        println!("{:<92} {figure:>9} {limit:>9}  {verdict}", bar.says);
    }
    println!("{met} of {measured} met, {} not measured", bars.len() - measured);
}
