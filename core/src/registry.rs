//! A small table from names to gates, without allocation.

use core::fmt;
use heapless::LinearMap;

/// Up to `N` things of one type by name, for an operator's console or a metrics page.
///
/// Everything in it is `'static`: gates live in statics and are shared; the registry only knows where. Filled once, at
/// start, then read: lookups compare names one after the other.
///
/// ```
/// use overcurrent::{registry::{Registry, Refused}, Bulkhead};
/// static DATABASE: Bulkhead = match Bulkhead::new(8) {
///     Ok(bulkhead) => bulkhead,
///     Err(_) => panic!("checked by the compiler"),
/// };
/// let mut bulkheads = Registry::<Bulkhead, 4>::new();
/// bulkheads.add("database", &DATABASE).unwrap();
/// assert_eq!(bulkheads.add("database", &DATABASE), Err(Refused::Taken));
/// assert_eq!(bulkheads.get("database").unwrap().max(), 8);
/// assert!(bulkheads.get("cache").is_none());
/// ```
#[derive(Debug)]
pub struct Registry<T: ?Sized + 'static, const N: usize> {
    entries: LinearMap<&'static str, &'static T, N>,
}

/// Why a name could not be added; nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The name is in use.
    Taken,
    /// There are `N` entries already.
    Full,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Taken => "the name is in use",
            Self::Full => "the registry is full",
        })
    }
}

impl core::error::Error for Refused {}

impl<T: ?Sized + 'static, const N: usize> Default for Registry<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ?Sized + 'static, const N: usize> Registry<T, N> {
    /// An empty registry.
    pub const fn new() -> Self {
        Self { entries: LinearMap::new() }
    }

    /// Adds `item` as `name`.
    ///
    /// # Errors
    /// The name is in use, or the registry is full.
    pub fn add(&mut self, name: &'static str, item: &'static T) -> Result<(), Refused> {
        if self.entries.contains_key(&name) {
            return Err(Refused::Taken);
        }
        self.entries.insert(name, item).map(|_| ()).map_err(|_| Refused::Full)
    }

    /// What is called `name`.
    pub fn get(&self, name: &str) -> Option<&'static T> {
        self.iter().find_map(|(known, item)| (known == name).then_some(item))
    }

    /// Takes `name` out.
    pub fn remove(&mut self, name: &'static str) -> Option<&'static T> {
        self.entries.remove(&name)
    }

    /// Every name and what it stands for; in no particular order once something was removed.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &'static T)> {
        self.entries.iter().map(|(name, item)| (*name, *item))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
