//! The order of those who wait for permits.
//!
//! A limiter's word can take back its newest promise only. So at most one waiter, the head, holds a promise that is not
//! due yet, and the others wait here, where leaving costs nothing. Promises that are due but not yet picked up stay in
//! order before the head: when one of them is dropped, the newer ones are taken back newest first, then it, and the
//! newer ones are made again.

use crate::decision::{Reason, Refusal};
use crate::host::reserve::Reserve;
use crate::host::wakers::Wakers;
use crate::time::Nanos;
use std::collections::BTreeMap;
use std::task::Waker;

/// Order of arrival.
pub(crate) type Ticket = u64;

pub(crate) struct Queue<R> {
    arrivals: Ticket,
    /// With a promise, or refused while they waited. All arrived before all of `waiting`.
    promised: BTreeMap<Ticket, Promised<R>>,
    waiting: BTreeMap<Ticket, Waiting>,
    /// The sum of permits that `waiting` asks for.
    asked: u64,
    pub(crate) wakers: Wakers,
}

struct Waiting {
    n: u32,
    /// The latest instant that will do.
    until: Nanos,
    waker: Option<Waker>,
}

struct Promised<R> {
    waiting: Waiting,
    promise: Promise<R>,
}

enum Promise<R> {
    /// `None` once it cannot be taken back any more.
    At(Nanos, Option<R>),
    Broken(Refusal),
}

/// What a newcomer is told.
pub(crate) enum Joined {
    /// The permits are there and taken.
    Granted,
    Queued(Ticket),
}

/// What somebody in the queue is told.
pub(crate) enum Turn {
    Granted,
    Refused(Refusal),
    /// The permits are promised for this instant.
    At(Nanos),
    /// Wait to be woken, and look again at this instant, the latest that will do.
    Queued(Nanos),
}

impl<R> Queue<R> {
    pub(crate) const fn new() -> Self {
        Self { arrivals: 0, promised: BTreeMap::new(), waiting: BTreeMap::new(), asked: 0, wakers: Wakers::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.promised.len().saturating_add(self.waiting.len())
    }

    /// Whether a promise is out that is not due yet.
    fn has_head(&self, now: Nanos) -> bool {
        let newest = self.promised.values().rev().find_map(|held| match held.promise {
            Promise::At(at, _) => Some(at),
            Promise::Broken(_) => None,
        });
        newest.is_some_and(|at| at > now)
    }

    pub(crate) fn join<L>(&mut self, limiter: &L, n: u32, max_wait: Nanos, now: Nanos) -> Result<Joined, Refusal>
    where
        L: Reserve<Reservation = R> + ?Sized,
    {
        self.promise(limiter, now);
        let waiting = Waiting { n, until: now.saturating_add(max_wait), waker: None };
        if !self.has_head(now) {
            // Nobody is left waiting either: `promise` stops at a head only.
            let reservation = limiter.reserve(n, max_wait, now)?;
            let at = limiter.ready_at(&reservation);
            if at <= now {
                return Ok(Joined::Granted);
            }
            let ticket = self.ticket();
            self.promised.insert(ticket, Promised { waiting, promise: Promise::At(at, Some(reservation)) });
            return Ok(Joined::Queued(ticket));
        }
        let wait = limiter.wait_behind(self.asked, n, now)?;
        if wait > max_wait {
            return Err(Refusal::new(Reason::RateLimited, Some(wait.saturating_sub(max_wait))));
        }
        let ticket = self.ticket();
        self.waiting.insert(ticket, waiting);
        self.asked = self.asked.saturating_add(u64::from(n));
        Ok(Joined::Queued(ticket))
    }

    fn ticket(&mut self) -> Ticket {
        self.arrivals = self.arrivals.wrapping_add(1); // 584 years at one a nanosecond
        self.arrivals
    }

    /// Hands out what is there now, in order of arrival, and then one promise for later.
    fn promise<L>(&mut self, limiter: &L, now: Nanos)
    where
        L: Reserve<Reservation = R> + ?Sized,
    {
        while !self.waiting.is_empty() && !self.has_head(now) {
            let Some((ticket, waiting)) = self.waiting.pop_first() else {
                return;
            };
            self.asked = self.asked.saturating_sub(u64::from(waiting.n));
            let held = self.ask(limiter, waiting, now);
            self.promised.insert(ticket, held);
        }
    }

    /// Asks the limiter on behalf of somebody in the queue, and wakes them to look at the answer.
    fn ask<L>(&mut self, limiter: &L, mut waiting: Waiting, now: Nanos) -> Promised<R>
    where
        L: Reserve<Reservation = R> + ?Sized,
    {
        let promise = match limiter.reserve(waiting.n, waiting.until.saturating_sub(now), now) {
            Ok(reservation) => Promise::At(limiter.ready_at(&reservation), Some(reservation)),
            Err(refusal) => Promise::Broken(refusal),
        };
        self.wakers.wake(waiting.waker.take());
        Promised { waiting, promise }
    }

    pub(crate) fn turn<L>(&mut self, limiter: &L, ticket: Ticket, now: Nanos, waker: &Waker) -> Turn
    where
        L: Reserve<Reservation = R> + ?Sized,
    {
        self.promise(limiter, now);
        let Some(held) = self.promised.get_mut(&ticket) else { return self.wait(limiter, ticket, now, waker) };
        let turn = match held.promise {
            Promise::At(at, _) if at > now => {
                self.wakers.remember(&mut held.waiting.waker, waker);
                return Turn::At(at);
            }
            Promise::At(..) => Turn::Granted,
            Promise::Broken(refusal) => Turn::Refused(refusal),
        };
        self.promised.remove(&ticket);
        turn
    }

    /// The turn of somebody without a promise.
    fn wait<L>(&mut self, limiter: &L, ticket: Ticket, now: Nanos, waker: &Waker) -> Turn
    where
        L: Reserve<Reservation = R> + ?Sized,
    {
        let Some(waiting) = self.waiting.get_mut(&ticket) else { return Turn::Queued(Nanos::MAX) };
        let (n, until) = (waiting.n, waiting.until);
        if now < until || until == Nanos::MAX {
            self.wakers.remember(&mut waiting.waker, waker);
            return Turn::Queued(until);
        }
        // Permits went out of turn: those before are not served yet, though they should be.
        let ahead = self.waiting.range(..ticket).fold(0_u64, |sum, (_, before)| sum.saturating_add(before.n.into()));
        self.leave(limiter, ticket, now);
        Turn::Refused(match limiter.wait_behind(ahead, n, now) {
            Ok(wait) => Refusal::new(Reason::RateLimited, Some(wait)),
            Err(refusal) => refusal,
        })
    }

    /// Takes somebody out who has not been granted anything yet, with all that was promised to them.
    pub(crate) fn leave<L>(&mut self, limiter: &L, ticket: Ticket, now: Nanos)
    where
        L: Reserve<Reservation = R> + ?Sized,
    {
        if let Some(waiting) = self.waiting.remove(&ticket) {
            self.asked = self.asked.saturating_sub(u64::from(waiting.n));
            self.wakers.discard(waiting.waker);
            return self.promise(limiter, now);
        }
        let Some(gone) = self.promised.remove(&ticket) else {
            return;
        };
        self.wakers.discard(gone.waiting.waker);
        let Promise::At(_, Some(own)) = gone.promise else {
            return self.promise(limiter, now);
        };

        let mut again = Vec::new();
        let mut newest_taken_back = true;
        for (newer, mut held) in self.promised.split_off(&ticket).into_iter().rev() {
            if newest_taken_back {
                // Gone whatever the answer: a promise under somebody else's newer one stays where it is.
                newest_taken_back = match &mut held.promise {
                    Promise::At(_, reservation) => reservation.take().is_some_and(|own| limiter.cancel(own)),
                    Promise::Broken(_) => true,
                };
                if newest_taken_back && matches!(held.promise, Promise::At(..)) {
                    again.push((newer, held.waiting));
                    continue;
                }
            }
            self.promised.insert(newer, held);
        }
        if newest_taken_back {
            limiter.cancel(own);
        }
        for (newer, waiting) in again.into_iter().rev() {
            let held = self.ask(limiter, waiting, now);
            self.promised.insert(newer, held);
        }
        self.promise(limiter, now);
    }
}
