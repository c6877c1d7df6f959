//! Numbers of what was refused.

use crate::status::{oc_status_t, reason_of};
use crate::twin::{state, twin};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_ERR_ARGUMENT, OC_ERR_NULL, OC_OK};
use overcurrent::event::{Event, EventKind};
use overcurrent::{Counters, Nanos, Observer, Reason, Refusal, Rejections};

/// Counts refusals, and how often breakers trip, change state and are reset. All zero at first; its fields are private.
///
/// Attach it to breakers by their `counters`; what other gates and pipelines refuse is told with
/// `oc_counters_note_refusal`. Every function may be called from any thread and from interrupt handlers, the same one in
/// both.
#[repr(C, align(8))]
pub struct oc_counters_t {
    /// Private.
    pub words: [u64; 16],
}

/// Words for counters that later versions may add.
const SPARE: usize = 16 - (size_of::<Counters>() + size_of::<Rejections>()) / 8;

/// What lies in an `oc_counters_t`.
#[repr(C)]
pub(crate) struct Tally {
    counters: Counters,
    rejections: Rejections,
    spare: [u64; SPARE],
}
twin!(oc_counters_t => Tally);

/// What `oc_counters_get` read: each number is exact, and numbers may be of slightly different instants.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_counts_t {
    /// Calls refused, by reason: `refused[OC_BREAKER_OPEN]` and so on; the other places are 0.
    pub refused: [u64; 16],
    /// Calls refused for any reason.
    pub refusals: u64,
    /// Rules met by a breaker.
    pub trips: u64,
    /// Changes of a breaker's state.
    pub transitions: u64,
    /// Resets by hand.
    pub resets: u64,
}

/// The counters behind a pointer.
///
/// # Safety
/// The contract of pointers.
#[inline]
pub(crate) unsafe fn parts<'a>(counters: Option<NonNull<oc_counters_t>>) -> Option<(&'a Counters, &'a Rejections)> {
    // SAFETY: the contract of pointers.
    unsafe { state(counters) }.map(|tally| (&tally.counters, &tally.rejections))
}

/// The numbers now. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_counters_get(
    counters: Option<NonNull<oc_counters_t>>,
    counts: Option<&mut MaybeUninit<oc_counts_t>>,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let (Some((counters, _)), Some(out)) = (unsafe { parts(counters) }, counts) else { return OC_ERR_NULL };
    let seen = counters.get();
    let mut counts = oc_counts_t {
        refused: [0; 16],
        refusals: seen.refusals(),
        trips: seen.trips,
        transitions: seen.transitions,
        resets: seen.resets,
    };
    for reason in Reason::ALL {
        let place = usize::try_from(crate::status::status_of(reason) as i32).ok();
        if let Some(place) = place.and_then(|at| counts.refused.get_mut(at)) {
            *place = seen.refused(reason);
        }
    }
    out.write(counts);
    OC_OK
}

/// Calls that a breaker refused in its present stay: in `generation`, as `oc_metrics_t` tells it; 0 if that is not the newest
/// that refused, or for NULL. Only for counters of one breaker. Resilience4j's "not permitted calls". Any thread, any
/// interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_counters_rejections(counters: Option<NonNull<oc_counters_t>>, generation: u32) -> u64 {
    // SAFETY: the contract of pointers.
    match (unsafe { parts(counters) }, u16::try_from(generation)) {
        (Some((_, rejections)), Ok(generation)) => rejections.of(generation),
        _ => 0,
    }
}

/// Counts that something other than a breaker with these counters refused a call: limiters, bulkheads, retry budgets and
/// pipelines have none themselves (what a breaker with counters refuses inside a pipeline, it counts itself). `reason` is what
/// they returned; `OC_ERR_ARGUMENT` if that is not a refusal. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_counters_note_refusal(
    counters: Option<NonNull<oc_counters_t>>,
    reason: i32,
) -> oc_status_t {
    // SAFETY: the contract of pointers.
    let Some((counters, _)) = (unsafe { parts(counters) }) else { return OC_ERR_NULL };
    let Some(reason) = reason_of(reason) else { return OC_ERR_ARGUMENT };
    let kind = EventKind::Refused(Refusal::new(reason, None));
    counters.observe(Event { at: Nanos::ZERO, generation: 0, kind });
    OC_OK
}
