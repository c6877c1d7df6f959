//! An event as three words, and back.

use super::{Event, EventKind};
use crate::breaker::{Rule, State, Trip};
use crate::decision::{Reason, Refusal};
use crate::time::Nanos;

/// `[at, head, body]`; head is generation 16 | kind 8 | which 8 | number 32.
pub(super) type Words = [u64; 3];

const REFUSED: u8 = 1;
const TRIPPED: u8 = 2;
const TRANSITION: u8 = 3;
const RESET: u8 = 4;

const fn head(generation: u16, kind: u8, which: u8, number: u32) -> u64 {
    generation as u64 | (kind as u64) << 16 | (which as u64) << 24 | (number as u64) << 32
}

#[allow(clippy::cast_possible_truncation, reason = "masked")]
const fn low(word: u64) -> u32 {
    (word & 0xffff_ffff) as u32
}

pub(super) const fn encode(event: &Event) -> Words {
    let generation = event.generation;
    let (head, body) = match event.kind {
        EventKind::Refused(Refusal { reason, retry_after: None }) => (head(generation, REFUSED, reason as u8, 0), 0),
        EventKind::Refused(Refusal { reason, retry_after: Some(wait) }) => {
            (head(generation, REFUSED, reason as u8, 1), wait.get())
        }
        EventKind::Tripped(Trip { rule, calls, counted, threshold }) => {
            (head(generation, TRIPPED, rule as u8, threshold), (calls as u64) << 32 | counted as u64)
        }
        EventKind::Transition { from, to } => (head(generation, TRANSITION, from as u8, to as u32), 0),
        EventKind::Reset => (head(generation, RESET, 0, 0), 0),
    };
    [event.at.get(), head, body]
}

/// `None` for words that no event encodes to.
#[allow(clippy::cast_possible_truncation, reason = "masked")]
pub(super) fn decode([at, head, body]: Words) -> Option<Event> {
    let (which, number) = ((head >> 24 & 0xff) as u8, low(head >> 32));
    let kind = match (head >> 16 & 0xff) as u8 {
        REFUSED => {
            let retry_after = if number == 0 { None } else { Some(Nanos::new(body)) };
            EventKind::Refused(Refusal { reason: *Reason::ALL.get(usize::from(which))?, retry_after })
        }
        TRIPPED => {
            let rule = match which {
                0 => Rule::FailureRate,
                1 => Rule::SlowRate,
                2 => Rule::FailureCount,
                3 => Rule::ConsecutiveFailures,
                _ => return None,
            };
            EventKind::Tripped(Trip { rule, calls: low(body >> 32), counted: low(body), threshold: number })
        }
        TRANSITION => {
            EventKind::Transition { from: State::from_bits(u64::from(which)), to: State::from_bits(u64::from(number)) }
        }
        RESET => EventKind::Reset,
        _ => return None,
    };
    Some(Event { at: Nanos::new(at), generation: (head & 0xffff) as u16, kind })
}
