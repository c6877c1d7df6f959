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
    let multiplier = multiplier_milli as u64;
    let mut value = initial;
    let mut step = 1;
    while step < attempt && value < top {
        // floor(value * m / 1000) without a wider type: the quotient's part is exact, the remainder's is floored.
        let whole = (value / 1_000).saturating_mul(multiplier);
        let rest = (value % 1_000).saturating_mul(multiplier) / 1_000;
        let next = whole.saturating_add(rest);
        if next == value {
            break;
        }
        value = next;
        step = step.wrapping_add(1);
    }
    if value < top { value } else { top }
}
