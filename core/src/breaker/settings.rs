//! Where a breaker reads its settings: a fixed [`Policy`], or one that can be changed while it runs.

use super::policy::Policy;
use core::borrow::Borrow;

/// A source of settings. Sealed: [`Policy`] itself, a reference to one, a [`LivePolicy`](super::LivePolicy), or a
/// [`PolicyRef`](super::PolicyRef).
pub trait Settings: Sealed {}

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
}
