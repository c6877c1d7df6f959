//! The timer thread is not in a forked child; its sleepers sleep all the same, whatever the parent was doing.
#![cfg(unix)]

use overcurrent::{ThreadTimer, Timer};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

unsafe extern "C" {
    fn fork() -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    fn _exit(status: i32) -> !;
}

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Whether it ends by a wake within 10 s.
fn ends<F: Future + Unpin>(mut future: F) -> bool {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        match Pin::new(&mut future).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(_) => return true,
            Poll::Pending => std::thread::park_timeout(Duration::from_secs(11)),
        }
    }
    false
}

/// Runs `child` in a forked child: whether it said yes within 20 s.
fn in_child(child: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child runs `child` alone and leaves by `_exit`.
    let pid = unsafe { fork() };
    if pid == 0 {
        let good = child();
        // SAFETY: ends this process, nothing more.
        unsafe { _exit(i32::from(!good)) }
    }
    let (mut status, begun) = (0, Instant::now());
    while begun.elapsed() < Duration::from_secs(20) {
        // SAFETY: the child's number and a place for its status; 1 is WNOHANG.
        if unsafe { waitpid(pid, &raw mut status, 1) } == pid {
            return status == 0;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    false
}

/// One test: the thread belongs to the whole process.
#[test]
fn a_forked_child_has_a_timer_of_its_own() {
    let sleep = |ms| ThreadTimer.sleep(Duration::from_millis(ms));
    // Polled in the parent, polled on in the child; in a grandchild as well.
    let mut older = sleep(300);
    assert!(Pin::new(&mut older).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let good = in_child(move || {
        ThreadTimer::sleepers() == 0 && ends(older) && ends(sleep(5)) && in_child(move || ends(sleep(5)))
    });
    assert!(good, "a sleep in the child did not end");
    assert!(ends(sleep(5)), "nor may the child disturb the parent");

    // While threads of the parent hold the lock now and then.
    let stop = Arc::new(AtomicBool::new(false));
    let busy: Vec<_> = (0..2)
        .map(|_| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                while !stop.load(Relaxed) {
                    let mut short = ThreadTimer.sleep(Duration::from_secs(1));
                    let _ = Pin::new(&mut short).poll(&mut Context::from_waker(Waker::noop()));
                }
            })
        })
        .collect();
    for round in 0..100 {
        assert!(in_child(move || ends(sleep(1))), "a sleep in child {round} did not end");
    }
    stop.store(true, Relaxed);
    for thread in busy {
        thread.join().unwrap();
    }
}
