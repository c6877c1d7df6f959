//! Time by hand, for tests.

use crate::host::clock::Clock;
use crate::host::timer::Timer;
use crate::host::wakers::Wakers;
use crate::time::{At, Nanos};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A clock and timer that stand still until told otherwise. Clones share the time.
///
/// ```
/// use overcurrent::{Clock, ManualClock, Nanos};
/// let clock = ManualClock::new();
/// let same = clock.clone();
/// clock.advance(Nanos::from_secs(3));
/// assert_eq!(same.now().now, Nanos::from_secs(3));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    at: At,
    arrivals: u64,
    sleepers: BTreeMap<Place, Waker>,
}

/// Deadline, then order of arrival.
type Place = (Nanos, u64);

impl ManualClock {
    /// A clock at zero, without random bits.
    ///
    /// ```
    /// use overcurrent::{At, Clock, ManualClock};
    /// assert_eq!(ManualClock::new().now(), At::default());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the time on and wakes the sleepers whose time has come.
    ///
    /// ```
    /// # use overcurrent::{Clock, ManualClock, Nanos};
    /// # let clock = ManualClock::new();
    /// clock.advance(Nanos::from_millis(5));
    /// clock.advance(std::time::Duration::from_millis(5));
    /// assert_eq!(clock.now().now, Nanos::from_millis(10));
    /// ```
    pub fn advance(&self, by: impl Into<Nanos>) {
        let by = by.into();
        let mut shared = self.lock();
        shared.at.now = shared.at.now.saturating_add(by);
        wake_due(shared);
    }

    /// Sets the time, also to an earlier one, and wakes the sleepers whose time has come.
    ///
    /// ```
    /// # use overcurrent::{Clock, ManualClock, Nanos};
    /// # let clock = ManualClock::new();
    /// clock.set(Nanos::from_secs(9));
    /// clock.set(Nanos::from_secs(8)); // a clock that steps back
    /// assert_eq!(clock.now().now, Nanos::from_secs(8));
    /// ```
    pub fn set(&self, now: impl Into<Nanos>) {
        let now = now.into();
        let mut shared = self.lock();
        shared.at.now = now;
        wake_due(shared);
    }

    /// Sets the random bits of every reading from now on (0: none).
    ///
    /// ```
    /// # use overcurrent::{Clock, ManualClock};
    /// # let clock = ManualClock::new();
    /// clock.set_random(7);
    /// assert_eq!(clock.now().random, 7);
    /// ```
    pub fn set_random(&self, random: u32) {
        self.lock().at.random = random;
    }

    /// When the next sleeper wants to be woken.
    ///
    /// ```
    /// # use overcurrent::ManualClock;
    /// assert_eq!(ManualClock::new().next_wake(), None);
    /// ```
    pub fn next_wake(&self) -> Option<Nanos> {
        self.lock().sleepers.first_key_value().map(|((deadline, _), _)| *deadline)
    }

    /// How many futures sleep.
    ///
    /// ```
    /// # use overcurrent::ManualClock;
    /// assert_eq!(ManualClock::new().sleepers(), 0);
    /// ```
    pub fn sleepers(&self) -> usize {
        self.lock().sleepers.len()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake_due(mut shared: MutexGuard<'_, Shared>) {
    let now = shared.at.now;
    let later = match now.get().checked_add(1) {
        Some(next) => shared.sleepers.split_off(&(Nanos::new(next), 0)),
        None => BTreeMap::new(),
    };
    let due = std::mem::replace(&mut shared.sleepers, later);
    drop(shared); // wakers are foreign code: outside the lock
    let mut wakers = Wakers::new();
    wakers.wake(due.into_values());
}

impl Clock for ManualClock {
    fn now(&self) -> At {
        self.lock().at
    }
}

impl Timer for ManualClock {
    type Sleep = ManualSleep;

    fn sleep(&self, wait: Duration) -> ManualSleep {
        let deadline = self.now().now.saturating_add(wait.into());
        ManualSleep { clock: self.clone(), deadline, place: None }
    }
}

/// The future of a [`ManualClock`].
///
/// ```
/// use overcurrent::{ManualClock, ManualSleep, Timer};
/// let clock = ManualClock::new();
/// let sleep: ManualSleep = clock.sleep(std::time::Duration::from_secs(1));
/// # drop(sleep);
/// ```
#[derive(Debug)]
#[must_use = "a future does nothing unless it is polled"]
pub struct ManualSleep {
    clock: ManualClock,
    deadline: Nanos,
    place: Option<Place>,
}

impl Future for ManualSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let this = &mut *self;
        let mut shared = this.clock.lock();
        if shared.at.now >= this.deadline {
            let old = this.place.take().and_then(|place| shared.sleepers.remove(&place));
            drop(shared);
            drop(old);
            return Poll::Ready(());
        }
        let place = if let Some(place) = this.place {
            place
        } else {
            shared.arrivals = shared.arrivals.wrapping_add(1);
            (this.deadline, shared.arrivals)
        };
        this.place = Some(place);
        let old = shared.sleepers.insert(place, waker);
        drop(shared);
        drop(old);
        Poll::Pending
    }
}

impl Drop for ManualSleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            let old = self.clock.lock().sleepers.remove(&place);
            drop(old);
        }
    }
}
