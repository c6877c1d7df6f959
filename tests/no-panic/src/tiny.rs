//! The breaker in one word.
use overcurrent::breaker::{Permit, TinySnapshot, TinyUntracked};
use overcurrent::{At, Nanos, Outcome, Policy, State, TinyBreaker, TinyPolicy, TinyWord};

type Tiny = TinyBreaker;
type View<'a> = TinyUntracked<'a, (), TinyWord, TinyPolicy>;

entry! { "decision":
    tiny_enter(b: &Tiny, at: At) = TinyBreaker::enter(b, at);
    tiny_leave(b: &Tiny, p: Permit, outcome: Outcome, at: At) = TinyBreaker::leave(b, p, outcome, at);
    tiny_cancel(b: &Tiny, p: Permit) = TinyBreaker::cancel(b, p);
    tiny_needs_clock(b: &Tiny) = TinyBreaker::needs_clock(b);
    tiny_enter_untimed(b: &Tiny) = TinyBreaker::enter_untimed(b);
    tiny_leave_untimed(b: &Tiny, p: Permit, outcome: Outcome) = TinyBreaker::leave_untimed(b, p, outcome);
    tiny_settle(b: &Tiny, at: At) = TinyBreaker::settle(b, at);
    tiny_state(b: &Tiny, at: At) = TinyBreaker::state(b, at);
    tiny_next_deadline(b: &Tiny, at: At) = TinyBreaker::next_deadline(b, at);
    tiny_untracked(b: &Tiny) = TinyBreaker::untracked(b);
    tiny_untracked_record(v: View, outcome: Outcome, length: Nanos, at: At) = TinyUntracked::record(&v, outcome, length, at);
    tiny_untracked_release(v: View, at: At) = TinyUntracked::release(&v, at);
    tiny_leave_and_open_for(b: &Tiny, p: Permit, outcome: Outcome, wait: Nanos, at: At)
        = TinyBreaker::leave_and_open_for(b, p, outcome, wait, at);
    tiny_leave_and_open_until(b: &Tiny, p: Permit, outcome: Outcome, time: Nanos, at: At)
        = TinyBreaker::leave_and_open_until(b, p, outcome, time, at);
    tiny_untracked_record_and_open_for(v: View, outcome: Outcome, length: Nanos, wait: Nanos, at: At)
        = TinyUntracked::record_and_open_for(&v, outcome, length, wait, at);
    tiny_untracked_record_and_open_until(v: View, outcome: Outcome, length: Nanos, time: Nanos, at: At)
        = TinyUntracked::record_and_open_until(&v, outcome, length, time, at);
    tiny_word_with_enter(word: &TinyWord, policy: &TinyPolicy, at: At) = TinyWord::with(word, policy).enter(at);
}

entry! { "other":
    tiny_word_new() = TinyWord::new();
    tiny_policy_new(policy: Policy) = TinyPolicy::new(policy);
    tiny_policy_policy(policy: &TinyPolicy) = TinyPolicy::policy(policy);
    tiny_new(policy: Policy) = TinyBreaker::new(policy);
    tiny_with_policy(policy: TinyPolicy) = TinyBreaker::with_policy(policy);
    tiny_starting(b: Tiny, state: State, at: At) = TinyBreaker::starting(b, state, at);
    tiny_with_observer(b: Tiny) = TinyBreaker::with_observer(b, ());
    tiny_observer(b: &Tiny) = TinyBreaker::observer(b);
    tiny_metrics(b: &Tiny, at: At) = TinyBreaker::metrics(b, at);
    tiny_explain(b: &Tiny, at: At) = TinyBreaker::explain(b, at);
    tiny_close(b: &Tiny, at: At) = TinyBreaker::close(b, at);
    tiny_open(b: &Tiny, at: At) = TinyBreaker::open(b, at);
    tiny_open_for(b: &Tiny, wait: Nanos, at: At) = TinyBreaker::open_for(b, wait, at);
    tiny_open_until(b: &Tiny, time: Nanos, at: At) = TinyBreaker::open_until(b, time, at);
    tiny_half_open(b: &Tiny, at: At) = TinyBreaker::half_open(b, at);
    tiny_disable(b: &Tiny, at: At) = TinyBreaker::disable(b, at);
    tiny_force_open(b: &Tiny, at: At) = TinyBreaker::force_open(b, at);
    tiny_metrics_only(b: &Tiny, at: At) = TinyBreaker::metrics_only(b, at);
    tiny_transition(b: &Tiny, state: State, at: At) = TinyBreaker::transition(b, state, at);
    tiny_reset(b: &Tiny, at: At) = TinyBreaker::reset(b, at);
    tiny_snapshot(b: &Tiny, at: At) = TinyBreaker::snapshot(b, at);
    tiny_restore(b: &Tiny, s: &TinySnapshot, at: At) = TinyBreaker::restore(b, s, at);
    tiny_snapshot_state(s: &TinySnapshot) = TinySnapshot::state(s);
    tiny_snapshot_aged(s: TinySnapshot, off: Nanos) = TinySnapshot::aged(s, off);
    tiny_snapshot_to_bytes(s: &TinySnapshot) = TinySnapshot::to_bytes(s);
    tiny_snapshot_from_bytes(bytes: &[u8]) = TinySnapshot::from_bytes(bytes);
}
