//! Which rate limiter when.
//!
//! | you want | take | because |
//! |---|---|---|
//! | "100 requests per second, 20 at once" | [`Gcra`](crate::Gcra) | smooth, exact, 8 bytes; a refusal says to the nanosecond when to come back |
//! | the same, but the rate changes while it runs | [`LiveGcra`](crate::LiveGcra) | what was used stays used, counted in permits |
//! | a quota that begins anew each minute, by the clock | [`CycleLimiter`](crate::CycleLimiter) | fixed cycles; up to twice the limit around a boundary |
//! | 4 bytes a limiter on a chip | [`Gcra32`](crate::Gcra32) | one wrapping 32-bit tick counter |
//! | no more than N **at the same time** | [`Bulkhead`](crate::Bulkhead) | that is concurrency, not rate |
//!
//! # Rate and burst
//! The rate says how fast permits come back, the burst how many can lie ready. They are independent:
//!
//! ```
//! use overcurrent::{Gcra, Nanos, Rate};
//! // 10 per second on average, at most 3 at once, full at the start.
//! let limiter = Gcra::new(Rate::new(10, Nanos::SECOND).burst(3).build()?);
//! let now = Nanos::from_secs(7);
//! assert!(limiter.try_acquire(3, now).is_ok());
//!
//! let denied = limiter.try_acquire(1, now).unwrap_err();
//! assert_eq!(denied.retry_after(), Some(Nanos::from_millis(100)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A rate is an exact fraction: 1,000,003 per second or 1 per year run without any error of the rate, and "take N, wait
//! one period, take N" works for every rate. A limiter that rounds its interval to whole nanoseconds fails both.
//!
//! # Asking for several at once
//! `n` permits are taken all or not at all. More than the burst can never be had ([`Reason::CostExceedsBurst`]), unless you
//! choose debt: [`try_acquire_debt`](crate::Gcra::try_acquire_debt) admits a large request once the bucket is full and lets
//! it pay afterwards. [`acquire_up_to`](crate::Gcra::acquire_up_to) takes what is there.
//!
//! # Waiting
//! The engine does not wait. [`reserve`](crate::Gcra::reserve) takes the permits now and says how long to hold back; if you
//! change your mind, cancel the reservation. Only the newest promise can be taken back, an older one is forfeited. A host
//! with many waiters therefore queues them and lets the first one alone hold a promise: that is what `Waiters` (feature
//! `std`) does, so that a thousand cancelled waiters delay nobody.
//!
//! [`Reason::CostExceedsBurst`]: crate::Reason::CostExceedsBurst
