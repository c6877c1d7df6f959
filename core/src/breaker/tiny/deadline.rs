//! Instants in the few bits that a tiny word has for them. Pure arithmetic, no setting, no division.
//!
//! OPEN holds an absolute instant: it never admits early, whatever clock a caller brings. The instant in `HALF_OPEN`
//! wraps after 2^31 units (39 hours), so what is not within `limit + SKEW` ahead of the caller's clock is taken for
//! past. Both errors that this can make are on the safe side: a caller whose clock is more than `SKEW` (69 s) behind
//! ends a lease early, with every missing result counted as failed (a verdict that no later result could have made
//! stricter), and a breaker that was left alone for almost exactly a multiple of 39 hours stays half-open for one lease
//! more.

use super::word::{TURN_BITS, UNIT_SHIFT};
use crate::time::Nanos;

const ROUND_UP: u64 = (1 << UNIT_SHIFT) - 1;
/// As an OPEN deadline: never.
pub(super) const NEVER: u64 = (1 << 48) - 1;
const TURN: u32 = (1 << TURN_BITS) - 1;
/// How far behind a caller's clock may be, in units.
const SKEW: u32 = 1 << 20;
/// The longest stay or lease in half-open, in nanoseconds: 2^30 units, 19.5 hours.
pub(super) const LONGEST_TRIAL: u64 = 1 << 46;

/// `instant` in units, rounded up; what is not below [`NEVER`] is never.
#[inline]
pub(super) const fn to_units(instant: u64) -> u64 {
    let units = (instant >> UNIT_SHIFT).saturating_add((instant & ROUND_UP != 0) as u64);
    if units > NEVER { NEVER } else { units }
}

/// The instant that was stored; never is the end of time.
#[inline]
pub(super) const fn from_units(units: u64) -> u64 {
    if units >= NEVER { u64::MAX } else { units << UNIT_SHIFT }
}

/// How long from `now` until a deadline is over: at the deadline itself, or only after it. `None`: never.
#[inline]
pub(super) const fn wait_until_over(deadline: u64, at_its_end: bool, now: Nanos) -> Option<Nanos> {
    if deadline == u64::MAX {
        return None;
    }
    Some(Nanos::new(deadline.saturating_sub(now.get()).saturating_add(if at_its_end { 0 } else { 1 })))
}

/// The low bits of `units`: what a half-open word has room for.
#[allow(clippy::cast_possible_truncation, reason = "masked")]
const fn low(units: u64) -> u32 {
    (units & TURN as u64) as u32
}

/// The low bits of [`to_units`], for a half-open deadline.
pub(super) const fn to_turn(instant: u64) -> u32 {
    low(to_units(instant))
}

/// Where a half-open deadline is, seen from `now`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trial {
    /// Still ahead: at this instant.
    Ahead(u64),
    /// Past: it was at this instant.
    Past(u64),
}

/// Reads a half-open deadline. `limit` is the longest it can lie ahead (the stay or lease); `inclusive` says whether
/// the instant itself counts as past.
pub(super) const fn trial(stored: u32, limit: u64, now: u64, inclusive: bool) -> Trial {
    let floor = now >> UNIT_SHIFT;
    // Rounded so that `ahead == 0` means "not yet" for an exclusive deadline and "now" for an inclusive one.
    let seen = if inclusive { floor } else { floor.wrapping_add((now & ROUND_UP != 0) as u64) };
    let ahead = stored.wrapping_sub(low(seen)) & TURN;
    // +1: `now` and the limit may both have been rounded up when the deadline was made. A limit has at most 2^30 units.
    let range = low(to_units(limit));
    let live = ahead <= range.wrapping_add(1).wrapping_add(SKEW) && !(inclusive && ahead == 0);
    if live {
        let units = floor.saturating_add((stored.wrapping_sub(low(floor)) & TURN) as u64);
        Trial::Ahead(from_units(units))
    } else {
        Trial::Past(floor.saturating_sub((low(floor).wrapping_sub(stored) & TURN) as u64) << UNIT_SHIFT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: u64 = 1 << UNIT_SHIFT;

    #[test]
    fn never_early_and_at_most_a_unit_late() {
        for instant in [0, 1, UNIT - 1, UNIT, UNIT + 1, 1 << 60, (1 << 60) + 7, u64::MAX - 3 * UNIT] {
            let stored = from_units(to_units(instant));
            assert!(stored >= instant && stored - instant < UNIT, "{instant}");
        }
        assert_eq!(from_units(to_units(u64::MAX)), u64::MAX);
    }

    #[test]
    fn a_trial_deadline_is_read_right_from_both_sides_and_across_its_wrap() {
        let limit = 60_000_000_000;
        for start in [0, 5, UNIT, (1 << 47) - 3, (1 << 47) + limit, 1 << 62, u64::MAX / 2 + 12_345] {
            let end = from_units(to_units(start + limit));
            let stored = to_turn(start + limit);
            for inclusive in [false, true] {
                let read = |now| trial(stored, limit, now, inclusive);
                assert_eq!(read(start), Trial::Ahead(end));
                assert_eq!(read(start.saturating_sub(60_000_000_000)), Trial::Ahead(end), "an older clock");
                assert_eq!(read(end - 1), Trial::Ahead(end));
                assert_eq!(read(end), if inclusive { Trial::Past(end) } else { Trial::Ahead(end) });
                assert_eq!(read(end + 1), Trial::Past(end));
                assert_eq!(read(end + 3_600_000_000_000), Trial::Past(end));
            }
        }
    }
}
