//! Waits between attempts: the recorded table, and the jitter formulas.
use overcurrent::Nanos;
use overcurrent::retry::{Backoff, BackoffConfig, Delays, Jitter, RawDelays};
use proptest::prelude::*;

const MS: u64 = 1_000_000;

fn build(config: BackoffConfig, jitter: Jitter) -> Backoff {
    config.jitter(jitter).build().unwrap()
}

/// Resilience4j 2.4.0's intervals for 500 ms times 1.5 and 333 ms times 1.25, as in its recorded table.
#[test]
fn truncated_like_the_reference() {
    type Row = (u64, u32, &'static [(u32, u64)]);
    let rows: [Row; 2] = [
        (500, 1_500, &[(1, 500), (2, 750), (3, 1_125), (4, 1_687), (5, 2_530), (10, 19_210), (50, 212_405_762_241)]),
        (333, 1_250, &[(2, 416), (3, 520), (9, 1_981), (30, 214_628)]),
    ];
    for (first, multiplier, row) in rows {
        let backoff = build(BackoffConfig::exponential(Nanos::from_millis(first), multiplier), Jitter::None);
        for (attempt, ms) in row {
            assert_eq!(backoff.delay(*attempt, 7, None), Nanos::from_millis(*ms), "attempt {attempt}");
        }
        assert_eq!(backoff.delay(u32::MAX, 7, None), Nanos::MAX);
    }
}

/// Where truncation to whole milliseconds would keep the reference's wait the same for ever.
#[test]
fn a_wait_that_shall_grow_grows() {
    for (first, multiplier, waits) in [(1, 1_500, [1, 2, 3, 4, 6, 9]), (5, 1_100, [5, 6, 7, 8, 9, 10])] {
        let backoff = build(BackoffConfig::exponential(Nanos::from_millis(first), multiplier), Jitter::None);
        let got: Vec<u64> = (1..7).map(|attempt| backoff.delay(attempt, 0, None).get() / MS).collect();
        assert_eq!(got, waits, "{first} ms times {multiplier}/1000");
        assert_eq!(backoff.delay(u32::MAX, 0, None), Nanos::MAX);
    }
}

#[test]
fn bad_settings_are_named() {
    let field = |config: BackoffConfig| config.build().unwrap_err().field;
    assert_eq!(field(BackoffConfig::fixed(Nanos::ZERO)), "first");
    assert_eq!(field(BackoffConfig::exponential(Nanos::SECOND, 999)), "multiplier_milli");
    assert_eq!(field(BackoffConfig::exponential(Nanos::new(MS + 1), 2_000)), "first (whole milliseconds)");
    assert_eq!(field(BackoffConfig::fixed(Nanos::SECOND).cap(Nanos::MILLISECOND)), "cap");
    assert!(BackoffConfig::exponential(Nanos::new(MS + 1), 1_000).build().is_ok());
}

proptest! {
    #[test]
    fn jitter_stays_within_its_formula(
        first_ms in 1u64..10_000, multiplier in 1_000u32..5_000, cap_factor in 1u64..50, attempt in 1u32..40,
        random: u32, retry_after in proptest::option::of(0u64..100_000_000_000),
    ) {
        let first = Nanos::from_millis(first_ms);
        let cap = Nanos::from_millis(first_ms * cap_factor);
        let config = BackoffConfig::exponential(first, multiplier).cap(cap);
        let step = build(config, Jitter::None).delay(attempt, random, None).get();
        prop_assert!(step >= first.get().min(cap.get()) && step <= cap.get());
        let draw = |low: u64, high: u64| low + ((u128::from(high - low) * u128::from(random)) >> 32) as u64;
        let draw = |low, high| if random == 0 { high } else { draw(low, high) };
        prop_assert_eq!(build(config, Jitter::Full).delay(attempt, random, None).get(), draw(0, step));
        prop_assert_eq!(build(config, Jitter::Equal).delay(attempt, random, None).get(), draw(step / 2, step));
        for jitter in [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated] {
            let backoff = build(config, jitter);
            let plain = backoff.delay(attempt, random, None);
            prop_assert!(plain <= cap);
            let floor = retry_after.map(Nanos::new);
            prop_assert_eq!(backoff.delay(attempt, random, floor), plain.max(floor.unwrap_or_default()));
        }
    }

    #[test]
    fn decorrelated_follows_the_wait_before(first_ms in 1u64..1_000, randoms in proptest::collection::vec(1u32.., 1..30)) {
        let first = first_ms * MS;
        let cap = first * 100;
        let config = BackoffConfig::fixed(Nanos::new(first)).cap(Nanos::new(cap));
        let mut delays = build(config, Jitter::Decorrelated).delays();
        let mut before = first;
        for random in randoms {
            let drawn = first + ((u128::from(3 * before - first) * u128::from(random)) >> 32) as u64;
            before = drawn.min(cap);
            prop_assert_eq!(delays.next_delay(random, None).get(), before);
        }
        // A server's wish is obeyed and does not feed the growth.
        let wish = Nanos::new(cap * 2);
        prop_assert_eq!(delays.next_delay(1, Some(wish)), wish);
        prop_assert!(delays.next_delay(1, None).get() <= cap);
    }

    #[test]
    fn delays_count_attempts(first_ms in 1u64..1_000, multiplier in 1_000u32..3_000, randoms in proptest::collection::vec(any::<u32>(), 1..20)) {
        for jitter in [Jitter::None, Jitter::Full, Jitter::Equal] {
            let backoff = build(BackoffConfig::exponential(Nanos::from_millis(first_ms), multiplier), jitter);
            let mut delays = backoff.delays();
            for (random, attempt) in randoms.iter().zip(1..) {
                prop_assert_eq!(delays.next_delay(*random, None), backoff.delay(attempt, *random, None));
            }
        }
    }
}

/// Waits that are taken apart and put together before each step are the same waits; nothing is before the first.
#[test]
fn waits_survive_being_taken_apart() {
    for jitter in [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated] {
        let backoff = build(BackoffConfig::exponential(Nanos::from_millis(7), 1_700).cap(Nanos::from_secs(9)), jitter);
        let (mut whole, mut raw) = (backoff.delays(), RawDelays::default());
        for step in 1..40_u32 {
            let random = step.wrapping_mul(2_654_435_761);
            let mut again = Delays::from_raw(backoff, raw);
            assert_eq!(again.next_delay(random, None), whole.next_delay(random, None), "{jitter:?}, wait {step}");
            raw = again.into_raw();
            assert_eq!(raw.attempt, step);
        }
    }
}
