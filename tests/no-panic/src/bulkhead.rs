//! Concurrency limits.
use overcurrent::concurrency::Slot;
use overcurrent::{Bulkhead, Bulkhead32};

entry! { "decision":
    bulkhead_try_enter(b: &Bulkhead) = Bulkhead::try_enter(b);
    bulkhead_release(b: &Bulkhead) = Bulkhead::release(b);
    bulkhead_in_flight(b: &Bulkhead) = Bulkhead::in_flight(b);
    bulkhead_max(b: &Bulkhead) = Bulkhead::max(b);
    bulkhead_available(b: &Bulkhead) = Bulkhead::available(b);
    bulkhead32_try_enter(b: &Bulkhead32) = Bulkhead32::try_enter(b);
    bulkhead32_release(b: &Bulkhead32) = Bulkhead32::release(b);
    bulkhead32_in_flight(b: &Bulkhead32) = Bulkhead32::in_flight(b);
    bulkhead32_max(b: &Bulkhead32) = Bulkhead32::max(b);
    bulkhead32_available(b: &Bulkhead32) = Bulkhead32::available(b);
    slot_into_raw(slot: Slot) = Slot::into_raw(slot);
    slot_from_raw() = Slot::from_raw();
}

entry! { "other":
    bulkhead_new(max: u32) = Bulkhead::new(max);
    bulkhead_resize(b: &Bulkhead, max: u32) = Bulkhead::resize(b, max);
    bulkhead32_new(max: u32) = Bulkhead32::new(max);
    bulkhead32_resize(b: &Bulkhead32, max: u32) = Bulkhead32::resize(b, max);
}
