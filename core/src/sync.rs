//! The only place that names atomics.
//!
//! * Normally: [`portable_atomic`], without its 64-bit fallback. That fallback is a spin lock; an interrupt handler that
//!   meets a lock held by the code it interrupted waits for ever.
//! * Targets without native 64-bit atomics: a cell inside a critical section (feature `critical-section`).
//! * Under `--cfg overcurrent_loom`: loom's atomics, so that the models run the very code that ships.
//!
//! Weak compare-and-swap is offered for retry loops only; loom's never fails spuriously, so no model would find a
//! missing loop.

pub(crate) use core::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release};

#[cfg(overcurrent_loom)]
pub(crate) use loom::sync::atomic::AtomicU32;
#[cfg(not(overcurrent_loom))]
pub(crate) use portable_atomic::AtomicU32;

#[cfg(all(feature = "wide", overcurrent_loom))]
pub(crate) use loom::sync::atomic::AtomicU64;
#[cfg(all(feature = "wide", not(overcurrent_loom), target_has_atomic = "64"))]
pub(crate) use portable_atomic::AtomicU64;
#[cfg(all(feature = "wide", not(overcurrent_loom), not(target_has_atomic = "64"), feature = "critical-section"))]
pub(crate) use sectioned::AtomicU64;

#[cfg(all(feature = "wide", not(overcurrent_loom), not(target_has_atomic = "64"), not(feature = "critical-section")))]
compile_error!(
    "overcurrent: this target has no native 64-bit atomics. Enable the feature `critical-section` (any chip whose HAL \
     provides one), or set `default-features = false` to build the 32-bit machines only."
);

#[cfg(not(overcurrent_loom))]
#[allow(unused_imports, reason = "each machine is optional")]
pub(crate) use core::sync::atomic::fence;
#[cfg(overcurrent_loom)]
#[allow(unused_imports, reason = "each machine is optional")]
pub(crate) use loom::sync::atomic::fence;

/// Declares a constructor that is `const`, except under loom, whose atomics are not.
macro_rules! const_new {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty $body:block) => {
        #[cfg(not(overcurrent_loom))]
        $(#[$meta])*
        $vis const fn $name($($arg: $ty),*) -> $ret $body
        #[cfg(overcurrent_loom)]
        $(#[$meta])*
        $vis fn $name($($arg: $ty),*) -> $ret $body
    };
}
pub(crate) use const_new;

/// An array of zeroed cells, `const` where the atomics are.
#[cfg(all(feature = "wide", not(overcurrent_loom)))]
macro_rules! cells {
    ($make:expr; $n:expr) => {
        [const { $make }; $n]
    };
}
#[cfg(all(feature = "wide", overcurrent_loom))]
macro_rules! cells {
    ($make:expr; $n:expr) => {
        core::array::from_fn::<_, { $n }, _>(|_| $make)
    };
}
#[cfg(feature = "wide")]
pub(crate) use cells;

/// Whether a planted fault is switched on: loom builds only, so that each model can be shown to fail.
///
/// The fault's name is read from `OVERCURRENT_MUTATION`. In every other build this is the constant `false`.
#[cfg(overcurrent_loom)]
pub(crate) fn mutated(name: &str) -> bool {
    extern crate std;
    static ACTIVE: std::sync::OnceLock<Option<std::string::String>> = std::sync::OnceLock::new();
    ACTIVE.get_or_init(|| std::env::var("OVERCURRENT_MUTATION").ok()).as_deref() == Some(name)
}
#[cfg(not(overcurrent_loom))]
#[inline(always)]
pub(crate) const fn mutated(_name: &str) -> bool {
    false
}

/// `ordering`, or `Relaxed` when the fault `name` is planted.
#[inline(always)]
#[allow(dead_code, reason = "each machine is optional")]
pub(crate) fn unless_mutated(ordering: Ordering, name: &str) -> Ordering {
    if mutated(name) { Relaxed } else { ordering }
}

#[cfg(all(feature = "wide", not(overcurrent_loom), not(target_has_atomic = "64"), feature = "critical-section"))]
mod sectioned {
    use super::Ordering;
    use core::cell::Cell;
    use critical_section::Mutex;

    /// A 64-bit word on a core that cannot swap one: every access is a critical section, hence safe in interrupt
    /// handlers. The orderings are accepted and exceeded.
    #[derive(Debug)]
    pub(crate) struct AtomicU64(Mutex<Cell<u64>>);

    impl AtomicU64 {
        pub(crate) const fn new(value: u64) -> Self {
            Self(Mutex::new(Cell::new(value)))
        }

        #[inline]
        pub(crate) fn load(&self, _: Ordering) -> u64 {
            critical_section::with(|cs| self.0.borrow(cs).get())
        }

        #[inline]
        pub(crate) fn store(&self, value: u64, _: Ordering) {
            critical_section::with(|cs| self.0.borrow(cs).set(value));
        }

        #[inline]
        pub(crate) fn compare_exchange(&self, old: u64, new: u64, _: Ordering, _: Ordering) -> Result<u64, u64> {
            critical_section::with(|cs| {
                let cell = self.0.borrow(cs);
                let seen = cell.get();
                if seen == old {
                    cell.set(new);
                    Ok(seen)
                } else {
                    Err(seen)
                }
            })
        }

        #[inline]
        pub(crate) fn compare_exchange_weak(
            &self,
            old: u64,
            new: u64,
            ok: Ordering,
            err: Ordering,
        ) -> Result<u64, u64> {
            self.compare_exchange(old, new, ok, err)
        }

        #[inline]
        pub(crate) fn fetch_add(&self, by: u64, _: Ordering) -> u64 {
            critical_section::with(|cs| {
                let cell = self.0.borrow(cs);
                cell.replace(cell.get().wrapping_add(by))
            })
        }
    }
}
