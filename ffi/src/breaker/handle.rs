//! A breaker as C keeps it: where its settings, its memory and its listeners are.

use super::live::oc_live_policy_t;
use crate::counters::oc_counters_t;
use crate::journal::oc_journal_t;
use crate::policy::oc_policy_t;
use crate::status::{oc_error_t, oc_status_t, refused};
use crate::twin::{config, state, twin};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_ERR_ARGUMENT, OC_ERR_NULL, OC_OK};
use overcurrent::breaker::{AnyHistory, Bucket, CountHistory, PolicyRef, RawPermit, RingWord, StateCells, TimeHistory};
use overcurrent::event::{Counters, JournalSlot, JournalWords};
use overcurrent::{At, Breaker, ConfigError, Nanos, Permit, Policy, Rejections, Window};

/// Eight bytes of a breaker's or a journal's memory. All zero is a good start. Private.
#[repr(C, align(8))]
pub struct oc_cell_t {
    /// Private.
    pub word: u64,
}

/// A circuit breaker: where its settings and its memory are. Constant, may be in flash; any number of threads may use it.
///
/// Made by `OC_BREAKER_INIT(policy, cells)` and its relatives, or filled by hand. The memory is an array of `oc_cell_t`, all
/// zero at first: `OC_CALLS_CELLS(calls)` of them for a window of calls, `OC_TIME_CELLS(buckets)` for one of time. Every
/// function that takes one may be called from any thread and from interrupt handlers, the same one in both.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oc_breaker_t {
    /// The settings; those at the start, if `live` is not NULL.
    pub policy: *const oc_policy_t,
    /// The memory: one array for each breaker.
    pub cells: *mut oc_cell_t,
    /// Where events go; NULL for nowhere.
    pub journal: *const oc_journal_t,
    /// How many cells there are.
    pub n_cells: u32,
    /// What spreads a jittered `open_for`, different on every machine; 0: waits are not spread.
    pub seed: u32,
    /// Where `oc_breaker_reconfigure` puts settings, all zero at first: one for each breaker. NULL: the settings stay.
    pub live: *mut oc_live_policy_t,
    /// What counts refusals, trips and transitions; NULL for nothing. Several breakers may share one.
    pub counters: *mut oc_counters_t,
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

type Ears<'a> = (Option<&'a JournalWords<[JournalSlot]>>, Option<(&'a Counters, &'a Rejections)>);
/// A breaker for the length of one call.
pub(crate) type View<'a> = Breaker<AnyHistory<'a>, PolicyRef<'a>, Ears<'a>>;

/// What a breaker over calls whose settings stay consists of, beside its listeners.
pub(super) type Plain<'a> = (&'a Policy, &'a CountHistory<[RingWord]>);

impl oc_breaker_t {
    /// The breaker that this points to.
    ///
    /// # Safety
    /// The contract of pointers, for those inside as well.
    #[inline(never)]
    pub(crate) unsafe fn view(&self) -> Result<View<'_>, oc_status_t> {
        // SAFETY: an `oc_policy_t` or NULL, by the contract.
        let (Some(first), Some(cells)) = (config(unsafe { self.policy.as_ref() }), NonNull::new(self.cells)) else {
            return Err(OC_ERR_NULL);
        };
        let history = match first.window() {
            Window::Calls(_) => {
                // SAFETY: the contract of pointers.
                AnyHistory::Count(unsafe { self.calls(cells) }.ok_or(OC_ERR_ARGUMENT)?)
            }
            Window::Time { .. } => {
                let rest = (self.n_cells as usize).checked_sub(OC_TIME_HEAD as usize).ok_or(OC_ERR_ARGUMENT)?;
                let words = core::ptr::slice_from_raw_parts(cells.as_ptr().cast_const().cast::<Bucket>(), rest >> 1);
                // SAFETY: `OC_TIME_HEAD` cells and two for each bucket by the contract, which is the size of this (checked
                // above at compile time); every word of it is an atomic that any bytes are a value of.
                AnyHistory::Time(unsafe { &*(words as *const TimeHistory<[Bucket], [RingWord; TRIAL_WORDS]>) })
            }
        };
        // SAFETY: the contract of pointers.
        let (live, journal, counters) = unsafe {
            (
                state(NonNull::new(self.live)),
                crate::journal::words(self.journal),
                crate::counters::parts(NonNull::new(self.counters)),
            )
        };
        let policy = match live {
            Some(live) => PolicyRef::live(first, live),
            None => PolicyRef::fixed(first),
        };
        Ok(Breaker::view(policy, history, (journal, counters)))
    }

    /// The memory as that of a breaker over calls; `None`: too few cells.
    ///
    /// # Safety
    /// The contract of pointers.
    #[inline(always)]
    unsafe fn calls(&self, cells: NonNull<oc_cell_t>) -> Option<&CountHistory<[RingWord]>> {
        let ring = (self.n_cells as usize).checked_sub(OC_CALLS_HEAD as usize)?;
        let words = core::ptr::slice_from_raw_parts(cells.as_ptr().cast_const().cast::<RingWord>(), ring);
        // SAFETY: as in `view`, with `OC_CALLS_HEAD` cells and one for each word of the ring.
        Some(unsafe { &*(words as *const CountHistory<[RingWord]>) })
    }

    /// The common case, which is the same for both kinds: closed.
    ///
    /// # Safety
    /// The contract of pointers, for those inside as well.
    #[inline(always)]
    pub(super) unsafe fn enter_if_closed(&self, now: u64) -> Option<Permit> {
        if self.cells.is_null() || self.policy.is_null() || self.n_cells < OC_CALLS_HEAD {
            return None; // and why is said by `view`
        }
        // SAFETY: at least `OC_CALLS_HEAD` cells; memory of either kind begins with the cells of the state.
        unsafe { &*self.cells.cast_const().cast::<StateCells>() }.enter_if_closed(Nanos::new(now))
    }

    /// Settings and memory of a breaker over calls whose settings stay: what most calls need, without its listeners. `None`: it
    /// is another one, or not usable, and why is said by `view`.
    ///
    /// # Safety
    /// The contract of pointers, for those inside as well.
    #[inline(always)]
    pub(super) unsafe fn plain(&self) -> Option<Plain<'_>> {
        // SAFETY: an `oc_policy_t` or NULL, by the contract.
        let (policy, cells) = (config(unsafe { self.policy.as_ref() })?, NonNull::new(self.cells)?);
        if !self.live.is_null() || !matches!(policy.window(), Window::Calls(_)) {
            return None;
        }
        // SAFETY: the contract of pointers.
        Some((policy, unsafe { self.calls(cells) }?))
    }

    /// The time with random bits made from it and the seed, if there is one.
    #[inline(always)]
    pub(crate) const fn at(&self, now: u64) -> At {
        At { now: Nanos::new(now), random: if self.seed == 0 { 0 } else { crate::backoff::random(now, self.seed) } }
    }
}

#[inline(always)]
pub(crate) const fn permit_of(permit: &oc_permit_t) -> Permit {
    Permit::from_raw(RawPermit { entered: permit.entered_ns, word: permit.word })
}

/// Whether policy and memory fit: call it once at start-up, since nothing else checks that there are enough cells.
///
/// Returns `OC_ERR_CONFIG` and fills `error` (may be NULL) with what does not fit, `OC_ERR_ARGUMENT` for fewer cells than any
/// breaker needs. Any thread, any interrupt handler.
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
    let (Some(raw), Some(policy)) = (policy, config(policy)) else { return OC_ERR_NULL };
    let calls = c.n_cells.saturating_sub(OC_CALLS_HEAD).saturating_mul(16).min(32_767);
    let buckets = c.n_cells.saturating_sub(OC_TIME_HEAD) >> 1;
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
