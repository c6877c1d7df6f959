//! The whole run: checks, a reboot, races. Says what it found; the exit code is the verdict.
#![no_std]
#![no_main]

mod narrow;
mod race;
mod reboot;
mod records;
#[cfg(feature = "wide")]
mod wide;

fn run() -> ! {
    if reboot::is_first_start() {
        narrow::checks();
        #[cfg(feature = "wide")]
        wide::checks();
        firmware::say("checks ok\n");
        reboot::save_and_reset();
    }
    reboot::checks();
    firmware::say("reboot ok\n");
    race::run();
    firmware::say("races ok\n");
    firmware::exit(true)
}

firmware::firmware!(run, race::on_tick);
