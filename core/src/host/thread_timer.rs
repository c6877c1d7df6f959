//! A timer that needs no runtime: one thread for the whole process, there only while somebody sleeps.
//!
//! A child of `fork` has a copy of everything but the thread, and maybe of a lock that the thread held. So each process has
//! a place of its own, which it takes at its first sleep; what a forebear left in others is not touched any more.

use crate::host::timer::Timer;
use std::collections::BTreeMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// A [`Timer`] for any executor, on one thread of its own.
///
/// All values share that thread. It is started by the first future that is polled before its time, and ends by itself
/// a quarter of a second after the last sleeper has left; loading this crate starts nothing. If the system refuses a
/// new thread, sleepers poll the clock until it grants one.
///
/// A child of `fork` starts a thread of its own; a future that was polled in the parent may be polled on in the child. After
/// 16 generations of processes that all slept, the next poll the clock. (Processes are told apart by their numbers: a child
/// that got the number of a dead forebear which slept, with none that slept in between, takes its thread for its own.)
///
/// ```
/// use overcurrent::{ThreadTimer, Timer};
/// use std::time::{Duration, Instant};
/// # fn block_on<F: std::future::Future>(f: F) -> F::Output {
/// #     struct Unpark(std::thread::Thread);
/// #     impl std::task::Wake for Unpark { fn wake(self: std::sync::Arc<Self>) { self.0.unpark() } }
/// #     let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
/// #     let mut f = std::pin::pin!(f);
/// #     loop {
/// #         match f.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
/// #             std::task::Poll::Ready(value) => return value,
/// #             std::task::Poll::Pending => std::thread::park(),
/// #         }
/// #     }
/// # }
/// let begun = Instant::now();
/// block_on(ThreadTimer.sleep(Duration::from_millis(5))); // any executor
/// assert!(begun.elapsed() >= Duration::from_millis(5));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadTimer;

impl ThreadTimer {
    /// How many futures are registered with the thread.
    ///
    /// ```
    /// assert_eq!(overcurrent::ThreadTimer::sleepers(), 0);
    /// ```
    pub fn sleepers() -> usize {
        Process::current(false).map_or(0, |process| process.lock().sleepers.len())
    }

    /// Whether the thread exists at this moment.
    ///
    /// ```
    /// assert!(!overcurrent::ThreadTimer::is_running());
    /// ```
    pub fn is_running() -> bool {
        Process::current(false).is_some_and(|process| process.lock().running)
    }
}

impl Timer for ThreadTimer {
    type Sleep = ThreadSleep;

    fn sleep(&self, wait: Duration) -> ThreadSleep {
        ThreadSleep { deadline: Instant::now().checked_add(wait), place: None }
    }
}

/// The future of a [`ThreadTimer`].
///
/// ```
/// use overcurrent::{ThreadSleep, ThreadTimer, Timer};
/// let sleep: ThreadSleep = ThreadTimer.sleep(std::time::Duration::from_secs(60));
/// drop(sleep); // nothing is left behind
/// assert_eq!(ThreadTimer::sleepers(), 0);
/// ```
#[derive(Debug)]
#[must_use = "a future does nothing unless it is polled"]
pub struct ThreadSleep {
    /// `None` lies beyond what the system can count: never.
    deadline: Option<Instant>,
    place: Option<(&'static Process, Place)>,
}

/// Deadline, then order of arrival.
type Place = (Instant, u64);

/// The longest time the thread stays with nothing to do.
const IDLE: Duration = Duration::from_millis(250);

#[derive(Debug)]
struct Shared {
    running: bool,
    arrivals: u64,
    sleepers: BTreeMap<Place, Waker>,
}

/// What the sleepers of one process and its thread share.
#[derive(Debug)]
struct Process {
    /// 0: nobody's yet.
    id: AtomicU32,
    shared: Mutex<Shared>,
    changed: Condvar,
}

static PROCESSES: [Process; 16] = [const { Process::new() }; 16];

impl Process {
    const fn new() -> Self {
        let shared = Shared { running: false, arrivals: 0, sleepers: BTreeMap::new() };
        Self { id: AtomicU32::new(0), shared: Mutex::new(shared), changed: Condvar::new() }
    }

    /// That of the process which runs: the last that is taken, if it is its own, or the next. `None`: there is none, or,
    /// unless it is to `begin`, it has not begun.
    fn current(begin: bool) -> Option<&'static Self> {
        // Elsewhere nobody forks.
        let own = if cfg!(unix) { std::process::id() } else { 1 };
        // Relaxed: the number is all that is told by it; the rest is behind the lock.
        let taken = PROCESSES.iter().take_while(|process| process.id.load(Relaxed) != 0).count();
        let last = taken.checked_sub(1).and_then(|last| PROCESSES.get(last));
        if last.is_some_and(|last| last.id.load(Relaxed) == own) {
            return last;
        }
        let next = PROCESSES.get(taken).filter(|_| begin)?;
        match next.id.compare_exchange(0, own, Relaxed, Relaxed) {
            Err(other) if other != own => None,
            _ => Some(next), // taken by this thread or by another one of this process
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Every critical section below leaves the map whole, whatever happens.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Future for ThreadSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else {
            return Poll::Pending;
        };
        if Instant::now() >= deadline {
            self.leave();
            return Poll::Ready(());
        }
        let Some(process) = Process::current(true) else {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        };
        let waker = cx.waker().clone();
        let mut shared = process.lock();
        let place = match self.place {
            Some((whose, place)) if std::ptr::eq(whose, process) => place,
            _ => {
                shared.arrivals = shared.arrivals.wrapping_add(1);
                (deadline, shared.arrivals)
            }
        };
        self.place = Some((process, place));
        let replaced = shared.sleepers.insert(place, waker);
        let running = shared.running;
        let first = shared.sleepers.first_key_value().is_some_and(|(first, _)| *first == place);
        if !running {
            shared.running =
                std::thread::Builder::new().name("overcurrent-timer".into()).spawn(|| process.run()).is_ok();
        }
        let started = shared.running;
        drop(shared);
        drop(replaced); // foreign code: outside the lock
        if !started {
            cx.waker().wake_by_ref();
        } else if running && first {
            process.changed.notify_one();
        }
        Poll::Pending
    }
}

impl ThreadSleep {
    fn leave(&mut self) {
        let Some((process, place)) = self.place.take() else { return };
        if !Process::current(false).is_some_and(|own| std::ptr::eq(own, process)) {
            return; // registered by the parent, whose lock may be held here for ever
        }
        let mut shared = process.lock();
        let waker = shared.sleepers.remove(&place);
        let last = waker.is_some() && shared.sleepers.is_empty();
        drop(shared);
        drop(waker); // foreign code: outside the lock
        if last {
            process.changed.notify_one(); // or the thread would wait for a deadline that nobody has any more
        }
    }
}

impl Drop for ThreadSleep {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Process {
    /// The thread.
    fn run(&self) {
        let mut shared = self.lock();
        loop {
            let now = Instant::now();
            match shared.sleepers.first_key_value() {
                Some((&(deadline, _), _)) if deadline <= now => {
                    let due = shared.sleepers.pop_first();
                    drop(shared);
                    if let Some((_, waker)) = due {
                        // A waker is foreign code; its panic must not take everybody's timer along.
                        let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
                    }
                    shared = self.lock();
                }
                Some((&(deadline, _), _)) => {
                    let wait = deadline.saturating_duration_since(now);
                    shared = self.changed.wait_timeout(shared, wait).unwrap_or_else(PoisonError::into_inner).0;
                }
                None => {
                    let (guard, waited) =
                        self.changed.wait_timeout(shared, IDLE).unwrap_or_else(PoisonError::into_inner);
                    shared = guard;
                    if waited.timed_out() && shared.sleepers.is_empty() {
                        shared.running = false; // under the lock: whoever comes next starts a new one
                        return;
                    }
                }
            }
        }
    }
}
