//! Waiting on a thread instead of in a future.

use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::Thread;

/// A waker that unparks this thread.
pub(crate) fn this_thread() -> Waker {
    Arc::new(Unpark(std::thread::current())).into()
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
