//! A bus with sensors of which one is dead: each answer that does not come costs 25 ms of everybody's time.

use crate::{checked, log};
use heapless::{HistoryBuf, Vec};
use overcurrent::{Outcome, State, TinyBreaker32, TinyConfig32, TinyPolicy32};

const SENSORS: usize = 3;
const DEAD: usize = 1;

/// Four failures of the last eight readings: leave it alone for a minute, then try one reading.
static POLICY: TinyPolicy32 = checked!(TinyConfig32::new(8, 60_000).min_calls(4).trial_calls(1).build());
/// Four bytes a sensor; the policy is shared, in flash.
static BREAKERS: [TinyBreaker32; SENSORS] = [const { TinyBreaker32::new() }; SENSORS];

pub struct Bus {
    turn: usize,
    history: Vec<HistoryBuf<u16, 8>, SENSORS>,
    pub readings: u32,
    pub timeouts: u32,
    pub polls: u32,
    repaired: bool,
}

impl Bus {
    pub fn new() -> Self {
        let history = Vec::from_iter([const { HistoryBuf::new() }; SENSORS]);
        Self { turn: 0, history, readings: 0, timeouts: 0, polls: 0, repaired: false }
    }

    /// What a driver does: an answer, or nothing within the time limit.
    fn read(&mut self, sensor: usize) -> Option<u16> {
        if sensor == DEAD && !self.repaired {
            self.timeouts += 1; // 25 ms gone
            return None;
        }
        Some(200 + sensor as u16)
    }

    /// Asks the next sensor, unless its breaker says that this is a waste of time.
    pub fn poll(&mut self, now: u32) -> Option<u16> {
        let sensor = self.turn;
        self.turn = (self.turn + 1) % SENSORS;
        if sensor == DEAD {
            self.polls += 1;
        }
        let permit = match BREAKERS[sensor].enter(&POLICY, now) {
            Ok(permit) => permit,
            Err(refusal) => {
                log::limited!(
                    now,
                    "sensor {} is left alone for {} s",
                    sensor,
                    refusal.retry_after().unwrap_or(0) / 1_000
                );
                return None;
            }
        };
        let reading = self.read(sensor);
        let outcome = if reading.is_some() { Outcome::Success } else { Outcome::Failure };
        BREAKERS[sensor].leave(&POLICY, permit, outcome, now);
        if let Some(value) = reading {
            self.readings += 1;
            self.history[sensor].write(value);
        }
        reading
    }

    /// The dead sensor is replaced: within a minute it is in use again.
    pub fn recovers(&mut self, mut now: u32) -> bool {
        self.repaired = true;
        for _ in 0..400 {
            now = now.wrapping_add(500);
            self.poll(now);
        }
        BREAKERS[DEAD].state() == State::Closed && !self.history[DEAD].is_empty()
    }
}
