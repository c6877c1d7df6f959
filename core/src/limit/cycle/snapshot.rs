//! A cycle limiter's state over a restart.

use super::step::Plan;
use super::{CycleLimiter, step};
use crate::error::Busy;
use crate::time::Nanos;

/// What a cycle limiter has given away, without absolute times: fit for another origin of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CycleSnapshot {
    /// Permits used of the running cycle, and promised of later ones.
    used: u64,
    /// How far into the cycle it was taken.
    into_cycle: Nanos,
}

impl CycleSnapshot {
    const VERSION: u8 = 1;

    /// 17 bytes: a version, then the two numbers, little endian.
    pub fn to_bytes(&self) -> [u8; 17] {
        let mut bytes = [Self::VERSION; 17];
        let numbers = self.used.to_le_bytes().into_iter().chain(self.into_cycle.get().to_le_bytes());
        for (byte, value) in bytes.iter_mut().skip(1).zip(numbers) {
            *byte = value;
        }
        bytes
    }

    /// What [`to_bytes`](Self::to_bytes) wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&version, rest) = bytes.split_first()?;
        let (used, rest) = rest.split_first_chunk::<8>()?;
        let (into_cycle, rest) = rest.split_first_chunk::<8>()?;
        if version != Self::VERSION || !rest.is_empty() {
            return None;
        }
        Some(Self { used: u64::from_le_bytes(*used), into_cycle: Nanos::new(u64::from_le_bytes(*into_cycle)) })
    }
}

impl CycleLimiter {
    /// What has been given away by `now`.
    pub fn snapshot(&self, now: Nanos) -> CycleSnapshot {
        let (word, plan) = self.read();
        let (used, Plan { origin, .. }) = plan.at_once(step::taken(word), self.cycle(now), plan.limit);
        CycleSnapshot {
            used: used.max(0).unsigned_abs(),
            into_cycle: now.saturating_sub(self.start_of(i128::from(origin))),
        }
    }

    /// Goes on from a snapshot, under the present limit. At no time after does it give more than the limiter that was
    /// saved would have given by then; where cycles now begin sooner than they did, that costs a cycle's permits once.
    ///
    /// # Errors
    /// Another thread is changing the limit at this moment; nothing was changed.
    pub fn restore(&self, snapshot: &CycleSnapshot, now: Nanos) -> Result<(), Busy> {
        let origin = self.cycle(now);
        let sooner = now.saturating_sub(self.start_of(i128::from(origin))) > snapshot.into_cycle;
        self.change(|_, plan| {
            let used = i64::try_from(snapshot.used).unwrap_or(i64::MAX);
            let lost = if sooner { i64::from(plan.limit) } else { 0 };
            (used.saturating_add(lost), Plan { origin, ..plan })
        })?;
        self.note(origin);
        Ok(())
    }
}
