//! Microcontrollers, interrupt handlers, restarts.
//!
//! # Which machines
//! | core | 32-bit machines (`Gcra32`, `TinyBreaker32`, `Bulkhead32`) | 64-bit machines (feature `wide`, default) |
//! |---|---|---|
//! | 64-bit hosts | lock-free | lock-free |
//! | Cortex-M3 and up, RV32IMAC | lock-free | feature `critical-section` |
//! | Cortex-M0, RV32IMC (no compare-and-swap) | feature `critical-section` | feature `critical-section` |
//!
//! Without 64-bit atomics and without `critical-section` the build stops and says so: the usual fallback of a global spin
//! lock hangs when an interrupt handler meets a lock that the interrupted code holds. `default-features = false` builds the
//! 32-bit machines alone.
//!
//! # Interrupt handlers
//! Every operation may be called from a handler and from the code it interrupted, on the same object. A loop repeats only
//! when somebody else got further. A handler may bring a newer time than the code it interrupted: an older `now` never
//! admits more.
//!
//! # Time
//! 64-bit machines count nanoseconds from any origin; [`Ticks`](crate::Ticks) turns a wrapping 32-bit counter into that. The
//! 32-bit machines take the wrapping counter as it is.
//!
//! # Restarts
//! Every limiter and breaker has `snapshot` and `restore`, as bytes with a checksum and remaining times, fit for a page of flash: a
//! boot loop does not forget an open breaker.
//!
//! ```
//! use overcurrent::{BreakerConfig, CountBreaker, Nanos, State, Window};
//! let policy = BreakerConfig::new(Window::calls(16)).build()?;
//! let mut flash_page = [0xff; 64];
//!
//! let before = CountBreaker::<1>::new(policy)?;
//! before.open_for(Nanos::MINUTE, Nanos::from_secs(100))?;
//! before.snapshot(&mut flash_page, Nanos::from_secs(110))?;
//!
//! let after = CountBreaker::<1>::new(policy)?;
//! after.restore(&flash_page, Nanos::ZERO, Nanos::ZERO)?; // how long it was off: unknown
//! assert_eq!(after.enter(Nanos::from_secs(1)).unwrap_err().retry_after, Some(Nanos::new(49_000_000_001)));
//! assert_eq!(after.state(Nanos::from_secs(1)), State::Open);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
