//! The bulkhead, with its queue.

use crate::errors::{refused, wrong};
use crate::guard::{Guard, Permit, Target, Token};
use crate::switch::off;
use crate::time::{HostClock, ManualClock, longest};
use crate::wait::Wait;
use overcurrent::{At, Bulkhead as Engine, Gate, Nanos, Outcome, Refusal, Slots};
use pyo3::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

pub struct BulkheadCore {
    pub name: String,
    slots: Slots<Engine, HostClock, HostClock>,
    /// How many have asked to wait and not ended.
    waits: AtomicUsize,
}

impl BulkheadCore {
    pub fn gate(&self) -> &Engine {
        self.slots.gate()
    }

    #[inline]
    pub fn enter(&self, guard: &Bound<'_, Guard>) -> PyResult<Token> {
        let entered = self.gate().enter(1, At::default());
        entered.map(Token::Slot).map_err(|refusal| refused(guard.as_any(), &self.name, refusal))
    }

    pub fn leave(&self, slot: <Engine as Gate>::Permit) {
        self.gate().leave(slot, Outcome::Success, At::default());
        self.hand_out();
    }

    /// Gives free slots to those who wait.
    pub fn hand_out(&self) {
        if self.waits.load(Ordering::SeqCst) > 0 {
            self.slots.hand_out();
        }
    }

    fn wait(self: &Arc<Self>, guard: Bound<'_, Guard>, max_wait: Nanos) -> Wait {
        struct Waits(Arc<BulkheadCore>);
        impl Drop for Waits {
            fn drop(&mut self) {
                self.0.waits.fetch_sub(1, Ordering::SeqCst);
            }
        }
        self.waits.fetch_add(1, Ordering::SeqCst);
        let counted = Waits(Arc::clone(self));
        let there = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&there);
        let waiting = async move {
            let core = Arc::clone(&counted.0);
            let slot = core.slots.enter_within(max_wait).await?;
            drop(counted); // it waits no more; what it holds is the slot
            told.store(true, Ordering::Release);
            std::future::pending::<()>().await;
            drop(slot);
            Ok::<(), Refusal>(())
        };
        Wait::for_slot(self.name.clone(), guard, Box::pin(waiting), there)
    }
}

#[pyclass(frozen, subclass, extends = Guard, module = "overcurrent._native")]
pub struct Bulkhead(pub Arc<BulkheadCore>);

#[pymethods]
impl Bulkhead {
    #[new]
    #[pyo3(signature = (max, *, name = "bulkhead", clock = None))]
    fn new(max: u32, name: &str, clock: Option<&Bound<'_, ManualClock>>) -> PyResult<PyClassInitializer<Self>> {
        let clock = HostClock::of(clock);
        let slots = Slots::new(Engine::new(max).map_err(wrong)?).with_clock(clock.clone()).with_timer(clock);
        let core = Arc::new(BulkheadCore { name: name.to_owned(), slots, waits: AtomicUsize::new(0) });
        Ok(PyClassInitializer::from(Guard(Target::Bulkhead(Arc::clone(&core)))).add_subclass(Self(core)))
    }

    /// A permit that holds a slot, or `None`.
    fn try_acquire(slf: Bound<'_, Self>) -> PyResult<Option<Py<Permit>>> {
        if off() {
            return Permit::held(slf.into_super(), Token::Nothing).map(Some);
        }
        match slf.get().0.gate().enter(1, At::default()) {
            Ok(slot) => Permit::held(slf.into_super(), Token::Slot(slot)).map(Some),
            Err(_) => Ok(None),
        }
    }

    fn _wait(slf: Bound<'_, Self>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Wait> {
        let core = Arc::clone(&slf.get().0);
        Ok(core.wait(slf.into_super(), longest("timeout", timeout)?))
    }

    /// Changes the maximum at once; calls that are inside stay.
    fn resize(&self, max: u32) -> PyResult<()> {
        self.0.gate().resize(max).map_err(wrong)?;
        self.0.hand_out();
        Ok(())
    }

    /// The calls inside.
    #[getter]
    fn in_flight(&self) -> u32 {
        self.0.gate().in_flight()
    }

    /// The most calls inside.
    #[getter]
    fn max(&self) -> u32 {
        self.0.gate().max()
    }

    /// The slots that are free.
    #[getter]
    fn available(&self) -> u32 {
        self.0.gate().available()
    }

    /// How many wait.
    #[getter]
    fn waiting(&self) -> usize {
        self.0.slots.waiting()
    }
}
