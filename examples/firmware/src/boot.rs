//! A boot-loop breaker: after three starts that did not get through, the next one goes to safe mode for ten minutes.

use crate::checked;
use core::mem::MaybeUninit;
use overcurrent::{BreakerConfig, CountBreaker, Nanos, OpenFor, Outcome, Window};

static STARTS: CountBreaker<1> = checked!(CountBreaker::new(checked!(
    BreakerConfig::new(Window::calls(8))
        .min_calls(8)
        .consecutive_failures(3)
        .open_for(OpenFor::fixed(Nanos::from_secs(600)))
        .build()
)));

/// A page of flash. Here: memory that a reset leaves alone.
#[repr(C)]
struct Page {
    /// Set while a start is under way: whoever finds it set knows that the last one failed.
    under_way: u32,
    attempts: u32,
    breaker: [u8; 64],
}

const UNDER_WAY: u32 = 0x57A7_2ED0;

#[unsafe(link_section = ".uninit.page")]
static mut PAGE: MaybeUninit<Page> = MaybeUninit::uninit();

fn page() -> &'static mut Page {
    // SAFETY: plain numbers, valid whatever they hold; used by `main` alone, one call at a time.
    unsafe { (*&raw mut PAGE).assume_init_mut() }
}

pub enum Start {
    Normal(u32),
    Safe(Nanos),
}

/// The clock starts anew with every reset, and nobody knows how long it was off: a wait is never shortened by that.
pub fn begin() -> Start {
    let page = page();
    let now = Nanos::ZERO;
    // A page that was never written, or is damaged, is refused: the breaker then starts closed.
    if STARTS.restore(&page.breaker, Nanos::ZERO, now).is_err() {
        page.attempts = 0;
    } else if page.under_way == UNDER_WAY {
        STARTS.untracked().record(Outcome::Failure, Nanos::ZERO, now);
    }
    let start = match STARTS.enter(now) {
        Ok(permit) => {
            page.under_way = UNDER_WAY;
            page.attempts += 1;
            STARTS.cancel(permit); // its result is the mark in the page
            Start::Normal(page.attempts)
        }
        Err(refusal) => {
            page.under_way = 0;
            Start::Safe(refusal.retry_after.unwrap_or(Nanos::ZERO))
        }
    };
    checked!(STARTS.snapshot(&mut page.breaker, now));
    start
}

/// The start is through.
pub fn healthy() {
    page().under_way = 0;
}
