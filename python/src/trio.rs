//! Whether a task of trio asks: there, every call that is awaited is a checkpoint, also one that need not wait.

use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicIsize, AtomicPtr, Ordering};

/// `sys.modules`, for ever: the static owns a reference.
static MODULES: AtomicPtr<ffi::PyObject> = AtomicPtr::new(null_mut());
/// How many modules there were when trio was looked for and not found.
static WITHOUT: AtomicIsize = AtomicIsize::new(-1);

/// Remembers where modules are.
pub fn watch() {
    // SAFETY: the module is being imported, so there is an interpreter and it has modules.
    unsafe {
        let modules = ffi::PyImport_GetModuleDict();
        ffi::Py_INCREF(modules);
        MODULES.store(modules, Ordering::Release);
    }
}

/// Asked by every call that need not wait: as long as no module is imported, trio is not either, and then this is one
/// comparison.
#[inline]
pub fn asks(py: Python<'_>) -> bool {
    // SAFETY: a dictionary, owned.
    let size = unsafe { ffi::PyDict_Size(MODULES.load(Ordering::Relaxed)) };
    // Relaxed: whoever runs in trio's loop sees the size with trio.
    size != WITHOUT.load(Ordering::Relaxed) && look(py, size)
}

#[cold]
fn look(py: Python<'_>, size: isize) -> bool {
    // SAFETY: as above.
    let modules = unsafe { Borrowed::from_ptr(py, MODULES.load(Ordering::Relaxed)) };
    let Ok(trio) = modules.get_item("trio.lowlevel") else {
        WITHOUT.store(size, Ordering::Relaxed);
        return false;
    };
    // While it is being imported it has no tasks.
    trio.getattr("in_trio_task").and_then(|asked| asked.call0()?.is_truthy()).unwrap_or(false)
}
