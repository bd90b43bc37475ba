//! Whom the contract of a ledger binds here: the one in memory.

use std::sync::Arc;

use vestibule::{MemorySignInStore, SignInStore};

/// Runs a test for each ledger, with two accounts that it may keep sign-ins of.
pub(crate) fn each<F: Future<Output = ()>>(
    test: impl Fn(Arc<dyn SignInStore>, [&'static str; 2]) -> F,
) {
    rocket::async_test(test(Arc::new(MemorySignInStore::new()), ["ann", "bob"]));
}
