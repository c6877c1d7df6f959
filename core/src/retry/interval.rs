//! Growing intervals, in whole milliseconds: shared by the retry back-off and the breaker's open wait.

/// The `attempt`-th interval (from 1) of a geometric series, in milliseconds.
///
/// `initial`, then each the one before times `multiplier_milli / 1000`, **truncated to whole milliseconds at every
/// step**, then at most `cap`. Saturates at `i64::MAX` like the reference (Resilience4j 2.4.0, `IntervalFunction`), and
/// stops multiplying as soon as nothing can change any more.
#[must_use]
pub const fn exponential_ms(initial: u64, multiplier_milli: u32, cap: u64, attempt: u32) -> u64 {
    const TOP: u64 = i64::MAX as u64;
    let top = if cap < TOP { cap } else { TOP };
    let mut value = initial;
    let mut step = 1;
    while step < attempt && value < top {
        let next = times_milli(value, multiplier_milli);
        if next == value {
            break;
        }
        value = next;
        step = step.wrapping_add(1);
    }
    if value < top { value } else { top }
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
