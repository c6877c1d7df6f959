//! C structs that are Rust objects: the same bytes under two names.

use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// A C struct whose memory is that of a Rust type. Implemented by [`twin!`], which checks size and alignment.
///
/// # Safety
/// Both must have the same layout, and every value that C code is allowed to store must be valid as an `Of`.
pub(crate) unsafe trait Twin: Sized {
    type Of;
}

/// The state behind a pointer.
///
/// # Safety
/// The contract of all pointers (see the crate).
#[inline(always)]
pub(crate) unsafe fn state<'a, T: Twin>(pointer: Option<NonNull<T>>) -> Option<&'a T::Of> {
    // SAFETY: not NULL, hence an object of type T by the contract, hence an `Of` by the trait's; states consist of
    // atomic words, so shared references are all that anybody has.
    pointer.map(|pointer| unsafe { pointer.cast().as_ref() })
}

/// The configuration behind a pointer.
#[inline(always)]
pub(crate) fn config<T: Twin>(pointer: Option<&T>) -> Option<&T::Of> {
    // SAFETY: the trait's contract; the reference is to initialised memory already.
    pointer.map(|config| unsafe { &*core::ptr::from_ref(config).cast() })
}

/// A Rust value as its C twin.
#[inline(always)]
pub(crate) const fn into_c<T: Twin>(value: T::Of) -> T {
    // SAFETY: the trait's contract; the sizes were checked where it was implemented.
    unsafe { core::mem::transmute_copy(&core::mem::ManuallyDrop::new(value)) }
}

/// Stores an answer, if it is wanted.
#[inline(always)]
pub(crate) fn put<T>(out: Option<&mut MaybeUninit<T>>, value: T) {
    if let Some(out) = out {
        out.write(value);
    }
}

macro_rules! twin {
    ($c:ty => $of:ty) => {
        // SAFETY: size and alignment are checked below; the fields are words without invalid values, or are documented
        // to be set by the library's own functions and macros.
        unsafe impl $crate::twin::Twin for $c {
            type Of = $of;
        }
        const _: () = {
            assert!(size_of::<$c>() == size_of::<$of>());
            assert!(align_of::<$c>() == align_of::<$of>());
        };
    };
}
pub(crate) use twin;

/// The bytes behind a pointer.
///
/// # Safety
/// `first` is the first of `length` readable bytes that nobody writes meanwhile.
pub(crate) unsafe fn bytes(first: &u8, length: usize) -> &[u8] {
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts(first, length) }
}
