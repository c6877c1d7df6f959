//! Gates that all threads of the process have by name. They live as long as the process.

use crate::line::Line;
use overcurrent::At;
use overcurrent_node_engine::io::{Io, ROOM, Told};
use overcurrent_node_engine::pipeline::AnyGate;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// The settings' numbers; the last place of the buffer is the time.
type Row = [f64; ROOM - 1];
type Gates = HashMap<(u32, String), (Row, Kept)>;

/// A gate, and if it is a bulkhead that threads share, those who wait for it.
#[derive(Clone)]
pub struct Kept {
    pub gate: AnyGate,
    pub line: Option<Arc<Line>>,
}

impl From<AnyGate> for Kept {
    fn from(gate: AnyGate) -> Self {
        Self { gate, line: None }
    }
}

/// Where the numbers of a shared bulkhead say how many may wait.
const QUEUE: usize = 1;

static GATES: LazyLock<Mutex<Gates>> = LazyLock::new(Mutex::default);

/// Why there is none.
pub enum NotShared {
    /// It cannot be made.
    Fault(Told),
    /// There is one, and this setting of it is another: its place and its value.
    Differs(usize, f64),
}

/// The gate of that kind and name, made now if it is not there.
pub fn gate(kind: u32, name: String, io: &mut Io<'_>, at: At) -> Result<Kept, NotShared> {
    let row: Row = std::array::from_fn(|place| io.get(place));
    let mut gates = GATES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((theirs, kept)) = gates.get(&(kind, name.clone())) {
        // By their bits: what was not given is no number on both sides.
        let differs = theirs.iter().zip(&row).position(|(a, b)| a.to_bits() != b.to_bits());
        return match differs {
            Some(place) => Err(NotShared::Differs(place, theirs[place])),
            None => Ok(kept.clone()),
        };
    }
    let gate = AnyGate::new(kind, io, at).map_err(NotShared::Fault)?;
    let line = match &gate {
        AnyGate::Bulkhead(bulkhead) => Some(Arc::new(Line::new(Arc::clone(bulkhead), io.get(QUEUE) as usize))),
        _ => None,
    };
    let kept = Kept { gate, line };
    gates.insert((kind, name), (row, kept.clone()));
    Ok(kept)
}
