//! The pure part of every 64-bit GCRA: words in, words out.
//!
//! The word is the theoretical arrival time: the instant, in units, at which the limiter would be full again. Source:
//! the generic cell rate algorithm, ITU-T I.371 (virtual scheduling form).

use super::scale::Scale;
use crate::time::Nanos;

/// A target that no time reaches: more was asked for than the burst.
pub(crate) const NEVER: u64 = u64::MAX;
/// A target past the last unit that a word can hold.
pub(crate) const END_OF_TIME: u64 = NEVER - 1;

/// One decision, with everything in units.
#[derive(Clone, Copy)]
pub(crate) struct Ask {
    /// The caller's time.
    pub(crate) now: u64,
    /// The latest instant at which the permits may become due; `now` for a caller who does not wait.
    pub(crate) latest: u64,
    /// What must fit into the burst.
    pub(crate) judged: u64,
    /// What is taken: `judged`, or more when a debt is allowed.
    pub(crate) charged: u64,
    /// The whole burst.
    pub(crate) cap: u64,
    /// The last unit that the word can hold.
    pub(crate) end: u64,
}

/// The word after the permits were taken and the instant from which they may be used; or, refused, the instant at which
/// the same question would be answered with yes.
///
/// A caller with an older `now` sees a larger debt and the word never goes back: it can only be refused more often.
#[inline(always)]
pub(crate) const fn take(word: u64, ask: Ask) -> Result<(u64, u64), u64> {
    let base = if word > ask.now { word } else { ask.now };
    let (Some(due), Some(next)) = (base.checked_add(ask.judged), base.checked_add(ask.charged)) else {
        return Err(END_OF_TIME);
    };
    if next > ask.end {
        return Err(END_OF_TIME);
    }
    let target = due.saturating_sub(ask.cap);
    if target > ask.latest { Err(target) } else { Ok((next, target)) }
}

/// What is owed at `now`.
#[inline]
pub(crate) const fn debt(word: u64, now: u64) -> u64 {
    word.saturating_sub(now)
}

/// Whole permits that can be taken at `now`.
pub(crate) const fn remaining(word: u64, now: u64, cap: u64, unit: u64) -> u64 {
    match cap.saturating_sub(debt(word, now)).checked_div(unit) {
        Some(whole) => whole,
        None => 0,
    }
}

/// The word of a limiter that is full again `left` from now.
///
/// In the lattice form a unit begins at another instant than it did by the old origin, hence one unit more: a restart
/// never mints a permit.
pub(crate) const fn restored(now: Nanos, left: Nanos, scale: Scale) -> u64 {
    let phase = if left.get() == 0 || scale.whole != 0 { 0 } else { 1 };
    match now.get().checked_add(left.get()) {
        Some(full_at) => scale.units(full_at).saturating_add(phase),
        None => u64::MAX, // full when time ends
    }
}

/// The word with nothing left at `now`.
pub(crate) const fn drained(word: u64, now: u64, cap: u64) -> u64 {
    let empty = now.saturating_add(cap);
    if word > empty { word } else { empty }
}

/// The word with nothing before `until`, one permit then, and the rate from there on.
pub(crate) const fn penalized(word: u64, until: u64, cap: u64, unit: u64) -> u64 {
    let held = until.saturating_add(cap.saturating_sub(unit));
    if word > held { word } else { held }
}
