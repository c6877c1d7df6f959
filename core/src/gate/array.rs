//! Arrays of gates of one type.

use super::{Gate, longest};
use crate::decision::{Outcome, Refusal};
use crate::error::NeedsTime;
use crate::sync::mutated;
use crate::time::{At, Nanos};

/// Charges the gates in order; the first error undoes those before it, the newest first.
#[inline]
fn charge<G: Gate, E, const N: usize>(
    gates: &[G; N],
    mut enter: impl FnMut(&G) -> Result<G::Permit, E>,
) -> Result<[Option<G::Permit>; N], E> {
    let mut permits = [const { None }; N];
    for (gate, place) in gates.iter().zip(permits.iter_mut()) {
        match enter(gate) {
            Ok(permit) => *place = Some(permit),
            Err(error) => {
                if !mutated("array_roll_back") {
                    backwards(gates, permits, G::cancel);
                }
                return Err(error);
            }
        }
    }
    Ok(permits)
}

/// Each gate with its permit, the last gate first.
#[inline]
fn backwards<G: Gate, const N: usize>(
    gates: &[G; N],
    mut permits: [Option<G::Permit>; N],
    mut tell: impl FnMut(&G, G::Permit),
) {
    // Two slices: reversing a zip with an array by value leaves a branch that panics.
    for (gate, place) in gates.iter().zip(permits.iter_mut()).rev() {
        if let Some(permit) = place.take() {
            tell(gate, permit);
        }
    }
}

/// A pipeline of gates of one type: all or nothing, each asked in order and told in reverse. The permits that `enter`
/// returns are all there; the `Option`s are the price of building an array without `unsafe`.
impl<G: Gate, const N: usize> Gate for [G; N] {
    type Permit = [Option<G::Permit>; N];

    fn judge(&self, cost: u32, at: At) -> Result<(), Refusal> {
        let mut refusal = None;
        for gate in self {
            if let Err(this) = gate.judge(cost, at) {
                refusal = Some(longest(refusal, this));
            }
        }
        refusal.map_or(Ok(()), Err)
    }

    #[inline]
    fn enter(&self, cost: u32, at: At) -> Result<Self::Permit, Refusal> {
        let mut refusal = None;
        for gate in self {
            if let Err(this) = gate.judge(cost, at) {
                gate.refused(cost, this, at);
                refusal = Some(longest(refusal, this));
            }
        }
        match refusal {
            Some(refusal) => Err(refusal),
            None => charge(self, |gate| gate.enter(cost, at)),
        }
    }

    #[inline]
    fn leave(&self, permits: Self::Permit, outcome: Outcome, at: At) {
        backwards(self, permits, |gate, permit| gate.leave(permit, outcome, at));
    }

    fn leave_and_hold(&self, permits: Self::Permit, outcome: Outcome, until: Nanos, at: At) {
        backwards(self, permits, |gate, permit| gate.leave_and_hold(permit, outcome, until, at));
    }

    #[inline]
    fn cancel(&self, permits: Self::Permit) {
        backwards(self, permits, G::cancel);
    }

    fn refused(&self, cost: u32, _: Refusal, at: At) {
        for gate in self {
            if let Err(this) = gate.judge(cost, at) {
                gate.refused(cost, this, at);
            }
        }
    }

    #[inline]
    fn needs_clock(&self) -> bool {
        self.iter().any(G::needs_clock)
    }

    #[inline]
    fn enter_untimed(&self, cost: u32) -> Result<Self::Permit, NeedsTime> {
        charge(self, |gate| gate.enter_untimed(cost))
    }

    #[inline]
    fn leave_untimed(&self, permits: Self::Permit, outcome: Outcome) -> Result<(), NeedsTime> {
        let mut due = Ok(());
        // Every gate is told, whatever the others answer.
        backwards(self, permits, |gate, permit| due = gate.leave_untimed(permit, outcome).and(due));
        due
    }

    fn settle(&self, at: At) {
        for gate in self {
            gate.settle(at);
        }
    }

    fn next_deadline(&self, at: At) -> Option<Nanos> {
        self.iter().filter_map(|gate| gate.next_deadline(at)).min()
    }
}
