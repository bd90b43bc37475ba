//! The stores that `store_contract` is run against here: the one in memory.

use std::sync::Arc;

use vestibule::sign_ins::{MemorySignInStore, SignInStore};

/// Runs a test for each store, with two accounts that may have sign-ins in it.
pub(crate) fn each<F: Future<Output = ()>>(
    test: impl Fn(Arc<dyn SignInStore>, [&'static str; 2]) -> F,
) {
    rocket::async_test(test(Arc::new(MemorySignInStore::new()), ["ann", "bob"]));
}
