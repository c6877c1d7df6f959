//! The word of the 32-bit breaker and its pure steps.
//!
//! | bits | CLOSED | DISABLED | `FORCED_OPEN` | `HALF_OPEN` | OPEN |
//! |---|---|---|---|---|---|
//! | 30-31 | 0 | 0 | 1 | 2 | 3 |
//! | 24-29 | generation | = | = | = | = |
//! | 0-23 | calls 5, failed 19 (newest lowest) | all ones | 0 | done 4, good 4, left 4, lease end 12 | deadline in ticks |
//!
//! All zero is CLOSED, never used. Deadlines wrap. What lies up to `wait + SKEW` ahead of the caller's clock is a live
//! deadline, anything else an old one: a caller with an older reading is refused, and a breaker that slept through any
//! number of wraps opens its trials (unless it comes back within that range of a multiple of 2^24 ticks, when it
//! refuses for that long once more). The half-range comparison would refuse after half of all long idle times.

use super::machine::Permit32;
use super::policy::{SKEW, TinyPolicy32};
use crate::breaker::report::State;
use crate::decision::{Outcome, Reason};
use crate::sync::mutated;

pub(super) const WINDOW: u32 = 19;
pub(super) const TRIALS: u32 = 15;
/// The most units a lease may have: with the skew, half of what twelve bits hold.
pub(super) const LEASE_UNITS: u32 = 1_000;

const KIND_AT: u32 = 30;
pub(super) const GENERATION_AT: u32 = 24;
const GENERATION: u32 = 63;
const PAYLOAD: u32 = (1 << 24) - 1;
const CLOSED: u32 = 0;
const FORCED_OPEN: u32 = 1;
const HALF_OPEN: u32 = 2;
const OPEN: u32 = 3;
const FILL_AT: u32 = 19;
/// Instead of a number of calls: DISABLED, which admits as a closed one does.
const DISABLED: u32 = 31;
const DONE_AT: u32 = 20;
const GOOD_AT: u32 = 16;
/// The results of the trials, done and good.
const RESULTS: u32 = 255 << GOOD_AT;
const LEFT_AT: u32 = 12;
const LEASE: u32 = (1 << 12) - 1;

/// A refusal on a clock of ticks: four bytes, read only when asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[repr(transparent)]
pub struct Refusal32(u32);

impl Refusal32 {
    /// Why.
    pub const fn reason(self) -> Reason {
        // In this order the numbers of kinds and reasons differ by a constant; the last never is.
        match self.0 >> KIND_AT {
            OPEN => Reason::BreakerOpen,
            HALF_OPEN => Reason::TrialsTaken,
            FORCED_OPEN => Reason::ForcedOpen,
            _ => Reason::BulkheadFull,
        }
    }

    /// Ticks after which the same call could be admitted. `None` when time alone will not help, or not at a known time:
    /// while every trial is out.
    pub const fn retry_after(self) -> Option<u32> {
        // One more: the deadline itself is still refused.
        if self.0 >> KIND_AT == OPEN { Some((self.0 & PAYLOAD).wrapping_add(1)) } else { None }
    }
}

/// A permit, or a refusal, in one register: the kind of a word that refuses is never 0.
#[derive(Clone, Copy)]
pub(super) struct Answer32(u32);

impl Answer32 {
    #[inline]
    pub(super) const fn split(self) -> Result<Permit32, Refusal32> {
        if self.0 >> KIND_AT == CLOSED { Ok(Permit32(self.0 >> GENERATION_AT)) } else { Err(Refusal32(self.0)) }
    }
}

/// What a step leads to.
enum Next {
    Is(Word32),
    /// The verdict on this word's trials.
    Judge(Word32),
    /// From closed to open.
    Trip,
}

/// The event of asking for a call.
pub(super) const ENTER: u32 = u32::MAX;

/// The event of a call that ended: the generation of its permit, in the place where a word has it, and the outcome.
#[inline]
pub(super) const fn ended(permit: &Permit32, outcome: Outcome) -> u32 {
    permit.0 << GENERATION_AT | outcome as u32
}
const FAILED: u32 = Outcome::Failure as u32;
const IGNORED: u32 = Outcome::Ignored as u32;

/// The whole state of a 32-bit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word32(pub(super) u32);

/// Set bits of a word that has few: two or three instructions each, and no constants to load.
#[inline]
const fn ones(mut bits: u32) -> u32 {
    let mut count = 0u32;
    while bits != 0 {
        bits &= bits.wrapping_sub(1);
        count = count.wrapping_add(1);
    }
    count
}

impl Word32 {
    #[inline]
    const fn kind(self) -> u32 {
        self.0 >> KIND_AT
    }

    #[inline]
    pub(super) const fn is_closed(self) -> bool {
        self.kind() == CLOSED
    }

    #[inline]
    pub(super) const fn is_half_open(self) -> bool {
        self.kind() == HALF_OPEN
    }

    #[inline]
    pub(super) const fn generation(self) -> u32 {
        self.0 >> GENERATION_AT & GENERATION
    }

    pub(super) const fn state(self) -> State {
        match self.kind() {
            CLOSED if self.fill() == DISABLED => State::Disabled,
            CLOSED => State::Closed,
            FORCED_OPEN => State::ForcedOpen,
            HALF_OPEN => State::HalfOpen,
            _ => State::Open,
        }
    }

    /// Calls and failed calls, in the window or among the trials.
    pub(super) const fn counts(self) -> (u32, u32) {
        match self.state() {
            State::Closed => (self.fill(), ones(self.0 & ((1 << FILL_AT) - 1))),
            State::HalfOpen => (self.done(), self.done().wrapping_sub(self.good())),
            _ => (0, 0),
        }
    }

    #[inline]
    const fn fill(self) -> u32 {
        self.0 >> FILL_AT & 31
    }

    #[inline]
    const fn done(self) -> u32 {
        self.0 >> DONE_AT & 15
    }

    #[inline]
    const fn good(self) -> u32 {
        self.0 >> GOOD_AT & 15
    }

    #[inline]
    const fn same_generation(self, kind: u32, payload: u32) -> Self {
        Self(kind << KIND_AT | self.0 & GENERATION << GENERATION_AT | payload & PAYLOAD)
    }

    #[inline]
    const fn next_generation(self, kind: u32, payload: u32) -> Self {
        Self(self.0.wrapping_add(1 << GENERATION_AT)).same_generation(kind, payload)
    }

    pub(super) const fn to_closed(self) -> Self {
        self.next_generation(CLOSED, 0)
    }

    pub(super) const fn to_switched(self, forced_open: bool) -> Self {
        if forced_open { self.next_generation(FORCED_OPEN, 0) } else { self.next_generation(CLOSED, PAYLOAD) }
    }

    #[inline]
    pub(super) const fn to_open(self, p: &TinyPolicy32, now: u32) -> Self {
        self.same_generation(OPEN, now.wrapping_add(p.wait))
    }

    /// Ticks until the end of an OPEN state, `None` when it is over; `fault` is 0.
    #[inline]
    pub(super) const fn open_left(self, p: &TinyPolicy32, now: u32, fault: u32) -> Option<u32> {
        let ahead = self.0.wrapping_sub(now) & PAYLOAD;
        if ahead <= p.open_range.wrapping_sub(fault) { Some(ahead) } else { None }
    }

    /// One trial permit less; the last one starts the lease.
    #[inline]
    const fn trial_taken(self, p: &TinyPolicy32, now: u32) -> Self {
        let taken = Self(self.0.wrapping_sub(1 << LEFT_AT));
        if taken.left() != 0 {
            return taken;
        }
        // Rounded up: never early, one unit late.
        let shift = p.lease_shift as u32 & 31;
        let end = (now.wrapping_add(p.lease) >> shift).wrapping_add(1);
        Self(taken.0 & !LEASE | end & LEASE)
    }

    #[inline]
    const fn left(self) -> u32 {
        self.0 >> LEFT_AT & 15
    }

    /// Whether the lease of the trials, all of them out, is over.
    #[inline]
    const fn lease_over(self, p: &TinyPolicy32, now: u32) -> bool {
        let ahead = self.0.wrapping_sub(now >> (p.lease_shift as u32 & 31)) & LEASE;
        ahead.wrapping_sub(1) > p.lease_range
    }

    /// After a call of its generation ended.
    #[inline(always)]
    const fn told(self, p: &TinyPolicy32, outcome: u32) -> Next {
        let failed = outcome & FAILED;
        match (self.kind(), outcome & IGNORED != 0) {
            // The permit back, and never more of them than were handed out and not reported.
            (HALF_OPEN, true) if self.left().wrapping_add(self.done()) < p.trials as u32 => {
                Next::Is(Self(self.0.wrapping_add(1 << LEFT_AT)))
            }
            (HALF_OPEN, false) => {
                let next = Self(self.0.wrapping_add(1 << DONE_AT | 1 << GOOD_AT).wrapping_sub(failed << GOOD_AT));
                if next.done() >= p.trials as u32 { Next::Judge(next) } else { Next::Is(next) }
            }
            (CLOSED, false) if self.fill() != DISABLED => self.counted(p, failed),
            _ => Next::Is(self),
        }
    }

    /// After a call through a closed breaker.
    #[inline(always)]
    const fn counted(self, p: &TinyPolicy32, failed: u32) -> Next {
        let bits = (self.0 << 1 | failed) & p.keep;
        let calls = self.fill();
        let calls = if calls < p.window as u32 { calls.wrapping_add(1) } else { calls };
        if bits != 0 {
            let bad = ones(bits);
            let by_rate = calls >= p.min_calls as u32 && p.is_rate_met(bad, calls);
            if by_rate || bad >= p.failure_count as u32 || bits & p.in_a_row == p.in_a_row {
                return Next::Trip;
            }
        }
        // 24 bits: `calls` is at most 19.
        Next::Is(Self(self.0 & GENERATION << GENERATION_AT | calls << FILL_AT | bits))
    }

    /// After somebody asked for a call: a trial permit taken, or the lease of the trials over. `fresh` is the word of the
    /// next generation, `fault` is 0.
    #[inline(always)]
    const fn asked(self, p: &TinyPolicy32, now: u32, fault: u32, lease: bool, fresh: Self) -> Next {
        let giving = match self.kind() {
            OPEN if self.open_left(p, now, fault).is_none() => {
                Self(fresh.0 | HALF_OPEN << KIND_AT | (p.trials as u32) << LEFT_AT)
            }
            HALF_OPEN if self.left() != 0 => self,
            HALF_OPEN if lease && self.lease_over(p, now) => return Next::Judge(self),
            _ => return Next::Is(self),
        };
        Next::Is(giving.trial_taken(p, now))
    }

    /// The word after `event`: [`ENTER`], or a permit's generation above the outcome of its call. A word that stays as it
    /// is [`answer`](Self::answer)s.
    // Out of line: inlined into the loop, its settings are loaded ahead and spilled, for half as much flash again. One
    // place where trials are judged and one where it opens, for the same reason.
    #[inline(never)]
    pub(super) fn step(self, p: &TinyPolicy32, now: u32, event: u32) -> Self {
        // Here for two that need it: one piece of code makes the next generation.
        let fresh = self.to_closed();
        let next = if event == ENTER {
            let fault = if mutated("tiny32_no_skew") { SKEW } else { 0 };
            self.asked(p, now, fault, !mutated("tiny32_no_lease"), fresh)
        } else if self.0 & GENERATION << GENERATION_AT == event & GENERATION << GENERATION_AT
            || mutated("tiny32_stale_result")
        {
            self.told(p, event)
        } else {
            return self;
        };
        let trips = match next {
            Next::Is(word) => return word,
            Next::Trip => true,
            Next::Judge(word) => {
                // Those without a result count as failed.
                u32::from(p.trials).wrapping_sub(word.good()) >= u32::from(p.trial_failures)
            }
        };
        if trips { self.to_open(p, now) } else { fresh }
    }

    /// What a word says that [`step`](Self::step) did not change.
    #[inline]
    pub(super) const fn answer(self, now: u32) -> Answer32 {
        if self.is_closed() {
            return self.admitted();
        }
        // The subtraction borrows from the generation, which a refusal does not need, and never from the kind above it.
        Answer32((self.0 | GENERATION << GENERATION_AT).wrapping_sub(now & PAYLOAD))
    }

    /// One call of this generation.
    #[inline]
    pub(super) const fn admitted(self) -> Answer32 {
        Answer32(self.0 & !(3 << KIND_AT))
    }

    // ---- over a restart

    /// What outlives a restart: all but the deadline, the free trial permits and the lease.
    pub(super) const fn to_saved(self) -> Self {
        match self.kind() {
            OPEN => self.same_generation(OPEN, 0),
            HALF_OPEN => self.same_generation(HALF_OPEN, self.0 & RESULTS),
            _ => self,
        }
    }

    /// Whether [`to_saved`](Self::to_saved) can have made this.
    pub(super) const fn is_saved(self) -> bool {
        let bits = self.0 & ((1 << FILL_AT) - 1);
        match self.kind() {
            CLOSED => self.fill() <= WINDOW && bits.wrapping_shr(self.fill()) == 0 || self.0 & PAYLOAD == PAYLOAD,
            FORCED_OPEN => self.0 & PAYLOAD == 0,
            _ => self.to_saved().0 == self.0 && (!self.is_half_open() || self.good() <= self.done()),
        }
    }

    /// A saved word in the generation after that of this one, and not in its own.
    pub(super) const fn restored(self, p: &TinyPolicy32, saved: Self, wait: u32, now: u32) -> Self {
        let next = self.next_generation(CLOSED, 0);
        let next = if next.generation() == saved.generation() { next.next_generation(CLOSED, 0) } else { next };
        match saved.kind() {
            CLOSED if saved.fill() == DISABLED => next.same_generation(CLOSED, PAYLOAD),
            CLOSED => {
                let calls = saved.fill();
                let calls = if calls < p.window as u32 { calls } else { p.window as u32 };
                next.same_generation(CLOSED, calls << FILL_AT | saved.0 & p.keep)
            }
            OPEN => {
                // No open state is longer than the wait; further ahead, an older clock would take it for an old one.
                let longest = p.wait.wrapping_add(1);
                let wait = if wait < longest { wait } else { longest };
                next.same_generation(OPEN, now.wrapping_add(wait).wrapping_sub(1))
            }
            HALF_OPEN => {
                // A trial that had not reported is gone with the process that ran it. Results enough for a verdict come
                // from settings with more trials: they begin anew.
                let trials = p.trials as u32;
                let results = if saved.done() < trials { saved.0 & RESULTS } else { 0 };
                let left = trials.wrapping_sub(results >> DONE_AT);
                next.same_generation(HALF_OPEN, left << LEFT_AT | results)
            }
            _ => next.same_generation(FORCED_OPEN, 0),
        }
    }
}
