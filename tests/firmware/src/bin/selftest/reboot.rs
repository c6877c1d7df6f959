//! State over a reset: written to a page, the chip restarts with its clock at zero, the page is read back.

use firmware::{built, check};
use overcurrent::breaker::Tiny32Snapshot;
use overcurrent::limit::{Gcra32, Gcra32Snapshot, Quota32};
use overcurrent::{State, TinyBreaker32, TinyConfig32, TinyPolicy32};

const STARTED: u32 = 0x0C0F_FEE5;

/// A page of flash and a mark, in memory that a reset leaves alone.
struct Kept {
    mark: u32,
    limiter: [u8; 24],
    tiny: [u8; 24],
    #[cfg(feature = "wide")]
    gcra: [u8; 24],
    #[cfg(feature = "wide")]
    breaker: [u8; 64],
    #[cfg(feature = "wide")]
    time_breaker: [u8; 128],
    #[cfg(feature = "wide")]
    tiny_breaker: [u8; 64],
}

#[unsafe(link_section = ".uninit.kept")]
static mut KEPT: Kept = Kept {
    mark: 0,
    limiter: [0; 24],
    tiny: [0; 24],
    #[cfg(feature = "wide")]
    gcra: [0; 24],
    #[cfg(feature = "wide")]
    breaker: [0; 64],
    #[cfg(feature = "wide")]
    time_breaker: [0; 128],
    #[cfg(feature = "wide")]
    tiny_breaker: [0; 64],
};

fn kept() -> &'static mut Kept {
    // SAFETY: plain bytes, valid whatever they hold; no interrupt is on yet, and no two callers hold it at once.
    unsafe { &mut *&raw mut KEPT }
}

pub fn is_first_start() -> bool {
    kept().mark != STARTED
}

static LIMITER: Gcra32 = Gcra32::new(built!(Quota32::new(10, 1_000, 5)));

static TINY: TinyBreaker32 = TinyBreaker32::new();
static POLICY: TinyPolicy32 = built!(TinyConfig32::new(16, 5_000).build());

#[cfg(feature = "wide")]
mod machines {
    use firmware::built;
    use overcurrent::{
        BreakerConfig, CountBreaker, Gcra, Nanos, OpenFor, Policy, Rate, TimeBreaker, TinyBreaker, TinyPolicy, Window,
    };
    const fn policy(window: Window) -> Policy {
        built!(BreakerConfig::new(window).open_for(OpenFor::fixed(Nanos::from_secs(60))).build())
    }
    pub static GCRA: Gcra = Gcra::new(built!(Rate::new(10, Nanos::SECOND).burst(5).build()));
    pub static BREAKER: CountBreaker<1> = built!(CountBreaker::new(policy(Window::calls(16))));
    pub static TIME_BREAKER: TimeBreaker<4> = built!(TimeBreaker::new(policy(Window::time(Nanos::from_secs(4), 4))));
    pub static TINY_BREAKER: TinyBreaker = TinyBreaker::with_policy(built!(TinyPolicy::new(policy(Window::calls(16)))));
}
#[cfg(feature = "wide")]
use {
    machines::{BREAKER, GCRA, TIME_BREAKER, TINY_BREAKER},
    overcurrent::{Nanos, breaker::TinySnapshot, limit::GcraSnapshot},
};

fn copy(to: &mut [u8], from: &[u8]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}

pub fn save_and_reset() -> ! {
    let kept = kept();
    let now = u32::MAX - 50; // the old life's clock: the new one's starts at 0
    check!(LIMITER.try_acquire(4, now).is_ok());
    copy(&mut kept.limiter, &LIMITER.snapshot(now).to_bytes());
    TINY.open(&POLICY, now);
    copy(&mut kept.tiny, &TINY.snapshot(&POLICY, now.wrapping_add(1_000)).to_bytes());
    #[cfg(feature = "wide")]
    {
        let now = Nanos::from_secs(700);
        check!(GCRA.try_acquire(4, now).is_ok());
        copy(&mut kept.gcra, &GCRA.snapshot(now).to_bytes());
        check!(BREAKER.open(now).is_ok());
        check!(TIME_BREAKER.open(now).is_ok());
        check!(TINY_BREAKER.open(now).is_ok());
        let now = now + Nanos::from_secs(10);
        check!(BREAKER.snapshot(&mut kept.breaker, now).is_ok());
        check!(TIME_BREAKER.snapshot(&mut kept.time_breaker, now).is_ok());
        copy(&mut kept.tiny_breaker, &TINY_BREAKER.snapshot(now).to_bytes());
    }
    kept.mark = STARTED;
    firmware::reset()
}

pub fn checks() {
    let kept = kept();
    kept.mark = 0;
    check!(LIMITER.peek(1, 0).remaining == 5); // the reset forgot it
    let saved = Gcra32Snapshot::from_bytes(&kept.limiter);
    check!(saved.is_ok());
    if let Ok(saved) = saved {
        LIMITER.restore(&saved, 0);
    }
    check!(LIMITER.peek(1, 0).remaining == 1 && LIMITER.peek(1, 100).remaining == 2);
    if let Some(byte) = kept.limiter.get_mut(7) {
        *byte ^= 4;
    }
    check!(Gcra32Snapshot::from_bytes(&kept.limiter).is_err());

    check!(TINY.state() == State::Closed);
    match Tiny32Snapshot::from_bytes(&kept.tiny) {
        Ok(saved) => TINY.restore(&POLICY, &saved, 0),
        Err(_) => check!(false),
    }
    check!(TINY.state() == State::Open && TINY.next_deadline(&POLICY, 0) == Some(4_000));

    #[cfg(feature = "wide")]
    {
        // Fifty of the sixty seconds are left; five of them passed without power, as far as is known.
        let off = Nanos::from_secs(5);
        let left = Some(Nanos::from_secs(45));
        check!(BREAKER.state(Nanos::ZERO) == State::Closed);
        check!(BREAKER.restore(&kept.breaker, off, Nanos::ZERO).is_ok());
        check!(BREAKER.state(Nanos::ZERO) == State::Open && BREAKER.next_deadline(Nanos::ZERO) == left);
        check!(TIME_BREAKER.state(Nanos::ZERO) == State::Closed);
        check!(TIME_BREAKER.restore(&kept.time_breaker, off, Nanos::ZERO).is_ok());
        check!(TIME_BREAKER.state(Nanos::ZERO) == State::Open && TIME_BREAKER.next_deadline(Nanos::ZERO) == left);
        check!(TINY_BREAKER.state(Nanos::ZERO) == State::Closed);
        match TinySnapshot::from_bytes(&kept.tiny_breaker) {
            Ok(saved) => TINY_BREAKER.restore(&saved.aged(off), Nanos::ZERO),
            Err(_) => check!(false),
        }
        // It counts in units of 65,536 ns, rounded up.
        check!(TINY_BREAKER.state(Nanos::ZERO) == State::Open);
        check!(TINY_BREAKER.next_deadline(Nanos::ZERO) >= left);
        check!(TINY_BREAKER.enter(Nanos::from_secs(46)).is_ok());
        match GcraSnapshot::from_bytes(&kept.gcra) {
            Ok(saved) => GCRA.restore(&saved, Nanos::ZERO),
            Err(_) => check!(false),
        }
        check!(GCRA.peek(1, Nanos::ZERO).remaining == 1);
    }
}
