//! A sensor node that keeps its head when the things around it fail.
//!
//! Four protections, each a `static`: a breaker for each sensor on the bus, a limiter of the radio's airtime, a limiter
//! for each place that logs, and a breaker of the node's own start, which survives the resets that it counts.
//! The clock is simulated, so that two hours pass in a moment; on hardware, `now` is a tick handler's counter.
#![no_std]
#![no_main]

mod boot;
mod bus;
mod log;
mod radio;

use core::panic::PanicInfo;
use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hprintln};

/// A counter of milliseconds, as chips have it: it wraps after 49.7 days. This one is about to.
const START: u32 = u32::MAX - 3_600_000;
const TWO_HOURS: u32 = 7_200_000;

/// The value of a setting that the compiler has checked.
#[macro_export]
macro_rules! checked {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(_) => panic!("checked by the compiler"),
        }
    };
}

#[entry]
fn main() -> ! {
    // The first three starts crash before they are done.
    match boot::begin() {
        boot::Start::Normal(attempt) => {
            hprintln!("start {}: crashes", attempt);
            cortex_m::peripheral::SCB::sys_reset()
        }
        boot::Start::Safe(wait) => hprintln!("three starts in a row failed: safe mode for {} s", wait.as_secs_ceil()),
    }

    let mut bus = bus::Bus::new();
    let mut radio = radio::Radio::new();
    let mut passed = 0;
    while passed < TWO_HOURS {
        let now = START.wrapping_add(passed);
        if let Some(reading) = bus.poll(now) {
            radio.queue(reading);
        }
        radio.send(now);
        passed += 500;
    }

    let now = START.wrapping_add(TWO_HOURS);
    hprintln!("bus: {} readings; the dead sensor was asked {} times of {}", bus.readings, bus.timeouts, bus.polls);
    hprintln!("radio: {} s on air of {} s allowed", radio.airtime / 1_000, radio::ALLOWED / 1_000);
    hprintln!("log: {} lines written, {} held back", log::written(), log::held_back());
    assert!(bus.timeouts < bus.polls / 20, "a dead sensor eats the bus");
    assert!(bus.readings > 9_000, "the other sensors suffer with it");
    assert!(radio.airtime <= radio::ALLOWED && radio.airtime > radio::ALLOWED / 2, "the duty cycle is not kept");
    assert!(log::written() < 40 && log::held_back() > 10_000, "the log storms");
    boot::healthy();
    assert!(bus.recovers(now), "a sensor that works again is used again");
    debug::exit(debug::EXIT_SUCCESS);
    loop {}
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    hprintln!("{}", info);
    debug::exit(debug::EXIT_FAILURE);
    loop {}
}
