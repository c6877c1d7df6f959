//! Random histories, played to each machine and its naive model at once. The fuzz targets play the same ones.
#![cfg(feature = "wide")]

mod model;

use proptest::prelude::*;

macro_rules! histories {
    ($($name:ident: $play:path;)*) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]
            $(
                #[test]
                fn $name(bytes in proptest::collection::vec(any::<u8>(), 0..1_500)) {
                    $play(&bytes);
                }
            )*
        }
    };
}

histories! {
    the_breaker_does_what_its_model_does: model::breaker::play;
    the_breaker_over_time_does_what_its_model_does: model::breaker::play_time;
    the_live_breaker_does_what_its_model_does: model::breaker::play_live;
    the_bulkhead_does_what_its_model_does: model::bulkhead::play;
    the_cycle_limiter_does_what_its_reference_does: model::cycle::play;
    the_tiny_breaker_does_what_the_model_does: model::tiny::play;
    the_small_breaker_does_what_its_model_does: model::tiny32::play;
    the_rate_limiter_does_what_its_model_does: model::gcra::play;
    the_small_rate_limiter_does_what_its_model_does: model::gcra32::play;
    the_retry_budget_does_what_its_account_does: model::budget::play;
    the_journal_and_the_counters_do_what_a_queue_does: model::journal::play;
}

#[test]
fn every_player_is_a_fuzz_target() {
    let targets = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    for (name, _) in model::PLAYERS {
        assert!(targets.join(name).with_extension("rs").exists(), "{name}");
    }
}
