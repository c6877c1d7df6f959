//! Settings that change while the breaker runs.

use super::history::History;
use super::machine::Breaker;
use super::policy::{HalfOpenEnd, OpenFor, Policy, TrialTimeout, Window};
use super::report::State;
use super::settings::{Place, Replaceable, Sealed, Settings};
use crate::error::{Busy, ConfigError};
use crate::event::Observer;
use crate::sync::{AcqRel, Acquire, AtomicU32, AtomicU64, Relaxed, Release, const_new, fence, mutated};
use crate::time::{At, Nanos};
use core::borrow::Borrow;
use core::fmt;

const WORDS: usize = 11;
/// The word with the length of the window, which is never 0.
const LENGTH: usize = 1;
/// In the last word.
const AUTOMATIC: u64 = 1 << 2;

/// A [`Policy`] that can be replaced in one piece while others read it.
///
/// Two copies and a version: writers fill the copy that is not in force, then publish the next version; readers read the
/// copy in force and look at the version again. Readers never wait; they repeat only if a change was completed meanwhile.
pub struct LivePolicy {
    version: AtomicU64,
    busy: AtomicU32,
    copies: [[AtomicU64; WORDS]; 2],
}

impl LivePolicy {
    const_new! {
        /// Begins with `policy`.
        #[allow(clippy::many_single_char_names, reason = "words of a packed policy")]
        pub fn new(policy: Policy) -> Self {
            let [a, b, c, d, e, f, g, h, i, j, k] = pack(&policy);
            Self {
                version: AtomicU64::new(0),
                busy: AtomicU32::new(0),
                copies: [
                    [
                        AtomicU64::new(a),
                        AtomicU64::new(b),
                        AtomicU64::new(c),
                        AtomicU64::new(d),
                        AtomicU64::new(e),
                        AtomicU64::new(f),
                        AtomicU64::new(g),
                        AtomicU64::new(h),
                        AtomicU64::new(i),
                        AtomicU64::new(j),
                        AtomicU64::new(k),
                    ],
                    crate::sync::cells!(AtomicU64::new(0); WORDS),
                ],
            }
        }
    }

    const_new! {
        /// Holds none yet: all zero. What [`PolicyRef::live`](super::PolicyRef::live) begins with.
        pub fn empty() -> Self {
            Self {
                version: AtomicU64::new(0),
                busy: AtomicU32::new(0),
                copies: [
                    crate::sync::cells!(AtomicU64::new(0); WORDS),
                    crate::sync::cells!(AtomicU64::new(0); WORDS),
                ],
            }
        }
    }

    /// Whether it holds none yet.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        let [first, _] = &self.copies;
        // Relaxed: the version only grows, and nothing is read because of this answer. The first copy is written by
        // `new`, or with the second change; the version moves with the first.
        self.version.load(Relaxed) == 0 && first.get(LENGTH).is_none_or(|word| word.load(Relaxed) == 0)
    }

    /// The settings in force, if it holds any. Not inlined: whoever reads settings of somebody else's has a call of this
    /// in each operation.
    #[cold]
    #[inline(never)]
    pub(super) fn replaced(&self) -> Option<Policy> {
        if self.is_empty() { None } else { Some(self.get()) }
    }

    /// The settings in force.
    pub fn get(&self) -> Policy {
        loop {
            // Acquire: the copy this version names was filled before it was published.
            let version = self.version.load(Acquire);
            let [even, odd] = &self.copies;
            let copy = if version & 1 == 0 { even } else { odd };
            let mut words = [0; WORDS];
            for (word, cell) in words.iter_mut().zip(copy) {
                *word = cell.load(Relaxed);
            }
            // Pairs with the Release fence in `replace`: if a word above came from a later filling of this copy, the
            // load below sees that the version has moved.
            fence(Acquire);
            if self.version.load(Relaxed) == version || mutated("live_policy_noverify") {
                return unpack(words);
            }
        }
    }

    /// Replaces them; the caller holds the `busy` flag.
    fn replace(&self, policy: &Policy) {
        let version = self.version.load(Acquire);
        let [even, odd] = &self.copies;
        let copy = if version & 1 == 0 { odd } else { even };
        // See `get`: orders the filling below after the version that took this copy out of force.
        fence(Release);
        for (cell, word) in copy.iter().zip(pack(policy)) {
            cell.store(word, Relaxed);
        }
        // Release publishes the copy. It cannot fail: changes exclude each other.
        let _ = self.version.compare_exchange(version, version.wrapping_add(1), AcqRel, Relaxed);
    }

    /// Runs `change` unless somebody else is changing something.
    fn exclusively(&self, change: impl FnOnce()) -> Result<(), Busy> {
        // Acquire and Release: one change sees all of the one before.
        if self.busy.compare_exchange(0, 1, Acquire, Relaxed).is_err() && !mutated("live_policy_nobusy") {
            return Err(Busy);
        }
        change();
        self.busy.store(0, Release);
        Ok(())
    }
}

impl Settings for LivePolicy {}
impl Replaceable for LivePolicy {}

impl Sealed for LivePolicy {
    type Read<'a> = Policy;

    #[inline]
    fn read(&self) -> Policy {
        self.get()
    }

    fn place(&self) -> Option<Place<'_>> {
        Some(Place { live: self, first: None })
    }

    fn is_automatic(&self) -> bool {
        // Acquire: as in `get`. One word of a copy is whole by itself, be it of the change before or after.
        let [even, odd] = &self.copies;
        let [.., kind] = if self.version.load(Acquire) & 1 == 0 { even } else { odd };
        kind.load(Relaxed) & AUTOMATIC != 0
    }

    #[inline]
    fn counts_slow(&self) -> bool {
        // As above.
        let [even, odd] = &self.copies;
        let [_, _, rates, ..] = if self.version.load(Acquire) & 1 == 0 { even } else { odd };
        high(rates.load(Relaxed)) != 0
    }

    #[inline]
    fn for_success(&self) -> (Nanos, bool) {
        // As above, two words: a change between them is one before or after this call.
        let [even, odd] = &self.copies;
        let [_, _, _, slow_call, counts, ..] = if self.version.load(Acquire) & 1 == 0 { even } else { odd };
        (Nanos::new(slow_call.load(Relaxed)), high(counts.load(Relaxed)) != 0)
    }
}

const fn halves(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

const fn low(word: u64) -> u32 {
    (word & 0xffff_ffff) as u32
}

const fn high(word: u64) -> u32 {
    (word >> 32) as u32
}

const fn pack(p: &Policy) -> [u64; WORDS] {
    let (slice, length) = match p.window {
        Window::Calls(n) => (0, n),
        Window::Time { slice, buckets } => (slice.get(), buckets),
    };
    let (kind, limit) = match p.trial_timeout {
        TrialTimeout::Never => (0, 0),
        TrialTimeout::Lease(lease) => (1, lease.get()),
        TrialTimeout::Stay { stay, then: HalfOpenEnd::Open } => (2, stay.get()),
        TrialTimeout::Stay { stay, then: HalfOpenEnd::Closed } => (3, stay.get()),
    };
    let (first, multiplier, cap, jitter) = p.open_for.parts();
    [
        slice,
        halves(length, p.min_calls),
        halves(p.failure_rate, p.slow_rate),
        p.slow_call.get(),
        halves(p.failure_count, p.consecutive_failures),
        halves(p.trial_calls as u32, p.trial_min as u32),
        first,
        halves(multiplier, jitter as u32),
        cap,
        limit,
        kind | if p.auto_half_open { AUTOMATIC } else { 0 },
    ]
}

const fn unpack(words: [u64; WORDS]) -> Policy {
    let [slice, length, rates, slow_call, counts, trials, first, growth, cap, limit, kind] = words;
    let stay = Nanos::new(limit);
    Policy {
        window: if slice == 0 {
            Window::Calls(low(length))
        } else {
            Window::Time { slice: Nanos::new(slice), buckets: low(length) }
        },
        min_calls: high(length),
        failure_rate: low(rates),
        slow_rate: high(rates),
        slow_call: Nanos::new(slow_call),
        failure_count: low(counts),
        consecutive_failures: high(counts),
        trial_calls: (trials & 0xffff) as u16,
        trial_min: (trials >> 32 & 0xffff) as u16,
        open_for: OpenFor::from_parts(first, low(growth), cap, (growth >> 32 & 0xffff) as u16),
        trial_timeout: match kind & 3 {
            0 => TrialTimeout::Never,
            1 => TrialTimeout::Lease(stay),
            2 => TrialTimeout::Stay { stay, then: HalfOpenEnd::Open },
            _ => TrialTimeout::Stay { stay, then: HalfOpenEnd::Closed },
        },
        auto_half_open: kind & AUTOMATIC != 0,
    }
}

/// Why settings were not changed; nothing was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReconfigureError {
    /// Somebody else is changing them at this moment.
    Busy,
    /// They do not fit this breaker's storage.
    Config(ConfigError),
}

impl fmt::Display for ReconfigureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => Busy.fmt(f),
            Self::Config(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ReconfigureError {}

impl<H: History, P: Replaceable, O: Observer> Breaker<H, P, O> {
    /// Replaces the settings and keeps state and history. The window may shrink or grow within its storage: a longer one
    /// gets back what the storage still holds.
    ///
    /// Thresholds apply from the next recorded outcome on, and only that trips a closed breaker: a window that meets a
    /// lowered one stays closed until then. The open wait applies from the next trip on. A change of `trial_timeout` while
    /// half-open starts that time anew. More trials are free at once, fewer count those that are out; where enough have
    /// reported by now, whoever looks next decides. A change of the **length of a time slice** starts an empty window: sums of
    /// other slices cannot be told apart by the new ones.
    ///
    /// # Errors
    /// [`ReconfigureError`]: busy, the settings do not fit the storage, or a [`PolicyRef`](super::PolicyRef) is of fixed ones.
    ///
    /// ```
    /// use overcurrent::{BreakerConfig, LiveCountBreaker, Nanos, Outcome, Window};
    /// let breaker = LiveCountBreaker::<1>::live(BreakerConfig::new(Window::calls(10)).min_calls(10).build()?)?;
    /// let now = Nanos::ZERO;
    /// for _ in 0..4 {
    ///     breaker.leave(breaker.enter(now)?, Outcome::Failure, now);
    /// }
    /// breaker.reconfigure(BreakerConfig::new(Window::calls(16)).min_calls(5).build()?, now)?;
    /// assert_eq!(breaker.metrics(now).failed, 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reconfigure(&self, policy: Policy, at: impl Into<At>) -> Result<(), ReconfigureError> {
        let Some(place) = self.policy.place() else {
            let calls = match policy.window {
                Window::Calls(n) | Window::Time { buckets: n, .. } => n,
            };
            let fixed = ConfigError::new("window (of a breaker whose settings are fixed)", calls.into(), 1, 0);
            return Err(ReconfigureError::Config(fixed));
        };
        self.change(place, &policy, at.into())
    }

    /// The settings in force.
    pub fn policy(&self) -> Policy {
        *self.policy.read().borrow()
    }
}

impl<H: History, P: Settings, O: Observer> Breaker<H, P, O> {
    fn change(&self, place: Place<'_>, policy: &Policy, at: At) -> Result<(), ReconfigureError> {
        let Place { live, first } = place;
        self.history.check(policy).map_err(ReconfigureError::Config)?;
        let change = || {
            let old = match first {
                Some(first) if live.is_empty() => {
                    // From now on the lengths are the window's own: a recorder who reads the new settings must not take
                    // theirs for those of a window that is still to be resized.
                    if !mutated("live_policy_unfixed") {
                        self.history.resize(first);
                    }
                    *first
                }
                _ => live.get(),
            };
            live.replace(policy);
            if old.window != policy.window || old.trial_calls != policy.trial_calls {
                self.history.resize(policy);
            }
            if slice(&old) != slice(policy) {
                self.start_window_anew(policy, at);
            }
            let leased = matches!(policy.trial_timeout, TrialTimeout::Lease(_));
            if old.trial_timeout != policy.trial_timeout || leased && old.trial_calls != policy.trial_calls {
                self.restart_trial_timeout(policy, at);
            }
        };
        live.exclusively(change).map_err(|Busy| ReconfigureError::Busy)
    }

    fn start_window_anew(&self, policy: &Policy, at: At) {
        loop {
            let word = self.load();
            if !matches!(word.state(), State::Closed | State::MetricsOnly)
                || self.publish(policy, word, word.to_plain(word.state(), 0), 0, at)
            {
                return;
            }
        }
    }

    fn restart_trial_timeout(&self, policy: &Policy, at: At) {
        loop {
            let word = self.load();
            if !word.is(State::HalfOpen) {
                return;
            }
            self.begin_trial_timeout(policy, word, at);
            if self.load().tag() != word.tag() {
                return;
            }
        }
    }
}

const fn slice(policy: &Policy) -> u64 {
    match policy.window {
        Window::Calls(_) => 0,
        Window::Time { slice, .. } => slice.get(),
    }
}
