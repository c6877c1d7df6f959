//! Random histories, played to each machine and its naive model at once. The fuzz targets play the same ones.
#![cfg(feature = "wide")]

mod model;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_breaker_does_what_its_model_does(bytes in proptest::collection::vec(any::<u8>(), 0..1_500)) {
        model::breaker::play(&bytes);
    }
}

#[test]
fn every_player_is_a_fuzz_target() {
    let targets = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    for (name, _) in model::PLAYERS {
        assert!(targets.join(name).with_extension("rs").exists(), "{name}");
    }
}
