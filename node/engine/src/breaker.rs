//! The circuit breaker, its window sized at run time.

use crate::entrance::Handed;
use crate::io::{DONE, Fault, Io, Told, UNKNOWN};
use crate::settings::{self, Room};
use crate::time;
use alloc::vec;
use alloc::vec::Vec;
use overcurrent::breaker::{Bucket, CountHistory, EitherHistory, LivePolicy, RawPermit, RingWord, TimeHistory};
use overcurrent::event::Rejections;
use overcurrent::{At, Counters, EventKind, Gate, Journal, Nanos, NeedsTime, Outcome, Permit, Refusal, State};

/// Refusals of the state; events until they are told; totals.
type Observed = (Rejections, (Journal<64>, Counters));
type Storage = EitherHistory<Vec<RingWord>, Vec<Bucket>>;

/// A breaker over calls or over time.
pub struct Breaker(overcurrent::Breaker<Storage, LivePolicy, Observed>);

fn ring(outcomes: u32) -> Vec<RingWord> {
    (0..outcomes.div_ceil(16)).map(|_| RingWord::new()).collect()
}

const STATES: [State; 6] =
    [State::Closed, State::Open, State::HalfOpen, State::Disabled, State::ForcedOpen, State::MetricsOnly];

fn state(number: f64) -> State {
    STATES.get(number as usize).copied().unwrap_or_default()
}

impl Breaker {
    /// A breaker by the settings in `io` ([`settings::policy`]), then the state it begins in; `at` is now.
    ///
    /// # Errors
    /// The first setting out of its range.
    pub fn new(io: &mut Io<'_>, at: At) -> Result<Self, Told> {
        let (policy, Room { outcomes, slices }) = settings::policy(io, 0)?;
        let begin = state(io.get(settings::NUMBERS));
        let observed = (Rejections::new(), (Journal::new(), Counters::new()));
        let ring = ring(outcomes);
        let storage: Storage = if slices == 0 {
            CountHistory::over(ring).into()
        } else {
            TimeHistory::over((0..slices).map(|_| Bucket::new()).collect(), ring).into()
        };
        let made = overcurrent::Breaker::over(LivePolicy::new(policy), storage, observed);
        Ok(Self(io.made(made)?.starting(begin, at)))
    }

    fn journal(&self) -> &Journal<64> {
        &self.0.observer().1.0
    }

    /// Writes the oldest event that was not told yet: its time, its kind and what that kind has to say.
    fn pop_event(&self, io: &mut Io<'_>) -> f64 {
        let Some(event) = self.journal().pop() else { return DONE };
        let at = time::ms(event.at);
        match event.kind {
            EventKind::Refused(refusal) => {
                io.put(&[at, 0.0, f64::from(refusal.reason as u8), time::wait(refusal.retry_after)]);
            }
            EventKind::Tripped(trip) => io.put(&[
                at,
                1.0,
                f64::from(trip.rule as u8),
                f64::from(trip.calls),
                f64::from(trip.counted),
                f64::from(trip.threshold),
            ]),
            EventKind::Transition { from, to } => io.put(&[at, 2.0, f64::from(from as u8), f64::from(to as u8)]),
            _ => io.put(&[at, 3.0]),
        }
        1.0
    }

    fn metrics(&self, io: &mut Io<'_>, at: At) {
        let now = self.0.metrics(at);
        let (rejections, (journal, counters)) = self.0.observer();
        let counts = counters.get();
        io.put(&[
            f64::from(now.state as u8),
            f64::from(now.calls),
            f64::from(now.failed),
            f64::from(now.slow),
            f64::from(now.slow_failed),
            rejections.of(now.generation) as f64,
            f64::from(now.attempts),
            counts.refusals() as f64,
            counts.trips as f64,
            counts.transitions as f64,
            journal.dropped() as f64,
        ]);
    }

    fn explain(&self, io: &mut Io<'_>, at: At) {
        let said = self.0.explain(at);
        let share = |rate: Option<u32>| rate.map_or(f64::NAN, |rate| f64::from(rate) / 1e5);
        let threshold = |rate: u32| share((rate != 0).then_some(rate));
        io.put(&[
            f64::from(said.metrics.state as u8),
            said.refusal.map_or(-1.0, |refusal| f64::from(refusal.reason as u8)),
            time::wait(said.refusal.and_then(|refusal| refusal.retry_after)),
            said.rule_met.map_or(-1.0, |trip| f64::from(trip.rule as u8)),
            f64::from(said.metrics.calls),
            f64::from(said.metrics.failed),
            f64::from(said.metrics.slow),
            share(said.failure_rate),
            share(said.slow_rate),
            threshold(said.failure_rate_threshold),
            threshold(said.slow_rate_threshold),
            f64::from(said.min_calls),
            f64::from(said.trials_left),
            time::wait(said.deadline.map(|deadline| deadline - at.now)),
        ]);
    }

    fn record(&self, io: &Io<'_>, at: At) {
        let outcome = match io.get(1) {
            0.0 => Outcome::Success,
            1.0 => Outcome::Failure,
            _ => Outcome::Ignored,
        };
        let length = io.nanos(2);
        match io.get(3) {
            1.0 => self.0.untracked().record_and_open_for(outcome, length, io.nanos(4), at),
            2.0 => self.0.untracked().record_and_open_until(outcome, length, io.nanos(4), at),
            _ => self.0.untracked().record(outcome, length, at),
        };
    }

    fn snapshot(&self, io: &mut Io<'_>, at: At) -> f64 {
        // A frame holds at most 64 KiB.
        let mut room = vec![0; io.0.len().min(1 << 17)];
        match self.0.snapshot(&mut room, at) {
            Ok(length) => io.put_bytes(room.get(..length).unwrap_or_default()),
            Err(error) => error.tell(io),
        }
    }

    fn reconfigure(&self, io: &mut Io<'_>, at: At) -> f64 {
        match settings::policy(io, 1) {
            Ok((policy, _)) => io.done(self.0.reconfigure(policy, at)),
            Err(Told(fault)) => fault,
        }
    }
}

/// What a breaker can be asked; the time is the first number of the question.
#[allow(missing_docs, reason = "each is the operation of its name")]
pub mod op {
    pub const STATE: u32 = 0;
    pub const METRICS: u32 = 1;
    pub const EXPLAIN: u32 = 2;
    pub const MOVE: u32 = 3;
    pub const OPEN_FOR: u32 = 4;
    pub const OPEN_UNTIL: u32 = 5;
    pub const RESET: u32 = 6;
    pub const SETTLE: u32 = 7;
    pub const RECORD: u32 = 8;
    pub const RELEASE: u32 = 9;
    pub const EVENT: u32 = 10;
    pub const RECONFIGURE: u32 = 11;
    pub const SNAPSHOT: u32 = 12;
    pub const RESTORE: u32 = 13;
    pub const NEXT_DEADLINE: u32 = 14;
}

impl Handed for Breaker {
    fn ask(&self, op: u32, io: &mut Io<'_>, at: At, _: Option<(Refusal, At)>) -> f64 {
        match op {
            op::STATE => return f64::from(self.0.state(at) as u8),
            op::METRICS => self.metrics(io, at),
            op::EXPLAIN => self.explain(io, at),
            op::MOVE => return io.done(self.0.transition(state(io.get(1)), at)),
            op::OPEN_FOR => return io.done(self.0.open_for(io.nanos(1), at)),
            op::OPEN_UNTIL => return io.done(self.0.open_until(io.nanos(1), at)),
            op::RESET => self.0.reset(at),
            op::SETTLE => self.0.settle(at),
            op::RECORD => self.record(io, at),
            op::RELEASE => self.0.untracked().release(at),
            op::EVENT => return self.pop_event(io),
            op::RECONFIGURE => return self.reconfigure(io, at),
            op::SNAPSHOT => return self.snapshot(io, at),
            op::RESTORE => return io.done(self.0.restore(&io.bytes(2), io.nanos(1), at)),
            op::NEXT_DEADLINE => return time::wait(self.0.next_deadline(at)),
            _ => return UNKNOWN,
        }
        DONE
    }
    #[inline]
    fn news(&self) -> bool {
        !self.journal().is_empty()
    }
    #[inline]
    fn pack(permit: Permit) -> Result<u32, Permit> {
        Ok(permit.into_raw().word)
    }
    #[inline]
    fn unpack(&self, word: u32) -> Option<Permit> {
        Some(Permit::from_raw(RawPermit { entered: 0, word }))
    }
}

/// As part of a pipeline, and through an [`Entrance`](crate::entrance::Entrance).
impl Gate for Breaker {
    type Permit = Permit;

    fn judge(&self, cost: u32, at: At) -> Result<(), Refusal> {
        self.0.judge(cost, at)
    }
    #[inline]
    fn enter(&self, _: u32, at: At) -> Result<Permit, Refusal> {
        self.0.enter(at)
    }
    #[inline]
    fn leave(&self, permit: Permit, outcome: Outcome, at: At) {
        self.0.leave(permit, outcome, at);
    }
    fn leave_and_hold(&self, permit: Permit, outcome: Outcome, until: Nanos, at: At) {
        self.0.leave_and_open_until(permit, outcome, until, at);
    }
    fn cancel(&self, permit: Permit) {
        self.0.cancel(permit);
    }
    fn refused(&self, cost: u32, refusal: Refusal, at: At) {
        Gate::refused(&self.0, cost, refusal, at);
    }
    #[inline]
    fn needs_clock(&self) -> bool {
        self.0.needs_clock()
    }
    #[inline]
    fn enter_untimed(&self, _: u32) -> Result<Permit, NeedsTime> {
        self.0.enter_untimed()
    }
    #[inline]
    fn leave_untimed(&self, permit: Permit, outcome: Outcome) -> Result<(), NeedsTime> {
        self.0.leave_untimed(permit, outcome)
    }
    fn settle(&self, at: At) {
        self.0.settle(at);
    }
    fn next_deadline(&self, at: At) -> Option<Nanos> {
        self.0.next_deadline(at)
    }
}
