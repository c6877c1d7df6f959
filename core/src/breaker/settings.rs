//! Where a breaker reads its settings: a fixed [`Policy`], or one that can be changed while it runs.

use super::live::LivePolicy;
use super::policy::Policy;
use crate::time::Nanos;
use core::borrow::Borrow;

/// A source of settings. Sealed: [`Policy`] itself, a reference to one, a [`LivePolicy`](super::LivePolicy), or a
/// [`PolicyRef`](super::PolicyRef).
pub trait Settings: Sealed {}

/// Settings that can be replaced while the breaker runs: a [`LivePolicy`](super::LivePolicy), or a
/// [`PolicyRef`](super::PolicyRef) that has one.
pub trait Replaceable: Settings {}

/// The reading behind [`Settings`], out of reach for other crates.
pub trait Sealed {
    /// The settings as read for one operation.
    type Read<'a>: Borrow<Policy>
    where
        Self: 'a;
    /// Reads them, all of one version.
    fn read(&self) -> Self::Read<'_>;
    /// Whether an open breaker moves on without a call: the one setting that a plain refusal needs.
    fn is_automatic(&self) -> bool;
    /// Whether slow calls are counted: what makes a closed breaker over calls need the time.
    fn counts_slow(&self) -> bool;
    /// The length above which a call is slow, and whether failures in a row are counted: what a plain success needs.
    fn for_success(&self) -> (Nanos, bool);
    /// Where settings that replace these go, and what is in force while there are none. `None`: these stay.
    fn place(&self) -> Option<Place<'_>> {
        None
    }
}

impl Settings for Policy {}
impl Settings for &Policy {}

impl Sealed for Policy {
    type Read<'a> = &'a Policy;

    #[inline(always)]
    fn read(&self) -> &Policy {
        self
    }

    #[inline(always)]
    fn is_automatic(&self) -> bool {
        self.auto_half_open
    }

    #[inline(always)]
    fn counts_slow(&self) -> bool {
        self.slow_rate != 0
    }

    #[inline(always)]
    fn for_success(&self) -> (Nanos, bool) {
        (self.slow_call, self.consecutive_failures != 0)
    }
}

impl Sealed for &Policy {
    type Read<'a>
        = &'a Policy
    where
        Self: 'a;

    #[inline(always)]
    fn read(&self) -> &Policy {
        self
    }

    #[inline(always)]
    fn is_automatic(&self) -> bool {
        self.auto_half_open
    }

    #[inline(always)]
    fn counts_slow(&self) -> bool {
        self.slow_rate != 0
    }

    #[inline(always)]
    fn for_success(&self) -> (Nanos, bool) {
        (self.slow_call, self.consecutive_failures != 0)
    }
}

/// Where settings are replaced.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub live: &'a LivePolicy,
    /// In force while `live` is empty, where it may be.
    pub first: Option<&'a Policy>,
}
