//! From nanoseconds to a limiter's own units and back, without a rounding error that adds up.

/// `units(now) = floor(now * a / b)` for one fixed fraction, as two multiplications, or as one where `b` is 1.
///
/// With `M = ceil(a * 2^128 / b)`, `floor(now * M / 2^128)` equals `floor(now * a / b)` for every `now` below `2^64`: `M`
/// exceeds the true quotient by less than 1, so the product exceeds it by less than `2^64 <= 2^128 / b`, which is the least
/// distance from a fraction with denominator `b` to the next whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Scale {
    /// The high 64 bits of `M`, or the whole number.
    pub(crate) high: u64,
    /// The low 64 bits of `M`.
    pub(crate) low: u64,
    /// Whether every nanosecond is a whole number of units: 0 for no. A word, so that any bytes from C are a value.
    pub(crate) whole: u64,
}

impl Scale {
    /// `units(now) = now * times`.
    pub(crate) const fn whole(times: u64) -> Self {
        Self { high: times, low: 0, whole: 1 }
    }

    /// `units(now) = floor(now * a / b)`, for `0 < a <= b <= 2^62`.
    pub(crate) const fn fraction(a: u64, b: u64) -> Self {
        if a >= b {
            return Self::whole(1);
        }
        // Long division in binary: no type holds the dividend, and a builder may take its time.
        let mut quotient: u128 = 0;
        let mut rest = a;
        let mut digits = 128_u32;
        while digits > 0 {
            rest = rest.wrapping_shl(1); // rest < b <= 2^62
            quotient = quotient.wrapping_shl(1);
            if rest >= b {
                rest = rest.wrapping_sub(b);
                quotient |= 1;
            }
            digits = digits.wrapping_sub(1);
        }
        if rest != 0 {
            quotient = quotient.wrapping_add(1); // a / b < 1: no wrap
        }
        Self { high: low(quotient >> 64), low: low(quotient), whole: 0 }
    }

    /// The units that have passed at `now`, at most `u64::MAX`.
    // WebAssembly has no wide multiplication: there this is long, and bytes are what is short.
    #[cfg_attr(target_family = "wasm", inline(never))]
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    pub(crate) const fn units(self, now: u64) -> u64 {
        self.units_at_hand(now)
    }

    /// The same for the one decision that is asked most: inlined everywhere, but for the product of a fraction.
    #[inline(always)]
    pub(crate) const fn units_at_hand(self, now: u64) -> u64 {
        if self.whole != 0 { now.saturating_mul(self.high) } else { high_of_product(now, self.high, self.low) }
    }
}

/// `floor(now * (high * 2^64 + low) / 2^128)`.
// As above.
#[cfg_attr(target_family = "wasm", inline(never))]
#[cfg_attr(not(target_family = "wasm"), inline(always))]
const fn high_of_product(now: u64, high: u64, low: u64) -> u64 {
    let below = (now as u128).wrapping_mul(low as u128) >> 64;
    // At most (2^64 - 1)^2 + 2^64 - 1: no wrap.
    self::low((now as u128).wrapping_mul(high as u128).wrapping_add(below) >> 64)
}

/// The low half.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "masked")]
const fn low(wide: u128) -> u64 {
    (wide & u64::MAX as u128) as u64
}

/// `ceil(x * num / den)`. `x * num` must stay below `2^128`, and `den` above 0.
pub(crate) const fn mul_div_ceil_wide(x: u128, num: u128, den: u128) -> u128 {
    let product = x.wrapping_mul(num);
    #[cfg(not(target_family = "wasm"))]
    return match (product.checked_div(den), product.checked_rem(den)) {
        (Some(quotient), Some(rest)) => quotient.wrapping_add(if rest == 0 { 0 } else { 1 }),
        _ => u128::MAX,
    };
    #[cfg(target_family = "wasm")]
    return div_ceil(product, den);
}

/// `ceil(a / b)` digit by digit, for `b` above 0: a WebAssembly module is short of bytes, and the compiler's own division
/// of 128 bits is a kilobyte of code.
#[cfg(any(target_family = "wasm", test))]
#[inline(never)]
const fn div_ceil(a: u128, b: u128) -> u128 {
    let (mut rest, mut quotient) = (a, 0_u128);
    // A digit for each place that `b` can be shifted below the top of `a`.
    let mut digits = b.leading_zeros().saturating_sub(a.leading_zeros()).wrapping_add(1);
    let mut part = b.wrapping_shl(digits.wrapping_sub(1));
    while digits > 0 {
        quotient = quotient.wrapping_shl(1);
        if rest >= part {
            rest = rest.wrapping_sub(part);
            quotient |= 1;
        }
        part = part.wrapping_shr(1);
        digits = digits.wrapping_sub(1);
    }
    quotient.wrapping_add(if rest == 0 { 0 } else { 1 })
}

/// [`mul_div_ceil_wide`], or `None` beyond 64 bits.
pub(crate) const fn mul_div_ceil(x: u128, num: u128, den: u128) -> Option<u64> {
    narrow(mul_div_ceil_wide(x, num, den))
}

/// The same number in 64 bits, if it fits.
pub(crate) const fn narrow(wide: u128) -> Option<u64> {
    if wide > u64::MAX as u128 { None } else { Some(low(wide)) }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, reason = "tests may fail")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_fraction_is_floored_exactly_to_the_end_of_time(a in 1_u64..=1 << 62, b in 1_u64..=1 << 62, now: u64, near in 0_u64..3) {
            let (a, b) = if a <= b { (a, b) } else { (b, a) };
            let scale = Scale::fraction(a, b);
            let exact = |now: u64| u64::try_from(u128::from(now) * u128::from(a) / u128::from(b)).unwrap();
            // Any instant, and the instants around a multiple of b, where a rounding error shows first.
            for t in [now, u64::MAX, (now / b * b).saturating_add(near), (now / b * b).saturating_sub(near)] {
                prop_assert_eq!(scale.units(t), exact(t));
            }
        }

        #[test]
        fn small_fractions_are_floored_exactly(a in 1_u64..3_000, b in 1_u64..3_000, now: u64, near in 0_u64..3) {
            let (a, b) = if a <= b { (a, b) } else { (b, a) };
            let scale = Scale::fraction(a, b);
            for t in [now, now >> 32, (now / b * b).saturating_add(near), (now / b * b).saturating_sub(near)] {
                prop_assert_eq!(u128::from(scale.units(t)), u128::from(t) * u128::from(a) / u128::from(b));
            }
        }
    }

    proptest! {
        #[test]
        fn digits_divide_as_the_compiler_does(a: u128, b: u128, less_a in 0_u32..128, less_b in 0_u32..128) {
            let (a, b) = (a >> less_a, (b >> less_b).max(1));
            prop_assert_eq!(div_ceil(a, b), a.div_ceil(b));
        }
    }

    #[test]
    fn digits_divide_at_the_ends() {
        for (a, b) in [(0, 1), (0, u128::MAX), (1, u128::MAX), (u128::MAX, 1), (u128::MAX, u128::MAX), (7, 7), (8, 7)] {
            assert_eq!(div_ceil(a, b), a.div_ceil(b));
        }
    }

    #[test]
    fn a_whole_scale_saturates() {
        assert_eq!(Scale::whole(4).units(u64::MAX / 4), u64::MAX - 3);
        assert_eq!(Scale::whole(4).units(u64::MAX / 4 + 1), u64::MAX);
        assert_eq!(Scale::whole(3).units(u64::MAX), u64::MAX);
    }
}
