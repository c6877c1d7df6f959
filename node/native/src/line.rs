//! Those who wait for a slot of a shared bulkhead, in every thread of the process: first come, first served.

use crate::ending::Ends;
use napi::Status;
use napi::bindgen_prelude::{Function, Result};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use overcurrent::concurrency::Slot;
use overcurrent::{At, Bulkhead, Gate, Outcome, Reason};
use overcurrent_node_engine::entrance::Entrance;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a number below zero says: the bulkhead is full.
const FULL: i32 = -1 - Reason::BulkheadFull as i32;

/// The number of a place in a line, of which no other of the process has the same.
type Ticket = u64;

/// Tells one thread which of its tickets has a slot. Does not keep the thread alive: it does that itself while it waits.
pub struct Bell(ThreadsafeFunction<f64, (), f64, Status, false, true>);

impl Bell {
    /// A bell of this thread that calls `heard`.
    pub fn new(heard: &Function<'_, f64, ()>) -> Result<Self> {
        heard.build_threadsafe_function::<f64>().weak::<true>().build().map(Self)
    }

    fn ring(&self, ticket: Ticket) {
        // A thread that has ended does not hear it; its slots are given back by its desk.
        self.0.call(ticket as f64, ThreadsafeFunctionCallMode::NonBlocking);
    }
}

/// What one thread has of a line's bulkhead.
struct Thread {
    bell: Arc<Bell>,
    /// Slots that it was given and has not given back, also those that it has not heard of yet.
    out: AtomicU32,
}

/// Those who wait for one bulkhead.
pub struct Line {
    bulkhead: Arc<Bulkhead>,
    most: usize,
    queue: Mutex<VecDeque<(Ticket, Arc<Thread>)>>,
    /// The length of `queue`, for those who come and go without looking into it.
    length: AtomicU32,
}

static TICKETS: AtomicU64 = AtomicU64::new(1);

impl Line {
    /// A line before `bulkhead` for at most so many.
    pub fn new(bulkhead: Arc<Bulkhead>, most: usize) -> Self {
        Self { bulkhead, most, queue: Mutex::default(), length: AtomicU32::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Ticket, Arc<Thread>)>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_empty(&self) -> bool {
        // Relaxed: `serve` and `wait` have the fences that matter.
        self.length.load(Ordering::Relaxed) == 0
    }

    fn enters(&self) -> bool {
        self.bulkhead.enter_untimed(1).map(Slot::into_raw).is_ok()
    }

    /// Hands a slot that is taken to whoever waits first; `false` if nobody does.
    fn pass(&self) -> bool {
        let mut queue = self.lock();
        let Some((ticket, thread)) = queue.pop_front() else { return false };
        self.hand(&queue, ticket, &thread);
        true
    }

    /// Under the lock, so that a desk that closes knows all that its thread was given.
    fn hand(&self, queue: &VecDeque<(Ticket, Arc<Thread>)>, ticket: Ticket, thread: &Thread) {
        self.length.store(queue.len() as u32, Ordering::Relaxed);
        thread.out.fetch_add(1, Ordering::Relaxed);
        thread.bell.ring(ticket);
    }

    /// Hands out what is free, after something became free without being passed on.
    pub fn serve(&self) {
        // With the fence of `wait`: either the one who waits saw the slot, or this sees the one who waits.
        fence(Ordering::SeqCst);
        while !self.is_empty() {
            let mut queue = self.lock();
            if queue.is_empty() || !self.enters() {
                return;
            }
            if let Some((ticket, thread)) = queue.pop_front() {
                self.hand(&queue, ticket, &thread);
            }
        }
    }

    /// Gives a slot back, to whoever waits for it.
    fn give_back(&self) {
        if self.is_empty() || !self.pass() {
            self.bulkhead.leave(Slot::from_raw(), Outcome::Ignored, Default::default());
            self.serve();
        }
    }
}

/// One thread's way to a shared bulkhead. When the thread ends, its slots and its places in the line are given back.
pub struct Desk {
    entrance: Entrance<Bulkhead>,
    line: Arc<Line>,
    thread: Arc<Thread>,
}

impl Desk {
    /// A desk of the thread that hears `bell`.
    pub fn new(line: Arc<Line>, bell: Arc<Bell>) -> Self {
        let entrance = Entrance::new(Arc::clone(&line.bulkhead));
        Self { entrance, line, thread: Arc::new(Thread { bell, out: AtomicU32::new(0) }) }
    }

    /// The bulkhead's own questions.
    pub fn ask(&self, op: u32, io: &mut [f64], at: At) -> f64 {
        let answer = self.entrance.ask(op, io, at);
        self.line.serve(); // it may have grown
        answer
    }

    /// Asks for one call. Nobody overtakes those who wait.
    pub fn enter(&self) -> i32 {
        if !self.line.is_empty() {
            return FULL;
        }
        let answer = self.entrance.enter(1, Default::default);
        if answer >= 0 {
            self.thread.out.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }

    /// A call has ended.
    pub fn leave(&self) -> i32 {
        self.thread.out.fetch_sub(1, Ordering::Relaxed);
        self.line.give_back();
        0
    }

    /// Takes a place in the line: its ticket, or 0 if there is a slot after all, or below zero if the line is full.
    pub fn wait(&self) -> f64 {
        let mut queue = self.line.lock();
        if queue.len() >= self.line.most {
            return -1.0;
        }
        let ticket = TICKETS.fetch_add(1, Ordering::Relaxed);
        queue.push_back((ticket, Arc::clone(&self.thread)));
        self.line.length.store(queue.len() as u32, Ordering::Relaxed);
        // Whoever gave a slot back before this is seen by `enters`; whoever does it later sees the length.
        fence(Ordering::SeqCst);
        if queue.len() == 1 && self.line.enters() {
            queue.clear();
            self.line.length.store(0, Ordering::Relaxed);
            self.thread.out.fetch_add(1, Ordering::Relaxed);
            return 0.0;
        }
        ticket as f64
    }

    /// Gives a place in the line up, or the slot that it was given meanwhile.
    pub fn give_up(&self, ticket: f64) {
        let mut queue = self.line.lock();
        let place = queue.iter().position(|(other, _)| *other as f64 == ticket);
        if let Some(place) = place {
            queue.remove(place);
            self.line.length.store(queue.len() as u32, Ordering::Relaxed);
        } else {
            drop(queue);
            self.leave();
        }
    }
}

impl Ends for Desk {
    fn end(&self) {
        let mut queue = self.line.lock();
        queue.retain(|(_, thread)| !Arc::ptr_eq(thread, &self.thread));
        self.line.length.store(queue.len() as u32, Ordering::Relaxed);
        let out = self.thread.out.swap(0, Ordering::Relaxed);
        drop(queue);
        for _ in 0..out {
            self.line.give_back();
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.end();
    }
}
