//! Tuples of two to eight gates.

use super::{Gate, longest};
use crate::decision::{Outcome, Refusal};
use crate::error::NeedsTime;
use crate::sync::mutated;
use crate::time::{At, Nanos};

/// Does `$body` with each gate and its permit, the last gate first.
macro_rules! backwards {
    ($self:ident, |$gate:ident, $permit:ident| $body:expr;) => {};
    ($self:ident, |$gate:ident, $permit:ident| $body:expr; $p:ident $n:tt $($rest:tt)*) => {
        backwards!($self, |$gate, $permit| $body; $($rest)*);
        let ($gate, $permit) = (&$self.$n, $p);
        $body;
    };
}

/// Binds each permit in order; the first error undoes those before it, the newest first, and returns.
macro_rules! charge {
    ($self:ident, |$gate:ident| $enter:expr; [$($done:tt)*];) => {};
    ($self:ident, |$gate:ident| $enter:expr; [$($done:ident $m:tt)*]; $p:ident $n:tt $($rest:tt)*) => {
        let $gate = &$self.$n;
        let $p = match $enter {
            Ok(permit) => permit,
            Err(error) => {
                if !mutated("pipeline_roll_back") {
                    $($self.$m.cancel($done);)*
                }
                return Err(error);
            }
        };
        charge!($self, |$gate| $enter; [$p $n $($done $m)*]; $($rest)*);
    };
}

macro_rules! tuple_gate {
    ($($G:ident $p:ident $n:tt),+) => {
        /// A pipeline of gates: all or nothing, each asked in order and told in reverse.
        impl<$($G: Gate),+> Gate for ($($G,)+) {
            type Permit = ($($G::Permit,)+);

            #[inline]
            fn judge(&self, cost: u32, at: At) -> Result<(), Refusal> {
                let mut refusal = None;
                $(if let Err(this) = self.$n.judge(cost, at) {
                    refusal = Some(longest(refusal, this));
                })+
                refusal.map_or(Ok(()), Err)
            }

            #[inline]
            fn enter(&self, cost: u32, at: At) -> Result<Self::Permit, Refusal> {
                let mut refusal = None;
                $(if let Err(this) = self.$n.judge(cost, at) {
                    self.$n.refused(cost, this, at);
                    refusal = Some(longest(refusal, this));
                })+
                if let Some(refusal) = refusal {
                    return Err(refusal);
                }
                charge!(self, |gate| gate.enter(cost, at); []; $($p $n)+);
                Ok(($($p,)+))
            }

            #[inline]
            fn leave(&self, ($($p,)+): Self::Permit, outcome: Outcome, at: At) {
                backwards!(self, |gate, permit| gate.leave(permit, outcome, at); $($p $n)+);
            }

            fn leave_and_hold(&self, ($($p,)+): Self::Permit, outcome: Outcome, until: Nanos, at: At) {
                backwards!(self, |gate, permit| gate.leave_and_hold(permit, outcome, until, at); $($p $n)+);
            }

            #[inline]
            fn cancel(&self, ($($p,)+): Self::Permit) {
                backwards!(self, |gate, permit| gate.cancel(permit); $($p $n)+);
            }

            fn refused(&self, cost: u32, _: Refusal, at: At) {
                $(if let Err(this) = self.$n.judge(cost, at) {
                    self.$n.refused(cost, this, at);
                })+
            }

            #[inline]
            fn needs_clock(&self) -> bool {
                $(self.$n.needs_clock())||+
            }

            #[inline]
            fn enter_untimed(&self, cost: u32) -> Result<Self::Permit, NeedsTime> {
                charge!(self, |gate| gate.enter_untimed(cost); []; $($p $n)+);
                Ok(($($p,)+))
            }

            #[inline]
            fn leave_untimed(&self, ($($p,)+): Self::Permit, outcome: Outcome) -> Result<(), NeedsTime> {
                let mut due = Ok(());
                // Every gate is told, whatever the others answer.
                backwards!(self, |gate, permit| due = gate.leave_untimed(permit, outcome).and(due); $($p $n)+);
                due
            }

            fn settle(&self, at: At) {
                $(self.$n.settle(at);)+
            }

            fn next_deadline(&self, at: At) -> Option<Nanos> {
                [$(self.$n.next_deadline(at)),+].into_iter().flatten().min()
            }
        }
    };
}

tuple_gate!(A a 0, B b 1);
tuple_gate!(A a 0, B b 1, C c 2);
tuple_gate!(A a 0, B b 1, C c 2, D d 3);
tuple_gate!(A a 0, B b 1, C c 2, D d 3, E e 4);
tuple_gate!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
tuple_gate!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6);
tuple_gate!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7);
