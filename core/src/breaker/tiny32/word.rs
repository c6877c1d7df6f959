//! The word of the 32-bit breaker and its pure steps.
//!
//! | bits | CLOSED | OPEN | `HALF_OPEN` | DISABLED, `FORCED_OPEN` |
//! |---|---|---|---|---|
//! | 30-31 | 0 | 1 | 2 | 3 |
//! | 24-29 | generation | = | = | = |
//! | 0-23 | calls 5, failed 19 (newest lowest) | deadline in ticks | left 4, done 4, failed 4, lease end 12 | 0 or 1 |
//!
//! All zero is CLOSED, never used. Deadlines wrap. What lies up to `wait + SKEW` ahead of the caller's clock is a live
//! deadline, anything else an old one: a caller with an older reading is refused, and a breaker that slept through any
//! number of wraps opens its trials (unless it comes back within that range of a multiple of 2^24 ticks, when it
//! refuses for that long once more). The half-range comparison would refuse after half of all long idle times.

use super::policy::TinyPolicy32;
use crate::breaker::report::State;
use crate::decision::{Outcome, Reason};

pub(super) const WINDOW: u32 = 19;
pub(super) const TRIALS: u32 = 15;
/// The most units a lease may have: with the skew, half of what twelve bits hold.
pub(super) const LEASE_UNITS: u32 = 1_000;

const KIND_AT: u32 = 30;
pub(super) const GENERATION_AT: u32 = 24;
const GENERATION: u32 = 63;
const PAYLOAD: u32 = (1 << 24) - 1;
const OPEN: u32 = 1 << KIND_AT;
const HALF_OPEN: u32 = 2 << KIND_AT;
const SWITCHED: u32 = 3 << KIND_AT;
const FILL_AT: u32 = 19;
const LEFT_AT: u32 = 20;
const DONE_AT: u32 = 16;
const T_FAILED_AT: u32 = 12;
const LEASE: u32 = (1 << 12) - 1;

/// A refusal on a clock of ticks: four bytes, read only when asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[repr(transparent)]
pub struct Refusal32(u32);

impl Refusal32 {
    /// Why.
    pub const fn reason(self) -> Reason {
        match self.0 >> KIND_AT {
            1 => Reason::BreakerOpen,
            2 => Reason::TrialsTaken,
            _ => Reason::ForcedOpen,
        }
    }

    /// Ticks after which the same call could be admitted. `None` when time alone will not help, or not at a known time:
    /// while every trial is out.
    pub const fn retry_after(self) -> Option<u32> {
        // One more: the deadline itself is still refused.
        if self.0 >> KIND_AT == 1 { Some((self.0 & PAYLOAD).wrapping_add(1)) } else { None }
    }
}

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
    pub(super) const fn is_closed(self) -> bool {
        self.0 < OPEN
    }

    #[inline]
    pub(super) const fn is_half_open(self) -> bool {
        self.0 >> KIND_AT == HALF_OPEN >> KIND_AT
    }

    #[inline]
    pub(super) const fn generation(self) -> u32 {
        self.0 >> GENERATION_AT & GENERATION
    }

    pub(super) const fn state(self) -> State {
        match (self.0 >> KIND_AT, self.0 & 1) {
            (0, _) => State::Closed,
            (1, _) => State::Open,
            (2, _) => State::HalfOpen,
            (_, 0) => State::Disabled,
            _ => State::ForcedOpen,
        }
    }

    /// Calls and failed calls, in the window or among the trials.
    pub(super) const fn counts(self) -> (u32, u32) {
        if self.is_closed() {
            (self.0 >> FILL_AT & 31, ones(self.0 & ((1 << FILL_AT) - 1)))
        } else if self.is_half_open() {
            (self.done(), self.trials_failed())
        } else {
            (0, 0)
        }
    }

    #[inline]
    const fn done(self) -> u32 {
        self.0 >> DONE_AT & 15
    }

    #[inline]
    const fn trials_failed(self) -> u32 {
        self.0 >> T_FAILED_AT & 15
    }

    #[inline]
    const fn same_generation(self, kind: u32, payload: u32) -> Self {
        Self(kind | self.0 & GENERATION << GENERATION_AT | payload & PAYLOAD)
    }

    #[inline]
    const fn next_generation(self, kind: u32, payload: u32) -> Self {
        Self(self.0.wrapping_add(1 << GENERATION_AT)).same_generation(kind, payload)
    }

    pub(super) const fn to_closed(self) -> Self {
        self.next_generation(0, 0)
    }

    pub(super) const fn to_switched(self, forced_open: bool) -> Self {
        self.next_generation(SWITCHED, forced_open as u32)
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

    /// OPEN or CLOSED.
    // Out of line: one copy of it for every verdict.
    #[inline(never)]
    const fn verdict(self, p: &TinyPolicy32, now: u32, trips: bool) -> Self {
        if trips { self.to_open(p, now) } else { self.to_closed() }
    }

    /// The verdict on the trials: those without a result count as failed.
    #[inline]
    const fn decided(self, p: &TinyPolicy32, now: u32) -> Self {
        let missing = (p.trials as u32).wrapping_sub(self.done());
        self.verdict(p, now, self.trials_failed().wrapping_add(missing) >= p.trial_failures as u32)
    }

    /// The word after a call of its generation ended, with what follows from that; the same word where nothing does.
    // Out of line for the same reason as `asked`.
    #[inline(never)]
    pub(super) const fn told(self, p: &TinyPolicy32, now: u32, outcome: Outcome) -> Self {
        let failed = matches!(outcome, Outcome::Failure);
        if self.is_half_open() {
            if matches!(outcome, Outcome::Ignored) {
                // The permit back, and never more of them than were handed out and not reported.
                let room = self.left().wrapping_add(self.done()) < p.trials as u32;
                return Self(self.0.wrapping_add((room as u32) << LEFT_AT));
            }
            let next = Self(self.0.wrapping_add(1 << DONE_AT | (failed as u32) << T_FAILED_AT));
            return if next.done() >= p.trials as u32 { next.decided(p, now) } else { next };
        }
        if !self.is_closed() || matches!(outcome, Outcome::Ignored) {
            return self;
        }
        let bits = (self.0 << 1 | failed as u32) & p.keep;
        let fill = self.0 >> FILL_AT & 31;
        let calls = if fill < p.window as u32 { fill.wrapping_add(1) } else { fill };
        if bits != 0 {
            let bad = ones(bits);
            let by_rate = calls >= p.min_calls as u32 && bad.wrapping_mul(100_000) >= calls.wrapping_mul(p.rate);
            if by_rate || bad >= p.failure_count as u32 || bits & p.in_a_row == p.in_a_row {
                return self.verdict(p, now, true);
            }
        }
        self.same_generation(0, calls << FILL_AT | bits)
    }

    /// The word after somebody asked for a call: with a trial permit taken, with the trials judged because their lease
    /// is over, or the same word, whose [`answer`](Self::answer) then holds. `fault` is 0.
    // Out of line: inlined into the loop, its settings are loaded ahead and spilled, for half as much flash again.
    #[inline(never)]
    pub(super) const fn asked(self, p: &TinyPolicy32, now: u32, fault: u32, lease: bool) -> Self {
        let giving = match self.0 >> KIND_AT {
            1 if self.open_left(p, now, fault).is_none() => {
                self.next_generation(HALF_OPEN, (p.trials as u32) << LEFT_AT)
            }
            2 if self.left() != 0 => self,
            2 if lease && self.lease_over(p, now) => return self.decided(p, now),
            _ => return self,
        };
        giving.trial_taken(p, now)
    }

    /// What a word says that [`asked`](Self::asked) did not change.
    #[inline]
    pub(super) const fn answer(self, now: u32) -> Result<(), Refusal32> {
        if self.is_closed() || self.0 >> KIND_AT == SWITCHED >> KIND_AT && self.0 & 1 == 0 {
            return Ok(());
        }
        Err(Refusal32(self.0 & !PAYLOAD | self.0.wrapping_sub(now) & PAYLOAD))
    }

    // ---- over a restart

    /// What outlives a restart: all but the deadline, the free trial permits and the lease.
    pub(super) const fn to_saved(self) -> Self {
        match self.0 >> KIND_AT {
            1 => self.same_generation(OPEN, 0),
            2 => self.same_generation(HALF_OPEN, self.0 & (255 << T_FAILED_AT)),
            _ => self,
        }
    }

    /// Whether [`to_saved`](Self::to_saved) can have made this.
    pub(super) const fn is_saved(self) -> bool {
        let fill = self.0 >> FILL_AT & 31;
        match self.0 >> KIND_AT {
            0 => fill <= WINDOW && (self.0 & ((1 << FILL_AT) - 1)).wrapping_shr(fill) == 0,
            3 => self.0 & PAYLOAD <= 1,
            _ => self.to_saved().0 == self.0 && (!self.is_half_open() || self.trials_failed() <= self.done()),
        }
    }

    /// A saved word in the generation after that of this one, and not in its own.
    pub(super) const fn restored(self, p: &TinyPolicy32, saved: Self, wait: u32, now: u32) -> Self {
        let next = self.next_generation(0, 0);
        let next = if next.generation() == saved.generation() { next.next_generation(0, 0) } else { next };
        match saved.0 >> KIND_AT {
            0 => {
                let calls = saved.0 >> FILL_AT & 31;
                let calls = if calls < p.window as u32 { calls } else { p.window as u32 };
                next.same_generation(0, calls << FILL_AT | saved.0 & p.keep)
            }
            1 => {
                // No open state is longer than the wait; further ahead, an older clock would take it for an old one.
                let longest = p.wait.wrapping_add(1);
                let wait = if wait < longest { wait } else { longest };
                next.same_generation(OPEN, now.wrapping_add(wait).wrapping_sub(1))
            }
            2 => {
                // A trial that had not reported is gone with the process that ran it. Results enough for a verdict come
                // from settings with more trials: they begin anew.
                let trials = p.trials as u32;
                let results = if saved.done() < trials { saved.0 & (255 << T_FAILED_AT) } else { 0 };
                let left = trials.wrapping_sub(results >> DONE_AT & 15);
                next.same_generation(HALF_OPEN, left << LEFT_AT | results)
            }
            _ => next.same_generation(SWITCHED, saved.0),
        }
    }
}
