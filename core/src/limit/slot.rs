//! One set of a live limiter's settings, in atomic words.

use super::rate::Quota;
use super::scale::Scale;
use super::step::{Ask, END_OF_TIME, NEVER};
use crate::sync::{AtomicU64, Relaxed, const_new};
use crate::time::Nanos;

/// The units in a live limiter's word; the two bits above count the settings.
pub(super) const UNITS: u64 = (1 << 62) - 1;

#[inline(always)]
const fn within(units: u64) -> u64 {
    if units < UNITS { units } else { UNITS }
}

/// What a decision needs of the settings.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    pub(super) scale: Scale,
    pub(super) unit: u64,
    pub(super) cap: u64,
}

/// What a wait needs besides.
#[derive(Clone, Copy)]
pub(super) struct PerPeriod {
    pub(super) permits: u64,
    pub(super) per: u64,
}

/// One set of settings, in as few words as a decision can do with.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Slot {
    high: AtomicU64,
    low: AtomicU64,
    cap: AtomicU64,
    /// The unit, and whether the scale is whole: its highest bit is free, see [`Slot::LATTICE`].
    tail: AtomicU64,
    permits: AtomicU64,
    per: AtomicU64,
}

impl Slot {
    const LATTICE: u64 = 1 << 63;

    const fn tail(quota: &Quota) -> u64 {
        quota.unit | if quota.scale.whole != 0 { 0 } else { Self::LATTICE }
    }

    const_new! {
        pub(super) fn new(quota: &Quota) -> Self {
            Self {
                high: AtomicU64::new(quota.scale.high),
                low: AtomicU64::new(quota.scale.low),
                cap: AtomicU64::new(quota.cap),
                tail: AtomicU64::new(Self::tail(quota)),
                permits: AtomicU64::new(quota.permits),
                per: AtomicU64::new(quota.per),
            }
        }
    }

    /// Whether it never held a set: no unit is 0.
    #[inline(always)]
    pub(super) fn is_blank(&self) -> bool {
        // Relaxed: once written, by the constructor, it is not 0 again.
        self.tail.load(Relaxed) == 0
    }

    // Loads and stores are Relaxed: the word orders them, see `LiveGcra::decide` and `LiveGcra::change`.
    #[inline(always)]
    pub(super) fn terms(&self) -> Terms {
        let tail = self.tail.load(Relaxed);
        let whole = tail & Self::LATTICE == 0;
        let scale = Scale { high: self.high.load(Relaxed), low: self.low.load(Relaxed), whole: u64::from(whole) };
        Terms { scale, unit: tail & !Self::LATTICE, cap: self.cap.load(Relaxed) }
    }

    pub(super) fn per_period(&self) -> PerPeriod {
        PerPeriod { permits: self.permits.load(Relaxed), per: self.per.load(Relaxed) }
    }

    pub(super) fn store(&self, quota: &Quota) {
        self.high.store(quota.scale.high, Relaxed);
        self.low.store(quota.scale.low, Relaxed);
        self.cap.store(quota.cap, Relaxed);
        self.tail.store(Self::tail(quota), Relaxed);
        self.permits.store(quota.permits, Relaxed);
        self.per.store(quota.per, Relaxed);
    }
}

impl Terms {
    /// The settings as given (the initial fill reads as the burst).
    pub(super) const fn quota(&self, of: PerPeriod) -> Quota {
        let burst = match self.cap.checked_div(self.unit) {
            Some(burst) => burst,
            None => 1, // a unit is at least 1
        };
        let (scale, unit, cap) = (self.scale, self.unit, self.cap);
        Quota { scale, unit, cap, permits: of.permits, per: of.per, burst, initial: burst }
    }

    #[inline(always)]
    pub(super) const fn units(&self, now: Nanos) -> u64 {
        within(self.scale.units(now.get()))
    }

    /// `n` permits at `now`, no waiting; an error is the target of a refusal.
    #[inline(always)]
    pub(super) const fn ask(&self, n: u32, now: Nanos) -> Result<Ask, u64> {
        match self.unit.checked_mul(n as u64) {
            Some(cost) if cost <= self.cap => {
                let units = within(self.scale.units_at_hand(now.get()));
                Ok(Ask { now: units, latest: units, judged: cost, charged: cost, cap: self.cap, end: UNITS })
            }
            _ => Err(NEVER),
        }
    }

    /// The same, with what exceeds the burst as a debt.
    #[inline(always)]
    pub(super) const fn ask_debt(&self, n: u32, now: Nanos) -> Result<Ask, u64> {
        let Some(charged) = self.unit.checked_mul(n as u64) else {
            return Err(END_OF_TIME);
        };
        let judged = if charged < self.cap { charged } else { self.cap };
        let units = self.units(now);
        Ok(Ask { now: units, latest: units, judged, charged, cap: self.cap, end: UNITS })
    }
}
