//! Every machine through the [`Gate`] trait.
use overcurrent::event::{Journal, Observed};
use overcurrent::limit::LiveGcra;
use overcurrent::retry::RetryBudget;
use overcurrent::{At, Bulkhead, Bulkhead32, CountBreaker, CycleLimiter, Gate, Gcra, Outcome, TinyBreaker};

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
                    0 => drop(black_box(Gate::judge(gate, cost, at))),
                    1 => drop(black_box(Gate::enter(gate, cost, at))),
                    2 => Gate::leave(gate, permit, outcome, at),
                    3 => Gate::cancel(gate, permit),
                    4 => drop(black_box(Gate::needs_clock(gate))),
                    5 => drop(black_box(Gate::enter_untimed(gate, cost))),
                    6 => drop(black_box(Gate::leave_untimed(gate, permit, outcome))),
                    7 => Gate::settle(gate, at),
                    8 => Gate::leave_and_hold(gate, permit, outcome, at.now, at),
                    _ => drop(black_box(Gate::next_deadline(gate, at))),
                }
            }
        }
    };
}

gate!("decision", breaker: CountBreaker<7>);
gate!("decision", tiny: TinyBreaker);
gate!("decision", bulkhead: Bulkhead);
gate!("decision", bulkhead32: Bulkhead32);
gate!("other", gcra: Gcra);
gate!("other", live_gcra: LiveGcra);
gate!("other", cycle: CycleLimiter);
gate!("decision", pipeline: (Bulkhead, CountBreaker<7>));
gate!("decision", array: [Bulkhead; 3]);
gate!("decision", observed: Observed<Bulkhead, Journal<16>>);
gate!("other", retry_budget: RetryBudget);
