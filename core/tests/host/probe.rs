//! A gate and a clock that write down what happens to them, and the smallest executor.

use overcurrent::{At, Clock, Gate, Nanos, NeedsTime, Outcome, Reason, Refusal};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Enter(u32),
    EnterUntimed,
    Leave(Outcome),
    LeaveUntimed(Outcome),
    Cancel,
    Settle,
}

/// Admits everything, or nothing.
#[derive(Debug, Default)]
pub struct Probe {
    pub seen: Mutex<Vec<Seen>>,
    pub refuse: AtomicBool,
    /// Says that it does not need the clock...
    pub untimed: bool,
    /// ...and that it does after all, when entered
    pub but_on_enter: bool,
    /// ...or left.
    pub but_on_leave: bool,
}

pub const REFUSAL: Refusal = Refusal::new(Reason::BreakerOpen, Some(Nanos::SECOND));

impl Probe {
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }

    fn note(&self, seen: Seen) {
        self.seen.lock().unwrap().push(seen);
    }
}

/// Cannot be made or copied outside: each is given back once.
#[derive(Debug)]
pub struct Ticket(());

impl Gate for Probe {
    type Permit = Ticket;

    fn judge(&self, _: u32, _: At) -> Result<(), Refusal> {
        if self.refuse.load(Ordering::Relaxed) { Err(REFUSAL) } else { Ok(()) }
    }
    fn enter(&self, cost: u32, at: At) -> Result<Ticket, Refusal> {
        self.judge(cost, at)?;
        self.note(Seen::Enter(cost));
        Ok(Ticket(()))
    }
    fn leave(&self, Ticket(()): Ticket, outcome: Outcome, _: At) {
        self.note(Seen::Leave(outcome));
    }
    fn cancel(&self, Ticket(()): Ticket) {
        self.note(Seen::Cancel);
    }
    fn needs_clock(&self) -> bool {
        !self.untimed
    }
    fn enter_untimed(&self, _: u32) -> Result<Ticket, NeedsTime> {
        if self.but_on_enter || self.refuse.load(Ordering::Relaxed) {
            return Err(NeedsTime);
        }
        self.note(Seen::EnterUntimed);
        Ok(Ticket(()))
    }
    fn leave_untimed(&self, Ticket(()): Ticket, outcome: Outcome) -> Result<(), NeedsTime> {
        self.note(Seen::LeaveUntimed(outcome));
        if self.but_on_leave { Err(NeedsTime) } else { Ok(()) }
    }
    fn settle(&self, _: At) {
        self.note(Seen::Settle);
    }
}

/// Counts how often it is read; each reading is a millisecond later.
#[derive(Debug, Default)]
pub struct CountedClock(AtomicU64);

impl CountedClock {
    pub fn reads(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clock for CountedClock {
    fn now(&self) -> At {
        Nanos::from_millis(self.0.fetch_add(1, Ordering::Relaxed)).into()
    }
}

/// Pending that many times, each time asking to be polled again.
pub struct Yield(pub usize);

impl Future for Yield {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// No runtime at all.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Counts wakes.
#[derive(Debug, Default)]
pub struct Woken(AtomicUsize);

impl Woken {
    pub fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future polled by hand.
pub struct Hand<F> {
    pub future: Pin<Box<F>>,
    pub woken: Arc<Woken>,
}

impl<F: Future> Hand<F> {
    pub fn new(future: F) -> Self {
        Self { future: Box::pin(future), woken: Arc::default() }
    }

    pub fn poll(&mut self) -> Poll<F::Output> {
        let waker = Waker::from(Arc::clone(&self.woken));
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }
}

pub fn is_send<T: Send>(value: T) -> T {
    value
}
