//! The models are in `tests/`, one file a machine; `mutations.txt` names the planted faults that each must catch.
//! Run them with `make loom`.
