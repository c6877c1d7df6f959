//! The tiny breaker against a naive one: a queue of outcomes and deadlines in u128.
#![cfg(feature = "wide")]
use overcurrent::{BreakerConfig, Nanos, OpenFor, Outcome, Permit, Policy, State, TinyBreaker, TrialTimeout, Window};
use proptest::prelude::*;
use std::collections::VecDeque;

const UNIT: u128 = 1 << 16;
const SKEW: u64 = 60_000_000_000;

#[derive(Clone, Debug)]
struct Settings {
    window: usize,
    min_calls: usize,
    rate: u128,
    slow_rate: u128,
    slow_call: u64,
    count: usize,
    in_a_row: usize,
    wait: u64,
    trials: usize,
    trial_min: usize,
    lease: u64,
    auto: bool,
}

impl Settings {
    fn policy(&self) -> Policy {
        let mut config = BreakerConfig::new(Window::calls(self.window as u32))
            .min_calls(self.min_calls as u32)
            .failure_rate(self.rate as u32)
            .failure_count(self.count as u32)
            .consecutive_failures(self.in_a_row as u32)
            .open_for(OpenFor::fixed(Nanos::new(self.wait)))
            .trial_calls(self.trials as u16)
            .trial_min(self.trial_min as u16)
            .auto_half_open(self.auto);
        if self.slow_rate != 0 {
            config = config.slow_call(Nanos::new(self.slow_call), self.slow_rate as u32);
        }
        let lease = Nanos::new(self.lease);
        config
            .trial_timeout(if self.lease == 0 { TrialTimeout::Never } else { TrialTimeout::Lease(lease) })
            .build()
            .unwrap()
    }

    fn reached(part: usize, calls: usize, rate: u128) -> bool {
        rate != 0 && part != 0 && part as u128 * 100_000 >= rate * calls as u128
    }
}

/// The state and what belongs to it.
#[derive(Clone, Debug)]
enum Naive {
    Closed(VecDeque<(bool, bool)>),
    Open(u128),
    HalfOpen { out: usize, results: Vec<(bool, bool)>, lease: u128 },
    Disabled,
    ForcedOpen,
    MetricsOnly(VecDeque<(bool, bool)>),
}

struct Model {
    s: Settings,
    now: Naive,
    /// Counts changes of the window in use: what a permit belongs to.
    stay: usize,
}

fn up(instant: u128) -> u128 {
    instant.div_ceil(UNIT) * UNIT
}

impl Model {
    fn go(&mut self, to: Naive) {
        if !matches!(to, Naive::Open(_)) {
            self.stay += 1;
        }
        self.now = to;
    }

    fn open(&mut self, now: u128) {
        self.go(Naive::Open(up(now + u128::from(self.s.wait))));
    }

    fn half_open(&mut self) {
        self.go(Naive::HalfOpen { out: 0, results: Vec::new(), lease: 0 });
    }

    fn verdict(&mut self, missing: usize, now: u128) {
        let Naive::HalfOpen { results, .. } = &self.now else { unreachable!() };
        let calls = results.len() + missing;
        let failed = results.iter().filter(|r| r.0).count() + missing;
        let slow = results.iter().filter(|r| r.1).count();
        if Settings::reached(failed, calls, self.s.rate) || Settings::reached(slow, calls, self.s.slow_rate) {
            self.open(now);
        } else {
            self.go(Naive::Closed(VecDeque::new()));
        }
    }

    fn settle(&mut self, now: u128) {
        loop {
            match &self.now {
                Naive::Open(end) if self.s.auto && now >= *end => self.half_open(),
                Naive::HalfOpen { out, results, lease }
                    if self.s.lease != 0 && *out + results.len() == self.s.trials && now > *lease =>
                {
                    let (missing, end) = (self.s.trials - results.len(), *lease);
                    self.verdict(missing, end);
                }
                _ => return,
            }
        }
    }

    fn enter(&mut self, now: u128) -> bool {
        self.settle(now);
        match &mut self.now {
            Naive::Closed(_) | Naive::Disabled | Naive::MetricsOnly(_) => true,
            Naive::ForcedOpen => false,
            Naive::Open(end) if now <= *end => false,
            Naive::Open(_) => {
                self.half_open();
                self.enter(now)
            }
            Naive::HalfOpen { out, results, lease } => {
                if *out + results.len() >= self.s.trials {
                    return false;
                }
                *out += 1;
                if *out + results.len() == self.s.trials {
                    *lease = up(now + u128::from(self.s.lease));
                }
                true
            }
        }
    }

    fn leave(&mut self, stay: usize, failed: bool, slow: bool, now: u128) {
        self.settle(now);
        if stay != self.stay {
            return;
        }
        let s = self.s.clone();
        match &mut self.now {
            Naive::Closed(window) | Naive::MetricsOnly(window) => {
                window.push_back((failed, slow));
                if window.len() > s.window {
                    window.pop_front();
                }
                let calls = window.len();
                let bad = window.iter().filter(|r| r.0).count();
                let late = window.iter().filter(|r| r.1).count();
                let row = window.iter().rev().take_while(|r| r.0).count();
                let trips = calls >= s.min_calls
                    && (Settings::reached(bad, calls, s.rate) || Settings::reached(late, calls, s.slow_rate))
                    || s.count != 0 && bad >= s.count
                    || s.in_a_row != 0 && row >= s.in_a_row;
                if trips && matches!(self.now, Naive::Closed(_)) {
                    self.open(now);
                }
            }
            Naive::HalfOpen { out, results, .. } => {
                *out -= 1;
                results.push((failed, slow));
                if results.len() >= s.trial_min {
                    self.verdict(0, now);
                }
            }
            _ => {}
        }
    }

    /// An answer that asks for peace: until the later of that time and what holds already.
    fn hold(&mut self, stay: usize, end: Option<u128>) {
        let Some(end) = end else { return };
        match &mut self.now {
            _ if stay != self.stay => {}
            Naive::Closed(_) => self.go(Naive::Open(end)),
            Naive::Open(own) => *own = end.max(*own),
            _ => {}
        }
    }

    fn cancel(&mut self, stay: usize) {
        if let Naive::HalfOpen { out, .. } = &mut self.now {
            if stay == self.stay {
                *out -= 1;
            }
        }
    }

    fn state(&self) -> State {
        match self.now {
            Naive::Closed(_) => State::Closed,
            Naive::Open(_) => State::Open,
            Naive::HalfOpen { .. } => State::HalfOpen,
            Naive::Disabled => State::Disabled,
            Naive::ForcedOpen => State::ForcedOpen,
            Naive::MetricsOnly(_) => State::MetricsOnly,
        }
    }

    fn counts(&self) -> (usize, usize, usize) {
        let count = |c: &mut dyn Iterator<Item = &(bool, bool)>| {
            c.fold((0, 0, 0), |(n, f, s), r| (n + 1, f + usize::from(r.0), s + usize::from(r.1)))
        };
        match &self.now {
            Naive::Closed(w) | Naive::MetricsOnly(w) => count(&mut w.iter()),
            Naive::HalfOpen { results, .. } => count(&mut results.iter()),
            _ => (0, 0, 0),
        }
    }
}

#[derive(Clone, Debug)]
enum Op {
    Pass(u64),
    Back(u64),
    Enter(u64),
    Leave { which: usize, failed: bool, length: u64, older: u64, hold: Option<u64> },
    Cancel(usize),
    To(State, u64),
    OpenFor(u64, u64),
}

fn settings() -> impl Strategy<Value = Settings> {
    (1usize..=24, 1usize..=15, prop_oneof![1u128..=100_000, Just(50_000), Just(100_000)]).prop_flat_map(
        |(window, trial_min, rate)| {
            (
                (1..=window, prop_oneof![Just(0u128), 1u128..=100_000], 1u64..1_000_000),
                (prop_oneof![Just(0), 1..=window], prop_oneof![Just(0), 1..=window]),
                (1u64..5_000_000_000, trial_min..=31usize, any::<bool>()),
                prop_oneof![Just(0u64), 1u64..2_000_000_000],
            )
                .prop_map(
                    move |((min_calls, slow_rate, slow_call), (count, in_a_row), (wait, trials, auto), lease)| {
                        Settings {
                            window,
                            min_calls,
                            rate,
                            slow_rate,
                            slow_call,
                            count,
                            in_a_row,
                            wait,
                            trials,
                            trial_min,
                            lease,
                            auto,
                        }
                    },
                )
        },
    )
}

fn op() -> impl Strategy<Value = Op> {
    let older = prop_oneof![3 => Just(0u64), 1 => 0u64..SKEW];
    let hold = prop_oneof![9 => Just(None), 1 => (0u64..9_000_000_000).prop_map(Some)];
    let state = prop_oneof![
        Just(State::Closed),
        Just(State::Open),
        Just(State::HalfOpen),
        Just(State::Disabled),
        Just(State::ForcedOpen),
        Just(State::MetricsOnly)
    ];
    prop_oneof![
        6 => prop_oneof![0u64..200_000, 0u64..3_000_000_000, Just(65_536)].prop_map(Op::Pass),
        1 => (0u64..SKEW / 4).prop_map(Op::Back),
        20 => older.clone().prop_map(Op::Enter),
        20 => (any::<usize>(), any::<bool>(), 0u64..2_000_000, older.clone(), hold)
            .prop_map(|(which, failed, length, older, hold)| Op::Leave { which, failed, length, older, hold }),
        2 => any::<usize>().prop_map(Op::Cancel),
        1 => (state, older.clone()).prop_map(|(s, older)| Op::To(s, older)),
        1 => (0u64..4_000_000_000, older).prop_map(|(d, older)| Op::OpenFor(d, older)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_naive_breaker(
        s in settings(),
        start in prop_oneof![Just(SKEW), Just((1u64 << 47) - 1_000_000_000), SKEW..u64::MAX / 2],
        ops in proptest::collection::vec(op(), 1..250),
    ) {
        let b = TinyBreaker::new(s.policy()).unwrap();
        let mut m = Model { s: s.clone(), now: Naive::Closed(VecDeque::new()), stay: 0 };
        let (mut now, mut newest) = (start, start);
        let mut out: Vec<(Permit, usize)> = Vec::new();
        for op in ops {
            newest = newest.max(now);
            let mut seen = now;
            match op {
                Op::Pass(d) => now += d,
                // Together with an older clock, less than the skew.
                Op::Back(d) => now = now.saturating_sub(d).max(newest.saturating_sub(8_000_000_000)),
                Op::Enter(older) => {
                    seen = now.saturating_sub(older);
                    let answer = b.enter(Nanos::new(seen));
                    prop_assert_eq!(answer.is_ok(), m.enter(u128::from(seen)));
                    if let Ok(p) = answer {
                        out.push((p, m.stay));
                    }
                }
                Op::Leave { which, failed, length, older, hold } if !out.is_empty() => {
                    seen = now.saturating_sub(older);
                    let (p, stay) = out.swap_remove(which % out.len());
                    // The length is the difference of two clocks; rebuild the permit to choose it.
                    let mut raw = p.into_raw();
                    raw.entered = seen.saturating_sub(length);
                    let slow = s.slow_rate != 0 && seen - raw.entered > s.slow_call;
                    let outcome = if failed { Outcome::Failure } else { Outcome::Success };
                    let permit = Permit::from_raw(raw);
                    match hold {
                        Some(wait) => b.leave_and_open_for(permit, outcome, Nanos::new(wait), Nanos::new(seen)),
                        None => b.leave(permit, outcome, Nanos::new(seen)),
                    }
                    m.leave(stay, failed, slow, u128::from(seen));
                    m.hold(stay, hold.map(|wait| up(u128::from(seen) + u128::from(wait))));
                }
                Op::Cancel(which) if !out.is_empty() => {
                    let (p, stay) = out.swap_remove(which % out.len());
                    b.cancel(p);
                    m.cancel(stay);
                }
                Op::To(state, older) => {
                    seen = now.saturating_sub(older);
                    m.settle(u128::from(seen));
                    let forbidden = match (m.state(), state) {
                        (State::Closed, State::HalfOpen) => true,
                        (State::MetricsOnly, to) => matches!(to, State::Open | State::HalfOpen),
                        _ => false,
                    };
                    prop_assert_eq!(b.transition(state, Nanos::new(seen)).is_err(), forbidden);
                    if !forbidden {
                        match state {
                            State::Closed => m.go(Naive::Closed(VecDeque::new())),
                            State::Open => m.open(u128::from(seen)),
                            State::HalfOpen => m.half_open(),
                            State::Disabled => m.go(Naive::Disabled),
                            State::ForcedOpen => m.go(Naive::ForcedOpen),
                            State::MetricsOnly => m.go(Naive::MetricsOnly(VecDeque::new())),
                        }
                    }
                }
                Op::OpenFor(d, older) => {
                    seen = now.saturating_sub(older);
                    m.settle(u128::from(seen));
                    if b.open_for(Nanos::new(d), Nanos::new(seen)).is_ok() {
                        m.go(Naive::Open(up(u128::from(seen) + u128::from(d))));
                    }
                }
                Op::Leave { .. } | Op::Cancel(_) => {}
            }
            m.settle(u128::from(seen));
            let metrics = b.metrics(Nanos::new(seen));
            prop_assert_eq!(metrics.state, m.state());
            let counts = (metrics.calls as usize, metrics.failed as usize, metrics.slow as usize);
            prop_assert_eq!(counts, m.counts());
            prop_assert_eq!(usize::from(metrics.generation), m.stay % 256);
        }
    }

    /// However old a clock, an open breaker gives it nothing before the deadline.
    #[test]
    fn an_older_clock_never_gets_a_trial_early(
        start in any::<u64>(), wait in 1u64..u64::MAX / 4, clocks in proptest::collection::vec(any::<u64>(), 1..50),
    ) {
        let policy = BreakerConfig::new(Window::calls(4)).open_for(OpenFor::fixed(Nanos::new(wait))).build().unwrap();
        let b = TinyBreaker::new(policy).unwrap();
        b.open(Nanos::new(start)).unwrap();
        for clock in clocks {
            if clock <= start.saturating_add(wait) {
                prop_assert!(b.enter(Nanos::new(clock)).is_err());
            }
        }
    }
}
