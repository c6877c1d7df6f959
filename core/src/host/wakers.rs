//! Wakers set aside while a lock is held.

use std::task::Waker;

/// To be woken, or merely dropped, once the lock is released: both run foreign code.
#[derive(Default)]
pub(crate) struct Wakers {
    wake: Vec<Waker>,
    gone: Vec<Waker>,
}

impl Wakers {
    pub(crate) const fn new() -> Self {
        Self { wake: Vec::new(), gone: Vec::new() }
    }

    pub(crate) fn wake(&mut self, wakers: impl IntoIterator<Item = Waker>) {
        self.wake.extend(wakers);
    }

    /// Takes a waker that must not be woken: its future has left, or comes with a newer one.
    pub(crate) fn discard(&mut self, waker: Option<Waker>) {
        self.gone.extend(waker);
    }

    /// Keeps `waker` in `place`.
    pub(crate) fn remember(&mut self, place: &mut Option<Waker>, waker: &Waker) {
        if !place.as_ref().is_some_and(|known| known.will_wake(waker)) {
            self.discard(place.replace(waker.clone()));
        }
    }
}

impl Drop for Wakers {
    /// Wakes in order; should one panic, the others are woken while it unwinds.
    fn drop(&mut self) {
        struct Rest<'a>(std::vec::Drain<'a, Waker>);
        impl Drop for Rest<'_> {
            fn drop(&mut self) {
                self.0.by_ref().for_each(Waker::wake);
            }
        }
        let mut rest = Rest(self.wake.drain(..));
        rest.0.by_ref().for_each(Waker::wake);
    }
}
