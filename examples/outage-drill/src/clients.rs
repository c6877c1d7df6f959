//! The two clients. [`Protected`] is the one to copy; [`Bare`] is what most programs do.

use overcurrent::{
    BreakerConfig, Bulkhead, CallError, ConfigError, CountBreaker, Gcra, Journal, MonotonicClock, Nanos, OpenFor,
    Outcome, Policy, Rate, Reason, TrialTimeout, Window,
};
use std::time::Duration;

/// What a caller got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A good answer.
    Ok,
    /// An error of the server's, or none in time.
    Failed,
    /// A refusal by the client's own gates, at once; nothing was sent.
    Refused(Reason),
}

/// One that callers ask.
pub trait Client: Sync {
    /// Makes one call and waits for what becomes of it.
    fn call(&self) -> Answer;
}

/// Plain HTTP with a timeout.
pub struct Bare {
    http: Http,
}

impl Bare {
    /// A client of the server at `url`.
    pub fn new(url: String, timeout: Duration) -> Self {
        Self { http: Http::new(url, timeout) }
    }
}

impl Client for Bare {
    fn call(&self) -> Answer {
        match self.http.get() {
            Ok(status) if status < 500 => Answer::Ok,
            Ok(_) | Err(_) => Answer::Failed,
        }
    }
}

/// A breaker over the last 32 calls, which tells `journal` what happens to it.
type Breaker<'j> = CountBreaker<2, Policy, &'j Journal<1024>>;
/// The gates in the order in which they are asked: an open breaker should cost neither a slot nor a permit.
type Gates<'j> = (Breaker<'j>, Bulkhead, Gcra);

/// The same HTTP with the same timeout, behind three gates.
pub struct Protected<'j> {
    http: Http,
    gates: overcurrent::Protected<Gates<'j>, MonotonicClock, fn(&HttpResult) -> Outcome>,
}

impl<'j> Protected<'j> {
    /// A client of the server at `url`.
    pub fn new(url: String, timeout: Duration, journal: &'j Journal<1024>) -> Result<Self, ConfigError> {
        let policy = BreakerConfig::new(Window::calls(32))
            .min_calls(16)
            .failure_rate(50_000) // opens when half of the calls failed ...
            .slow_call(Nanos::from_millis(300), 50_000) // ... or half of them took longer than 300 ms
            .open_for(OpenFor::exponential(Nanos::from_millis(500), 1_500, Nanos::from_secs(2)).jitter(100))
            .trial_calls(4)
            .trial_timeout(TrialTimeout::Lease(Nanos::from_secs(5)))
            .build()?;
        let breaker = CountBreaker::new(policy)?.with_observer(journal);
        let bulkhead = Bulkhead::new(12)?; // calls at the same time
        let limiter = Gcra::new(Rate::new(60, Nanos::SECOND).burst(12).build()?); // what was agreed with the server

        let gates = overcurrent::Protected::new((breaker, bulkhead, limiter)).classify(verdict as fn(&_) -> _);
        Ok(Self { http: Http::new(url, timeout), gates })
    }
}

impl Client for Protected<'_> {
    fn call(&self) -> Answer {
        match self.gates.call(|| self.http.get()) {
            Ok(status) if status < 500 => Answer::Ok,
            Err(CallError::Refused(refusal)) => Answer::Refused(refusal.reason),
            Ok(_) | Err(CallError::Failed(_)) => Answer::Failed,
        }
    }
}

/// What a result says about the server. How long it took the breaker measures by itself.
fn verdict(result: &HttpResult) -> Outcome {
    match result {
        Ok(500..) | Err(_) => Outcome::Failure,
        Ok(400..) => Outcome::Ignored, // the caller's own mistake
        Ok(_) => Outcome::Success,
    }
}

/// A status, or why there is none.
type HttpResult = Result<u16, ureq::Error>;

struct Http {
    agent: ureq::Agent,
    url: String,
}

impl Http {
    fn new(url: String, timeout: Duration) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_idle_connections_per_host(32)
            .proxy(None) // the server is on this machine
            .build()
            .into();
        Self { agent, url }
    }

    fn get(&self) -> HttpResult {
        let mut response = self.agent.get(&self.url).call()?;
        response.body_mut().read_to_string()?; // to the end, so that the connection can be used again
        Ok(response.status().as_u16())
    }
}
