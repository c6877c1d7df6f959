//! What one thread knows about the counter and the clock.

use crate::time::Nanos;

/// The longest time for which the counter is believed.
const WINDOW: u64 = 1_000_000;

/// More ticks than this between the two looks at the counter: somebody else ran in between.
const TIGHT: u64 = 1_024;

/// Scales are nanoseconds for 2^24 ticks.
const SHIFT: u32 = 24;

/// A rate is measured over at least and at most so much time: 10 ms, in which `TIGHT` ticks are next to nothing, and 1 s,
/// after which who knows what happened.
const SPAN: core::ops::RangeInclusive<u64> = 10_000_000..=1_000_000_000;

/// Two measurements agree if they differ by less than one in 2^10: twice what two tight looks may be wrong by, or as much
/// as the system may change the speed of its clock.
const AGREE: u32 = 10;

/// By one in 2^13 is the scale below what was measured. Time by the counter is then behind the clock when that is looked
/// at again: by 122 ns at the end of the window.
const SLOWER: u32 = 13;

/// The clock, read between two looks at the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub before: u64,
    pub now: Nanos,
    pub after: u64,
}

/// A look at the clock and how to go on from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    ticks: u64,
    now: u64,
    /// The ticks for which it holds; 0 for none.
    window: u64,
    /// 0 if it is not known.
    scale: u64,
    /// What the latest measurement said; 0 for nothing.
    measured: u64,
    /// Where the measurement under way began.
    since: (u64, u64),
}

impl Anchor {
    /// Nothing is known. A first measurement from here is of no use, but there has to be a second one anyway.
    pub const NONE: Self = Self { ticks: 0, now: 0, window: 0, scale: 0, measured: 0, since: (0, 0) };

    /// Whether there is any use in asking it for the time.
    #[inline]
    pub const fn holds(&self) -> bool {
        self.window != 0
    }

    /// The time at which the counter says `ticks`, while that is near.
    #[inline]
    pub const fn time(&self, ticks: u64) -> Option<Nanos> {
        let passed = ticks.wrapping_sub(self.ticks); // huge if the counter went back
        if passed < self.window {
            // Neither wraps: `window` times `scale` is `WINDOW` shifted, and there is room after `now`.
            Some(Nanos::new(self.now.wrapping_add(passed.wrapping_mul(self.scale) >> SHIFT)))
        } else {
            None
        }
    }

    /// After the clock was read.
    pub fn next(self, look: Look) -> Self {
        if look.after.wrapping_sub(look.before) > TIGHT {
            // It says nothing, and what was known before is over.
            return Self { window: 0, ..self };
        }
        let learnt = self.learn(look);
        let now = look.now.get();
        let room = now.checked_add(WINDOW).is_some();
        let window = if room { (WINDOW << SHIFT).checked_div(learnt.scale).unwrap_or(0) } else { 0 };
        Self { ticks: look.after, now, window, ..learnt }
    }

    /// Measures the counter's rate, if it is time to.
    fn learn(self, look: Look) -> Self {
        let (ticks, now) = self.since;
        let since = (look.after, look.now.get());
        let passed = look.now.get().wrapping_sub(now); // huge if the clock went back
        if passed < *SPAN.start() {
            return self;
        }
        if passed > *SPAN.end() {
            return Self { since, ..self };
        }
        let measured = (passed << SHIFT).checked_div(look.after.wrapping_sub(ticks)).unwrap_or(0);
        let agreed = measured.abs_diff(self.measured) <= measured >> AGREE;
        // As long as they do not agree, nobody knows which of them is right.
        let scale = if agreed { measured.saturating_sub(measured >> SLOWER) } else { 0 };
        Self { scale, measured, since, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An anchor that has learnt a rate of `hertz` from ten looks, the last at 110 ms after `start`, and the tick of that.
    fn learnt_from(start: u64, hertz: u64) -> (Anchor, u64) {
        let mut anchor = Anchor::NONE;
        let mut ticks = 1 << 40;
        for look in 1..=10 {
            ticks += hertz / 1_000 * 11;
            let now = Nanos::new(start + look * 11_000_000);
            anchor = anchor.next(Look { before: ticks - 80, now, after: ticks });
        }
        (anchor, ticks)
    }

    fn learnt(hertz: u64) -> (Anchor, u64) {
        learnt_from(0, hertz)
    }

    #[test]
    fn it_goes_on_at_the_rate_of_the_counter_for_a_millisecond() {
        for hertz in [100_000_000, 1_000_000_000, 2_095_078_000, 3_000_000_000, 10_000_000_000] {
            let (anchor, ticks) = learnt(hertz);
            let told = |micros: u64| anchor.time(ticks + hertz * micros / 1_000_000);
            for micros in [0, 1, 10, 100, 999] {
                let right = (110_000 + micros) * 1_000;
                let told = told(micros).expect("it is near").get();
                assert!(told <= right && right - told <= 130 + 10, "{hertz} Hz: {told} for {right}");
            }
            assert_eq!(told(1_001), None, "{hertz} Hz");
            assert_eq!(anchor.time(ticks - 1), None, "before the anchor");
        }
    }

    #[test]
    fn it_needs_two_measurements_that_agree() {
        let mut anchor = Anchor::NONE;
        for (look, ticks, holds) in [
            (11, 1_033_000_000, false), // from the beginning of time: nonsense
            (22, 1_066_000_000, false), // the first
            (33, 1_099_000_000, true),
            (44, 1_132_000_000, true),
            (55, 9_132_000_000, false), // the machine slept, and the clock did not see it
            (66, 9_165_000_000, false), // once more the first
            (77, 9_198_000_000, true),
            (1_078, 9_199_000_000, true), // too long ago to be measured
            (1_079, 9_202_000_000, true), // too soon
        ] {
            anchor = anchor.next(Look { before: ticks - 80, now: Nanos::from_millis(look), after: ticks });
            assert_eq!(anchor.holds(), holds, "at {look} ms");
        }
    }

    #[test]
    fn it_ends_a_millisecond_before_the_end_of_time() {
        let end = u64::MAX - 110_000_000;
        assert!(learnt_from(end - WINDOW, 3_000_000_000).0.holds());
        assert!(!learnt_from(end - WINDOW + 1, 3_000_000_000).0.holds());
    }

    #[test]
    fn a_look_that_was_interrupted_is_not_used() {
        let (anchor, ticks) = learnt(3_000_000_000);
        let ticks = ticks + 33_000_000;
        let late = Look { before: ticks, now: Nanos::from_millis(121), after: ticks + TIGHT + 1 };
        let after = anchor.next(late);
        assert!(!after.holds());
        assert_eq!((after.scale, after.measured, after.since), (anchor.scale, anchor.measured, anchor.since));
        assert!(after.next(Look { before: late.after, after: late.after + TIGHT, ..late }).holds());
    }

    fn step() -> impl Strategy<Value = (u64, u64, u64)> {
        let jump = prop_oneof![0..100_u64, 0..100_000_000_u64, Just(33_000_000), any::<u64>()];
        (jump.clone(), prop_oneof![0..2_u64, 0..2_000_000_000_u64, Just(11_000_000), any::<u64>()], jump)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// However counter and clock jump, nothing overflows, and a reading lies in the millisecond after the latest look.
        #[test]
        fn it_is_never_far_from_the_clock(start in any::<(u64, u64)>(), steps in prop::collection::vec(step(), 0..60)) {
            let (mut ticks, mut now) = start;
            let mut anchor = Anchor::NONE;
            for (gap, passed, ask) in steps {
                now = now.wrapping_add(passed);
                ticks = ticks.wrapping_add(passed.wrapping_mul(3)).wrapping_add(gap);
                let look = Look { before: ticks.wrapping_sub(gap), now: Nanos::new(now), after: ticks };
                anchor = anchor.next(look);
                for asked in [ticks, ticks.wrapping_add(1), ticks.wrapping_add(ask), ticks.wrapping_sub(ask), ask] {
                    if let Some(told) = anchor.time(asked) {
                        prop_assert!(gap <= TIGHT);
                        prop_assert!(now <= told.get() && told.get() - now <= WINDOW, "{told:?} at {now}");
                    }
                }
            }
        }

        /// With a steady counter it knows the rate after three looks at the latest, is never ahead of the clock, and at
        /// most what `SLOWER` costs and a look takes behind it.
        #[test]
        fn with_a_steady_counter_it_is_right(
            hertz in 1_000_000_000..5_000_000_000_u64,
            start in 0..u64::MAX / 2,
            steps in prop::collection::vec((10_000..400_000_000_u64, 20..150_u64, 0..200_u64), 0..60),
        ) {
            let at = |nanos: u64| start + u64::try_from(u128::from(nanos) * u128::from(hertz) / 1_000_000_000).unwrap();
            let (mut now, mut anchor, mut spans) = (0_u64, Anchor::NONE, 0);
            let mut latest = 0;
            let mut since = 0;
            for (passed, takes, ask) in steps {
                // What comes before the next look is never after it.
                let passed_by_counter = passed.min(999_000);
                if let Some(told) = anchor.time(at(now + passed_by_counter)) {
                    prop_assert!(told.get() <= now + passed_by_counter);
                    latest = told.get();
                }
                now += passed;
                prop_assert!(latest <= now);
                anchor = anchor.next(Look { before: at(now - takes.min(50)), now: Nanos::new(now), after: at(now + takes) });
                if now - since >= *SPAN.start() {
                    spans += 1;
                    since = now;
                }
                prop_assert!(anchor.holds() || spans < 3, "{anchor:?}");
                if let Some(told) = anchor.time(at(now + takes + ask * 1_000)) {
                    let right = now + takes + ask * 1_000;
                    prop_assert!(told.get() <= right && right - told.get() <= takes + 200, "{told:?} for {right}");
                }
            }
        }
    }
}
