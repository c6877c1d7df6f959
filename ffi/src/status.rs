//! What functions return.

use core::ffi::{CStr, c_char};
use core::mem::MaybeUninit;
use overcurrent::{ConfigError, Outcome, Reason, SnapshotError, State};

/// What a function returns: zero is yes, above zero is a refusal, below zero is an error, after which nothing has changed.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum oc_status_t {
    /// Done; the call may go ahead.
    OC_OK = 0,
    /// Refused: a rate limiter has no permit now.
    OC_RATE_LIMITED = 1,
    /// Refused: more permits asked for than the limiter can ever hold.
    OC_COST_EXCEEDS_BURST = 2,
    /// Refused: the breaker is open.
    OC_BREAKER_OPEN = 3,
    /// Refused: the breaker is half-open and every trial call is out.
    OC_TRIALS_TAKEN = 4,
    /// Refused: the breaker was forced open by hand.
    OC_FORCED_OPEN = 5,
    /// Refused: every slot of the bulkhead is taken.
    OC_BULKHEAD_FULL = 6,
    /// Refused: the retry budget is spent.
    OC_RETRY_BUDGET_SPENT = 7,
    /// Nothing there: an empty journal, a reservation that is not the newest any more.
    OC_NOTHING = 16,
    /// A pointer that must not be NULL is.
    OC_ERR_NULL = -1,
    /// A setting is out of its range; the `oc_error_t` says which.
    OC_ERR_CONFIG = -2,
    /// An argument has no meaning: an unknown outcome, an unknown kind of gate, too few cells.
    OC_ERR_ARGUMENT = -3,
    /// The breaker has no such transition by hand.
    OC_ERR_NOT_ALLOWED = -4,
    /// The answer depends on the time: ask again with it.
    OC_ERR_NEEDS_TIME = -5,
    /// Another thread is changing this object's settings; try again.
    OC_ERR_BUSY = -6,
    /// A slot was given back that nobody had taken.
    OC_ERR_OVER_RELEASE = -7,
    /// The buffer is too short for the snapshot.
    OC_ERR_BUFFER_TOO_SHORT = -8,
    /// The bytes are not a snapshot.
    OC_ERR_NOT_A_SNAPSHOT = -9,
    /// The snapshot is damaged: its checksum is wrong.
    OC_ERR_CORRUPT = -10,
    /// A snapshot of another kind of machine.
    OC_ERR_WRONG_KIND = -11,
    /// A snapshot of an unknown version.
    OC_ERR_UNKNOWN_VERSION = -12,
    /// A snapshot that does not fit this machine's settings.
    OC_ERR_MISMATCH = -13,
}
use oc_status_t::{
    OC_BREAKER_OPEN, OC_BULKHEAD_FULL, OC_COST_EXCEEDS_BURST, OC_FORCED_OPEN, OC_RATE_LIMITED, OC_RETRY_BUDGET_SPENT,
    OC_TRIALS_TAKEN,
};

/// How a call ended: one of the `OC_OUTCOME_` constants.
pub type oc_outcome_t = i32;
/// It worked.
pub const OC_OUTCOME_SUCCESS: i32 = 0;
/// It failed in a way that counts.
pub const OC_OUTCOME_FAILURE: i32 = 1;
/// It ended without a verdict: cancelled, or an error that says nothing about the other side. Nothing is recorded, and
/// what was taken is given back where that is possible.
pub const OC_OUTCOME_IGNORED: i32 = 2;

/// The state of a breaker: one of the `OC_STATE_` constants, or negative for an error.
pub type oc_state_t = i32;
/// Calls pass and are counted.
pub const OC_STATE_CLOSED: i32 = 0;
/// Calls are refused until the wait is over.
pub const OC_STATE_OPEN: i32 = 1;
/// A limited number of trial calls pass; their results decide.
pub const OC_STATE_HALF_OPEN: i32 = 2;
/// Switched off: calls pass, nothing is counted.
pub const OC_STATE_DISABLED: i32 = 3;
/// Forced open by hand: calls are refused until somebody says otherwise.
pub const OC_STATE_FORCED_OPEN: i32 = 4;
/// Calls pass and are counted; a met rule is told, and nothing opens.
pub const OC_STATE_METRICS_ONLY: i32 = 5;

/// As a length of time: never, or no limit. In nanoseconds.
pub const OC_NEVER: u64 = u64::MAX;
/// As a length of time in ticks: never, or not at a known time.
pub const OC_NEVER32: u32 = u32::MAX;

/// A short fixed name of what a function returned, for logs: `breaker-open`, `rate-limited`; the same in every language for
/// refusals. Static text that ends in a zero byte; `unknown` for any other number. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub extern "C" fn oc_status_name(status: i32) -> *const c_char {
    if let Some(reason) = reason_of(status) {
        return reason_name(reason).as_ptr();
    }
    let name = match status {
        0 => c"ok",
        16 => c"nothing",
        -1 => c"null",
        -2 => c"config",
        -3 => c"argument",
        -4 => c"not-allowed",
        -5 => c"needs-time",
        -6 => c"busy",
        -7 => c"over-release",
        -8 => c"buffer-too-short",
        -9 => c"not-a-snapshot",
        -10 => c"corrupt",
        -11 => c"wrong-kind",
        -12 => c"unknown-version",
        -13 => c"mismatch",
        _ => c"unknown",
    };
    name.as_ptr()
}

const fn reason_name(reason: Reason) -> &'static CStr {
    match reason {
        Reason::RateLimited => c"rate-limited",
        Reason::CostExceedsBurst => c"cost-exceeds-burst",
        Reason::BreakerOpen => c"breaker-open",
        Reason::TrialsTaken => c"trials-taken",
        Reason::ForcedOpen => c"forced-open",
        Reason::BulkheadFull => c"bulkhead-full",
        Reason::RetryBudgetSpent => c"retry-budget-spent",
        _ => c"refused",
    }
}

/// The name of an `OC_STATE_` constant, for logs: `closed`, `half-open`; the same in every language. Static text that ends in
/// a zero byte; `unknown` for any other number. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub extern "C" fn oc_state_name(state: oc_state_t) -> *const c_char {
    match state_from(state) {
        Some(state) => state_text(state).as_ptr(),
        None => c"unknown".as_ptr(),
    }
}

const fn state_text(state: State) -> &'static CStr {
    match state {
        State::Closed => c"closed",
        State::Open => c"open",
        State::HalfOpen => c"half-open",
        State::Disabled => c"disabled",
        State::ForcedOpen => c"forced-open",
        State::MetricsOnly => c"metrics-only",
    }
}

const fn same(text: &CStr, name: &str) -> bool {
    let (mut a, mut b) = (text.to_bytes(), name.as_bytes());
    while let ([x, left @ ..], [y, right @ ..]) = (a, b) {
        if *x != *y {
            return false;
        }
        (a, b) = (left, right);
    }
    a.is_empty() && b.is_empty()
}

/// The names are the engine's.
const _: () = {
    let mut reasons: &[Reason] = &Reason::ALL;
    while let [reason, rest @ ..] = reasons {
        assert!(same(reason_name(*reason), reason.name()));
        reasons = rest;
    }
    let mut number = 0;
    while let Some(state) = state_from(number) {
        assert!(same(state_text(state), state.name()));
        number += 1;
    }
};

/// Which setting was refused, and what it may be.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oc_error_t {
    /// The name of the setting. Static text of `field_length` bytes; it does not end in a zero byte.
    pub field: *const c_char,
    /// The length of `field` in bytes.
    pub field_length: usize,
    /// What it was set to; times in nanoseconds, in ticks for the 32-bit machines.
    pub value: u64,
    /// The smallest value allowed, given the other settings. Above `max`: none is.
    pub min: u64,
    /// The largest value allowed, given the other settings.
    pub max: u64,
}

/// Stores why a configuration was refused.
pub(crate) fn refused(out: Option<&mut MaybeUninit<oc_error_t>>, error: ConfigError) -> oc_status_t {
    let ConfigError { field, value, min, max } = error;
    crate::twin::put(out, oc_error_t { field: field.as_ptr().cast(), field_length: field.len(), value, min, max });
    oc_status_t::OC_ERR_CONFIG
}

#[inline]
pub(crate) const fn status_of(reason: Reason) -> oc_status_t {
    match reason {
        Reason::CostExceedsBurst => OC_COST_EXCEEDS_BURST,
        Reason::BreakerOpen => OC_BREAKER_OPEN,
        Reason::TrialsTaken => OC_TRIALS_TAKEN,
        Reason::ForcedOpen => OC_FORCED_OPEN,
        Reason::BulkheadFull => OC_BULKHEAD_FULL,
        Reason::RetryBudgetSpent => OC_RETRY_BUDGET_SPENT,
        // Reasons that a later engine may add are refusals too.
        _ => OC_RATE_LIMITED,
    }
}

/// The reason behind a status, if that is a refusal.
pub(crate) fn reason_of(status: i32) -> Option<Reason> {
    Reason::ALL.into_iter().find(|known| status_of(*known) as i32 == status)
}

#[inline]
pub(crate) const fn outcome_of(outcome: oc_outcome_t) -> Option<Outcome> {
    match outcome {
        OC_OUTCOME_SUCCESS => Some(Outcome::Success),
        OC_OUTCOME_FAILURE => Some(Outcome::Failure),
        OC_OUTCOME_IGNORED => Some(Outcome::Ignored),
        _ => None,
    }
}

pub(crate) const fn state_of(state: State) -> oc_state_t {
    state as u8 as i32
}

pub(crate) const fn state_from(state: oc_state_t) -> Option<State> {
    Some(match state {
        0 => State::Closed,
        1 => State::Open,
        2 => State::HalfOpen,
        3 => State::Disabled,
        4 => State::ForcedOpen,
        5 => State::MetricsOnly,
        _ => return None,
    })
}

pub(crate) const fn snapshot_error(error: SnapshotError) -> oc_status_t {
    match error {
        SnapshotError::BufferTooShort => oc_status_t::OC_ERR_BUFFER_TOO_SHORT,
        SnapshotError::NotASnapshot => oc_status_t::OC_ERR_NOT_A_SNAPSHOT,
        SnapshotError::Corrupt => oc_status_t::OC_ERR_CORRUPT,
        SnapshotError::WrongKind => oc_status_t::OC_ERR_WRONG_KIND,
        SnapshotError::UnknownVersion => oc_status_t::OC_ERR_UNKNOWN_VERSION,
        _ => oc_status_t::OC_ERR_MISMATCH,
    }
}
