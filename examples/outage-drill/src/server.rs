//! The server that falls sick: a real HTTP server with a few workers and a backlog.
//!
//! Its sickness is real: it answers late because its workers are busy, and what waits in the backlog is worked off in
//! order, also for callers who have given up. So whoever keeps sending keeps it sick.

use crate::drill::{Plan, State};
use overcurrent::{Clock, MonotonicClock, Nanos};
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tiny_http::{Request, Response, Server};

/// Calls worked on at the same time.
pub const WORKERS: usize = 5;
/// Calls that can wait for a worker; more are answered 503 at once.
pub const BACKLOG: usize = 250;

/// A running server on 127.0.0.1.
pub struct SickServer {
    http: Arc<Server>,
    desk: Arc<Desk>,
    threads: Vec<JoinHandle<()>>,
}

/// What the workers share.
struct Desk {
    plan: Plan,
    /// When the plan began.
    start: Nanos,
    received: AtomicU32,
    waiting: AtomicU32,
    closing: AtomicBool,
}

impl SickServer {
    /// A server that lives through `plan` from `start` on, on a port that the system chooses.
    pub fn start(plan: &Plan, start: Nanos) -> Result<Self, Box<dyn Error>> {
        let http = Arc::new(Server::http("127.0.0.1:0").map_err(|error| error.to_string())?);
        let desk = Arc::new(Desk {
            plan: plan.clone(),
            start,
            received: AtomicU32::new(0),
            waiting: AtomicU32::new(0),
            closing: AtomicBool::new(false),
        });
        let (backlog, work) = sync_channel(BACKLOG);
        let work = Arc::new(Mutex::new(work));

        let mut threads = Vec::new();
        for _ in 0..WORKERS {
            let (desk, work) = (Arc::clone(&desk), Arc::clone(&work));
            threads.push(thread::spawn(move || desk.work(&work)));
        }
        let (door, front) = (Arc::clone(&http), Arc::clone(&desk));
        threads.push(thread::spawn(move || front.accept(&door, backlog)));
        Ok(Self { http, desk, threads })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}/", self.http.server_addr())
    }

    /// Calls that wait for a worker now, also those whose caller has given up.
    pub fn waiting(&self) -> u32 {
        self.desk.waiting.load(Relaxed)
    }

    /// Calls that arrived.
    pub fn received(&self) -> u32 {
        self.desk.received.load(Relaxed)
    }
}

impl Drop for SickServer {
    fn drop(&mut self) {
        self.desk.closing.store(true, Relaxed);
        self.http.unblock();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Desk {
    fn accept(&self, http: &Server, backlog: SyncSender<Request>) {
        for request in http.incoming_requests() {
            self.received.fetch_add(1, Relaxed);
            self.waiting.fetch_add(1, Relaxed);
            if let Err(TrySendError::Full(request) | TrySendError::Disconnected(request)) = backlog.try_send(request) {
                self.waiting.fetch_sub(1, Relaxed);
                answer(request, 503);
            }
        }
    }

    fn work(&self, backlog: &Mutex<Receiver<Request>>) {
        // The lock is held while waiting for a call: the next worker in line gets the next one.
        let next = || backlog.lock().ok()?.recv().ok();
        while let Some(request) = next() {
            self.waiting.fetch_sub(1, Relaxed);
            let status = if self.closing.load(Relaxed) { 503 } else { self.serve() };
            answer(request, status);
        }
    }

    /// Takes as long as the server's state makes it take, and says how it went.
    fn serve(&self) -> u16 {
        let now = MonotonicClock.now();
        let time = (now.now - self.start).as_duration();
        match self.plan.state(time) {
            State::Serving { time, failing } => {
                thread::sleep(time);
                // The random bits that a clock brings are good enough to toss a coin.
                if now.random % 100 < failing { 500 } else { 200 }
            }
            State::Dead { until } => {
                thread::sleep(until.saturating_sub(time).max(Duration::from_millis(1)));
                503
            }
        }
    }
}

/// The caller may be gone: then there is nobody to tell.
fn answer(request: Request, status: u16) {
    let _ = request.respond(Response::from_string("done\n").with_status_code(status));
}
