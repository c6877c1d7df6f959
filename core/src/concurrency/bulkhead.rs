//! The bulkhead: at most so many calls at once.
//!
//! In flight and maximum share one word, so no order of calls can exceed the maximum, a resize never waits for calls to
//! end, and a slot that was never taken cannot be given back. A refusal writes nothing.

use crate::decision::{Outcome, Reason, Refusal};
use crate::error::{ConfigError, NeedsTime};
use crate::gate::Gate;
use crate::sync::{AcqRel, Acquire, AtomicU32, Relaxed, Release, const_new, mutated, unless_mutated};
use crate::time::At;
use core::fmt;

#[cfg(feature = "wide")]
use crate::sync::AtomicU64;

/// A slot was given back that nobody had taken; nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverRelease;

impl fmt::Display for OverRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a slot was given back that nobody had taken")
    }
}

impl core::error::Error for OverRelease {}

/// One slot of a bulkhead, held while a call is under way: a bulkhead's permit.
///
/// It carries nothing, so it costs nothing; it is a type so that a slot cannot be given back twice.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a slot that is dropped stays taken: give it back with `leave` or `cancel`"]
pub struct Slot(());

impl Slot {
    /// For hosts that keep the slot where Rust cannot: they remember that they hold one.
    pub const fn into_raw(self) {}

    /// The slot that [`into_raw`](Self::into_raw) took apart. Using it twice gives back twice; the bulkhead then stops
    /// at zero in flight.
    pub const fn from_raw() -> Self {
        Self(())
    }
}

/// The word, taken apart. In flight may exceed the maximum after a resize, until enough calls have ended.
#[derive(Clone, Copy)]
struct Slots {
    in_flight: u32,
    max: u32,
}

impl Slots {
    const fn enter(self) -> Option<Self> {
        if self.in_flight < self.max {
            Some(Self { in_flight: self.in_flight.saturating_add(1), ..self })
        } else {
            None
        }
    }

    const fn leave(self) -> Option<Self> {
        match self.in_flight.checked_sub(1) {
            Some(in_flight) => Some(Self { in_flight, ..self }),
            None => None,
        }
    }
}

const REFUSED: Refusal = Refusal { reason: Reason::BulkheadFull, retry_after: None };

macro_rules! bulkhead {
    (
        $(#[$meta:meta])* $name:ident: $atomic:ident of $word:ty, $half:literal bits each, most $most:expr, $debug:literal
    ) => {
        $(#[$meta])*
        #[repr(transparent)]
        pub struct $name {
            /// `max` in the upper half, in flight in the lower.
            word: $atomic,
        }

        impl $name {
            /// The largest maximum.
            pub const MOST: u32 = $most;

            const_new! {
                /// A bulkhead with room for `max` calls; 0 refuses every call.
                ///
                /// # Errors
                /// `max` above [`MOST`](Self::MOST).
                pub fn new(max: u32) -> Result<Self, ConfigError> {
                    match ConfigError::check("max", max as u64, 0, Self::MOST as u64) {
                        Ok(()) => Ok(Self { word: $atomic::new(Self::pack(Slots { in_flight: 0, max })) }),
                        Err(error) => Err(error),
                    }
                }
            }

            #[allow(clippy::cast_possible_truncation, clippy::cast_lossless, reason = "each half is masked or bounded")]
            const fn unpack(word: $word) -> Slots {
                Slots { in_flight: (word & ((1 << $half) - 1)) as u32, max: (word >> $half) as u32 }
            }

            #[allow(clippy::cast_possible_truncation, clippy::cast_lossless, reason = "bounded by MOST")]
            const fn pack(slots: Slots) -> $word {
                (slots.max as $word) << $half | slots.in_flight as $word
            }

            /// Takes a slot if one is free: the form without a permit, to be paired with [`release`](Self::release).
            ///
            /// Any thread, any interrupt handler; never waits. A refusal writes nothing.
            #[inline]
            pub fn try_enter(&self) -> bool {
                // Relaxed: a stale value fails the swap, or refuses as it would have a moment ago.
                let mut word = self.word.load(Relaxed);
                loop {
                    let Some(next) = Self::unpack(word).enter() else { return false };
                    if mutated("bulkhead_blind_store") {
                        self.word.store(Self::pack(next), Relaxed);
                        return true;
                    }
                    // Acquire: what the slot's last holder wrote before it gave the slot back is seen by this one.
                    let acquire = unless_mutated(Acquire, "bulkhead_enter_acquire");
                    match self.word.compare_exchange_weak(word, Self::pack(next), acquire, Relaxed) {
                        Ok(_) => return true,
                        Err(seen) => word = seen,
                    }
                }
            }

            /// Gives a slot back that [`try_enter`](Self::try_enter) took.
            ///
            /// # Errors
            /// No slot was taken. Nothing changed: the room never grows by giving back too often.
            #[inline]
            pub fn release(&self) -> Result<(), OverRelease> {
                let mut word = self.word.load(Relaxed);
                loop {
                    let Some(next) = Self::unpack(word).leave() else { return Err(OverRelease) };
                    // Release: publishes what this holder did to the next one; later swaps carry it on.
                    let release = unless_mutated(Release, "bulkhead_leave_release");
                    match self.word.compare_exchange_weak(word, Self::pack(next), release, Relaxed) {
                        Ok(_) => return Ok(()),
                        Err(seen) => word = seen,
                    }
                }
            }

            /// Changes the maximum. Never waits: with a smaller one, calls under way end in their own time and none is
            /// admitted until fewer than `max` are left.
            ///
            /// # Errors
            /// `max` above [`MOST`](Self::MOST); nothing changed.
            pub fn resize(&self, max: u32) -> Result<(), ConfigError> {
                ConfigError::check("max", u64::from(max), 0, u64::from(Self::MOST))?;
                let mut word = self.word.load(Relaxed);
                loop {
                    let next = Slots { max, ..Self::unpack(word) };
                    // AcqRel: a call admitted under the new maximum also sees what led to it.
                    match self.word.compare_exchange_weak(word, Self::pack(next), AcqRel, Relaxed) {
                        Ok(_) => return Ok(()),
                        Err(seen) => word = seen,
                    }
                }
            }

            /// The calls under way.
            pub fn in_flight(&self) -> u32 {
                Self::unpack(self.word.load(Relaxed)).in_flight
            }

            /// The most calls that may be under way at once.
            pub fn max(&self) -> u32 {
                Self::unpack(self.word.load(Relaxed)).max
            }

            /// How many calls would be admitted now.
            pub fn available(&self) -> u32 {
                let slots = Self::unpack(self.word.load(Relaxed));
                slots.max.saturating_sub(slots.in_flight)
            }
        }

        impl Gate for $name {
            type Permit = Slot;

            #[inline]
            fn judge(&self, _: u32, _: At) -> Result<(), Refusal> {
                if self.available() == 0 { Err(REFUSED) } else { Ok(()) }
            }
            #[inline]
            fn enter(&self, _: u32, _: At) -> Result<Slot, Refusal> {
                if self.try_enter() { Ok(Slot(())) } else { Err(REFUSED) }
            }
            #[inline]
            fn leave(&self, permit: Slot, _: Outcome, _: At) {
                self.cancel(permit);
            }
            #[inline]
            fn cancel(&self, permit: Slot) {
                let Slot(()) = permit;
                // A slot in hand was taken; only a forged or doubled raw one finds zero, and that changes nothing.
                let _ = self.release();
            }
            #[inline]
            fn needs_clock(&self) -> bool {
                false
            }
            #[inline]
            fn enter_untimed(&self, _: u32) -> Result<Slot, NeedsTime> {
                if self.try_enter() { Ok(Slot(())) } else { Err(NeedsTime) }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let slots = Self::unpack(self.word.load(Relaxed));
                f.debug_struct($debug).field("in_flight", &slots.in_flight).field("max", &slots.max).finish()
            }
        }
    };
}

#[cfg(feature = "wide")]
bulkhead! {
    /// Admits at most so many calls at once, up to 2^31 - 1 (a -1 from another language is refused).
    ///
    /// Lock-free and exact: in flight never exceeds the maximum that admitted it. It has no clock, so its refusals say
    /// no time to wait; a slot must be given back first. 8 bytes.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, OverRelease};
    /// static DATABASE: Bulkhead = match Bulkhead::new(2) {
    ///     Ok(bulkhead) => bulkhead,
    ///     Err(_) => panic!("checked by the compiler"),
    /// };
    /// assert!(DATABASE.try_enter() && DATABASE.try_enter());
    /// assert!(!DATABASE.try_enter());
    /// DATABASE.resize(1).unwrap(); // at once; the two calls under way stay
    /// assert_eq!((DATABASE.in_flight(), DATABASE.max(), DATABASE.available()), (2, 1, 0));
    /// DATABASE.release().unwrap();
    /// DATABASE.release().unwrap();
    /// assert_eq!(DATABASE.release(), Err(OverRelease));
    /// ```
    Bulkhead: AtomicU64 of u64, 32 bits each, most i32::MAX as u32, "Bulkhead"
}

bulkhead! {
    /// A [`Bulkhead`](crate::Bulkhead) in 4 bytes, for up to 65,535 calls at once: lock-free on chips without 64-bit
    /// atomics, and the same in every other way.
    ///
    /// ```
    /// use overcurrent::Bulkhead32;
    /// let radio = Bulkhead32::new(1).unwrap();
    /// assert!(radio.try_enter());
    /// assert!(!radio.try_enter());
    /// assert!(Bulkhead32::new(65_536).is_err());
    /// ```
    Bulkhead32: AtomicU32 of u32, 16 bits each, most 65_535, "Bulkhead32"
}
