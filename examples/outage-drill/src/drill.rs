//! The drill: what happens when, the load, and the record of it.

use crate::clients::{Answer, Bare, Client, Protected};
use crate::report;
use crate::server::SickServer;
use overcurrent::event::{Event, EventKind};
use overcurrent::{Clock, Journal, MonotonicClock, Nanos, State as BreakerState};
use std::error::Error;
use std::ops::Range;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

/// What the server goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Healthy,
    Slow,
    Failing,
    Dead,
    Recovering,
}

impl Phase {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Slow => "slow",
            Self::Failing => "failing",
            Self::Dead => "dead",
            Self::Recovering => "recovering",
        }
    }
}

/// How the server does at one instant.
pub enum State {
    /// A worker needs `time` for a call and ends `failing` per cent of them with an error.
    Serving { time: Duration, failing: u32 },
    /// Nothing is answered before that time of the plan.
    Dead { until: Duration },
}

/// Both servers' schedule and both clients' load.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What follows what, and for how long.
    pub phases: Vec<(Phase, Duration)>,
    /// Calls per second.
    pub rate: u32,
    /// When twice as many come: beginnings and ends.
    pub rushes: Vec<Range<Duration>>,
    /// When a client gives up.
    pub timeout: Duration,
}

impl Plan {
    /// What `make demo` shows.
    pub fn standard() -> Self {
        let seconds = Duration::from_secs_f64;
        Self {
            phases: vec![
                (Phase::Healthy, seconds(3.0)),
                (Phase::Slow, seconds(4.0)),
                (Phase::Failing, seconds(2.5)),
                (Phase::Dead, seconds(3.5)),
                (Phase::Recovering, seconds(2.0)),
                (Phase::Healthy, seconds(7.0)),
            ],
            rate: 50,
            // A busy second on a good day; and those who waited for the outage to end.
            rushes: vec![seconds(1.0)..seconds(2.0), seconds(13.0)..seconds(14.0)],
            timeout: seconds(1.0),
        }
    }

    /// How long it lasts.
    pub fn length(&self) -> Duration {
        self.phases.iter().map(|(_, length)| *length).sum()
    }

    /// The phases with their beginnings and ends.
    pub fn spans(&self) -> impl Iterator<Item = (Phase, Duration, Duration)> {
        self.phases.iter().scan(Duration::ZERO, |start, &(phase, length)| {
            let from = *start;
            *start += length;
            Some((phase, from, *start))
        })
    }

    /// The phase at `time`; after the end, the last one.
    pub fn phase(&self, time: Duration) -> (Phase, Duration, Duration) {
        let last = (Phase::Healthy, Duration::ZERO, Duration::MAX);
        self.spans().find(|(_, _, end)| time < *end).unwrap_or(last)
    }

    /// When the server comes back to life.
    pub fn end_of_death(&self) -> Duration {
        self.spans().find(|(phase, ..)| *phase == Phase::Dead).map_or(Duration::ZERO, |(_, _, end)| end)
    }

    /// How the server does at `time`.
    pub fn state(&self, time: Duration) -> State {
        let (phase, start, end) = self.phase(time);
        let done = (time.saturating_sub(start)).as_secs_f64() / (end - start).as_secs_f64();
        // From `a` to `b` in the course of the phase.
        let drift = |a: f64, b: f64| Duration::from_secs_f64((a + (b - a) * done) / 1_000.0);
        match phase {
            Phase::Healthy => State::Serving { time: drift(50.0, 50.0), failing: 0 },
            Phase::Slow => State::Serving { time: drift(50.0, 500.0), failing: 0 },
            Phase::Failing => State::Serving { time: drift(80.0, 80.0), failing: 80 },
            Phase::Dead => State::Dead { until: end },
            Phase::Recovering => State::Serving { time: drift(120.0, 50.0), failing: 0 },
        }
    }

    /// When callers come: an open loop, nobody waits for anybody's answer. Not quite even, as callers are, and the same in
    /// every run.
    pub fn arrivals(&self) -> Vec<Duration> {
        let (mut time, mut dice, mut arrivals) = (Duration::ZERO, 0x9E37_79B9_7F4A_7C15_u64, Vec::new());
        loop {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            let spread = 0.5 + (dice >> 40) as f64 / f64::from(1 << 24); // 0.5 to 1.5
            let busy = self.rushes.iter().any(|rush| rush.contains(&time));
            let rate = if busy { self.rate * 2 } else { self.rate };
            time += Duration::from_secs_f64(spread / f64::from(rate));
            if time >= self.length() {
                return arrivals;
            }
            arrivals.push(time);
        }
    }
}

/// One call of one caller; times are of the plan.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// When the caller came.
    pub due: Duration,
    /// When a thread of the drill got round to it: later than `due` only if the machine is busy.
    pub started: Duration,
    /// When the caller had an answer.
    pub ended: Duration,
    pub answer: Answer,
}

impl Call {
    /// What the caller waited, delays of the drill itself included: nothing is hidden by measuring from a late start.
    pub fn waited(&self) -> Duration {
        self.ended.saturating_sub(self.due)
    }
}

/// What became of one client's calls.
#[derive(Default)]
pub struct Side {
    pub calls: Vec<Call>,
    /// How many calls waited at this client's server, and when.
    pub waiting: Vec<(Duration, u32)>,
    /// Calls that its server saw: its own count.
    pub received: u32,
}

/// Everything that was seen.
#[derive(Default)]
pub struct Record {
    pub bare: Side,
    pub protected: Side,
    /// The breaker's states from its journal, with their beginnings.
    pub states: Vec<(Duration, BreakerState)>,
}

const SAMPLE: Duration = Duration::from_millis(250);

/// Runs the plan: two servers, two clients, one load. `progress` gets a line every second.
pub fn run(plan: &Plan, mut progress: impl FnMut(String)) -> Result<Record, Box<dyn Error>> {
    // A moment from now, so that everything is in place.
    let start = MonotonicClock.now().now + Nanos::from_millis(200);
    let time = || (MonotonicClock.now().now - start).as_duration();

    let servers = (SickServer::start(plan, start)?, SickServer::start(plan, start)?);
    let journal = Journal::new();
    let bare = Bare::new(servers.0.url(), plan.timeout);
    let protected = Protected::new(servers.1.url(), plan.timeout, &journal)?;

    let mut record = Record { states: vec![(Duration::ZERO, BreakerState::Closed)], ..Record::default() };
    thread::scope(|scope| {
        let (bare_calls, from_bare) = mpsc::channel();
        let (protected_calls, from_protected) = mpsc::channel();
        let clients: [(&dyn Client, _); 2] = [(&bare, bare_calls), (&protected, protected_calls)];
        let load = scope.spawn(move || offer(plan, start, clients));

        let mut printed = 0;
        loop {
            // Asked first: what came before the end is then collected below.
            let over = load.is_finished();
            let now = time();
            record.bare.calls.extend(from_bare.try_iter());
            record.protected.calls.extend(from_protected.try_iter());
            record.bare.waiting.push((now, servers.0.waiting()));
            record.protected.waiting.push((now, servers.1.waiting()));
            journal.drain(|event: Event| {
                if let EventKind::Transition { to, .. } = event.kind {
                    record.states.push(((event.at - start).as_duration(), to));
                }
            });
            if now.as_secs() > printed && now < plan.length() + SAMPLE {
                printed = now.as_secs();
                progress(report::progress(plan, &record, Duration::from_secs(printed)));
            }
            if over {
                break;
            }
            thread::sleep(SAMPLE);
        }
    });
    // A thread may be held up between a transition and its entry in the journal.
    record.states.sort_by_key(|(at, _)| *at);
    record.bare.received = servers.0.received();
    record.protected.received = servers.1.received();
    Ok(record)
}

/// Offers every arrival to both clients, each call on a thread of its own: nobody waits for another's answer.
fn offer(plan: &Plan, start: Nanos, clients: [(&dyn Client, Sender<Call>); 2]) {
    let time = || (MonotonicClock.now().now - start).as_duration();
    let delay = start - MonotonicClock.now().now;
    thread::sleep(delay.as_duration());
    thread::scope(|scope| {
        for due in plan.arrivals() {
            thread::sleep(due.saturating_sub(time()));
            for (client, calls) in &clients {
                scope.spawn(move || {
                    let started = time();
                    let answer = client.call();
                    let _ = calls.send(Call { due, started, ended: time(), answer });
                });
            }
        }
    });
}
