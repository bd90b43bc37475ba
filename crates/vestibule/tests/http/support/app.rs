//! A small application with a route for every guard, and the clients that talk to it.
#![expect(clippy::needless_pass_by_value, reason = "Rocket hands guards to handlers by value")]

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rocket::http::{Cookie, Header, Method, Status};
use rocket::local::blocking::{Client, LocalRequest};
use rocket::serde::json::Json;
use rocket::{Build, Catcher, Request, Rocket, Route, catch, catchers, get, post, routes};
use serde_json::Value;
use vestibule::events::{Event, EventKind, EventSink};
use vestibule::guards::{AccessToken, AuthMethod, Authenticated, BearerToken, RefreshToken};
use vestibule::sign_ins::SignIns;
use vestibule::tokens::TokenPair;
use vestibule::{Auth, Clock, Error, ErrorKind, Problem, Session, Tokens};

use crate::support::counting_store::CountingStore;
use crate::support::users::{Admin, User, Users};

pub(crate) type TokenUser = vestibule::TokenUser<User>;
pub(crate) type AnyTokenUser = vestibule::guards::AnyTokenUser<User>;
pub(crate) type SessionUser = vestibule::SessionUser<User>;
pub(crate) type CurrentUser = vestibule::CurrentUser<User>;

/// The signing key of the tests.
pub(crate) const SECRET: &str = "correct horse battery staple, twice over";

fn name(who: &impl Authenticated<Account = User>) -> String {
    let found = who.authentication();
    format!("{} by {}", found.account().id, found.method().as_str())
}

#[get("/bearer")]
fn bearer(token: BearerToken<'_>) -> String {
    token.as_str().len().to_string()
}

#[get("/access")]
fn access(token: AccessToken) -> String {
    token.claims().sub.clone()
}

#[get("/refresh")]
fn refresh_only(token: RefreshToken) -> String {
    token.claims().sub.clone()
}

#[get("/token")]
fn token(user: TokenUser) -> String {
    name(&user)
}

#[get("/any")]
fn any(user: AnyTokenUser) -> String {
    name(&user)
}

#[get("/session")]
fn session(user: SessionUser) -> String {
    name(&user)
}

#[get("/current")]
fn current(user: CurrentUser) -> String {
    name(&user)
}

#[get("/fresh")]
fn fresh(user: vestibule::guards::Fresh<CurrentUser>) -> String {
    name(&user)
}

#[get("/fresh-session")]
fn fresh_session(user: vestibule::guards::Fresh<SessionUser>) -> String {
    name(&user)
}

#[get("/admin")]
fn admin(user: vestibule::guards::Require<Admin>) -> String {
    name(&user)
}

#[get("/admin-session")]
fn admin_session(user: vestibule::guards::Require<Admin, SessionUser>) -> String {
    name(&user)
}

#[get("/claimed")]
fn claimed(user: vestibule::guards::ClaimedRole<Admin>) -> String {
    name(&user)
}

#[get("/maybe")]
fn maybe(user: vestibule::guards::Maybe<CurrentUser>) -> String {
    user.0.as_ref().map_or_else(|| "nobody".to_owned(), name)
}

#[get("/maybe-session")]
fn maybe_session(user: vestibule::guards::Maybe<SessionUser>) -> String {
    user.0.as_ref().map_or_else(|| "nobody".to_owned(), name)
}

#[get("/maybe-then-missing")]
fn maybe_then_missing(user: vestibule::guards::Maybe<CurrentUser>) -> Status {
    drop(user);
    Status::NotFound
}

#[get("/option-then-missing")]
fn option_then_missing(user: Option<CurrentUser>) -> Status {
    drop(user);
    Status::NotFound
}

#[get("/public")]
fn public() -> &'static str {
    "everybody"
}

/// Every guard at once: they must not disturb each other.
#[get("/all")]
fn all(
    a: vestibule::guards::Maybe<SessionUser>,
    b: vestibule::guards::Maybe<TokenUser>,
    c: CurrentUser,
    d: vestibule::guards::Maybe<vestibule::guards::Fresh<CurrentUser>>,
) -> String {
    let via = |found: Option<AuthMethod>| found.map_or("-", AuthMethod::as_str);
    format!(
        "{} {} {} {}",
        via(a.0.map(|user| user.authentication().method())),
        via(b.0.map(|user| user.authentication().method())),
        c.authentication().method().as_str(),
        d.0.is_some(),
    )
}

#[get("/session-guard")]
fn session_guard(session: Session<'_>) -> &'static str {
    let _ = session;
    "writable"
}

#[post("/login/<id>")]
async fn login(
    id: u32,
    session: Session<'_>,
    users: &rocket::State<Users>,
) -> Result<String, Error> {
    let user = users.get(id).ok_or(ErrorKind::BadCredentials)?;
    Ok(session.start(&user).await?.to_string())
}

#[post("/logout")]
async fn logout(session: Session<'_>) -> Result<&'static str, Error> {
    session.end().await?;
    Ok("bye")
}

#[post("/confirm")]
async fn confirm(session: Session<'_>) -> Result<&'static str, Error> {
    session.confirm().await?;
    Ok("confirmed")
}

#[post("/renew")]
async fn renew(user: SessionUser, session: Session<'_>) -> Result<String, Error> {
    Ok(session.renew(&*user).await?.to_string())
}

#[post("/change")]
fn change(user: SessionUser) -> String {
    name(&user)
}

#[rocket::delete("/change")]
fn change_by_delete(user: SessionUser) -> String {
    name(&user)
}

#[get("/change")]
fn change_by_get(user: SessionUser) -> String {
    name(&user)
}

#[rocket::put("/either")]
fn either(user: CurrentUser) -> String {
    name(&user)
}

#[post("/api/login/<id>")]
async fn api_login(
    id: u32,
    tokens: Tokens<'_>,
    users: &rocket::State<Users>,
) -> Result<Json<TokenPair>, Error> {
    let user = users.get(id).ok_or(ErrorKind::BadCredentials)?;
    Ok(Json(tokens.start(&user).await?))
}

#[post("/api/refresh")]
async fn api_refresh(token: RefreshToken, tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
    Ok(Json(tokens.refresh::<User>(&token).await?))
}

#[post("/api/logout?<all>")]
async fn api_logout(
    user: AnyTokenUser,
    tokens: Tokens<'_>,
    sign_ins: SignIns<'_>,
    all: bool,
) -> Result<Status, Error> {
    if all {
        sign_ins.end_all(user.id, None).await?;
    } else {
        tokens.end(&user).await?;
    }
    Ok(Status::NoContent)
}

#[get("/verify/<token>")]
fn verify(token: &str, tokens: Tokens<'_>) -> Result<String, Error> {
    tokens.verify(token).map(|claims| claims.sub)
}

#[get("/verify-expired/<token>")]
fn verify_expired(token: &str, tokens: Tokens<'_>) -> Result<String, Error> {
    tokens.verify_expired(token).map(|claims| claims.sub)
}

/// Another scheme's 401, with a challenge of its own.
#[get("/basic")]
fn basic() -> (Status, Challenge) {
    (Status::Unauthorized, Challenge { body: "", value: Header::new("WWW-Authenticate", "Basic") })
}

#[derive(rocket::Responder)]
struct Challenge {
    body: &'static str,
    value: Header<'static>,
}

#[catch(default)]
async fn draw(status: Status, request: &Request<'_>) -> Problem {
    crate::support::cookie_setters::set_from_catcher(request);
    crate::guards::in_catchers::ask_guards(request, "before").await;
    let problem = Problem::of(status, request);
    crate::guards::in_catchers::ask_guards(request, "after").await;
    problem
}

/// How the application under test is put together.
pub(crate) struct Setup {
    pub(crate) figment: Figment,
    pub(crate) stateless: bool,
    alone: bool,
    routes: Vec<Route>,
    pub(crate) catchers: Vec<Catcher>,
    fairing: fn(Auth) -> Auth,
}

impl Setup {
    /// Mode `both`, debug profile, a store in memory.
    pub(crate) fn new() -> Self {
        let figment = Figment::from(rocket::Config::debug_default())
            .merge(("log_level", "off"))
            .merge(("auth.token.secret", SECRET));
        let (routes, catchers) = (Vec::new(), catchers![draw]);
        Self { figment, stateless: false, alone: false, routes, catchers, fairing: |auth| auth }
    }

    /// With further routes.
    pub(crate) fn mount(mut self, routes: Vec<Route>) -> Self {
        self.routes.extend(routes);
        self
    }

    /// Without the usual routes: only those of another account type are mounted.
    pub(crate) fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// With other catchers than those that respond with Problem JSON.
    pub(crate) fn catch(mut self, catchers: Vec<Catcher>) -> Self {
        self.catchers = catchers;
        self
    }

    /// With this done to the fairing.
    pub(crate) fn fairing(mut self, change: fn(Auth) -> Auth) -> Self {
        self.fairing = change;
        self
    }

    /// With one more setting.
    pub(crate) fn set(mut self, key: &str, value: impl serde::Serialize) -> Self {
        self.figment = self.figment.merge((key, value));
        self
    }

    /// In the release profile, with a secret key of Rocket's.
    pub(crate) fn release(mut self) -> Self {
        let key = "v9n1CqVt4kq2hRr1VvFv0cQ2ZkYV2P3e3J1mS5kTQ0o=";
        self.figment = self.figment.select("release").merge(("secret_key", key));
        self
    }

    /// Without a store.
    pub(crate) fn stateless(mut self) -> Self {
        self.stateless = true;
        self
    }

    pub(crate) fn launch(self) -> App {
        self.launch_on(Clock::manual(), CountingStore::default(), Users::new())
    }

    /// As another process of the same application: its store, its users and its clock.
    pub(crate) fn launch_beside(self, other: &App) -> App {
        self.launch_on(other.clock.clone(), other.store.clone(), other.users.clone())
    }

    fn launch_on(self, clock: Clock, store: CountingStore, users: Users) -> App {
        let recorded = RecordedEvents::default();
        let auth = Auth::fairing().clock(clock.clone()).events(recorded.clone());
        let auth = if self.stateless { auth.stateless() } else { auth.store(store.clone()) };
        let auth = (self.fairing)(auth);
        let rocket = if self.alone {
            rocket::custom(self.figment).manage(users.clone()).attach(auth)
        } else {
            rocket(self.figment, auth, users.clone())
        };
        let rocket = rocket.mount("/", self.routes).register("/", self.catchers);
        let needs_store = !self.stateless && !self.alone;
        let rocket = rocket.mount("/", if needs_store { log_out_routes() } else { Vec::new() });
        let client = Client::untracked(rocket).expect("a rocket that launches");
        App { client, clock, store, users, recorded }
    }
}

/// The application; fairings that set cookies are attached before and after the library's.
pub(crate) fn rocket(figment: Figment, auth: Auth, users: Users) -> Rocket<Build> {
    rocket::custom(figment)
        .manage(users)
        .attach(crate::support::cookie_setters::CookieSetter("before"))
        .attach(auth)
        .attach(AdHoc::on_ignite("a stage", |rocket| async {
            rocket
                .attach(crate::support::cookie_setters::CookieSetter("stage"))
                .attach(inner_stage())
        }))
        .mount(
            "/",
            routes![
                bearer,
                access,
                refresh_only,
                token,
                any,
                session,
                current,
                fresh,
                fresh_session,
                admin,
                admin_session,
                claimed,
                maybe,
                maybe_session,
                maybe_then_missing,
                option_then_missing,
                public,
                all,
                session_guard,
                login,
                logout,
                confirm,
                renew,
                change,
                change_by_delete,
                change_by_get,
                either,
                api_login,
                api_refresh,
                verify,
                verify_expired,
                basic,
            ],
        )
        .mount("/cookies", crate::support::cookie_setters::routes())
        .mount("/places", crate::support::token_locations::routes())
}

/// The route that ends the sign-in of a token, which needs a store.
pub(crate) fn log_out_routes() -> Vec<Route> {
    routes![api_logout]
}

/// A stage that attaches a stage, as applications are put together.
fn inner_stage() -> AdHoc {
    AdHoc::on_ignite("a stage in a stage", |rocket| async {
        let innermost = AdHoc::on_ignite("a stage in that", |rocket| async {
            rocket.attach(crate::support::cookie_setters::CookieSetter("innermost stage"))
        });
        rocket.attach(crate::support::cookie_setters::CookieSetter("inner stage")).attach(innermost)
    })
}

/// A running application with handles on its clock, store, users and events.
pub(crate) struct App {
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    pub(crate) store: CountingStore,
    pub(crate) users: Users,
    pub(crate) recorded: RecordedEvents,
}

/// What the library reported to its listener: the words of events, and the codes of refusals, each
/// with the address of the client.
#[derive(Clone, Default)]
pub(crate) struct RecordedEvents(Arc<Mutex<Vec<RecordedEvent>>>);

/// What happened, the address of the client, and what exactly was wrong.
type RecordedEvent = (&'static str, Option<IpAddr>, Option<String>);

impl RecordedEvents {
    /// Returns all events since the last call.
    pub(crate) fn take(&self) -> Vec<&'static str> {
        self.take_with_details().into_iter().map(|(word, ..)| word).collect()
    }

    /// As `take`, each with its address and detail.
    pub(crate) fn take_with_details(&self) -> Vec<RecordedEvent> {
        std::mem::take(&mut self.0.lock().expect("words"))
    }
}

impl EventSink for RecordedEvents {
    fn on_event(&self, event: &Event<'_>) {
        let word = match event.kind {
            EventKind::Refused(kind) => kind.code(),
            kind => kind.as_str(),
        };
        let detail = event.detail.map(str::to_owned);
        self.0.lock().expect("words").push((word, event.address, detail));
    }
}

impl App {
    pub(crate) fn new() -> Self {
        Setup::new().launch()
    }

    pub(crate) fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::Get, path)
    }

    pub(crate) fn post(&self, path: &str) -> Call<'_> {
        self.call(Method::Post, path)
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> Call<'_> {
        Call { request: self.client.req(method, path.to_owned()) }
    }

    /// Signs in over the API.
    pub(crate) fn tokens(&self, user: u32) -> Pair {
        self.post(&format!("/api/login/{user}")).send().pair()
    }

    /// Signs in with a browser; returns the cookie's `name=value`.
    pub(crate) fn browser(&self, user: u32) -> String {
        self.post(&format!("/login/{user}")).send().session()
    }

    /// Waits for what happens in the background.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !condition() {
            assert!(begun.elapsed() < Duration::from_secs(10), "never: {what}");
            std::thread::yield_now();
        }
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().expect("a sane clock").unix_timestamp()
    }
}

/// An access and a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// A request in the making; always a new one, because a cloned one shares its cache.
pub(crate) struct Call<'c> {
    request: LocalRequest<'c>,
}

impl Call<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request.add_header(Header::new(name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// The host as HTTP/2 says it: without a header.
    pub(crate) fn authority(mut self, host: &'static str) -> Self {
        let host = rocket::http::uri::Host::parse(host).expect("a host");
        self.request.set_host(host);
        self
    }

    /// A `Cookie` header and what Rocket's server makes of it.
    pub(crate) fn cookie(mut self, raw: &str) -> Self {
        for pair in raw.split(';').map(str::trim) {
            if let Ok(cookie) = Cookie::parse_encoded(pair.to_owned()) {
                self.request = self.request.cookie(cookie);
            }
        }
        self.header("Cookie", raw)
    }

    /// A form, as a browser sends it.
    pub(crate) fn form(self, body: &str) -> Self {
        self.body("application/x-www-form-urlencoded", body)
    }

    /// A body that says that it is JSON.
    pub(crate) fn json(self, body: &str) -> Self {
        self.body("application/json", body)
    }

    /// A body of any type.
    pub(crate) fn body(self, content_type: &str, body: &str) -> Self {
        self.bytes(content_type, body.as_bytes())
    }

    /// A body of any bytes.
    pub(crate) fn bytes(mut self, content_type: &str, body: &[u8]) -> Self {
        self.request = self.request.body(body);
        self.header("Content-Type", content_type)
    }

    pub(crate) fn send(self) -> Reply {
        let response = self.request.dispatch();
        let headers = response.headers().iter();
        let headers = headers.map(|field| (field.name.to_string(), field.value.to_string()));
        Reply {
            status: response.status().code,
            headers: headers.collect(),
            body: response.into_string().unwrap_or_default(),
        }
    }
}

/// A response, with all that a test may ask of it.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let fields = self.headers.iter().filter(|field| field.0.eq_ignore_ascii_case(name));
        fields.map(|field| field.1.as_str()).collect()
    }

    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() < 2, "more than one {name}: {all:?}");
        all.first().copied()
    }

    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.all("Set-Cookie")
    }

    /// The `code` of the Problem JSON; empty for a response that is none.
    pub(crate) fn code(&self) -> String {
        if self.one("Content-Type") != Some("application/problem+json") {
            return String::new();
        }
        let json = self.json();
        assert_eq!(json["status"], self.status, "status in the problem: {}", self.body);
        json["code"].as_str().expect("a code").to_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub(crate) fn pair(&self) -> Pair {
        assert_eq!(self.status, 200, "{}", self.body);
        let json = self.json();
        let text = |name: &str| json[name].as_str().expect("a token").to_owned();
        Pair { access: text("access_token"), refresh: text("refresh_token") }
    }

    /// The session cookie of this response, as a browser sends it back.
    pub(crate) fn session(&self) -> String {
        let cookie = self.session_cookie().unwrap_or_else(|| panic!("no session in {self:?}"));
        cookie.split(';').next().expect("a pair").to_owned()
    }

    /// The whole `Set-Cookie` of the session cookie.
    pub(crate) fn session_cookie(&self) -> Option<&str> {
        let named =
            |cookie: &&str| cookie.starts_with("session=") || cookie.starts_with("__Host-session=");
        let found: Vec<&str> = self.cookies().into_iter().filter(named).collect();
        assert!(found.len() < 2, "more than one session cookie: {found:?}");
        found.first().copied()
    }

    /// Whether the response removes the session cookie.
    pub(crate) fn takes_session_back(&self) -> bool {
        self.session_cookie().is_some_and(|cookie| {
            cookie.split(';').next().is_some_and(|pair| pair.ends_with('='))
                && cookie.contains("Max-Age=0")
                && cookie.contains("Expires=")
                && cookie.contains("Path=/")
        })
    }
}
