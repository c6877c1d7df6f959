//! Breakers over a count window.
use core::ptr::NonNull;
use overcurrent::breaker::{
    AnyHistory, CountHistory, LiveCountBreaker, LivePolicy, Permit, PolicyRef, RawPermit, RingWord, Untracked,
};
use overcurrent::{At, Breaker, CountBreaker, Nanos, Outcome, Policy, State};

type Count = CountBreaker<7>;
type Live = LiveCountBreaker<7>;
type Elsewhere<'a> = Breaker<AnyHistory<'a>, PolicyRef<'a>>;
type View<'a> = Untracked<'a, CountHistory<[RingWord; 7]>, Policy, ()>;

entry! { "decision":
    permit_entered(permit: &Permit) = Permit::entered(permit);
    permit_generation(permit: &Permit) = Permit::generation(permit);
    permit_is_trial(permit: &Permit) = Permit::is_trial(permit);
    permit_into_raw(permit: Permit) = Permit::into_raw(permit);
    permit_from_raw(raw: RawPermit) = Permit::from_raw(raw);

    breaker_enter(b: &Count, at: At) = Breaker::enter(b, at);
    breaker_leave(b: &Count, p: Permit, outcome: Outcome, at: At) = Breaker::leave(b, p, outcome, at);
    live_breaker_enter(b: &Live, at: At) = b.enter(at);
    live_breaker_leave(b: &Live, p: Permit, outcome: Outcome, at: At) = b.leave(p, outcome, at);
    elsewhere_enter(b: &Elsewhere, at: At) = b.enter(at);
    elsewhere_leave(b: &Elsewhere, p: Permit, outcome: Outcome, at: At) = b.leave(p, outcome, at);
    breaker_cancel(b: &Count, p: Permit) = Breaker::cancel(b, p);
    breaker_needs_clock(b: &Count) = Breaker::needs_clock(b);
    breaker_enter_untimed(b: &Count) = Breaker::enter_untimed(b);
    breaker_leave_untimed(b: &Count, p: Permit, outcome: Outcome) = Breaker::leave_untimed(b, p, outcome);
    breaker_settle(b: &Count, at: At) = Breaker::settle(b, at);
    breaker_state(b: &Count, at: At) = Breaker::state(b, at);
    breaker_next_deadline(b: &Count, at: At) = Breaker::next_deadline(b, at);
    breaker_untracked(b: &Count) = Breaker::untracked(b);
    untracked_record(v: View, outcome: Outcome, length: Nanos, at: At) = Untracked::record(&v, outcome, length, at);
    untracked_release(v: View, at: At) = Untracked::release(&v, at);
    breaker_leave_and_open_for(b: &Count, p: Permit, outcome: Outcome, wait: Nanos, at: At)
        = Breaker::leave_and_open_for(b, p, outcome, wait, at);
    breaker_leave_and_open_until(b: &Count, p: Permit, outcome: Outcome, time: Nanos, at: At)
        = Breaker::leave_and_open_until(b, p, outcome, time, at);
    untracked_record_and_open_for(v: View, outcome: Outcome, length: Nanos, wait: Nanos, at: At)
        = Untracked::record_and_open_for(&v, outcome, length, wait, at);
    untracked_record_and_open_until(v: View, outcome: Outcome, length: Nanos, time: Nanos, at: At)
        = Untracked::record_and_open_until(&v, outcome, length, time, at);
}

entry! { "other":
    ring_word_new() = RingWord::new();
    count_window_new() = CountHistory::<[RingWord; 7]>::new();
    count_window_over(ring: &'static [RingWord]) = CountHistory::over(ring);
    count_window_capacity(window: &CountHistory<&'static [RingWord]>) = CountHistory::capacity(window);
    count_breaker_new(policy: Policy) = CountBreaker::<7>::new(policy);
    breaker_over(policy: Policy, ring: &'static [RingWord]) = Breaker::over(policy, CountHistory::over(ring), ());
    breaker_over_enter(b: &Breaker<CountHistory<&'static [RingWord]>>, at: At) = b.enter(at);
    breaker_over_leave(b: &Breaker<CountHistory<&'static [RingWord]>>, p: Permit, outcome: Outcome, at: At)
        = b.leave(p, outcome, at);
    live_policy_new(policy: Policy) = LivePolicy::new(policy);
    live_policy_empty() = LivePolicy::empty();
    policy_ref_fixed(policy: &Policy) = PolicyRef::fixed(policy);
    policy_ref_live(policy: &Policy, live: &LivePolicy) = PolicyRef::live(policy, live);
    elsewhere_reconfigure(b: &Elsewhere, policy: Policy, at: At) = b.reconfigure(policy, at);
    elsewhere_policy(b: &Elsewhere) = b.policy();
    elsewhere_snapshot(b: &Elsewhere, out: &mut [u8], at: At) = b.snapshot(out, at);
    elsewhere_restore(b: &Elsewhere, bytes: &[u8], off: Nanos, at: At) = b.restore(bytes, off, at);
    live_policy_get(policy: &LivePolicy) = LivePolicy::get(policy);
    live_breaker_live(policy: Policy) = LiveCountBreaker::<7>::live(policy);
    live_breaker_reconfigure(b: &Live, policy: Policy, at: At) = Breaker::reconfigure(b, policy, at);
    live_breaker_policy(b: &Live) = Breaker::policy(b);
    breaker_starting(b: NonNull<Count>, state: State, at: At) = Breaker::starting(taken(b), state, at);
    breaker_with_observer(b: NonNull<Count>) = Breaker::with_observer(taken(b), ());
    breaker_observer(b: &Count) = Breaker::observer(b);
    breaker_snapshot(b: &Count, out: &mut [u8], at: At) = Breaker::snapshot(b, out, at);
    breaker_restore(b: &Count, bytes: &[u8], off: Nanos, at: At) = Breaker::restore(b, bytes, off, at);
    breaker_metrics(b: &Count, at: At) = Breaker::metrics(b, at);
    breaker_explain(b: &Count, at: At) = Breaker::explain(b, at);
    breaker_close(b: &Count, at: At) = Breaker::close(b, at);
    breaker_open(b: &Count, at: At) = Breaker::open(b, at);
    breaker_open_for(b: &Count, wait: Nanos, at: At) = Breaker::open_for(b, wait, at);
    breaker_open_until(b: &Count, time: Nanos, at: At) = Breaker::open_until(b, time, at);
    breaker_half_open(b: &Count, at: At) = Breaker::half_open(b, at);
    breaker_disable(b: &Count, at: At) = Breaker::disable(b, at);
    breaker_force_open(b: &Count, at: At) = Breaker::force_open(b, at);
    breaker_metrics_only(b: &Count, at: At) = Breaker::metrics_only(b, at);
    breaker_transition(b: &Count, state: State, at: At) = Breaker::transition(b, state, at);
    breaker_reset(b: &Count, at: At) = Breaker::reset(b, at);
}

/// The value behind a pointer: an argument of an `extern "C"` function that owns it.
fn taken<T>(at: NonNull<T>) -> T {
    // SAFETY: never called; the images are inspected, not run.
    unsafe { at.read() }
}
