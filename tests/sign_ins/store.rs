//! The library's store on the service's pool, on each database.

use std::error::Error as _;

use diesel::connection::SimpleConnection;
use diesel::migration::{MigrationVersion, Result};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use vestibule::database::{AccountLock, DieselSignInStore, DieselThrottle, sign_ins};
use vestibule::sign_ins::SignInStore;
use vestibule::testing::check_sign_in_store;
use vestibule::throttle::ThrottleStore;
use vestibule::{Error, ErrorKind};
use vestibule_service::accounts::queries::lock_account;
use vestibule_service::db::{AnyConnection, Db};

use super::helpers::{Environment, USER_01, on_each};
use crate::support::app::on_both;

#[test]
fn the_store_keeps_the_contract() {
    on_each(|on| {
        let environment = Environment::new(on);
        let client = environment.process(|figment| figment);
        let db = client.rocket().state::<Db>().expect("a database").clone();
        let store = DieselSignInStore::new(db).lock_account(lock_account);
        rocket::async_test(check_sign_in_store(store, ["2", "3"]));
    });
}

#[test]
fn without_its_table_the_check_of_each_store_says_so_and_names_it() {
    on_each(|on| {
        let environment = Environment::new(on);
        let client = environment.process(|figment| figment);
        let db = client.rocket().state::<Db>().expect("a database").clone();
        let (store, throttle) =
            (DieselSignInStore::new(db.clone()), DieselThrottle::new(db.clone()));
        let check = || rocket::async_test(async { [store.check().await, throttle.check().await] });
        assert!(check().iter().all(|checked| checked.is_ok()));
        let sql = "ALTER TABLE sign_ins RENAME TO gone; ALTER TABLE throttle RENAME TO gone_too";
        rocket::async_test(
            db.run(move |connection| connection.batch_execute(sql).map_err(Error::from)),
        )
        .expect("the tables");
        for (checked, table) in check().into_iter().zip(["sign_ins", "throttle"]) {
            let error = checked.expect_err("a missing table");
            assert_eq!(error.kind(), ErrorKind::Internal, "{table}");
            let cause = error.source().expect("a cause").to_string();
            assert!(cause.contains(&format!("`{table}` is missing")), "{cause}");
        }
    });
}

#[test]
fn no_sign_in_is_stored_for_a_user_who_is_deactivated_or_does_not_exist() {
    on_both(|app| {
        app.sql("UPDATE users SET active = FALSE WHERE username = 'user_01'");
        let connection = &mut app.connection();
        let mut lock = |account: &str| lock_account(connection, account, AccountLock::Shared);
        for account in [&*USER_01.to_string(), "999", "no number"] {
            let refused = lock(account).expect_err("refused");
            assert_eq!(refused.kind(), ErrorKind::AccountInactive, "{account}");
        }
        lock(&app.id("user_02").to_string()).expect("an active user");
    });
}

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Reverts the migration to the library's table and those after it, and applies them again.
fn go_back_and_forth<D: diesel::backend::Backend>(
    harness: &mut impl MigrationHarness<D>,
    all: fn() -> EmbeddedMigrations,
) -> Result<()>
where
    EmbeddedMigrations: diesel::migration::MigrationSource<D>,
{
    let to_library = MigrationVersion::from("20261128000700");
    while harness.revert_last_migration(all())? != to_library {}
    harness.run_pending_migrations(all())?;
    Ok(())
}

#[test]
fn sign_ins_outlast_the_migration_to_the_library_s_table_and_back() {
    on_both(|app| {
        let (_person, program) = (app.session("user_01"), app.token("user_01"));
        let connection = &mut app.connection();
        let before = sign_ins::list(connection, &USER_01.to_string()).expect("rows");
        assert_eq!(before.len(), 2);
        match connection {
            AnyConnection::Sqlite(sqlite) => go_back_and_forth(sqlite, || SQLITE),
            AnyConnection::Postgres(postgres) => go_back_and_forth(postgres, || POSTGRES),
        }
        .expect("good migrations");
        assert_eq!(sign_ins::list(connection, &USER_01.to_string()).expect("rows"), before);
        assert_eq!(program.get("/api/me").status, 200);
    });
}
