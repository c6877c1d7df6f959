//! What an admitted call carries through a breaker.

use crate::time::Nanos;

/// A breaker's admission: the generation that issued it, whether it is a trial, and when the call began.
///
/// Give it back with `leave` or `cancel`. A permit of an older generation changes nothing in a newer one: a result
/// from before the outage can neither close a half-open breaker nor open a closed one.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit that is dropped is a lost call: give it back with `leave` or `cancel`"]
pub struct Permit {
    pub(crate) entered: Nanos,
    pub(crate) generation: u16,
    /// One of the half-open trial calls.
    pub(crate) trial: bool,
    /// The state that issued it records outcomes.
    pub(crate) records: bool,
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

    /// When the call was admitted (zero if it was admitted without the time).
    pub const fn entered(&self) -> Nanos {
        self.entered
    }

    /// The generation that issued it.
    pub const fn generation(&self) -> u16 {
        self.generation
    }

    /// Whether it is one of the half-open trial calls.
    pub const fn is_trial(&self) -> bool {
        self.trial
    }

    /// The permit as plain words.
    pub const fn into_raw(self) -> RawPermit {
        let flags = if self.trial { Self::TRIAL } else { 0 } | if self.records { Self::RECORDS } else { 0 };
        RawPermit {
            entered: self.entered.get(),
            word: self.generation as u32 | flags,
        }
    }

    /// The permit that [`into_raw`](Self::into_raw) took apart.
    pub const fn from_raw(raw: RawPermit) -> Self {
        Self {
            entered: Nanos::new(raw.entered),
            generation: (raw.word & 0xffff) as u16,
            trial: raw.word & Self::TRIAL != 0,
            records: raw.word & Self::RECORDS != 0,
        }
    }
}
