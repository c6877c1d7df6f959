//! LoRaWAN's duty cycle: at most 1 % of an hour on air, a limiter whose permits are milliseconds.

use crate::{checked, log};
use heapless::Deque;
use overcurrent::limit::{Gcra32Word, Quota32};

const HOUR: u32 = 3_600_000;
/// In two hours: what flows in, and the burst that was there at the start.
pub const ALLOWED: u32 = 2 * HOUR / 100 + BURST;
/// At most so much in one go.
const BURST: u32 = 6_000;

static DUTY_CYCLE: Quota32 = checked!(Quota32::new(HOUR / 100, HOUR, BURST));
static AIR: Gcra32Word = Gcra32Word::new();

pub struct Radio {
    waiting: Deque<u16, 16>,
    pub airtime: u32,
}

impl Radio {
    pub fn new() -> Self {
        Self { waiting: Deque::new(), airtime: 0 }
    }

    pub fn queue(&mut self, reading: u16) {
        if self.waiting.is_full() {
            self.waiting.pop_front(); // the newest readings are worth most
        }
        let _ = self.waiting.push_back(reading);
    }

    /// Sends what is waiting as one message, if the law allows it now.
    pub fn send(&mut self, now: u32) {
        if self.waiting.is_empty() {
            return;
        }
        // SF12, 125 kHz: about a second and a half, and 60 ms for each reading.
        let airtime = 1_500 + 60 * self.waiting.len() as u32;
        match AIR.try_acquire(&DUTY_CYCLE, airtime, now) {
            Ok(()) => {
                self.airtime += airtime;
                self.waiting.clear();
            }
            Err(denied) => {
                let wait = denied.retry_after().unwrap_or(0) / 1_000;
                log::limited!(now, "{} readings wait {} s for the air", self.waiting.len(), wait);
            }
        }
    }
}
