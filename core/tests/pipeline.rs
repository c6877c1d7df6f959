//! Tuples and arrays of gates: all or nothing, in order, told in reverse.
#![cfg(feature = "wide")]
use overcurrent::{At, Bulkhead, Gate, Nanos, NeedsTime, Outcome, Reason, Refusal};
use proptest::prelude::*;
use std::cell::{Cell, RefCell};

/// What the scripted gates were told, in order.
type Log = RefCell<Vec<(&'static str, usize)>>;

/// A gate that does as it is told and writes down what it is asked.
struct Scripted<'a> {
    id: usize,
    judge: Option<Refusal>,
    /// Refuses at `enter` although `judge` said yes: somebody else came in between.
    race: bool,
    clock: bool,
    due: bool,
    deadline: Option<Nanos>,
    held: Cell<i32>,
    log: &'a Log,
}

impl<'a> Scripted<'a> {
    fn new(id: usize, log: &'a Log) -> Self {
        Self { id, judge: None, race: false, clock: false, due: false, deadline: None, held: Cell::new(0), log }
    }
    fn say(&self, what: &'static str) {
        self.log.borrow_mut().push((what, self.id));
    }
}

const RACED: Refusal = Refusal { reason: Reason::RateLimited, retry_after: None };

impl Gate for Scripted<'_> {
    type Permit = usize;
    fn judge(&self, _: u32, _: At) -> Result<(), Refusal> {
        self.judge.map_or(Ok(()), Err)
    }
    fn enter(&self, _: u32, _: At) -> Result<usize, Refusal> {
        if self.race {
            return Err(RACED);
        }
        self.held.set(self.held.get() + 1);
        self.say("enter");
        Ok(self.id)
    }
    fn leave(&self, permit: usize, _: Outcome, _: At) {
        assert_eq!(permit, self.id);
        self.held.set(self.held.get() - 1);
        self.say("leave");
    }
    fn cancel(&self, permit: usize) {
        assert_eq!(permit, self.id);
        self.held.set(self.held.get() - 1);
        self.say("cancel");
    }
    fn refused(&self, _: u32, _: Refusal, _: At) {
        self.say("refused");
    }
    fn needs_clock(&self) -> bool {
        self.clock
    }
    fn enter_untimed(&self, cost: u32) -> Result<usize, NeedsTime> {
        if self.clock { Err(NeedsTime) } else { self.enter(cost, At::default()).map_err(|_| NeedsTime) }
    }
    fn leave_untimed(&self, permit: usize, outcome: Outcome) -> Result<(), NeedsTime> {
        self.leave(permit, outcome, At::default());
        if self.due { Err(NeedsTime) } else { Ok(()) }
    }
    fn settle(&self, _: At) {
        self.say("settle");
    }
    fn next_deadline(&self, _: At) -> Option<Nanos> {
        self.deadline
    }
}

const AT: At = At { now: Nanos::SECOND, random: 0 };

#[test]
fn charged_in_order_and_told_in_reverse() {
    let log = Log::default();
    let gates = (Scripted::new(0, &log), Scripted::new(1, &log), Scripted::new(2, &log));
    let permit = gates.enter(1, AT).unwrap();
    gates.leave(permit, Outcome::Success, AT);
    let permit = gates.enter_untimed(1).unwrap();
    gates.cancel(permit);
    let (e, l, c) = ("enter", "leave", "cancel");
    let told = [(e, 0), (e, 1), (e, 2), (l, 2), (l, 1), (l, 0), (e, 0), (e, 1), (e, 2), (c, 2), (c, 1), (c, 0)];
    assert_eq!(*log.borrow(), told);

    log.borrow_mut().clear();
    let gates = [Scripted::new(0, &log), Scripted::new(1, &log), Scripted::new(2, &log)];
    let permit = gates.enter(1, AT).unwrap();
    gates.leave(permit, Outcome::Success, AT);
    let permit = gates.enter_untimed(1).unwrap();
    gates.cancel(permit);
    assert_eq!(*log.borrow(), told);
}

#[test]
fn a_judged_refusal_charges_nobody_and_is_told_to_the_gate_that_refused() {
    let log = Log::default();
    let mut gates = (Scripted::new(0, &log), Scripted::new(1, &log), Scripted::new(2, &log));
    gates.2.judge = Some(Refusal::new(Reason::BulkheadFull, None));
    assert_eq!(gates.enter(1, AT).unwrap_err(), gates.2.judge.unwrap());
    assert_eq!(*log.borrow(), [("refused", 2)]);
    // The same inside another pipeline, and nothing is told by looking.
    log.borrow_mut().clear();
    assert!(gates.judge(1, AT).is_err());
    assert!(log.borrow().is_empty());
    assert!((gates, Scripted::new(3, &log)).enter(1, AT).is_err());
    assert_eq!(*log.borrow(), [("refused", 2)]);
}

#[test]
fn the_refusal_is_the_one_to_wait_longest_for() {
    let log = Log::default();
    let with = |id, refusal| Scripted { judge: refusal, ..Scripted::new(id, &log) };
    let wait = |reason, s| Some(Refusal::new(reason, Some(Nanos::from_secs(s))));
    let never = Some(Refusal::new(Reason::BulkheadFull, None));
    let (limited, open) = (wait(Reason::RateLimited, 1), wait(Reason::BreakerOpen, 30));
    let ask = |list: [Option<Refusal>; 3]| {
        let [a, b, c] = list;
        let tuple = (with(0, a), with(1, b), with(2, c)).enter(1, AT).unwrap_err();
        let array = [with(0, a), with(1, b), with(2, c)].enter(1, AT).unwrap_err();
        assert_eq!(tuple, array);
        Some(tuple)
    };
    assert_eq!(ask([limited, open, None]), open);
    assert_eq!(ask([open, None, limited]), open);
    assert_eq!(ask([never, open, limited]), never);
    assert_eq!(ask([limited, open, never]), never);
    assert_eq!(ask([wait(Reason::RateLimited, 30), open, None]), wait(Reason::RateLimited, 30));
}

#[test]
fn untimed_leave_reaches_every_gate_and_asks_for_the_time_if_one_does() {
    for due in 0..4 {
        let log = Log::default();
        let gate = |id| Scripted { due: id == due, ..Scripted::new(id, &log) };
        let gates = (gate(0), gate(1), gate(2));
        let permit = gates.enter_untimed(1).unwrap();
        assert_eq!(gates.leave_untimed(permit, Outcome::Failure).is_err(), due < 3);
        assert_eq!(gates.0.held.get() + gates.1.held.get() + gates.2.held.get(), 0);
        let gates = [gate(0), gate(1), gate(2)];
        let permit = gates.enter_untimed(1).unwrap();
        assert_eq!(gates.leave_untimed(permit, Outcome::Failure).is_err(), due < 3);
        assert_eq!(gates.iter().map(|gate| gate.held.get()).sum::<i32>(), 0);
    }
}

#[test]
fn clocks_and_deadlines_of_the_whole() {
    let log = Log::default();
    let mut gates = (Scripted::new(0, &log), Scripted::new(1, &log));
    assert!(!gates.needs_clock());
    assert_eq!(gates.next_deadline(AT), None);
    gates.1.clock = true;
    gates.0.deadline = Some(Nanos::from_secs(9));
    gates.1.deadline = Some(Nanos::from_secs(4));
    assert!(gates.needs_clock());
    assert_eq!(gates.next_deadline(AT), gates.1.deadline);
    assert_eq!(gates.enter_untimed(1), Err(NeedsTime));
    assert_eq!(gates.0.held.get(), 0);
    log.borrow_mut().clear();
    gates.settle(AT);
    assert_eq!(*log.borrow(), [("settle", 0), ("settle", 1)]);
    let gates = [gates.0, gates.1];
    assert!(gates.needs_clock());
    assert_eq!(gates.next_deadline(AT), Some(Nanos::from_secs(4)));
}

#[test]
fn the_same_gate_twice_takes_both_slots_or_none() {
    let bulkhead = Bulkhead::new(3).unwrap();
    let twice = (&bulkhead, &bulkhead);
    let permit = twice.enter(1, AT).unwrap();
    assert_eq!(twice.enter(1, AT).unwrap_err().reason, Reason::BulkheadFull);
    assert_eq!(bulkhead.in_flight(), 2);
    twice.leave(permit, Outcome::Success, AT);
    assert_eq!(bulkhead.in_flight(), 0);
}

proptest! {
    /// Eight gates, any of which may refuse in a race: nothing stays held, and those that were charged are cancelled
    /// with the newest first.
    #[test]
    fn all_or_nothing(races in proptest::array::uniform8(proptest::bool::weighted(0.15)), untimed: bool) {
        let log = Log::default();
        let g = |id: usize| Scripted { race: races[id], ..Scripted::new(id, &log) };
        let first = races.iter().position(|race| *race);
        let tuple = (g(0), g(1), g(2), g(3), g(4), g(5), g(6), g(7));
        let array = [g(0), g(1), g(2), g(3), g(4), g(5), g(6), g(7)];
        let entered = if untimed { tuple.enter_untimed(1).is_ok() } else { tuple.enter(1, AT).is_ok() };
        prop_assert_eq!(entered, first.is_none());
        let of_tuple = log.take();
        let entered = if untimed { array.enter_untimed(1).is_ok() } else { array.enter(1, AT).is_ok() };
        prop_assert_eq!(entered, first.is_none());
        let charged = first.unwrap_or(8);
        let mut told: Vec<_> = (0..charged).map(|id| ("enter", id)).collect();
        if first.is_some() {
            told.extend((0..charged).rev().map(|id| ("cancel", id)));
        }
        prop_assert_eq!(&of_tuple, &told);
        prop_assert_eq!(&log.take(), &told);
    }
}
