//! The store in a database of an application's own, without the service: on diesel's pool and on
//! that of `rocket_sync_db_pools`.

use std::convert::Infallible;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_migrations::MigrationHarness;
use rocket::error::ErrorKind;
use rocket::figment::Figment;
use rocket::http::Status;
use rocket::local::blocking::Client;
use rocket::time::OffsetDateTime;
use rocket::{Build, Orbit, Rocket, get, post, routes};
use rocket_sync_db_pools::database;
use tempfile::TempDir;
use vestibule::config::ThrottleConfig;
use vestibule::database::schema::sign_ins;
use vestibule::database::sign_ins::find;
use vestibule::database::{
    ConnectionPool, DieselSignInStore, DieselThrottle, MIGRATIONS, SqlitePool, open_sqlite,
    sync_db_pool,
};
use vestibule::sign_ins::{Amr, MemorySignInStore, SignInStore};
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

fn file(directory: &TempDir) -> String {
    directory.path().join("app.sqlite3").to_str().expect("a path").to_owned()
}

/// A pool on a file with the tables.
fn pool(directory: &TempDir) -> SqlitePool {
    open_sqlite(file(directory), |_| Ok(())).expect("a pool")
}

fn count(rows: &str, db: &mut SqliteConnection) -> i64 {
    let count = diesel::dsl::sql::<BigInt>(&format!("SELECT count(*) FROM {rows}"));
    count.get_result(db).expect("a count")
}

fn figment() -> Figment {
    Figment::from(rocket::Config::debug_default())
        .merge(("auth.token.secret", "at least 32 bytes, of a test alone"))
        .merge(("auth.password.cost", 4))
        .merge(("auth.throttle.failures", 2))
}

/// An application on a pool that it manages itself.
fn on_own_pool(directory: &TempDir) -> Rocket<Build> {
    let pool = pool(directory);
    rocket::custom(figment())
        .attach(Auth::fairing().database(pool.clone()))
        .manage(pool)
        .mount("/", routes![page, login])
}

fn application(directory: &TempDir) -> Rocket<Build> {
    let figment = figment().merge(("databases.main.url", file(directory)));
    let auth = Auth::fairing().database_at_ignition(sync_db_pool::<Db, SqliteConnection>);
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
fn a_sign_in_and_a_failed_password_survive_a_restart_of_an_application_on_its_own_pool() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let client = Client::untracked(on_own_pool(&directory)).expect("a launch");
    let program = testing::token(&client, &User).expect("a sign-in");
    assert_eq!(client.post("/login").dispatch().status(), Status::Unauthorized);
    drop(client);
    let client = Client::untracked(on_own_pool(&directory)).expect("a launch");
    assert_eq!(client.get("/").act_as(&program).dispatch().status(), Status::Ok);
    assert_eq!(client.post("/login").dispatch().status(), Status::Unauthorized);
    assert_eq!(client.post("/login").dispatch().status(), Status::TooManyRequests);
}

#[test]
fn a_sign_in_of_a_version_without_methods_is_one_of_a_password() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let pool = pool(&directory);
    let mut connection = pool.get().expect("a connection");
    connection.revert_last_migration(MIGRATIONS).expect("the tables of before");
    let id = "AAAAAAAAAAAAAAAAAAAAAA";
    let row = format!(
        "INSERT INTO sign_ins (id, account, kind, created_at, auth_time, last_seen_at, expires_at) \
         VALUES ('{id}', 'ann', 'browser', 1, 1, 1, 1)"
    );
    connection.batch_execute(&row).expect("a row");
    connection.run_pending_migrations(MIGRATIONS).expect("the tables");
    let sign_in = find(&mut *connection, id).expect("a database").expect("a row");
    assert_eq!((sign_in.account.as_str(), sign_in.amr), ("ann", Amr::PASSWORD));
}

#[test]
fn programs_that_open_a_new_file_at_once_make_its_tables_once() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("new/folder/app.sqlite3");
    let create = |db: &mut SqliteConnection| {
        if count("sqlite_master WHERE name = 'notes'", db) == 0 {
            db.batch_execute("CREATE TABLE notes (text TEXT)")?;
        }
        db.batch_execute("INSERT INTO notes VALUES ('opened')")?;
        Ok(())
    };
    std::thread::scope(|scope| {
        let opened = [(); 4].map(|()| scope.spawn(|| open_sqlite(&path, create).map(drop)));
        for opened in opened {
            opened.join().expect("no panic").expect("a pool");
        }
    });
    let pool = open_sqlite(&path, |_| Ok(())).expect("a pool");
    assert_eq!(count("notes", &mut pool.get().expect("a connection")), 4);
}

#[cfg(unix)]
#[test]
fn only_the_user_of_the_program_may_read_a_new_file() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("app.sqlite3");
    let pool = open_sqlite(&path, |_| Ok(())).expect("a pool");
    let _open = pool.get().expect("a connection");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory.path()).expect("it exists") {
        let entry = entry.expect("a file");
        let mode = entry.metadata().expect("it exists").permissions().mode();
        assert_eq!(mode & 0o7777, 0o600, "{:?}", entry.file_name());
        names.push(entry.file_name());
    }
    assert!(names.iter().any(|name| name == "app.sqlite3-wal"), "{names:?}");
}

#[test]
fn a_file_whose_tables_cannot_be_made_keeps_none() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let opened = open_sqlite(file(&directory), |db| Ok(db.batch_execute("CREATE TABEL notes")?));
    assert!(opened.is_err_and(|error| error.to_string().contains("syntax error")));
    let mut connection = SqliteConnection::establish(&file(&directory)).expect("a file");
    let tables =
        diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT count(*) FROM sqlite_master");
    assert_eq!(tables.get_result::<i64>(&mut connection), Ok(0));
}

#[test]
fn without_a_managed_pool_the_first_row_is_an_error_and_with_one_it_is_found() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let rocket = rocket::custom(figment());
    let client = Client::untracked(rocket).expect("a launch");
    let rocket = client.rocket();
    assert_eq!(SqlitePool::of(rocket).err().map(|error| error.kind().status().code), Some(500));

    let client = Client::untracked(on_own_pool(&directory)).expect("a launch");
    let program = testing::token(&client, &User).expect("a sign-in");
    let pool = SqlitePool::of(client.rocket()).expect("a pool");
    let ids = sign_ins::table.select(sign_ins::account);
    let found = rocket::async_test(pool.first(ids.filter(sign_ins::account.eq("7"))));
    assert_eq!(found.expect("a row"), Some("7".to_owned()));
    let none = rocket::async_test(pool.first(ids.filter(sign_ins::account.eq("8"))));
    assert_eq!(none.expect("no row"), None::<String>);
    drop(program);
}

#[test]
fn without_the_table_a_request_is_503_and_not_401() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut connection = pool(&directory).get().expect("a connection");
    let client = Client::untracked(application(&directory)).expect("a launch");
    let program = testing::token(&client, &User).expect("a sign-in");
    connection.batch_execute("DROP TABLE sign_ins").expect("a table");
    assert_eq!(client.get("/").act_as(&program).dispatch().status(), Status::ServiceUnavailable);
}

#[test]
fn a_table_that_cannot_be_read_is_not_a_missing_one_and_aborts_no_launch() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut connection = pool(&directory).get().expect("a connection");
    let rename = "ALTER TABLE sign_ins RENAME COLUMN account TO owner";
    connection.batch_execute(rename).expect("a table");
    let client = Client::untracked(application(&directory)).expect("a launch");
    assert_eq!(client.post("/login").dispatch().status(), Status::Unauthorized);
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
    let client = Client::untracked(application(&directory)).expect("a launch");
    connection.batch_execute("DROP TABLE throttle").expect("a table");
    assert_eq!(client.post("/login").dispatch().status(), Status::ServiceUnavailable);
}

/// Each kind of throttle, a time and the default limits.
fn throttles(directory: &TempDir) -> ([Box<dyn ThrottleStore>; 2], OffsetDateTime, ThrottleConfig) {
    let stores: [Box<dyn ThrottleStore>; 2] =
        [Box::new(DieselThrottle::new(pool(directory))), Box::new(MemoryThrottle::new())];
    let now = OffsetDateTime::from_unix_timestamp(2_000_000_000).expect("a time");
    (stores, now, ThrottleConfig::default())
}

#[test]
fn counters_are_purged_once_their_window_has_ended() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (stores, now, mut limits) = throttles(&directory);
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
fn an_attempt_that_is_withdrawn_does_not_count() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (stores, now, mut limits) = throttles(&directory);
    limits.failures = 1;
    let client = PasswordClient::default();
    for store in stores {
        rocket::async_test(async {
            let attempt = || store.begin(Attempt::new("ann", &client), now, limits);
            for _ in 0..3 {
                let counted = attempt().await.expect("a counter");
                assert!(counted.refused.is_none());
                store.withdraw(counted.attempt).await.expect("a counter");
            }
            assert!(attempt().await.expect("a counter").refused.is_none());
            assert!(attempt().await.expect("a counter").refused.is_some());
        });
    }
}

#[test]
fn a_refusal_beside_a_check_that_runs_is_for_a_second_only() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (stores, now, mut limits) = throttles(&directory);
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
fn only_the_first_attempt_above_a_limit_is_told_as_one_that_exceeds_it() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (stores, now, mut limits) = throttles(&directory);
    limits.failures = 2;
    let begin = |store: &dyn ThrottleStore, name: &str, address| {
        let client = PasswordClient { address, sign_in: None };
        rocket::async_test(store.begin(Attempt::new(name, &client), now, limits))
            .expect("a counter")
    };
    let address = Some([192, 0, 2, 7].into());
    for store in stores {
        let account = (0..5).map(|_| begin(&*store, "ann", None).exceeds_account);
        assert_eq!(account.collect::<Vec<_>>(), [false, false, true, false, false]);
        // Ten times as many, over all names.
        let exceeds = |name: &usize| begin(&*store, &name.to_string(), address).exceeds_network;
        assert_eq!((0..23).filter(exceeds).collect::<Vec<_>>(), [20]);
    }
}

#[test]
fn a_clock_that_was_set_back_makes_no_window_longer() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (stores, now, mut limits) = throttles(&directory);
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

#[test]
fn a_purge_goes_on_until_nothing_is_over() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let pool = pool(&directory);
    // More than two statements delete.
    let rows = "INSERT INTO sign_ins \
         (id, account, kind, created_at, auth_time, last_seen_at, expires_at) \
         WITH RECURSIVE ids (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM ids WHERE n < 1001) \
         SELECT printf('%022d', n), '7', 'token', 1, 1, 1, 1 FROM ids";
    pool.get().expect("a connection").batch_execute(rows).expect("rows");
    let now = OffsetDateTime::from_unix_timestamp(2_000_000_000).expect("a time");
    let store = DieselSignInStore::new(pool.clone());
    let purged = rocket::async_test(store.purge(now, Duration::from_secs(3600)));
    assert_eq!(purged.expect("a purge"), 1001);
    assert_eq!(count("sign_ins", &mut pool.get().expect("a connection")), 0);
}
