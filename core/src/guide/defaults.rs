//! Every default, and why.
//!
//! | setting | default | why |
//! |---|---|---|
//! | breaker `failure_rate` | 50 % | half of the calls failing is an outage for anybody |
//! | breaker `min_calls` | 20, or the window if that is smaller | one failure in one call is no rate |
//! | breaker `slow_call`, `slow_rate` | off | what is slow is yours to say; without it a closed count-window breaker reads no clock |
//! | breaker `failure_count`, `consecutive_failures` | off | |
//! | breaker `open_for` | 30 s, fixed | long enough for a restart |
//! | breaker `trial_calls` | 5 | one lucky call is no recovery |
//! | breaker `trial_min` | `trial_calls` | all trials decide |
//! | breaker `trial_timeout` | a lease of 60 s, from the last trial on | a lost trial must not hold it half-open for ever |
//! | breaker `auto_half_open` | off | the first call after the wait is early enough |
//! | limiter `burst` | the permits of one period | "100 per second" should admit 100 at once |
//! | limiter `initial` | `burst` | full at the start |
//! | cycle limiter `timeout` | 0 | refuse at once, say when to come back |
//!
//! Resilience4j's own defaults differ (window 100, minimum 100, 10 trials, 60 s open, no limit on a half-open stay):
//! [`resilience4j`](super::resilience4j).
