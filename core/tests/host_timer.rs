//! The timer thread, alone in its process: there while somebody sleeps, and gone afterwards.
#![allow(missing_docs)]

use overcurrent::{ThreadTimer, Timer};
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker of somebody else's");
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// One test, in order: the thread belongs to the whole process.
#[test]
fn the_thread_is_there_while_somebody_sleeps_and_gone_afterwards() {
    let mut context = Context::from_waker(Waker::noop());
    // nothing is started by making a sleep, nor by polling one that is over
    let mut sleep = ThreadTimer.sleep(Duration::from_secs(60));
    let mut over = ThreadTimer.sleep(Duration::ZERO);
    assert!(std::pin::Pin::new(&mut over).poll(&mut context).is_ready());
    assert!(!ThreadTimer::is_running());

    assert!(std::pin::Pin::new(&mut sleep).poll(&mut context).is_pending());
    assert!(std::pin::Pin::new(&mut sleep).poll(&mut context).is_pending());
    assert!(ThreadTimer::is_running());
    assert_eq!(ThreadTimer::sleepers(), 1);

    // a shorter sleep that comes later is not held up by a longer one; each ends in its time
    let begun = Instant::now();
    let threads: Vec<_> = [30, 10, 20, 10]
        .map(|ms| {
            std::thread::spawn(move || {
                block_on(ThreadTimer.sleep(Duration::from_millis(ms)));
                (ms, begun.elapsed())
            })
        })
        .into();
    for thread in threads {
        let (ms, took) = thread.join().unwrap();
        assert!(took >= Duration::from_millis(ms) && took < Duration::from_secs(10), "{ms} ms took {took:?}");
    }

    // somebody's panicking waker stops nobody else
    let mut bad = ThreadTimer.sleep(Duration::from_millis(1));
    let waker = Waker::from(Arc::new(Panics));
    assert!(std::pin::Pin::new(&mut bad).poll(&mut Context::from_waker(&waker)).is_pending());
    block_on(ThreadTimer.sleep(Duration::from_millis(5)));
    drop(bad);

    // longer than the system can count: never, and nothing is registered
    let mut never = ThreadTimer.sleep(Duration::MAX);
    assert!(std::pin::Pin::new(&mut never).poll(&mut context).is_pending());
    assert_eq!(ThreadTimer::sleepers(), 1);

    std::thread::sleep(Duration::from_millis(50)); // it waits for the end of that minute by now
    drop(sleep);
    assert_eq!(ThreadTimer::sleepers(), 0);
    let begun = Instant::now();
    while ThreadTimer::is_running() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the thread stayed");
        std::thread::sleep(Duration::from_millis(20));
    }
    #[cfg(target_os = "linux")]
    while timer_threads() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "the thread stayed");
        std::thread::sleep(Duration::from_millis(20));
    }

    block_on(ThreadTimer.sleep(Duration::from_millis(1))); // and it comes back
    assert!(ThreadTimer::is_running());
}

#[cfg(target_os = "linux")]
fn timer_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
    tasks.flatten().map(name).filter(|name| name.starts_with("overcurrent-tim")).count()
}
