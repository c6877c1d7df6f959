//! Every machine through the [`Gate`] trait.
#![allow(unused_macros, unused_imports)]
use super::entry;
use overcurrent::{At, Gate, Outcome};

/// All methods of one gate. A limiter's are not `decision`s: this trait's refusal carries the wait, which divides.
macro_rules! gate {
    ($kind:literal, $name:ident: $gate:ty) => {
        mod $name {
            use super::*;
            type Permit = <$gate as Gate>::Permit;
            #[unsafe(export_name = concat!($kind, ".gate_", stringify!($name)))]
            extern "C" fn all(gate: &$gate, method: u32, cost: u32, at: At, permit: Permit, outcome: Outcome) {
                use core::hint::black_box;
                match method {
                    0 => drop(black_box(gate.judge(cost, at))),
                    1 => drop(black_box(gate.enter(cost, at))),
                    2 => gate.leave(permit, outcome, at),
                    3 => gate.cancel(permit),
                    4 => drop(black_box(gate.needs_clock())),
                    5 => drop(black_box(gate.enter_untimed(cost))),
                    6 => drop(black_box(gate.leave_untimed(permit, outcome))),
                    7 => gate.settle(at),
                    _ => drop(black_box(gate.next_deadline(at))),
                }
            }
        }
    };
}
