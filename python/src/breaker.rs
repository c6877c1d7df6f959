//! The circuit breaker.

use crate::errors::{self, invalid, named_state, refused, wrong};
use crate::events::{Listeners, Observed, Subscription, rule_name};
use crate::guard::{Guard, Target, Token};
use crate::rules::Rules;
use crate::settings::Settings;
use crate::time::{HostClock, ManualClock, nanos, seconds};
use overcurrent::breaker::{Bucket, CountHistory, LivePolicy, ReconfigureError, RingWord, TimeHistory};
use overcurrent::event::Rejections;
use overcurrent::{At, Clock, Gate, Journal, Nanos, NeedsTime, Outcome, Permit, Refusal, SnapshotError, State};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Calls = overcurrent::Breaker<CountHistory<Vec<RingWord>>, LivePolicy, Observed>;
type Time = overcurrent::Breaker<TimeHistory<Vec<Bucket>, Vec<RingWord>>, LivePolicy, Observed>;

/// The engine's breaker, over calls or over time.
enum Engine {
    Calls(Calls),
    Time(Time),
}

macro_rules! on {
    ($core:expr, $breaker:ident => $answer:expr) => {
        match &$core.engine {
            Engine::Calls($breaker) => $answer,
            Engine::Time($breaker) => $answer,
        }
    };
}

pub struct BreakerCore {
    name: Py<PyAny>,
    pub label: String,
    engine: Engine,
    pub clock: HostClock,
    pub rules: Rules,
    pub listeners: Listeners,
    settings: Mutex<Settings>,
}

impl BreakerCore {
    fn now(&self) -> At {
        self.clock.now()
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what happened, if anything did.
    #[inline]
    pub fn tell(&self, py: Python<'_>) {
        let journal = on!(self, b => &b.observer().1);
        self.listeners.tell(py, &self.name, journal);
    }

    #[inline]
    pub fn admit(&self, guard: &Bound<'_, Guard>) -> PyResult<Token> {
        let entered = on!(self, b => match b.needs_clock() {
            false => b.enter_untimed().map(|permit| (permit, false)),
            true => Err(NeedsTime),
        }
        .or_else(|NeedsTime| b.enter(self.clock.fast_now()).map(|permit| (permit, true))));
        self.tell(guard.py());
        match entered {
            Ok((permit, timed)) => Ok(Token::Breaker { permit, timed }),
            Err(refusal) => Err(refused(guard.as_any(), &self.label, refusal)),
        }
    }

    pub fn report(&self, py: Python<'_>, permit: Permit, timed: bool, outcome: Outcome, hold: Option<Nanos>) {
        on!(self, b => match hold {
            Some(wait) => {
                let at = self.clock.fast_now();
                b.leave_and_open_for(timed_permit(permit, timed, at), outcome, wait, at);
            }
            None if timed => b.leave(permit, outcome, self.clock.fast_now()),
            None => {
                if b.leave_untimed(permit, outcome).is_err() {
                    b.settle(self.clock.fast_now());
                }
            }
        });
        self.tell(py);
    }

    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.name)?;
        self.rules.traverse(visit)?;
        self.listeners.traverse(visit)
    }

    /// For the collector. What the rules refer to stays: a cycle through them has a function in it, which can be cleared.
    pub fn forget_listeners(&self) {
        self.listeners.forget_all();
    }
}

/// A permit that was taken without the time counts as taken now: it must not look slow.
fn timed_permit(permit: Permit, timed: bool, at: At) -> Permit {
    if timed {
        return permit;
    }
    let mut raw = permit.into_raw();
    raw.entered = at.now.get();
    Permit::from_raw(raw)
}

/// As part of a pipeline.
impl Gate for BreakerCore {
    type Permit = Permit;

    fn judge(&self, cost: u32, at: At) -> Result<(), Refusal> {
        on!(self, b => b.judge(cost, at))
    }
    fn enter(&self, cost: u32, at: At) -> Result<Permit, Refusal> {
        on!(self, b => Gate::enter(b, cost, at))
    }
    fn leave(&self, permit: Permit, outcome: Outcome, at: At) {
        on!(self, b => Gate::leave(b, permit, outcome, at));
    }
    fn leave_and_hold(&self, permit: Permit, outcome: Outcome, until: Nanos, at: At) {
        on!(self, b => Gate::leave_and_hold(b, permit, outcome, until, at));
    }
    fn cancel(&self, permit: Permit) {
        on!(self, b => Gate::cancel(b, permit));
    }
    #[inline]
    fn needs_clock(&self) -> bool {
        on!(self, b => b.needs_clock())
    }
    #[inline]
    fn enter_untimed(&self, _: u32) -> Result<Permit, NeedsTime> {
        on!(self, b => b.enter_untimed())
    }
    #[inline]
    fn leave_untimed(&self, permit: Permit, outcome: Outcome) -> Result<(), NeedsTime> {
        on!(self, b => b.leave_untimed(permit, outcome))
    }
    fn settle(&self, at: At) {
        on!(self, b => b.settle(at));
    }
    fn refused(&self, cost: u32, refusal: Refusal, at: At) {
        on!(self, b => Gate::refused(b, cost, refusal, at));
    }
}

fn ring(outcomes: u32) -> Vec<RingWord> {
    (0..outcomes.div_ceil(16)).map(|_| RingWord::new()).collect()
}

#[pyclass(frozen, subclass, extends = Guard, module = "overcurrent._native", name = "Breaker")]
pub struct Breaker(pub Arc<BreakerCore>);

#[pymethods]
impl Breaker {
    #[new]
    #[pyo3(signature = (name, *, failures = None, ignore = None, failure_result = None, state = "closed", clock = None, **settings))]
    fn new(
        name: &Bound<'_, PyString>,
        failures: Option<&Bound<'_, PyAny>>,
        ignore: Option<&Bound<'_, PyAny>>,
        failure_result: Option<&Bound<'_, PyAny>>,
        state: &str,
        clock: Option<&Bound<'_, ManualClock>>,
        settings: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let settings = Settings::default().with(settings)?;
        let policy = settings.build()?;
        let clock = HostClock::of(clock);
        let begin = (named_state(state)?, clock.now());
        let observed: Observed = (Rejections::new(), Journal::new());
        let (outcomes, slices) = settings.room();
        let engine = if slices == 0 {
            let history = CountHistory::over(ring(outcomes));
            let breaker = overcurrent::Breaker::over(LivePolicy::new(policy), history, observed).map_err(wrong)?;
            Engine::Calls(breaker.starting(begin.0, begin.1))
        } else {
            let slices = (0..slices).map(|_| Bucket::new()).collect();
            let history = TimeHistory::over(slices, ring(outcomes));
            let breaker = overcurrent::Breaker::over(LivePolicy::new(policy), history, observed).map_err(wrong)?;
            Engine::Time(breaker.starting(begin.0, begin.1))
        };
        let core = Arc::new(BreakerCore {
            name: name.clone().into_any().unbind(),
            label: name.to_string(),
            engine,
            clock,
            rules: Rules::new(failures, ignore, failure_result)?,
            listeners: Listeners::default(),
            settings: Mutex::new(settings),
        });
        Ok(PyClassInitializer::from(Guard(Target::Breaker(Arc::clone(&core)))).add_subclass(Self(core)))
    }

    /// The state now; time alone may have changed it.
    #[getter]
    fn state(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let state = on!(self.0, b => b.state(self.0.now()));
        self.0.tell(py);
        errors::state(py, state)
    }

    /// The numbers of the window.
    fn stats(&self, py: Python<'_>) -> PyResult<Stats> {
        let stats = on!(self.0, b => {
            let metrics = b.metrics(self.0.now());
            Stats {
                state: errors::state(py, metrics.state)?,
                calls: metrics.calls,
                failed: metrics.failed,
                slow: metrics.slow,
                slow_failed: metrics.slow_failed,
                refused: b.observer().0.of(metrics.generation),
                trips: metrics.attempts,
            }
        });
        self.0.tell(py);
        Ok(stats)
    }

    /// Why it admits or refuses, in numbers.
    fn explain(&self, py: Python<'_>) -> PyResult<Explanation> {
        let at = self.0.now();
        let said = on!(self.0, b => b.explain(at));
        self.0.tell(py);
        let share = |rate: u32| f64::from(rate) / 1e5;
        Ok(Explanation {
            name: self.0.name.clone_ref(py),
            state: errors::state(py, said.metrics.state)?,
            reason: said.refusal.map(|refusal| refusal.reason.name()),
            retry_after: said.refusal.and_then(|refusal| refusal.retry_after).map(seconds),
            rule_met: said.rule_met.map(|trip| rule_name(trip.rule)),
            calls: said.metrics.calls,
            failed: said.metrics.failed,
            slow: said.metrics.slow,
            failure_rate: said.failure_rate.map(share),
            slow_rate: said.slow_rate.map(share),
            failure_rate_threshold: (said.failure_rate_threshold != 0).then(|| share(said.failure_rate_threshold)),
            slow_rate_threshold: (said.slow_rate_threshold != 0).then(|| share(said.slow_rate_threshold)),
            min_calls: said.min_calls,
            trials_left: said.trials_left,
            deadline_in: said.deadline.map(|deadline| seconds(deadline - at.now)),
        })
    }

    /// Closes it, with an empty window.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.go(py, State::Closed)
    }

    /// Opens it for as long as a trip would.
    fn open(&self, py: Python<'_>) -> PyResult<()> {
        self.go(py, State::Open)
    }

    /// Lets trial calls through, if it is open.
    fn half_open(&self, py: Python<'_>) -> PyResult<()> {
        self.go(py, State::HalfOpen)
    }

    /// Lets everything through and records nothing, until told otherwise.
    fn disable(&self, py: Python<'_>) -> PyResult<()> {
        self.go(py, State::Disabled)
    }

    /// Refuses everything, until told otherwise.
    fn force_open(&self, py: Python<'_>) -> PyResult<()> {
        self.go(py, State::ForcedOpen)
    }

    /// Lets everything through and records it, until told otherwise.
    fn metrics_only(&self, py: Python<'_>) -> PyResult<()> {
        self.go(py, State::MetricsOnly)
    }

    /// Opens for that long.
    fn open_for(&self, py: Python<'_>, wait: &Bound<'_, PyAny>) -> PyResult<()> {
        let wait = nanos("wait", wait)?;
        let answer = on!(self.0, b => b.open_for(wait, self.0.now()));
        self.0.tell(py);
        answer.map_err(invalid)
    }

    /// Opens until that time of the breaker's clock (`time.monotonic()`).
    fn open_until(&self, py: Python<'_>, time: &Bound<'_, PyAny>) -> PyResult<()> {
        let time = nanos("time", time)?;
        let answer = on!(self.0, b => b.open_until(time, self.0.now()));
        self.0.tell(py);
        answer.map_err(invalid)
    }

    /// Closed and empty, as if new.
    fn reset(&self, py: Python<'_>) {
        on!(self.0, b => b.reset(self.0.now()));
        self.0.tell(py);
    }

    /// Carries out what time has made due.
    fn settle(&self, py: Python<'_>) {
        on!(self.0, b => b.settle(self.0.now()));
        self.0.tell(py);
    }

    /// A result without a permit, recorded in whatever state there is: for replays and foreign bookkeeping.
    #[pyo3(signature = (outcome, length, *, open_for = None, open_until = None))]
    fn record_untracked(
        &self,
        py: Python<'_>,
        outcome: &str,
        length: &Bound<'_, PyAny>,
        open_for: Option<&Bound<'_, PyAny>>,
        open_until: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let outcome = match outcome {
            "success" => Outcome::Success,
            "failure" => Outcome::Failure,
            "ignored" => Outcome::Ignored,
            other => {
                let told = format!("outcome is {other:?}; allowed are 'success', 'failure' and 'ignored'");
                return Err(PyValueError::new_err(told));
            }
        };
        let length = nanos("length", length)?;
        let wait = open_for.map(|wait| nanos("open_for", wait)).transpose()?;
        let time = open_until.map(|time| nanos("open_until", time)).transpose()?;
        let at = self.0.now();
        on!(self.0, b => match (wait, time) {
            (None, None) => b.untracked().record(outcome, length, at),
            (Some(wait), None) => b.untracked().record_and_open_for(outcome, length, wait, at),
            (None, Some(time)) => b.untracked().record_and_open_until(outcome, length, time, at),
            (Some(_), Some(_)) => return Err(PyTypeError::new_err("open_for and open_until exclude each other")),
        });
        self.0.tell(py);
        Ok(())
    }

    /// Gives a trial permit back without a result and without the permit.
    fn release_untracked(&self, py: Python<'_>) {
        on!(self.0, b => b.untracked().release(self.0.now()));
        self.0.tell(py);
    }

    /// Calls `listener` with every event.
    fn on_event(slf: Bound<'_, Self>, listener: &Bound<'_, PyAny>) -> PyResult<Subscription> {
        let id = slf.get().0.listeners.add(listener, true)?;
        Ok(Subscription { breaker: slf.unbind(), id })
    }

    /// Calls `listener` with every change of state.
    fn on_transition(slf: Bound<'_, Self>, listener: &Bound<'_, PyAny>) -> PyResult<Subscription> {
        let id = slf.get().0.listeners.add(listener, false)?;
        Ok(Subscription { breaker: slf.unbind(), id })
    }

    /// Changes the settings that are given and keeps state and history.
    #[pyo3(signature = (**settings))]
    fn reconfigure(&self, py: Python<'_>, settings: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        loop {
            let old = *self.0.settings();
            let new = old.with(settings)?; // without the lock: it may run foreign code
            if self.put(py, new, Some(old))? {
                return Ok(());
            }
        }
    }

    /// The settings that are given, and the usual ones for what is not.
    #[pyo3(signature = (**settings))]
    fn _revert(&self, py: Python<'_>, settings: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        self.put(py, Settings::default().with(settings)?, None).map(|_| ())
    }

    /// State and window, as bytes of a versioned form, for `restore`.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut room = vec![0; 1 << 10];
        loop {
            let written = on!(self.0, b => b.snapshot(&mut room, self.0.now()));
            match written {
                Ok(length) => {
                    self.0.tell(py);
                    return Ok(PyBytes::new(py, room.get(..length).unwrap_or_default()));
                }
                // A frame holds 64 KiB.
                Err(SnapshotError::BufferTooShort) if room.len() < 1 << 17 => room.resize(room.len() * 4, 0),
                Err(error) => return Err(invalid(error)),
            }
        }
    }

    /// Goes on from a snapshot that is `age` old.
    #[pyo3(signature = (snapshot, *, age = None))]
    fn restore(&self, py: Python<'_>, snapshot: &[u8], age: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let age = age.map_or(Ok(Nanos::ZERO), |age| nanos("age", age))?;
        on!(self.0, b => b.restore(snapshot, age, self.0.now())).map_err(invalid)?;
        self.0.tell(py);
        Ok(())
    }
}

impl Breaker {
    /// Makes these its settings, unless they are not the `old` ones any more.
    fn put(&self, py: Python<'_>, new: Settings, old: Option<Settings>) -> PyResult<bool> {
        let policy = new.build()?;
        let mut settings = self.0.settings();
        if old.is_some_and(|old| old != *settings) {
            return Ok(false);
        }
        let done = on!(self.0, b => b.reconfigure(policy, self.0.now()));
        if done.is_ok() {
            *settings = new;
        }
        drop(settings);
        self.0.tell(py);
        done.map(|()| true).map_err(|error| match error {
            ReconfigureError::Busy => PyRuntimeError::new_err(error.to_string()),
            ReconfigureError::Config(error) => wrong(error),
        })
    }

    fn go(&self, py: Python<'_>, state: State) -> PyResult<()> {
        let answer = on!(self.0, b => b.transition(state, self.0.now()));
        self.0.tell(py);
        answer.map_err(invalid)
    }
}

/// The numbers of the window that a breaker judges by.
#[pyclass(frozen, get_all, module = "overcurrent")]
pub struct Stats {
    /// The state.
    state: Py<PyAny>,
    /// Calls in the window.
    calls: u32,
    /// Failed ones.
    failed: u32,
    /// Slow ones.
    slow: u32,
    /// Slow and failed ones.
    slow_failed: u32,
    /// Calls refused since the breaker came into this state.
    refused: u64,
    /// How often it opened without closing in between.
    trips: u8,
}

#[pymethods]
impl Stats {
    fn __repr__(&self, py: Python<'_>) -> String {
        let Self { state, calls, failed, slow, refused, .. } = self;
        let state = state.bind(py);
        format!("<Stats {state}: {calls} calls, {failed} failed, {slow} slow, {refused} refused>")
    }
}

/// Why a breaker admits or refuses.
#[pyclass(frozen, get_all, module = "overcurrent")]
pub struct Explanation {
    /// Whose.
    name: Py<PyAny>,
    /// The state.
    state: Py<PyAny>,
    /// Why the next call would be refused; `None` if it would not.
    reason: Option<&'static str>,
    /// Seconds until a call may get through, if it is known.
    retry_after: Option<f64>,
    /// The rule that the window meets at this moment.
    rule_met: Option<&'static str>,
    /// Calls in the window.
    calls: u32,
    /// Failed ones.
    failed: u32,
    /// Slow ones.
    slow: u32,
    /// `None` below `min_calls`.
    failure_rate: Option<f64>,
    /// `None` below `min_calls`.
    slow_rate: Option<f64>,
    /// From which share of failures on it trips; `None`: by none.
    failure_rate_threshold: Option<f64>,
    /// From which share of slow calls on it trips; `None`: by none.
    slow_rate_threshold: Option<f64>,
    /// From how many calls on shares are judged.
    min_calls: u32,
    /// Trial calls that may still be let in.
    trials_left: u16,
    /// Seconds to the end of this state, where time ends it.
    deadline_in: Option<f64>,
}

#[pymethods]
impl Explanation {
    fn __str__(&self, py: Python<'_>) -> String {
        let (name, state) = (self.name.bind(py), self.state.bind(py));
        let mut said = format!("{name} is {state}: {} of {} calls failed", self.failed, self.calls);
        if self.failure_rate.is_none() && self.state.bind(py).to_string() != "open" {
            said += &format!(" (judged from {} calls on)", self.min_calls);
        }
        if let Some(reason) = self.reason {
            said += &format!("; the next call is refused ({reason})");
        }
        if let Some(wait) = self.retry_after {
            said += &format!(", come back in {wait:.3} s");
        }
        said
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("<Explanation {}>", self.__str__(py))
    }
}
