//! `try_acquire`, in front of PyO3's: calls with nothing or a number are answered before arguments are parsed, which
//! costs as much as the decision. Whatever else a call has goes on to PyO3's, with its errors.

use crate::cycle::CycleLimiter;
use crate::heap::{answer, slot};
use crate::limiter::RateLimiter;
use pyo3::PyClass;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use std::ffi::CString;
use std::ptr::null_mut;

/// A class whose `try_acquire` this is.
trait Asked: PyClass<Frozen = True> + Sync {
    fn try_acquire(&self, n: u32) -> bool;

    /// PyO3's.
    fn behind() -> &'static PyOnceLock<Py<PyAny>>;
}

impl Asked for RateLimiter {
    #[inline]
    fn try_acquire(&self, n: u32) -> bool {
        self.try_acquire(n)
    }

    fn behind() -> &'static PyOnceLock<Py<PyAny>> {
        static BEHIND: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        &BEHIND
    }
}

impl Asked for CycleLimiter {
    #[inline]
    fn try_acquire(&self, n: u32) -> bool {
        self.try_acquire(n)
    }

    fn behind() -> &'static PyOnceLock<Py<PyAny>> {
        static BEHIND: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        &BEHIND
    }
}

/// Whether there is one name, and it is `n`.
///
/// # Safety
/// `names` is the tuple of a call's keywords.
unsafe fn is_n(names: *mut ffi::PyObject) -> bool {
    // SAFETY: promised by the caller; what is in the tuple is alive while it is.
    unsafe {
        ffi::PyTuple_Size(names) == 1
            && ffi::PyUnicode_CompareWithASCIIString(ffi::PyTuple_GetItem(names, 0), c"n".as_ptr()) == 0
    }
}

/// The permits that a call asks for, if that is all that it says.
///
/// # Safety
/// The arguments of a call as Python passes them.
#[inline]
unsafe fn asked(
    py: Python<'_>,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> Option<u32> {
    if count == 0 && names.is_null() {
        return Some(1);
    }
    // SAFETY: promised by the caller. Then there is one value, alive for the call.
    unsafe {
        let alone = if names.is_null() { count == 1 } else { count == 0 && is_n(names) };
        alone.then(|| Borrowed::from_ptr(py, *args).extract().ok()).flatten()
    }
}

unsafe extern "C" fn try_acquire<T: Asked>(
    object: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    slot(null_mut(), |py| {
        // SAFETY: Python calls a method with an object of its class, and with the arguments that it announces.
        unsafe {
            match asked(py, args, count, names) {
                Some(n) => {
                    let taken = Borrowed::from_ptr(py, object).cast_unchecked::<T>().get().try_acquire(n);
                    ffi::Py_NewRef(if taken { ffi::Py_True() } else { ffi::Py_False() })
                }
                None => answer(py, pass_on::<T>(py, object, args, count, names)),
            }
        }
    })
}

/// To PyO3's.
///
/// # Safety
/// A call as Python made it.
#[cold]
unsafe fn pass_on<'py, T: Asked>(
    py: Python<'py>,
    object: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: promised by the caller: `count` arguments, and after them one for each name.
    let (arguments, names) = unsafe {
        let names = Bound::from_borrowed_ptr_or_opt(py, names).map(|names| names.cast_into_unchecked::<PyTuple>());
        let all = count as usize + names.as_ref().map_or(0, PyTupleMethods::len);
        let all = (0..all).map(|at| Bound::from_borrowed_ptr(py, *args.add(at)));
        ([Bound::from_borrowed_ptr(py, object)].into_iter().chain(all).collect::<Vec<_>>(), names)
    };
    let (positional, named) = arguments.split_at(1 + count as usize);
    let keywords = PyDict::new(py);
    for (name, value) in names.iter().flatten().zip(named) {
        keywords.set_item(name, value)?;
    }
    let Some(behind) = T::behind().get(py) else {
        return Err(pyo3::exceptions::PySystemError::new_err("overcurrent was not initialised"));
    };
    behind.bind(py).call(PyTuple::new(py, positional)?, Some(&keywords))
}

/// Puts it in front, once: classes live as long as the process.
fn install_for<T: Asked>(py: Python<'_>) -> PyResult<()> {
    T::behind()
        .get_or_try_init(py, || {
            let class = py.get_type::<T>();
            let behind = class.getattr("try_acquire")?;
            // As Python finds signature and documentation of a native method.
            let (signature, said) = (behind.getattr("__text_signature__")?, behind.getattr("__doc__")?);
            let doc = CString::new(format!("try_acquire{signature}\n--\n\n{said}"))?;
            let method = ffi::PyMethodDef {
                ml_name: c"try_acquire".as_ptr(),
                ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: try_acquire::<T> },
                ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
                ml_doc: doc.into_raw(),
            };
            // SAFETY: the definition is never freed, and the function fits its flags.
            let method = unsafe {
                let method = ffi::PyDescr_NewMethod(class.as_type_ptr(), Box::into_raw(Box::new(method)));
                Bound::from_owned_ptr_or_err(py, method)?
            };
            class.setattr("try_acquire", method)?;
            Ok(behind.unbind())
        })
        .map(|_| ())
}

pub fn install(py: Python<'_>) -> PyResult<()> {
    install_for::<RateLimiter>(py)?;
    install_for::<CycleLimiter>(py)
}
