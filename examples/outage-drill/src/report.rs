//! The words and the table.

use crate::clients::Answer;
use crate::drill::{Phase, Plan, Record, Side};
use crate::server::{BACKLOG, WORKERS};
use overcurrent::Reason;
use std::fmt::Write;
use std::time::Duration;

/// The calls of one side, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub ok: usize,
    pub failed: usize,
    pub refused: usize,
}

impl Counts {
    pub fn sent(&self) -> usize {
        self.ok + self.failed
    }

    pub fn offered(&self) -> usize {
        self.sent() + self.refused
    }
}

impl Side {
    /// The calls whose caller came from `from` until before `to`.
    pub fn counts(&self, from: Duration, to: Duration) -> Counts {
        let mut counts = Counts::default();
        for call in self.calls.iter().filter(|call| (from..to).contains(&call.due)) {
            match call.answer {
                Answer::Ok => counts.ok += 1,
                Answer::Failed => counts.failed += 1,
                Answer::Refused(_) => counts.refused += 1,
            }
        }
        counts
    }

    /// All calls.
    pub fn total(&self) -> Counts {
        self.counts(Duration::ZERO, Duration::MAX)
    }

    /// Calls that reached for the server while it was dead.
    pub fn sent_while_dead(&self, plan: &Plan) -> usize {
        let sent = self.calls.iter().filter(|call| !matches!(call.answer, Answer::Refused(_)));
        sent.filter(|call| plan.phase(call.started).0 == Phase::Dead).count()
    }

    /// How long after the server came back to life 95 % of the callers of every half second got a good answer, to the end.
    pub fn healthy_after(&self, plan: &Plan) -> Option<Duration> {
        let step = Duration::from_millis(500);
        let alive = plan.end_of_death();
        let mut since = None;
        let mut from = alive;
        while from < plan.length() {
            let counts = self.counts(from, from + step);
            if counts.ok * 100 >= counts.offered() * 95 {
                since = since.or(Some(from - alive));
            } else {
                since = None;
            }
            from += step;
        }
        since
    }

    fn refused_by(&self, reason: Reason) -> usize {
        self.calls.iter().filter(|call| call.answer == Answer::Refused(reason)).count()
    }
}

/// The value below which `per_cent` of the sorted `values` lie.
pub fn percentile(values: &mut [Duration], per_cent: usize) -> Option<Duration> {
    values.sort_unstable();
    let rank = (values.len() * per_cent).div_ceil(100);
    values.get(rank.saturating_sub(1)).copied()
}

/// What is about to happen.
pub fn introduction(plan: &Plan) -> String {
    let phases: Vec<_> =
        plan.phases.iter().map(|(phase, length)| format!("{} {} s", phase.name(), length.as_secs_f64())).collect();
    let rushes: Vec<_> = plan.rushes.iter().map(|rush| format!("{}", rush.start.as_secs_f64())).collect();
    format!(
        "The outage drill, {} s. Two clients get the same {} calls at the same instants: {} per second, twice that for\n\
         a moment from seconds {} on. Both give up after {} s, neither tries again. One is bare, one goes through a\n\
         breaker, a bulkhead and a limiter. Each has a server of its own, the same program on the same schedule\n\
         ({WORKERS} workers, room for {BACKLOG} waiting calls), so that each lives with the consequences of what it sends.\n\
         The servers' schedule: {}.\n",
        plan.length().as_secs_f64(),
        plan.arrivals().len(),
        plan.rate,
        rushes.join(" and "),
        plan.timeout.as_secs_f64(),
        phases.join(", "),
    )
}

/// One line about the second before `until`, as far as its calls have ended.
pub fn progress(plan: &Plan, record: &Record, until: Duration) -> String {
    let from = until.saturating_sub(Duration::from_secs(1));
    let side = |side: &Side| {
        // By the end of the call, so that a line never changes afterwards.
        let mut counts = Counts::default();
        for call in side.calls.iter().filter(|call| (from..until).contains(&call.ended)) {
            match call.answer {
                Answer::Ok => counts.ok += 1,
                Answer::Failed => counts.failed += 1,
                Answer::Refused(_) => counts.refused += 1,
            }
        }
        counts
    };
    let (bare, protected) = (side(&record.bare), side(&record.protected));
    let waiting = |side: &Side| side.waiting.last().map_or(0, |(_, waiting)| *waiting);
    let state = record.states.last().map_or("closed", |(_, state)| state.name());
    format!(
        "{:>3} s {:<10} | bare: {:>3} ok {:>3} failed, {:>3} wait | protected: {:>3} ok {:>3} failed {:>3} refused, {:>3} wait, {state}",
        until.as_secs(),
        plan.phase(from).0.name(),
        bare.ok,
        bare.failed,
        waiting(&record.bare),
        protected.ok,
        protected.failed,
        protected.refused,
        waiting(&record.protected),
    )
}

/// The table at the end.
pub fn table(plan: &Plan, record: &Record) -> String {
    let sides = [&record.bare, &record.protected];
    let mut text = String::new();
    let mut row = |name: &str, cell: &dyn Fn(&Side) -> String| {
        let [bare, protected] = sides.map(cell);
        let _ = writeln!(text, "{name:<44} {bare:>10} {protected:>10}");
    };
    row("", &|side| if std::ptr::eq(side, sides[0]) { "bare".into() } else { "protected".into() });
    row("calls offered", &|side| side.total().offered().to_string());
    row("  answered well", &|side| side.total().ok.to_string());
    row("  failures seen by callers", &|side| side.total().failed.to_string());
    row("  refused at once", &|side| side.total().refused.to_string());
    for (reason, gate) in [
        (Reason::BreakerOpen, "breaker, open"),
        (Reason::TrialsTaken, "breaker, trials taken"),
        (Reason::BulkheadFull, "bulkhead"),
        (Reason::RateLimited, "limiter"),
    ] {
        row(&format!("    by the {gate}"), &|side| side.refused_by(reason).to_string());
    }
    row("calls sent to the server", &|side| side.total().sent().to_string());
    row("  by the server's own count", &|side| side.received.to_string());
    row("  while it was dead", &|side| side.sent_while_dead(plan).to_string());
    row("most calls waiting at the server", &|side| {
        side.waiting.iter().map(|(_, waiting)| waiting).max().unwrap_or(&0).to_string()
    });
    let waits = |side: &Side, which: fn(Answer) -> bool, per_cent| {
        let mut waits: Vec<_> = side.calls.iter().filter(|c| which(c.answer)).map(|c| c.waited()).collect();
        percentile(&mut waits, per_cent).map_or_else(|| "-".to_owned(), length)
    };
    row("a caller's wait, p50", &|side| waits(side, |_| true, 50));
    row("a caller's wait, p99", &|side| waits(side, |_| true, 99));
    row("  for a good answer, p50", &|side| waits(side, |answer| answer == Answer::Ok, 50));
    row("  for a good answer, p99", &|side| waits(side, |answer| answer == Answer::Ok, 99));
    row("  for a refusal, p99", &|side| waits(side, |answer| matches!(answer, Answer::Refused(_)), 99));
    row("back to life until healthy for callers", &|side| {
        side.healthy_after(plan).map_or_else(|| "not yet".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()))
    });
    text.push_str(
        "Waits are counted from the instant a caller came. Healthy: from then on 95 % of the callers of every half\n\
         second got a good answer.\n",
    );
    text
}

fn length(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1_000.0;
    if ms < 10.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}
