//! Growing intervals, in whole milliseconds: shared by the retry back-off and the breaker's open wait.

/// The `attempt`-th interval (from 1) of a geometric series, in milliseconds.
///
/// `initial`, then each the one before times `multiplier_milli / 1000`, **truncated to whole milliseconds at every
/// step**, then at most `cap`. Bit for bit what the reference computes in binary64 (Resilience4j 2.4.0,
/// `IntervalFunction`), with whole numbers only: 1,360 ms times 1.15 is 1,563 ms there and here. Saturates at
/// `i64::MAX`, and stops multiplying as soon as nothing can change any more.
#[must_use]
pub const fn exponential_ms(initial: u64, multiplier_milli: u32, cap: u64, attempt: u32) -> u64 {
    series(initial, multiplier_milli, cap, attempt, 0)
}

/// [`exponential_ms`] of a multiplier above 1,000, each at least 1 ms longer than the one before: the reference's stays
/// where it is while the product is less than that longer (1 ms times 1.5, 5 ms times 1.1).
pub(crate) const fn growing_ms(initial: u64, multiplier_milli: u32, cap: u64, attempt: u32) -> u64 {
    series(initial, multiplier_milli, cap, attempt, 1)
}

const fn series(initial: u64, multiplier_milli: u32, cap: u64, attempt: u32, least: u64) -> u64 {
    let top = if cap < TOP { cap } else { TOP };
    let mut value = if initial < TOP { initial } else { TOP };
    if multiplier_milli == 0 && attempt > 1 {
        return 0;
    }
    let ratio = Binary::ratio(multiplier_milli);
    let mut step = 1;
    while step < attempt && value != 0 {
        // Past the cap a series that grows stays there; one that shrinks comes back.
        if value >= top && multiplier_milli >= 1_000 {
            break;
        }
        let product = ratio.times(value);
        let next = if product == value { value.saturating_add(least) } else { product };
        if next == value {
            break;
        }
        value = next;
        step = step.wrapping_add(1);
    }
    if value < top { value } else { top }
}

const TOP: u64 = i64::MAX as u64;

/// A number above zero as binary64 holds it, `digits * 2^exponent`: 53 digits from the top bit down, rounded to the
/// nearest, ties to even.
#[derive(Clone, Copy)]
struct Binary {
    digits: u64,
    exponent: i32,
}

impl Binary {
    /// `number * 2^exponent`, and a little more if `more`: then `number` must have 54 digits.
    #[allow(clippy::cast_possible_wrap, reason = "a shift of at most 63")]
    const fn round(number: u64, more: bool, exponent: i32) -> Self {
        const LAST: u64 = 1 << 11;
        const HALF: u64 = LAST >> 1;
        let shift = (number | 1).leading_zeros();
        let number = number << shift;
        let (digits, rest) = (number & !(LAST - 1), number & (LAST - 1));
        let up = rest > HALF || (rest == HALF && (more || digits & LAST != 0));
        let exponent = exponent.wrapping_sub(shift as i32);
        match digits.checked_add(if up { LAST } else { 0 }) {
            Some(digits) => Self { digits, exponent },
            None => Self { digits: 1 << 63, exponent: exponent.wrapping_add(1) },
        }
    }

    /// `milli / 1000`.
    #[allow(clippy::cast_possible_wrap, reason = "a shift of at most 63")]
    const fn ratio(milli: u32) -> Self {
        // Shifted to the top, the quotient has its 54 digits, and the remainder breaks a tie.
        let shift = (milli as u64 | 1).leading_zeros(); // nothing is multiplied by 0
        let shifted = (milli as u64) << shift;
        let quotient = thousandth(shifted);
        let rest = shifted.wrapping_sub(quotient.wrapping_mul(1_000));
        Self::round(quotient, rest != 0, (shift as i32).wrapping_neg())
    }

    /// `floor(self * whole)`, at most `i64::MAX`: what a cast of the binary64 product to a 64-bit integer gives.
    #[allow(clippy::cast_possible_truncation, reason = "the two halves of the product")]
    const fn times(self, whole: u64) -> u64 {
        let whole = Self::round(whole, false, 0);
        let product = (self.digits as u128).wrapping_mul(whole.digits as u128);
        let (high, low) = ((product >> 64) as u64, product as u64); // the halves
        let exponent = self.exponent.wrapping_add(whole.exponent).wrapping_add(64);
        let product = Self::round(high, low != 0, exponent);
        if product.exponent >= 0 {
            return TOP;
        }
        match product.digits.checked_shr(product.exponent.unsigned_abs()) {
            Some(floor) => floor,
            None => 0,
        }
    }
}

/// `floor(n / 1000)` without a division: a breaker that trips asks for its wait inside a decision, and 32-bit chips
/// divide 64-bit numbers in hundreds of instructions.
pub(crate) const fn thousandth(n: u64) -> u64 {
    // Granlund and Montgomery, "Division by invariant integers using multiplication": n / 1000 = (n / 8) / 125, and
    // ceil(2^68 / 125) is exact for every numerator of 61 bits.
    const MAGIC: u128 = 0x20c4_9ba5_e353_f7cf;
    (((n >> 3) as u128).wrapping_mul(MAGIC) >> 68) as u64 // at most 61 bits
}

/// `floor(value * milli / 1000)`, saturating: the quotient's part is exact, the remainder's is floored.
#[cfg(any(feature = "wide", test))]
pub(crate) const fn times_milli(value: u64, milli: u32) -> u64 {
    let whole = thousandth(value);
    let rest = value.wrapping_sub(whole.wrapping_mul(1_000)); // below 1000
    whole.saturating_mul(milli as u64).saturating_add(thousandth(rest.wrapping_mul(milli as u64)))
}

#[cfg(test)]
mod tests {
    use super::{thousandth, times_milli};
    use proptest::prelude::*;

    #[test]
    fn a_thousandth_is_exact_at_the_edges() {
        for n in (0..10_000).chain(u64::MAX - 10_000..=u64::MAX) {
            assert_eq!(thousandth(n), n / 1_000, "{n}");
        }
    }

    proptest! {
        #[test]
        fn a_thousandth_is_exact(n: u64, shift in 0u32..64) {
            prop_assert_eq!(thousandth(n >> shift), (n >> shift) / 1_000);
        }

        #[test]
        fn a_product_is_floored(n: u64, shift in 0u32..64, milli: u32) {
            let n = n >> shift;
            let exact = u128::from(n) * u128::from(milli) / 1_000;
            prop_assert_eq!(times_milli(n, milli), u64::try_from(exact).unwrap_or(u64::MAX));
        }
    }
}
