//! Settings that are kept elsewhere, fixed or replaceable: told apart at run time.

use super::live::LivePolicy;
use super::policy::Policy;
use super::settings::{Place, Replaceable, Sealed, Settings};
use crate::time::Nanos;
use core::borrow::Borrow;

/// Settings in memory of somebody else's: fixed ones, or first ones with a [`LivePolicy`] beside them for what replaces
/// them. For hosts that learn which at run time; code over it is compiled once for both.
///
/// The words of a breaker whose settings may be replaced need not have been set up for that: until the first change their
/// lengths are those of the first settings.
///
/// ```
/// use overcurrent::breaker::{AnyHistory, CountHistory, LivePolicy, PolicyRef, RingWord};
/// use overcurrent::{Breaker, BreakerConfig, Nanos, Outcome, State, Window};
/// static WORDS: CountHistory<[RingWord; 1]> = CountHistory::new();
/// static LATER: LivePolicy = LivePolicy::empty();
/// let first = BreakerConfig::new(Window::calls(10)).min_calls(10).build()?;
/// let breaker = Breaker::view(PolicyRef::live(&first, &LATER), AnyHistory::Count(&WORDS), ());
///
/// let now = Nanos::ZERO;
/// breaker.reconfigure(BreakerConfig::new(Window::calls(4)).min_calls(1).build()?, now)?;
/// breaker.leave(breaker.enter(now)?, Outcome::Failure, now);
/// assert_eq!(breaker.state(now), State::Open);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PolicyRef<'a> {
    first: &'a Policy,
    live: Option<&'a LivePolicy>,
}

impl<'a> PolicyRef<'a> {
    /// Settings that stay.
    #[inline(always)]
    pub const fn fixed(policy: &'a Policy) -> Self {
        Self { first: policy, live: None }
    }

    /// Settings that `first` are `first` and then what `live` holds, which must be [empty](LivePolicy::empty) in the
    /// beginning and belong to one breaker.
    #[inline(always)]
    pub const fn live(first: &'a Policy, live: &'a LivePolicy) -> Self {
        Self { first, live: Some(live) }
    }
}

/// What a [`PolicyRef`] said at one instant.
#[derive(Debug)]
pub enum PolicyRead<'a> {
    /// The first settings.
    First(&'a Policy),
    /// Those that replaced them.
    Replaced(Policy),
}

impl Borrow<Policy> for PolicyRead<'_> {
    #[inline(always)]
    fn borrow(&self) -> &Policy {
        match self {
            Self::First(policy) => policy,
            Self::Replaced(policy) => policy,
        }
    }
}

impl Settings for PolicyRef<'_> {}
impl Replaceable for PolicyRef<'_> {}

impl Sealed for PolicyRef<'_> {
    type Read<'b>
        = PolicyRead<'b>
    where
        Self: 'b;

    #[inline]
    fn read(&self) -> PolicyRead<'_> {
        match self.live.and_then(LivePolicy::replaced) {
            Some(policy) => PolicyRead::Replaced(policy),
            None => PolicyRead::First(self.first),
        }
    }

    fn place(&self) -> Option<Place<'_>> {
        self.live.map(|live| Place { live, first: Some(self.first) })
    }

    #[inline]
    fn is_automatic(&self) -> bool {
        match self.live {
            Some(live) if !live.is_empty() => live.is_automatic(),
            _ => self.first.auto_half_open,
        }
    }

    #[inline]
    fn counts_slow(&self) -> bool {
        match self.live {
            Some(live) if !live.is_empty() => live.counts_slow(),
            _ => self.first.slow_rate != 0,
        }
    }

    #[inline]
    fn for_success(&self) -> (Nanos, bool) {
        match self.live {
            Some(live) if !live.is_empty() => live.for_success(),
            _ => self.first.for_success(),
        }
    }
}
