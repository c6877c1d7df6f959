//! Growing intervals are those of binary64 arithmetic, which the reference uses, although ours are whole numbers.

#![cfg(feature = "wide")]
use overcurrent::retry::exponential_ms;
use overcurrent::{BreakerConfig, Nanos, OpenFor, Window};
use proptest::prelude::*;

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
fn reference(initial: u64, multiplier_milli: u32, cap: u64, attempt: u32) -> u64 {
    let mut value = i64::try_from(initial).unwrap_or(i64::MAX);
    for _ in 1..attempt {
        value = (value as f64 * (f64::from(multiplier_milli) / 1_000.0)) as i64;
    }
    (value as u64).min(cap)
}

#[test]
fn a_product_that_binary64_rounds_down() {
    assert_eq!(exponential_ms(1_360, 1_150, u64::MAX, 2), 1_563);
}

#[test]
fn a_shrinking_series_comes_back_under_its_cap() {
    assert_eq!(exponential_ms(1_000, 500, 100, 5), 62);
}

#[test]
fn an_open_wait_grows_as_the_reference_s_does() {
    let waits = |first| {
        let wait = OpenFor::exponential(Nanos::from_millis(first), 1_500, Nanos::SECOND);
        [1, 2, 3, 4].map(|attempt| wait.wait(attempt, 0).get() / 1_000_000)
    };
    assert_eq!(waits(1), [1, 1, 1, 1], "by less than a millisecond: not at all");
    assert_eq!(waits(2), [2, 3, 4, 6]);
}

#[test]
fn a_wait_that_does_not_grow_keeps_its_cap() {
    let wait = OpenFor::exponential(Nanos::from_millis(333), 1_000, Nanos::from_millis(50));
    assert_eq!(wait.wait(3, 0), Nanos::from_millis(50));
    let none = BreakerConfig::new(Window::calls(10)).open_for(OpenFor::exponential(Nanos::SECOND, 1_000, Nanos::ZERO));
    assert_eq!(none.build().unwrap_err().field, "open_for.cap");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn every_interval_is_the_reference_s(
        initial in prop_oneof![0..10_000_u64, any::<u64>()],
        multiplier in prop_oneof![0..20_000_u32, any::<u32>()],
        cap in prop_oneof![Just(u64::MAX), 0..100_000_u64, any::<u64>().prop_map(|c| c >> 1)],
        attempt in 1..150_u32,
    ) {
        let cap = cap.min(i64::MAX as u64);
        prop_assert_eq!(
            exponential_ms(initial, multiplier, cap, attempt),
            reference(initial, multiplier, cap, attempt)
        );
    }
}
