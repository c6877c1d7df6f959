//! The bulkhead: two numbers.

use super::choices::Choices;
use overcurrent::{At, Bulkhead, Bulkhead32, Gate, Outcome};

macro_rules! player {
    ($play:ident, $bulkhead:ident) => {
        fn $play(bytes: &[u8]) {
            let mut choices = Choices::of(bytes);
            let mut max = choices.within(0, 4);
            let bulkhead = $bulkhead::new(max).expect("a small maximum");
            let (mut in_flight, mut held, at) = (0u32, Vec::new(), At::default());
            while !choices.is_over() {
                let room = in_flight < max;
                match choices.byte() % 8 {
                    0 | 1 => {
                        assert_eq!(bulkhead.try_enter(), room);
                        in_flight += u32::from(room);
                    }
                    2 | 3 => {
                        assert_eq!(bulkhead.judge(1, at).is_ok(), room);
                        let permit =
                            if choices.bit() { bulkhead.enter(1, at).ok() } else { bulkhead.enter_untimed(1).ok() };
                        assert_eq!(permit.is_some(), room);
                        held.extend(permit);
                        in_flight += u32::from(room);
                    }
                    4 => {
                        let anybody = in_flight > 0;
                        assert_eq!(bulkhead.release().is_ok(), anybody, "released what nobody had taken");
                        in_flight -= u32::from(anybody);
                    }
                    5 => {
                        if let Some(permit) = choices.take(&mut held) {
                            if choices.bit() {
                                bulkhead.cancel(permit)
                            } else {
                                bulkhead.leave(permit, Outcome::Ignored, at)
                            }
                            in_flight = in_flight.saturating_sub(1);
                        }
                    }
                    6 => {
                        let to = choices.pick(&[0, 1, 2, 3, 65_535, u32::MAX]);
                        let allowed = to <= $bulkhead::MOST;
                        assert_eq!(bulkhead.resize(to).is_ok(), allowed);
                        max = if allowed { to } else { max };
                    }
                    _ => assert_eq!(bulkhead.max(), max),
                }
                assert_eq!(bulkhead.in_flight(), in_flight);
                assert_eq!(bulkhead.available(), max.saturating_sub(in_flight));
            }
        }
    };
}
player!(play_wide, Bulkhead);
player!(play_narrow, Bulkhead32);

/// Plays one history to both widths.
pub fn play(bytes: &[u8]) {
    play_wide(bytes);
    play_narrow(bytes);
}
