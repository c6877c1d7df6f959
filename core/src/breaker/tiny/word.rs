//! The word of a tiny breaker: its fields, and nothing that needs settings.
//!
//! | bits | CLOSED, `METRICS_ONLY` | OPEN | `HALF_OPEN` | DISABLED, `FORCED_OPEN` |
//! |---|---|---|---|---|
//! | 61-63 | 0, or 4 and the rules already told (1: a failure rule, 2: the slow one) | 1 | 2 | 3 |
//! | 53-60 | generation | = | = | = |
//! | 48-52 | calls in the window | attempts | attempts | attempts |
//! | 24-47 | slow: one bit a call, newest lowest | deadline, 48 bits | slow 4, failed 4, done 4, permits left 5, | |
//! | 0-23 | failed: the same | | deadline 31 | bit 0: `FORCED_OPEN` |
//!
//! A CLOSED breaker that must open, as soon as somebody brings the time, is kind 3 with bit 1 and, five bits each from bit 8
//! on, the numbers that made it so: calls, failed, slow, failed in a row. So the test for a closed one stays one comparison.
//!
//! All zero is CLOSED, empty, generation 0. Deadlines count units of 65,536 ns, **rounded up**: a wait is never short,
//! and at most one unit long. The 48 bits of OPEN cover every `u64` instant, so there is no horizon. The 31 bits of
//! `HALF_OPEN` wrap every 39 hours; `deadline.rs` says why that is harmless.

use crate::breaker::report::State;

/// Calls a tiny window can hold.
pub(super) const WINDOW: u32 = 24;
/// Trial calls that four bits can count.
pub(super) const TRIALS: u16 = 15;

const KIND_AT: u32 = 61;
const GENERATION_AT: u32 = 53;
const FIVE_AT: u32 = 48;
const SLOW_AT: u32 = 24;
const REGISTER: u64 = (1 << 24) - 1;
const BOTH: u64 = (1 << 48) - 1;
const GENERATION: u64 = 0xff;
const ATTEMPTS: u64 = 31;

const OPEN: u64 = 1;
const HALF_OPEN: u64 = 2;
const SWITCHED: u64 = 3;
const METRICS_ONLY: u64 = 4;
const DUE: u64 = 2;
const DUE_AT: [u32; 4] = [8, 13, 18, 23];

const T_SLOW_AT: u32 = 44;
const T_FAILED_AT: u32 = 40;
const T_DONE_AT: u32 = 36;
const LEFT_AT: u32 = 31;
const LEFT: u64 = 31;
pub(super) const TURN_BITS: u32 = 31;

/// A rule of `METRICS_ONLY` that has been told.
pub(super) const TOLD_FAILURE: u64 = 1;
/// The same for the slow rule.
pub(super) const TOLD_SLOW: u64 = 2;

/// One unit of a stored deadline, as a shift of nanoseconds.
pub(super) const UNIT_SHIFT: u32 = 16;

/// The whole state of a tiny breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

/// How many bits are set in the lower and in the upper 24 bits of `x`, by one pass over both and two multiplications:
/// baseline x86-64, `ARMv7-M` and RV32 have no instruction for it.
#[inline]
pub(super) const fn counts(x: u64) -> (u32, u32) {
    const ONES: u64 = 0x5555_5555_5555;
    const PAIRS: u64 = 0x3333_3333_3333;
    const NIBBLES: u64 = 0x0f0f_0f0f_0f0f;
    let x = (x & BOTH).wrapping_sub(x >> 1 & ONES);
    let x = (x & PAIRS).wrapping_add(x >> 2 & PAIRS);
    let x = x.wrapping_add(x >> 4) & NIBBLES;
    let low = (x & REGISTER) as u32;
    let high = (x >> SLOW_AT) as u32; // 24 bits are left
    (low.wrapping_mul(0x0001_0101) >> 16 & 0xff, high.wrapping_mul(0x0001_0101) >> 16 & 0xff)
}

impl Word {
    #[inline]
    const fn kind(self) -> u64 {
        self.0 >> KIND_AT
    }

    #[inline]
    pub(super) const fn state(self) -> State {
        match self.kind() {
            0 => State::Closed,
            OPEN => State::Open,
            HALF_OPEN => State::HalfOpen,
            SWITCHED if self.is_due() => State::Closed,
            SWITCHED if self.0 & 1 != 0 => State::ForcedOpen,
            SWITCHED => State::Disabled,
            _ => State::MetricsOnly,
        }
    }

    #[inline]
    pub(super) const fn is_closed(self) -> bool {
        self.kind() == 0
    }

    /// CLOSED, and bound to open once the time is known.
    pub(super) const fn is_due(self) -> bool {
        self.kind() == SWITCHED && self.0 & DUE != 0
    }

    /// CLOSED or `METRICS_ONLY`: the low bits are the window.
    #[inline]
    pub(super) const fn has_window(self) -> bool {
        self.kind() == 0 || self.kind() >= METRICS_ONLY
    }

    #[inline]
    pub(super) const fn generation(self) -> u16 {
        (self.0 >> GENERATION_AT & GENERATION) as u16
    }

    const fn make(kind: u64, generation: u64, five: u64, rest: u64) -> Self {
        Self(kind << KIND_AT | (generation & GENERATION) << GENERATION_AT | five << FIVE_AT | rest & BOTH)
    }

    const fn next_generation(self) -> u64 {
        (self.0 >> GENERATION_AT).wrapping_add(1)
    }

    // ---- CLOSED and METRICS_ONLY

    /// Calls in the window.
    #[inline]
    pub(super) const fn fill(self) -> u32 {
        (self.0 >> FIVE_AT & 31) as u32
    }

    /// Nothing bad in the window.
    #[inline]
    pub(super) const fn spotless(self) -> bool {
        self.0 & BOTH == 0
    }

    /// CLOSED in this generation with nothing bad in the window: one comparison.
    #[inline]
    pub(super) const fn is_healthy(self, generation: u16) -> bool {
        self.0 & !(31 << FIVE_AT) == (generation as u64) << GENERATION_AT
    }

    /// One good call more in a window that has nothing bad and is not full.
    #[inline]
    pub(super) const fn one_more(self) -> Self {
        Self(self.0.wrapping_add(1 << FIVE_AT))
    }

    /// One outcome more; `window` is the number of calls kept, 1 to 24.
    #[inline]
    pub(super) const fn pushed(self, failed: bool, slow: bool, window: u32) -> Self {
        let keep = (1u64.wrapping_shl(window)).wrapping_sub(1);
        let keep = keep << SLOW_AT | keep;
        let bits = (self.0 & BOTH) << 1 & keep & !(1 << SLOW_AT) | (slow as u64) << SLOW_AT | failed as u64;
        let fill = if self.fill() < window { self.fill().wrapping_add(1) } else { window };
        Self(self.0 & !(BOTH | 31 << FIVE_AT) | (fill as u64) << FIVE_AT | bits)
    }

    /// Failed and slow calls in the window.
    #[inline]
    pub(super) const fn bad(self) -> (u32, u32) {
        counts(self.0)
    }

    pub(super) const fn slow_failed(self) -> u32 {
        counts(self.0 >> SLOW_AT & self.0 & REGISTER).0
    }

    /// How many of the newest calls failed, without a break.
    #[inline]
    pub(super) const fn in_a_row(self) -> u32 {
        (self.0 & REGISTER).trailing_ones()
    }

    /// The rules of `METRICS_ONLY` that have been told.
    pub(super) const fn told(self) -> u64 {
        self.kind() & (TOLD_FAILURE | TOLD_SLOW)
    }

    pub(super) const fn with_told(self, rules: u64) -> Self {
        Self(self.0 | rules << KIND_AT)
    }

    // ---- the others

    /// Trips in a row, at most 31.
    pub(super) const fn attempts(self) -> u8 {
        if self.has_window() { 0 } else { (self.0 >> FIVE_AT & ATTEMPTS) as u8 }
    }

    /// OPEN: the deadline in units.
    #[inline]
    pub(super) const fn open_units(self) -> u64 {
        self.0 & BOTH
    }

    #[inline]
    pub(super) const fn trial_units(self) -> u32 {
        (self.0 & ((1 << TURN_BITS) - 1)) as u32
    }

    #[inline]
    pub(super) const fn left(self) -> u16 {
        (self.0 >> LEFT_AT & LEFT) as u16
    }

    #[inline]
    pub(super) const fn done(self) -> u16 {
        (self.0 >> T_DONE_AT & 15) as u16
    }

    /// Failed and slow trials.
    pub(super) const fn trial_bad(self) -> (u32, u32) {
        ((self.0 >> T_FAILED_AT & 15) as u32, (self.0 >> T_SLOW_AT & 15) as u32)
    }

    pub(super) const fn with_left(self, left: u16) -> Self {
        let left = if left as u64 > LEFT { LEFT } else { left as u64 };
        Self(self.0 & !(LEFT << LEFT_AT) | left << LEFT_AT)
    }

    pub(super) const fn with_trial_units(self, units: u32) -> Self {
        let mask = (1u64 << TURN_BITS) - 1;
        Self(self.0 & !mask | units as u64 & mask)
    }

    /// One trial result more; the caller has seen that there is room.
    pub(super) const fn trial_result(self, failed: bool, slow: bool) -> Self {
        let add = 1 << T_DONE_AT | (failed as u64) << T_FAILED_AT | (slow as u64) << T_SLOW_AT;
        Self(self.0.wrapping_add(add))
    }

    // ---- transitions

    /// OPEN. The generation stays: what is on its way belongs to no window that could still be judged.
    pub(super) const fn to_open(self, attempts: u8, units: u64) -> Self {
        let attempts = if attempts as u64 > ATTEMPTS { ATTEMPTS } else { attempts as u64 };
        Self::make(OPEN, self.generation() as u64, attempts, units)
    }

    /// From CLOSED to what opens with the time; none of the numbers exceeds 24.
    pub(super) const fn to_due(self, numbers: [u32; 4]) -> Self {
        let ([a, b, c, d], [calls, failed, slow, in_a_row]) = (DUE_AT, numbers);
        let numbers = (calls as u64) << a | (failed as u64) << b | (slow as u64) << c | (in_a_row as u64) << d;
        Self::make(SWITCHED, self.generation() as u64, 0, numbers | DUE)
    }

    /// The numbers of [`to_due`](Self::to_due).
    pub(super) const fn due_numbers(self) -> [u32; 4] {
        let [a, b, c, d] = DUE_AT;
        let word = self.0;
        [(word >> a & 31) as u32, (word >> b & 31) as u32, (word >> c & 31) as u32, (word >> d & 31) as u32]
    }

    /// `HALF_OPEN`, no result yet.
    pub(super) const fn to_half_open(self, left: u16, units: u32) -> Self {
        Self::make(HALF_OPEN, self.next_generation(), self.attempts() as u64, 0).with_left(left).with_trial_units(units)
    }

    pub(super) const fn to_closed(self) -> Self {
        Self::make(0, self.next_generation(), 0, 0)
    }

    pub(super) const fn to_metrics_only(self) -> Self {
        Self::make(METRICS_ONLY, self.next_generation(), 0, 0)
    }

    pub(super) const fn to_disabled(self) -> Self {
        Self::make(SWITCHED, self.next_generation(), 0, 0)
    }

    pub(super) const fn to_forced_open(self) -> Self {
        let attempts = self.attempts() as u64;
        let attempts = if attempts < ATTEMPTS { attempts.wrapping_add(1) } else { ATTEMPTS };
        Self::make(SWITCHED, self.next_generation(), attempts, 1)
    }

    // ---- over a restart

    /// What outlives a restart: all but the deadline and the free trial permits.
    pub(super) const fn to_saved(self) -> Self {
        match self.kind() {
            OPEN => Self(self.0 & !BOTH),
            HALF_OPEN => Self(self.0 >> T_DONE_AT << T_DONE_AT),
            _ => self,
        }
    }

    /// Whether [`to_saved`](Self::to_saved) can have made this.
    pub(super) const fn is_saved(self) -> bool {
        let (failed, slow) = self.trial_bad();
        let bits = (self.0 | self.0 >> SLOW_AT) & REGISTER;
        match self.kind() {
            OPEN => self.0 & BOTH == 0,
            HALF_OPEN => self.to_saved().0 == self.0 && failed <= self.done() as u32 && slow <= self.done() as u32,
            SWITCHED => self.0 & BOTH <= 1,
            _ => self.fill() <= WINDOW && bits.wrapping_shr(self.fill()) == 0,
        }
    }

    /// The same in the generation after that of `other`, and not in its own.
    pub(super) const fn in_generation_after(self, other: Self) -> Self {
        let next = other.next_generation() & GENERATION;
        let next = if next == self.generation() as u64 { next.wrapping_add(1) } else { next };
        Self(self.0 & !(GENERATION << GENERATION_AT) | (next & GENERATION) << GENERATION_AT)
    }

    pub(super) const fn with_open_units(self, units: u64) -> Self {
        Self(self.0 & !BOTH | units & BOTH)
    }

    /// A window cut down to its newest `window` calls.
    pub(super) const fn within(self, window: u32) -> Self {
        let keep = (1u64.wrapping_shl(window)).wrapping_sub(1);
        let fill = if self.fill() < window { self.fill() } else { window };
        Self(self.0 & !(BOTH | 31 << FIVE_AT) | (fill as u64) << FIVE_AT | self.0 & (keep << SLOW_AT | keep))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_agree_with_the_instruction() {
        let mut x = 0x9E37_79B9_7F4A_7C15u64;
        for _ in 0..10_000 {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            assert_eq!(counts(x), ((x & REGISTER).count_ones(), (x >> 24 & REGISTER).count_ones()));
        }
        assert_eq!(counts(u64::MAX), (24, 24));
    }

    #[test]
    fn zero_is_closed_and_every_state_keeps_its_fields_apart() {
        let zero = Word(0);
        assert_eq!((zero.state(), zero.generation(), zero.fill(), zero.bad()), (State::Closed, 0, 0, (0, 0)));
        let open = Word(255 << GENERATION_AT).to_open(200, BOTH);
        assert_eq!((open.state(), open.generation(), open.attempts(), open.open_units()), (State::Open, 255, 31, BOTH));
        let half = open.to_half_open(15, u32::MAX >> 1);
        assert_eq!((half.state(), half.generation(), half.attempts()), (State::HalfOpen, 0, 31));
        let mut full = half;
        for _ in 0..15 {
            full = full.trial_result(true, true);
        }
        assert_eq!((full.left(), full.done(), full.trial_bad(), full.trial_units()), (15, 15, (15, 15), u32::MAX >> 1));
        assert_eq!((full.state(), full.attempts()), (State::HalfOpen, 31));
        assert_eq!(full.to_forced_open().state(), State::ForcedOpen);
        assert_eq!(full.to_disabled().state(), State::Disabled);
        let told = full.to_metrics_only().with_told(TOLD_SLOW);
        assert_eq!((told.state(), told.told(), told.with_told(TOLD_FAILURE).told()), (State::MetricsOnly, 2, 3));
    }

    #[test]
    fn the_window_forgets_its_oldest_call() {
        let mut word = Word(0);
        for i in 0..30u32 {
            word = word.pushed(i == 0, i == 1, 3);
            assert_eq!(word.fill(), (i + 1).min(3));
            assert_eq!(word.bad(), (u32::from(i < 3), u32::from((1..4).contains(&i))), "after {i}");
            assert_eq!(word.state(), State::Closed);
        }
        for _ in 0..30 {
            word = word.pushed(true, true, 24);
        }
        assert_eq!((word.fill(), word.bad(), word.slow_failed(), word.in_a_row()), (24, (24, 24), 24, 24));
    }
}
