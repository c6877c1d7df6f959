//! The bulkhead, and what it can be asked.

use crate::io::{DONE, Io, Told, UNKNOWN};
use overcurrent::Bulkhead;

/// What a bulkhead can be asked besides what every entrance can.
#[allow(missing_docs, reason = "each is the operation of its name")]
pub mod op {
    pub const LOOK: u32 = 0;
    pub const RESIZE: u32 = 1;
}

/// A bulkhead with room for as many calls as the number at `at` says.
///
/// # Errors
/// If that is out of its range.
pub fn bulkhead(io: &mut Io<'_>, at: usize) -> Result<Bulkhead, Told> {
    let made = Bulkhead::new(io.whole(at));
    io.made(made)
}

/// Everything off the hot path that is a bulkhead's own.
pub(crate) fn ask(bulkhead: &Bulkhead, op: u32, io: &mut Io<'_>) -> f64 {
    match op {
        op::LOOK => {
            io.put(&[f64::from(bulkhead.max()), f64::from(bulkhead.in_flight()), f64::from(bulkhead.available())]);
            DONE
        }
        op::RESIZE => io.done(bulkhead.resize(io.whole(1))),
        _ => UNKNOWN,
    }
}
