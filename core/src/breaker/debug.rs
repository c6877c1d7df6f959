//! What a breaker and its parts print: the state as of the last touch, and no window.

use super::any_history::EitherHistory;
use super::history::{CountHistory, History, StateCells};
use super::history_time::TimeHistory;
use super::live::LivePolicy;
use super::machine::Breaker;
use super::state::StateWord;
use super::untracked::Untracked;
use super::window_count::RingWord;
use super::window_time::Bucket;
use crate::sync::Acquire;
use core::fmt;

impl fmt::Debug for StateCells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.print("StateCells", f)
    }
}

impl StateCells {
    fn print(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = StateWord(self.state.load(Acquire)); // Acquire: as everywhere
        f.debug_struct(name)
            .field("state", &word.state())
            .field("generation", &word.generation())
            .field("attempts", &word.attempts())
            .finish_non_exhaustive()
    }
}

impl<H: History, P, O> fmt::Debug for Breaker<H, P, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cells().print("Breaker", f)
    }
}

impl<H: History, P, O> fmt::Debug for Untracked<'_, H, P, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Untracked").field(self.breaker()).finish()
    }
}

macro_rules! histories {
    ($([$($generics:tt)*] $history:ty),+) => {$(
        impl<$($generics)*> fmt::Debug for $history
        where
            Self: History,
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                super::history::Sealed::cells(self).print(stringify!($history), f)
            }
        }
    )+};
}
histories!([R: ?Sized] CountHistory<R>, [B: ?Sized, T] TimeHistory<B, T>, [R, B] EitherHistory<R, B>);

macro_rules! opaque {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}
opaque!(RingWord, Bucket);

impl fmt::Debug for LivePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LivePolicy").field(&self.get()).finish()
    }
}
