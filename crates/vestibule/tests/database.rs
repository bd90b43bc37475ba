//! The store in a database of an application's own, without the service: on diesel's pool and on
//! that of `rocket_sync_db_pools`.

use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel_migrations::MigrationHarness;
use rocket::error::ErrorKind;
use rocket::figment::Figment;
use rocket::http::Status;
use rocket::local::blocking::Client;
use rocket::{Build, Orbit, Rocket, get, routes};
use rocket_sync_db_pools::database;
use tempfile::TempDir;
use vestibule::database::{DieselSignInStore, SQLITE_MIGRATIONS, sync_db_pool};
use vestibule::sign_ins::{MemorySignInStore, SignInStore};
use vestibule::testing::{ActAs, blocking as testing, check_sign_in_store};
use vestibule::{Account, Auth, CurrentUser};

#[database("main")]
#[expect(dead_code, reason = "its pool is used, and no connection of it")]
struct Db(SqliteConnection);

#[derive(Clone)]
struct User;

#[rocket::async_trait]
impl Account for User {
    type Id = u32;
    type Error = Infallible;

    fn id(&self) -> u32 {
        7
    }

    async fn find(_: &Rocket<Orbit>, id: &u32) -> Result<Option<Self>, Infallible> {
        Ok((*id == 7).then_some(Self))
    }
}

#[get("/")]
fn page(_user: CurrentUser<User>) -> &'static str {
    "in"
}

#[derive(Debug)]
struct Wait;

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for Wait {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        connection
            .batch_execute("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL;")
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

fn file(directory: &TempDir) -> String {
    directory.path().join("app.sqlite3").to_str().expect("a path").to_owned()
}

/// A pool on a new file with the table.
fn pool(directory: &TempDir) -> Pool<ConnectionManager<SqliteConnection>> {
    let manager = ConnectionManager::new(file(directory));
    let pool = Pool::builder().max_size(4).connection_customizer(Box::new(Wait)).build(manager);
    let pool = pool.expect("a pool");
    let mut connection = pool.get().expect("a connection");
    connection.run_pending_migrations(SQLITE_MIGRATIONS).expect("a table");
    pool
}

fn application(directory: &TempDir) -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("databases.main.url", file(directory)))
        .merge(("auth.token.secret", "at least 32 bytes, of a test alone"));
    let auth = Auth::fairing().store_at_ignition(|rocket| {
        Some(DieselSignInStore::new(sync_db_pool::<Db, SqliteConnection>(rocket)?))
    });
    rocket::custom(figment).attach(Db::fairing()).attach(auth).mount("/", routes![page])
}

#[test]
fn the_store_on_a_pool_of_diesel_keeps_the_contract() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = DieselSignInStore::new(pool(&directory));
    rocket::async_test(check_sign_in_store(store, ["ann", "7"]));
}

#[test]
fn the_store_in_memory_keeps_the_contract() {
    rocket::async_test(check_sign_in_store(MemorySignInStore::new(), ["ann", "7"]));
}

#[test]
fn a_sign_in_survives_a_restart_of_an_application_on_rocket_sync_db_pools() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    drop(pool(&directory));
    let client = Client::untracked(application(&directory)).expect("a launch");
    let program = testing::token(&client, &User).expect("a sign-in");
    assert_eq!(client.get("/").act_as(&program).dispatch().status(), Status::Ok);
    drop(client);
    let client = Client::untracked(application(&directory)).expect("a launch");
    assert_eq!(client.get("/").act_as(&program).dispatch().status(), Status::Ok);
}

#[test]
fn without_the_table_a_request_is_503_and_not_401() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    drop(pool(&directory));
    let client = Client::untracked(application(&directory)).expect("a launch");
    let program = testing::token(&client, &User).expect("a sign-in");
    drop(client);
    std::fs::remove_file(Path::new(&file(&directory))).expect("the file");
    let client = Client::untracked(application(&directory)).expect("a launch");
    assert_eq!(client.get("/").act_as(&program).dispatch().status(), Status::ServiceUnavailable);
}

#[test]
fn a_store_that_cannot_be_made_aborts_the_launch() {
    let auth = Auth::fairing().store_at_ignition(|_| None::<MemorySignInStore>);
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("auth.token.secret", "at least 32 bytes, of a test alone"));
    let launched = Client::untracked(rocket::custom(figment).attach(auth));
    let refused = |error: rocket::Error| matches!(error.kind(), ErrorKind::FailedFairings(_));
    assert!(launched.is_err_and(refused));
}

#[test]
fn a_purge_deletes_what_is_over_and_counts_it() {
    use rocket::time::OffsetDateTime;
    use vestibule::sign_ins::{Rotations, SignIn, SignInId, SignInKind};

    let directory = tempfile::tempdir().expect("a temporary directory");
    let now = OffsetDateTime::from_unix_timestamp(2_000_000_000).expect("a time");
    let (hour, idle) = (Duration::from_secs(3600), Duration::from_secs(7200));
    let stores: [Box<dyn SignInStore>; 2] =
        [Box::new(DieselSignInStore::new(pool(&directory))), Box::new(MemorySignInStore::new())];
    for store in stores {
        // The kind, how long ago it was used, and in how long it expires, in hours.
        let rows = [
            (SignInKind::Browser { remembered: false }, 1, 1, true),
            (SignInKind::Browser { remembered: false }, 2, 1, false),
            (SignInKind::Browser { remembered: true }, 2, 1, true),
            (SignInKind::Browser { remembered: true }, 1, 0, false),
            (SignInKind::Token(Rotations::default()), 9, 1, true),
            (SignInKind::Token(Rotations::default()), 1, 0, false),
        ];
        rocket::async_test(async {
            let mut kept = Vec::new();
            for (kind, unused, lives, stays) in rows {
                let sign_in = SignIn {
                    id: SignInId::random().expect("randomness"),
                    account: "7".to_owned(),
                    kind,
                    created_at: now - 10 * hour,
                    auth_time: now - 10 * hour,
                    last_seen_at: now - unused * hour,
                    expires_at: now + lives * hour,
                    user_agent: None,
                    address: None,
                };
                store.open(&sign_in).await.expect("a row");
                kept.extend(stays.then_some(sign_in));
            }
            assert_eq!(store.purge(now, idle).await.expect("a purge"), 3);
            kept.sort_by(SignIn::latest_first);
            assert_eq!(store.list("7").await.expect("a list"), kept);
        });
    }
}
