//! Functions that the gate must refuse, each behind a feature of its own: the gate's own test.
#![allow(unused_macros, unused_imports)]

#[cfg(feature = "control-index")]
entry! { "decision":
    control_index(table: &[u32; 4], index: usize) = table[index];
}

#[cfg(feature = "control-division")]
entry! { "decision":
    control_division(value: u64, by: u64) = value.checked_div(by);
}

#[cfg(feature = "control-float")]
entry! { "other":
    control_float(value: f64, by: f64) = value * by;
}
