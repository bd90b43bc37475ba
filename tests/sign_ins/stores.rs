//! The stores that `store_contract` is run against here: the one of the service, on each database.

use std::sync::Arc;

use vestibule::sign_ins::SignInStore;
use vestibule_service::accounts::DieselSignInStore;
use vestibule_service::db::Db;

use super::helpers::{Environment, on_each};

/// Runs a test for each store, with two accounts that may have sign-ins in it.
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
