//! The bulkhead, and what it can be asked.

use crate::breaker::op as any;
use crate::entrance::Entrance;
use crate::io::{DONE, Fault, Io};
use overcurrent::{At, Bulkhead, ConfigError};

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
pub fn bulkhead(io: &Io<'_>, at: usize) -> Result<Bulkhead, ConfigError> {
    Bulkhead::new(io.whole(at))
}

impl Entrance<Bulkhead> {
    /// Everything off the hot path.
    pub fn ask(&self, op: u32, io: &mut [f64], at: At) -> f64 {
        let mut io = Io(io);
        if op >= any::HOLD {
            return self.ask_any(op, &mut io, at).unwrap_or(-5.0);
        }
        let done = match op {
            op::LOOK => {
                io.put(&[
                    f64::from(self.gate.max()),
                    f64::from(self.gate.in_flight()),
                    f64::from(self.gate.available()),
                ]);
                Ok(DONE)
            }
            op::RESIZE => self.gate.resize(io.whole(1)).map(|()| DONE).map_err(Fault::from),
            _ => Err(Fault::Unknown),
        };
        io.answer(done)
    }
}
