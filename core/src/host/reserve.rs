//! What a queue of waiters asks of a limiter.

use crate::decision::{Reason, Refusal};
use crate::limit::{CycleLimiter, Gcra, LiveGcra, Reservation};
use crate::time::Nanos;
use std::sync::Arc;

/// A limiter that can promise permits for later: what [`Waiters`](crate::Waiters) queue in front of.
///
/// ```
/// use overcurrent::{Gcra, Nanos, Rate, Reserve};
/// let limiter = Gcra::new(Rate::new(1, Nanos::SECOND).build().unwrap());
/// let now = Nanos::ZERO;
/// let first = Reserve::reserve(&limiter, 1, Nanos::MAX, now).unwrap();
/// let second = Reserve::reserve(&limiter, 1, Nanos::MAX, now).unwrap();
/// assert_eq!(Reserve::ready_at(&limiter, &second), Nanos::SECOND);
/// assert!(!Reserve::cancel(&limiter, first)); // only the newest promise can be taken back
/// ```
pub trait Reserve {
    /// Permits promised for an instant.
    type Reservation;

    /// Takes `n` permits that are there at most `max_wait` from `now`.
    ///
    /// # Errors
    /// A refusal; nothing was taken. Its `retry_after` is the wait after which the same call would be granted.
    fn reserve(&self, n: u32, max_wait: Nanos, now: Nanos) -> Result<Self::Reservation, Refusal>;

    /// When the permits may be used.
    fn ready_at(&self, reservation: &Self::Reservation) -> Nanos;

    /// Gives the permits back, if this is the newest promise; otherwise they are forfeited and the answer is `false`.
    fn cancel(&self, reservation: Self::Reservation) -> bool;

    /// How long a request for `n` would wait if `ahead` permits were taken before it. Takes nothing.
    ///
    /// # Errors
    /// A refusal if no wait will do.
    fn wait_behind(&self, ahead: u64, n: u32, now: Nanos) -> Result<Nanos, Refusal>;
}

macro_rules! forward {
    ($pointer:ty) => {
        impl<L: Reserve + ?Sized> Reserve for $pointer {
            type Reservation = L::Reservation;

            fn reserve(&self, n: u32, max_wait: Nanos, now: Nanos) -> Result<Self::Reservation, Refusal> {
                (**self).reserve(n, max_wait, now)
            }
            fn ready_at(&self, reservation: &Self::Reservation) -> Nanos {
                (**self).ready_at(reservation)
            }
            fn cancel(&self, reservation: Self::Reservation) -> bool {
                (**self).cancel(reservation)
            }
            fn wait_behind(&self, ahead: u64, n: u32, now: Nanos) -> Result<Nanos, Refusal> {
                (**self).wait_behind(ahead, n, now)
            }
        }
    };
}

forward!(&L);
forward!(Arc<L>);

macro_rules! gcra {
    ($limiter:ty) => {
        impl Reserve for $limiter {
            type Reservation = Reservation;

            fn reserve(&self, n: u32, max_wait: Nanos, now: Nanos) -> Result<Reservation, Refusal> {
                // The limiter tells when the permits are there; the caller would be content `max_wait` before that.
                Self::reserve(self, n, max_wait, now).map_err(|denied| sooner(denied.into(), max_wait))
            }
            fn ready_at(&self, reservation: &Reservation) -> Nanos {
                reservation.ready_at()
            }
            fn cancel(&self, reservation: Reservation) -> bool {
                Self::cancel(self, reservation)
            }
            fn wait_behind(&self, ahead: u64, n: u32, now: Nanos) -> Result<Nanos, Refusal> {
                let quota = self.quota();
                if u64::from(n) > quota.burst() {
                    return Err(Refusal::new(Reason::CostExceedsBurst, None));
                }
                let wait = self.peek(n, now).retry_after.unwrap_or(Nanos::MAX);
                Ok(wait.saturating_add(time_for(ahead, quota.permits(), quota.per())))
            }
        }
    };
}

gcra!(Gcra);
gcra!(LiveGcra);

fn sooner(refusal: Refusal, max_wait: Nanos) -> Refusal {
    Refusal::new(refusal.reason, refusal.retry_after.map(|wait| wait.saturating_sub(max_wait)))
}

/// How long `n` permits take at a rate, rounded up.
fn time_for(n: u64, permits: u64, per: Nanos) -> Nanos {
    let product = u128::from(n).saturating_mul(u128::from(per.get())); // below 2^128
    let time = product.div_ceil(u128::from(permits.max(1)));
    Nanos::new(u64::try_from(time).unwrap_or(u64::MAX))
}

impl Reserve for CycleLimiter {
    type Reservation = Reservation;

    fn reserve(&self, n: u32, max_wait: Nanos, now: Nanos) -> Result<Reservation, Refusal> {
        self.reserve_within(n, max_wait, now).map_err(Refusal::from)
    }
    fn ready_at(&self, reservation: &Reservation) -> Nanos {
        reservation.ready_at()
    }
    fn cancel(&self, reservation: Reservation) -> bool {
        Self::cancel(self, reservation)
    }
    fn wait_behind(&self, ahead: u64, n: u32, now: Nanos) -> Result<Nanos, Refusal> {
        // Permits come by cycles: those for all of them together are there when the last of them is.
        let all = u32::try_from(ahead.saturating_add(u64::from(n))).ok();
        all.and_then(|all| self.wait(all, now)).ok_or(Refusal::new(Reason::RateLimited, None))
    }
}
