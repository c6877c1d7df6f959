//! The word of the 32-bit breaker and its pure steps.
//!
//! | bits | CLOSED | OPEN | HALF_OPEN | DISABLED, FORCED_OPEN |
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
use crate::decision::Reason;

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
    pub(super) const fn generation(self) -> u8 {
        (self.0 >> GENERATION_AT & GENERATION) as u8
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
            (self.0 >> DONE_AT & 15, self.0 >> T_FAILED_AT & 15)
        } else {
            (0, 0)
        }
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

    /// Ticks until the end of an OPEN state, `None` when it is over; `skew` is `SKEW`.
    #[inline]
    pub(super) const fn open_left(self, p: &TinyPolicy32, now: u32, skew: u32) -> Option<u32> {
        let ahead = self.0.wrapping_sub(now) & PAYLOAD;
        if ahead <= p.wait.wrapping_add(skew) { Some(ahead) } else { None }
    }

    /// One trial permit less (from OPEN: the first one); the last one starts the lease.
    #[inline]
    pub(super) const fn trial_taken(self, p: &TinyPolicy32, now: u32) -> Self {
        let full =
            if self.is_half_open() { self } else { self.next_generation(HALF_OPEN, (p.trials as u32) << LEFT_AT) };
        let taken = Self(full.0.wrapping_sub(1 << LEFT_AT));
        if taken.left() != 0 {
            return taken;
        }
        // Rounded up: never early, one unit late.
        let shift = p.lease_shift as u32 & 31;
        let end = (now.wrapping_add(p.lease) >> shift).wrapping_add(1);
        Self(taken.0 & !LEASE | end & LEASE)
    }

    #[inline]
    pub(super) const fn left(self) -> u32 {
        self.0 >> LEFT_AT & 15
    }

    /// Whether every trial is out and their lease is over.
    #[inline]
    pub(super) const fn lease_over(self, p: &TinyPolicy32, now: u32, skew: u32) -> bool {
        if self.left() != 0 || p.lease == 0 {
            return false;
        }
        let shift = p.lease_shift as u32 & 31;
        let ahead = self.0.wrapping_sub(now >> shift) & LEASE;
        // +3: lease, skew and the end were each rounded.
        ahead == 0 || ahead > (p.lease >> shift).wrapping_add(skew >> shift).wrapping_add(3)
    }

    /// The verdict on the trials: those without a result count as failed.
    pub(super) const fn decided(self, p: &TinyPolicy32, now: u32) -> Self {
        let (done, failed) = self.counts();
        let trials = p.trials as u32;
        let failed = failed.wrapping_add(trials.wrapping_sub(done));
        if failed.wrapping_mul(100_000) >= trials.wrapping_mul(p.rate) {
            self.to_open(p, now)
        } else {
            self.to_closed()
        }
    }

    /// A trial permit given back.
    pub(super) const fn permit_back(self, p: &TinyPolicy32) -> Self {
        let (done, _) = self.counts();
        if self.left().wrapping_add(done) < p.trials as u32 { Self(self.0.wrapping_add(1 << LEFT_AT)) } else { self }
    }

    /// One result more, and what follows from it; the same word where nothing does.
    #[inline]
    pub(super) const fn recorded(self, p: &TinyPolicy32, now: u32, failed: bool) -> Self {
        if self.is_half_open() {
            let next = Self(self.0.wrapping_add(1 << DONE_AT | (failed as u32) << T_FAILED_AT));
            return if next.counts().0 >= p.trials as u32 { next.decided(p, now) } else { next };
        }
        if !self.is_closed() {
            return self;
        }
        let window = p.window as u32 & 31;
        let keep = (1u32 << window).wrapping_sub(1);
        let bits = (self.0 << 1 | failed as u32) & keep;
        let fill = self.0 >> FILL_AT & 31;
        let calls = if fill < window { fill.wrapping_add(1) } else { window };
        if bits != 0 {
            let bad = ones(bits);
            let by_rate = calls >= p.min_calls as u32 && bad.wrapping_mul(100_000) >= calls.wrapping_mul(p.rate);
            // A count of 0 is off: 0 - 1 wraps to a number that is never reached.
            let by_count = bad > (p.failure_count as u32).wrapping_sub(1);
            let row = (1u32 << (p.in_a_row as u32 & 31)).wrapping_sub(1);
            let in_a_row = row != 0 && bits & row == row;
            if by_rate || by_count || in_a_row {
                return self.to_open(p, now);
            }
        }
        self.same_generation(0, calls << FILL_AT | bits)
    }

    /// Why and for how many ticks a call is refused; `None`: a trial permit may be taken.
    #[inline]
    pub(super) const fn refusal(self, p: &TinyPolicy32, now: u32, skew: u32) -> Option<(Reason, u32)> {
        match self.0 >> KIND_AT {
            1 => match self.open_left(p, now, skew) {
                Some(ahead) => Some((Reason::BreakerOpen, ahead.wrapping_add(1))),
                None => None,
            },
            2 if self.left() != 0 => None,
            2 => Some((Reason::TrialsTaken, 0)),
            _ => Some((Reason::ForcedOpen, 0)),
        }
    }
}
