//! What listens: journals and counters.
use overcurrent::event::{Counters, Counts, Journal, Observed, Rejections};
use overcurrent::{At, Bulkhead, CountBreaker, Event, Observer, Outcome, Permit, Reason};

type Told<'a> = CountBreaker<7, overcurrent::Policy, (&'a Journal<16>, &'a Counters)>;

entry! { "decision":
    journal_record(j: &Journal<16>, event: &Event) = Journal::record(j, event);
    journal_observe(j: &Journal<16>, event: Event) = Observer::observe(&j, event);
    rejections_count(r: &Rejections, generation: u16) = Rejections::count(r, generation);
    observed_breaker_enter(b: &Told, at: At) = b.enter(at);
    observed_breaker_leave(b: &Told, p: Permit, outcome: Outcome, at: At) = b.leave(p, outcome, at);
}

entry! { "other":
    journal_new() = Journal::<16>::new();
    journal_pop(j: &Journal<16>) = Journal::pop(j);
    journal_drain(j: &Journal<16>, each: fn(Event)) = Journal::drain(j, each);
    journal_dropped(j: &Journal<16>) = Journal::dropped(j);
    journal_len(j: &Journal<16>) = Journal::len(j);
    journal_is_empty(j: &Journal<16>) = Journal::is_empty(j);
    counters_new() = Counters::new();
    counters_get(c: &Counters) = Counters::get(c);
    counts_refused(c: &Counts, reason: Reason) = Counts::refused(c, reason);
    counts_refusals(c: &Counts) = Counts::refusals(c);
    rejections_new() = Rejections::new();
    rejections_of(r: &Rejections, generation: u16) = Rejections::of(r, generation);
    observed_new(gate: Bulkhead) = Observed::new(gate, ());
    observed_gate(o: &Observed<Bulkhead, ()>) = Observed::gate(o);
}
