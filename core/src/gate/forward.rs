//! Gates behind a pointer.

/// Passes every method on: `forward!([generics] pointer => gate)`.
macro_rules! forward {
    ([$($generics:tt)*] $pointer:ty => $gate:ty) => {
        impl<$($generics)*> $crate::gate::Gate for $pointer {
            type Permit = <$gate as $crate::gate::Gate>::Permit;

            #[inline]
            fn judge(&self, cost: u32, at: $crate::At) -> Result<(), $crate::Refusal> {
                (**self).judge(cost, at)
            }
            #[inline]
            fn enter(&self, cost: u32, at: $crate::At) -> Result<Self::Permit, $crate::Refusal> {
                (**self).enter(cost, at)
            }
            #[inline]
            fn leave(&self, permit: Self::Permit, outcome: $crate::Outcome, at: $crate::At) {
                (**self).leave(permit, outcome, at);
            }
            #[inline]
            fn leave_and_hold(
                &self,
                permit: Self::Permit,
                outcome: $crate::Outcome,
                until: $crate::Nanos,
                at: $crate::At,
            ) {
                (**self).leave_and_hold(permit, outcome, until, at);
            }
            #[inline]
            fn cancel(&self, permit: Self::Permit) {
                (**self).cancel(permit);
            }
            fn refused(&self, cost: u32, refusal: $crate::Refusal, at: $crate::At) {
                (**self).refused(cost, refusal, at);
            }
            #[inline]
            fn needs_clock(&self) -> bool {
                (**self).needs_clock()
            }
            #[inline]
            fn enter_untimed(&self, cost: u32) -> Result<Self::Permit, $crate::NeedsTime> {
                (**self).enter_untimed(cost)
            }
            #[inline]
            fn leave_untimed(
                &self,
                permit: Self::Permit,
                outcome: $crate::Outcome,
            ) -> Result<(), $crate::NeedsTime> {
                (**self).leave_untimed(permit, outcome)
            }
            fn settle(&self, at: $crate::At) {
                (**self).settle(at);
            }
            fn next_deadline(&self, at: $crate::At) -> Option<$crate::Nanos> {
                (**self).next_deadline(at)
            }
        }
    };
}

forward!([G: crate::Gate + ?Sized] &G => G);
#[cfg(feature = "std")]
forward!([G: crate::Gate + ?Sized] std::sync::Arc<G> => G);
