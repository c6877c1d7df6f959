//! The registry of names.
#![cfg(feature = "wide")]
#![cfg(feature = "heapless")]
use overcurrent::Bulkhead32;
use overcurrent::registry::{Refused, Registry};

static SHARED: std::sync::LazyLock<[Bulkhead32; 3]> =
    std::sync::LazyLock::new(|| [1, 2, 3].map(|max| Bulkhead32::new(max).unwrap()));

#[test]
fn names_are_unique_and_room_is_limited() {
    let [a, b, c] = &*SHARED;
    let mut registry = Registry::<Bulkhead32, 2>::default();
    assert!(registry.is_empty());
    registry.add("a", a).unwrap();
    registry.add("b", b).unwrap();
    assert_eq!(registry.add("a", c), Err(Refused::Taken));
    assert_eq!(registry.add("c", c), Err(Refused::Full));
    assert_eq!(registry.get("a").unwrap().max(), 1);
    assert_eq!(registry.remove("a").unwrap().max(), 1);
    assert!(registry.get("a").is_none());
    registry.add("c", c).unwrap();
    let mut names: Vec<_> = registry.iter().map(|(name, item)| (name, item.max())).collect();
    names.sort_unstable();
    assert_eq!((names, registry.len()), (vec![("b", 2), ("c", 3)], 2));
}
