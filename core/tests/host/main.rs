//! The conveniences of feature `std`, against gates that write down what they are told.
#![allow(missing_docs)]

mod call;
mod cancel;
mod hold;
mod owned;
mod pipeline;
mod probe;
mod retry;
mod slots;
mod waiters;
