//! A decorated function: a native callable that goes through a guard, by vectorcall.
//!
//! The stable ABI has had vectorcall since Python 3.12. The interpreter of 3.11, which will not change any more, has it
//! with the same names and the same meaning, so one wheel serves both. Only Windows' `python3.dll` of 3.11 does not hand
//! `PyObject_Vectorcall` out; there the type is without the flag and Python calls `tp_call`.

use crate::coroutine;
use crate::guard::Guard;
use crate::heap::{Content, HeapType, answer, slot};
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use std::ffi::{CStr, c_int, c_void};
use std::mem::offset_of;
use std::ptr::null_mut;

#[cfg(not(windows))]
type Vectorcall = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    usize,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;

#[cfg(not(windows))]
unsafe extern "C" {
    fn PyObject_Vectorcall(
        callable: *mut ffi::PyObject,
        args: *const *mut ffi::PyObject,
        nargsf: usize,
        kwnames: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject;
}

/// Owns a reference to each of its objects.
#[repr(C)]
pub struct Guarded {
    #[cfg(not(windows))]
    vectorcall: Vectorcall,
    /// `__dict__` and the list of weak references: Python's own, found by their offsets.
    dict: *mut ffi::PyObject,
    weak: *mut ffi::PyObject,
    guard: *mut ffi::PyObject,
    function: *mut ffi::PyObject,
    /// The Python function at the bottom of `function`: what this has not is looked up there.
    origin: *mut ffi::PyObject,
    /// Whether `function` makes coroutines, which are what is guarded then.
    makes_coroutines: bool,
}

// SAFETY: references to Python objects may be moved and shared; they are used and dropped on attached threads only.
unsafe impl Send for Guarded {}
// SAFETY: as above; nothing is changed after it was made but by Python itself.
unsafe impl Sync for Guarded {}

static TYPE: HeapType<Guarded> = HeapType::new();

impl Content for Guarded {
    const NAME: &'static CStr = c"overcurrent._native.Guarded";
    #[cfg(not(windows))]
    const FLAGS: std::ffi::c_ulong = ffi::Py_TPFLAGS_METHOD_DESCRIPTOR | 1 << 11; // Py_TPFLAGS_HAVE_VECTORCALL
    #[cfg(windows)]
    const FLAGS: std::ffi::c_ulong = ffi::Py_TPFLAGS_METHOD_DESCRIPTOR;
    const WEAK: bool = true;

    fn of() -> &'static HeapType<Self> {
        &TYPE
    }

    fn owned(&self) -> [*mut ffi::PyObject; 4] {
        [self.dict, self.guard, self.function, self.origin]
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        for object in self.owned() {
            // SAFETY: it owned them; only the dictionary may be missing.
            unsafe { ffi::Py_XDECREF(object) };
        }
    }
}

impl Guarded {
    /// One call through the guard.
    ///
    /// # Safety
    /// `call` returns what a slot returns: a new reference, or null with the exception set.
    #[inline]
    unsafe fn through(&self, py: Python<'_>, call: impl FnOnce() -> *mut ffi::PyObject) -> *mut ffi::PyObject {
        // SAFETY: this object owns a reference to its guard, and `guarded` checked its type.
        let guard = unsafe { Borrowed::from_ptr(py, self.guard).cast_unchecked::<Guard>() };
        if self.makes_coroutines {
            // SAFETY: promised by the caller.
            let inner = unsafe { Bound::from_owned_ptr_or_err(py, call()) };
            return answer(py, inner.and_then(|inner| coroutine::guarded(py, guard, inner)));
        }
        // What was taken stays where it is until the call is over: moved while it is still being written, it is waited for.
        let entered = Guard::admit(&guard);
        if let Err(refused) = entered {
            refused.restore(py);
            return null_mut();
        }
        // SAFETY: promised by the caller.
        let result = unsafe { Bound::from_owned_ptr_or_opt(py, call()) };
        let Ok(token) = entered else { return null_mut() };
        match result {
            Some(result) => {
                let verdict = guard.get().0.returned(py, token, &result);
                answer(py, verdict.map(|()| result))
            }
            None => {
                let error = PyErr::fetch(py);
                let verdict = guard.get().0.raised(py, token, error.value(py));
                verdict.err().unwrap_or(error).restore(py);
                null_mut()
            }
        }
    }
}

#[cfg(not(windows))]
unsafe extern "C" fn vectorcall(
    callable: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    nargsf: usize,
    kwnames: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    slot(null_mut(), |py| {
        // SAFETY: Python found this function in an object of this type. The arguments are handed on as they came, with
        // the leave to use the place before the first, which is not needed here.
        unsafe {
            let this = TYPE.content(callable);
            this.through(py, || PyObject_Vectorcall(this.function, args, nargsf, kwnames))
        }
    })
}

unsafe extern "C" fn call(
    callable: *mut ffi::PyObject,
    args: *mut ffi::PyObject,
    kwargs: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    slot(null_mut(), |py| {
        // SAFETY: a slot of this type; the arguments are handed on as they came.
        unsafe {
            let this = TYPE.content(callable);
            this.through(py, || ffi::PyObject_Call(this.function, args, kwargs))
        }
    })
}

/// In a class, a method: what a function does there.
unsafe extern "C" fn bind(
    function: *mut ffi::PyObject,
    object: *mut ffi::PyObject,
    _class: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    static METHOD: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    slot(null_mut(), |py| {
        // SAFETY: both are alive during the call.
        let (function, object) =
            unsafe { (Bound::from_borrowed_ptr(py, function), Bound::from_borrowed_ptr_or_opt(py, object)) };
        match object {
            Some(object) if !object.is_none() => {
                let method = METHOD.import(py, "types", "MethodType");
                answer(py, method.and_then(|method| method.call1((function, object))))
            }
            _ => function.into_ptr(),
        }
    })
}

/// What is not found in the object is looked up in the function below, as `__code__` and `__annotations__`.
unsafe extern "C" fn getattr(object: *mut ffi::PyObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as Python called it. The exception is only replaced by the answer of the function below.
    unsafe {
        let found = ffi::PyObject_GenericGetAttr(object, name);
        if !found.is_null() || ffi::PyErr_ExceptionMatches(ffi::PyExc_AttributeError) == 0 {
            return found;
        }
        ffi::PyErr_Clear();
        ffi::PyObject_GetAttr(TYPE.content(object).origin, name)
    }
}

unsafe extern "C" fn repr(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    slot(null_mut(), |py| {
        // SAFETY: a slot of this type; it owns references to both.
        let (guard, origin) = unsafe {
            let this = TYPE.content(object);
            (Borrowed::from_ptr(py, this.guard).cast_unchecked::<Guard>(), Bound::from_borrowed_ptr(py, this.origin))
        };
        let said =
            || Ok(format!("<{} guarded by {}>", origin.repr()?, guard.get().0.name()).into_pyobject(py)?.into_any());
        answer(py, said())
    })
}

/// A function is pickled by its name, and so is this.
unsafe extern "C" fn reduce(object: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as Python called it.
    unsafe { ffi::PyObject_GetAttrString(object, c"__qualname__".as_ptr()) }
}

struct Table<T>(T);
// SAFETY: constant tables of names and functions.
unsafe impl<T> Sync for Table<T> {}

static METHODS: Table<[ffi::PyMethodDef; 2]> = Table([
    ffi::PyMethodDef {
        ml_name: c"__reduce__".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: reduce },
        ml_flags: ffi::METH_NOARGS,
        ml_doc: std::ptr::null(),
    },
    ffi::PyMethodDef::zeroed(),
]);

static ATTRIBUTES: Table<[ffi::PyGetSetDef; 2]> = Table([
    ffi::PyGetSetDef {
        name: c"__dict__".as_ptr(),
        get: Some(ffi::PyObject_GenericGetDict),
        set: Some(ffi::PyObject_GenericSetDict),
        doc: std::ptr::null(),
        closure: null_mut(),
    },
    ffi::PyGetSetDef { name: std::ptr::null(), get: None, set: None, doc: std::ptr::null(), closure: null_mut() },
]);

/// Makes the type.
pub fn create(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let slots: [(c_int, *mut c_void); 4] = [
        (ffi::Py_tp_call, call as *mut c_void),
        (ffi::Py_tp_descr_get, bind as *mut c_void),
        (ffi::Py_tp_getattro, getattr as *mut c_void),
        (ffi::Py_tp_repr, repr as *mut c_void),
    ];
    let members = [
        (c"__dictoffset__", offset_of!(Guarded, dict)),
        (c"__weaklistoffset__", offset_of!(Guarded, weak)),
        #[cfg(not(windows))]
        (c"__vectorcalloffset__", offset_of!(Guarded, vectorcall)),
    ];
    TYPE.create(py, &slots, &members, &METHODS.0, &ATTRIBUTES.0)
}

/// `function`, through `guard`. `origin` is the Python function at the bottom of it, if there is one.
#[pyfunction]
pub fn guarded<'py>(
    guard: Bound<'py, Guard>,
    function: Bound<'py, PyAny>,
    origin: Bound<'py, PyAny>,
    makes_coroutines: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = guard.py();
    if !function.is_callable() {
        return Err(PyTypeError::new_err(format!("{function:?} is not a function")));
    }
    let content = Guarded {
        #[cfg(not(windows))]
        vectorcall,
        dict: null_mut(),
        weak: null_mut(),
        guard: guard.into_ptr(),
        function: function.into_ptr(),
        origin: origin.into_ptr(),
        makes_coroutines,
    };
    TYPE.make(py, content)
}
