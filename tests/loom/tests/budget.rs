//! The retry budget under every interleaving.
#![cfg(overcurrent_loom)]

use loom::sync::Arc;
use loom::thread;
use overcurrent::Nanos;
use overcurrent::retry::{RetryBudget, RetryBudgetConfig};

fn budget(ratio: u32) -> Arc<RetryBudget> {
    Arc::new(RetryBudget::new(RetryBudgetConfig::new().ratio(ratio).min_per_second(0).cap(1).build().unwrap()))
}

/// One saved retry and two takers.
#[test]
fn never_overspends() {
    loom::model(|| {
        let budget = budget(0);
        let theirs = budget.clone();
        let other = thread::spawn(move || theirs.try_withdraw(Nanos::ZERO).is_ok());
        let mine = budget.try_withdraw(Nanos::ZERO).is_ok();
        let retries = u32::from(mine) + u32::from(other.join().unwrap());
        assert_eq!(retries, 1, "spent is not what was saved");
    });
}

/// A withdrawal and a payment beside two more payments: each is booked once.
#[test]
fn every_payment_is_booked_once() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let budget = budget(250);
        let _ = budget.try_withdraw(Nanos::ZERO).unwrap();
        let pay = |budget: &Arc<RetryBudget>| {
            let budget = budget.clone();
            thread::spawn(move || budget.deposit(Nanos::ZERO))
        };
        let (a, b) = (pay(&budget), pay(&budget));
        budget.deposit(Nanos::ZERO);
        a.join().unwrap();
        b.join().unwrap();
        assert!(budget.try_withdraw(Nanos::ZERO).is_err(), "three quarters bought a whole retry");
        budget.deposit(Nanos::ZERO);
        assert!(budget.try_withdraw(Nanos::ZERO).is_ok(), "a payment was lost");
    });
}
