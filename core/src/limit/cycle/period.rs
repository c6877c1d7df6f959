//! Which cycle an instant lies in, without dividing.

/// The length of a cycle with its exact reciprocal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    length: u64,
    /// `ceil(2^(64 + shift) / length) - 2^64`.
    magic: u64,
    /// `ceil(log2(length))`.
    shift: u32,
}

impl Period {
    /// `length` must not be 0: its caller checks.
    ///
    /// The reciprocal is that of Granlund and Montgomery, "Division by Invariant Integers using Multiplication" (1994),
    /// theorem 4.2: exact for every 64-bit instant and every length.
    pub(crate) const fn new(length: u64) -> Self {
        let shift = 64_u32.wrapping_sub(length.wrapping_sub(1).leading_zeros());
        // floor(2^64 * (2^shift - length) / length) + 1, by shift and subtract: no 128-bit division is linked.
        let mut rest = (1_u128 << shift).wrapping_sub(length as u128);
        let mut quotient = 0_u64;
        let mut bit = 0;
        while bit < 64 {
            rest <<= 1;
            quotient <<= 1;
            if rest >= length as u128 {
                rest = rest.wrapping_sub(length as u128);
                quotient |= 1;
            }
            bit = u32::wrapping_add(bit, 1);
        }
        Self { length, magic: quotient.wrapping_add(1), shift }
    }

    pub(crate) const fn length(self) -> u64 {
        self.length
    }

    /// `now / length`, rounded down: two multiplications' worth, no division.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "both are below 2^64: a high half, and a quotient")]
    pub(crate) const fn of(self, now: u64) -> u64 {
        let high = (now as u128).wrapping_mul(self.magic as u128) >> 64;
        (high.wrapping_add(now as u128) >> self.shift) as u64
    }
}

#[cfg(all(test, not(overcurrent_loom)))]
mod tests {
    use super::Period;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn the_quotient_is_exact(length in 1u64.., bits in 0u32..64, now: u64, near in 0u64..3) {
            for length in [length, (length >> bits).max(1), 1 << bits, u64::MAX] {
                let multiple = now - now % length;
                for now in [now, now >> bits, multiple, multiple.saturating_sub(near), multiple.saturating_add(near)] {
                    prop_assert_eq!(Period::new(length).of(now), now / length);
                }
                prop_assert_eq!(Period::new(length).of(u64::MAX), u64::MAX / length);
            }
        }
    }
}
