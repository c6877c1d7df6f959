//! The state word, the deadline word and their pure steps.
//!
//! The **state word** alone says what state a breaker is in; it is published by one swap. All zero is CLOSED.
//!
//! | bits | field |
//! |---|---|
//! | 0-2 | the state |
//! | 3 | the window in use is the half-open trials' (HALF_OPEN, and OPEN entered from it: OPEN keeps its window) |
//! | 4-5 | METRICS_ONLY: a failure rule, the slow rule, has been told. CLOSED: it must open, as soon as somebody brings the time |
//! | 6-8 | turn: +1 with every transition and whenever the last trial permit is taken |
//! | 9-15 | attempts: trips without a close in between, at most 127 |
//! | 16-31 | generation: one stay with one window, +1 with every transition but those into OPEN |
//! | 32-47 | the low 16 bits of the deadline |
//! | 48-63 | HALF_OPEN: permits taken, given back ones off (below zero in two's complement: results without permits may give
//!   back more); how many are left follows from the settings of whoever asks. OPEN: the wait, for whoever must stamp the
//!   deadline in the publisher's place |
//!
//! The **deadline word** holds the upper 48 bits and a tag: generation and turn of the state it belongs to. It is
//! stamped *after* the state is published, by the publisher or by whoever finds the stamp missing. So nothing is
//! claimed, nobody is waited for, and a publisher that dies costs nothing.

use super::report::State;

const TRIAL: u64 = 1 << 3;
pub(super) const TOLD_FAILURE: u64 = 1 << 4;
pub(super) const TOLD_SLOW: u64 = 1 << 5;
const TURN_AT: u32 = 6;
const ATTEMPTS_AT: u32 = 9;
const GENERATION_AT: u32 = 16;
const LOW_AT: u32 = 32;
const AUX_AT: u32 = 48;
const MAX_ATTEMPTS: u64 = 127;
/// The first negative number of permits taken; trials are at most 32,767.
const BELOW_ZERO: u16 = 1 << 15;

/// The state word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StateWord(pub(crate) u64);

/// The wait of an OPEN state in 16 bits: 11 of mantissa, 5 of exponent, in units of 65,536 ns, rounded up.
const fn encode_wait(wait: u64) -> u64 {
    let mut mantissa = (wait >> 16).saturating_add((wait & 0xffff != 0) as u64);
    let mut exponent = 0u64;
    while mantissa > 0x7ff && exponent < 31 {
        mantissa = (mantissa >> 1).saturating_add(mantissa & 1);
        exponent = exponent.wrapping_add(1);
    }
    let mantissa = if mantissa > 0x7ff { 0x7ff } else { mantissa };
    mantissa << 5 | exponent
}

const fn decode_wait(code: u64) -> u64 {
    let units = (code >> 5).wrapping_shl((code & 31) as u32);
    if units > u64::MAX >> 16 { u64::MAX } else { units << 16 }
}

impl StateWord {
    #[inline]
    pub(crate) const fn state(self) -> State {
        State::from_bits(self.0 & 7)
    }

    #[inline]
    pub(crate) const fn is(self, state: State) -> bool {
        self.0 & 7 == state as u64
    }

    /// Closed, and nothing waits for the time: calls pass without a further look.
    #[inline]
    pub(crate) const fn is_at_rest(self) -> bool {
        self.0 & (7 | TOLD_FAILURE | TOLD_SLOW) == State::Closed as u64
    }

    /// Closed, and bound to open once the time is known.
    pub(crate) const fn is_due_to_open(self) -> bool {
        self.is(State::Closed) && !self.is_at_rest()
    }

    #[inline]
    pub(crate) const fn generation(self) -> u16 {
        (self.0 >> GENERATION_AT & 0xffff) as u16
    }

    #[inline]
    pub(crate) const fn trial_window(self) -> bool {
        self.0 & TRIAL != 0
    }

    pub(crate) const fn told(self, bit: u64) -> bool {
        self.0 & bit != 0
    }

    pub(crate) const fn with_told(self, bits: u64) -> Self {
        Self(self.0 | bits & (TOLD_FAILURE | TOLD_SLOW))
    }

    pub(crate) const fn attempts(self) -> u8 {
        (self.0 >> ATTEMPTS_AT & MAX_ATTEMPTS) as u8
    }

    /// Trial permits that are out, or came back with a result.
    const fn taken(self) -> u16 {
        (self.0 >> AUX_AT) as u16
    }

    /// Whether a trial permit can come back.
    pub(crate) const fn has_taken(self) -> bool {
        self.taken() != 0 && self.taken() < BELOW_ZERO
    }

    /// Trial permits left of `trials`. Counted from what was taken, so that a state published under older settings
    /// lacks none.
    pub(crate) const fn permits(self, trials: u16) -> u16 {
        let taken = self.taken();
        if taken < BELOW_ZERO { trials.saturating_sub(taken) } else { trials.saturating_add(taken.wrapping_neg()) }
    }

    pub(crate) const fn tag(self) -> u64 {
        (self.0 >> GENERATION_AT & 0x1fff) << 3 | self.0 >> TURN_AT & 7
    }

    /// Whether outcomes are kept in this state.
    pub(crate) const fn records(self) -> bool {
        !matches!(self.state(), State::Disabled | State::ForcedOpen)
    }

    const fn turned(self) -> u64 {
        (self.0 >> TURN_AT).wrapping_add(1) & 7
    }

    const fn build(
        turn: u64,
        state: State,
        trial: bool,
        attempts: u64,
        generation: u16,
        deadline: u64,
        aux: u64,
    ) -> Self {
        let attempts = if attempts > MAX_ATTEMPTS { MAX_ATTEMPTS } else { attempts };
        Self(
            state as u64
                | if trial { TRIAL } else { 0 }
                | turn << TURN_AT
                | attempts << ATTEMPTS_AT
                | (generation as u64) << GENERATION_AT
                | (deadline & 0xffff) << LOW_AT
                | aux << AUX_AT,
        )
    }

    /// To OPEN, with the window this state has.
    pub(crate) const fn to_open(self, attempts: u8, deadline: u64, wait: u64) -> Self {
        Self::build(
            self.turned(),
            State::Open,
            self.trial_window(),
            attempts as u64,
            self.generation(),
            deadline,
            encode_wait(wait),
        )
    }

    /// To HALF_OPEN with every permit free; `deadline` is 0 for none.
    pub(crate) const fn to_half_open(self, deadline: u64) -> Self {
        let generation = self.generation().wrapping_add(1);
        Self::build(self.turned(), State::HalfOpen, true, self.attempts() as u64, generation, deadline, 0)
    }

    /// To a state that has no deadline and a fresh window.
    pub(crate) const fn to_plain(self, state: State, attempts: u8) -> Self {
        let generation = self.generation().wrapping_add(1);
        Self::build(self.turned(), state, false, attempts as u64, generation, 0, 0)
    }

    /// With the window it is said to have.
    pub(crate) const fn with_trial_window(self, trial: bool) -> Self {
        if trial { Self(self.0 | TRIAL) } else { Self(self.0 & !TRIAL) }
    }

    /// HALF_OPEN of a snapshot, in the generation this word has.
    pub(crate) const fn restored_half_open(self, taken: u16, deadline: u64) -> Self {
        let (attempts, generation) = (self.attempts() as u64, self.generation());
        Self::build(self.turned(), State::HalfOpen, true, attempts, generation, deadline, taken as u64)
    }

    /// One trial permit less; with the last one starts a new turn, whose deadline is `lease`.
    pub(crate) const fn permit_taken(self, lease: Option<u64>) -> Self {
        let next = self.with_taken(self.taken().wrapping_add(1));
        match lease {
            Some(deadline) => next.restamped(deadline),
            None => next,
        }
    }

    /// One trial permit more.
    pub(crate) const fn permit_back(self) -> Self {
        if self.taken() == BELOW_ZERO { self } else { self.with_taken(self.taken().wrapping_sub(1)) }
    }

    const fn with_taken(self, taken: u16) -> Self {
        Self(self.0 & (u64::MAX >> 16) | (taken as u64) << AUX_AT)
    }

    /// The same state under a new turn with another deadline.
    pub(crate) const fn restamped(self, deadline: u64) -> Self {
        let cleared = self.0 & !(7 << TURN_AT) & !(0xffff << LOW_AT);
        Self(cleared | self.turned() << TURN_AT | (deadline & 0xffff) << LOW_AT)
    }

    /// The deadline, if `stamp` is this state's.
    #[inline]
    pub(crate) const fn deadline(self, stamp: u64) -> Option<u64> {
        if stamp & 0xffff == self.tag() { Some(stamp >> 16 << 16 | self.0 >> LOW_AT & 0xffff) } else { None }
    }

    /// The stamp that says `deadline`, exactly, for the state that was built with it.
    pub(crate) const fn stamp(self, deadline: u64) -> u64 {
        deadline >> 16 << 16 | self.tag()
    }

    /// The stamp of somebody who does not know the exact deadline: the low bits are the publisher's, so the upper ones
    /// are rounded up.
    pub(crate) const fn stamp_at_least(self, deadline: u64) -> u64 {
        let low = self.0 >> LOW_AT & 0xffff;
        let high = deadline >> 16;
        let high = if low < deadline & 0xffff && high < u64::MAX >> 16 { high.wrapping_add(1) } else { high };
        high << 16 | self.tag()
    }

    /// The wait an OPEN state was published with, at most 0.1 % and 66 us too long.
    pub(crate) const fn coarse_wait(self) -> u64 {
        decode_wait(self.0 >> AUX_AT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarse_wait_is_never_short_and_at_most_a_thousandth_long() {
        for shift in 0..63 {
            for extra in [0u64, 1, 12_345] {
                let wait = (1u64 << shift).saturating_add(extra);
                let coarse = decode_wait(encode_wait(wait));
                if wait < 280_000_000_000_000_000 {
                    assert!(coarse >= wait, "{wait} became {coarse}");
                    assert!(coarse - wait <= wait / 1_000 + 65_536, "{wait} became {coarse}");
                }
            }
        }
    }

    #[test]
    fn a_deadline_is_exact_over_the_whole_range() {
        for deadline in [0, 1, 65_535, 65_536, 1 << 40, u64::MAX - 1, u64::MAX] {
            let word = StateWord(0).to_open(1, deadline, 7);
            assert_eq!(word.deadline(word.stamp(deadline)), Some(deadline));
            assert!(word.deadline(word.stamp_at_least(deadline)).unwrap() >= deadline);
        }
    }
}
