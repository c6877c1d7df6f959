//! What a limiter hands out: promises, refusals that compute their wait only when asked, and views.

use super::rate::Quota;
use super::step::{END_OF_TIME, NEVER};
use crate::decision::{Reason, Refusal};
use crate::time::Nanos;
use core::fmt;

/// Permits taken, usable from [`ready_at`](Self::ready_at) on.
///
/// Sleep for [`wait`](Self::wait), then go. Nothing needs to be given back; a call that will not be made after all may
/// try [`cancel`](super::Gcra::cancel). Permits promised for one time and used later can bunch up: a host that oversleeps
/// makes its calls closer together than the rate, as in every reservation scheme.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the permits are taken: wait and use them, or cancel the reservation"]
pub struct Reservation {
    pub(crate) before: u64,
    pub(crate) after: u64,
    pub(crate) ready_at: Nanos,
    pub(crate) wait: Nanos,
}

impl Reservation {
    /// The first instant at which the call may be made.
    pub const fn ready_at(&self) -> Nanos {
        self.ready_at
    }

    /// How long that is from the `now` of the reservation; zero for a call that may go at once.
    pub const fn wait(&self) -> Nanos {
        self.wait
    }

    /// The reservation as plain words, for hosts that keep it where Rust cannot.
    pub const fn into_raw(self) -> RawReservation {
        RawReservation { before: self.before, after: self.after, ready_at: self.ready_at.get(), wait: self.wait.get() }
    }

    /// The reservation that [`into_raw`](Self::into_raw) took apart.
    pub const fn from_raw(raw: RawReservation) -> Self {
        Self { before: raw.before, after: raw.after, ready_at: Nanos::new(raw.ready_at), wait: Nanos::new(raw.wait) }
    }
}

/// A [`Reservation`] as four plain words.
///
/// Plain data can be copied; cancelling one twice can give back what somebody else took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct RawReservation {
    /// The limiter's word before.
    pub before: u64,
    /// The limiter's word after.
    pub after: u64,
    /// First instant of use, in nanoseconds.
    pub ready_at: u64,
    /// The wait, in nanoseconds.
    pub wait: u64,
}

/// A limiter's refusal. It keeps the question; the wait costs a division and is computed only when asked for.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Denied<'q> {
    pub(crate) quota: &'q Quota,
    pub(crate) target: u64,
    pub(crate) now: Nanos,
}

impl Denied<'_> {
    /// Why: no permit now, or more asked for than the burst.
    pub const fn reason(&self) -> Reason {
        reason(self.target)
    }

    /// The wait after which the same call is admitted if nobody else comes first: enough, and not a nanosecond more
    /// than enough. `None` when no wait helps.
    pub const fn retry_after(&self) -> Option<Nanos> {
        if self.target >= END_OF_TIME {
            return None;
        }
        wait(self.quota.instant(self.target), self.now)
    }
}

impl From<Denied<'_>> for Refusal {
    fn from(denied: Denied<'_>) -> Self {
        Self::new(denied.reason(), denied.retry_after())
    }
}

impl fmt::Display for Denied<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Refusal::from(*self).fmt(f)
    }
}

impl core::error::Error for Denied<'_> {}

pub(crate) const fn reason(target: u64) -> Reason {
    if target == NEVER { Reason::CostExceedsBurst } else { Reason::RateLimited }
}

pub(crate) const fn wait(at: Option<Nanos>, now: Nanos) -> Option<Nanos> {
    match at {
        Some(at) => Some(at.saturating_sub(now)),
        None => None,
    }
}

/// A limiter seen without touching it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peek {
    /// Whole permits that can be taken now: taking exactly that many succeeds, one more fails.
    pub remaining: u64,
    /// How long until the limiter is full again, if nobody takes anything.
    pub reset_after: Nanos,
    /// How long until the number asked about can be taken; zero for now, `None` for never.
    pub retry_after: Option<Nanos>,
}
