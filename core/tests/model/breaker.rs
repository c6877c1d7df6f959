//! The circuit breaker, as one would write it on an afternoon: a queue of outcomes and an enum.

use super::choices::{Choices, Clock};
use overcurrent::breaker::{HalfOpenEnd, History, Permit, Settings, TimeBreaker};
use overcurrent::{
    At, Breaker, BreakerConfig, ConfigError, CountBreaker, LiveCountBreaker, Nanos, OpenFor, Outcome, Policy, Reason,
    State, TrialTimeout, Window,
};
use std::collections::VecDeque;

/// A breaker's settings in the open.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub window: Window,
    pub min_calls: u32,
    /// Parts per 100,000; 0 = off, as in the following.
    pub failure_rate: u32,
    pub slow_rate: u32,
    pub slow_call: u64,
    pub failure_count: u32,
    pub consecutive_failures: u32,
    pub open_for: OpenFor,
    pub trial_calls: u16,
    pub trial_min: u16,
    pub trial_timeout: TrialTimeout,
    pub auto_half_open: bool,
}

impl Plan {
    pub fn build(&self) -> Result<Policy, ConfigError> {
        let mut config = BreakerConfig::new(self.window)
            .min_calls(self.min_calls)
            .failure_count(self.failure_count)
            .consecutive_failures(self.consecutive_failures)
            .open_for(self.open_for)
            .trial_calls(self.trial_calls)
            .trial_min(self.trial_min)
            .trial_timeout(self.trial_timeout)
            .auto_half_open(self.auto_half_open);
        config = if self.failure_rate == 0 { config.no_failure_rate() } else { config.failure_rate(self.failure_rate) };
        if self.slow_rate != 0 {
            config = config.slow_call(Nanos::new(self.slow_call), self.slow_rate);
        }
        config.build()
    }

    fn drawn(choices: &mut Choices<'_>, window: Window, most: u32) -> Self {
        let trial_calls = choices.within(1, 12) as u16;
        let wait = Nanos::new(choices.pick(&[1, 1_000, 65_536, 1_000_000_000, u64::MAX]));
        let timeout = Nanos::new(choices.pick(&[1, 5_000, 70_000, 60_000_000_000, u64::MAX]));
        Self {
            window,
            min_calls: choices.within(1, most),
            failure_rate: choices.pick(&[0, 1, 33_333, 50_000, 66_667, 100_000]),
            slow_rate: choices.pick(&[0, 0, 1, 50_000, 100_000]),
            slow_call: choices.pick(&[1, 100, 1_000_000]),
            failure_count: choices.pick(&[0, 0, 1, most]),
            consecutive_failures: choices.pick(&[0, 0, 1, 3]),
            open_for: if choices.bit() {
                OpenFor::fixed(wait)
            } else {
                let cap = Nanos::from_millis(choices.pick(&[1, 7, 100_000]));
                OpenFor::exponential(Nanos::MILLISECOND, choices.pick(&[1_500, 2_000, 1_000_000]), cap)
            },
            trial_calls,
            trial_min: choices.within(1, u32::from(trial_calls)) as u16,
            trial_timeout: match choices.byte() % 4 {
                0 => TrialTimeout::Never,
                1 => TrialTimeout::Lease(timeout),
                2 => TrialTimeout::Stay { stay: timeout, then: HalfOpenEnd::Open },
                _ => TrialTimeout::Stay { stay: timeout, then: HalfOpenEnd::Closed },
            },
            auto_half_open: choices.bit(),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    generation: u64,
    trial: bool,
    records: bool,
    entered: u64,
}

/// Why it said no, and the wait.
pub type No = (Reason, Option<u64>);

/// One outcome, and the slice of time it was recorded in.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    slice: u64,
    failed: bool,
    slow: bool,
}

pub struct Model {
    /// Closed, and bound to open as soon as the time is known.
    due: bool,
    plan: Plan,
    pub state: State,
    pub generation: u64,
    pub attempts: u32,
    pub calls: VecDeque<Call>,
    /// The newest slice of a time window.
    newest: u64,
    trial_window: bool,
    in_a_row: u32,
    /// Trial permits taken, given back ones off.
    taken: i64,
    deadline: u64,
    /// Outcomes kept beyond the window, for a longer one to come.
    kept: usize,
}

impl Model {
    pub fn new(plan: Plan) -> Self {
        Self {
            due: false,
            plan,
            state: State::Closed,
            generation: 0,
            attempts: 0,
            calls: VecDeque::new(),
            newest: 0,
            trial_window: false,
            in_a_row: 0,
            taken: 0,
            deadline: 0,
            kept: 0,
        }
    }

    fn slice_of(&self, now: u64) -> u64 {
        if let Window::Time { slice, .. } = self.plan.window { now / slice.get() } else { 0 }
    }

    fn permits(&self) -> u32 {
        (i64::from(self.plan.trial_calls) - self.taken).max(0) as u32
    }

    /// The length of the window.
    fn most(&self) -> usize {
        match self.plan.window {
            _ if self.trial_window => usize::from(self.plan.trial_calls),
            Window::Calls(n) => n as usize,
            Window::Time { .. } => usize::MAX,
        }
    }

    /// How many outcomes it holds.
    fn len(&self) -> usize {
        self.calls.len().min(self.most())
    }

    /// The calls in the window that have that property.
    fn count(&self, now: u64, what: impl Fn(&Call) -> bool) -> u32 {
        let newest = self.newest.max(self.slice_of(now));
        let live = |call: &&Call| match self.plan.window {
            Window::Time { buckets, .. } if !self.trial_window => call.slice + u64::from(buckets) > newest,
            _ => true,
        };
        self.calls.iter().rev().take(self.most()).filter(live).filter(|call| what(call)).count() as u32
    }

    /// Calls, failed, slow.
    pub fn totals(&self, now: u64) -> (u32, u32, u32) {
        (self.count(now, |_| true), self.count(now, |call| call.failed), self.count(now, |call| call.slow))
    }

    /// A new stay with an empty window.
    fn turn(&mut self, state: State, attempts: u32, now: u64) {
        self.due = false;
        self.newest = self.slice_of(now);
        self.state = state;
        self.generation += 1;
        self.attempts = attempts.min(127);
        self.calls.clear();
        self.trial_window = state == State::HalfOpen;
        self.in_a_row = 0;
        self.taken = 0;
        self.deadline = 0;
    }

    fn half_open(&mut self, now: u64) {
        self.turn(State::HalfOpen, self.attempts, now);
        if let TrialTimeout::Stay { stay, .. } = self.plan.trial_timeout {
            self.deadline = now.saturating_add(stay.get());
        }
    }

    fn open(&mut self, now: u64, random: u32) {
        self.due = false;
        let wait = self.plan.open_for.wait(self.attempts + 1, random).get();
        self.state = State::Open;
        self.attempts = (self.attempts + 1).min(127);
        self.deadline = now.saturating_add(wait);
    }

    fn open_until(&mut self, deadline: u64) {
        self.due = false;
        self.state = State::Open;
        self.deadline = deadline;
    }

    fn take_permit(&mut self, now: u64) {
        if let (TrialTimeout::Lease(lease), 1) = (self.plan.trial_timeout, self.permits()) {
            self.deadline = now.saturating_add(lease.get());
        }
        self.taken += 1;
    }

    fn reaches(part: u32, total: u32, rate: u32) -> bool {
        rate != 0 && part != 0 && u128::from(part) * 100_000 >= u128::from(rate) * u128::from(total)
    }

    fn must_open(&self, now: u64) -> bool {
        let (n, plan) = (self.count(now, |_| true), &self.plan);
        let (failed, slow) = (self.count(now, |call| call.failed), self.count(now, |call| call.slow));
        n >= plan.min_calls && (Self::reaches(failed, n, plan.failure_rate) || Self::reaches(slow, n, plan.slow_rate))
            || plan.failure_count != 0 && failed >= plan.failure_count
            || plan.consecutive_failures != 0 && self.in_a_row >= plan.consecutive_failures
    }

    fn decide_trials(&mut self, missing: u32, now: u64, random: u32) {
        let rate = if self.plan.failure_rate == 0 { 50_000 } else { self.plan.failure_rate };
        let n = self.len() as u32 + missing;
        let (failed, slow) = (self.count(now, |call| call.failed), self.count(now, |call| call.slow));
        if Self::reaches(failed + missing, n, rate) || Self::reaches(slow, n, self.plan.slow_rate) {
            self.open(now, random);
        } else {
            self.turn(State::Closed, 0, now);
        }
    }

    fn trials_complete(&self) -> bool {
        self.len() as u32 >= u32::from(self.plan.trial_min)
    }

    /// A time limit that should run and does not, after a change of settings or a restart, begins when somebody looks.
    fn begin_late(&mut self, now: u64) {
        if self.state == State::HalfOpen && self.deadline == 0 {
            self.begin_trial_timeout(now);
        }
    }

    fn begin_trial_timeout(&mut self, now: u64) {
        self.deadline = match self.plan.trial_timeout {
            TrialTimeout::Stay { stay: limit, .. } => now.saturating_add(limit.get()),
            TrialTimeout::Lease(limit) if self.permits() == 0 => now.saturating_add(limit.get()),
            _ => 0,
        };
    }

    /// What time alone has changed by `now`. A long chain is cut off after 64 links, as documented.
    pub fn settle_by(&mut self, now: u64, random: u32) {
        if self.due {
            self.open(now, random);
        }
        for round in 0..128 {
            self.begin_late(now);
            let as_of = if round < 64 { self.deadline } else { now };
            match (self.state, self.plan.trial_timeout) {
                (State::Open, _) if self.plan.auto_half_open && now >= self.deadline => self.half_open(as_of),
                (State::HalfOpen, TrialTimeout::Stay { then, .. }) if now >= self.deadline => match then {
                    HalfOpenEnd::Open => self.open(as_of, random),
                    HalfOpenEnd::Closed => self.turn(State::Closed, 0, as_of),
                },
                (State::HalfOpen, TrialTimeout::Lease(_)) if self.permits() == 0 && now > self.deadline => {
                    let missing = u32::from(self.plan.trial_calls).saturating_sub(self.len() as u32);
                    self.decide_trials(missing, as_of, random);
                }
                _ => return,
            }
        }
    }

    pub fn next_deadline(&self) -> Option<u64> {
        match (self.state, self.plan.trial_timeout) {
            (State::Open, _) | (State::HalfOpen, TrialTimeout::Stay { .. }) => Some(self.deadline),
            (State::HalfOpen, TrialTimeout::Lease(_)) if self.permits() == 0 => Some(self.deadline),
            _ => None,
        }
    }

    /// New settings: trials that are out stay out, and a time limit for them that is another one begins anew.
    fn reconfigure(&mut self, plan: Plan, now: u64) {
        let old = std::mem::replace(&mut self.plan, plan);
        if self.state != State::HalfOpen {
            return;
        }
        let leased = matches!(plan.trial_timeout, TrialTimeout::Lease(_));
        if old.trial_timeout != plan.trial_timeout || leased && old.trial_calls != plan.trial_calls {
            self.begin_trial_timeout(now);
        }
    }

    /// A restart, `off` long: trials that had not reported are lost and free again, permits of before change nothing.
    fn restart(&mut self, before: u64, random: u32, off: u64, now: u64) {
        self.settle_by(before, random);
        let left = self.next_deadline().map(|end| end.saturating_sub(before).min(u64::MAX - 1).saturating_sub(off));
        // In half-open 0 is no deadline: one that is over at the beginning of time is over a nanosecond later.
        let first = u64::from(self.state == State::HalfOpen);
        self.deadline = left.map_or(0, |left| now.saturating_add(left).max(first));
        self.generation += 1;
        let lost = self.calls.len() - self.len();
        self.calls.drain(..lost);
        if self.state == State::HalfOpen {
            self.taken = self.calls.len() as i64;
        }
    }

    fn no(&self, reason: Reason, now: u64) -> No {
        // A call comes after an open wait or a lease; what time alone ends is over at the end itself.
        let by_time = match self.state {
            State::Open => self.plan.auto_half_open,
            _ => matches!(self.plan.trial_timeout, TrialTimeout::Stay { .. }),
        };
        // What is over only after the end of time never is.
        let over = self.next_deadline().and_then(|end| end.checked_add(u64::from(!by_time)));
        (reason, over.map(|over| over.saturating_sub(now)))
    }

    pub fn enter(&mut self, now: u64, random: u32) -> Result<Ticket, No> {
        if self.state != State::Closed || self.due {
            self.settle_by(now, random);
        }
        let mut trial = false;
        match self.state {
            State::Closed | State::Disabled | State::MetricsOnly => {}
            State::ForcedOpen => return Err((Reason::ForcedOpen, None)),
            State::Open if now <= self.deadline => return Err(self.no(Reason::BreakerOpen, now)),
            State::HalfOpen if self.permits() == 0 => {
                if !self.trials_complete() {
                    return Err(self.no(Reason::TrialsTaken, now));
                }
                self.decide_trials(0, now, random);
                return self.enter(now, random);
            }
            State::Open | State::HalfOpen => {
                if self.state == State::Open {
                    self.half_open(now);
                }
                self.take_permit(now);
                trial = true;
            }
        }
        let records = self.state != State::Disabled;
        Ok(Ticket { generation: self.generation, trial, records, entered: now })
    }

    /// Whether it was counted.
    fn push(&mut self, generation: u64, limit: usize, failed: bool, slow: bool, now: u64) -> bool {
        if generation != self.generation || self.len() >= limit {
            return false;
        }
        self.newest = self.newest.max(self.slice_of(now));
        self.calls.push_back(Call { slice: self.newest, failed, slow });
        if self.calls.len() > self.most().max(self.kept) {
            self.calls.pop_front();
        }
        if self.plan.consecutive_failures != 0 {
            self.in_a_row = if failed { self.in_a_row + 1 } else { 0 };
        }
        true
    }

    fn record(&mut self, generation: u64, trial: bool, failed: bool, slow: bool, now: u64, random: u32) {
        if trial {
            self.settle_by(now, random);
        }
        let deciding = trial && self.state == State::HalfOpen;
        let limit = if deciding { usize::from(self.plan.trial_min) } else { usize::MAX };
        self.push(generation, limit, failed, slow, now);
        if generation != self.generation {
            return;
        }
        match self.state {
            State::Closed if self.must_open(now) => self.open(now, random),
            State::HalfOpen if self.trials_complete() => self.decide_trials(0, now, random),
            _ => {}
        }
    }

    pub fn cancel(&mut self, ticket: Ticket) {
        let here = self.state == State::HalfOpen && ticket.generation == self.generation;
        if ticket.trial && here && self.taken > 0 {
            self.taken -= 1;
        }
    }

    pub fn leave(&mut self, ticket: Ticket, outcome: Outcome, now: u64, random: u32) {
        if outcome == Outcome::Ignored || !ticket.records {
            return self.cancel(ticket);
        }
        let slow = self.is_slow(now.saturating_sub(ticket.entered));
        self.record(ticket.generation, ticket.trial, outcome == Outcome::Failure, slow, now, random);
    }

    fn is_slow(&self, length: u64) -> bool {
        self.plan.slow_rate != 0 && length > self.plan.slow_call
    }

    /// Whether the time is needed to go on.
    pub fn leave_untimed(&mut self, ticket: Ticket, outcome: Outcome) -> bool {
        if outcome == Outcome::Ignored {
            return false;
        }
        let counted = self.push(ticket.generation, usize::MAX, outcome == Outcome::Failure, false, 0);
        let due = counted && self.state == State::Closed && self.must_open(0);
        self.due |= due;
        due
    }

    pub fn settle(&mut self, now: u64, random: u32) {
        self.settle_by(now, random);
        // Only a result trips a closed one, whatever time or new settings make of its window.
        if self.state == State::HalfOpen && self.trials_complete() {
            self.decide_trials(0, now, random);
        }
    }

    pub fn record_untracked(&mut self, outcome: Outcome, length: u64, now: u64, random: u32) {
        self.settle_by(now, random);
        match (outcome, self.state) {
            (Outcome::Ignored, State::HalfOpen) => self.taken -= 1,
            (Outcome::Ignored, _) | (_, State::Disabled | State::ForcedOpen) => {}
            _ => {
                let slow = self.is_slow(length);
                self.record(self.generation, self.trial_window, outcome == Outcome::Failure, slow, now, random);
            }
        }
    }

    /// An answer that asks for peace: until the later of that time and what holds already.
    pub fn hold_open(&mut self, generation: u64, deadline: u64, now: u64, random: u32) {
        if self.generation != generation {
            return;
        }
        self.settle_by(now, random);
        match self.state {
            _ if self.generation != generation => {}
            State::Closed => self.open_until(deadline),
            State::Open => self.deadline = self.deadline.max(deadline),
            _ => {}
        }
    }

    /// Whether the state machine has that transition.
    pub fn transition(&mut self, to: State, until: Option<u64>, now: u64, random: u32) -> bool {
        self.settle_by(now, random);
        match (self.state, to) {
            (State::Closed, State::HalfOpen) | (State::MetricsOnly, State::Open | State::HalfOpen) => return false,
            (_, State::Open) => match until {
                Some(deadline) => self.open_until(deadline),
                None => self.open(now, random),
            },
            (_, State::HalfOpen) => self.half_open(now),
            (_, State::ForcedOpen) => self.turn(to, self.attempts + 1, now),
            _ => self.turn(to, 0, now),
        }
        true
    }
}

const OUTCOMES: [Outcome; 4] = [Outcome::Success, Outcome::Failure, Outcome::Failure, Outcome::Ignored];
const STATES: [State; 6] =
    [State::Closed, State::Open, State::HalfOpen, State::Disabled, State::ForcedOpen, State::MetricsOnly];

/// Plays one history to a breaker over a count window and its model.
pub fn play(bytes: &[u8]) {
    let mut choices = Choices::of(bytes);
    let window = choices.within(1, 32);
    let plan = Plan::drawn(&mut choices, Window::calls(window), window);
    let breaker =
        CountBreaker::<2>::new(plan.build().expect("drawn within the ranges")).expect("the ring is large enough");
    let clock = Clock::starting(&mut choices, 1_000, u64::MAX - 1);
    Game { clock, choices, plan, breaker, permits: vec![], untimed: vec![] }.play();
}

/// Plays one history to a breaker over a time window and its model.
pub fn play_time(bytes: &[u8]) {
    let mut choices = Choices::of(bytes);
    let slice = Nanos::from_millis(choices.pick(&[1, 7, 1_000]));
    let window = Window::Time { slice, buckets: choices.within(1, 8) };
    let plan = Plan::drawn(&mut choices, window, 10);
    let breaker = TimeBreaker::<8>::new(plan.build().expect("drawn within the ranges")).expect("eight buckets");
    // Slice numbers have 42 bits.
    let clock = Clock::starting(&mut choices, slice.get() / 16, (1 << 42) * 1_000_000 - 1);
    Game { clock, choices, plan, breaker, permits: vec![], untimed: vec![] }.play();
}

/// Plays one history to a breaker whose settings change between the calls, and its model.
pub fn play_live(bytes: &[u8]) {
    let mut choices = Choices::of(bytes);
    let drawn = |choices: &mut Choices<'_>| {
        let window = choices.within(1, 32);
        Plan::drawn(choices, Window::calls(window), window)
    };
    let plan = drawn(&mut choices);
    let breaker = LiveCountBreaker::<2>::live(plan.build().expect("drawn within the ranges")).expect("it fits");
    let clock = Clock::starting(&mut choices, 1_000, u64::MAX - 1);
    let mut game = Game { clock, choices, plan, breaker, permits: vec![], untimed: vec![] };
    let mut model = Model::new(plan);
    model.kept = 32; // what the ring holds
    while !game.choices.is_over() {
        let at = At::from(Nanos::new(game.clock.read(&mut game.choices)));
        if game.choices.byte() % 8 == 0 {
            let plan = drawn(&mut game.choices);
            game.breaker.reconfigure(plan.build().expect("drawn within the ranges"), at).expect("it fits, nobody else");
            game.plan = plan;
            model.reconfigure(plan, at.now.get());
        } else {
            game.step(&mut model, at);
        }
        game.compare(&mut model, at);
    }
}

struct Game<'a, H, P = Policy> {
    choices: Choices<'a>,
    clock: Clock,
    plan: Plan,
    breaker: Breaker<H, P>,
    permits: Vec<(Permit, Ticket)>,
    untimed: Vec<(Permit, Ticket)>,
}

impl<H: History, P: Settings> Game<'_, H, P> {
    fn play(mut self) {
        let mut model = Model::new(self.plan);
        while !self.choices.is_over() {
            let at = At::from(Nanos::new(self.clock.read(&mut self.choices)));
            let at = if self.choices.bit() { at.with_random(self.choices.u32()) } else { at };
            self.step(&mut model, at);
            self.compare(&mut model, at);
        }
    }

    fn step(&mut self, model: &mut Model, at: At) {
        let (now, random) = (at.now.get(), at.random);
        let (b, choices) = (&self.breaker, &mut self.choices);
        match choices.byte() % 16 {
            0..=4 => match (b.enter(at), model.enter(now, random)) {
                (Ok(permit), Ok(ticket)) => self.permits.push((permit, ticket)),
                (Err(no), Err(expected)) => assert_eq!((no.reason, no.retry_after.map(Nanos::get)), expected),
                (got, expected) => panic!("enter at {at:?}: {got:?}, the model says {expected:?}"),
            },
            5..=8 => {
                if let Some((permit, ticket)) = choices.take(&mut self.permits) {
                    let outcome = choices.pick(&OUTCOMES);
                    let generation = ticket.generation;
                    model.leave(ticket, outcome, now, random);
                    match choices.byte() % 8 {
                        0 => {
                            let wait = choices.length();
                            b.leave_and_open_for(permit, outcome, Nanos::new(wait), at);
                            model.hold_open(generation, now.saturating_add(wait), now, random);
                        }
                        1 => {
                            let time = now.saturating_add(choices.length());
                            b.leave_and_open_until(permit, outcome, Nanos::new(time), at);
                            model.hold_open(generation, time, now, random);
                        }
                        _ => b.leave(permit, outcome, at),
                    }
                }
            }
            9 => {
                if let Some((permit, ticket)) = choices.take(&mut self.permits) {
                    b.cancel(permit);
                    model.cancel(ticket);
                }
            }
            10 => {
                let got = b.enter_untimed();
                let untimed =
                    matches!(self.plan.window, Window::Calls(_)) && model.state == State::Closed && !model.due;
                assert_eq!(got.is_ok(), untimed, "enter_untimed");
                if let Ok(permit) = got {
                    let ticket = Ticket { generation: model.generation, trial: false, records: true, entered: 0 };
                    self.untimed.push((permit, ticket));
                }
            }
            11 => {
                if let Some((permit, ticket)) = choices.take(&mut self.untimed) {
                    let outcome = choices.pick(&OUTCOMES);
                    assert_eq!(b.leave_untimed(permit, outcome).is_err(), model.leave_untimed(ticket, outcome));
                }
            }
            12 => {
                b.settle(at);
                model.settle(now, random);
            }
            13 if matches!(self.plan.window, Window::Calls(_)) && choices.byte() % 4 == 0 => {
                let (off, later) = (choices.length(), self.clock.read(choices));
                let mut page = [0; 64];
                b.snapshot(&mut page, at).expect("it fits");
                b.restore(&page, Nanos::new(off), Nanos::new(later)).expect("a snapshot of its own");
                model.restart(now, random, off, later);
            }
            13 => {
                let (outcome, length) = (choices.pick(&OUTCOMES), choices.length());
                model.record_untracked(outcome, length, now, random);
                b.untracked().record(outcome, Nanos::new(length), at);
            }
            14 => {
                let to = choices.pick(&STATES);
                let allowed = model.transition(to, None, now, random);
                assert_eq!(b.transition(to, at).is_ok(), allowed, "to {to}");
            }
            _ => {
                let length = choices.length();
                let time = if choices.bit() { length } else { now.saturating_add(length) };
                let allowed = model.transition(State::Open, Some(time), now, random);
                assert_eq!(b.open_until(Nanos::new(time), at).is_ok(), allowed, "open_until");
            }
        }
    }

    fn compare(&self, model: &mut Model, at: At) {
        model.begin_late(at.now.get());
        let deadline = self.breaker.next_deadline(at).map(Nanos::get);
        assert_eq!(deadline, model.next_deadline(), "deadline at {at:?}, {:?}", self.plan);
        // Looking settles what is due, so not after every step.
        if at.now.get() & 1 == 0 {
            return;
        }
        model.settle_by(at.now.get(), at.random);
        let seen = self.breaker.metrics(at);
        let expected = (model.state, (model.generation & 0xffff) as u16, u32::from(seen.attempts));
        assert_eq!((seen.state, seen.generation, model.attempts), expected, "at {at:?}, {:?}", self.plan);
        let count = |what: fn(&Call) -> bool| model.count(at.now.get(), what);
        let counts = (count(|_| true), count(|c| c.failed), count(|c| c.slow), count(|c| c.failed && c.slow));
        assert_eq!((seen.calls, seen.failed, seen.slow, seen.slow_failed), counts, "at {at:?}, {:?}", self.plan);
        let explained = Breaker::explain(&self.breaker, at);
        let refusal = explained.refusal.map(|no| (no.reason, no.retry_after.map(Nanos::get)));
        let expected = match model.state {
            State::Closed | State::Disabled | State::MetricsOnly => None,
            State::ForcedOpen => Some((Reason::ForcedOpen, None)),
            State::Open if at.now.get() > model.deadline => None,
            State::Open => Some(model.no(Reason::BreakerOpen, at.now.get())),
            State::HalfOpen if model.permits() > 0 => None,
            State::HalfOpen => Some(model.no(Reason::TrialsTaken, at.now.get())),
        };
        assert_eq!(refusal, expected, "explain at {at:?}, {:?}", self.plan);
    }
}
