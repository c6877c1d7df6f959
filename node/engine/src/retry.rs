//! Waits between attempts, and the budget for them.

use crate::io::{DONE, Fault, Io, REFUSED, Told, UNKNOWN};
use crate::time;
use alloc::sync::Arc;
use overcurrent::retry::{BackoffConfig, Jitter};
use overcurrent::{At, RetryBudget, RetryBudgetConfig};

/// The wait after an attempt: first and cap in ms around the multiplier, the jitter (none, full, equal, decorrelated), the
/// number of the attempt, a number from 0 to 1 at random, and what the other side asked for in ms or NaN. Below zero the
/// first setting out of its range.
#[inline(never)]
pub fn delay(io: &mut Io<'_>) -> f64 {
    let jitter = match io.whole(3) {
        0 => Jitter::None,
        1 => Jitter::Full,
        2 => Jitter::Equal,
        _ => Jitter::Decorrelated,
    };
    let milli = (io.get(1) * 1e3 + 0.5) as u32;
    let config = BackoffConfig::exponential(io.nanos(0), milli).cap(io.nanos(2)).jitter(jitter);
    let random = (io.get(5) * 4_294_967_296.0) as u32 | 1; // zero means none
    let told = (!io.get(6).is_nan()).then(|| io.nanos(6));
    match config.build() {
        Ok(backoff) => time::ms(backoff.delay(io.whole(4), random, told)),
        Err(error) => error.tell(io),
    }
}

/// What a budget can be asked; the time is the first number of the question.
#[allow(missing_docs, reason = "each is the operation of its name")]
pub mod op {
    pub const DEPOSIT: u32 = 0;
    pub const WITHDRAW: u32 = 1;
    pub const AVAILABLE: u32 = 2;
}

/// A budget by the numbers in `io`: the ratio, retries a second, the cap.
///
/// # Errors
/// The first setting out of its range.
pub fn budget(io: &mut Io<'_>) -> Result<RetryBudget, Told> {
    let ratio = (io.get(0) * 1e3 + 0.5) as u32;
    let config = RetryBudgetConfig::new().ratio(ratio).min_per_second(io.whole(1)).cap(io.whole(2));
    Ok(RetryBudget::new(io.made(config.build())?))
}

/// One thread's way to a budget.
pub struct Purse(pub Arc<RetryBudget>);

impl Purse {
    /// Everything that a budget can be asked.
    pub fn ask(&self, op: u32, at: At) -> f64 {
        let now = at.now;
        match op {
            op::DEPOSIT => {
                self.0.deposit(now);
                DONE
            }
            op::WITHDRAW if self.0.try_withdraw(now).is_ok() => DONE,
            op::WITHDRAW => REFUSED,
            op::AVAILABLE => f64::from(self.0.available(now)),
            _ => UNKNOWN,
        }
    }
}
