//! Python types of our own making, for what PyO3's classes cannot do: be called without a tuple, be resumed without an
//! exception. An object of such a type is Python's head and, behind it, a Rust value.

use pyo3::exceptions::PySystemError;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{CStr, c_int, c_uint, c_void};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

/// Whether Python has the lock that lets one thread run at a time.
static ONE_AT_A_TIME: AtomicBool = AtomicBool::new(false);

/// Whether nobody else can do anything to an object of Python's until this thread runs Python's code again: then a load
/// and a store do what else takes an exchange, at a fraction of its cost.
#[inline]
pub fn one_at_a_time() -> bool {
    // Relaxed: set when the module was made, before there were objects.
    ONE_AT_A_TIME.load(Ordering::Relaxed)
}

/// What an object holds behind its head.
pub trait Content: Sized + Send + Sync + 'static {
    const NAME: &'static CStr;
    const FLAGS: std::ffi::c_ulong;
    /// Whether it has a list of weak references.
    const WEAK: bool;

    fn of() -> &'static HeapType<Self>;

    /// The Python objects that it owns; null where there is none. For the garbage collector: must not touch them.
    fn owned(&self) -> [*mut ffi::PyObject; 4];
}

/// A type of objects that hold a `T`, made with the module.
pub struct HeapType<T> {
    object: AtomicPtr<ffi::PyTypeObject>,
    /// From the start of an object to its content. Read from Python: the size of the head is the interpreter's affair.
    offset: AtomicUsize,
    /// The memory of one object that is gone, for the next: most live for one call.
    spare: AtomicPtr<ffi::PyObject>,
    content: PhantomData<fn() -> T>,
}

/// Runs a slot of a type. Python called it, so the thread is attached; the engine and this binding do not panic, and if
/// they did, the caller would see an exception.
#[inline]
pub fn slot<R>(failed: R, run: impl FnOnce(Python<'_>) -> R) -> R {
    // SAFETY: slots are called by the interpreter, on an attached thread.
    let py = unsafe { Python::assume_attached() };
    match catch_unwind(AssertUnwindSafe(|| run(py))) {
        Ok(done) => done,
        Err(_) => {
            PySystemError::new_err("overcurrent panicked; this is a bug").restore(py);
            failed
        }
    }
}

/// What Python expects of a slot: an object, or null and the exception set.
pub fn answer(py: Python<'_>, result: PyResult<Bound<'_, PyAny>>) -> *mut ffi::PyObject {
    match result {
        Ok(object) => object.into_ptr(),
        Err(error) => {
            error.restore(py);
            null_mut()
        }
    }
}

impl<T: Content> HeapType<T> {
    pub const fn new() -> Self {
        Self {
            object: AtomicPtr::new(null_mut()),
            offset: AtomicUsize::new(0),
            spare: AtomicPtr::new(null_mut()),
            content: PhantomData,
        }
    }

    /// Makes the type, once. `members` are given as offsets into the content; all of them are Python's own.
    pub fn create<'py>(
        &self,
        py: Python<'py>,
        slots: &[(c_int, *mut c_void)],
        members: &[(&'static CStr, usize)],
        methods: &'static [ffi::PyMethodDef],
        attributes: &'static [ffi::PyGetSetDef],
    ) -> PyResult<Bound<'py, PyAny>> {
        let made = self.object.load(Ordering::Acquire);
        if !made.is_null() {
            // SAFETY: a type that was made lives for ever: the static owns a reference.
            return Ok(unsafe { Bound::from_borrowed_ptr(py, made.cast()) });
        }
        let head: usize = py.get_type::<PyAny>().getattr("__basicsize__")?.extract()?;
        // A count of references and a type. Without the lock there is more: who owns the object, and its own little lock.
        ONE_AT_A_TIME.store(head == 2 * size_of::<usize>(), Ordering::Relaxed);
        let offset = head.next_multiple_of(align_of::<T>());
        let bad = |_| PySystemError::new_err("an object would be too large");
        let member = |(name, at): &(&'static CStr, usize)| -> PyResult<ffi::PyMemberDef> {
            Ok(ffi::PyMemberDef {
                name: name.as_ptr(),
                type_code: ffi::Py_T_PYSSIZET,
                offset: (offset + at).try_into().map_err(bad)?,
                flags: ffi::Py_READONLY,
                doc: std::ptr::null(),
            })
        };
        // Python reads the list until it ends with an entry of zeros. It copies both, but for names.
        let mut members = members.iter().map(member).collect::<PyResult<Vec<_>>>()?;
        members.push(ffi::PyMemberDef::default());
        let mut slots: Vec<_> =
            slots.iter().map(|(slot, pfunc)| ffi::PyType_Slot { slot: *slot, pfunc: *pfunc }).collect();
        let mut add = |slot, pfunc| slots.push(ffi::PyType_Slot { slot, pfunc });
        add(ffi::Py_tp_dealloc, dealloc::<T> as *mut c_void);
        add(ffi::Py_tp_traverse, traverse::<T> as *mut c_void);
        add(ffi::Py_tp_members, members.as_mut_ptr().cast());
        if !methods.is_empty() {
            add(ffi::Py_tp_methods, methods.as_ptr().cast_mut().cast());
        }
        if !attributes.is_empty() {
            add(ffi::Py_tp_getset, attributes.as_ptr().cast_mut().cast());
        }
        add(0, null_mut());
        let flags =
            T::FLAGS | ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_HAVE_GC | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION;
        let mut spec = ffi::PyType_Spec {
            name: T::NAME.as_ptr(),
            basicsize: (offset + size_of::<T>()).try_into().map_err(bad)?,
            itemsize: 0,
            flags: c_uint::try_from(flags).map_err(bad)?,
            slots: slots.as_mut_ptr(),
        };
        // SAFETY: the spec and what it points to are complete, and the functions fit their slots.
        let object = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec))? };
        self.offset.store(offset, Ordering::Relaxed);
        // Release: whoever sees the type sees the offset. On a second try by another thread, that one's type is dropped.
        self.object.store(object.clone().into_ptr().cast(), Ordering::Release);
        Ok(object)
    }

    /// Whether `object` is of this type.
    #[inline]
    pub fn is(&self, object: *mut ffi::PyObject) -> bool {
        // SAFETY: a live object has a type.
        unsafe { ffi::Py_TYPE(object) == self.object.load(Ordering::Relaxed) }
    }

    /// The content of an object.
    ///
    /// # Safety
    /// The object is alive and of this type.
    #[inline]
    pub unsafe fn content<'a>(&self, object: *mut ffi::PyObject) -> &'a T {
        // SAFETY: `make` wrote one there, and it is never moved.
        unsafe { &*object.byte_add(self.offset.load(Ordering::Relaxed)).cast() }
    }

    /// A new object.
    #[inline]
    pub fn make<'py>(&self, py: Python<'py>, content: T) -> PyResult<Bound<'py, PyAny>> {
        let of = self.object.load(Ordering::Acquire);
        let offset = self.offset.load(Ordering::Relaxed);
        let spare = if one_at_a_time() {
            let spare = self.spare.load(Ordering::Relaxed);
            self.spare.store(null_mut(), Ordering::Relaxed);
            spare
        } else {
            // Acquire: the memory as `keep` left it.
            self.spare.swap(null_mut(), Ordering::Acquire)
        };
        // SAFETY: the type was made with the module. The collector sees an object only after its content was written:
        // of a new one it is told at once, but it does not run in between.
        unsafe {
            let object = if spare.is_null() { ffi::PyType_GenericAlloc(of, 0) } else { ffi::PyObject_Init(spare, of) };
            if object.is_null() {
                return Err(PyErr::fetch(py));
            }
            object.byte_add(offset).cast::<T>().write(content);
            if !spare.is_null() {
                ffi::PyObject_GC_Track(object.cast());
            }
            Ok(Bound::from_owned_ptr(py, object))
        }
    }

    /// Keeps the memory of an object that is gone, or frees it.
    ///
    /// # Safety
    /// It is of this type, untracked, and its content was dropped.
    unsafe fn keep(&self, object: *mut ffi::PyObject) {
        let kept = if one_at_a_time() {
            let free = self.spare.load(Ordering::Relaxed).is_null();
            if free {
                self.spare.store(object, Ordering::Relaxed);
            }
            free
        } else {
            // Release: whoever takes it has it to itself.
            self.spare.compare_exchange(null_mut(), object, Ordering::Release, Ordering::Relaxed).is_ok()
        };
        if !kept {
            // SAFETY: promised by the caller.
            unsafe { ffi::PyObject_GC_Del(object.cast()) };
        }
    }
}

unsafe extern "C" fn dealloc<T: Content>(object: *mut ffi::PyObject) {
    // SAFETY: the last reference is gone; the content is dropped once, and the memory goes back to where it came from.
    unsafe {
        let of = ffi::Py_TYPE(object);
        ffi::PyObject_GC_UnTrack(object.cast());
        if T::WEAK {
            ffi::PyObject_ClearWeakRefs(object);
        }
        slot((), |py| {
            undisturbed(py, || std::ptr::drop_in_place(std::ptr::from_ref(T::of().content(object)).cast_mut()));
        });
        T::of().keep(object);
        ffi::Py_DECREF(of.cast());
    }
}

unsafe extern "C" fn traverse<T: Content>(
    object: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the collector passes a live object; what it owns is alive, too.
    unsafe {
        let owned = T::of().content(object).owned();
        for owned in owned.into_iter().chain([ffi::Py_TYPE(object).cast()]) {
            if !owned.is_null() {
                let stop = visit(owned, arg);
                if stop != 0 {
                    return stop;
                }
            }
        }
    }
    0
}

/// Runs what may run foreign code, for somebody who may have an exception in hand.
pub fn undisturbed<R>(py: Python<'_>, run: impl FnOnce() -> R) -> R {
    let at_hand = PyErr::take(py);
    let done = run();
    if let Some(error) = at_hand {
        error.restore(py);
    }
    done
}
