//! The window against a queue of slices, for any order of times, gaps, generations and read limits.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a failing test may panic"
)]

extern crate std;

use super::head::Head;
use super::slice::Slice;
use super::{Bucket, Mark, Slices, TimeWindow, Totals};
use proptest::prelude::*;
use std::boxed::Box;
use std::collections::VecDeque;
use std::vec;
use std::vec::Vec;

const SLICE: u64 = 1_000_000;

const GOOD: Mark = Mark { failed: false, slow: false };
const BAD: Mark = Mark { failed: true, slow: false };
const SLOW: Mark = Mark { failed: false, slow: true };
const SLOW_BAD: Mark = Mark { failed: true, slow: true };

fn storage(len: usize) -> Box<[Bucket]> {
    (0..len).map(|_| Bucket::new()).collect()
}

fn slices(buckets: usize) -> Slices {
    Slices { slice_ns: SLICE, buckets: u32::try_from(buckets).unwrap() }
}

fn totals(calls: u32, failed: u32, slow: u32) -> Totals {
    Totals { calls, failed, slow }
}

/// The outcomes of each slice, oldest first.
struct Naive {
    kept: usize,
    newest: u64,
    generation: u16,
    slices: VecDeque<(u64, Vec<Mark>)>,
}

impl Naive {
    fn record(&mut self, mark: Mark, now: u64) {
        self.newest = self.newest.max(now / SLICE);
        if self.slices.back().is_none_or(|(n, _)| *n < self.newest) {
            self.slices.push_back((self.newest, Vec::new()));
        }
        self.slices.back_mut().unwrap().1.push(mark);
        while self.slices.front().is_some_and(|(n, _)| n + self.kept as u64 <= self.newest) {
            self.slices.pop_front();
        }
    }

    fn begin(&mut self, generation: u16, now: u64) {
        self.slices.clear();
        self.generation = generation;
        self.newest = now / SLICE;
    }

    fn read(&self, limit: usize, now: u64) -> (Totals, u32) {
        let newest = self.newest.max(now / SLICE);
        let marks = || self.slices.iter().filter(|(n, _)| n + limit as u64 > newest).flat_map(|(_, marks)| marks);
        let count = |what: fn(&Mark) -> bool| u32::try_from(marks().filter(|m| what(m)).count()).unwrap();
        (totals(count(|_| true), count(|m| m.failed), count(|m| m.slow)), count(|m| m.failed && m.slow))
    }
}

#[derive(Clone, Copy, Debug)]
enum Op {
    /// Into the current generation, or into one that many stays older.
    Record {
        mark: Mark,
        older: u16,
    },
    Advance(u64),
    /// The next touch's time is older than the last one's by this much.
    Older(u64),
    Read,
    Limit(usize),
    Begin(u16),
    /// The publisher sleeps: the next record brings the window forward.
    BeginLate(u16),
}

fn op() -> impl Strategy<Value = Op> {
    let mark = (prop::bool::ANY, prop::bool::ANY).prop_map(|(failed, slow)| Mark { failed, slow });
    prop_oneof![
        8 => (mark, prop_oneof![9 => Just(0u16), 1 => 1..5u16]).prop_map(|(mark, older)| Op::Record { mark, older }),
        4 => (0..3 * SLICE).prop_map(Op::Advance),
        1 => (0..40u64).prop_map(|n| Op::Advance(n * SLICE)),
        // Around the tags' range, where an old bucket could look new.
        1 => (8_180..8_200u64).prop_map(|n| Op::Advance(n * SLICE)),
        1 => (4_090..4_100u64).prop_map(|n| Op::Advance(n * SLICE)),
        1 => (1..u64::MAX >> 20).prop_map(Op::Advance),
        2 => (0..5 * SLICE).prop_map(Op::Older),
        2 => Just(Op::Read),
        1 => (1..9usize).prop_map(Op::Limit),
        1 => (1..9u16).prop_map(Op::Begin),
        1 => (1..9u16).prop_map(Op::BeginLate),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn window_equals_a_queue_of_slices(len in 1..8usize, start in 0..u64::MAX >> 16, ops in prop::collection::vec(op(), 1..80)) {
        let window = TimeWindow::from(storage(len));
        let mut naive = Naive { kept: len, newest: 0, generation: 0, slices: VecDeque::new() };
        let mut limit = len;
        let mut clock = start;
        for op in ops {
            let mut now = clock;
            match op {
                Op::Advance(by) => clock = clock.saturating_add(by).min(u64::MAX >> 1),
                Op::Older(by) => now = now.saturating_sub(by),
                Op::Limit(to) => limit = to.min(len),
                Op::Begin(by) => {
                    naive.begin(naive.generation.wrapping_add(by), now);
                    window.bring_forward(slices(limit), naive.generation, now);
                }
                Op::BeginLate(by) => naive.begin(naive.generation.wrapping_add(by), 0),
                Op::Record { mark, older: 0 } => {
                    naive.record(mark, now);
                    let seen = window.record(slices(limit), naive.generation, mark, now, || true);
                    prop_assert_eq!(seen, Some(naive.read(limit, now).0));
                }
                Op::Record { mark, older } => {
                    window.bring_forward(slices(limit), naive.generation, now);
                    let stale = naive.generation.wrapping_sub(older);
                    prop_assert_eq!(window.record(slices(limit), stale, mark, now, || false), None);
                }
                Op::Read => {}
            }
            let (expected, slow_failed) = naive.read(limit, now);
            prop_assert_eq!(window.totals(slices(limit), naive.generation, now), expected);
            prop_assert_eq!(window.slow_failed(slices(limit), naive.generation, now), slow_failed);
        }
    }

    /// What makes the tags safe: after any step from a settled window no bucket that fell out has an expected tag.
    #[test]
    fn a_step_leaves_no_stale_tag_that_looks_new(
        len in prop_oneof![1..6usize, 4_090..4_097usize],
        from in (0..1u64 << 41, 0..2_000u16),
        ahead in prop_oneof![0..10_000u64, (0..1u64 << 20).prop_map(|n| n << 13), 0..1u64 << 41],
        generations in prop_oneof![Just(0u16), 1..1_024u16],
        back in 0..1u64 << 14,
    ) {
        let start = Head(from.0 << 22 | (from.0 % len as u64) << 10 | u64::from(from.1) & 0x3ff);
        let generation = from.1.wrapping_add(generations);
        let slice = if generations == 0 { from.0 + ahead } else { (from.0 + ahead).saturating_sub(back) };
        let mut head = start;
        let mut steps = 0;
        while generations != 0 && !head.is_of(generation) || head.slice() < slice {
            let next = head.step(slice, generation, len).unwrap();
            prop_assert!(next.place() < len);
            // By place: the tag that a settled window has there under `head`.
            let mut settled = vec![(0u64, 0u64); len];
            for back in 0..len {
                settled[head.place_back(back, len)] = (head.slice().wrapping_sub(back as u64), head.tag(back));
            }
            for back in 0..len {
                let (slice, tag) = settled[next.place_back(back, len)];
                let same_slice = next.is_of_same_stay(head) && slice == next.slice().wrapping_sub(back as u64);
                prop_assert_eq!(tag == next.tag(back), same_slice, "{:?} to {:?}, {} back", head, next, back);
            }
            head = next;
            steps += 1;
            prop_assert!(steps <= 2);
        }
        prop_assert_eq!(head.step(slice, generation, len), None);
    }
}

impl Head {
    fn is_of_same_stay(self, other: Self) -> bool {
        self.0 & 0x3ff == other.0 & 0x3ff
    }
}

#[test]
fn an_older_now_counts_in_the_newest_slice() {
    let window = TimeWindow::<[Bucket; 3]>::new();
    window.record(slices(3), 0, GOOD, 5 * SLICE, || true);
    assert_eq!(window.record(slices(3), 0, BAD, 0, || true), Some(totals(2, 1, 0)));
    assert_eq!(window.totals(slices(3), 0, 7 * SLICE), totals(2, 1, 0));
    assert_eq!(window.totals(slices(3), 0, 8 * SLICE), totals(0, 0, 0));
}

#[test]
fn a_slice_that_is_full_halves_all_counts() {
    let window = TimeWindow::<[Bucket; 2]>::new();
    for n in 0..0xffff_u32 {
        let mark = match n % 4 {
            0 => BAD,
            1 => SLOW,
            _ => GOOD,
        };
        window.record(slices(2), 0, mark, 0, || true);
    }
    assert_eq!(window.totals(slices(2), 0, 0), totals(65_535, 16_384, 16_384));
    assert_eq!(window.record(slices(2), 0, SLOW_BAD, 0, || true), Some(totals(32_768, 8_193, 8_193)));
    assert_eq!(window.slow_failed(slices(2), 0, 0), 1);
}

#[test]
fn halving_takes_no_bit_from_one_count_into_the_next() {
    let full = Slice(0xffff_ffff_ffff_0000 | 0x7abc);
    assert_eq!(full.add(GOOD), Slice(0x8000_7fff_7fff_7abc));
    assert_eq!(full.add(SLOW_BAD), Slice(0x8000_8000_8000_7abc));
}

#[test]
fn the_ends_of_time_neither_wrap_nor_panic() {
    for slice_ns in [0, 1, SLICE, u64::MAX] {
        let cut = Slices { slice_ns, buckets: 2 };
        let window = TimeWindow::<[Bucket; 2]>::new();
        assert_eq!(window.record(cut, 0, BAD, 0, || true), Some(totals(1, 1, 0)));
        for calls in 1..4 {
            let seen = window.record(cut, 0, GOOD, u64::MAX, || true).unwrap();
            assert!(seen.calls == calls || seen.calls == calls + 1, "{slice_ns}: {seen:?}");
        }
        assert!(window.totals(cut, 0, u64::MAX).calls >= 3);
    }
}

#[test]
fn without_buckets_nothing_is_kept() {
    let window = TimeWindow::<[Bucket; 0]>::new();
    window.bring_forward(slices(1), 3, SLICE);
    assert_eq!(window.record(slices(1), 3, BAD, SLICE, || true), None);
    assert_eq!(window.totals(slices(1), 3, SLICE), totals(0, 0, 0));
    assert_eq!(window.slow_failed(slices(1), 3, SLICE), 0);
}

#[test]
fn a_generation_that_slept_does_not_come_back() {
    let window = TimeWindow::<[Bucket; 2]>::new();
    window.bring_forward(slices(2), 7, 0);
    window.record(slices(2), 7, BAD, 0, || true);
    window.bring_forward(slices(2), 5, 0); // a late publisher
    assert_eq!(window.totals(slices(2), 7, 0), totals(1, 1, 0));
    assert_eq!(window.totals(slices(2), 5, 0), totals(0, 0, 0));
    // Wherever the low bits point, the breaker's own word decides.
    assert_eq!(window.record(slices(2), 7 + 600, GOOD, 0, || true), Some(totals(1, 0, 0)));
}

#[test]
fn threads_lose_nothing_at_rest() {
    let window = TimeWindow::from(storage(5));
    let clock = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..3u64 {
            let (window, clock) = (&window, &clock);
            scope.spawn(move || {
                for n in 0..20_000u64 {
                    let tick = clock.fetch_add(3, std::sync::atomic::Ordering::Relaxed);
                    let now = tick.saturating_sub(n % 7 * 40); // up to two slices late
                    let mark = if n % 3 == thread { SLOW_BAD } else { GOOD };
                    let cut = Slices { slice_ns: 100, buckets: 5 };
                    let seen = window.record(cut, 0, mark, now, || true).unwrap();
                    assert!(seen.failed <= seen.calls && seen.slow == seen.failed, "{seen:?}");
                    // 100 ticks of 3 a slice, and what sleepers add late.
                    assert!(seen.calls >= 1 && seen.calls < 60_000);
                }
            });
        }
    });
    // At rest the kept sums equal those of the buckets.
    let end = clock.into_inner();
    let cut = Slices { slice_ns: 100, buckets: 5 };
    let seen = window.record(cut, 0, GOOD, end, || true).unwrap();
    let head = window.head();
    let sum = (0..5).fold(Totals::default(), |sum, back| {
        let word = window.bucket(head.place_back(back, 5)).unwrap().counts.load(super::Acquire);
        sum.plus(Slice(word).totals(head.tag(back)))
    });
    assert_eq!(seen, sum);
    assert_eq!(window.totals(cut, 0, end), sum);
}
