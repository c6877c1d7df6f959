//! A time window as bytes: how far into its slice the newest one was (8 bytes), the length of a slice (8), the number of
//! slices (2), then calls, failed, slow, slow and failed of each (2 bytes each), newest first.

use super::slice::{self, Slice};
use super::{Bucket, Slices, TimeWindow};
use crate::snapshot::{SnapshotError, Writer};
use crate::sync::{AcqRel, Acquire};

const PER_SLICE: usize = 8;
const HEADER: usize = 18;

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |two| u16::from_le_bytes(*two))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |eight| u64::from_le_bytes(*eight))
}

/// One slice's counts.
#[derive(Clone, Copy)]
struct Counts {
    calls: u16,
    failed: u16,
    slow: u16,
    both: u16,
}

impl Counts {
    fn at(bytes: &[u8], index: usize) -> Self {
        let at = HEADER.saturating_add(index.saturating_mul(PER_SLICE));
        let field = |n: usize| u16_at(bytes, at.saturating_add(n));
        Self { calls: field(0), failed: field(2), slow: field(4), both: field(6) }
    }
}

impl<R: AsRef<[Bucket]> + ?Sized> TimeWindow<R> {
    /// Not in step with recorders: what they add meanwhile may be missed.
    pub(crate) fn save(&self, slices: Slices, generation: u16, now: u64, writer: &mut Writer<'_>) {
        let head = self.head();
        let newest = slices.slice_of(now).max(head.slice());
        let gap = newest.saturating_sub(head.slice()); // slices that nothing was recorded in
        let limit = slices.limit(self.len());
        writer.u64(now.saturating_sub(newest.saturating_mul(slices.slice_ns)).min(slices.slice_ns));
        writer.u64(slices.slice_ns);
        writer.u16(u16::try_from(limit).unwrap_or(u16::MAX)); // at most 4,096
        for age in 0..limit as u64 {
            let back = age.checked_sub(gap).filter(|_| head.is_of(generation));
            let bucket = back.and_then(|back| {
                let back = usize::try_from(back).ok()?;
                Some((back, self.bucket(head.place_back(back, self.len()))?))
            });
            let (totals, both) = bucket.map_or_else(Default::default, |(back, bucket)| {
                let totals = Slice(bucket.counts.load(Acquire)).totals(head.tag(back));
                (totals, slice::slow_failed(bucket.slow_failed.load(Acquire), head.wide_tag(back)))
            });
            for count in [totals.calls, totals.failed, totals.slow, both] {
                writer.u16((count & 0xffff) as u16); // counts of a slice have 16 bits
            }
        }
    }

    pub(crate) fn check_saved(bytes: &[u8]) -> Result<u32, SnapshotError> {
        let slices = usize::from(u16_at(bytes, 16));
        let whole = bytes.len() == HEADER.saturating_add(slices.saturating_mul(PER_SLICE));
        let sound = (0..slices).all(|index| {
            let Counts { calls, failed, slow, both } = Counts::at(bytes, index);
            failed <= calls && slow <= calls && both <= failed.min(slow)
        });
        if whole && sound && u64_at(bytes, 8) != 0 { Ok(0) } else { Err(SnapshotError::Mismatch) }
    }

    /// Puts the counts where they belong `off` nanoseconds later, oldest first. What would lie before the origin of time
    /// counts in its first slice.
    pub(crate) fn load_saved(&self, slices: Slices, generation: u16, now: u64, off: u64, bytes: &[u8]) {
        let (into, slice_ns) = (u64_at(bytes, 0), u64_at(bytes, 8));
        let saved = usize::from(u16_at(bytes, 16));
        // The newest instant at which a slice's calls can have been made: forgotten rather late than early.
        let age = |index: usize| match (index as u64).checked_sub(1) {
            None => 0,
            Some(older) => into.saturating_add(1).saturating_add(older.saturating_mul(slice_ns)),
        };
        let then = |index: usize| now.saturating_sub(off).saturating_sub(age(index));
        // From the oldest on: a head that stood at `now` already would count them all in its newest slice.
        self.bring_forward(slices, generation, then(saved));
        for index in (0..saved).rev() {
            let counts = Counts::at(bytes, index);
            let age = age(index);
            let gone = age.saturating_add(off) >= slices.slice_ns.saturating_mul(u64::from(slices.buckets));
            if counts.calls != 0 && !gone {
                self.put(slices, generation, then(index), counts);
            }
        }
        self.bring_to(slices, generation, now);
    }

    /// Moves the head to `now`, so that what was put is as old as it should be.
    fn bring_to(&self, slices: Slices, generation: u16, now: u64) {
        loop {
            let head = self.head();
            if !head.is_of(generation) || head.holds(slices, now) || !self.step(head, slices, generation, now) {
                return;
            }
        }
    }

    fn put(&self, slices: Slices, generation: u16, then: u64, counts: Counts) {
        loop {
            let head = self.head();
            if !head.is_of(generation) {
                return; // the breaker has moved on
            }
            if !head.holds(slices, then) && self.step(head, slices, generation, then) {
                continue;
            }
            let Some(bucket) = self.bucket(head.place()) else { return };
            let old = Slice(bucket.counts.load(Acquire));
            if !old.is_open(head.tag(0)) {
                self.settle(head, slices);
                continue;
            }
            let new = old.add_many(counts.calls, counts.failed, counts.slow);
            if bucket.counts.compare_exchange(old.0, new.0, AcqRel, Acquire).is_ok() {
                for _ in 0..counts.both {
                    self.count_slow_failed(bucket, head);
                }
                return;
            }
        }
    }
}
