//! Whom the contract of a ledger binds here: the one in memory.

use std::sync::Arc;

use vestibule::auth::{Ledger, MemoryLedger};

/// Runs a test for each ledger, with two accounts that it may keep sign-ins of.
pub(crate) fn each<F: Future<Output = ()>>(test: impl Fn(Arc<dyn Ledger>, [&'static str; 2]) -> F) {
    rocket::async_test(test(Arc::new(MemoryLedger::new()), ["ann", "bob"]));
}
