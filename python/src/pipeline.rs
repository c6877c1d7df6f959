//! Several gates as one: judged first, charged together, left together.

use crate::breaker::{Breaker, BreakerCore};
use crate::bulkhead::{Bulkhead, BulkheadCore};
use crate::cycle::CycleLimiter;
use crate::errors::refused;
use crate::guard::{Guard, Target, Token};
use crate::limiter::{Line, RateLimiter};
use crate::rules::Rules;
use crate::time::HostClock;
use overcurrent::limit::Reservation;
use overcurrent::{At, Clock, Gate, LiveGcra, Nanos, Outcome, Refusal};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::sync::Arc;

const MOST: usize = 8;

/// A gate of a pipeline; those that are not there let everything through.
pub enum AnyGate {
    Nothing,
    Breaker(Arc<BreakerCore>),
    Bulkhead(Arc<BulkheadCore>),
    Limiter(Arc<Line<LiveGcra>>),
    Cycle(Arc<Line<overcurrent::CycleLimiter>>),
}

pub enum AnyPermit {
    Nothing,
    Breaker(overcurrent::Permit),
    Bulkhead(<overcurrent::Bulkhead as Gate>::Permit),
    Promise(Reservation),
}

impl Gate for AnyGate {
    type Permit = AnyPermit;

    fn judge(&self, cost: u32, at: At) -> Result<(), Refusal> {
        match self {
            Self::Nothing => Ok(()),
            Self::Breaker(gate) => gate.judge(cost, at),
            Self::Bulkhead(gate) => gate.gate().judge(cost, at),
            Self::Limiter(gate) => Gate::judge(gate.limiter(), cost, at),
            Self::Cycle(gate) => Gate::judge(gate.limiter(), cost, at),
        }
    }

    fn enter(&self, cost: u32, at: At) -> Result<AnyPermit, Refusal> {
        match self {
            Self::Nothing => Ok(AnyPermit::Nothing),
            Self::Breaker(gate) => Gate::enter(&**gate, cost, at).map(AnyPermit::Breaker),
            Self::Bulkhead(gate) => gate.gate().enter(cost, at).map(AnyPermit::Bulkhead),
            Self::Limiter(gate) => gate.limiter().enter(cost, at).map(AnyPermit::Promise),
            Self::Cycle(gate) => gate.limiter().enter(cost, at).map(AnyPermit::Promise),
        }
    }

    fn leave(&self, permit: AnyPermit, outcome: Outcome, at: At) {
        match (self, permit) {
            (Self::Breaker(gate), AnyPermit::Breaker(permit)) => Gate::leave(&**gate, permit, outcome, at),
            (Self::Bulkhead(gate), AnyPermit::Bulkhead(slot)) => gate.gate().leave(slot, outcome, at),
            (Self::Limiter(gate), AnyPermit::Promise(promise)) => gate.limiter().leave(promise, outcome, at),
            (Self::Cycle(gate), AnyPermit::Promise(promise)) => gate.limiter().leave(promise, outcome, at),
            _ => {}
        }
    }

    fn cancel(&self, permit: AnyPermit) {
        match (self, permit) {
            (Self::Breaker(gate), AnyPermit::Breaker(permit)) => Gate::cancel(&**gate, permit),
            (Self::Bulkhead(gate), AnyPermit::Bulkhead(slot)) => gate.gate().cancel(slot),
            (Self::Limiter(gate), AnyPermit::Promise(promise)) => Gate::cancel(gate.limiter(), promise),
            (Self::Cycle(gate), AnyPermit::Promise(promise)) => Gate::cancel(gate.limiter(), promise),
            _ => {}
        }
    }

    fn refused(&self, cost: u32, refusal: Refusal, at: At) {
        if let Self::Breaker(gate) = self {
            Gate::refused(&**gate, cost, refusal, at);
        }
    }
}

impl AnyGate {
    fn name(&self) -> Option<&str> {
        Some(match self {
            Self::Nothing => return None,
            Self::Breaker(gate) => &gate.label,
            Self::Bulkhead(gate) => &gate.name,
            Self::Limiter(gate) => &gate.name,
            Self::Cycle(gate) => &gate.name,
        })
    }
}

impl AnyGate {
    /// The clock that it judges by, if it judges by one.
    fn clock(&self) -> Option<&HostClock> {
        Some(match self {
            Self::Nothing | Self::Bulkhead(_) => return None,
            Self::Breaker(gate) => &gate.clock,
            Self::Limiter(gate) => &gate.clock,
            Self::Cycle(gate) => &gate.clock,
        })
    }
}

/// One reading of it serves all gates.
fn common_clock(gates: &Gates) -> PyResult<HostClock> {
    let mut clocks = gates.iter().filter_map(AnyGate::clock);
    let first = clocks.next().cloned().unwrap_or(HostClock::Monotonic);
    if clocks.all(|clock| clock.is(&first)) {
        Ok(first)
    } else {
        Err(PyValueError::new_err("the gates of a pipeline must have one clock"))
    }
}

type Gates = [AnyGate; MOST];
/// What a pipeline took, on the heap: it is large.
pub type Permits = Box<<Gates as Gate>::Permit>;

pub struct PipelineCore {
    pub name: String,
    gates: Gates,
    rules: Option<Rules>,
    clock: HostClock,
}

impl PipelineCore {
    /// Its own, or those of its first breaker.
    pub fn rules(&self) -> &Rules {
        static NONE: Rules = Rules::none();
        let first = || {
            self.gates.iter().find_map(|gate| match gate {
                AnyGate::Breaker(gate) => Some(&gate.rules),
                _ => None,
            })
        };
        self.rules.as_ref().or_else(first).unwrap_or(&NONE)
    }

    pub fn enter(&self, py: Python<'_>) -> PyResult<Token> {
        let at = self.clock.now();
        let entered = self.gates.enter(1, at);
        self.after(py);
        entered.map(|permits| Token::Pipeline(Box::new(permits))).map_err(|refusal| {
            let by = |gate: &&AnyGate| gate.judge(1, at).is_err_and(|again| again.reason == refusal.reason);
            let name = self.gates.iter().find(by).and_then(AnyGate::name).unwrap_or(&self.name);
            refused(py, name, refusal)
        })
    }

    pub fn leave(&self, py: Python<'_>, permits: Permits, outcome: Outcome, hold: Option<Nanos>) {
        let at = self.clock.now();
        if outcome == Outcome::Ignored {
            self.gates.cancel(*permits);
        } else {
            self.gates.leave(*permits, outcome, at);
        }
        if let Some(wait) = hold {
            self.hold(wait, at);
        }
        self.after(py);
    }

    /// The first breaker stays open for as long as the other side asked.
    fn hold(&self, wait: Nanos, at: At) {
        let breaker = self.gates.iter().find_map(|gate| match gate {
            AnyGate::Breaker(gate) => Some(gate),
            _ => None,
        });
        let Some(breaker) = breaker else { return };
        if let Ok(permit) = Gate::enter(&**breaker, 1, at) {
            breaker.leave_and_open_for(permit, Outcome::Ignored, wait, at);
        }
    }

    /// Tells listeners, and those who wait for a slot.
    fn after(&self, py: Python<'_>) {
        for gate in &self.gates {
            match gate {
                AnyGate::Breaker(gate) => gate.tell(py),
                AnyGate::Bulkhead(gate) => gate.hand_out(),
                _ => {}
            }
        }
    }
}

#[pyclass(frozen, subclass, extends = Guard, module = "overcurrent._native")]
pub struct Pipeline(Py<PyTuple>);

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
        if gates.is_empty() || gates.len() > MOST {
            return Err(PyValueError::new_err(format!("{} gates; allowed are 1 to {MOST}", gates.len())));
        }
        let mut places = [const { AnyGate::Nothing }; MOST];
        for (place, gate) in places.iter_mut().zip(gates) {
            *place = if let Ok(gate) = gate.cast::<Breaker>() {
                AnyGate::Breaker(Arc::clone(&gate.get().0))
            } else if let Ok(gate) = gate.cast::<Bulkhead>() {
                AnyGate::Bulkhead(Arc::clone(&gate.get().0))
            } else if let Ok(gate) = gate.cast::<RateLimiter>() {
                AnyGate::Limiter(Arc::clone(&gate.get().0))
            } else if let Ok(gate) = gate.cast::<CycleLimiter>() {
                AnyGate::Cycle(Arc::clone(&gate.get().0))
            } else {
                return Err(PyTypeError::new_err(format!("{gate:?} is not a breaker, a limiter or a bulkhead")));
            };
        }
        let own = failures.is_some() || ignore.is_some() || failure_result.is_some();
        let rules = own.then(|| Rules::new(failures, ignore, failure_result)).transpose()?;
        let core = PipelineCore { name: name.to_owned(), clock: common_clock(&places)?, gates: places, rules };
        let guard = Guard(Target::Pipeline(Arc::new(core)));
        Ok(PyClassInitializer::from(guard).add_subclass(Self(gates.clone().unbind())))
    }

    #[getter]
    fn gates(&self, py: Python<'_>) -> Py<PyTuple> {
        self.0.clone_ref(py)
    }
}
