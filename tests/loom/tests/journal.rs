//! The journal and the rejections cell under every interleaving.
//!
//! Writers run in the model's first thread and readers after it, so that readers meet every old value that memory may
//! still show.
#![cfg(overcurrent_loom)]

use loom::sync::Arc;
use loom::thread;
use overcurrent::event::{Event, EventKind};
use overcurrent::{Journal, Nanos, Reason, Refusal, Rejections};

/// An event whose three words all carry `n`.
fn event(n: u16) -> Event {
    let time = Nanos::new(n.into());
    let kind = EventKind::Refused(Refusal::new(Reason::RateLimited, Some(time)));
    Event { at: time, generation: n, kind }
}

fn whole(seen: Event) -> bool {
    seen == event(seen.generation)
}

/// A writer that laps its reader: the reader gets a whole event or none.
#[test]
fn no_torn_event() {
    loom::model(|| {
        let journal = Arc::new(Journal::<1>::new());
        let theirs = journal.clone();
        let reader = thread::spawn(move || theirs.pop());
        journal.record(&event(1));
        journal.record(&event(2));
        let seen = reader.join().unwrap();
        assert!(seen.is_none_or(whole), "a torn event");
        let left = journal.pop();
        assert!(left.is_none_or(whole), "a torn event at rest");
        let accounted = u64::from(seen.is_some()) + u64::from(left.is_some()) + journal.dropped();
        assert_eq!(accounted, 2, "an event was lost uncounted");
    });
}

/// Two writers and room for one: every event is there or counted.
#[test]
fn loses_nothing_uncounted() {
    loom::model(|| {
        let journal = Arc::new(Journal::<1>::new());
        let theirs = journal.clone();
        let writer = thread::spawn(move || theirs.record(&event(2)));
        journal.record(&event(1));
        let popped = journal.pop();
        writer.join().unwrap();
        let left = journal.pop();
        assert!(popped.is_none_or(whole) && left.is_none_or(whole), "a torn event");
        let accounted = u64::from(popped.is_some()) + u64::from(left.is_some()) + journal.dropped();
        assert_eq!(accounted, 2, "an event was lost uncounted");
    });
}

/// Three writers into two slots.
#[test]
fn three_writers_lose_nothing_uncounted() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| {
        let journal = Arc::new(Journal::<2>::new());
        let write = |n| {
            let journal = journal.clone();
            thread::spawn(move || journal.record(&event(n)))
        };
        let (a, b) = (write(1), write(2));
        journal.record(&event(3));
        a.join().unwrap();
        b.join().unwrap();
        let mut left = 0;
        journal.drain(|seen| {
            assert!(whole(seen), "a torn event");
            left += 1;
        });
        assert_eq!(left + journal.dropped(), 3, "an event was lost uncounted");
        assert!(left > 0, "everything was dropped");
    });
}

/// Two readers: each event goes to one of them.
#[test]
fn no_event_is_read_twice() {
    loom::model(|| {
        let journal = Arc::new(Journal::<2>::new());
        journal.record(&event(1));
        journal.record(&event(2));
        let theirs = journal.clone();
        let reader = thread::spawn(move || theirs.pop().map(|seen| seen.generation));
        let mine = journal.pop().map(|seen| seen.generation);
        let theirs = reader.join().unwrap();
        assert!(mine.max(theirs) == Some(2) && mine.min(theirs) == Some(1), "an event was read twice or lost");
        assert_eq!((journal.dropped(), journal.pop()), (0, None));
    });
}

/// Two callers refused in one generation, one of them beside a straggler of the generation before.
#[test]
fn rejections_count_the_newest_generation() {
    loom::model(|| {
        let rejections = Arc::new(Rejections::new());
        rejections.count(7);
        let theirs = rejections.clone();
        let other = thread::spawn(move || {
            theirs.count(8);
            theirs.count(7);
        });
        rejections.count(8);
        other.join().unwrap();
        assert_eq!(rejections.of(8), 2, "a refusal was not counted");
        assert_eq!(rejections.of(7), 0, "an old generation came back");
    });
}
