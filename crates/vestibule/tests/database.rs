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
use rocket::{Build, Orbit, Rocket, get, post, routes};
use rocket_sync_db_pools::database;
use tempfile::TempDir;
use vestibule::database::{DieselSignInStore, DieselThrottle, MIGRATIONS, sync_db_pool};
use vestibule::sign_ins::{MemorySignInStore, SignInStore};
use vestibule::testing::{ActAs, blocking as testing, check_sign_in_store};
use vestibule::throttle::{Attempt, Client as PasswordClient, MemoryThrottle, ThrottleStore};
use vestibule::{Account, Auth, CurrentUser, Error, PasswordAccount, PasswordLogin};

#[database("main")]
#[expect(dead_code, reason = "its pool is used, and no connection of it")]
struct Db(SqliteConnection);

#[derive(Clone)]
struct User;

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

impl PasswordAccount for User {
    async fn find_by_name(
        _: &Rocket<Orbit>,
        _: &str,
    ) -> Result<Option<(Self, String)>, Infallible> {
        Ok(None)
    }
}

#[post("/login")]
async fn login(login: PasswordLogin<'_, User>) -> Result<(), Error> {
    login.verify("ann", &"wrong".into()).await.map(drop)
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
    connection.run_pending_migrations(MIGRATIONS).expect("a table");
    pool
}

fn application(directory: &TempDir) -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("databases.main.url", file(directory)))
        .merge(("auth.token.secret", "at least 32 bytes, of a test alone"))
        .merge(("auth.password.cost", 4))
        .merge(("auth.throttle.failures", 2));
    let auth = Auth::fairing()
        .store_at_ignition(|rocket| {
            Some(DieselSignInStore::new(sync_db_pool::<Db, SqliteConnection>(rocket)?))
        })
        .throttle_at_ignition(|rocket| {
            Some(DieselThrottle::new(sync_db_pool::<Db, SqliteConnection>(rocket)?))
        });
    rocket::custom(figment).attach(Db::fairing()).attach(auth).mount("/", routes![page, login])
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
fn a_throttle_that_cannot_be_made_aborts_the_launch() {
    let auth = Auth::fairing().stateless().throttle_at_ignition(|_| None::<MemoryThrottle>);
    let figment = Figment::from(rocket::Config::debug_default()).merge(("auth.mode", "session"));
    let launched = Client::untracked(rocket::custom(figment).attach(auth));
    let refused = |error: rocket::Error| matches!(error.kind(), ErrorKind::FailedFairings(_));
    assert!(launched.is_err_and(refused));
}

#[test]
fn two_processes_on_a_database_count_failed_passwords_together() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    drop(pool(&directory));
    let launch = || Client::untracked(application(&directory)).expect("a launch");
    let attempt = |client: &Client| client.post("/login").dispatch().status().code;
    let (one, other) = (launch(), launch());
    assert_eq!([attempt(&one), attempt(&other)], [401, 401]);
    assert_eq!([attempt(&one), attempt(&other), attempt(&launch())], [429, 429, 429]);
}

#[test]
fn without_the_table_of_counters_an_attempt_is_503_and_not_401() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut connection = pool(&directory).get().expect("a connection");
    connection.batch_execute("DROP TABLE throttle").expect("a table");
    let client = Client::untracked(application(&directory)).expect("a launch");
    assert_eq!(client.post("/login").dispatch().status(), Status::ServiceUnavailable);
}

#[test]
fn counters_are_purged_once_their_window_has_ended() {
    use rocket::time::OffsetDateTime;
    use vestibule::config::ThrottleConfig;

    let directory = tempfile::tempdir().expect("a temporary directory");
    let stores: [Box<dyn ThrottleStore>; 2] =
        [Box::new(DieselThrottle::new(pool(&directory))), Box::new(MemoryThrottle::new())];
    let now = OffsetDateTime::from_unix_timestamp(2_000_000_000).expect("a time");
    let mut limits = ThrottleConfig::default();
    (limits.failures, limits.window) = (1, Duration::from_secs(60));
    for store in stores {
        rocket::async_test(async {
            let attempt =
                |name, at| store.begin(Attempt::new(name, &PasswordClient::default()), at, limits);
            attempt("old", now).await.expect("a counter");
            attempt("new", now + limits.window / 2).await.expect("a counter");
            let later = now + limits.window;
            assert_eq!(store.purge(later - Duration::from_secs(1)).await.expect("a purge"), 0);
            assert_eq!(store.purge(later).await.expect("a purge"), 1);
            assert!(attempt("old", later).await.expect("a counter").refused.is_none());
            assert!(attempt("new", later).await.expect("a counter").refused.is_some());
        });
    }
}

#[test]
fn a_refusal_beside_a_check_that_runs_is_for_a_second_only() {
    use rocket::time::OffsetDateTime;
    use vestibule::config::ThrottleConfig;

    let directory = tempfile::tempdir().expect("a temporary directory");
    let stores: [Box<dyn ThrottleStore>; 2] =
        [Box::new(DieselThrottle::new(pool(&directory))), Box::new(MemoryThrottle::new())];
    let now = OffsetDateTime::from_unix_timestamp(2_000_000_000).expect("a time");
    let mut limits = ThrottleConfig::default();
    (limits.failures, limits.window) = (2, Duration::from_secs(60));
    let begin = |store: &dyn ThrottleStore, name, address| {
        let client = PasswordClient { address, sign_in: None };
        rocket::async_test(store.begin(Attempt::new(name, &client), now, limits))
            .expect("a counter")
    };
    for store in stores {
        let attempt =
            |name, address: Option<[u8; 4]>| begin(&*store, name, address.map(Into::into));
        let wait = || attempt("ann", None).refused.map(|limit| limit.error(now).wait());
        let running = [attempt("ann", None), attempt("ann", None)];
        assert_eq!(wait(), Some(Some(1)));
        // Another account is no reason.
        let other = [attempt("bob", None), attempt("bob", None)];
        let [right, wrong] = running.map(|counted| counted.attempt);
        drop(wrong);
        assert_eq!(wait(), Some(Some(1)), "one still runs");
        rocket::async_test(store.succeed(right, now)).expect("a counter");
        assert_eq!(wait(), None, "the right password");
        drop(attempt("ann", None));
        assert_eq!(wait(), Some(Some(61)), "all were wrong");
        drop(other);
    }
}

#[test]
fn a_clock_that_was_set_back_makes_no_window_longer() {
    use rocket::time::OffsetDateTime;
    use vestibule::config::ThrottleConfig;

    let directory = tempfile::tempdir().expect("a temporary directory");
    let stores: [Box<dyn ThrottleStore>; 2] =
        [Box::new(DieselThrottle::new(pool(&directory))), Box::new(MemoryThrottle::new())];
    let now = OffsetDateTime::from_unix_timestamp(2_000_000_000).expect("a time");
    let mut limits = ThrottleConfig::default();
    (limits.failures, limits.window) = (1, Duration::from_secs(60));
    let client = PasswordClient { address: Some([192, 0, 2, 7].into()), sign_in: None };
    for store in stores {
        rocket::async_test(async {
            let attempt = |name: &str, at| store.begin(Attempt::new(name, &client), at, limits);
            let wait = |refused: Option<vestibule::throttle::LimitReached>, at| {
                refused.expect("the limit").error(at).wait()
            };
            // The account's limit, and with the names before the ten times higher of the network.
            for name in 0..9 {
                attempt(&name.to_string(), now).await.expect("a counter");
            }
            attempt("ann", now).await.expect("a counter");
            assert!(attempt("ann", now).await.expect("a counter").refused.is_some());
            let before = now - Duration::from_secs(3600);
            for name in ["ann", "bob"] {
                let refused = attempt(name, before).await.expect("a counter").refused;
                assert_eq!(wait(refused, before), Some(61), "{name}");
            }
            let later = before + Duration::from_secs(10);
            for name in ["ann", "bob"] {
                let refused = attempt(name, later).await.expect("a counter").refused;
                assert_eq!(wait(refused, later), Some(51), "{name}");
            }
            let ended = before + limits.window;
            assert!(attempt("ann", ended).await.expect("a counter").refused.is_none());
        });
    }
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
                let id = SignInId::random().expect("randomness");
                let created_at = now - 10 * hour;
                let mut sign_in = SignIn::new(id, "7", kind, created_at, now + lives * hour);
                sign_in.last_seen_at = now - unused * hour;
                store.open(&sign_in).await.expect("a row");
                kept.extend(stays.then_some(sign_in));
            }
            assert_eq!(store.purge(now, idle).await.expect("a purge"), 3);
            kept.sort_by(SignIn::latest_first);
            assert_eq!(store.list("7").await.expect("a list"), kept);
        });
    }
}
