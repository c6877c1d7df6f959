//! Results reported by the interrupt handler and the interrupted code at once: none is lost, none counts twice.
//!
//! In each round both report into a new window with room for all; then it must hold as many calls, and as many failures,
//! as the two have counted each for itself. The control loads and stores, and must lose some.

use crate::race::{TAKEN_BY_HANDLER, TICKED, bump, wait_for_next_tick};
use core::hint::black_box;
use firmware::board::stop_ticks;
use firmware::{built, check, say, tell};
use overcurrent::{Outcome, TinyBreaker32, TinyConfig32, TinyPolicy32};
use portable_atomic::{AtomicU32, Ordering::Relaxed};

#[derive(Clone, Copy)]
struct Book {
    name: &'static str,
    /// How many calls a round reports: two thirds by main, the rest by the handler.
    room: u32,
    clear: fn(),
    record: fn(Outcome),
    /// Calls and failures in the window.
    totals: fn() -> (u32, u32),
}

const TICKS: u32 = 500;
const PATIENCE: u32 = 20_000;
const IDLE: u32 = u32::MAX;
static BOOK: AtomicU32 = AtomicU32::new(IDLE);
static FAILED_BY_HANDLER: AtomicU32 = AtomicU32::new(0);

/// Every other call fails: no rule trips.
fn outcome(number: u32) -> Outcome {
    if number % 2 == 0 { Outcome::Failure } else { Outcome::Success }
}

pub fn on_tick() {
    let Some(book) = BOOKS.get(BOOK.load(Relaxed) as usize) else { return };
    for _ in 0..2 {
        let number = TAKEN_BY_HANDLER.load(Relaxed);
        if number < book.room / 3 {
            (book.record)(outcome(number));
            bump(&TAKEN_BY_HANDLER);
            if number % 2 == 0 {
                bump(&FAILED_BY_HANDLER);
            }
        }
    }
}

pub fn run() {
    for (which, book) in BOOKS.iter().enumerate() {
        let control = book.name.starts_with("control");
        let (mut main, mut handler, mut wrong) = (0, 0, 0);
        TICKED.store(0, Relaxed);
        wait_for_next_tick();
        while if control { TICKED.load(Relaxed) < PATIENCE && wrong == 0 } else { TICKED.load(Relaxed) < TICKS } {
            (book.clear)();
            TAKEN_BY_HANDLER.store(0, Relaxed);
            FAILED_BY_HANDLER.store(0, Relaxed);
            BOOK.store(which as u32, Relaxed);
            let mine = book.room - book.room / 3;
            (0..mine).for_each(|number| (book.record)(outcome(number)));
            BOOK.store(IDLE, Relaxed);
            let handlers = TAKEN_BY_HANDLER.load(Relaxed);
            let all = (mine + handlers, mine.div_ceil(2) + FAILED_BY_HANDLER.load(Relaxed));
            wrong += u32::from((book.totals)() != all);
            main += mine;
            handler += handlers;
        }
        stop_ticks();
        say(book.name);
        tell(": main", main);
        tell("  handler", handler);
        if control {
            tell("  rounds that lost some, as they must", wrong);
            check!(wrong > 0);
        } else {
            check!(main > 0 && handler > 0);
            check!(wrong == 0);
        }
    }
}

static BREAKER: TinyBreaker32 = TinyBreaker32::new();
static POLICY: TinyPolicy32 = built!(TinyConfig32::new(19, 1_000).failure_rate(100_000).build());
static NAIVE: AtomicU32 = AtomicU32::new(0);

const NARROW: [Book; 2] = [
    Book {
        name: "control: results that are loaded and stored",
        room: 300,
        clear: || NAIVE.store(0, Relaxed),
        record: |outcome| {
            let seen = NAIVE.load(Relaxed);
            NAIVE.store(black_box(seen + 1 + (u32::from(outcome == Outcome::Failure) << 16)), Relaxed);
        },
        totals: || (NAIVE.load(Relaxed) & 0xffff, NAIVE.load(Relaxed) >> 16),
    },
    Book {
        name: "results of breaker32",
        room: 19,
        clear: || BREAKER.reset(),
        record: |outcome| match BREAKER.enter(&POLICY, 5) {
            Ok(permit) => BREAKER.leave(&POLICY, permit, outcome, 5),
            Err(_) => check!(false),
        },
        totals: || (BREAKER.metrics().calls, BREAKER.metrics().failed),
    },
];

#[cfg(not(feature = "wide"))]
static BOOKS: [Book; 2] = NARROW;
#[cfg(feature = "wide")]
static BOOKS: [Book; 5] = {
    let [a, b] = NARROW;
    let [c, d, e] = wide::BOOKS;
    [a, b, c, d, e]
};

#[cfg(feature = "wide")]
mod wide {
    use super::*;
    use overcurrent::{BreakerConfig, CountBreaker, Nanos, Policy, TimeBreaker, TinyBreaker, TinyPolicy, Window};

    const fn policy(window: Window) -> Policy {
        built!(BreakerConfig::new(window).min_calls(4).failure_rate(100_000).build())
    }
    static COUNT: CountBreaker<4> = built!(CountBreaker::new(policy(Window::calls(60))));
    static TIME: TimeBreaker<4> = built!(TimeBreaker::new(policy(Window::time(Nanos::from_secs(4), 4))));
    static TINY: TinyBreaker = TinyBreaker::with_policy(built!(TinyPolicy::new(policy(Window::calls(24)))));
    const NOW: Nanos = Nanos::SECOND;

    /// A macro: breakers share names, not a trait.
    macro_rules! book {
        ($name:literal, $breaker:ident, $room:literal) => {
            Book {
                name: $name,
                room: $room,
                clear: || $breaker.reset(NOW),
                record: |outcome| match $breaker.enter(NOW) {
                    Ok(permit) => {
                        $breaker.leave(permit, outcome, NOW);
                    }
                    Err(_) => check!(false),
                },
                totals: || ($breaker.metrics(NOW).calls, $breaker.metrics(NOW).failed),
            }
        };
    }

    pub const BOOKS: [Book; 3] = [
        book!("results of a count breaker", COUNT, 60),
        book!("results of a time breaker", TIME, 60),
        book!("results of a tiny breaker", TINY, 24),
    ];
}
