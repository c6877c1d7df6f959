//! The breaker over calls, over a restart: goes on as the one that was saved.
#![cfg(feature = "wide")]
use overcurrent::{
    BreakerConfig, CountBreaker, HalfOpenEnd, Nanos, OpenFor, Outcome, Permit, Policy, State, TrialTimeout, Window,
};
use proptest::prelude::*;

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
    b: CountBreaker<2>,
    now: u64,
    out: Vec<Permit>,
}

impl Run {
    fn new(policy: Policy, now: u64) -> Self {
        Self { b: CountBreaker::<2>::new(policy).unwrap(), now, out: Vec::new() }
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
        (start, other) in (1u64..u64::MAX / 4, 1u64..1 << 60),
        before in proptest::collection::vec(op(), 0..120),
        elsewhere in proptest::collection::vec(op(), 0..20),
        after in proptest::collection::vec(op(), 1..120),
    ) {
        let mut saved = Run::new(policy, start);
        for op in &before {
            saved.step(op);
        }
        let mut page = [0; 64];
        saved.b.snapshot(&mut page, Nanos::new(saved.now)).unwrap();
        let mut restored = Run::new(policy, other);
        for op in &elsewhere {
            restored.step(op);
        }
        restored.now = other;
        let stale = std::mem::take(&mut restored.out);
        restored.b.restore(&page, Nanos::ZERO, Nanos::new(restored.now)).unwrap();
        // The calls that were on their way are lost: as if they had been taken back.
        for permit in saved.out.drain(..) {
            saved.b.cancel(permit);
        }
        // A wait that was over is over a nanosecond later: no remaining time says that it was over before.
        let mut seen = saved.step(&Op::Pass(1));
        prop_assert_eq!(&seen, &restored.step(&Op::Pass(1)));
        for permit in stale {
            restored.b.leave(permit, Outcome::Failure, Nanos::new(restored.now));
        }
        prop_assert_eq!(&seen, &restored.step(&Op::Pass(0)), "a permit from before the restore counts");
        for op in &after {
            seen = saved.step(op);
            prop_assert_eq!(&seen, &restored.step(op), "after {:?}", op);
        }
    }
}
