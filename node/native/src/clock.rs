//! The time: the engine's own clock, or what JavaScript says.

use overcurrent::{At, Clock, FastClock, MonotonicClock};
use overcurrent_node_engine::time;

/// Now, for a call: up to a microsecond late.
#[inline]
pub fn read() -> At {
    FastClock.now()
}

/// Now in milliseconds, for those who wait.
pub fn read_ms() -> f64 {
    time::ms(MonotonicClock.time())
}

/// The time that JavaScript said. With a clock of its own it stands for itself; otherwise it is ours, read a moment ago,
/// and the random bits that go with ours come along.
pub fn at(manual: bool, ms: f64) -> At {
    let now = time::nanos(ms);
    if manual { At::from(now) } else { At { now, random: MonotonicClock.random() } }
}
