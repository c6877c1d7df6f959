//! What limiters, bulkheads and breakers answer.

use crate::status::{OC_NEVER, oc_status_t, status_of};
use crate::twin::{put, twin};
use core::mem::MaybeUninit;
use overcurrent::limit::RawReservation;
use overcurrent::{Nanos, Refusal};

/// Why a call was refused, and how long to wait before asking again.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oc_refusal_t {
    /// Why; the same as the function returns.
    pub reason: oc_status_t,
    /// In a pipeline: the number of the gate whose refusal this is, from 0.
    pub gate: u32,
    /// Nanoseconds after which the same call could be admitted if nobody else comes first; `OC_NEVER` when time alone will
    /// not help.
    pub retry_after_ns: u64,
}

/// Permits taken, usable from `ready_at_ns` on. Cancel it once at most.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct oc_reservation_t {
    /// Private.
    pub before: u64,
    /// Private.
    pub after: u64,
    /// The first instant at which the call may be made.
    pub ready_at_ns: u64,
    /// How long that is from the `now` of the reservation; 0 for at once.
    pub wait_ns: u64,
}
twin!(oc_reservation_t => RawReservation);

/// A refusal as C sees it.
pub(crate) const fn of(refusal: Refusal, gate: u32) -> oc_refusal_t {
    let retry_after_ns = match refusal.retry_after {
        Some(wait) => Nanos::get(wait),
        None => OC_NEVER,
    };
    oc_refusal_t { reason: status_of(refusal.reason), gate, retry_after_ns }
}

/// Stores a refusal, if it is wanted, and says why.
pub(crate) fn refuse(out: Option<&mut MaybeUninit<oc_refusal_t>>, gate: u32, refusal: Refusal) -> oc_status_t {
    put(out, of(refusal, gate));
    status_of(refusal.reason)
}

/// Why there is no permit: refused, or there is nothing that could be asked.
pub(crate) enum No {
    /// The gate said no.
    Refused(Refusal),
    /// A pointer is NULL, or what it points to makes no gate.
    Unusable(oc_status_t),
}

impl No {
    /// Stores a refusal, if it is one and wanted, and says why.
    #[cold]
    #[inline(never)]
    pub(crate) fn say(self, out: Option<&mut MaybeUninit<oc_refusal_t>>, gate: u32) -> oc_status_t {
        match self {
            Self::Refused(refusal) => refuse(out, gate, refusal),
            Self::Unusable(status) => status,
        }
    }
}
