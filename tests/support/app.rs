//! The application under test: on a database of its own, with a clock that stands still
//! until it is moved.

use std::sync::OnceLock;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rocket::figment::providers::Serialized;
use rocket::figment::{Figment, Profile};
use rocket::local::blocking::Client;
use tempfile::TempDir;
use vestibule::Clock;
use vestibule_service::db::{Address, AnyConnection, connect};

use super::actor::Actor;
use super::postgres;

/// The key that signs the tokens of a test.
pub(crate) const SECRET: &str = "a secret of the tests, of 41 bytes at all";

/// The databases that a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    Sqlite,
    Postgres,
}

/// One application under test. Dropping it drops its database with it.
pub(crate) struct TestApp {
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    pub(crate) on: On,
    figment: Figment,
    url: String,
    _directory: TempDir,
}

/// Runs a test on SQLite, and on PostgreSQL where there is one.
pub(crate) fn on_both(test: impl Fn(TestApp)) {
    on_both_with(|figment| figment, test);
}

/// As [`on_both`], with settings changed.
pub(crate) fn on_both_with(change: impl Fn(Figment) -> Figment, test: impl Fn(TestApp)) {
    test(TestApp::new(On::Sqlite, &change));
    if postgres::server().is_some() {
        test(TestApp::new(On::Postgres, &change));
    }
}

impl TestApp {
    /// An application on a fresh database with the sample users.
    pub(crate) fn new(on: On, change: &dyn Fn(Figment) -> Figment) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let url = match on {
            On::Sqlite => format!("sqlite://{}/test.sqlite3", directory.path().display()),
            On::Postgres => {
                let server = postgres::server().expect("a test on PostgreSQL has a server");
                server.create_database(Some(postgres_template()))
            }
        };
        Self::start(on, url, directory, change)
    }

    /// An application on a database of the caller's.
    pub(crate) fn at(on: On, url: String, change: &dyn Fn(Figment) -> Figment) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self::start(on, url, directory, change)
    }

    fn start(on: On, url: String, directory: TempDir, change: &dyn Fn(Figment) -> Figment) -> Self {
        let figment = change(figment(&url));
        let clock = Clock::manual();
        let mail = format!("file://{}/mail", directory.path().display());
        let figment = figment.join(Serialized::default("mail.url", mail));
        // A busy machine is no outage.
        let figment = figment.join(Serialized::default("databases.main.timeout", "5s"));
        let client = launch(figment.clone(), &clock);
        Self { client, clock, on, figment, url, _directory: directory }
    }

    /// The same database, secrets and clock under a new process, as far as a test can tell.
    pub(crate) fn restart(self) -> Self {
        let Self { client, clock, on, figment, url, _directory } = self;
        drop(client);
        let client = launch(figment.clone(), &clock);
        Self { client, clock, on, figment, url, _directory }
    }

    /// The settings, for an application of one's own on the same database.
    pub(crate) fn figment(&self) -> Figment {
        self.figment.clone()
    }

    /// A second process on the same database.
    pub(crate) fn neighbour(&self) -> Client {
        launch(self.figment.clone(), &self.clock)
    }

    /// The path of the file, on SQLite.
    pub(crate) fn file(&self) -> &std::path::Path {
        std::path::Path::new(self.url.strip_prefix("sqlite://").expect("a test on SQLite"))
    }

    /// The directory of the mails that were sent.
    pub(crate) fn mail(&self) -> std::path::PathBuf {
        self._directory.path().join("mail")
    }

    /// A client without any credential.
    pub(crate) fn anonymous(&self) -> Actor<'_> {
        Actor::new(&self.client)
    }

    /// A sample user who has signed in through the form.
    pub(crate) fn session(&self, username: &str) -> Actor<'_> {
        let actor = self.anonymous();
        let fields = [("username", username), ("password", password(username))];
        let reply = actor.post_form("/login", &fields);
        assert_eq!(reply.status, 303, "{username} signs in: {}", reply.body);
        actor
    }

    /// A sample user who has signed in over `/api`.
    pub(crate) fn token(&self, username: &str) -> Actor<'_> {
        let mut actor = self.anonymous();
        let body = serde_json::json!({ "username": username, "password": password(username) });
        let reply = actor.post_json("/api/login", &body);
        assert_eq!(reply.status, 200, "{username} signs in: {}", reply.body);
        actor.token = reply.json()["access_token"].as_str().map(str::to_owned);
        actor.refresh_token = reply.json()["refresh_token"].as_str().map(str::to_owned);
        actor
    }

    /// A sample user whose tokens are in cookies.
    pub(crate) fn token_cookies(&self, username: &str) -> Actor<'_> {
        let actor = self.anonymous();
        let body = serde_json::json!({
            "username": username, "password": password(username), "cookies": true,
        });
        let reply = actor.post_json("/api/login", &body);
        assert_eq!(reply.status, 200, "{username} signs in: {}", reply.body);
        actor
    }

    /// A connection beside the application's own.
    pub(crate) fn connection(&self) -> AnyConnection {
        let address = Address::parse(&self.url).expect("the test's own URL");
        connect(&address, std::time::Duration::from_secs(5), false)
            .expect("the test's own database")
    }

    /// The id of a user.
    pub(crate) fn id(&self, username: &str) -> i64 {
        self.number(&format!("SELECT id AS n FROM users WHERE username = '{username}'"))
    }

    /// Sends a request that began a second before now.
    pub(crate) fn earlier<T>(&self, send: impl FnOnce() -> T) -> T {
        let now = self.clock.now().expect("a time");
        self.clock.set(now - Duration::from_secs(1));
        let sent = send();
        self.clock.set(now);
        sent
    }

    /// Runs a statement after each change of a row, such as `INSERT ON mails`, as a request at the same moment
    /// may do.
    pub(crate) fn meanwhile(&self, change: &str, statement: &str) {
        self.sql(&match self.on {
            On::Sqlite => {
                format!("CREATE TRIGGER meanwhile AFTER {change} BEGIN {statement}; END")
            }
            On::Postgres => format!(
                "CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN {statement}; RETURN NULL; END $$; CREATE TRIGGER meanwhile \
                 AFTER {change} FOR EACH ROW EXECUTE FUNCTION meanwhile()"
            ),
        });
    }

    /// Keeps all later mails in the outbox, until the year 2191.
    pub(crate) fn hold_mails(&self) {
        let hold = "UPDATE mails SET next_at = 7000000000000000 WHERE id = NEW.id";
        self.meanwhile("INSERT ON mails", hold);
    }

    /// Runs statements beside the application.
    pub(crate) fn sql(&self, statements: &str) {
        self.connection().batch_execute(statements).expect("a good statement");
    }

    /// How many rows a table holds that fit a condition.
    pub(crate) fn count(&self, table_and_condition: &str) -> i64 {
        self.number(&format!("SELECT CAST(count(*) AS BIGINT) AS n FROM {table_and_condition}"))
    }

    /// The value of a statement in a column `n`.
    pub(crate) fn number(&self, statement: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Answer {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let answer = diesel::sql_query(statement).get_result::<Answer>(&mut self.connection());
        answer.expect("a good statement").n
    }
}

/// The password of a sample user, or of one that a test made.
pub(crate) fn password(username: &str) -> &str {
    match username {
        "admin" => "admin123",
        "user_01" => "1234",
        "user_02" => "5678",
        _ => "correct horse",
    }
}

/// The settings of a test: debug profile, cheap hashes, nothing from files or environment.
pub(crate) fn figment(url: &str) -> Figment {
    Figment::from(rocket::Config::debug_default())
        .merge(Serialized::default("ident", false))
        .merge(Serialized::default("ip_header", false))
        .merge(Serialized::default("log_level", "off"))
        .merge(Serialized::default("auth.token.cookies.access_path", "/api"))
        .merge(Serialized::default("auth.token.cookies.refresh_path", "/api"))
        .merge(Serialized::default("databases.main.url", url))
        .merge(Serialized::default("databases.main.pool_size", 4))
        .merge(Serialized::default("auth.password.cost", 4))
        // Most tests are not about throttling; the others set their own limits.
        .merge(Serialized::default("auth.throttle.failures", 1_000_000))
        .merge(Serialized::default("accounts.registrations.max", 1_000_000))
        .merge(Serialized::default("auth.token.secret", SECRET))
        .merge(Serialized::default("secret_key", "QrlcaHiOsH8YSNzMf3n2YxJS0o5s9qVJ3bQW8ckQuX4="))
        .select(Profile::const_new("debug"))
}

fn launch(figment: Figment, clock: &Clock) -> Client {
    let rocket = vestibule_service::app::build(figment, clock).expect("good settings");
    Client::untracked(rocket).expect("a launch")
}

/// The name of a migrated database with the sample users, made once and then copied.
fn postgres_template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let server = postgres::server().expect("a test on PostgreSQL has a server");
        let url = server.create_database(None);
        drop(
            vestibule_service::app::build(figment(&url), &Clock::system()).expect("good settings"),
        );
        let name = url.rsplit('/').next().expect("a URL with a name");
        name.split('?').next().unwrap_or(name).to_owned()
    })
}
