//! The circuit breaker, over calls or over time.

/// Does something with the breaker behind a handle, or returns why there is none.
macro_rules! on {
    ($breaker:expr, |$b:ident, $c:ident| $body:expr) => {
        on!($breaker, |$b, $c| $body, else |status| status)
    };
    ($breaker:expr, |$b:ident, $c:ident| $body:expr, else |$status:ident| $else:expr) => {
        match $breaker {
            None => {
                let $status = $crate::status::oc_status_t::OC_ERR_NULL;
                $else
            }
            // SAFETY: the contract of pointers.
            Some($c) => match unsafe { $c.view() } {
                Ok($b) => $body,
                Err($status) => $else,
            },
        }
    };
}

mod handle;

mod call;
mod live;
mod look;
mod manual;
mod saved;
mod untracked;

pub use call::*;
pub use handle::*;
pub use live::*;
pub use look::*;
pub use manual::*;
pub use saved::*;
pub use untracked::*;
