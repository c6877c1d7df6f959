//! Events.

use crate::breaker::oc_cell_t;
use crate::report::{OC_RULE_NONE, oc_rule_t, rule_of};
use crate::status::{OC_NEVER, oc_state_t, oc_status_t, reason_of, state_of, status_of};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use oc_status_t::{OC_ERR_ARGUMENT, OC_ERR_NULL, OC_NOTHING, OC_OK};
use overcurrent::event::{JournalSlot, JournalWords};
use overcurrent::{Event, EventKind, Nanos, Refusal};

/// A ring of the newest events: where its memory is. Constant, may be in flash.
///
/// Made by `OC_JOURNAL_INIT(cells)` over `OC_JOURNAL_CELLS(events)` cells, all zero at first; the number of events is a power
/// of two. When it is full the oldest event makes room and is counted. Every function may be called from any thread and
/// from interrupt handlers.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oc_journal_t {
    /// The memory: one array for each journal.
    pub cells: *mut oc_cell_t,
    /// How many cells there are.
    pub n_cells: u32,
    /// 0.
    pub reserved: u32,
}

/// Cells of a journal, beside four for each event.
pub const OC_JOURNAL_HEAD: u32 = 3;
const _: () = {
    assert!(size_of::<JournalWords<[JournalSlot; 1]>>() == 8 * (OC_JOURNAL_HEAD as usize + 4));
    assert!(align_of::<JournalWords<[JournalSlot; 1]>>() == align_of::<oc_cell_t>());
};

/// The journal behind a pointer; nothing for NULL or a size that is no power of two.
///
/// # Safety
/// The contract of pointers, for the one inside as well.
#[inline]
pub(crate) unsafe fn words<'a>(journal: *const oc_journal_t) -> Option<&'a JournalWords<[JournalSlot]>> {
    // SAFETY: NULL or a journal, by the contract.
    let journal = unsafe { journal.as_ref() }?;
    let cells = NonNull::new(journal.cells)?;
    let slots = (journal.n_cells as usize).checked_sub(OC_JOURNAL_HEAD as usize)? >> 2;
    if !slots.is_power_of_two() {
        return None;
    }
    let slots = core::ptr::slice_from_raw_parts(cells.as_ptr().cast_const().cast::<JournalSlot>(), slots);
    // SAFETY: `OC_JOURNAL_HEAD` cells and four for each slot, by the contract: the size of this, as checked above; every
    // word of it is an atomic that any bytes are a value of.
    Some(unsafe { &*(slots as *const JournalWords<[JournalSlot]>) })
}

/// What an event is about: one of the `OC_EVENT_` constants.
pub type oc_event_kind_t = i32;
/// A call was refused: `reason`, `retry_after_ns`.
pub const OC_EVENT_REFUSED: i32 = 1;
/// A breaker's rule was met: `rule`, `calls`, `counted`, `threshold`.
pub const OC_EVENT_TRIPPED: i32 = 2;
/// A breaker moved: `from`, `to`.
pub const OC_EVENT_TRANSITION: i32 = 3;
/// A breaker was reset by hand.
pub const OC_EVENT_RESET: i32 = 4;

/// One thing that happened. Fields that its kind does not name are 0, `rule` is then `OC_RULE_NONE`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oc_event_t {
    /// The time at which it took effect: the caller's, or the exact deadline of something that had become due.
    pub at_ns: u64,
    /// The wait of a refusal, `OC_NEVER` for none.
    pub retry_after_ns: u64,
    /// What it was.
    pub kind: oc_event_kind_t,
    /// The breaker's generation after the event.
    pub generation: u32,
    /// Why a call was refused; `OC_OK` in other events.
    pub reason: oc_status_t,
    /// The state it left.
    pub from: oc_state_t,
    /// The state it entered.
    pub to: oc_state_t,
    /// The rule that was met.
    pub rule: oc_rule_t,
    /// Calls in the window.
    pub calls: u32,
    /// Those that count for the rule.
    pub counted: u32,
    /// The rule's threshold.
    pub threshold: u32,
    /// 0.
    pub reserved: u32,
}

fn of(event: Event) -> oc_event_t {
    let mut c = oc_event_t {
        at_ns: event.at.get(),
        retry_after_ns: 0,
        kind: OC_EVENT_RESET,
        generation: u32::from(event.generation),
        reason: OC_OK,
        from: 0,
        to: 0,
        rule: OC_RULE_NONE,
        calls: 0,
        counted: 0,
        threshold: 0,
        reserved: 0,
    };
    match event.kind {
        EventKind::Refused(refusal) => {
            c.kind = OC_EVENT_REFUSED;
            c.reason = status_of(refusal.reason);
            c.retry_after_ns = refusal.retry_after.map_or(OC_NEVER, Nanos::get);
        }
        EventKind::Tripped(trip) => {
            c.kind = OC_EVENT_TRIPPED;
            c.rule = rule_of(trip.rule);
            (c.calls, c.counted, c.threshold) = (trip.calls, trip.counted, trip.threshold);
        }
        EventKind::Transition { from, to } => {
            c.kind = OC_EVENT_TRANSITION;
            (c.from, c.to) = (state_of(from), state_of(to));
        }
        // Resets, and kinds that a later engine may add.
        _ => {}
    }
    c
}

/// Takes the oldest event: `OC_OK`; `OC_NOTHING` if there is none (or it is being written at this moment); `OC_ERR_ARGUMENT`
/// if the number of cells fits no power of two of events. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_journal_pop(
    journal: Option<&oc_journal_t>,
    event: Option<&mut MaybeUninit<oc_event_t>>,
) -> oc_status_t {
    let (Some(journal), Some(out)) = (journal, event) else { return OC_ERR_NULL };
    // SAFETY: the contract of pointers.
    let Some(words) = (unsafe { words(journal) }) else { return OC_ERR_ARGUMENT };
    match words.pop() {
        Some(event) => {
            out.write(of(event));
            OC_OK
        }
        None => OC_NOTHING,
    }
}

/// How many events were dropped because the journal was full; 0 for an unusable one. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_journal_dropped(journal: Option<&oc_journal_t>) -> u64 {
    // SAFETY: the contract of pointers.
    journal.and_then(|journal| unsafe { words(journal) }).map_or(0, JournalWords::dropped)
}

/// How many events wait to be taken; 0 for an unusable journal. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_journal_length(journal: Option<&oc_journal_t>) -> u64 {
    // SAFETY: the contract of pointers.
    journal.and_then(|journal| unsafe { words(journal) }).map_or(0, JournalWords::len)
}

/// Notes that something other than a breaker refused a call: limiters, bulkheads and pipelines keep no journal themselves.
/// `reason` is what they returned; `OC_ERR_ARGUMENT` if that is not a refusal. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oc_journal_note_refusal(
    journal: Option<&oc_journal_t>,
    reason: i32,
    retry_after_ns: u64,
    now: u64,
) -> oc_status_t {
    let Some(journal) = journal else { return OC_ERR_NULL };
    // SAFETY: the contract of pointers.
    let Some(words) = (unsafe { words(journal) }) else { return OC_ERR_ARGUMENT };
    let Some(reason) = reason_of(reason) else { return OC_ERR_ARGUMENT };
    let retry_after = if retry_after_ns == OC_NEVER { None } else { Some(Nanos::new(retry_after_ns)) };
    let kind = EventKind::Refused(Refusal::new(reason, retry_after));
    words.record(&Event { at: Nanos::new(now), generation: 0, kind });
    OC_OK
}
