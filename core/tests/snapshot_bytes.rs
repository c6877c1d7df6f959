//! Bytes that are no snapshot of this kind of machine are refused, whatever was done to them.
#![cfg(feature = "wide")]
mod snapshot_frame;

use overcurrent::breaker::{Tiny32Snapshot, TinySnapshot};
use overcurrent::limit::{CycleConfig, CycleLimiter, CycleSnapshot, Gcra32Snapshot, GcraSnapshot};
use overcurrent::{
    BreakerConfig, CountBreaker, Gcra, Gcra32, Nanos, Quota32, Rate, SnapshotError, TinyBreaker, TinyBreaker32,
    TinyConfig32, Window,
};

const NOW: Nanos = Nanos::from_secs(3);

type Read = fn(&[u8]) -> Result<(), SnapshotError>;

/// A breaker that is open has something to lose: a refused restore must leave it as it was.
fn into_breaker(bytes: &[u8]) -> Result<(), SnapshotError> {
    let breaker = CountBreaker::<1>::new(BreakerConfig::new(Window::calls(4)).build().unwrap()).unwrap();
    breaker.open(NOW).unwrap();
    let before = (breaker.metrics(NOW), breaker.next_deadline(NOW));
    let answer = breaker.restore(bytes, Nanos::ZERO, NOW);
    if answer.is_err() {
        assert_eq!((breaker.metrics(NOW), breaker.next_deadline(NOW)), before);
    }
    answer
}

fn every_kind() -> Vec<(&'static str, Vec<u8>, Read)> {
    let policy = BreakerConfig::new(Window::calls(4)).build().unwrap();
    let p = TinyConfig32::new(4, 100).build().unwrap();
    let mut page = [0; 64];
    let count = CountBreaker::<1>::new(policy).unwrap().snapshot(&mut page, NOW).unwrap();
    let gcra = Gcra::new(Rate::new(5, Nanos::SECOND).build().unwrap());
    gcra.try_acquire(2, NOW).unwrap();
    let tiny = TinyBreaker::new(policy).unwrap();
    tiny.open(NOW).unwrap();
    let tiny32 = TinyBreaker32::new();
    tiny32.open(&p, 5);
    let cycle = CycleLimiter::new(CycleConfig::new(5, Nanos::SECOND).build().unwrap());
    cycle.try_acquire(2, NOW).unwrap();
    let quota32 = Quota32::new(5, 1_000, 5).unwrap();
    vec![
        ("gcra", gcra.snapshot(NOW).to_bytes().to_vec(), |b| GcraSnapshot::from_bytes(b).map(drop)),
        ("gcra32", Gcra32::new(quota32).snapshot(7).to_bytes().to_vec(), |b| Gcra32Snapshot::from_bytes(b).map(drop)),
        ("breaker", page[..count].to_vec(), into_breaker),
        ("cycle", cycle.snapshot(NOW).to_bytes().to_vec(), |b| CycleSnapshot::from_bytes(b).map(drop)),
        ("tiny", tiny.snapshot(NOW).to_bytes().to_vec(), |b| TinySnapshot::from_bytes(b).map(drop)),
        ("tiny32", tiny32.snapshot(&p, 5).to_bytes().to_vec(), |b| Tiny32Snapshot::from_bytes(b).map(drop)),
    ]
}

#[test]
fn each_kind_is_read_by_its_own_machine_only() {
    for (of, bytes, _) in every_kind() {
        for (by, _, read) in every_kind() {
            let want = if of == by { Ok(()) } else { Err(SnapshotError::WrongKind) };
            assert_eq!(read(&bytes), want, "{of} by {by}");
        }
    }
}

#[test]
fn changed_bits_and_missing_bytes_are_noticed_and_bytes_after_the_end_are_not() {
    for (name, bytes, read) in every_kind() {
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&bad).is_err(), "{name}: bit {bit}");
        }
        for short in 0..bytes.len() {
            assert_eq!(read(&bytes[..short]), Err(SnapshotError::NotASnapshot), "{name}: {short} bytes");
        }
        let mut page = bytes.clone();
        page.resize(256, 0xff);
        assert_eq!(read(&page), Ok(()), "{name}");
    }
}

#[test]
fn a_payload_of_another_length_is_refused() {
    for (name, bytes, read) in every_kind() {
        let payload = &bytes[6..bytes.len() - 4];
        assert_eq!(snapshot_frame::frame(bytes[3], payload), bytes, "{name}: the frame as documented");
        for other in [&payload[..payload.len() - 1], &[payload, &[0]].concat()] {
            assert_eq!(read(&snapshot_frame::frame(bytes[3], other)), Err(SnapshotError::Mismatch), "{name}");
        }
    }
}
