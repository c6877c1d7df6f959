//! Breakers over a time window: what differs from those over a count window.
use overcurrent::breaker::{Breaker, Bucket, LiveTimeBreaker, Permit, RingWord, StateCells, TimeBreaker, TimeHistory};
use overcurrent::{At, Nanos, Outcome, Policy};

type Time = TimeBreaker<10>;
type Over = Breaker<TimeHistory<&'static [Bucket], &'static [RingWord]>>;

entry! { "decision":
    time_breaker_enter(b: &Time, at: At) = b.enter(at);
    time_breaker_leave(b: &Time, p: Permit, outcome: Outcome, at: At) = b.leave(p, outcome, at);
    time_breaker_cancel(b: &Time, p: Permit) = b.cancel(p);
    time_breaker_settle(b: &Time, at: At) = b.settle(at);
    time_breaker_state(b: &Time, at: At) = b.state(at);
    time_breaker_record(b: &Time, outcome: Outcome, length: Nanos, at: At) = b.untracked().record(outcome, length, at);
}

entry! { "other":
    bucket_new() = Bucket::new();
    time_history_new() = TimeHistory::<[Bucket; 10], [RingWord; 4]>::new();
    state_cells_new() = StateCells::new();
    time_history_over(buckets: &'static [Bucket], trials: &'static [RingWord]) = TimeHistory::over(buckets, trials);
    time_breaker_new(policy: Policy) = TimeBreaker::<10>::new(policy);
    live_time_breaker_live(policy: Policy) = LiveTimeBreaker::<10>::live(policy);
    live_time_breaker_reconfigure(b: &LiveTimeBreaker<10>, policy: Policy, at: At) = b.reconfigure(policy, at);
    time_breaker_over_enter(b: &Over, at: At) = b.enter(at);
    time_breaker_over_leave(b: &Over, p: Permit, outcome: Outcome, at: At) = b.leave(p, outcome, at);
    time_breaker_metrics(b: &Time, at: At) = b.metrics(at);
    time_breaker_explain(b: &Time, at: At) = b.explain(at);
    time_breaker_reset(b: &Time, at: At) = b.reset(at);
    time_breaker_snapshot(b: &Time, out: &mut [u8], at: At) = b.snapshot(out, at);
    time_breaker_restore(b: &Time, bytes: &[u8], off: Nanos, at: At) = b.restore(bytes, off, at);
}
