//! The one idea: a gate is asked before a call and told after it.

mod array;
mod forward;
mod tuple;

use crate::decision::{Outcome, Refusal};
use crate::error::NeedsTime;
use crate::time::{At, Nanos};

/// Something that decides whether a call may go ahead, and learns how it went.
///
/// Every machine of this crate is one, and so is a tuple, an array or a reference of gates: all or nothing, one time
/// value per call. A gate never reads a clock, sleeps, allocates, locks or calls back. All methods take `&self` and may
/// be called from any thread and, where the words are native atomics or critical sections, from interrupt handlers.
///
/// ```
/// use overcurrent::{Bulkhead, Gate, Nanos, Outcome};
/// let outer = Bulkhead::new(2).unwrap();
/// let inner = Bulkhead::new(1).unwrap();
/// let both = (&outer, &inner);
///
/// let now = Nanos::ZERO.into();
/// let permit = both.enter(1, now).unwrap();
/// assert!(both.enter(1, now).is_err());
/// assert_eq!(outer.in_flight(), 1); // the refusal of the inner gate took nothing from the outer one
/// both.leave(permit, Outcome::Success, now);
/// assert_eq!(outer.in_flight(), 0);
/// ```
///
/// # Several gates as one
/// A pipeline first asks every gate without taking, then charges them in order. If one refuses after all, because
/// somebody else came in between, what the earlier ones gave is cancelled in reverse order. A rate limiter can take
/// permits back only while nobody has asked it since; otherwise they are forfeited: the pipeline may admit less, never
/// more. The refusal tells the longest wait of all the gates that refused, and none if for one of them time alone will
/// not help, with that gate's reason.
///
/// No method of a gate may panic; none of this crate's does. The crate cannot catch one: if a gate of your own panics in
/// `leave` or `cancel` inside a tuple or an array, the gates before it are not told, and what they gave stays taken (a
/// bulkhead's slot for good, a breaker's trial until its lease ends).
pub trait Gate {
    /// What an admitted call carries until it ends. Consumed by [`leave`](Gate::leave) or [`cancel`](Gate::cancel).
    type Permit;

    /// Asks without taking: would [`enter`](Gate::enter) admit this call now? Writes nothing but what time alone has
    /// made due.
    ///
    /// # Errors
    /// The refusal that `enter` would give.
    fn judge(&self, cost: u32, at: At) -> Result<(), Refusal>;

    /// Asks for one call of weight `cost` (limiters charge it; others count calls).
    ///
    /// # Errors
    /// A refusal, with the wait after which to ask again.
    fn enter(&self, cost: u32, at: At) -> Result<Self::Permit, Refusal>;

    /// Reports how an admitted call ended.
    fn leave(&self, permit: Self::Permit, outcome: Outcome, at: At);

    /// [`leave`](Gate::leave), for an answer that says to stay away until a time: a server's Retry-After. A breaker that
    /// is then closed opens until then, one that this result has opened stays open at least until then, a
    /// [`Gcra`](crate::Gcra) limiter holds everything back until then; a gate that cannot hold takes the outcome alone, as
    /// this default does.
    ///
    /// ```
    /// use overcurrent::{BreakerConfig, CountBreaker, Gate, Gcra, Nanos, Outcome, Rate, Window};
    /// let breaker = CountBreaker::<1>::new(BreakerConfig::new(Window::calls(10)).build()?)?;
    /// let api = (Gcra::new(Rate::new(5, Nanos::SECOND).build()?), breaker);
    ///
    /// let now = Nanos::from_secs(1).into();
    /// let permit = api.enter(1, now)?;
    /// api.leave_and_hold(permit, Outcome::Failure, Nanos::from_secs(9), now); // "come back in 8 s"
    /// assert!(api.judge(1, Nanos::from_millis(8_999).into()).is_err());
    /// assert!(api.judge(1, Nanos::from_millis(9_001).into()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn leave_and_hold(&self, permit: Self::Permit, outcome: Outcome, until: Nanos, at: At) {
        let _ = until;
        self.leave(permit, outcome, at);
    }

    /// Takes an admission back as if the call had never been asked for. Whatever cannot be given back exactly is
    /// forfeited: a gate may end up stricter, never more generous.
    fn cancel(&self, permit: Self::Permit);

    /// Told when a pipeline refuses a call on the word of this gate's [`judge`](Gate::judge), so that a gate that reports
    /// its refusals reports this one too. Changes no decision.
    fn refused(&self, cost: u32, refusal: Refusal, at: At) {
        let _ = (cost, refusal, at);
    }

    /// Whether the next `enter` needs the time. Where it does not, hosts skip reading the clock, which costs more than
    /// the decision.
    fn needs_clock(&self) -> bool {
        true
    }

    /// [`enter`](Gate::enter) without the time, for a gate whose [`needs_clock`](Gate::needs_clock) said no.
    ///
    /// # Errors
    /// [`NeedsTime`] when the answer is not a plain yes: it depends on the time after all, or it is a refusal, which
    /// [`enter`](Gate::enter) then explains. Nothing was taken.
    fn enter_untimed(&self, cost: u32) -> Result<Self::Permit, NeedsTime> {
        let _ = cost;
        Err(NeedsTime)
    }

    /// [`leave`](Gate::leave) without the time, for a permit that came from [`enter_untimed`](Gate::enter_untimed).
    ///
    /// # Errors
    /// [`NeedsTime`] when the outcome was recorded and made a transition due: read the clock and call
    /// [`settle`](Gate::settle).
    fn leave_untimed(&self, permit: Self::Permit, outcome: Outcome) -> Result<(), NeedsTime> {
        let _ = outcome;
        self.cancel(permit);
        Ok(())
    }

    /// Carries out whatever has become due by `at`. Every other operation does this by itself; call it after a
    /// [`leave_untimed`](Gate::leave_untimed) that asked for the time, or from a timer that wants transitions on time.
    fn settle(&self, at: At) {
        let _ = at;
    }

    /// When something would change by time alone, if nothing is called before.
    fn next_deadline(&self, at: At) -> Option<Nanos> {
        let _ = at;
        None
    }
}

/// The refusal of a pipeline of which two gates refuse: the one to wait longest for, the earlier gate's if equal.
const fn longest(earlier: Option<Refusal>, later: Refusal) -> Refusal {
    match earlier {
        None => later,
        Some(earlier) => match (earlier.retry_after, later.retry_after) {
            (None, _) => earlier,
            (_, None) => later,
            (Some(a), Some(b)) => {
                if a.get() >= b.get() {
                    earlier
                } else {
                    later
                }
            }
        },
    }
}
