//! What an operator reads in the log, and what never stands there. The logger is one for the whole
//! program, so each test looks for words of its own.

use std::convert::Infallible;
use std::path::Path;
use std::sync::{Mutex, Once};
use std::time::Duration;

use diesel::SqliteConnection;
use diesel::connection::{Connection, SimpleConnection};
use diesel::r2d2::{ConnectionManager, Pool};
use diesel_migrations::MigrationHarness;
use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rocket::http::{ContentType, Status};
use rocket::local::blocking::Client;
use rocket::serde::json::Json;
use rocket::{Build, Orbit, Rocket, post, routes};
use serde::Deserialize;
use tempfile::TempDir;
use vestibule::catchers::problems;
use vestibule::database::{MIGRATIONS, SqlitePool};
use vestibule::guards::JsonObject;
use vestibule::password::Password;
use vestibule::routes::LoginBody;
use vestibule::{Account, Auth, Error, Session};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Lines;

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}: {}", record.level(), record.target(), record.args());
        LINES.lock().expect("no panic").push(line);
    }

    fn flush(&self) {}
}

/// Collects every line from now on, of Rocket too.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Lines).expect("no other logger");
        log::set_max_level(log::LevelFilter::Trace);
    });
}

fn lines_with(text: &str) -> Vec<String> {
    let lines = LINES.lock().expect("no panic");
    lines.iter().filter(|line| line.contains(text)).cloned().collect()
}

struct User;

impl Account for User {
    type Id = u32;
    type Error = Infallible;

    fn id(&self) -> u32 {
        7
    }

    async fn find(_: &Rocket<Orbit>, _: &u32) -> Result<Option<Self>, Infallible> {
        Ok(Some(Self))
    }
}

#[post("/login")]
async fn log_in(session: Session<'_>) -> Result<(), Error> {
    session.start(&User).await.map(drop)
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "no body of the test fits")]
struct Credentials {
    email: String,
    password: Password,
}

#[post("/object", data = "<_given>")]
fn object(_given: JsonObject<Credentials>) {}

#[post("/login-body", data = "<_given>")]
fn login_body(_given: LoginBody) {}

#[post("/rocket", data = "<_given>")]
fn rocket_json(_given: Json<Credentials>) {}

fn figment() -> Figment {
    Figment::from(rocket::Config::debug_default())
        .merge(("auth.token.secret", "at least 32 bytes, of a test alone"))
}

/// A pool that opens its connections when they are needed, without any table.
fn pool(path: &Path) -> SqlitePool {
    let path = path.to_str().expect("a path");
    let pool = Pool::builder().max_size(1).connection_timeout(Duration::from_millis(200));
    pool.build_unchecked(ConnectionManager::new(path))
}

fn application(pool: SqlitePool) -> Rocket<Build> {
    rocket::custom(figment()).attach(Auth::fairing().database(pool)).mount("/", routes![log_in])
}

fn directory() -> TempDir {
    listen();
    tempfile::tempdir().expect("a temporary directory")
}

fn make_tables(path: &Path) -> SqliteConnection {
    let path = path.to_str().expect("a path");
    let mut connection = SqliteConnection::establish(path).expect("a file");
    connection.run_pending_migrations(MIGRATIONS).expect("the tables");
    connection
}

#[test]
fn without_a_table_the_launch_fails_and_says_which_and_what_to_run() {
    let directory = directory();
    for table in ["sign_ins", "throttle"] {
        let path = directory.path().join(format!("without_{table}.sqlite3"));
        let sql = format!("DROP TABLE {table}");
        make_tables(&path).batch_execute(&sql).expect("a table");
        let launched = Client::untracked(application(pool(&path)));
        let refused = |error: rocket::Error| matches!(error.kind(), ErrorKind::FailedFairings(_));
        assert!(launched.is_err_and(refused), "{table}");
        let lines = lines_with(&format!("the table `{table}` is missing"));
        let [line] = &lines[..] else { panic!("{lines:?}") };
        assert!(
            line.starts_with("ERROR ") && line.contains("vestibule::database::MIGRATIONS"),
            "{line}"
        );
    }
}

#[test]
fn tables_that_a_later_fairing_makes_are_there_in_time() {
    let directory = directory();
    let path = directory.path().join("late.sqlite3");
    let own = path.clone();
    let late = AdHoc::on_ignite("Migrations", move |rocket| async move {
        drop(make_tables(&own));
        rocket
    });
    let client = Client::untracked(application(pool(&path)).attach(late)).expect("a launch");
    assert_eq!(client.post("/login").dispatch().status(), Status::Ok);
}

#[test]
fn a_database_that_is_away_at_the_launch_is_a_warning_and_is_used_once_it_is_back() {
    let directory = directory();
    let folder = directory.path().join("away");
    let path = folder.join("app.sqlite3");
    let client = Client::untracked(application(pool(&path))).expect("a launch");
    for what in ["store of sign-ins", "throttle"] {
        let lines = lines_with(&format!("the {what} cannot be used yet"));
        assert!(matches!(&lines[..], [line] if line.starts_with("WARN ")), "{lines:?}");
    }
    assert_eq!(client.post("/login").dispatch().status(), Status::ServiceUnavailable);
    let lines = lines_with("auth: unavailable: ");
    assert!(lines.iter().any(|line| line.starts_with("ERROR vestibule::auth: ")), "{lines:?}");
    std::fs::create_dir(&folder).expect("a folder");
    drop(make_tables(&path));
    let is_back = || client.post("/login").dispatch().status() == Status::Ok;
    assert!((0..100).any(|_| is_back()), "it is back");
}

#[test]
fn of_a_body_that_does_not_fit_the_log_has_no_word() {
    listen();
    let routes = routes![object, login_body, rocket_json];
    let rocket = rocket::custom(figment()).attach(Auth::fairing().stateless());
    let rocket = rocket.mount("/", routes).register("/", problems());
    let client = Client::untracked(rocket).expect("a launch");
    let bodies = [
        (422, r#"{"mail":"ann","password":"hunter-2"}"#),
        (422, r#"{"email":["hunter-2"],"password":"hunter-2"}"#),
        (422, r#"{"email":"ann","password":{"hunter-2":"hunter-2"}}"#),
        (400, r#"{"email":"ann","password":"hunter-2""#),
        (400, r#"{"password":"hunter-2","password":"hunter-2"}"#),
        (400, r#"["hunter-2"]"#),
        (400, r#""hunter-2""#),
    ];
    for path in ["/object", "/login-body"] {
        for (status, body) in bodies {
            let refused = client.post(path).header(ContentType::JSON).body(body).dispatch();
            assert_eq!(refused.status().code, status, "{path} {body}");
            let answer = refused.into_string().expect("a problem");
            assert!(!answer.contains("hunter"), "{path} {body}: {answer}");
        }
    }
    assert_eq!(lines_with("hunter-2"), [""; 0]);

    // The logger would have seen it.
    client.post("/rocket").header(ContentType::JSON).body(bodies[0].1).dispatch();
    assert!(!lines_with("hunter-2").is_empty());
}

#[test]
fn the_error_of_a_body_names_the_field_that_is_missing() {
    listen();
    let rocket = rocket::custom(figment()).attach(Auth::fairing().stateless());
    let rocket = rocket.mount("/", routes![object]).register("/", problems());
    let client = Client::untracked(rocket).expect("a launch");
    let missing = client.post("/object").header(ContentType::JSON).body(r#"{"email":"ann"}"#);
    let problem = missing.dispatch().into_string().expect("a problem");
    assert!(problem.contains(r#""fields":{"password":"This field is required."}"#), "{problem}");
    let other = client.post("/object").header(ContentType::Form).body("email=ann");
    assert_eq!(other.dispatch().status(), Status::UnsupportedMediaType);
}
