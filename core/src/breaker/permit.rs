//! What an admitted call carries through a breaker.

use crate::time::Nanos;

/// A breaker's admission: the generation that issued it, whether it is a trial, and when the call began.
///
/// Give it back with `leave` or `cancel`. A permit of an older generation changes nothing in a newer one: a result
/// from before the outage can neither close a half-open breaker nor open a closed one. Generations have 16 bits: a permit
/// that is exactly 65,536 of them old (or a multiple) is mistaken for a current one.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit that is dropped is a lost call: give it back with `leave` or `cancel`"]
pub struct Permit {
    pub(crate) entered: Nanos,
    /// Generation and flags in one word, so that a permit travels in two registers.
    word: u32,
}

/// A [`Permit`] as two plain words, for hosts that keep it where Rust cannot: behind a C ABI, in a message.
///
/// Plain data can be copied; using one twice reports one call twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct RawPermit {
    /// When the call began, in nanoseconds.
    pub entered: u64,
    /// Generation and flags.
    pub word: u32,
}

impl Permit {
    const TRIAL: u32 = 1 << 16;
    const RECORDS: u32 = 1 << 17;
    const UNTIMED: u32 = 1 << 18;

    #[inline]
    pub(crate) const fn new(entered: Nanos, generation: u16, trial: bool, records: bool) -> Self {
        let flags = if trial { Self::TRIAL } else { 0 } | if records { Self::RECORDS } else { 0 };
        Self { entered, word: generation as u32 | flags }
    }

    /// The same without the time.
    #[inline]
    pub(crate) const fn untimed(generation: u16) -> Self {
        Self { entered: Nanos::ZERO, word: generation as u32 | Self::RECORDS | Self::UNTIMED }
    }

    /// Whether anybody knows when the call began. Without that it is not slow: no rule asked when it was admitted.
    #[inline]
    pub(crate) const fn is_timed(&self) -> bool {
        self.word & Self::UNTIMED == 0
    }

    /// When the call was admitted (zero if it was admitted without the time).
    #[inline]
    pub const fn entered(&self) -> Nanos {
        self.entered
    }

    /// The generation that issued it.
    #[inline]
    pub const fn generation(&self) -> u16 {
        (self.word & 0xffff) as u16
    }

    /// Whether it is one of the half-open trial calls.
    #[inline]
    pub const fn is_trial(&self) -> bool {
        self.word & Self::TRIAL != 0
    }

    /// Whether the state that issued it records outcomes.
    #[inline]
    pub(crate) const fn records(&self) -> bool {
        self.word & Self::RECORDS != 0
    }

    /// Neither a trial nor from a state that does not record: the everyday permit.
    #[inline]
    pub(crate) const fn is_plain(&self) -> bool {
        self.word & (Self::TRIAL | Self::RECORDS) == Self::RECORDS
    }

    /// The permit as plain words.
    pub const fn into_raw(self) -> RawPermit {
        RawPermit { entered: self.entered.get(), word: self.word }
    }

    /// The permit that [`into_raw`](Self::into_raw) took apart.
    pub const fn from_raw(raw: RawPermit) -> Self {
        Self { entered: Nanos::new(raw.entered), word: raw.word }
    }
}
