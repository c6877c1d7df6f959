//! `cargo run --release -p bench [-- --quick] [-- --filter TEXT]`: what our machines cost beside the bare instructions
//! and beside their peers. A program to read, not a test: it always succeeds.
#![allow(missing_docs, clippy::cast_precision_loss)]

mod bars;
mod breakers;
mod concurrency;
mod floor;
mod gates;
mod harness;
mod limiters;

use harness::{Case, Effort, Threads};

const USAGE: &str = "usage: bench [--quick] [--filter TEXT]...
  --quick        fewer and shorter rounds: a few seconds, noisier
  --filter TEXT  only the cases whose name contains TEXT, and what they are compared with";

fn main() {
    let mut effort = Effort::FULL;
    let mut filters = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), argument.as_str() == "--filter") {
            ("--quick", _) => effort = Effort::QUICK,
            ("--filter", _) => filters.extend(arguments.next()),
            _ => {
                println!("{USAGE}");
                return;
            }
        }
    }

    let mut cases = floor::cases();
    cases.extend(limiters::ours());
    cases.extend(limiters::peers());
    cases.extend(breakers::ours());
    cases.extend(breakers::peers());
    cases.extend(concurrency::ours());
    cases.extend(concurrency::peers());
    select(&mut cases, &filters);
    harness::measure(&mut cases, &effort);
    print_figures(&cases);
    bars::print(&bars::all(), &cases, !filters.is_empty());
}

/// Keeps the cases asked for, and what they are compared with.
fn select(cases: &mut Vec<Case>, filters: &[String]) {
    if filters.is_empty() {
        return;
    }
    let asked = |case: &Case| filters.iter().any(|filter| case.name.contains(filter.as_str()));
    let related: Vec<_> = cases.iter().filter(|case| asked(case)).flat_map(|case| [case.floor, case.peer]).collect();
    cases.retain(|case| asked(case) || case.name.starts_with("floor/") || related.contains(&Some(case.name)));
}

fn print_figures(cases: &[Case]) {
    println!("nanoseconds of a thread's own time per operation, medians; x = times the floor or the peer of this run");
    println!(
        "{:<46} {:>8} {:>8} {:>8}   {:>9} {:>8}  [rounds]",
        "case", "1 thread", "x floor", "x peer", "2 threads", "x floor"
    );
    let find = |name: Option<&str>| cases.iter().find(|case| Some(case.name) == name);
    for case in cases {
        let versus = |name, threads| {
            let ratio = find(name).and_then(|other| case.ratio(&[other], threads));
            ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"))
        };
        let ns = |threads| case.median(threads).map_or(String::new(), |ns| format!("{ns:.2}"));
        let kept = match case.rounds(Threads::Two) {
            0 => String::new(),
            kept => format!("[{kept}]"),
        };
        println!(
            "{:<46} {:>8} {:>8} {:>8}   {:>9} {:>8}  {kept}",
            case.name,
            ns(Threads::One),
            versus(case.floor, Threads::One),
            versus(case.peer, Threads::One),
            ns(Threads::Two),
            versus(case.floor, Threads::Two),
        );
    }
}
