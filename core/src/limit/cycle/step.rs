//! The arithmetic of the cycle limiter, pure.
//!
//! Permits are counted from the start of a cycle called the origin: cycle `origin + k` owns the permits `k * limit` up to
//! `(k + 1) * limit`, and `taken` is how many are gone. Being behind the running cycle means that older permits were left
//! to lapse; being ahead of it, that later ones are promised. In the origin's own cycle nothing lapses, so that its
//! balance may be anything (even more than the limit, after a change of the limit).

/// A limit, and the cycle from which it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) limit: u32,
    pub(super) origin: u64,
}

/// Further from the origin than this, counts saturate: to more than is admitted, so that it refuses.
const FAR: i64 = 1 << 62;
/// Counts that the word can hold.
pub(super) const MOST: i64 = (1 << 61) - 1;
/// From here on the origin should move up.
const MOVE: i64 = 1 << 60;

impl Plan {
    /// Permits up to the start of `cycle`; negative before the origin.
    #[inline]
    #[allow(clippy::cast_possible_wrap, reason = "at most FAR")]
    pub(super) const fn edge(self, cycle: u64) -> i64 {
        let count = cycle.abs_diff(self.origin).saturating_mul(self.limit as u64);
        let count = if count > FAR as u64 { FAR } else { count as i64 };
        if cycle < self.origin { count.wrapping_neg() } else { count }
    }

    /// Permits up to the end of `cycle`.
    #[inline]
    pub(super) const fn end(self, cycle: u64) -> i64 {
        self.edge(cycle.saturating_add(1))
    }

    /// What is gone in `cycle`: the permits taken, or those of earlier cycles that lapsed.
    #[inline]
    pub(super) const fn gone(self, taken: i64, cycle: u64) -> i64 {
        let edge = self.edge(cycle);
        if cycle <= self.origin || taken > edge { taken } else { edge }
    }

    /// What is left in `cycle`; negative when later permits are promised.
    pub(super) const fn balance(self, taken: i64, cycle: u64) -> i64 {
        self.end(cycle).saturating_sub(self.gone(taken, cycle))
    }

    /// The cycle that owns the last of `wanted` permits. Divides.
    pub(super) const fn owner(self, wanted: i64) -> i128 {
        // floor((wanted - 1) / limit); the limit is never 0.
        let steps = match wanted.saturating_sub(1).checked_div_euclid(self.limit as i64) {
            Some(steps) => steps,
            None => FAR,
        };
        (self.origin as i128).saturating_add(steps as i128)
    }

    /// Whether so many cycles have passed that counts will soon not fit.
    #[inline]
    pub(super) const fn is_old(self, cycle: u64) -> bool {
        self.edge(cycle) > MOVE
    }

    /// The same state, counted from `cycle` if the origin is too long ago. Right even where counts have saturated:
    /// nothing taken reaches that far.
    pub(super) const fn near(self, taken: i64, cycle: u64) -> (i64, Self) {
        if self.is_old(cycle) { self.at_once(taken, cycle, self.limit) } else { (taken, self) }
    }

    /// The same state counted from `cycle` (or the origin, if that is later) with `limit`: what is used of the cycle, and
    /// what is owed, stays.
    pub(super) const fn at_once(self, taken: i64, cycle: u64, limit: u32) -> (i64, Self) {
        let origin = if cycle < self.origin { self.origin } else { cycle };
        let used = self.gone(taken, origin).saturating_sub(self.edge(origin));
        (used, Self { limit, origin })
    }

    /// The reference's change: the balance in cycle `last` stays, `limit` works from the next on.
    pub(super) const fn next_cycle(self, taken: i64, last: u64, limit: u32) -> (i64, Self) {
        let origin = if last < self.origin { self.origin } else { last };
        let taken = (limit as i64).saturating_sub(self.balance(taken, origin));
        (taken, Self { limit, origin })
    }
}

/// Generation (2 bits) and permits taken (62 bits, signed) in one word. The low bit of the generation picks the plan.
#[inline]
#[allow(clippy::cast_possible_wrap, reason = "the sign is the field's own")]
pub(super) const fn taken(word: u64) -> i64 {
    ((word << 2) as i64) >> 2
}

/// The two generation bits, in place.
#[inline]
pub(super) const fn generation(word: u64) -> u64 {
    word & (3 << 62)
}

/// The word after `word` in the same generation; `taken` must fit.
#[inline]
#[allow(clippy::cast_sign_loss, reason = "the sign is the field's own")]
pub(super) const fn with_taken(word: u64, taken: i64) -> u64 {
    generation(word) | (taken as u64 & ((1 << 62) - 1))
}

/// The next generation, with `taken` permits gone (at most what fits: that only refuses more).
pub(super) const fn next_generation(word: u64, taken: i64) -> u64 {
    let taken = if taken > MOST { MOST } else { taken };
    with_taken(word.wrapping_add(1 << 62), taken)
}
