//! The database is missing or locked by another process: 503 in time, no credential is lost,
//! and the service recovers by itself.

use std::fs;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use rocket::figment::Figment;
use rocket::figment::providers::Serialized;
use rocket::http::Method;
use serde_json::json;
use vestibule_service::db::AnyConnection;

use crate::support::actor::{Actor, Credentials, Reply};
use crate::support::app::{On, TestApp};
use crate::support::postgres;

/// Within this time the service must have given up: three seconds by its settings, and more on a busy
/// machine.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Settings with which the service gives up sooner, where many requests are made.
fn hasty(figment: Figment) -> Figment {
    patient(figment).merge(Serialized::default("databases.main.timeout", "300ms"))
}

/// Without mail, whose task looks into the database too, the file can be locked for all others.
fn patient(figment: Figment) -> Figment {
    figment
        .merge(Serialized::default("mail.url", None::<String>))
        .merge(Serialized::default("databases.main.timeout", "1s"))
}

/// Runs a request and fails if it takes too long.
#[track_caller]
fn in_time(ask: impl FnOnce() -> Reply) -> Reply {
    let begun = Instant::now();
    let reply = ask();
    let took = begun.elapsed();
    assert!(took < TIMEOUT, "answered {} after {took:?}", reply.status);
    reply
}

/// Fails unless the service says in time, as a problem, that it is unavailable.
#[track_caller]
fn assert_down(ask: impl FnOnce() -> Reply) {
    let reply = in_time(ask);
    reply.assert_problem(503, "unavailable");
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(reply.header("www-authenticate"), None);
    reply.assert_no_cookies();
}

/// As [`assert_down`], as a page.
#[track_caller]
fn assert_page_down(ask: impl FnOnce() -> Reply) {
    let reply = in_time(ask);
    reply.assert_page(503);
    assert_eq!(reply.header("retry-after"), Some("1"));
    for leaked in ["sqlite", "postgres", "database is locked", "connection", "/tmp/"] {
        assert!(!reply.body.to_lowercase().contains(leaked), "{leaked}: {}", reply.body);
    }
    reply.assert_no_cookies();
}

fn api_login(actor: &Actor<'_>) -> Reply {
    actor.post_json("/api/login", &json!({ "username": "user_02", "password": "5678" }))
}

fn form_login(actor: &Actor<'_>) -> Reply {
    actor.post_form("/login", &[("username", "user_02"), ("password", "5678")])
}

/// One person and one program, who are signed in.
struct SignedIn {
    person: Credentials,
    program: Credentials,
}

impl SignedIn {
    fn to(app: &TestApp) -> Self {
        Self {
            person: app.session("user_01").credentials(),
            program: app.token("user_01").credentials(),
        }
    }

    /// Asks for everything while nothing can be read.
    fn find_all_down(&self, app: &TestApp) {
        let (person, mut program) = (self.person.at(&app.client), self.program.at(&app.client));
        let nobody = app.anonymous();
        assert_down(|| program.get("/api/me"));
        assert_down(|| program.post("/api/logout"));
        assert_down(|| program.get("/whoami"));
        assert_down(|| person.get("/whoami"));
        assert_down(|| person.get_with("/dashboard", "Accept", "application/json"));
        assert_page_down(|| person.get("/dashboard"));
        assert_page_down(|| person.get("/"));
        assert_page_down(|| person.post("/logout"));
        assert_down(|| api_login(&nobody));
        assert_page_down(|| form_login(&nobody));
        let ann = json!({ "username": "ann", "password": "correct horse" });
        assert_down(|| nobody.post_json("/api/register", &ann));
        assert_down(|| program.refresh());
        assert_down(|| nobody.get("/health"));
        assert_down(|| nobody.get("/health/ready"));
        // What needs no database is there all the same.
        for actor in [&nobody, &person, &program] {
            let live = in_time(|| actor.get("/health/live"));
            assert_eq!((live.status, live.body.as_str()), (200, "{\"status\":\"ok\"}"));
        }
        in_time(|| nobody.get("/api/me")).assert_problem(401, "credentials_missing");
        assert_eq!(in_time(|| nobody.get("/login")).status, 200);
        assert_eq!(in_time(|| nobody.get("/static/style.css")).status, 200);
        let garbage = nobody.with_token("garbage");
        in_time(|| garbage.get("/api/me")).assert_problem(401, "token_invalid");
    }

    /// All are signed in as before and can sign in again.
    #[track_caller]
    fn find_all_well(&self, app: &TestApp) {
        let (person, mut program) = (self.person.at(&app.client), self.program.at(&app.client));
        let health = app.anonymous().get("/health");
        assert_eq!(health.status, 200, "{}", health.body);
        assert_eq!(program.get("/api/me").status, 200);
        assert_eq!(person.get("/dashboard").status, 200);
        assert_eq!(api_login(&app.anonymous()).status, 200);
        assert_eq!(form_login(&app.anonymous()).status, 303);
        assert_eq!(program.refresh().status, 200);
    }
}

#[test]
fn with_postgresql_stopped_all_is_503_until_it_is_back() {
    let Some(server) = postgres::private() else { return };
    let app = TestApp::at(On::Postgres, server.create_database(None), &hasty);
    let signed_in = SignedIn::to(&app);
    assert_eq!(app.on, On::Postgres);
    server.stop();
    signed_in.find_all_down(&app);
    server.start_again();
    signed_in.find_all_well(&app);
}

#[test]
fn with_the_file_moved_away_all_is_503_until_it_is_back() {
    let app = TestApp::new(On::Sqlite, &hasty);
    let signed_in = SignedIn::to(&app);
    // An open connection would keep the file: a new process has none yet.
    let app = app.restart();
    let file = app.file().to_owned();
    let aside = file.with_extension("aside");
    fs::rename(&file, &aside).expect("the file can be moved");
    signed_in.find_all_down(&app);
    assert!(!file.exists(), "no empty database takes its place");
    fs::rename(&aside, &file).expect("the file can be moved back");
    signed_in.find_all_well(&app);
}

#[test]
fn a_file_that_goes_away_under_open_connections_is_missed_too() {
    let app = TestApp::new(On::Sqlite, &hasty);
    let signed_in = SignedIn::to(&app);
    let file = app.file().to_owned();
    let aside = file.with_extension("aside");
    fs::rename(&file, &aside).expect("the file can be moved");
    signed_in.find_all_down(&app);
    fs::write(&file, "not a database").expect("another file can take its place");
    signed_in.find_all_down(&app);
    fs::remove_file(&file).expect("and go");
    fs::rename(&aside, &file).expect("the file can be moved back");
    signed_in.find_all_well(&app);
}

/// Locks the file for all others, which only works while no other has it open: the service closes its
/// connections to a file that was moved away.
fn lock_for_all_others(app: &TestApp, signed_in: &SignedIn) -> AnyConnection {
    let aside = app.file().with_extension("aside");
    fs::rename(app.file(), &aside).expect("the file can be moved");
    signed_in.find_all_down(app);
    fs::rename(&aside, app.file()).expect("the file can be moved back");
    let mut other = app.connection();
    let lock = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;";
    other.batch_execute(lock).expect("no other connection has it open");
    other
}

#[test]
fn with_the_file_locked_for_all_others_all_is_503_until_it_is_free() {
    let app = TestApp::new(On::Sqlite, &hasty);
    let signed_in = SignedIn::to(&app);
    let app = app.restart();
    let other = lock_for_all_others(&app, &signed_in);
    signed_in.find_all_down(&app);
    drop(other);
    signed_in.find_all_well(&app);
}

#[test]
fn with_the_file_locked_for_writing_reading_goes_on_and_writing_is_503() {
    let app = TestApp::new(On::Sqlite, &hasty);
    let signed_in = SignedIn::to(&app);
    let mut other = app.connection();
    for lock in ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"] {
        other.batch_execute(lock).expect("nobody else writes");
        let person = signed_in.person.at(&app.client);
        let mut program = signed_in.program.at(&app.client);
        let nobody = app.anonymous();
        assert_down(|| api_login(&nobody));
        assert_page_down(|| form_login(&nobody));
        assert_page_down(|| person.post("/logout"));
        assert_down(|| program.post("/api/logout"));
        assert_down(|| program.refresh());
        assert_eq!(in_time(|| program.get("/api/me")).status, 200);
        assert_eq!(in_time(|| person.get("/dashboard")).status, 200);
        let health = in_time(|| nobody.get("/health"));
        assert_eq!((health.status, &health.json()["writable"]), (200, &json!(false)));
        other.batch_execute("ROLLBACK").expect("a transaction was open");
    }
    signed_in.find_all_well(&app);
}

#[test]
fn many_requests_that_wait_for_the_lock_get_a_response_in_time_too() {
    let app = TestApp::new(On::Sqlite, &patient);
    let mut other = app.connection();
    let runtime = rocket::tokio::runtime::Runtime::new().expect("a runtime");
    let rocket = vestibule_service::app::build(app.figment(), &app.clock).expect("good settings");
    runtime.block_on(async {
        let client =
            rocket::local::asynchronous::Client::untracked(rocket).await.expect("a launch");
        other.batch_execute("BEGIN IMMEDIATE").expect("nobody else writes");
        let body = json!({ "username": "user_02", "password": "5678" }).to_string();
        let asks = (0..32).map(|_| {
            let kind = rocket::http::ContentType::JSON;
            let request = client.req(Method::Post, "/api/login").header(kind).body(&body);
            request.dispatch()
        });
        let begun = Instant::now();
        let replies = rocket::futures::future::join_all(asks).await;
        assert!(begun.elapsed() < TIMEOUT, "{:?}", begun.elapsed());
        assert!(replies.iter().all(|reply| reply.status().code == 503));
    });
}

/// A session and a token against a database that does not respond, with the default settings.
fn find_down_in_time(app: &TestApp, signed_in: &SignedIn) {
    assert_down(|| signed_in.program.at(&app.client).get("/api/me"));
    assert_page_down(|| form_login(&app.anonymous()));
}

#[test]
fn by_default_a_missing_database_is_said_within_three_seconds() {
    let app = TestApp::new(On::Sqlite, &patient);
    let signed_in = SignedIn::to(&app);
    let app = app.restart();
    let aside = app.file().with_extension("aside");
    fs::rename(app.file(), &aside).expect("the file can be moved");
    find_down_in_time(&app, &signed_in);
}

#[test]
fn by_default_a_locked_database_is_said_within_three_seconds() {
    let app = TestApp::new(On::Sqlite, &patient);
    let signed_in = SignedIn::to(&app);
    let app = app.restart();
    let _other = lock_for_all_others(&app, &signed_in);
    find_down_in_time(&app, &signed_in);
}

#[test]
fn by_default_a_stopped_server_is_said_within_three_seconds() {
    let Some(server) = postgres::private() else { return };
    let app = TestApp::at(On::Postgres, server.create_database(None), &patient);
    let signed_in = SignedIn::to(&app);
    server.stop();
    find_down_in_time(&app, &signed_in);
}
