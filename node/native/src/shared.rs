//! Gates that all threads of the process have by name. They live as long as the process.

use overcurrent::At;
use overcurrent_node_engine::io::{Io, ROOM, Told};
use overcurrent_node_engine::pipeline::AnyGate;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

/// The settings' numbers; the last place of the buffer is the time.
type Row = [f64; ROOM - 1];
type Gates = HashMap<(u32, String), (Row, AnyGate)>;

static GATES: LazyLock<Mutex<Gates>> = LazyLock::new(Mutex::default);

/// Why there is none.
pub enum NotShared {
    /// It cannot be made.
    Fault(Told),
    /// There is one, and this setting of it is another: its place and its value.
    Differs(usize, f64),
}

/// The gate of that kind and name, made now if it is not there.
pub fn gate(kind: u32, name: String, io: &mut Io<'_>, at: At) -> Result<AnyGate, NotShared> {
    let row: Row = std::array::from_fn(|place| io.get(place));
    let mut gates = GATES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((theirs, gate)) = gates.get(&(kind, name.clone())) {
        // By their bits: what was not given is no number on both sides.
        let differs = theirs.iter().zip(&row).position(|(a, b)| a.to_bits() != b.to_bits());
        return match differs {
            Some(place) => Err(NotShared::Differs(place, theirs[place])),
            None => Ok(gate.clone()),
        };
    }
    let gate = AnyGate::new(kind, io, at).map_err(NotShared::Fault)?;
    gates.insert((kind, name), (row, gate.clone()));
    Ok(gate)
}
