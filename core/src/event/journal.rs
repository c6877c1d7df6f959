//! A ring of the newest events: many write, any number drain, nobody waits.
//!
//! Positions count up for ever; position `p` lives in slot `p mod N`. `head` is the oldest position still wanted, `tail`
//! the next to be written.
//!
//! * **Write**: claim position `t` by moving `tail` from `t` to `t + 1` (allowed while `t - head < N`), write the words,
//!   then publish them by setting the slot's sequence to `t + 1`.
//! * **Read**: find the sequence at `h + 1`, copy the words, then move `head` from `h` to `h + 1`. Only if that succeeds
//!   is the copy an event: nobody writes into the slot before `head` has passed it.
//! * **Full**: the writer moves `head` past the oldest event itself and counts it as dropped. If that event is still being
//!   written, by somebody who was interrupted in the middle, the new event is dropped instead: it too is counted.
//!
//! So every event is read once or counted once, a reader holds nothing up, and a writer that never finishes costs what
//! comes after it only until the ring is full.

use super::words::{Words, decode, encode};
use super::{Event, Observer, sealed};
use crate::sync::{AcqRel, Acquire, AtomicU64, Relaxed, Release, cells, const_new, mutated, unless_mutated};

/// One event of a journal. Opaque; zero is a valid start.
#[derive(Debug)]
#[repr(C)]
pub struct Slot {
    /// The position that the words belong to, plus 1; 0 if none was ever published.
    sequence: AtomicU64,
    words: [AtomicU64; 3],
}

impl Slot {
    const_new! {
        fn new() -> Self {
            Self {
                sequence: AtomicU64::new(0),
                words: [AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0)],
            }
        }
    }
}

/// The newest `N` events (a power of two) of the gates it is attached to, in memory that the caller supplies.
///
/// When it is full the oldest event makes room and is counted. Lock-free for writers and readers: any thread, any
/// interrupt handler. 24 bytes and 32 for each event.
///
/// ```
/// use overcurrent::{event::{Event, EventKind}, Journal, Nanos, Observer};
/// static JOURNAL: Journal<64> = Journal::new();
/// JOURNAL.observe(Event { at: Nanos::SECOND, generation: 1, kind: EventKind::Reset });
/// let mut seen = 0;
/// JOURNAL.drain(|event| {
///     assert_eq!(event.at, Nanos::SECOND);
///     seen += 1;
/// });
/// assert_eq!((seen, JOURNAL.dropped()), (1, 0));
/// ```
#[derive(Debug)]
#[repr(transparent)]
pub struct Journal<const N: usize>(JournalWords<[Slot; N]>);

/// The words of a [`Journal`] whose size is known only at run time: `JournalWords<[Slot]>`, behind a reference.
///
/// All zero is an empty one. The number of slots must be a power of two; otherwise events are lost.
#[derive(Debug)]
#[repr(C)]
pub struct JournalWords<S: ?Sized> {
    head: AtomicU64,
    tail: AtomicU64,
    dropped: AtomicU64,
    slots: S,
}

impl<const N: usize> Journal<N> {
    const_new! {
        /// An empty journal.
        #[allow(clippy::new_without_default, reason = "not const under the models")]
        pub fn new() -> Self {
            const { assert!(N.is_power_of_two(), "a journal's size is a power of two") };
            Self(JournalWords {
                head: AtomicU64::new(0),
                tail: AtomicU64::new(0),
                dropped: AtomicU64::new(0),
                slots: cells![Slot::new(); N],
            })
        }
    }

    #[inline]
    const fn words(&self) -> &JournalWords<[Slot]> {
        &self.0
    }

    /// Records one event; the oldest makes room if need be.
    pub fn record(&self, event: &Event) {
        self.words().record(event);
    }

    /// Takes the oldest event, if there is one. `None` also while the oldest is being written.
    pub fn pop(&self) -> Option<Event> {
        self.words().pop()
    }

    /// Takes every event that is there now, the oldest first. Events that arrive meanwhile may stay for the next time.
    pub fn drain(&self, each: impl FnMut(Event)) {
        self.words().drain(each);
    }

    /// How many events were dropped because the journal was full, since it was made.
    pub fn dropped(&self) -> u64 {
        self.words().dropped()
    }

    /// How many events wait to be drained, those that are being written among them.
    pub fn len(&self) -> u64 {
        self.words().len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.words().is_empty()
    }
}

impl JournalWords<[Slot]> {
    /// How many events it holds.
    #[inline]
    const fn size(&self) -> u64 {
        self.slots.len() as u64
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "masked by the size")]
    fn slot(&self, position: u64) -> Option<&Slot> {
        self.slots.get((position & self.size().wrapping_sub(1)) as usize)
    }

    /// Whether the event at `position` can be read.
    #[inline]
    fn is_published(slot: &Slot, position: u64) -> bool {
        // Acquire: the words were written before the sequence.
        slot.sequence.load(unless_mutated(Acquire, "journal_sequence_acquire")) == position.wrapping_add(1)
    }

    /// Records one event; the oldest makes room if need be.
    pub fn record(&self, event: &Event) {
        let words = encode(event);
        loop {
            let tail = self.tail.load(Relaxed);
            // Acquire: whoever moved the head had read (or given up) the words that are overwritten below.
            let head = self.head.load(Acquire);
            // Loaded one after the other, the head may already be ahead of that tail: then the swap fails.
            let used = tail.saturating_sub(head);
            if used >= self.size() && !mutated("journal_overwrite") {
                if !self.drop_oldest(head) {
                    return;
                }
                continue;
            }
            // Relaxed: the position is claimed, nothing is published yet.
            if self.tail.compare_exchange_weak(tail, tail.wrapping_add(1), Relaxed, Relaxed).is_err() {
                continue;
            }
            if let Some(slot) = self.slot(tail) {
                for (cell, word) in slot.words.iter().zip(words) {
                    // Relaxed: published by the sequence.
                    cell.store(word, Relaxed);
                }
                // Release: publishes the words. A store: the position is this writer's own until the head passes it,
                // which it does not before this.
                slot.sequence.store(tail.wrapping_add(1), unless_mutated(Release, "journal_sequence_release"));
            }
            return;
        }
    }

    /// Makes room at `head` (or sees that it has moved), or counts the new event as dropped and says `false` if that one is still being written.
    #[cold]
    fn drop_oldest(&self, head: u64) -> bool {
        if !self.slot(head).is_some_and(|slot| Self::is_published(slot, head)) {
            // Relaxed: if the head has moved on, the slot may be a later event's by now, and there may be room.
            if self.head.load(Relaxed) != head {
                return true;
            }
            self.count_dropped();
            return false;
        }
        // Acquire, seen above: the old words are in place before the new ones; Release hands that on to whoever claims
        // the slot.
        if self.head.compare_exchange(head, head.wrapping_add(1), AcqRel, Relaxed).is_ok() {
            self.count_dropped();
        }
        true
    }

    fn count_dropped(&self) {
        if !mutated("journal_uncounted") {
            // Relaxed: a number to be read at any time; nothing hangs on it.
            self.dropped.fetch_add(1, Relaxed);
        }
    }

    /// Takes the oldest event, if there is one. `None` also while the oldest is being written.
    pub fn pop(&self) -> Option<Event> {
        loop {
            // Acquire: pairs with the swap that moved the head here.
            let head = self.head.load(Acquire);
            let slot = self.slot(head)?;
            if !Self::is_published(slot, head) {
                // Another reader may have been faster, and the slot be a later event's by now.
                if self.head.load(Relaxed) == head {
                    return None;
                }
                continue;
            }
            let mut words: Words = [0; 3];
            for (word, cell) in words.iter_mut().zip(&slot.words) {
                *word = cell.load(Relaxed);
            }
            // Release: the words are read before the slot is given up, and an old writer's words stay ordered before the
            // next one's. (No model can show this or its Acquire in `record`: loom never lets a load see a store that
            // has not run yet.)
            if mutated("journal_unclaimed_read") {
                self.head.store(head.wrapping_add(1), Release);
            } else if self.head.compare_exchange(head, head.wrapping_add(1), AcqRel, Relaxed).is_err() {
                continue;
            }
            if let Some(event) = decode(words) {
                return Some(event);
            }
        }
    }

    /// Takes every event that is there now, the oldest first. Events that arrive meanwhile may stay for the next time.
    pub fn drain(&self, mut each: impl FnMut(Event)) {
        let end = self.tail.load(Relaxed);
        while self.head.load(Relaxed) < end {
            match self.pop() {
                Some(event) => each(event),
                None => break,
            }
        }
    }

    /// How many events were dropped because the journal was full, since it was made.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// How many events wait to be drained, those that are being written among them.
    pub fn len(&self) -> u64 {
        // The head first: a tail loaded before it could be behind it.
        let head = self.head.load(Acquire);
        self.tail.load(Relaxed).saturating_sub(head).min(self.size())
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl sealed::Sealed for JournalWords<[Slot]> {}
impl Observer for JournalWords<[Slot]> {
    const LISTENS: bool = true;
    fn observe(&self, event: Event) {
        self.record(&event);
    }
}

impl<const N: usize> sealed::Sealed for Journal<N> {}
impl<const N: usize> Observer for Journal<N> {
    const LISTENS: bool = true;
    fn observe(&self, event: Event) {
        self.record(&event);
    }
}
