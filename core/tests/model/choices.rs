//! Decisions read from bytes: any bytes are a valid history, and shorter ones are simpler.

pub struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub fn bit(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    pub fn u64(&mut self) -> u64 {
        u64::from(self.u32()) | u64::from(self.u32()) << 32
    }

    /// A number of any size, small ones often.
    pub fn length(&mut self) -> u64 {
        let size = self.byte();
        match size {
            0..=191 => u64::from(size),
            192..=223 => u64::from(self.byte()) << (size & 31),
            224..=247 => self.u64() >> (size & 63),
            _ => u64::MAX - u64::from(self.byte()),
        }
    }

    /// `low` to `high`, both included.
    pub fn within(&mut self, low: u32, high: u32) -> u32 {
        let span = u64::from(high - low) + 1;
        let drawn = if span <= 256 { u64::from(self.byte()) } else { u64::from(self.u32()) };
        low + u32::try_from(drawn % span).expect("below the span")
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte()) % from.len()]
    }

    /// Removes one of `from`.
    pub fn take<T>(&mut self, from: &mut Vec<T>) -> Option<T> {
        let at = usize::from(self.byte());
        if from.is_empty() { None } else { Some(from.swap_remove(at % from.len())) }
    }
}

/// A clock whose readings are not in order: it goes on, stands, steps back, and is read late by callers that were
/// delayed. It never passes `end` (at the end of time itself a deadline of "never" is due).
pub struct Clock {
    now: u64,
    tick: u64,
    end: u64,
}

impl Clock {
    pub fn starting(choices: &mut Choices<'_>, tick: u64, end: u64) -> Self {
        let now = choices.pick(&[0, 1, 1 << 32, end / 2, end - (1 << 40)]);
        Self { now, tick, end }
    }

    pub fn read(&mut self, choices: &mut Choices<'_>) -> u64 {
        let how = choices.byte();
        let step = choices.length().saturating_mul(if how & 0x80 == 0 { self.tick } else { 1 });
        match how & 0x7f {
            0..=31 => {}
            32..=95 => self.now = self.now.saturating_add(step),
            96..=111 => self.now = self.now.saturating_sub(step),
            112..=123 => return self.now.saturating_sub(step), // somebody delayed
            _ => return self.now.saturating_add(step).min(self.end), // somebody ahead
        }
        self.now = self.now.min(self.end);
        self.now
    }
}
