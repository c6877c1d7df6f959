//! The interrupt handler and the interrupted code on one object, at every distance from one another.
//!
//! Each race is rounds of one operation, tried by both until it refuses: what both got together must be the budget,
//! exactly. Two of the contestants are wrong on purpose, a load and a store instead of a swap, and must give away too
//! much: a harness that cannot see that proves nothing.

use crate::records;
use core::hint::black_box;
use firmware::board::{count_since, start_counting, stop_ticks, tick_after};
use firmware::{built, check, say, tell};
use overcurrent::limit::{Gcra32, Quota32};
use overcurrent::{Bulkhead32, Outcome, Permit32, State, TinyBreaker32, TinyConfig32, TinyPolicy32};
use portable_atomic::{AtomicU32, Ordering::Relaxed};

#[derive(Clone, Copy)]
struct Contest {
    name: &'static str,
    /// What one round may give away.
    budget: u32,
    prepare: fn(),
    /// The contested operation: whether it was admitted.
    take: fn() -> bool,
    /// Looks at the round's end; what it finds wrong counts as an error.
    finish: fn() -> bool,
}

/// Enough to see each instruction of an operation interrupted several times.
const TICKS: u32 = 1_000;
/// A wrong contestant must be found out within this many.
const PATIENCE: u32 = 20_000;

static CONTEST: AtomicU32 = AtomicU32::new(IDLE);
pub static TAKEN_BY_HANDLER: AtomicU32 = AtomicU32::new(0);
pub static TICKED: AtomicU32 = AtomicU32::new(0);
/// Units of the timer in about a thousand instructions.
static PACE: AtomicU32 = AtomicU32::new(0);

const IDLE: u32 = u32::MAX;
const FLOW: u32 = u32::MAX - 1;

pub fn bump(counter: &AtomicU32) -> u32 {
    let value = counter.load(Relaxed).wrapping_add(1);
    counter.store(value, Relaxed); // each counter has one writer
    value
}

pub fn wait_for_next_tick() {
    // Never the same distance twice, so that no phase of the contested loop is left out: 300 to 1,300 instructions
    // after the end of the handler, however fast this board counts.
    let step = TICKED.load(Relaxed).wrapping_mul(37) % 997;
    tick_after((PACE.load(Relaxed) * (300 + step) / 1_000).max(2));
}

pub fn on_tick() {
    bump(&TICKED);
    match CONTEST.load(Relaxed) {
        IDLE => records::on_tick(),
        FLOW => flow::on_tick(),
        which => {
            if let Some(contest) = CONTESTS.get(which as usize) {
                for _ in 0..3 {
                    if (contest.take)() {
                        bump(&TAKEN_BY_HANDLER);
                    }
                }
            }
        }
    }
    wait_for_next_tick();
}

fn find_pace() {
    start_counting();
    let from = count_since(0);
    for i in 0..1_000 {
        black_box(i); // a store, an addition, a comparison, a jump
    }
    PACE.store((count_since(from) / 4).max(1), Relaxed);
}

struct Score {
    main: u32,
    handler: u32,
    over: u32,
    short: u32,
    wrong: u32,
}

fn rounds(which: u32, contest: &Contest, ticks: u32, enough: fn(&Score) -> bool) -> Score {
    let mut score = Score { main: 0, handler: 0, over: 0, short: 0, wrong: 0 };
    TICKED.store(0, Relaxed);
    wait_for_next_tick();
    while TICKED.load(Relaxed) < ticks && !enough(&score) {
        (contest.prepare)();
        TAKEN_BY_HANDLER.store(0, Relaxed);
        CONTEST.store(which, Relaxed);
        let mut mine = 0;
        // A contestant that never refuses is found out as well.
        while mine <= 2 * contest.budget && (contest.take)() {
            mine += 1;
        }
        CONTEST.store(IDLE, Relaxed);
        let handlers = TAKEN_BY_HANDLER.load(Relaxed);
        score.main += mine;
        score.handler += handlers;
        score.over += (mine + handlers).saturating_sub(contest.budget);
        score.short += contest.budget.saturating_sub(mine + handlers);
        score.wrong += u32::from(!(contest.finish)());
    }
    stop_ticks();
    score
}

pub fn run() {
    find_pace();
    tell("timer units in 1,000 instructions", PACE.load(Relaxed));
    for (which, contest) in CONTESTS.iter().enumerate() {
        let wrong_on_purpose = contest.name.starts_with("control");
        let score = if wrong_on_purpose {
            rounds(which as u32, contest, PATIENCE, |score| score.over > 0)
        } else {
            rounds(which as u32, contest, TICKS, |_| false)
        };
        say(contest.name);
        tell(": main", score.main);
        tell("  handler", score.handler);
        if wrong_on_purpose {
            tell("  over, as it must be", score.over);
            check!(score.over > 0);
        } else {
            check!(score.handler > 0 && score.main > 0);
            check!(score.over == 0);
            check!(score.short == 0);
            check!(score.wrong == 0);
        }
    }
    records::run();
    flow::run();
}

const NARROW: [Contest; 5] = [
    Contest {
        name: "control: a limiter that loads and stores",
        budget: limiter::BURST,
        prepare: || limiter::NAIVE.store(0, Relaxed),
        take: limiter::naive,
        finish: || true,
    },
    Contest {
        name: "limiter32",
        budget: limiter::BURST,
        prepare: || limiter::LIMITER.reset(),
        take: || limiter::LIMITER.try_acquire(1, 1_000_000).is_ok(),
        finish: || limiter::LIMITER.peek(1, 1_000_000).remaining == 0,
    },
    Contest {
        name: "control: trials that are loaded and stored",
        budget: trials::TRIALS,
        prepare: || trials::NAIVE.store(trials::TRIALS, Relaxed),
        take: trials::naive,
        finish: || true,
    },
    Contest {
        name: "trials of breaker32",
        budget: trials::TRIALS,
        prepare: trials::open,
        take: || trials::BREAKER.enter(&trials::POLICY, trials::NOW.load(Relaxed)).map(Permit32::into_raw).is_ok(),
        finish: trials::close,
    },
    Contest {
        name: "slots of bulkhead32",
        budget: 40,
        prepare: || {},
        take: || SLOTS.try_enter(),
        finish: || {
            let full = SLOTS.in_flight() == 40;
            while SLOTS.release().is_ok() {}
            full && SLOTS.in_flight() == 0
        },
    },
];

#[cfg(not(feature = "wide"))]
static CONTESTS: [Contest; 5] = NARROW;
#[cfg(feature = "wide")]
static CONTESTS: [Contest; 9] = {
    let [a, b, c, d, e] = NARROW;
    let [f, g, h, i] = wide::CONTESTS;
    [a, b, c, d, e, f, g, h, i]
};

static SLOTS: Bulkhead32 = built!(Bulkhead32::new(40));

mod limiter {
    use super::*;

    pub const BURST: u32 = 1_000;
    pub static LIMITER: Gcra32 = Gcra32::new(built!(Quota32::new(1, 1, BURST)));
    pub static NAIVE: AtomicU32 = AtomicU32::new(0);

    #[inline(never)]
    pub fn naive() -> bool {
        let taken = NAIVE.load(Relaxed);
        if taken >= BURST {
            return false;
        }
        NAIVE.store(black_box(taken + 1), Relaxed);
        true
    }
}

mod trials {
    use super::*;

    pub const TRIALS: u32 = 15;
    pub static BREAKER: TinyBreaker32 = TinyBreaker32::new();
    pub static POLICY: TinyPolicy32 = built!(TinyConfig32::new(19, 1_000).trial_calls(TRIALS).build());
    pub static NOW: AtomicU32 = AtomicU32::new(u32::MAX - 5_000); // through the wrap
    pub static NAIVE: AtomicU32 = AtomicU32::new(0);

    #[inline(never)]
    pub fn naive() -> bool {
        let left = NAIVE.load(Relaxed);
        if left == 0 {
            return false;
        }
        NAIVE.store(black_box(left - 1), Relaxed);
        true
    }

    pub fn open() {
        let now = NOW.load(Relaxed);
        BREAKER.open(&POLICY, now);
        NOW.store(now.wrapping_add(1_001), Relaxed);
    }

    /// Every trial reports; the last closes it.
    pub fn close() -> bool {
        let generation = (BREAKER.metrics().generation & 63) as u8;
        let half_open = BREAKER.state() == State::HalfOpen;
        for _ in 0..TRIALS {
            BREAKER.leave(&POLICY, Permit32::from_raw(generation), Outcome::Success, NOW.load(Relaxed));
        }
        half_open && BREAKER.state() == State::Closed
    }
}

/// The clock moves in the handler, so the interrupted code often arrives with an older reading.
mod flow {
    use super::*;

    const STEP: u32 = 7;
    const COST: u32 = 64;
    const BURST: u32 = 4;
    const SPAN: u32 = 10_000;

    static SOUND: Gcra32 = Gcra32::new(built!(Quota32::new(1, COST, BURST)));
    static STRICT: AtomicU32 = AtomicU32::new(0);
    static IS_CONTROL: AtomicU32 = AtomicU32::new(0);
    static NOW: AtomicU32 = AtomicU32::new(0);

    /// The control: a debt beyond the burst counts as an old state, however close.
    #[inline(never)]
    fn strict(now: u32) -> bool {
        let mut word = STRICT.load(Relaxed);
        loop {
            let ahead = word.wrapping_sub(now);
            let debt = if ahead <= COST * BURST { ahead } else { 0 };
            if debt + COST > COST * BURST {
                return false;
            }
            match STRICT.compare_exchange_weak(word, now.wrapping_add(debt + COST), Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(seen) => word = seen,
            }
        }
    }

    fn take(now: u32) -> bool {
        if IS_CONTROL.load(Relaxed) == 1 { strict(now) } else { SOUND.try_acquire(1, now).is_ok() }
    }

    pub fn on_tick() {
        let now = NOW.load(Relaxed).wrapping_add(STEP);
        NOW.store(now, Relaxed);
        for _ in 0..BURST {
            if take(now) {
                bump(&TAKEN_BY_HANDLER);
            }
        }
    }

    /// What was admitted beyond the burst and what came in meanwhile.
    fn over(control: bool) -> u32 {
        let from = u32::MAX - SPAN / 2; // through the wrap
        NOW.store(from, Relaxed);
        SOUND.reset();
        SOUND.drain(from.wrapping_sub(COST * BURST));
        STRICT.store(from, Relaxed);
        IS_CONTROL.store(u32::from(control), Relaxed);
        TAKEN_BY_HANDLER.store(0, Relaxed);
        CONTEST.store(FLOW, Relaxed);
        wait_for_next_tick();
        let mut mine = 0u32;
        loop {
            let now = NOW.load(Relaxed);
            if now.wrapping_sub(from) >= SPAN {
                break;
            }
            mine += u32::from(take(now));
        }
        stop_ticks();
        CONTEST.store(IDLE, Relaxed);
        let handlers = TAKEN_BY_HANDLER.load(Relaxed);
        check!(control || mine + handlers >= SPAN / COST);
        (mine + handlers).saturating_sub(BURST + NOW.load(Relaxed).wrapping_sub(from) / COST)
    }

    pub fn run() {
        let sound = over(false);
        tell("moving clock: over", sound);
        check!(sound == 0);
        let strict = over(true);
        tell("control: moving clock and a strict window: over, as it must be", strict);
        check!(strict > 0);
    }
}

#[cfg(feature = "wide")]
mod wide {
    use super::*;
    use overcurrent::{
        BreakerConfig, CountBreaker, Gcra, Nanos, OpenFor, Permit, Rate, TimeBreaker, TinyBreaker, TinyPolicy, Window,
    };

    static LIMITER: Gcra = Gcra::new(built!(Rate::new(1_000, Nanos::SECOND).burst(200).build()));
    static COUNT: CountBreaker<1> = built!(CountBreaker::new(policy(Window::calls(16))));
    static TIME: TimeBreaker<4> = built!(TimeBreaker::new(policy(Window::time(Nanos::from_secs(4), 4))));
    static TINY: TinyBreaker = TinyBreaker::with_policy(built!(TinyPolicy::new(policy(Window::calls(16)))));

    const fn policy(window: Window) -> overcurrent::Policy {
        built!(BreakerConfig::new(window).trial_calls(15).open_for(OpenFor::fixed(Nanos::SECOND)).build())
    }

    fn now() -> Nanos {
        Nanos::from_secs(u64::from(trials::NOW.load(Relaxed) >> 8))
    }

    fn later() {
        trials::NOW.store((now().as_secs_ceil() as u32 + 2) << 8, Relaxed);
    }

    /// A permit that somebody took; the word in which it travels is the same for all trials of one round.
    static PERMIT: AtomicU32 = AtomicU32::new(0);

    fn keep(permit: Permit) -> bool {
        PERMIT.store(permit.into_raw().word, Relaxed);
        true
    }

    fn kept() -> Permit {
        Permit::from_raw(overcurrent::breaker::RawPermit { entered: now().get(), word: PERMIT.load(Relaxed) })
    }

    /// A macro: breakers share names, not a trait.
    macro_rules! trials {
        ($name:literal, $breaker:ident) => {
            Contest {
                name: $name,
                budget: 15,
                prepare: || {
                    let _ = $breaker.open(now());
                    later();
                },
                take: || $breaker.enter(now()).is_ok_and(keep),
                finish: || {
                    let half_open = $breaker.state(now()) == State::HalfOpen;
                    (0..15).for_each(|_| {
                        $breaker.leave(kept(), Outcome::Success, now());
                    });
                    half_open && $breaker.state(now()) == State::Closed
                },
            }
        };
    }

    pub const CONTESTS: [Contest; 4] = [
        Contest {
            name: "gcra",
            budget: 200,
            prepare: || LIMITER.reset(),
            take: || LIMITER.try_acquire(1, Nanos::SECOND).is_ok(),
            finish: || LIMITER.peek(1, Nanos::SECOND).remaining == 0,
        },
        trials!("trials of a count breaker", COUNT),
        trials!("trials of a time breaker", TIME),
        trials!("trials of a tiny breaker", TINY),
    ];
}
