//! The tiny breaker over a restart: goes on as the one that was saved.
#![cfg(feature = "wide")]
mod snapshot_frame;
use overcurrent::breaker::TinySnapshot;
use overcurrent::{
    BreakerConfig, HalfOpenEnd, Nanos, OpenFor, Outcome, Permit, Policy, State, TinyBreaker, TrialTimeout, Window,
};
use proptest::prelude::*;

const UNIT: u64 = 1 << 16;
const STATES: [State; 6] =
    [State::Closed, State::Open, State::HalfOpen, State::Disabled, State::ForcedOpen, State::MetricsOnly];

#[derive(Clone, Debug)]
enum Op {
    Pass(u64),
    Enter,
    Leave(usize, Outcome),
    Cancel(usize),
    To(usize),
    OpenFor(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let outcome = prop_oneof![3 => Just(Outcome::Success), 3 => Just(Outcome::Failure), 1 => Just(Outcome::Ignored)];
    prop_oneof![
        5 => prop_oneof![0u64..200_000, 0u64..3_000_000_000].prop_map(Op::Pass),
        12 => Just(Op::Enter),
        12 => (any::<usize>(), outcome).prop_map(|(which, outcome)| Op::Leave(which, outcome)),
        1 => any::<usize>().prop_map(Op::Cancel),
        1 => (0..STATES.len()).prop_map(Op::To),
        1 => (0u64..4_000_000_000).prop_map(Op::OpenFor),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    let timeout = prop_oneof![
        Just(TrialTimeout::Never),
        (1u64..2_000_000_000).prop_map(|n| TrialTimeout::Lease(Nanos::new(n))),
        (1u64..2_000_000_000).prop_map(|n| TrialTimeout::Stay { stay: Nanos::new(n), then: HalfOpenEnd::Open }),
    ];
    (1u32..=24, 1u16..=15, 1u32..=100_000, 0u32..=24, 1u64..5_000_000_000, any::<bool>(), any::<bool>(), timeout)
        .prop_flat_map(|(window, trial_min, rate, row, wait, auto, slow, timeout)| {
            (1..=window, trial_min..=31).prop_map(move |(min_calls, trials)| {
                let config = BreakerConfig::new(Window::calls(window))
                    .min_calls(min_calls)
                    .failure_rate(rate)
                    .consecutive_failures(row % (window + 1))
                    .open_for(OpenFor::fixed(Nanos::new(wait)))
                    .trial_calls(trials)
                    .trial_min(trial_min)
                    .auto_half_open(auto)
                    .trial_timeout(timeout);
                let config = if slow { config.slow_call(Nanos::new(100_000), 60_000) } else { config };
                config.build().unwrap()
            })
        })
}

/// One breaker with the permits it has out, on a clock of its own.
struct Run {
    b: TinyBreaker,
    now: u64,
    out: Vec<Permit>,
}

impl Run {
    fn new(policy: Policy, now: u64) -> Self {
        Self { b: TinyBreaker::new(policy).unwrap(), now, out: Vec::new() }
    }

    /// Everything that can be seen afterwards, deadlines as remaining times.
    fn step(&mut self, op: &Op) -> String {
        let at = || Nanos::new(self.now);
        let mut answer = String::new();
        match op {
            Op::Pass(d) => self.now += d,
            Op::Enter => match self.b.enter(at()) {
                Ok(permit) => self.out.push(permit),
                Err(refusal) => answer = format!("{refusal:?}"),
            },
            Op::Leave(which, outcome) if !self.out.is_empty() => {
                let permit = self.out.swap_remove(which % self.out.len());
                self.b.leave(permit, *outcome, at());
            }
            Op::Cancel(which) if !self.out.is_empty() => {
                self.b.cancel(self.out.swap_remove(which % self.out.len()));
            }
            Op::Leave(..) | Op::Cancel(_) => {}
            Op::To(which) => answer = format!("{:?}", self.b.transition(STATES[*which], at())),
            Op::OpenFor(d) => answer = format!("{:?}", self.b.open_for(Nanos::new(*d), at())),
        }
        let now = Nanos::new(self.now);
        let seen = self.b.explain(now);
        let mut metrics = self.b.metrics(now);
        metrics.generation = 0;
        let left = self.b.next_deadline(now).map(|end| end - now);
        format!("{answer} {metrics:?} {left:?} {:?} {:?} {}", seen.refusal, seen.rule_met, seen.trials_left)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn goes_on_as_the_one_that_was_saved(
        policy in policy(),
        (start, other) in (UNIT..u64::MAX / 4, 1u64..1 << 40),
        before in proptest::collection::vec(op(), 0..120),
        elsewhere in proptest::collection::vec(op(), 0..20),
        after in proptest::collection::vec(op(), 1..120),
    ) {
        let mut saved = Run::new(policy, start);
        for op in &before {
            saved.step(op);
        }
        let bytes = saved.b.snapshot(Nanos::new(saved.now)).to_bytes();
        // Deadlines are kept in units: with the clocks apart by a number of units, nothing is rounded differently.
        let mut restored = Run::new(policy, other * UNIT + saved.now % UNIT);
        for op in &elsewhere {
            restored.step(op);
        }
        restored.now = other * UNIT + saved.now % UNIT;
        let stale = std::mem::take(&mut restored.out);
        restored.b.restore(&TinySnapshot::from_bytes(&bytes).unwrap(), Nanos::new(restored.now));
        // The calls that were on their way are lost: as if they had been taken back.
        for permit in saved.out.drain(..) {
            saved.b.cancel(permit);
        }
        let mut seen = saved.step(&Op::Pass(0));
        prop_assert_eq!(&seen, &restored.step(&Op::Pass(0)));
        for permit in stale {
            restored.b.leave(permit, Outcome::Failure, Nanos::new(restored.now));
        }
        prop_assert_eq!(&seen, &restored.step(&Op::Pass(0)), "a permit from before the restore counts");
        for op in &after {
            seen = saved.step(op);
            prop_assert_eq!(&seen, &restored.step(op), "after {:?}", op);
        }
    }

    /// By any clock, and however long it was off: not earlier than the saved one, at most a unit later.
    #[test]
    fn never_early(
        wait in 0u64..5_000_000_000, (opened, other) in (0u64..1 << 60, 0u64..1 << 60),
        (passed, off) in (0u64..6_000_000_000, 0u64..6_000_000_000), (known, edge) in (any::<bool>(), prop_oneof![Just(None), (0u64..4).prop_map(Some)]),
    ) {
        let policy = BreakerConfig::new(Window::calls(4)).build().unwrap();
        let saved = TinyBreaker::new(policy).unwrap();
        saved.open_for(Nanos::new(wait), Nanos::new(opened)).unwrap();
        let snapshot = saved.snapshot(Nanos::new(opened + passed));
        let snapshot = if known { snapshot.aged(Nanos::new(off)) } else { snapshot };
        let end = saved.next_deadline(Nanos::new(opened)).unwrap().get() - opened;
        // To the last instant that is refused, and one more.
        let left = (end + 1).saturating_sub(passed).saturating_sub(if known { off } else { 0 });
        // Around the edge of a unit, where rounding up hides nothing.
        let other = edge.map_or(other, |edge| (other / UNIT + 1) * UNIT + edge - left % UNIT);
        let ours = TinyBreaker::new(policy).unwrap();
        ours.restore(&TinySnapshot::from_bytes(&snapshot.to_bytes()).unwrap(), Nanos::new(other));
        if left > 0 {
            prop_assert!(ours.enter(Nanos::new(other + left - 1)).is_err());
        }
        prop_assert!(ours.enter(Nanos::new(other + left + UNIT)).is_ok());
    }

    /// A frame in order, but contents of any kind: refused, or taken for a state that works.
    #[test]
    fn no_contents_break_it(policy in policy(), word in any::<u64>(), kind in 0u64..8, wait in any::<u64>(), ops in proptest::collection::vec(op(), 1..80)) {
        for word in [word, word & !(7 << 61) | kind << 61, (word & 0xff_ffff) | (word >> 50) << 48] {
            let bytes = snapshot_frame::frame(5, &[word.to_le_bytes(), wait.to_le_bytes()].concat());
            let Ok(snapshot) = TinySnapshot::from_bytes(&bytes) else { continue };
            let mut run = Run::new(policy, 0);
            run.b.restore(&snapshot, Nanos::ZERO);
            for op in &ops {
                run.step(op);
                let metrics = run.b.metrics(Nanos::new(run.now));
                prop_assert!(metrics.failed <= metrics.calls && metrics.slow <= metrics.calls);
            }
            run.b.reset(Nanos::new(run.now));
            prop_assert_eq!(run.b.state(Nanos::new(run.now)), State::Closed);
        }
    }
}

#[test]
fn what_never_ends_never_ends() {
    let policy = BreakerConfig::new(Window::calls(4)).build().unwrap();
    let before = TinyBreaker::new(policy).unwrap();
    before.open_until(Nanos::MAX, Nanos::ZERO).unwrap();
    let after = TinyBreaker::new(policy).unwrap();
    after.restore(&before.snapshot(Nanos::ZERO).aged(Nanos::from_secs(1 << 33)), Nanos::new(7));
    assert!(after.enter(Nanos::MAX).is_err());
}

#[test]
fn a_shorter_window_keeps_the_newest_calls() {
    let policy = |n| BreakerConfig::new(Window::calls(n)).failure_rate(100_000).build().unwrap();
    let before = TinyBreaker::new(policy(10)).unwrap();
    for failed in [true, true, false, true, false] {
        let permit = before.enter(Nanos::ZERO).unwrap();
        before.leave(permit, if failed { Outcome::Failure } else { Outcome::Success }, Nanos::ZERO);
    }
    let after = TinyBreaker::new(policy(3)).unwrap();
    after.restore(&before.snapshot(Nanos::ZERO), Nanos::ZERO);
    let metrics = after.metrics(Nanos::ZERO);
    assert_eq!((metrics.calls, metrics.failed), (3, 1));
}
