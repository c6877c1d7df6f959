//! All cases in one process, visited in turn each round, so that whatever slows the machine slows every case alike.
//!
//! A figure is the median over the rounds of a thread's own processor time per operation: time in which another process
//! had the core does not count. A ratio is the median of the ratios within a round, so a change of the clock frequency
//! during the run cancels out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// Runs an operation so many times; the counter is the thread's own and keeps growing from round to round. Operations
/// take their time or the pattern of their outcomes from it.
type Alone = Box<dyn FnMut(&mut u64, u64)>;
type Shared = Arc<dyn Fn(&mut u64, u64) + Send + Sync>;

enum Run {
    Alone(Alone),
    Shared(Shared),
}

/// One operation to be measured.
pub struct Case {
    pub name: &'static str,
    /// The case that bounds this one from below.
    pub floor: Option<&'static str>,
    /// The package that does the same.
    pub peer: Option<&'static str>,
    /// It waits for its lock asleep, so being off the core is part of it.
    parks: bool,
    run: Run,
    alone: Series,
    together: Series,
}

/// Nanoseconds per operation, one entry a round.
#[derive(Default)]
struct Series {
    batch: u64,
    rounds: Vec<f64>,
}

impl Case {
    fn new(name: &'static str, run: Run) -> Self {
        Self { name, floor: None, peer: None, parks: false, run, alone: Series::default(), together: Series::default() }
    }

    /// A case that one thread runs.
    pub fn alone(name: &'static str, mut op: impl FnMut(&mut u64) + 'static) -> Self {
        Self::new(name, Run::Alone(Box::new(move |counter, n| (0..n).for_each(|_| op(counter)))))
    }

    /// A case that is measured twice: by one thread, and by two threads on the same object.
    pub fn shared(name: &'static str, op: impl Fn(&mut u64) + Send + Sync + 'static) -> Self {
        Self::new(name, Run::Shared(Arc::new(move |counter, n| (0..n).for_each(|_| op(counter)))))
    }

    pub fn floor(mut self, floor: &'static str) -> Self {
        self.floor = Some(floor);
        self
    }

    pub fn peer(mut self, peer: &'static str) -> Self {
        self.peer = Some(peer);
        self
    }

    pub fn parks(mut self) -> Self {
        self.parks = true;
        self
    }

    /// Median over the rounds, if there were any.
    pub fn median(&self, threads: Threads) -> Option<f64> {
        median(self.series(threads).rounds.clone())
    }

    /// How many rounds the figure stands on.
    pub fn rounds(&self, threads: Threads) -> usize {
        self.series(threads).rounds.len()
    }

    /// How many times the cost of `others` together this case costs.
    pub fn ratio(&self, others: &[&Case], threads: Threads) -> Option<f64> {
        let mine = &self.series(threads).rounds;
        let all: Vec<_> = others.iter().map(|other| &other.series(threads).rounds).collect();
        if threads == Threads::Two || all.iter().any(|rounds| rounds.len() != mine.len()) {
            // Two-thread rounds are kept or dropped one by one, so they do not pair up.
            let sum: f64 = others.iter().map(|other| other.median(threads)).sum::<Option<f64>>()?;
            return Some(self.median(threads)? / sum);
        }
        let paired = mine.iter().enumerate().map(|(i, ns)| {
            let sum: f64 = all.iter().filter_map(|rounds| rounds.get(i)).sum();
            ns / sum
        });
        median(paired.collect())
    }

    fn series(&self, threads: Threads) -> &Series {
        match threads {
            Threads::One => &self.alone,
            Threads::Two => &self.together,
        }
    }
}

/// How many threads work on the object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    One,
    Two,
}

/// How long to measure.
pub struct Effort {
    pub rounds: u32,
    pub batch: Duration,
    /// A two-thread round is short, so that both threads often run at the same time for all of it.
    pub pair_batch: Duration,
    pub pair_rounds: usize,
}

impl Effort {
    pub const FULL: Self =
        Self { rounds: 41, batch: Duration::from_millis(3), pair_batch: Duration::from_micros(700), pair_rounds: 21 };
    pub const QUICK: Self =
        Self { rounds: 9, batch: Duration::from_millis(1), pair_batch: Duration::from_micros(500), pair_rounds: 5 };
}

/// Measures every case.
pub fn measure(cases: &mut [Case], effort: &Effort) {
    let mut counters = (1_u64, 1_u64);
    for case in cases.iter_mut() {
        case.alone.batch = calibrate(&mut counters.0, effort.batch, &mut case.run);
    }
    // The first round warms caches and branch predictors up and is not kept.
    for round in 0..=effort.rounds {
        for case in cases.iter_mut() {
            let (n, counter) = (case.alone.batch, &mut counters.0);
            let ns = match &mut case.run {
                Run::Alone(run) => timed(|| run(counter, n)).cpu,
                Run::Shared(run) => timed(|| run(counter, n)).cpu,
            };
            if round > 0 {
                case.alone.rounds.push(ns / n as f64);
            }
        }
    }
    if std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1) {
        counters.1 = counters.0;
        together(cases, effort, &mut counters);
    }
}

/// Two threads on each shared object, until every case has its rounds or twelve times as many were tried: a round counts
/// only if both threads ran at the same time for at least 85 % of it and neither lost its core.
fn together(cases: &mut [Case], effort: &Effort, counters: &mut (u64, u64)) {
    for _ in 0..effort.pair_rounds * 12 {
        for case in cases.iter_mut() {
            let Run::Shared(run) = &case.run else { continue };
            if case.together.rounds.len() >= effort.pair_rounds {
                continue;
            }
            if case.together.batch == 0 {
                let ns = case.alone.rounds.last().map_or(1.0, |ns| ns.max(0.25));
                case.together.batch = (effort.pair_batch.as_nanos() as f64 / ns / 4.0) as u64;
            }
            let n = case.together.batch;
            let (one, two) = race(run, counters, n);
            let longest = one.end.max(two.end) - one.start.min(two.start);
            let common = one.end.min(two.end).saturating_duration_since(one.start.max(two.start));
            if longest < effort.pair_batch / 2 {
                case.together.batch = n.saturating_mul(2); // contention was cheaper than guessed
            }
            let ran = |side: &Timed| case.parks || side.cpu >= 0.9 * (side.end - side.start).as_nanos() as f64;
            if common.as_secs_f64() >= 0.85 * longest.as_secs_f64() && ran(&one) && ran(&two) {
                case.together.rounds.push((one.cpu + two.cpu) / (2 * n) as f64);
            }
        }
    }
}

fn race(run: &Shared, counters: &mut (u64, u64), n: u64) -> (Timed, Timed) {
    let ready = AtomicU32::new(0);
    let start = || {
        ready.fetch_add(1, SeqCst);
        while ready.load(SeqCst) < 2 {
            std::hint::spin_loop();
        }
    };
    // Each counter is on its own thread's stack meanwhile: side by side they would share a cache line.
    let side = &|mut counter: u64| {
        start();
        let time = timed(|| run(&mut counter, n));
        (time, counter)
    };
    std::thread::scope(|scope| {
        let theirs = counters.1;
        let other = scope.spawn(move || side(theirs));
        let (one, mine) = side(counters.0);
        let (two, theirs) = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        *counters = (mine, theirs);
        (one, two)
    })
}

fn calibrate(counter: &mut u64, goal: Duration, run: &mut Run) -> u64 {
    let mut n = 64_u64;
    loop {
        let cpu = match run {
            Run::Alone(run) => timed(|| run(counter, n)).cpu,
            Run::Shared(run) => timed(|| run(counter, n)).cpu,
        };
        if cpu >= goal.as_nanos() as f64 / 4.0 {
            return (n as f64 * goal.as_nanos() as f64 / cpu) as u64 + 1;
        }
        n = n.saturating_mul(2);
    }
}

struct Timed {
    start: Instant,
    end: Instant,
    /// Nanoseconds that this thread had the core.
    cpu: f64,
}

fn timed(work: impl FnOnce()) -> Timed {
    let start = Instant::now();
    let before = thread_time();
    work();
    let cpu = thread_time() - before;
    Timed { start, end: Instant::now(), cpu }
}

/// Nanoseconds that this thread has had a core; where the system does not say, nanoseconds.
fn thread_time() -> f64 {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
    }
    #[cfg(not(unix))]
    {
        static ORIGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        ORIGIN.get_or_init(Instant::now).elapsed().as_nanos() as f64
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len().is_multiple_of(2) { f64::midpoint(*values.get(middle - 1)?, upper) } else { upper })
}
