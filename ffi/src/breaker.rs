//! The circuit breaker, over calls or over time.

use crate::journal::oc_journal_t;
use crate::policy::oc_policy_t;
use crate::refusal::{oc_refusal_t, refuse};
use crate::report::{explain_of, metrics_of, oc_explain_t, oc_metrics_t, state_from};
use crate::status::{
    OC_NEVER, OC_OUTCOME_SUCCESS, oc_error_t, oc_outcome_t, oc_state_t, oc_status_t, outcome_of, refused,
    snapshot_error, state_of,
};
use crate::twin::{bytes as bytes_at, config, into_c, twin};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_ERR_ARGUMENT, OC_ERR_NEEDS_TIME, OC_ERR_NOT_ALLOWED, OC_ERR_NULL, OC_OK};
use overcurrent::breaker::{Bucket, CountHistory, RawPermit, RingWord, StateCells, TimeHistory};
use overcurrent::event::{JournalSlot, JournalWords};
use overcurrent::{At, Breaker, ConfigError, Nanos, Permit, Policy, Window};

/// Eight bytes of a breaker's or a journal's memory. All zero is a good start. Private.
#[repr(C, align(8))]
pub struct oc_cell_t {
    /// Private.
    pub word: u64,
}

/// A circuit breaker: where its settings and its memory are. Constant, may be in flash; any number of threads may use it.
///
/// Made by `OC_BREAKER_INIT(policy, cells)` or filled by hand. The memory is an array of `oc_cell_t`, all zero at first:
/// `OC_CALLS_CELLS(calls)` of them for a window of calls, `OC_TIME_CELLS(buckets)` for one of time. Every function that
/// takes one may be called from any thread and from interrupt handlers, the same one in both.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oc_breaker_t {
    /// The settings.
    pub policy: *const oc_policy_t,
    /// The memory: one array for each breaker.
    pub cells: *mut oc_cell_t,
    /// Where events go; NULL for nowhere.
    pub journal: *const oc_journal_t,
    /// How many cells there are.
    pub n_cells: u32,
    /// What spreads a jittered `open_for`, different on every machine; 0: waits are not spread.
    pub seed: u32,
}

/// An admitted call: give it back with a `leave` or `cancel` function of the same breaker, once.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_permit_t {
    /// When the call began, in nanoseconds; 0 if it was admitted without the time.
    pub entered_ns: u64,
    /// Private: generation and flags.
    pub word: u32,
    /// 0.
    pub reserved: u32,
}
twin!(oc_permit_t => RawPermit);

/// Cells of a breaker over calls, beside one for each 16 calls.
pub const OC_CALLS_HEAD: u32 = 5;
/// Cells of a breaker over time, beside two for each bucket.
pub const OC_TIME_HEAD: u32 = 13;
/// The trial calls for which a breaker over time has room.
pub const OC_TIME_TRIALS: u32 = 64;

const TRIAL_WORDS: usize = 4;
const _: () = {
    assert!(size_of::<CountHistory<[RingWord; 1]>>() == 8 * (OC_CALLS_HEAD as usize + 1));
    assert!(size_of::<TimeHistory<[Bucket; 1], [RingWord; TRIAL_WORDS]>>() == 8 * (OC_TIME_HEAD as usize + 2));
    assert!(align_of::<CountHistory<[RingWord; 1]>>() == align_of::<oc_cell_t>());
    assert!(align_of::<TimeHistory<[Bucket; 1], [RingWord; TRIAL_WORDS]>>() == align_of::<oc_cell_t>());
    assert!(size_of::<StateCells>() <= 8 * OC_CALLS_HEAD as usize);
    assert!(OC_TIME_TRIALS as usize == TRIAL_WORDS * 16);
};

type Ears<'a> = Option<&'a JournalWords<[JournalSlot]>>;
type Count<'a> = Breaker<&'a CountHistory<[RingWord]>, &'a Policy, Ears<'a>>;
type Time<'a> = Breaker<&'a TimeHistory<[Bucket], [RingWord; TRIAL_WORDS]>, &'a Policy, Ears<'a>>;

/// A breaker of either kind, for the length of one call.
pub(crate) enum Either<'a> {
    Count(Count<'a>),
    Time(Time<'a>),
}

impl oc_breaker_t {
    /// The breaker that this points to.
    ///
    /// # Safety
    /// The contract of pointers, for those inside as well.
    #[inline(always)]
    pub(crate) unsafe fn view(&self) -> Result<Either<'_>, oc_status_t> {
        // SAFETY: an `oc_policy_t` or NULL, by the contract.
        let (Some(policy), Some(cells)) = (config(unsafe { self.policy.as_ref() }), NonNull::new(self.cells)) else {
            return Err(OC_ERR_NULL);
        };
        let n_cells = self.n_cells as usize;
        // SAFETY: the contract of pointers.
        let ears = unsafe { crate::journal::words(self.journal) };
        match policy.window() {
            Window::Calls(_) => {
                let Some(ring) = n_cells.checked_sub(OC_CALLS_HEAD as usize) else { return Err(OC_ERR_ARGUMENT) };
                let words = core::ptr::slice_from_raw_parts(cells.as_ptr().cast_const().cast::<RingWord>(), ring);
                // SAFETY: `OC_CALLS_HEAD + ring` cells by the contract, which is the size of this (checked above at
                // compile time); every word of it is an atomic that any bytes are a value of.
                Ok(Either::Count(Breaker::view(policy, unsafe { &*(words as *const CountHistory<[RingWord]>) }, ears)))
            }
            Window::Time { .. } => {
                let Some(rest) = n_cells.checked_sub(OC_TIME_HEAD as usize) else { return Err(OC_ERR_ARGUMENT) };
                let words = core::ptr::slice_from_raw_parts(cells.as_ptr().cast_const().cast::<Bucket>(), rest >> 1);
                let words = words as *const TimeHistory<[Bucket], [RingWord; TRIAL_WORDS]>;
                // SAFETY: as above, with two cells for each bucket.
                Ok(Either::Time(Breaker::view(policy, unsafe { &*words }, ears)))
            }
        }
    }

    /// The common case, which is the same for both kinds: closed.
    ///
    /// # Safety
    /// The contract of pointers, for those inside as well.
    #[inline(always)]
    unsafe fn enter_if_closed(&self, now: u64) -> Option<Permit> {
        if self.cells.is_null() || self.policy.is_null() || self.n_cells < OC_CALLS_HEAD {
            return None; // and why is said by `view`
        }
        // SAFETY: at least `OC_CALLS_HEAD` cells; memory of either kind begins with the cells of the state.
        unsafe { &*self.cells.cast_const().cast::<StateCells>() }.enter_if_closed(Nanos::new(now))
    }

    /// The common case of a window of calls: a good call into a window of good calls. Whether that was recorded.
    ///
    /// # Safety
    /// The contract of pointers, for those inside as well.
    #[inline(always)]
    unsafe fn leave_if_clean(&self, permit: &oc_permit_t, now: u64) -> bool {
        // SAFETY: an `oc_policy_t` or NULL, by the contract.
        let Some(policy) = config(unsafe { self.policy.as_ref() }) else { return false };
        if self.cells.is_null() || self.n_cells < OC_CALLS_HEAD || !matches!(policy.window(), Window::Calls(_)) {
            return false; // and why is said by `view`
        }
        let ring = (self.n_cells as usize).wrapping_sub(OC_CALLS_HEAD as usize);
        let words = core::ptr::slice_from_raw_parts(self.cells.cast_const().cast::<RingWord>(), ring);
        // SAFETY: as in `view`.
        let history = unsafe { &*(words as *const CountHistory<[RingWord]>) };
        Breaker::view(policy, history, ()).leave_if_clean(&permit_of(permit), Nanos::new(now))
    }

    /// The time with random bits made from it and the seed, if there is one.
    #[inline(always)]
    pub(crate) const fn at(&self, now: u64) -> At {
        At { now: Nanos::new(now), random: if self.seed == 0 { 0 } else { spread(now, self.seed) } }
    }
}

/// Bits that look random, never 0: the finaliser of MurmurHash3 over time and seed.
#[cold]
const fn spread(now: u64, seed: u32) -> u32 {
    let mut x = now ^ (seed as u64) << 32 ^ seed as u64;
    x = (x ^ x >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ x >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    ((x ^ x >> 33) >> 32) as u32 | 1
}

/// Does the same with a breaker of either kind, or returns why there is none.
macro_rules! on {
    ($breaker:expr, |$b:ident, $c:ident| $body:expr) => {
        on!($breaker, |$b, $c| $body, else |status| status)
    };
    ($breaker:expr, |$b:ident, $c:ident| $body:expr, else |$status:ident| $else:expr) => {
        match $breaker {
            None => {
                let $status = OC_ERR_NULL;
                $else
            }
            // SAFETY: the contract of pointers.
            Some($c) => match unsafe { $c.view() } {
                Ok(Either::Count($b)) => $body,
                Ok(Either::Time($b)) => $body,
                Err($status) => $else,
            },
        }
    };
}

#[inline(always)]
pub(crate) const fn permit_of(permit: &oc_permit_t) -> Permit {
    Permit::from_raw(RawPermit { entered: permit.entered_ns, word: permit.word })
}

/// Whether policy and memory fit: call it once at start-up, since nothing else checks that there are enough cells.
///
/// Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) with what does not fit, `OC_ERR_ARGUMENT` for fewer cells than any
/// breaker needs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_check(
    breaker: Option<&oc_breaker_t>,
    error: Option<&mut MaybeUninit<oc_error_t>>,
) -> oc_status_t {
    let Some(c) = breaker else { return OC_ERR_NULL };
    // SAFETY: the contract of pointers.
    let (policy, viewed) = unsafe { (c.policy.as_ref(), c.view()) };
    if let Err(status) = viewed {
        return status;
    }
    let Some(raw) = policy else { return OC_ERR_NULL };
    let calls = c.n_cells.saturating_sub(OC_CALLS_HEAD).saturating_mul(16).min(32_767);
    let buckets = c.n_cells.saturating_sub(OC_TIME_HEAD) >> 1;
    let Some(policy) = config(Some(raw)) else { return OC_ERR_NULL };
    let (field, window, room, trials) = match policy.window() {
        Window::Calls(n) => ("window (calls)", n, calls, calls),
        Window::Time { buckets: n, .. } => ("window (buckets)", n, buckets, OC_TIME_TRIALS),
    };
    if window == 0 || window > room {
        return refused(error, ConfigError::new(field, window.into(), 1, room.into()));
    }
    if u32::from(raw.trial_calls) > trials {
        return refused(error, ConfigError::new("trial_calls", raw.trial_calls.into(), 1, trials.into()));
    }
    OC_OK
}

/// Begins in `state` as of `now` instead of closed: for start-up, before anybody else uses it. `OC_ERR_ARGUMENT` for an
/// unknown state. Tells no event.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_start(breaker: Option<&oc_breaker_t>, state: oc_state_t, now: u64) -> oc_status_t {
    let Some(state) = state_from(state) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| {
        let _ = b.starting(state, c.at(now));
        OC_OK
    })
}

/// Asks for one call.
///
/// Returns `OC_OK` and fills `permit`; `OC_BREAKER_OPEN`, `OC_TRIALS_TAKEN` or `OC_FORCED_OPEN`, and fills `refusal` (may be
/// NULL) with the wait. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_enter(
    breaker: Option<&oc_breaker_t>,
    now: u64,
    permit: Option<&mut MaybeUninit<oc_permit_t>>,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    let Some(out) = permit else { return OC_ERR_NULL };
    // SAFETY: the contract of pointers.
    if let Some(permit) = breaker.and_then(|b| unsafe { b.enter_if_closed(now) }) {
        out.write(into_c(permit.into_raw()));
        return OC_OK;
    }
    // SAFETY: the contract of pointers.
    unsafe { enter_slowly(breaker, now, out, refusal) }
}

/// The rest of `oc_breaker_enter`, out of the way of the common case.
#[cold]
#[inline(never)]
unsafe fn enter_slowly(
    breaker: Option<&oc_breaker_t>,
    now: u64,
    out: &mut MaybeUninit<oc_permit_t>,
    refusal: Option<&mut MaybeUninit<oc_refusal_t>>,
) -> oc_status_t {
    on!(breaker, |b, c| match b.enter(c.at(now)) {
        Ok(permit) => {
            out.write(into_c(permit.into_raw()));
            OC_OK
        }
        Err(why) => refuse(refusal, 0, why),
    })
}

/// Reports how an admitted call ended. Its length is `now` minus the entry; a permit of an older generation changes nothing;
/// `OC_OUTCOME_IGNORED` gives the permit back. `OC_ERR_ARGUMENT` for an unknown outcome. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_leave(
    breaker: Option<&oc_breaker_t>,
    permit: Option<&oc_permit_t>,
    outcome: oc_outcome_t,
    now: u64,
) -> oc_status_t {
    let Some(permit) = permit else { return OC_ERR_NULL };
    // SAFETY: the contract of pointers.
    if outcome == OC_OUTCOME_SUCCESS && breaker.is_some_and(|b| unsafe { b.leave_if_clean(permit, now) }) {
        return OC_OK;
    }
    // SAFETY: the contract of pointers.
    unsafe { leave_slowly(breaker, permit, outcome, now) }
}

/// The rest of `oc_breaker_leave`, out of the way of the common case.
#[cold]
#[inline(never)]
unsafe fn leave_slowly(
    breaker: Option<&oc_breaker_t>,
    permit: &oc_permit_t,
    outcome: oc_outcome_t,
    now: u64,
) -> oc_status_t {
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| {
        b.leave(permit_of(permit), outcome, c.at(now));
        OC_OK
    })
}

/// `oc_breaker_leave`, then, if the breaker is closed and still in the permit's generation: open for `wait_ns`: what a server's Retry-After asks for. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_leave_and_open_for(
    breaker: Option<&oc_breaker_t>,
    permit: Option<&oc_permit_t>,
    outcome: oc_outcome_t,
    wait_ns: u64,
    now: u64,
) -> oc_status_t {
    let Some(permit) = permit else { return OC_ERR_NULL };
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| {
        b.leave_and_open_for(permit_of(permit), outcome, Nanos::new(wait_ns), c.at(now));
        OC_OK
    })
}

/// `oc_breaker_leave`, then, if the breaker is closed and still in the permit's generation: open until the time `until`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_leave_and_open_until(
    breaker: Option<&oc_breaker_t>,
    permit: Option<&oc_permit_t>,
    outcome: oc_outcome_t,
    until: u64,
    now: u64,
) -> oc_status_t {
    let Some(permit) = permit else { return OC_ERR_NULL };
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| {
        b.leave_and_open_until(permit_of(permit), outcome, Nanos::new(until), c.at(now));
        OC_OK
    })
}

/// Takes an admission back: a trial permit becomes free again, nothing is recorded. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_cancel(
    breaker: Option<&oc_breaker_t>,
    permit: Option<&oc_permit_t>,
) -> oc_status_t {
    let Some(permit) = permit else { return OC_ERR_NULL };
    on!(breaker, |b, _c| {
        b.cancel(permit_of(permit));
        OC_OK
    })
}

/// The state at `now`, an `OC_STATE_` constant; what time has made due is carried out first. An `OC_ERR_` value for an
/// unusable breaker. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_state(breaker: Option<&oc_breaker_t>, now: u64) -> oc_state_t {
    on!(breaker, |b, c| state_of(b.state(c.at(now))), else |status| status as i32)
}

/// The numbers at `now`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_metrics(
    breaker: Option<&oc_breaker_t>,
    now: u64,
    metrics: Option<&mut MaybeUninit<oc_metrics_t>>,
) -> oc_status_t {
    let Some(out) = metrics else { return OC_ERR_NULL };
    on!(breaker, |b, c| {
        out.write(metrics_of(b.metrics(c.at(now))));
        OC_OK
    })
}

/// Why a call would be refused at `now`, or what tripped the breaker, with the numbers. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_explain(
    breaker: Option<&oc_breaker_t>,
    now: u64,
    explain: Option<&mut MaybeUninit<oc_explain_t>>,
) -> oc_status_t {
    let Some(out) = explain else { return OC_ERR_NULL };
    on!(breaker, |b, c| {
        out.write(explain_of(b.explain(c.at(now))));
        OC_OK
    })
}

/// When something changes by time alone: the end of the open wait, of the stay in half-open, of the trial lease. `OC_NEVER`
/// if nothing does. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_next_deadline(breaker: Option<&oc_breaker_t>, now: u64) -> u64 {
    on!(breaker, |b, c| b.next_deadline(c.at(now)).map_or(OC_NEVER, Nanos::get), else |_status| OC_NEVER)
}

/// Carries out whatever has become due by `now`. Every other function does so by itself. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_settle(breaker: Option<&oc_breaker_t>, now: u64) -> oc_status_t {
    on!(breaker, |b, c| {
        b.settle(c.at(now));
        OC_OK
    })
}

/// Moves it to `state` by hand: `OC_STATE_CLOSED` closes it with an empty window, `OC_STATE_OPEN` opens it for the policy's
/// wait, and so on. `OC_ERR_NOT_ALLOWED` for closed to half-open and metrics-only to open or half-open. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_transition(
    breaker: Option<&oc_breaker_t>,
    to: oc_state_t,
    now: u64,
) -> oc_status_t {
    let Some(to) = state_from(to) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| match b.transition(to, c.at(now)) {
        Ok(()) => OC_OK,
        Err(_) => OC_ERR_NOT_ALLOWED,
    })
}

/// Opens it for `wait_ns`; `OC_ERR_NOT_ALLOWED` from metrics-only. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_open_for(breaker: Option<&oc_breaker_t>, wait_ns: u64, now: u64) -> oc_status_t {
    on!(breaker, |b, c| match b.open_for(Nanos::new(wait_ns), c.at(now)) {
        Ok(()) => OC_OK,
        Err(_) => OC_ERR_NOT_ALLOWED,
    })
}

/// Opens it until the time `until`; `OC_ERR_NOT_ALLOWED` from metrics-only. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_open_until(breaker: Option<&oc_breaker_t>, until: u64, now: u64) -> oc_status_t {
    on!(breaker, |b, c| match b.open_until(Nanos::new(until), c.at(now)) {
        Ok(()) => OC_OK,
        Err(_) => OC_ERR_NOT_ALLOWED,
    })
}

/// Closed, with an empty window, whatever it was. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_reset(breaker: Option<&oc_breaker_t>, now: u64) -> oc_status_t {
    on!(breaker, |b, c| {
        b.reset(c.at(now));
        OC_OK
    })
}

/// Reports a call of `length_ns` without a permit, to whatever generation is current: for hosts that cannot carry one. A late
/// result can then decide a trial it was not part of. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_record(
    breaker: Option<&oc_breaker_t>,
    outcome: oc_outcome_t,
    length_ns: u64,
    now: u64,
) -> oc_status_t {
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| {
        b.untracked().record(outcome, Nanos::new(length_ns), c.at(now));
        OC_OK
    })
}

/// `oc_breaker_record`, then, if the breaker is closed: open for `wait_ns`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_record_and_open_for(
    breaker: Option<&oc_breaker_t>,
    outcome: oc_outcome_t,
    length_ns: u64,
    wait_ns: u64,
    now: u64,
) -> oc_status_t {
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| {
        b.untracked().record_and_open_for(outcome, Nanos::new(length_ns), Nanos::new(wait_ns), c.at(now));
        OC_OK
    })
}

/// `oc_breaker_record`, then, if the breaker is closed: open until the time `until`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_record_and_open_until(
    breaker: Option<&oc_breaker_t>,
    outcome: oc_outcome_t,
    length_ns: u64,
    until: u64,
    now: u64,
) -> oc_status_t {
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, c| {
        b.untracked().record_and_open_until(outcome, Nanos::new(length_ns), Nanos::new(until), c.at(now));
        OC_OK
    })
}

/// Gives a trial permit back without carrying one: the counterpart of `oc_breaker_record`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_release(breaker: Option<&oc_breaker_t>, now: u64) -> oc_status_t {
    on!(breaker, |b, c| {
        b.untracked().release(c.at(now));
        OC_OK
    })
}

/// Whether the next call needs the time: 0 while a count-window breaker without a slow-call rule is closed, else 1. Where it
/// does not, use `oc_breaker_enter_untimed`: reading a clock costs more than the decision. Any thread, any interrupt
/// handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_needs_clock(breaker: Option<&oc_breaker_t>) -> i32 {
    on!(breaker, |b, _c| i32::from(b.needs_clock()), else |_status| 1)
}

/// `oc_breaker_enter` without the time. `OC_ERR_NEEDS_TIME` when the answer depends on it: read the clock and use
/// `oc_breaker_enter`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_enter_untimed(
    breaker: Option<&oc_breaker_t>,
    permit: Option<&mut MaybeUninit<oc_permit_t>>,
) -> oc_status_t {
    let Some(out) = permit else { return OC_ERR_NULL };
    on!(breaker, |b, _c| match b.enter_untimed() {
        Ok(permit) => {
            out.write(into_c(permit.into_raw()));
            OC_OK
        }
        Err(_) => OC_ERR_NEEDS_TIME,
    })
}

/// `oc_breaker_leave` without the time, for a permit of `oc_breaker_enter_untimed`. `OC_ERR_NEEDS_TIME` when the outcome was
/// recorded and the breaker must now open: read the clock and call `oc_breaker_settle`. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_leave_untimed(
    breaker: Option<&oc_breaker_t>,
    permit: Option<&oc_permit_t>,
    outcome: oc_outcome_t,
) -> oc_status_t {
    let Some(permit) = permit else { return OC_ERR_NULL };
    let Some(outcome) = outcome_of(outcome) else { return OC_ERR_ARGUMENT };
    on!(breaker, |b, _c| match b.leave_untimed(permit_of(permit), outcome) {
        Ok(()) => OC_OK,
        Err(_) => OC_ERR_NEEDS_TIME,
    })
}

/// Writes the state at `now` into `bytes` and its length into `*written`: at most 27 bytes and a quarter byte a call (window
/// of calls), or 43 and 8 a bucket (window of time). Remaining times with a version and a checksum, to be kept over a
/// restart. `OC_ERR_BUFFER_TOO_SHORT` if `length` is less.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_snapshot(
    breaker: Option<&oc_breaker_t>,
    now: u64,
    bytes: Option<NonNull<u8>>,
    length: usize,
    written: Option<&mut MaybeUninit<usize>>,
) -> oc_status_t {
    let (Some(bytes), Some(written)) = (bytes, written) else { return OC_ERR_NULL };
    // SAFETY: `length` writable bytes by the contract; they may be uninitialised, so they are zeroed first.
    let out = unsafe {
        bytes.write_bytes(0, length);
        core::slice::from_raw_parts_mut(bytes.as_ptr(), length)
    };
    on!(breaker, |b, c| match b.snapshot(out, c.at(now)) {
        Ok(length) => {
            written.write(length);
            OC_OK
        }
        Err(why) => snapshot_error(why),
    })
}

/// Takes up a state that `oc_breaker_snapshot` wrote, `off_ns` later (0 where that is not known: an open breaker then stays
/// open longer, never shorter). Bytes after the snapshot are ignored. For start-up. Returns the error of bytes that are no
/// snapshot of a breaker like this one; nothing was changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_breaker_restore(
    breaker: Option<&oc_breaker_t>,
    bytes: Option<&u8>,
    length: usize,
    off_ns: u64,
    now: u64,
) -> oc_status_t {
    let Some(bytes) = bytes else { return OC_ERR_NULL };
    // SAFETY: `length` readable bytes, by the contract.
    let bytes = unsafe { bytes_at(bytes, length) };
    on!(breaker, |b, c| match b.restore(bytes, Nanos::new(off_ns), c.at(now)) {
        Ok(()) => OC_OK,
        Err(why) => snapshot_error(why),
    })
}
