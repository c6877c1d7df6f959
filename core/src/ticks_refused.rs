//! Refusals on a clock of ticks, as text.

use crate::breaker::Refusal32;
use crate::decision::Reason;
use crate::limit::Denied32;
use core::fmt;

fn print(reason: Reason, retry_after: Option<u32>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match retry_after {
        Some(ticks) => write!(f, "refused: {}, retry after {ticks} ticks", reason.name()),
        None => write!(f, "refused: {}", reason.name()),
    }
}

impl fmt::Display for Denied32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self.reason(), self.retry_after(), f)
    }
}

impl core::error::Error for Denied32 {}

impl fmt::Display for Refusal32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self.reason(), self.retry_after(), f)
    }
}

impl core::error::Error for Refusal32 {}
