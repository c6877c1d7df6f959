//! The conveniences of feature `std`, against gates that write down what they are told.
#![allow(missing_docs)]

mod call;
mod cancel;
mod early_timers;
mod hold;
mod owned;
mod pipeline;
mod probe;
mod retry;
mod settings_changed;
mod slots;
mod turned_away;
mod waiters;
