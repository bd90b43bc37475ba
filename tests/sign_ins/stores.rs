//! Whom the contract of a ledger binds here: the one in the database, on each database.

use std::sync::Arc;

use vestibule::SignInStore;
use vestibule_service::accounts::DieselSignInStore;
use vestibule_service::db::Db;

use super::helpers::{Environment, on_each};

/// Runs a test for each ledger, with two accounts that it may keep sign-ins of.
pub(crate) fn each<F: Future<Output = ()>>(
    test: impl Fn(Arc<dyn SignInStore>, [&'static str; 2]) -> F,
) {
    on_each(|on| {
        let environment = Environment::new(on);
        let client = environment.process(|figment| figment);
        let db = client.rocket().state::<Db>().expect("a database").clone();
        rocket::async_test(test(Arc::new(DieselSignInStore::new(db)), ["2", "3"]));
    });
}
