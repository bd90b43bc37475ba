//! One application in one mode, two people who have signed in to it, and every credential of
//! theirs, good and bad.

use std::time::Duration;

use rocket::figment::Figment;
use rocket::figment::providers::Serialized;
use rocket::local::blocking::Client;
use rocket::{Build, Rocket};
use tempfile::TempDir;
use vestibule::Clock;
use vestibule::config::{Config, Mode, SessionPolicy};
use vestibule_service::accounts::AccountsConfig;

use super::model::{Cookie, Person, Token};
use super::rows::Rows;
use crate::support::actor::Actor;
use crate::support::app::{On, figment, password};
use crate::support::postgres;

/// The name that is registered.
pub(crate) const NEWCOMER: &str = "newcomer";

/// The address that mails are asked for, which no account has.
pub(crate) const ADDRESS: &str = "stranger@example.org";

/// The secret of a link that signs the owner of the cookie in, and of the browser that asked for it.
pub(crate) const LINK: &str = "a-secret-of-the-tests";

/// Its digest, as the database has it.
const LINK_DIGEST: &str = "6raYGe8cHNUvFOBBaNhpjowbw6qPOCTvBTmMHJUSZG8";

/// The new password of a change.
pub(crate) const CHANGED: &str = "battery staple";

/// The origin whose scripts may call the API.
pub(crate) const ALLOWED_ORIGIN: &str = "https://app.example";

/// The settings of the application under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) on: On,
    pub(crate) mode: Mode,
    pub(crate) policy: SessionPolicy,
    /// Which of the two people is an administrator.
    pub(crate) administrator: Person,
    /// Whether tokens are in cookies, and not in the header.
    pub(crate) in_cookies: bool,
    /// Whether scripts of [`ALLOWED_ORIGIN`] may call the API.
    pub(crate) cors: bool,
}

/// Ids of rows for the parameters in paths.
pub(crate) struct Ids {
    pub(crate) sign_in_of_token_owner: String,
    pub(crate) sign_in_of_cookie_owner: String,
    pub(crate) key_of_token_owner: String,
    pub(crate) key_of_cookie_owner: String,
}

/// What goes into the headers for each kind of credential.
pub(crate) struct Credentials {
    good: String,
    refreshed: String,
    expired: String,
    revoked: String,
    foreign: String,
    refresh: String,
    key: String,
    session_good: String,
    remember_good: String,
    session_expired: String,
    session_ended: String,
    session_garbled: String,
}

pub(crate) struct Fixture {
    pub(crate) setting: Setting,
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    pub(crate) rows: Rows,
    pub(crate) credentials: Credentials,
    pub(crate) ids: Ids,
    /// The origin of the page that sends the requests, if they say one.
    pub(crate) origin: Option<&'static str>,
    _directory: TempDir,
}

impl Person {
    pub(crate) const fn username(self) -> &'static str {
        match self {
            Self::TokenOwner => "user_01",
            Self::CookieOwner => "user_02",
        }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::TokenOwner => Self::CookieOwner,
            Self::CookieOwner => Self::TokenOwner,
        }
    }
}

impl Credentials {
    /// The values of `Authorization`.
    pub(crate) fn headers(&self, token: Token) -> Vec<String> {
        let bearer = |token: &str| vec![format!("Bearer {token}")];
        match token {
            Token::None => Vec::new(),
            Token::OtherScheme => vec!["Basic dXNlcl8wMToxMjM0".to_owned()],
            Token::Good => bearer(&self.good),
            Token::Refreshed => bearer(&self.refreshed),
            Token::Expired => bearer(&self.expired),
            Token::Revoked => bearer(&self.revoked),
            Token::Malformed => bearer("not a token68"),
            Token::Foreign => bearer(&self.foreign),
            Token::Refresh => bearer(&self.refresh),
            Token::Key => bearer(&self.key),
            Token::Twice => [bearer(&self.good), bearer(&self.good)].concat(),
        }
    }

    /// Name and value of the cookie.
    pub(crate) fn cookie(&self, cookie: Cookie) -> Option<(&str, &str)> {
        match cookie {
            Cookie::None => None,
            Cookie::Good => Some(("session", &self.session_good)),
            Cookie::Remembered => Some(("remember_token", &self.remember_good)),
            Cookie::Expired => Some(("session", &self.session_expired)),
            Cookie::Ended => Some(("session", &self.session_ended)),
            Cookie::Garbled => Some(("session", &self.session_garbled)),
        }
    }
}

impl Fixture {
    pub(crate) fn new(setting: Setting) -> Self {
        Self::with(setting, &[], |rocket| rocket)
    }

    /// As [`new`](Self::new), with more attached to the finished application; its `open` routes
    /// need no login.
    pub(crate) fn with(
        setting: Setting,
        open: &[&str],
        more: impl Fn(Rocket<Build>) -> Rocket<Build>,
    ) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let url = match setting.on {
            On::Sqlite => format!("sqlite://{}/test.sqlite3", directory.path().display()),
            On::Postgres => {
                let server = postgres::server().expect("a test on PostgreSQL has a server");
                server.create_database(None)
            }
        };
        let clock = Clock::manual();
        // Credentials of both kinds exist in mode `both` only; the other modes meet them later.
        let both = figment(&url)
            .merge(Serialized::default("metrics.token", "a-token-of-the-tests-of-32-bytes"))
            .merge(Serialized::default(
                "mail.url",
                format!("file://{}/mail", directory.path().display()),
            ))
            // A busy machine is no outage.
            .merge(Serialized::default("databases.main.timeout", "5s"))
            .merge(Serialized::default("auth.mode", "both"));
        let locations = |figment: Figment, all: &[&str]| match setting.in_cookies {
            true => figment.merge(Serialized::default("auth.token.locations", all)),
            false => figment,
        };
        // With the header, so that their tokens can be read.
        let both = locations(both, &["header", "cookies"]);
        let (credentials, ids) = sign_everybody_in(&url, &both, &clock, setting.administrator);
        // Late enough for a use to be recorded, early enough for the password to be fresh.
        clock.advance(Duration::from_secs(5 * 60));

        let figment = relaxed(both)
            .merge(Serialized::default("auth.mode", setting.mode.as_str()))
            .merge(Serialized::default("auth.policy", setting.policy.as_str()))
            .merge(("accounts.sign_in_links", setting.mode.has_sessions()));
        let mut figment = locations(figment, &["cookies"]);
        if setting.cors {
            figment = figment.merge(("api.cors_origins", [ALLOWED_ORIGIN]));
        }
        let client = Client::untracked(more(build(&figment, &clock, open))).expect("a launch");
        let mut rows = Rows::of(&url);
        let now = micros(&clock);
        // Only the sessions of browsers matter; the use of the others is recorded already.
        rows.run(&format!(
            "UPDATE sign_ins SET last_seen_at = {now}, used_generation = generation \
             WHERE kind <> 'browser'; \
             INSERT INTO sign_in_links \
             SELECT '{LINK_DIGEST}', id, '{LINK_DIGEST}', '', 0, {now} + 900000000 \
             FROM users WHERE username = '{}'",
            Person::CookieOwner.username()
        ));
        rows.remember();
        Self { setting, client, clock, rows, credentials, ids, origin: None, _directory: directory }
    }

    /// Records the use of all sign-ins, so that no later use needs to be recorded.
    pub(crate) fn note_use(&mut self) {
        let now = micros(&self.clock);
        self.rows.run(&format!("UPDATE sign_ins SET last_seen_at = {now}"));
        self.rows.remember();
    }
}

fn micros(clock: &Clock) -> i64 {
    i64::try_from(clock.now().expect("a sane clock").unix_timestamp_nanos() / 1000)
        .expect("a sane clock")
}

fn build(figment: &Figment, clock: &Clock, open: &[&str]) -> Rocket<Build> {
    vestibule_service::app::build_open(figment.clone(), clock, open).expect("good settings")
}

fn launch(figment: &Figment, clock: &Clock) -> Client {
    Client::untracked(build(figment, clock, &[])).expect("a launch")
}

/// Settings without limits that thousands of requests would reach, as far as there is such
/// a setting: rows are restored without the application's knowledge, so it must not cache them,
/// and all registrations come from one address.
fn relaxed(mut figment: Figment) -> Figment {
    let auth = serde_json::to_value(Config::default()).expect("plain settings");
    if auth.get("revocation_delay").is_some() {
        figment = figment.merge(Serialized::default("auth.revocation_delay", "0s"));
    }
    let accounts = serde_json::to_value(AccountsConfig::default()).expect("plain settings");
    if accounts.get("registrations").is_some() {
        let many = serde_json::json!({ "max": 1_000_000, "window": "1h" });
        figment = figment.merge(Serialized::default("accounts.registrations", many));
    }
    figment
}

fn sign_everybody_in(
    url: &str,
    figment: &Figment,
    clock: &Clock,
    administrator: Person,
) -> (Credentials, Ids) {
    let (token_owner, cookie_owner) =
        (Person::TokenOwner.username(), Person::CookieOwner.username());
    let ours = launch(figment, clock);
    // The same database, so that only the keys tell the two services apart.
    let other_keys = figment
        .clone()
        .merge(Serialized::default(
            "auth.token.secret",
            "another secret, of 40 bytes or thereabout",
        ))
        .merge(Serialized::default("secret_key", "8Xui8SN4mI+7egV/9dlfYYLGQJeEx4+DwmSQLwDVXJg="));
    let theirs = launch(&other_keys, clock);
    Rows::of(url).run(&format!(
        "UPDATE users SET role = 'admin' WHERE username = '{}'",
        administrator.username()
    ));

    let (expired, _) = tokens(&ours, token_owner);
    let session_expired = jar(&ours, cookie_owner, "session");
    clock.advance(Duration::from_secs(25 * 60 * 60));

    let (good, first) = tokens(&ours, token_owner);
    let mut renewing = Actor::new(&ours);
    renewing.refresh_token = Some(first);
    assert_eq!(renewing.refresh().status, 200);
    let refreshed = renewing.token.expect("a token");
    let refresh = renewing.refresh_token.expect("a token");
    let (revoked, _) = tokens(&ours, token_owner);
    let scopes: &[&str] = match administrator {
        Person::TokenOwner => &["sign-ins", "users:read", "users:write", "introspect"],
        Person::CookieOwner => &["sign-ins"],
    };
    let (_, key) = made(&ours, token_owner, scopes);
    let (foreign, _) = tokens(&theirs, token_owner);
    let session_good = jar(&ours, cookie_owner, "session");
    let remember_good = jar(&ours, cookie_owner, "remember_token");
    let session_ended = jar(&ours, cookie_owner, "session");
    let session_garbled = jar(&theirs, cookie_owner, "session");
    let ids = Ids {
        sign_in_of_token_owner: sid(&ours, &tokens(&ours, token_owner).0),
        sign_in_of_cookie_owner: sid(&ours, &tokens(&ours, cookie_owner).0),
        key_of_token_owner: made(&ours, token_owner, &[]).0,
        key_of_cookie_owner: made(&ours, cookie_owner, &[]).0,
    };

    let mut program = Actor::new(&ours);
    program.token = Some(revoked.clone());
    assert_eq!(program.post("/api/logout").status, 204);
    let browser = Actor::new(&ours);
    browser.jar.borrow_mut().insert("session".to_owned(), session_ended.clone());
    assert_eq!(browser.post("/logout").status, 303);

    let credentials = Credentials {
        good,
        refreshed,
        expired,
        revoked,
        foreign,
        refresh,
        key,
        session_good,
        remember_good,
        session_expired,
        session_ended,
        session_garbled,
    };
    (credentials, ids)
}

/// Signs in over the API; the access and the refresh token.
fn tokens(client: &Client, username: &str) -> (String, String) {
    let body = serde_json::json!({ "username": username, "password": password(username) });
    let reply = Actor::new(client).post_json("/api/login", &body);
    assert_eq!(reply.status, 200, "{username} signs in: {}", reply.body);
    let token = |name: &str| reply.json()[name].as_str().expect("a token").to_owned();
    (token("access_token"), token("refresh_token"))
}

/// Signs in through the form, and stays signed in; the value of one of the cookies.
fn jar(client: &Client, username: &str, cookie: &str) -> String {
    let browser = Actor::new(client);
    let remember = if cookie == "session" { "off" } else { "on" };
    let fields = [("username", username), ("password", password(username)), ("remember", remember)];
    let reply = browser.post_form("/login", &fields);
    assert_eq!(reply.status, 303, "{username} signs in: {}", reply.body);
    browser.jar.borrow()[cookie].clone()
}

/// Makes an access key; the id of its sign-in, and the key.
fn made(client: &Client, username: &str, scopes: &[&str]) -> (String, String) {
    let mut owner = Actor::new(client);
    owner.token = Some(tokens(client, username).0);
    let body = serde_json::json!({ "label": "a label", "scopes": scopes });
    let reply = owner.post_json("/api/keys", &body);
    assert_eq!(reply.status, 201, "{username} makes a key: {}", reply.body);
    let text = |name: &str| reply.json()[name].as_str().expect("a text").to_owned();
    (text("id"), text("key"))
}

/// The id of the sign-in of an access token.
fn sid(client: &Client, access: &str) -> String {
    let mut program = Actor::new(client);
    program.token = Some(access.to_owned());
    program.get("/api/claims").json()["sid"].as_str().expect("a sign-in").to_owned()
}
