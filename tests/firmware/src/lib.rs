//! What every board needs: start-up, a console, a verdict, a tick.
#![no_std]

#[cfg(target_arch = "arm")]
#[path = "arm.rs"]
pub mod board;
#[cfg(target_arch = "riscv32")]
#[path = "riscv.rs"]
pub mod board;

pub use board::{exit, reset, say};

/// Says a number after its name.
pub fn tell(name: &str, mut value: u32) {
    let mut digits = [b' '; 11];
    for place in digits.iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    say(name);
    say(": ");
    digits.iter().filter(|digit| **digit != b' ').for_each(|digit| board::put(*digit));
    say("\n");
}

/// Ends the run with a failure unless the condition holds. It is not `assert!`: an image must not be able to panic.
#[macro_export]
macro_rules! check {
    ($condition:expr) => {
        if !$condition {
            $crate::say(concat!("FAILED ", file!(), ":", line!(), ": ", stringify!($condition), "\n"));
            $crate::exit(false)
        }
    };
}

/// The value of a constant configuration.
#[macro_export]
macro_rules! built {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(_) => panic!("checked by the compiler"),
        }
    };
}

/// A panic that can be reached calls a function that does not exist: the image does not link.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    unsafe extern "C" {
        fn overcurrent_a_panic_is_reachable() -> !;
    }
    // SAFETY: there is no such function; the image that would call it cannot be linked.
    unsafe { overcurrent_a_panic_is_reachable() }
}
