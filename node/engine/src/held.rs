//! Permits that are out, each under a small number.

use alloc::vec::Vec;

/// A table of what JavaScript holds by number. One thread's own; grows with the calls under way at once and keeps its room.
pub struct Held<T> {
    places: Vec<Place<T>>,
    /// The first free place, or their number.
    free: u32,
}

enum Place<T> {
    Taken(T),
    /// The next free place.
    Free(u32),
}

impl<T> Held<T> {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self { places: Vec::new(), free: 0 }
    }

    /// Keeps `value`, and says where.
    #[inline]
    pub fn put(&mut self, value: T) -> u32 {
        let at = self.free;
        match self.places.get_mut(at as usize) {
            Some(place) => {
                if let Place::Free(next) = *place {
                    self.free = next;
                }
                *place = Place::Taken(value);
            }
            None => {
                self.places.push(Place::Taken(value));
                self.free = at + 1;
            }
        }
        at
    }

    /// Takes out what is at `at`; nothing if it was taken out before.
    #[inline]
    pub fn take(&mut self, at: u32) -> Option<T> {
        let place = self.places.get_mut(at as usize)?;
        if let Place::Free(_) = place {
            return None;
        }
        match core::mem::replace(place, Place::Free(self.free)) {
            Place::Taken(value) => {
                self.free = at;
                Some(value)
            }
            Place::Free(_) => None,
        }
    }

    /// Takes out everything.
    pub fn drain(&mut self) -> impl Iterator<Item = T> {
        self.free = 0;
        self.places.drain(..).filter_map(|place| match place {
            Place::Taken(value) => Some(value),
            Place::Free(_) => None,
        })
    }

    /// Looks at what is at `at`.
    #[inline]
    #[must_use]
    pub fn get(&self, at: u32) -> Option<&T> {
        match self.places.get(at as usize)? {
            Place::Taken(value) => Some(value),
            Place::Free(_) => None,
        }
    }
}

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Held;
    use alloc::vec::Vec;

    #[test]
    fn places_are_used_again() {
        let mut held = Held::new();
        let [a, b, c] = ['a', 'b', 'c'].map(|value| held.put(value));
        assert_eq!((a, b, c), (0, 1, 2));
        assert_eq!(held.take(b), Some('b'));
        assert_eq!(held.take(b), None);
        assert_eq!(held.take(a), Some('a'));
        assert_eq!((held.put('d'), held.put('e'), held.put('f')), (a, b, 3));
        assert_eq!((held.get(a), held.get(c), held.get(9)), (Some(&'d'), Some(&'c'), None));
        held.take(c);
        assert_eq!(held.drain().collect::<Vec<_>>(), ['d', 'e', 'f']);
        assert_eq!((held.put('g'), held.get(b)), (0, None));
    }
}
