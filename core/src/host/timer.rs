//! How an async host sleeps.

use std::future::Future;
use std::time::Duration;

/// Makes futures that end after a while. Passed in by the caller, so that no runtime is chosen for them.
///
/// Every function from [`Duration`] to a future is one, hence `tokio::time::sleep` can be passed as it is;
/// [`ThreadTimer`](crate::ThreadTimer) works under any executor.
///
/// A future that ends early costs a second look at the clock and nothing else; one that ends late delays its caller.
///
/// ```
/// use overcurrent::Timer;
/// use std::future::{Ready, ready};
/// use std::time::Duration;
///
/// fn impatient(_: Duration) -> Ready<()> {
///     ready(())
/// }
/// fn takes_a_timer(timer: &impl Timer) {
///     drop(timer.sleep(Duration::from_secs(1)));
/// }
/// takes_a_timer(&impatient);
/// takes_a_timer(&overcurrent::ThreadTimer);
/// ```
pub trait Timer {
    /// The future. Dropping it before its end takes it out of the timer.
    type Sleep: Future<Output = ()>;

    /// A future that ends once `wait` has passed, counted from this call.
    fn sleep(&self, wait: Duration) -> Self::Sleep;
}

impl<F, S> Timer for F
where
    F: Fn(Duration) -> S,
    S: Future<Output = ()>,
{
    type Sleep = S;

    fn sleep(&self, wait: Duration) -> S {
        self(wait)
    }
}
