//! What `await` gets from a guarded coroutine function and from `acquire_async`: a coroutine in all but the type, which
//! goes through the guard when it is begun and reports when it ends, without a frame of its own.

use crate::cycle::CycleLimiter;
use crate::errors::unraisable;
use crate::guard::{Guard, Token};
use crate::heap::{Content, HeapType, answer, one_at_a_time, slot};
use crate::limiter::RateLimiter;
use crate::time::seconds;
use crate::trio;
use crate::wait::Wait;
use overcurrent::{Nanos, Outcome};
use pyo3::exceptions::{PyRuntimeError, PyStopIteration, PyTypeError, PyValueError};
use pyo3::ffi::{self, PySendResult};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyTuple, PyType};
use std::cell::UnsafeCell;
use std::ffi::{CStr, c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

/// Not begun; being resumed; waiting to be resumed; over. Whoever swaps `RUNNING` in has the content to itself.
const NEW: u8 = 0;
const RUNNING: u8 = 1;
const SUSPENDED: u8 = 2;
const OVER: u8 = 3;

/// What is to be done at the beginning, and at the end.
enum Work {
    /// A call through the guard that is the owner.
    Call(Option<Token>),
    /// Permits of the limiter that is the owner.
    Permits {
        n: u32,
        max_wait: Nanos,
    },
    Cycle {
        n: u32,
        max_wait: Nanos,
    },
}

pub struct Coroutine {
    state: AtomicU8,
    /// The gate. Owned.
    owner: *mut ffi::PyObject,
    /// What is awaited; null until there is something. Owned.
    inner: AtomicPtr<ffi::PyObject>,
    /// The iterator of it, where that is another object; otherwise null. Owned.
    steps: AtomicPtr<ffi::PyObject>,
    work: UnsafeCell<Work>,
}

// SAFETY: references to Python objects may be moved and shared; they are used and dropped on attached threads only.
unsafe impl Send for Coroutine {}
// SAFETY: as above; `work` is only touched by whoever has the state `RUNNING`, and when the object is dropped.
unsafe impl Sync for Coroutine {}

static TYPE: HeapType<Coroutine> = HeapType::new();

impl Content for Coroutine {
    const NAME: &'static CStr = c"overcurrent._native.Coroutine";
    const FLAGS: std::ffi::c_ulong = 0;
    const WEAK: bool = false;

    fn of() -> &'static HeapType<Self> {
        &TYPE
    }

    fn owned(&self) -> [*mut ffi::PyObject; 4] {
        [self.owner, self.inner.load(Ordering::Relaxed), self.steps.load(Ordering::Relaxed), null_mut()]
    }
}

impl Drop for Coroutine {
    fn drop(&mut self) {
        // SAFETY: Python drops objects on attached threads only.
        let py = unsafe { Python::assume_attached() };
        // SAFETY: it owned them. The inner one first: dropped half-way, it may still run to its end.
        unsafe {
            ffi::Py_XDECREF(*self.steps.get_mut());
            ffi::Py_XDECREF(*self.inner.get_mut());
        }
        self.leave(py, Outcome::Ignored);
        // SAFETY: as above.
        unsafe { ffi::Py_DECREF(self.owner) };
    }
}

impl Coroutine {
    fn new(owner: Bound<'_, PyAny>, inner: Option<Bound<'_, PyAny>>, work: Work) -> Self {
        Self {
            state: AtomicU8::new(NEW),
            owner: owner.into_ptr(),
            inner: AtomicPtr::new(inner.map_or(null_mut(), Bound::into_ptr)),
            steps: AtomicPtr::new(null_mut()),
            work: UnsafeCell::new(work),
        }
    }

    #[inline]
    fn owner<'a, 'py, T>(&'a self, py: Python<'py>) -> Borrowed<'a, 'py, T> {
        // SAFETY: owned, and of the type that belongs to the work.
        unsafe { Borrowed::from_ptr(py, self.owner).cast_unchecked() }
    }

    #[inline]
    fn inner<'a, 'py>(&'a self, py: Python<'py>) -> Option<Borrowed<'a, 'py, PyAny>> {
        let inner = self.steps();
        // SAFETY: owned.
        (!inner.is_null()).then(|| unsafe { Borrowed::from_ptr(py, inner) })
    }

    /// What is resumed.
    #[inline]
    fn steps(&self) -> *mut ffi::PyObject {
        let steps = self.steps.load(Ordering::Relaxed);
        if steps.is_null() { self.inner.load(Ordering::Relaxed) } else { steps }
    }

    /// # Safety
    /// The state is `RUNNING` by the caller's hand, or the object is being dropped.
    #[inline]
    #[allow(clippy::mut_from_ref, reason = "the state is the lock")]
    unsafe fn work(&self) -> &mut Work {
        // SAFETY: promised by the caller.
        unsafe { &mut *self.work.get() }
    }

    #[inline]
    fn take(&self) -> Option<Token> {
        // SAFETY: called while `RUNNING` or being dropped.
        match unsafe { self.work() } {
            Work::Call(token) => token.take(),
            Work::Permits { .. } | Work::Cycle { .. } => None,
        }
    }

    fn leave(&self, py: Python<'_>, outcome: Outcome) {
        if let Some(token) = self.take() {
            self.owner::<Guard>(py).get().0.leave(py, token, outcome, None);
        }
    }

    /// The first step. `Ok(true)`: done already.
    #[inline]
    fn begin(&self, py: Python<'_>) -> PyResult<bool> {
        // SAFETY: called while `RUNNING`.
        match unsafe { self.work() } {
            Work::Call(token) => {
                match Guard::admit(&self.owner::<Guard>(py)) {
                    Ok(entered) => *token = Some(entered),
                    Err(refused) => {
                        self.close_inner(py); // it will not be awaited, and that is no mistake
                        return Err(refused);
                    }
                }
                self.make_resumable(py).map(|()| false)
            }
            &mut Work::Permits { n, max_wait } => {
                if trio::asks(py) {
                    return self.acquire_in_trio(py, n, max_wait).map(|()| false);
                }
                let owner = self.owner::<RateLimiter>(py);
                let line = &owner.get().0;
                if line.try_acquire(n, |limiter, now| limiter.try_acquire(n, now).is_ok()) {
                    return Ok(true);
                }
                self.wait(py, line.wait(owner.to_owned().into_any(), n, max_wait)).map(|()| false)
            }
            &mut Work::Cycle { n, max_wait } => {
                if trio::asks(py) {
                    return self.acquire_in_trio(py, n, max_wait).map(|()| false);
                }
                let owner = self.owner::<CycleLimiter>(py);
                let line = &owner.get().0;
                if line.try_acquire(n, |limiter, now| limiter.try_acquire(n, now).is_ok()) {
                    return Ok(true);
                }
                self.wait(py, line.wait(owner.to_owned().into_any(), n, max_wait)).map(|()| false)
            }
        }
    }

    /// Awaits a place in the queue.
    #[cold]
    fn wait(&self, py: Python<'_>, wait: Wait) -> PyResult<()> {
        static SLEEP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let sleeping = SLEEP.import(py, "overcurrent._wait", "sleep")?.call1((wait,))?;
        self.inner.store(sleeping.into_ptr(), Ordering::Relaxed);
        Ok(())
    }

    /// Awaits permits with a checkpoint, whether they are there or not.
    #[cold]
    fn acquire_in_trio(&self, py: Python<'_>, n: u32, max_wait: Nanos) -> PyResult<()> {
        static ACQUIRE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let acquire = ACQUIRE.import(py, "overcurrent._trio", "acquire")?;
        let timeout = (max_wait != Nanos::MAX).then(|| seconds(max_wait));
        let acquiring = acquire.call1((self.owner::<PyAny>(py), n, timeout))?;
        self.inner.store(acquiring.into_ptr(), Ordering::Relaxed);
        Ok(())
    }

    /// An awaitable that is no coroutine is asked for its iterator.
    #[inline]
    fn make_resumable(&self, py: Python<'_>) -> PyResult<()> {
        let inner = self.inner.load(Ordering::Relaxed);
        if inner.is_null() || TYPE.is(inner) {
            return Ok(());
        }
        static COROUTINE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let coroutine = COROUTINE.import(py, "types", "CoroutineType")?;
        // SAFETY: owned.
        if unsafe { ffi::Py_TYPE(inner) } == coroutine.as_type_ptr() {
            return Ok(());
        }
        if let Some(inner) = self.inner(py) {
            self.steps.store(inner.call_method0("__await__")?.into_ptr(), Ordering::Relaxed);
        }
        Ok(())
    }

    fn close_inner(&self, py: Python<'_>) {
        if let Some(inner) = self.inner(py)
            && let Err(error) = inner.call_method0("close")
        {
            unraisable(py, error, Some(&inner));
        }
    }

    /// The verdict on what was returned.
    #[inline]
    fn returned(&self, py: Python<'_>, result: &Bound<'_, PyAny>) -> PyResult<()> {
        match self.take() {
            Some(token) => self.owner::<Guard>(py).get().0.returned(py, token, result),
            None => Ok(()),
        }
    }

    /// The verdict on what was raised; what to raise in the end.
    #[cold]
    fn raised(&self, py: Python<'_>, error: PyErr) -> PyErr {
        match self.take() {
            Some(token) => self.owner::<Guard>(py).get().0.raised(py, token, error.value(py)).err().unwrap_or(error),
            None => error,
        }
    }

    /// Takes the content, if the state before allows it.
    #[inline]
    fn run(&self) -> u8 {
        if one_at_a_time() {
            let before = self.state.load(Ordering::Relaxed);
            self.state.store(RUNNING, Ordering::Relaxed);
            before
        } else {
            // Acquire, and Release in `state`: the steps may be taken by different threads.
            self.state.swap(RUNNING, Ordering::Acquire)
        }
    }

    #[inline]
    fn state(&self, state: u8) {
        self.state.store(state, Ordering::Release);
    }

    /// One step, as `am_send` takes it.
    #[inline]
    fn send(&self, py: Python<'_>, value: *mut ffi::PyObject, result: &mut *mut ffi::PyObject) -> PySendResult {
        let failed = match self.run() {
            SUSPENDED => None,
            // SAFETY: a comparison.
            NEW if value == unsafe { ffi::Py_None() } => match self.begin(py) {
                Ok(false) => None,
                Ok(true) => {
                    self.state(OVER);
                    *result = py.None().into_ptr();
                    return PySendResult::PYGEN_RETURN;
                }
                Err(error) => {
                    self.state(OVER);
                    Some(self.raised(py, error))
                }
            },
            NEW => {
                self.state(NEW);
                Some(PyTypeError::new_err("can't send non-None value to a just-started coroutine"))
            }
            before => Some(self.misused(before)),
        };
        if let Some(error) = failed {
            error.restore(py);
            return PySendResult::PYGEN_ERROR;
        }
        // SAFETY: there is an inner one, owned, and it can be resumed.
        match unsafe { ffi::PyIter_Send(self.steps(), value, result) } {
            PySendResult::PYGEN_NEXT => {
                self.state(SUSPENDED);
                PySendResult::PYGEN_NEXT
            }
            PySendResult::PYGEN_RETURN => {
                // SAFETY: the result of a return.
                let value = unsafe { Bound::from_owned_ptr(py, *result) };
                let verdict = self.returned(py, &value);
                self.state(OVER);
                match verdict {
                    Ok(()) => {
                        *result = value.into_ptr();
                        PySendResult::PYGEN_RETURN
                    }
                    Err(error) => {
                        *result = null_mut();
                        error.restore(py);
                        PySendResult::PYGEN_ERROR
                    }
                }
            }
            PySendResult::PYGEN_ERROR => {
                let error = self.raised(py, PyErr::fetch(py));
                self.state(OVER);
                error.restore(py);
                PySendResult::PYGEN_ERROR
            }
        }
    }

    /// Somebody else is at it, or it is over.
    #[cold]
    fn misused(&self, before: u8) -> PyErr {
        if before == OVER {
            self.state(OVER);
            return PyRuntimeError::new_err("cannot reuse already awaited coroutine");
        }
        PyValueError::new_err("coroutine already executing")
    }

    /// Raises in the inner coroutine, which may go on.
    fn throw<'py>(&self, py: Python<'py>, args: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let before = self.run();
        if before == RUNNING || before == OVER {
            return Err(self.misused(before));
        }
        let thrower = self.inner(py).and_then(|inner| inner.getattr("throw").ok());
        let thrown = match thrower {
            Some(throw) => throw.call1(args.clone()),
            None => Err(given(args)),
        };
        let error = match thrown {
            Ok(item) => {
                self.state(SUSPENDED);
                return Ok(item);
            }
            Err(error) => error,
        };
        let end = if error.is_instance_of::<PyStopIteration>(py) {
            let value = error.value(py).getattr("value");
            value.and_then(|value| self.returned(py, &value)).err().unwrap_or(error)
        } else {
            self.raised(py, error)
        };
        self.state(OVER);
        Err(end)
    }

    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let before = self.run();
        if before == RUNNING {
            return Err(self.misused(before));
        }
        let closed = match self.inner(py) {
            Some(inner) if before != OVER => match inner.getattr("close") {
                Ok(close) => close.call0().map(|_| ()),
                Err(_) => Ok(()), // an iterator that need not be closed
            },
            _ => Ok(()),
        };
        // Closed means cancelled, whatever was made of it.
        self.leave(py, Outcome::Ignored);
        self.state(if closed.is_err() && before == SUSPENDED { SUSPENDED } else { OVER });
        closed.map(|()| py.None().into_bound(py))
    }
}

/// The exception that `throw` was given.
fn given(args: &Bound<'_, PyTuple>) -> PyErr {
    let first = args.get_item(0);
    match first.and_then(|first| match first.cast::<PyType>() {
        Ok(class) => class.call0(),
        Err(_) => Ok(first),
    }) {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

unsafe extern "C" fn am_send(
    object: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
    result: *mut *mut ffi::PyObject,
) -> PySendResult {
    // SAFETY: a slot of this type, with room for the result.
    slot(PySendResult::PYGEN_ERROR, |py| unsafe { TYPE.content(object).send(py, value, &mut *result) })
}

/// As `am_send`, with the result in a `StopIteration`, which `None` can do without.
unsafe extern "C" fn next(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    slot(null_mut(), |py| {
        let mut result = null_mut();
        // SAFETY: a slot of this type.
        match unsafe { TYPE.content(object).send(py, ffi::Py_None(), &mut result) } {
            PySendResult::PYGEN_NEXT => result,
            PySendResult::PYGEN_ERROR => null_mut(),
            PySendResult::PYGEN_RETURN => {
                // SAFETY: a new reference.
                let result = unsafe { Bound::from_owned_ptr(py, result) };
                if !result.is_none() {
                    PyStopIteration::new_err((result.unbind(),)).restore(py);
                }
                null_mut()
            }
        }
    })
}

unsafe extern "C" fn send(object: *mut ffi::PyObject, value: *mut ffi::PyObject) -> *mut ffi::PyObject {
    slot(null_mut(), |py| {
        let mut result = null_mut();
        // SAFETY: a method of this type.
        match unsafe { TYPE.content(object).send(py, value, &mut result) } {
            PySendResult::PYGEN_NEXT => result,
            PySendResult::PYGEN_ERROR => null_mut(),
            PySendResult::PYGEN_RETURN => {
                // SAFETY: a new reference.
                let result = unsafe { Bound::from_owned_ptr(py, result) };
                PyStopIteration::new_err((result.unbind(),)).restore(py);
                null_mut()
            }
        }
    })
}

unsafe extern "C" fn throw(object: *mut ffi::PyObject, args: *mut ffi::PyObject) -> *mut ffi::PyObject {
    slot(null_mut(), |py| {
        // SAFETY: a method of this type, called with a tuple.
        let (this, args) = unsafe { (TYPE.content(object), Borrowed::from_ptr(py, args).cast_unchecked::<PyTuple>()) };
        answer(py, this.throw(py, &args))
    })
}

unsafe extern "C" fn close(object: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: a method of this type.
    slot(null_mut(), |py| answer(py, unsafe { TYPE.content(object) }.close(py)))
}

/// `__await__`: itself.
unsafe extern "C" fn itself(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as Python called it.
    unsafe { ffi::Py_NewRef(object) }
}

/// What it has not itself, as `cr_frame` and `__qualname__`, is looked up in the coroutine inside.
unsafe extern "C" fn getattr(object: *mut ffi::PyObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as Python called it.
    unsafe {
        let found = ffi::PyObject_GenericGetAttr(object, name);
        if !found.is_null() || ffi::PyErr_ExceptionMatches(ffi::PyExc_AttributeError) == 0 {
            return found;
        }
        let inner = TYPE.content(object).inner.load(Ordering::Relaxed);
        if inner.is_null() {
            return null_mut();
        }
        ffi::PyErr_Clear();
        ffi::PyObject_GetAttr(inner, name)
    }
}

struct Methods([ffi::PyMethodDef; 4]);
// SAFETY: a constant table of names and functions.
unsafe impl Sync for Methods {}

const fn method(name: &'static CStr, function: ffi::PyCFunction, flags: c_int) -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: function },
        ml_flags: flags,
        ml_doc: std::ptr::null(),
    }
}

static METHODS: Methods = Methods([
    method(c"send", send, ffi::METH_O),
    method(c"throw", throw, ffi::METH_VARARGS),
    method(c"close", close, ffi::METH_NOARGS),
    ffi::PyMethodDef::zeroed(),
]);

/// Makes the type, and tells Python that it is one of coroutines.
pub fn create(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let slots: [(c_int, *mut c_void); 4] = [
        (ffi::Py_am_await, itself as *mut c_void),
        (ffi::Py_am_send, am_send as *mut c_void),
        (ffi::Py_tp_iternext, next as *mut c_void),
        (ffi::Py_tp_getattro, getattr as *mut c_void),
    ];
    let made = TYPE.create(py, &slots, &[], &METHODS.0, &[])?;
    py.import("_collections_abc")?.getattr("Coroutine")?.call_method1("register", (&made,))?;
    Ok(made)
}

/// `inner`, made by a coroutine function, through the guard.
#[inline]
pub fn guarded<'py>(
    py: Python<'py>,
    guard: Borrowed<'_, 'py, Guard>,
    inner: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    TYPE.make(py, Coroutine::new(guard.to_owned().into_any(), Some(inner), Work::Call(None)))
}

pub fn permits<'py>(limiter: &Bound<'py, RateLimiter>, n: u32, max_wait: Nanos) -> PyResult<Bound<'py, PyAny>> {
    let owner = limiter.clone().into_any();
    TYPE.make(limiter.py(), Coroutine::new(owner, None, Work::Permits { n, max_wait }))
}

pub fn cycle_permits<'py>(limiter: &Bound<'py, CycleLimiter>, n: u32, max_wait: Nanos) -> PyResult<Bound<'py, PyAny>> {
    let owner = limiter.clone().into_any();
    TYPE.make(limiter.py(), Coroutine::new(owner, None, Work::Cycle { n, max_wait }))
}
