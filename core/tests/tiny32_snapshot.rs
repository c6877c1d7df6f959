//! The 32-bit breaker over a restart: goes on as the one that was saved.
mod snapshot_frame;

use overcurrent::breaker::{SKEW, Tiny32Snapshot};
use overcurrent::{Outcome, Permit32, State, TinyBreaker32, TinyConfig32, TinyPolicy32};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Op {
    Pass(u32),
    Enter,
    Leave(usize, Outcome),
    Open,
    Reset,
    Switch(bool),
}

fn op() -> impl Strategy<Value = Op> {
    let outcome = prop_oneof![3 => Just(Outcome::Success), 3 => Just(Outcome::Failure), 1 => Just(Outcome::Ignored)];
    prop_oneof![
        5 => prop_oneof![0u32..100, 0u32..60_000].prop_map(Op::Pass),
        12 => Just(Op::Enter),
        12 => (any::<usize>(), outcome).prop_map(|(which, outcome)| Op::Leave(which, outcome)),
        1 => Just(Op::Open),
        1 => Just(Op::Reset),
        1 => any::<bool>().prop_map(Op::Switch),
    ]
}

fn policy() -> impl Strategy<Value = TinyPolicy32> {
    (1u32..=19, 1u32..=15, prop_oneof![Just(0u32), 1u32..60_000], 1u32..=100_000, 1u32..100_000, 0u32..19, 0u32..=19)
        .prop_map(|(window, trials, lease, rate, wait, min, row)| {
            TinyConfig32::new(window, wait)
                .min_calls(min % window + 1)
                .failure_rate(rate)
                .consecutive_failures(row % (window + 1))
                .trial_calls(trials)
                .lease(lease)
                .build()
                .unwrap()
        })
}

struct Run {
    b: TinyBreaker32,
    now: u32,
    out: Vec<Permit32>,
}

impl Run {
    fn new(now: u32) -> Self {
        Self { b: TinyBreaker32::new(), now, out: Vec::new() }
    }

    fn step(&mut self, p: &TinyPolicy32, op: &Op) -> String {
        let mut answer = String::new();
        match op {
            Op::Pass(d) => self.now = self.now.wrapping_add(*d),
            Op::Enter => match self.b.enter(p, self.now) {
                Ok(permit) => self.out.push(permit),
                Err(refusal) => answer = format!("{:?} {:?}", refusal.reason(), refusal.retry_after()),
            },
            Op::Leave(which, outcome) if !self.out.is_empty() => {
                let permit = self.out.swap_remove(which % self.out.len());
                self.b.leave(p, permit, *outcome, self.now);
            }
            Op::Leave(..) => {}
            Op::Open => self.b.open(p, self.now),
            Op::Reset => self.b.reset(),
            Op::Switch(true) => self.b.force_open(),
            Op::Switch(false) => self.b.disable(),
        }
        let mut metrics = self.b.metrics();
        metrics.generation = 0;
        format!("{answer} {metrics:?} {:?}", self.b.next_deadline(p, self.now))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, ..ProptestConfig::default() })]

    #[test]
    fn goes_on_as_the_one_that_was_saved(
        p in policy(),
        (start, other) in (any::<u32>(), any::<u32>()),
        before in proptest::collection::vec(op(), 0..120),
        elsewhere in proptest::collection::vec(op(), 0..20),
        after in proptest::collection::vec(op(), 1..120),
    ) {
        let mut saved = Run::new(start);
        for op in &before {
            saved.step(&p, op);
        }
        let bytes = saved.b.snapshot(&p, saved.now).to_bytes();
        // A lease counts units of 64 ticks here: the same place in one, so that nothing is rounded differently.
        let origin = other & !63 | saved.now & 63;
        let mut restored = Run::new(origin);
        for op in &elsewhere {
            restored.step(&p, op);
        }
        restored.now = origin;
        let stale = std::mem::take(&mut restored.out);
        restored.b.restore(&p, &Tiny32Snapshot::from_bytes(&bytes).unwrap(), restored.now);
        // The calls that were on their way are lost: as if they had been taken back.
        for permit in saved.out.drain(..) {
            saved.b.cancel(&p, permit);
        }
        let mut seen = saved.step(&p, &Op::Pass(0));
        prop_assert_eq!(&seen, &restored.step(&p, &Op::Pass(0)));
        for permit in stale {
            restored.b.leave(&p, permit, Outcome::Failure, restored.now);
        }
        prop_assert_eq!(&seen, &restored.step(&p, &Op::Pass(0)), "a permit from before the restore counts");
        for op in &after {
            seen = saved.step(&p, op);
            prop_assert_eq!(&seen, &restored.step(&p, op), "after {:?}", op);
        }
    }

    /// On any counter, and however long it was off: to the tick where that is known, not earlier where it is not.
    #[test]
    fn never_early(
        wait in 1u32..=(1 << 23) - SKEW, (opened, other) in (any::<u32>(), any::<u32>()),
        (passed, off) in (any::<u32>(), 0u32..1 << 23), known in any::<bool>(),
    ) {
        let p = TinyConfig32::new(4, wait).build().unwrap();
        let saved = TinyBreaker32::new();
        saved.open(&p, opened);
        let passed = passed % (wait + 2);
        let snapshot = saved.snapshot(&p, opened.wrapping_add(passed));
        let off = if known { off } else { 0 };
        let ours = TinyBreaker32::new();
        ours.restore(&p, &Tiny32Snapshot::from_bytes(&snapshot.aged(off).to_bytes()).unwrap(), other);
        let left = (wait + 1).saturating_sub(passed).saturating_sub(off);
        for before in [left, left / 2, 1] {
            if before > 0 && before <= left {
                prop_assert!(ours.enter(&p, other.wrapping_add(left - before)).is_err());
            }
        }
        prop_assert!(ours.enter(&p, other.wrapping_add(left)).is_ok());
    }

    /// A frame in order, but contents of any kind: refused, or taken for a state that works.
    #[test]
    fn no_contents_break_it(p in policy(), word in any::<u32>(), kind in 0u32..4, wait in any::<u32>(), ops in proptest::collection::vec(op(), 1..80)) {
        for word in [word, word & 0x3fff_ffff | kind << 30, (word & 0xff) | (word >> 28) << 19] {
            let bytes = snapshot_frame::frame(6, &[word.to_le_bytes(), wait.to_le_bytes()].concat());
            let Ok(snapshot) = Tiny32Snapshot::from_bytes(&bytes) else { continue };
            let mut run = Run::new(0);
            run.b.restore(&p, &snapshot, 0);
            for op in &ops {
                run.step(&p, op);
                let metrics = run.b.metrics();
                prop_assert!(metrics.failed <= metrics.calls);
            }
            // Whatever wait was written there, it ends.
            if run.b.state() == State::Open {
                run.now = run.now.wrapping_add(200_000);
                prop_assert!(run.b.enter(&p, run.now).is_ok());
            }
        }
    }
}

#[test]
fn fewer_trials_begin_anew_rather_than_never_end() {
    let policy = |trials| TinyConfig32::new(4, 10).trial_calls(trials).lease(0).build().unwrap();
    let before = TinyBreaker32::new();
    before.open(&policy(5), 0);
    for _ in 0..3 {
        let permit = before.enter(&policy(5), 20).unwrap();
        before.leave(&policy(5), permit, Outcome::Success, 20);
    }
    let after = TinyBreaker32::new();
    after.restore(&policy(2), &before.snapshot(&policy(5), 20), 0);
    for _ in 0..2 {
        let permit = after.enter(&policy(2), 0).unwrap();
        after.leave(&policy(2), permit, Outcome::Success, 0);
    }
    assert_eq!(after.state(), State::Closed);
}
