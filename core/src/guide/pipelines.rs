//! Several gates as one call.
//!
//! A tuple or an array of gates is a gate: all admit, or nothing is taken. One time value serves them all, the outcome goes
//! to each in reverse order.
//!
//! ```
//! use overcurrent::{BreakerConfig, Bulkhead, CountBreaker, Gate, Gcra, Nanos, Outcome, Rate, Window};
//! let breaker = CountBreaker::<7>::new(BreakerConfig::new(Window::calls(100)).build()?)?;
//! let limiter = Gcra::new(Rate::new(50, Nanos::SECOND).build()?);
//! let bulkhead = Bulkhead::new(8)?;
//! let api = (&breaker, &bulkhead, &limiter);
//!
//! let now = Nanos::from_secs(1).into();
//! let permit = api.enter(1, now)?;
//! // ... the call ...
//! api.leave(permit, Outcome::Success, now);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Order
//! Put the breaker first: an open breaker should not cost a rate-limit permit. Put the rate limiter last: what it has
//! given away it can take back only while nobody asked in between. All gates are asked before any is charged, so the order
//! matters only in a race.
//!
//! Retries go **outside**: each attempt passes the whole pipeline, so that a retry is limited, counted and refused like
//! any other call. Give retries a [`RetryBudget`](crate::RetryBudget): without one, three attempts of every caller make an
//! outage three times worse.
