//! What a breaker's windows take in and give out.

/// One outcome, as the windows keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub failed: bool,
    pub slow: bool,
}

/// A window's sums at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub calls: u32,
    pub failed: u32,
    pub slow: u32,
}

/// One stay with one window: the generation, and whether it is the half-open trials' window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch {
    pub generation: u16,
    pub trial: bool,
}

/// What became of an outcome that was brought to a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It belongs to an older generation and was dropped.
    Stale,
    /// The window had its `limit` of calls already; it was dropped, and these totals are final.
    Full(Totals),
    /// It was counted, and made these totals.
    Counted(Totals),
}
