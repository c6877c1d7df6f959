//! Several gates as one: judged first, charged together, left together.

use crate::breaker::Breaker;
use crate::bulkhead::Bulkhead;
use crate::cycle::CycleLimiter;
use crate::errors::refused;
use crate::gates::{AnyGate, Gates, MOST, Permits};
use crate::guard::{Guard, Target, Token};
use crate::limiter::RateLimiter;
use crate::rules::Rules;
use crate::time::HostClock;
use overcurrent::{At, Gate, Nanos, Outcome, Refusal};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::sync::Arc;

/// One reading of it serves all gates.
fn common_clock(gates: &[AnyGate]) -> PyResult<HostClock> {
    let mut clocks = gates.iter().filter_map(AnyGate::clock);
    let first = clocks.next().cloned().unwrap_or(HostClock::Monotonic);
    if clocks.all(|clock| clock.is(&first)) {
        Ok(first)
    } else {
        Err(PyValueError::new_err("the gates of a pipeline must have one clock"))
    }
}

pub struct PipelineCore {
    pub name: String,
    gates: Gates,
    /// The gates as Python has them.
    objects: Py<PyTuple>,
    /// Whether one of them needs the time at every call.
    timed: bool,
    /// If given.
    rules: Option<Rules>,
    /// Those of the gates that are breakers: who has to know the time, and may have something to tell.
    breakers: Vec<Py<Breaker>>,
    clock: HostClock,
}

impl PipelineCore {
    /// Its own, or those of its first breaker.
    #[inline]
    pub fn rules(&self) -> &Rules {
        static NONE: Rules = Rules::none();
        let first = || self.breakers.first().map(|breaker| &breaker.get().0.rules);
        self.rules.as_ref().or_else(first).unwrap_or(&NONE)
    }

    #[inline]
    pub fn enter(&self, py: Python<'_>) -> PyResult<Token> {
        let breakers_need_it = self.breakers_need_the_time();
        if !self.timed
            && !breakers_need_it
            && let Ok(permits) = self.gates.enter_untimed(1)
        {
            self.tell(py);
            return Ok(Token::Pipeline(permits));
        }
        // Breakers at rest ask for no random bits.
        let at = if breakers_need_it { self.clock.fast_now() } else { At::from(self.clock.fast_time()) };
        let entered = self.gates.enter(1, at);
        self.tell(py);
        entered.map(Token::Pipeline).map_err(|refusal| {
            self.hand_out(); // what was taken and taken back
            self.refused(py, refusal, at)
        })
    }

    /// A limiter's word that a call is over needs no time: its permits are used.
    #[inline]
    fn breakers_need_the_time(&self) -> bool {
        self.breakers.iter().any(|breaker| breaker.get().0.needs_clock())
    }

    #[cold]
    fn refused(&self, py: Python<'_>, refusal: Refusal, at: At) -> PyErr {
        let by = |gate: &AnyGate| gate.judge(1, at).is_err_and(|again| again.reason == refusal.reason);
        // The first that says the same again. If none does any more, the first of all.
        let place = self.gates.all().iter().position(by).unwrap_or(0);
        let name = self.gates.all().get(place).and_then(AnyGate::name).unwrap_or(&self.name);
        match self.objects.bind(py).get_item(place) {
            Ok(gate) => refused(&gate, name, refusal),
            Err(error) => error,
        }
    }

    #[inline]
    pub fn leave(&self, py: Python<'_>, permits: Permits, outcome: Outcome, hold: Option<Nanos>) {
        if outcome == Outcome::Ignored {
            self.gates.cancel(permits);
        } else if let Some(wait) = hold {
            let at = self.clock.fast_now();
            self.gates.leave_and_hold(permits, outcome, at.now + wait, at);
        } else if self.breakers_need_the_time() {
            self.gates.leave(permits, outcome, self.clock.fast_now());
        } else if self.gates.leave_untimed(permits, outcome).is_err() {
            self.gates.settle(self.clock.fast_now());
        }
        self.tell(py);
        self.hand_out();
    }

    /// Tells the breakers' listeners.
    #[inline]
    fn tell(&self, py: Python<'_>) {
        self.breakers.iter().for_each(|breaker| breaker.get().0.tell(py));
    }

    /// Tells those who wait for a slot.
    #[inline]
    fn hand_out(&self) {
        for gate in self.gates.all() {
            if let AnyGate::Bulkhead(gate) = gate {
                gate.hand_out();
            }
        }
    }

    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        for gate in self.gates.all() {
            if let AnyGate::Breaker(gate) = gate {
                visit.call(gate)?;
            }
        }
        visit.call(&self.objects)?;
        self.breakers.iter().try_for_each(|breaker| visit.call(breaker))?;
        self.rules.as_ref().map_or(Ok(()), |rules| rules.traverse(visit))
    }
}

fn too_many(gates: usize) -> PyErr {
    PyValueError::new_err(format!("{gates} gates; allowed are 1 to {MOST}"))
}

#[pyclass(frozen, subclass, extends = Guard, module = "overcurrent._native")]
pub struct Pipeline;

#[pymethods]
impl Pipeline {
    #[new]
    #[pyo3(signature = (*gates, name = "pipeline", failures = None, ignore = None, failure_result = None))]
    fn new(
        gates: &Bound<'_, PyTuple>,
        name: &str,
        failures: Option<&Bound<'_, PyAny>>,
        ignore: Option<&Bound<'_, PyAny>>,
        failure_result: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let py = gates.py();
        if gates.is_empty() || gates.len() > MOST {
            return Err(too_many(gates.len()));
        }
        let mut all = Vec::with_capacity(MOST);
        for gate in gates {
            all.push(if let Ok(gate) = gate.cast::<Breaker>() {
                AnyGate::Breaker(gate.clone().unbind())
            } else if let Ok(gate) = gate.cast::<Bulkhead>() {
                AnyGate::Bulkhead(Arc::clone(&gate.get().0))
            } else if let Ok(gate) = gate.cast::<RateLimiter>() {
                AnyGate::Limiter(Arc::clone(&gate.get().0))
            } else if let Ok(gate) = gate.cast::<CycleLimiter>() {
                AnyGate::Cycle(Arc::clone(&gate.get().0))
            } else {
                return Err(PyTypeError::new_err(format!(
                    "{gate:?} is not a breaker, a limiter or a bulkhead; `pipe` takes others"
                )));
            });
        }
        let own = failures.is_some() || ignore.is_some() || failure_result.is_some();
        let rules = own.then(|| Rules::new(failures, ignore, failure_result)).transpose()?;
        let clock = common_clock(&all)?;
        let Some(all) = Gates::new(all) else { return Err(too_many(gates.len())) };
        let timed = all.all().iter().any(|gate| matches!(gate, AnyGate::Limiter(_) | AnyGate::Cycle(_)));
        let breaker = |gate: &AnyGate| match gate {
            AnyGate::Breaker(breaker) => Some(breaker.clone_ref(py)),
            _ => None,
        };
        let breakers = all.all().iter().filter_map(breaker).collect();
        let objects = gates.clone().unbind();
        let core = PipelineCore { name: name.to_owned(), gates: all, objects, timed, rules, breakers, clock };
        Ok(PyClassInitializer::from(Guard(Target::Pipeline(core))).add_subclass(Self))
    }

    /// The gates, as they are asked.
    #[getter]
    fn gates(slf: &Bound<'_, Self>) -> Option<Py<PyTuple>> {
        match &slf.as_super().get().0 {
            Target::Pipeline(core) => Some(core.objects.clone_ref(slf.py())),
            _ => None,
        }
    }
}
