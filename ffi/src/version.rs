//! The version of the interface.

/// The version of this interface: grows when a struct, a function or a meaning changes in a way that old callers notice.
pub const OC_ABI_VERSION: u32 = 1;

/// The interface version of the library that was linked. Compare with `OC_ABI_VERSION`, which your code was compiled
/// with. Any thread, any interrupt handler.
#[unsafe(no_mangle)]
pub extern "C" fn oc_abi_version() -> u32 {
    OC_ABI_VERSION
}
