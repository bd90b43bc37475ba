//! Helpers of these tests.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rocket::figment::Figment;
use rocket::http::{Cookie, Header, Method};
use rocket::local::blocking::Client;
use rocket::time::OffsetDateTime;
use serde_json::{Value, json};
use tempfile::TempDir;
use vestibule::Clock;
use vestibule::config::PasswordConfig;
use vestibule::password::{Hasher, Password};
use vestibule::sign_ins::SignIn;
use vestibule_service::accounts::queries::{self, NewUser};
use vestibule_service::accounts::{Role, Username};
use vestibule_service::db::{Address, AnyConnection, connect};

use crate::support::actor::{Actor, Reply};
use crate::support::app::{On, TestApp, figment, password};
use crate::support::postgres;

pub(crate) const MINUTE: u64 = 60;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;

/// The ids of the sample users.
pub(crate) const USER_01: i64 = 2;
pub(crate) const USER_02: i64 = 3;

/// Credentials without a client, so that they outlive it.
#[derive(Clone, Default)]
pub(crate) struct StoredCredentials {
    pub(crate) token: Option<String>,
    pub(crate) refresh_token: Option<String>,
    pub(crate) jar: BTreeMap<String, String>,
}

impl StoredCredentials {
    pub(crate) fn of(actor: &Actor<'_>) -> Self {
        Self {
            token: actor.token.clone(),
            refresh_token: actor.refresh_token.clone(),
            jar: actor.jar.borrow().clone(),
        }
    }

    pub(crate) fn on<'c>(&self, client: &'c Client) -> Actor<'c> {
        let mut actor = Actor::new(client);
        actor.token.clone_from(&self.token);
        actor.refresh_token.clone_from(&self.refresh_token);
        actor.jar.replace(self.jar.clone());
        actor
    }
}

pub(crate) fn advance(app: &TestApp, seconds: u64) {
    app.clock.advance(Duration::from_secs(seconds));
}

/// Waits until every process sees what another one did: more than any `revocation_delay` of these
/// tests.
pub(crate) fn settle(app: &TestApp) {
    advance(app, 2);
}

/// Waits for what happens in the background.
#[track_caller]
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(10), "never: {what}");
        thread::yield_now();
    }
}

/// The claims of a token; the signature is not verified.
pub(crate) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("a token has three parts");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// The id of the sign-in that a token presents.
pub(crate) fn sid(token: &str) -> String {
    claims(token)["sid"].as_str().expect("a sid").to_owned()
}

/// All rows of an account, expired ones included.
pub(crate) fn rows(app: &TestApp, account: i64) -> Vec<SignIn> {
    vestibule::database::sign_ins::list(&mut app.connection(), &account.to_string()).expect("rows")
}

/// The only row of an account.
#[track_caller]
pub(crate) fn only_row(app: &TestApp, account: i64) -> SignIn {
    let mut rows = rows(app, account);
    assert_eq!(rows.len(), 1, "sign-ins of {account}");
    rows.remove(0)
}

/// Whether an access token is accepted; fails on anything but 200 and a clear refusal.
#[track_caller]
pub(crate) fn token_lives(client: &Client, token: &str) -> bool {
    let mut actor = Actor::new(client);
    actor.token = Some(token.to_owned());
    let reply = actor.get("/whoami");
    reply.assert_no_cookies();
    lives(&reply, "token")
}

/// Whether the cookies of an actor are accepted; the actor keeps them as they are.
#[track_caller]
pub(crate) fn session_lives(actor: &Actor<'_>) -> bool {
    assert!(actor.token.is_none(), "a token would decide");
    lives(&get_unchanged(actor, "/whoami"), "session")
}

/// Whether the actor is signed in: by the token if there is one, or else by the cookies.
#[track_caller]
fn lives(reply: &Reply, via: &str) -> bool {
    match reply.status {
        200 => {
            assert_eq!(reply.json()["via"], via);
            true
        }
        401 => {
            let code = reply.code();
            let expected = ["token_revoked", "token_expired", "credentials_missing"];
            assert!(expected.contains(&code.as_str()), "{code}");
            false
        }
        other => panic!("{other}: {}", reply.body),
    }
}

/// A GET whose cookies the actor does not keep.
fn get_unchanged(actor: &Actor<'_>, path: &str) -> Reply {
    let response = actor.request(Method::Get, path).dispatch();
    let status = response.status().code;
    let body = response.into_string().unwrap_or_default();
    Reply { status, headers: Vec::new(), body }
}

/// Fails unless both tokens of a program are refused.
#[track_caller]
pub(crate) fn assert_program_dead(client: &Client, held: &StoredCredentials) {
    assert!(!token_lives(client, held.token.as_deref().expect("a token")), "access token");
    let reply = held.on(client).refresh();
    assert_eq!((reply.status, reply.code().as_str()), (401, "token_revoked"), "refresh token");
}

/// A GET with this `User-Agent`.
pub(crate) fn get_as(actor: &Actor<'_>, agent: &str, path: &str) -> Reply {
    actor.send(actor.request(Method::Get, path).header(agent_header(agent)))
}

pub(crate) fn agent_header(agent: &str) -> Header<'static> {
    Header::new("User-Agent", agent.to_owned())
}

/// Signs in through the form with the box ticked.
pub(crate) fn remembered<'a>(app: &'a TestApp, username: &str) -> Actor<'a> {
    remembered_at(&app.client, username)
}

/// The same at one process of several.
pub(crate) fn remembered_at<'c>(client: &'c Client, username: &str) -> Actor<'c> {
    let actor = Actor::new(client);
    let reply = sign_in(&actor, username, true);
    assert_eq!(reply.status, 303, "{}", reply.body);
    actor
}

/// Sends the sign-in form.
pub(crate) fn sign_in(actor: &Actor<'_>, username: &str, remember: bool) -> Reply {
    let mut fields = vec![("username", username), ("password", password(username))];
    if remember {
        fields.push(("remember", "on"));
    }
    actor.post_form("/login", &fields)
}

/// Signs in over the API; a session that the actor holds stays out of it.
pub(crate) fn api_login(actor: &mut Actor<'_>, username: &str, password: &str) -> Reply {
    let reply =
        actor.post_json("/api/login", &json!({ "username": username, "password": password }));
    if reply.status == 200 {
        actor.token = reply.json()["access_token"].as_str().map(str::to_owned);
        actor.refresh_token = reply.json()["refresh_token"].as_str().map(str::to_owned);
    }
    reply
}

/// Adds a user with the password "correct horse"; returns the id.
pub(crate) fn add_user(connection: &mut AnyConnection, name: &str) -> i64 {
    static HASH: OnceLock<String> = OnceLock::new();
    let hash = HASH.get_or_init(|| {
        let mut config = PasswordConfig::default();
        config.cost = 4;
        let hasher = Hasher::new(&config).expect("a hasher");
        hasher.hash_blocking(&Password::from(password(""))).expect("a hash")
    });
    let new = NewUser {
        username: Username::parse(name).expect("a good name"),
        full_name: None,
        role: Role::User,
        password_hash: hash.clone(),
        created_at: OffsetDateTime::UNIX_EPOCH,
    };
    queries::insert(connection, &new).expect("a new user").id
}

/// The `Set-Cookie` of a name, parsed.
pub(crate) fn set_cookie(reply: &Reply, name: &str) -> Option<Cookie<'static>> {
    let start = format!("{name}=");
    let mut found = reply.cookies().into_iter().filter(|cookie| cookie.starts_with(&start));
    let cookie = found.next()?;
    assert!(found.next().is_none(), "{name} is set twice");
    Some(Cookie::parse_encoded(cookie.to_owned()).expect("a cookie"))
}

/// Whether a response removes a cookie.
pub(crate) fn removes_cookie(reply: &Reply, name: &str) -> bool {
    set_cookie(reply, name).is_some_and(|cookie| {
        cookie.value().is_empty() && cookie.max_age().is_some_and(|age| age.is_zero())
    })
}

/// Whether the sign-in is fresh: the account page then shows the password form.
pub(crate) fn is_fresh(actor: &Actor<'_>) -> bool {
    let reply = get_unchanged(actor, "/account");
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body.contains("action=\"/account/password\"")
}

/// Settings and a database, for processes that are configured differently.
pub(crate) struct Environment {
    pub(crate) figment: Figment,
    pub(crate) clock: Clock,
    directory: TempDir,
}

impl Environment {
    pub(crate) fn new(on: On) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let url = match on {
            On::Sqlite => format!("sqlite://{}/test.sqlite3", directory.path().display()),
            On::Postgres => postgres::server().expect("a server").create_database(None),
        };
        Self { figment: figment(&url), clock: Clock::manual(), directory }
    }

    pub(crate) fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// Starts a process on this database, with settings changed.
    pub(crate) fn process(&self, change: impl FnOnce(Figment) -> Figment) -> Client {
        Client::untracked(self.rocket(change)).expect("a launch")
    }

    /// A connection beside the processes.
    pub(crate) fn connection(&self) -> AnyConnection {
        let url: String = self.figment.extract_inner("databases.main.url").expect("a URL");
        let address = Address::parse(&url).expect("the test's own URL");
        connect(&address, Duration::from_secs(5), false).expect("the test's own database")
    }

    pub(crate) fn rocket(
        &self,
        change: impl FnOnce(Figment) -> Figment,
    ) -> rocket::Rocket<rocket::Build> {
        vestibule_service::app::build(change(self.figment.clone()), &self.clock)
            .expect("good settings")
    }
}

/// Runs a test for each database that there is.
pub(crate) fn on_each(test: impl Fn(On)) {
    test(On::Sqlite);
    if postgres::server().is_some() {
        test(On::Postgres);
    }
}
