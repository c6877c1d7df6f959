//! What gates answer.
use overcurrent::{ConfigError, Nanos, Reason, Refusal, State};

entry! { "decision":
    refusal_new(reason: Reason, wait: Option<Nanos>) = Refusal::new(reason, wait);
    reason_name(reason: Reason) = Reason::name(reason);
    state_name(state: State) = State::name(state);
}

entry! { "other":
    config_error_new(value: u64, min: u64, max: u64) = ConfigError::new("field", value, min, max);
}
