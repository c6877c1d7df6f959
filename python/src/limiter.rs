//! The rate limiter, and the queue that both kinds of limiter have in front.

use crate::coroutine;
use crate::errors::{invalid, refused, wrong};
use crate::switch::off;
use crate::time::{HostClock, ManualClock, longest, nanos, seconds};
use crate::wait::Wait;
use overcurrent::limit::GcraSnapshot;
use overcurrent::{Clock, LiveGcra, Nanos, Quota, Rate, Reserve, Waiters};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A limiter with its clock and those who wait for it.
pub struct Line<L: Reserve> {
    pub name: String,
    pub clock: HostClock,
    waiters: Waiters<L, HostClock, HostClock>,
    /// How many have asked to wait and not ended: while there are none, the queue need not be asked.
    waits: AtomicUsize,
}

impl<L: Reserve> Line<L> {
    pub fn new(name: String, limiter: L, clock: HostClock) -> Arc<Self> {
        let waiters = Waiters::new(limiter).with_clock(clock.clone()).with_timer(clock.clone());
        Arc::new(Self { name, clock, waiters, waits: AtomicUsize::new(0) })
    }

    pub fn limiter(&self) -> &L {
        self.waiters.limiter()
    }

    #[inline]
    pub fn now(&self) -> Nanos {
        self.clock.time()
    }

    pub fn waiting(&self) -> usize {
        self.waiters.waiting()
    }

    /// Takes `n` permits unless somebody waits for them.
    #[inline]
    pub fn try_acquire(&self, n: u32, at_once: impl FnOnce(&L, Nanos) -> bool) -> bool {
        if off() {
            true
        } else if self.waits.load(Ordering::SeqCst) == 0 {
            at_once(self.limiter(), self.clock.fast_time())
        } else {
            self.waiters.try_acquire(n).is_ok()
        }
    }
}

impl<L: Reserve<Reservation: Send> + Send + Sync + 'static> Line<L> {
    /// A place in the queue, joined at its first poll.
    pub fn wait(self: &Arc<Self>, gate: Bound<'_, PyAny>, n: u32, max_wait: Nanos) -> Wait {
        struct Waits<L: Reserve>(Arc<Line<L>>);
        impl<L: Reserve> Drop for Waits<L> {
            fn drop(&mut self) {
                self.0.waits.fetch_sub(1, Ordering::SeqCst);
            }
        }
        self.waits.fetch_add(1, Ordering::SeqCst);
        let counted = Waits(Arc::clone(self));
        let waiting = async move { counted.0.waiters.acquire_within(n, max_wait).await };
        Wait::new(self.name.clone(), gate, Box::pin(waiting))
    }
}

/// What a limiter has to say without being asked for anything.
#[pyclass(frozen, get_all, module = "overcurrent")]
pub struct Peek {
    /// Permits that are there.
    remaining: u64,
    /// Seconds until it is full.
    reset_after: f64,
    /// Seconds until the permits asked about are there; 0 now, `None` if never.
    retry_after: Option<f64>,
}

#[pymethods]
impl Peek {
    fn __repr__(&self) -> String {
        let Self { remaining, reset_after, retry_after } = self;
        let retry_after = retry_after.map_or_else(|| "None".to_owned(), |wait| format!("{wait:?}"));
        format!("Peek(remaining={remaining}, reset_after={reset_after:?}, retry_after={retry_after})")
    }
}

type Cancel = Box<dyn FnOnce() -> bool + Send>;

/// Permits taken for later.
#[pyclass(frozen, module = "overcurrent")]
pub struct Reservation {
    /// Seconds until the permits may be used.
    #[pyo3(get)]
    wait: f64,
    /// The time of its clock at which they may be.
    #[pyo3(get)]
    ready_at: f64,
    cancel: Mutex<Option<Cancel>>,
}

impl Reservation {
    /// What there is to reserve while the gates are switched off.
    pub fn of_nothing<L: Reserve>(line: &Line<L>) -> Self {
        Self { wait: 0.0, ready_at: seconds(line.now()), cancel: Mutex::default() }
    }

    pub fn new<L>(line: &Arc<Line<L>>, promise: overcurrent::limit::Reservation) -> Self
    where
        L: Reserve<Reservation = overcurrent::limit::Reservation> + Send + Sync + 'static,
    {
        let (wait, ready_at) = (seconds(promise.wait()), seconds(promise.ready_at()));
        let line = Arc::clone(line);
        let cancel: Cancel = Box::new(move || line.limiter().cancel(promise));
        Self { wait, ready_at, cancel: Mutex::new(Some(cancel)) }
    }
}

#[pymethods]
impl Reservation {
    /// Gives the permits back if this is the newest promise; otherwise they are forfeited.
    fn cancel(&self) -> bool {
        let cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner).take();
        cancel.is_some_and(|cancel| cancel())
    }

    fn __repr__(&self) -> String {
        format!("Reservation(wait={:?})", self.wait)
    }
}

#[pyclass(frozen, subclass, module = "overcurrent._native")]
pub struct RateLimiter(pub Arc<Line<LiveGcra>>);

fn quota(rate: u64, per: Nanos, burst: Option<u64>, initial: Option<u64>) -> PyResult<Quota> {
    let mut config = Rate::new(rate, per);
    if let Some(burst) = burst {
        config = config.burst(burst);
    }
    if let Some(initial) = initial {
        config = config.initial(initial);
    }
    config.build().map_err(wrong)
}

#[pymethods]
impl RateLimiter {
    #[new]
    #[pyo3(signature = (rate, *, per = None, burst = None, initial = None, name = "limiter", clock = None))]
    fn new(
        rate: u64,
        per: Option<&Bound<'_, PyAny>>,
        burst: Option<u64>,
        initial: Option<u64>,
        name: &str,
        clock: Option<&Bound<'_, ManualClock>>,
    ) -> PyResult<Self> {
        let per = per.map_or(Ok(Nanos::SECOND), |per| nanos("per", per))?;
        let clock = HostClock::of(clock);
        let limiter = LiveGcra::starting(quota(rate, per, burst, initial)?, clock.now().now);
        Ok(Self(Line::new(name.to_owned(), limiter, clock)))
    }

    /// Takes `n` permits if they are there and nobody waits for them.
    #[pyo3(signature = (n = 1))]
    pub fn try_acquire(&self, n: u32) -> bool {
        self.0.try_acquire(n, |limiter, now| limiter.try_acquire(n, now).is_ok())
    }

    /// `None` when the permits are taken, otherwise a place in the queue.
    fn _wait(slf: Bound<'_, Self>, n: u32, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Wait>> {
        let max_wait = longest("timeout", timeout)?;
        let it = slf.get();
        Ok(if it.try_acquire(n) { None } else { Some(it.0.wait(slf.clone().into_any(), n, max_wait)) })
    }

    /// Waits for `n` permits, first come, first served; refused at once if that would take longer than `timeout`.
    #[pyo3(signature = (n = 1, *, timeout = None))]
    fn acquire_async<'py>(
        slf: &Bound<'py, Self>,
        n: u32,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        coroutine::permits(slf, n, longest("timeout", timeout)?)
    }

    /// Takes as many of `n` permits as there are, and says how many.
    fn acquire_up_to(&self, n: u32) -> u32 {
        if off() {
            return n;
        }
        self.0.limiter().acquire_up_to(n, self.0.now())
    }

    /// What there is, without taking any of it.
    #[pyo3(signature = (n = 1))]
    fn peek(&self, n: u32) -> Peek {
        let peek = self.0.limiter().peek(n, self.0.now());
        Peek {
            remaining: peek.remaining,
            reset_after: seconds(peek.reset_after),
            retry_after: peek.retry_after.map(seconds),
        }
    }

    /// Takes `n` permits for later, at most `max_wait` from now.
    #[pyo3(signature = (n = 1, *, max_wait = None))]
    fn reserve(slf: &Bound<'_, Self>, n: u32, max_wait: Option<&Bound<'_, PyAny>>) -> PyResult<Reservation> {
        let max_wait = longest("max_wait", max_wait)?;
        let line = &slf.get().0;
        if off() {
            return Ok(Reservation::of_nothing(line));
        }
        match Reserve::reserve(line.limiter(), n, max_wait, line.now()) {
            Ok(promise) => Ok(Reservation::new(line, promise)),
            Err(refusal) => Err(refused(slf.as_any(), &line.name, refusal)),
        }
    }

    /// Gives nothing out until that time of its clock (`time.monotonic()`).
    fn penalize_until(&self, time: &Bound<'_, PyAny>) -> PyResult<()> {
        self.0.limiter().penalize_until(nanos("time", time)?, self.0.now());
        Ok(())
    }

    /// Gives nothing out for so long: a server said so.
    fn penalize_for(&self, wait: &Bound<'_, PyAny>) -> PyResult<()> {
        let now = self.0.now();
        self.0.limiter().penalize_until(now + nanos("wait", wait)?, now);
        Ok(())
    }

    /// Takes all permits that are there.
    fn drain(&self) {
        self.0.limiter().drain(self.0.now());
    }

    /// Full, as if new.
    fn reset(&self) -> PyResult<()> {
        self.0.limiter().reset().map_err(|busy| PyRuntimeError::new_err(busy.to_string()))
    }

    /// What is not given stays; a burst that was not given follows neither.
    #[pyo3(signature = (rate = None, *, per = None, burst = None))]
    fn reconfigure(&self, rate: Option<u64>, per: Option<&Bound<'_, PyAny>>, burst: Option<u64>) -> PyResult<()> {
        let old = self.0.limiter().quota();
        let per = per.map_or(Ok(old.per()), |per| nanos("per", per))?;
        let quota = quota(rate.unwrap_or(old.permits()), per, Some(burst.unwrap_or(old.burst())), None)?;
        self.0.limiter().reconfigure(quota, self.0.now()).map_err(|busy| PyRuntimeError::new_err(busy.to_string()))
    }

    /// The state, as bytes of a versioned form, for `restore`.
    fn snapshot<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.limiter().snapshot(self.0.now()).to_bytes())
    }

    /// Goes on from a snapshot that is `age` old.
    #[pyo3(signature = (snapshot, *, age = None))]
    fn restore(&self, snapshot: &[u8], age: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let age = age.map_or(Ok(Nanos::ZERO), |age| nanos("age", age))?;
        let snapshot = GcraSnapshot::from_bytes(snapshot).map_err(invalid)?;
        self.0.limiter().restore(&snapshot.aged(age), self.0.now());
        Ok(())
    }

    /// Its name in errors.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// Permits in `per` seconds.
    #[getter]
    fn rate(&self) -> u64 {
        self.0.limiter().quota().permits()
    }

    /// The seconds in which `rate` permits come.
    #[getter]
    fn per(&self) -> f64 {
        seconds(self.0.limiter().quota().per())
    }

    /// The most permits at once.
    #[getter]
    fn burst(&self) -> u64 {
        self.0.limiter().quota().burst()
    }

    /// How many wait.
    #[getter]
    fn waiting(&self) -> usize {
        self.0.waiting()
    }
}
