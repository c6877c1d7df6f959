//! Kind `cb`: the circuit breaker.

use crate::trace::{Op, Settings, Verdict, unusable};
use overcurrent::breaker::{Bucket, CountHistory, History, Metrics, RingWord, Rule, TimeHistory};
use overcurrent::event::{Journal, Rejections};
use overcurrent::{
    Breaker, BreakerConfig, CountBreaker, Event, EventKind, HalfOpenEnd, Nanos, Observer, OpenFor, Outcome, Policy,
    Reason, State, TimeBreaker, TinyBreaker, TrialTimeout, Window,
};
use serde_json::Value;

/// Events of one operation: at most a few.
pub(crate) type Events = Journal<64>;

/// What a trace asks of a breaker, whatever its type.
pub(crate) trait Machine {
    fn enter(&self, at: Nanos) -> bool;
    fn record(&self, outcome: Outcome, length: Nanos, at: Nanos);
    fn record_and_open_for(&self, outcome: Outcome, length: Nanos, wait: Nanos, at: Nanos);
    fn record_and_open_until(&self, outcome: Outcome, length: Nanos, time: Nanos, at: Nanos);
    fn release(&self, at: Nanos);
    fn transition(&self, state: State, at: Nanos) -> bool;
    fn open_for(&self, wait: Nanos, at: Nanos) -> bool;
    fn open_until(&self, time: Nanos, at: Nanos) -> bool;
    fn reset(&self, at: Nanos);
    fn settle(&self, at: Nanos);
    fn metrics(&self, at: Nanos) -> Metrics;
}

macro_rules! machine {
    ([$($generics:tt)*] $breaker:ty) => {
        impl<$($generics)*> Machine for $breaker {
            fn enter(&self, at: Nanos) -> bool {
                // The permit is put aside: traces report late results and results of no call, to whatever is current.
                self.enter(at).is_ok()
            }
            fn record(&self, outcome: Outcome, length: Nanos, at: Nanos) {
                self.untracked().record(outcome, length, at);
            }
            fn record_and_open_for(&self, outcome: Outcome, length: Nanos, wait: Nanos, at: Nanos) {
                self.untracked().record_and_open_for(outcome, length, wait, at);
            }
            fn record_and_open_until(&self, outcome: Outcome, length: Nanos, time: Nanos, at: Nanos) {
                self.untracked().record_and_open_until(outcome, length, time, at);
            }
            fn release(&self, at: Nanos) {
                self.untracked().release(at);
            }
            fn transition(&self, state: State, at: Nanos) -> bool {
                self.transition(state, at).is_ok()
            }
            fn open_for(&self, wait: Nanos, at: Nanos) -> bool {
                self.open_for(wait, at).is_ok()
            }
            fn open_until(&self, time: Nanos, at: Nanos) -> bool {
                self.open_until(time, at).is_ok()
            }
            fn reset(&self, at: Nanos) {
                self.reset(at);
            }
            fn settle(&self, at: Nanos) {
                self.settle(at);
            }
            fn metrics(&self, at: Nanos) -> Metrics {
                self.metrics(at)
            }
        }
    };
}

machine!([H: History, O: Observer] Breaker<H, Policy, O>);

machine!([O: Observer] TinyBreaker<O>);

/// Replays a trace on the breaker that its settings ask for.
pub(crate) fn replay(trace: &Value) -> Verdict {
    let cfg = Settings(&trace["cfg"]);
    let policy = config(cfg)?.build().or_else(|e| unusable(format!("refused settings: {e}")))?;
    let begin = Begin::read(cfg)?;
    let ops = Op::all(trace, 12)?;
    let (events, rejections) = (Events::new(), Rejections::new());
    let seen = (&events, &rejections);
    macro_rules! on {
        ($breaker:expr) => {
            match $breaker {
                Ok(breaker) => {
                    let breaker = Box::new(breaker.starting(begin.state, begin.start()).with_observer(seen));
                    replay_on(&*breaker, &Everything, seen, begin, &ops)
                }
                Err(e) => unusable(e.to_string()),
            }
        };
    }
    let trials = cfg.number("half_open_calls")?;
    match policy.window() {
        Window::Calls(n) if n.max(trials) <= 256 => on!(CountBreaker::<16>::new(policy)),
        Window::Calls(n) => on!(Breaker::over(policy, CountHistory::over(ring(n.max(trials))), ())),
        Window::Time { buckets, .. } if buckets.max(trials) <= 64 => on!(TimeBreaker::<64>::new(policy)),
        Window::Time { buckets, .. } => {
            on!(Breaker::over(policy, TimeHistory::over(slices(buckets), ring(trials)), ()))
        }
    }
}

/// Room for that many outcomes, for windows larger than usual.
pub(crate) fn ring(outcomes: u32) -> Vec<RingWord> {
    (0..outcomes.div_ceil(16)).map(|_| RingWord::new()).collect()
}

/// Room for that many slices of time.
pub(crate) fn slices(buckets: u32) -> Vec<Bucket> {
    (0..buckets).map(|_| Bucket::new()).collect()
}

/// Where and when a trace's breaker begins.
#[derive(Clone, Copy)]
pub(crate) struct Begin {
    pub(crate) state: State,
    /// Traces count time from the breaker's creation; windows are aligned to whole seconds of the clock.
    pub(crate) phase: Nanos,
    /// Every time and every wait is this many times as long.
    pub(crate) scale: u64,
}

impl Begin {
    pub(crate) fn read(cfg: Settings<'_>) -> Verdict<Self> {
        Ok(Self { state: state(cfg.number("init")?)?, phase: Nanos::new(cfg.number("phase")?), scale: 1 })
    }

    fn scaled(self, time: Nanos) -> Nanos {
        Nanos::new(time.get().saturating_mul(self.scale))
    }

    /// The instant `t` of the trace. Deadlines may lie before its beginning, so it begins an hour after our origin.
    fn instant(self, t: i64) -> Nanos {
        let begin = Nanos::HOUR + self.phase;
        let t = if t < 0 { begin - Nanos::new(t.unsigned_abs()) } else { begin + Nanos::new(t.unsigned_abs()) };
        self.scaled(t)
    }

    pub(crate) fn start(self) -> Nanos {
        self.instant(0)
    }
}

/// Which of the counts a breaker keeps.
pub(crate) trait Keeps {
    /// Calls, failed, slow.
    fn counts(&self, state: State) -> bool;
    /// Calls that were both slow and failed.
    fn slow_failed(&self, state: State) -> bool;
}

/// All of them.
struct Everything;

impl Keeps for Everything {
    fn counts(&self, _: State) -> bool {
        true
    }
    fn slow_failed(&self, _: State) -> bool {
        true
    }
}

/// Our settings for the reference's, to be built.
pub(crate) fn config(cfg: Settings<'_>) -> Verdict<BreakerConfig> {
    let size: u32 = cfg.number("size")?;
    let min_calls: u32 = cfg.number("min_calls")?;
    let trials: u16 = cfg.number("half_open_calls")?;
    // The reference clamps a minimum to the window when it judges; we refuse such settings, so the clamp is here.
    let (window, least) = match cfg.text("window")? {
        "count" => (Window::calls(size), min_calls.min(size)),
        "time" => (Window::time(Nanos::from_secs(u64::from(size)), size), min_calls),
        other => return unusable(format!("unknown window {other}")),
    };
    Ok(BreakerConfig::new(window)
        .failure_rate(cfg.number("fail_thr")?)
        .slow_call(Nanos::new(cfg.number("slow_dur")?), cfg.number("slow_thr")?)
        .min_calls(least)
        .trial_calls(trials)
        .trial_min(u16::try_from(min_calls).unwrap_or(u16::MAX).min(trials))
        .open_for(open_for(cfg.list("wait")?)?)
        .trial_timeout(trial_timeout(cfg)?)
        .auto_half_open(cfg.number::<u8>("auto")? != 0))
}

fn open_for(wait: &[Value]) -> Verdict<OpenFor> {
    let ms = |n: &Value| n.as_u64().map(Nanos::from_millis);
    let wait = match wait {
        [kind, wait] if kind == "fixed" => ms(wait).map(OpenFor::fixed),
        [kind, first, multiplier, cap] if kind == "exp" => multiplier
            .as_u64()
            .and_then(|m| u32::try_from(m).ok())
            .and_then(|m| Some(OpenFor::exponential(ms(first)?, m, ms(cap)?))),
        _ => None,
    };
    wait.map_or_else(|| unusable("unknown wait"), Ok)
}

fn trial_timeout(cfg: Settings<'_>) -> Verdict<TrialTimeout> {
    let stay = match cfg.number("half_open_max_wait")? {
        0 => return Ok(TrialTimeout::Never),
        ms => Nanos::from_millis(ms),
    };
    match cfg.number("half_open_max_wait_to")? {
        0 => Ok(TrialTimeout::Stay { stay, then: HalfOpenEnd::Closed }),
        1 => Ok(TrialTimeout::Stay { stay, then: HalfOpenEnd::Open }),
        other => unusable(format!("unknown half_open_max_wait_to {other}")),
    }
}

fn state(number: u8) -> Verdict<State> {
    Ok(match number {
        0 => State::Closed,
        1 => State::Open,
        2 => State::HalfOpen,
        3 => State::Disabled,
        4 => State::ForcedOpen,
        5 => State::MetricsOnly,
        _ => return unusable(format!("unknown state {number}")),
    })
}

pub(crate) fn replay_on<M: Machine>(
    breaker: &M,
    keeps: &impl Keeps,
    (events, rejections): (&Events, &Rejections),
    begin: Begin,
    ops: &[Op<'_>],
) -> Verdict {
    let mut published = String::new();
    for op in ops {
        let at = begin.instant(op.number(0)?);
        let answer = step(breaker, op, at, begin)?;
        let seen = breaker.metrics(at);
        op.expect(4, "r", answer)?;
        op.expect(5, "state", seen.state as u8)?;
        if keeps.counts(seen.state) {
            op.expect(6, "buffered", seen.calls)?;
            op.expect(7, "failed", seen.failed)?;
            op.expect(8, "slow", seen.slow)?;
        }
        if keeps.slow_failed(seen.state) {
            op.expect(9, "slow_failed", seen.slow_failed)?;
        }
        op.expect(10, "not_permitted", rejections.of(seen.generation))?;
        published.clear();
        events.drain(|event| write(&mut published, event));
        op.expect_text("events", &compared(op)?, &published)?;
    }
    if events.dropped() != 0 {
        return unusable("an operation with more events than the journal holds");
    }
    Ok(())
}

/// Does what the trace did; what it answered.
fn step<M: Machine>(breaker: &M, op: &Op<'_>, at: Nanos, begin: Begin) -> Verdict<i8> {
    use Outcome::{Failure, Success};
    let length = || op.number(2).map(Nanos::new);
    let wait = |field| op.number(field).map(|ms| begin.scaled(Nanos::from_millis(ms)));
    let time = |field| op.number(field).map(|t| begin.instant(t));
    let allowed = |yes| if yes { 1 } else { -1 };
    match op.text(1)? {
        "acq" => return Ok(i8::from(breaker.enter(at))),
        "ok" | "unr" | "rok" => breaker.record(Success, length()?, at),
        "err" | "rbad" | "xbadf" => breaker.record(Failure, length()?, at),
        "ign" | "rel" => breaker.release(at),
        "xokf" => breaker.record_and_open_for(Success, length()?, wait(3)?, at),
        "xerrf" => breaker.record_and_open_for(Failure, length()?, wait(3)?, at),
        "xoku" => breaker.record_and_open_until(Success, length()?, time(3)?, at),
        "xerru" => breaker.record_and_open_until(Failure, length()?, time(3)?, at),
        "tofor" => return Ok(allowed(breaker.open_for(wait(2)?, at))),
        "tountil" => return Ok(allowed(breaker.open_until(time(2)?, at))),
        "reset" => breaker.reset(at),
        "nop" => breaker.settle(at),
        to => match to.strip_prefix("to").and_then(|n| n.parse().ok()).map(state) {
            Some(to) => return Ok(allowed(breaker.transition(to?, at))),
            None => return op.unusable("unknown op"),
        },
    }
    Ok(1)
}

/// The recorded events without those of single results: `S`, `E` and `I` are the host's to tell.
fn compared(op: &Op<'_>) -> Verdict<String> {
    let mut kept = String::new();
    for event in op.text(11)?.split_ascii_whitespace() {
        match event.as_bytes() {
            b"S" | b"E" | b"I" => {}
            b"N" | b"F" | b"W" | b"R" | [b'T', b'0'..=b'5', b'0'..=b'5'] => push(&mut kept, event),
            _ => return op.unusable("unknown event"),
        }
    }
    Ok(kept)
}

fn push(events: &mut String, event: &str) {
    if !events.is_empty() {
        events.push(' ');
    }
    events.push_str(event);
}

/// Our event in the trace's letters.
fn write(events: &mut String, event: Event) {
    match event.kind {
        // The reference counts these refusals and does not publish them.
        EventKind::Refused(refusal) if refusal.reason == Reason::ForcedOpen => {}
        EventKind::Refused(_) => push(events, "N"),
        EventKind::Tripped(trip) => push(events, if trip.rule == Rule::SlowRate { "W" } else { "F" }),
        EventKind::Transition { from, to } => push(events, &format!("T{}{}", from as u8, to as u8)),
        EventKind::Reset => push(events, "R"),
        other => push(events, &format!("{other:?}")),
    }
}
