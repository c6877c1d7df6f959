//! An async wait for a bulkhead's slot.

use crate::decision::Refusal;
use crate::gate::Gate;
use crate::host::clock::Clock;
use crate::host::slot_guard::SlotGuard;
use crate::host::slots::{Place, Slots};
use crate::host::timer::Timer;
use crate::time::Nanos;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The future of [`Slots::enter`].
///
/// ```
/// use overcurrent::{Bulkhead, Enter, Slots};
/// let slots = Slots::new(Bulkhead::new(1).unwrap());
/// let waiting: Enter<'_, _, _, _> = slots.enter();
/// drop(waiting); // never polled: it took nothing
/// ```
#[must_use = "a future does nothing unless it is polled"]
pub struct Enter<'a, G: Gate, C: Clock, T: Timer> {
    slots: &'a Slots<G, C, T>,
    stage: Stage<'a, G, C, T>,
}

enum Stage<'a, G: Gate, C: Clock, T: Timer> {
    /// Not polled yet: the longest wait.
    New(Nanos),
    Waiting {
        place: Place<'a, G, C, T>,
        refusal: Refusal,
        /// None for somebody who waits for ever.
        until: Option<Nanos>,
        sleep: Option<Pin<Box<T::Sleep>>>,
    },
    Over,
}

impl<'a, G: Gate, C: Clock, T: Timer> Enter<'a, G, C, T> {
    pub(super) const fn new(slots: &'a Slots<G, C, T>, max_wait: Nanos) -> Self {
        Self { slots, stage: Stage::New(max_wait) }
    }
}

impl<'a, G: Gate, C: Clock, T: Timer> Future for Enter<'a, G, C, T> {
    type Output = Result<SlotGuard<'a, G, C, T>, Refusal>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let slots = this.slots;
        if let Stage::New(max_wait) = this.stage {
            this.stage = Stage::Over;
            match slots.join(max_wait > Nanos::ZERO) {
                Ok(guard) => return Poll::Ready(Ok(guard)),
                Err((None, refusal)) => return Poll::Ready(Err(refusal)),
                Err((Some(place), refusal)) => {
                    let until = (max_wait < Nanos::MAX).then(|| slots.clock.now().now.saturating_add(max_wait));
                    this.stage = Stage::Waiting { place, refusal, until, sleep: None };
                }
            }
        }
        let Stage::Waiting { place, refusal, until, sleep } = &mut this.stage else { return Poll::Pending };
        let mut looked_again = false;
        let result = loop {
            if let Some(answer) = slots.locked(|line| line.turn(place.ticket, cx.waker())) {
                break answer.map(|held| slots.guard(held)).map_err(|refusal| slots.refuse(refusal));
            }
            let Some(until) = *until else { return Poll::Pending };
            let left = until.saturating_sub(slots.clock.now().now);
            if left == Nanos::ZERO {
                break Err(slots.refuse(*refusal));
            }
            let asleep = sleep.get_or_insert_with(|| Box::pin(slots.timer.sleep(left.as_duration())));
            if asleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            *sleep = None; // early or not: the clock knows
            if looked_again {
                // A timer that ends at once: the executor has others to run.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            looked_again = true;
        };
        this.stage = Stage::Over;
        Poll::Ready(result)
    }
}

impl<G: Gate, C: Clock, T: Timer> fmt::Debug for Enter<'_, G, C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enter").finish_non_exhaustive()
    }
}
