//! Routes for tokens in every location, and a browser's jar for those in cookies.
#![expect(clippy::needless_pass_by_value, reason = "Rocket hands guards to handlers by value")]

use std::collections::BTreeMap;

use rocket::data::{self, Data, FromData};
use rocket::http::{CookieJar, Header, Status};
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket::response::Redirect;
use rocket::serde::json::Json;
use rocket::{Route, delete, get, options, patch, post, put, routes};
use serde::Deserialize;
use serde_json::{Map, Value};
use vestibule::config::Location;
use vestibule::guards::{
    AccessToken, AuthMethod, Authenticated, Authentication, Checked, Condition, Maybe,
    RefreshToken, Scope, Scoped, TokenBody, read_json_object,
};
use vestibule::tokens::TokenPair;
use vestibule::{Error, ErrorKind, Session, Tokens};

use crate::support::app::{AnyTokenUser, App, Call, CurrentUser, Reply, Setup, TokenUser};
use crate::support::users::{User, Users};

pub(crate) struct InHeader;
pub(crate) struct InCookies;
pub(crate) struct InQuery;

impl Condition<User> for InHeader {
    fn check(found: &Authentication<User>, _: &Request<'_>) -> Result<(), Error> {
        ensure_in(Location::Header, found)
    }
}

impl Condition<User> for InCookies {
    fn check(found: &Authentication<User>, _: &Request<'_>) -> Result<(), Error> {
        ensure_in(Location::Cookies, found)
    }
}

impl Condition<User> for InQuery {
    fn check(found: &Authentication<User>, _: &Request<'_>) -> Result<(), Error> {
        ensure_in(Location::Query, found)
    }
}

fn ensure_in(location: Location, found: &Authentication<User>) -> Result<(), Error> {
    let is_there = found.location() == Some(location);
    if is_there { Ok(()) } else { Err(ErrorKind::CredentialsMissing.into()) }
}

struct Reading;

impl Scope for Reading {
    const NAME: &'static str = "read";
}

/// The user, and where the token was.
fn place(who: &impl Authenticated<Account = User>) -> String {
    let found = who.authentication();
    let location = found.location().map_or("session", |location| match location {
        Location::Header => "header",
        Location::Cookies => "cookies",
        Location::Query => "query",
        Location::Json => "json",
        _ => "nowhere that is known",
    });
    format!("{} in {location}", found.account().id)
}

#[post("/login/<id>")]
async fn login(
    id: u32,
    tokens: Tokens<'_>,
    users: &rocket::State<Users>,
) -> Result<Json<TokenPair>, Error> {
    let user = users.get(id).ok_or(ErrorKind::BadCredentials)?;
    let pair = tokens.start(&user).await?;
    tokens.set_cookies(&pair)?;
    Ok(Json(pair))
}

#[post("/refresh")]
async fn refresh(token: RefreshToken, tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
    let pair = tokens.refresh::<User>(&token).await?;
    tokens.set_cookies(&pair)?;
    Ok(Json(pair))
}

#[post("/logout")]
async fn logout(user: AnyTokenUser, tokens: Tokens<'_>) -> Result<&'static str, Error> {
    tokens.end_claims(user.authentication().claims().ok_or(ErrorKind::Internal)?).await?;
    tokens.unset_cookies();
    Ok("bye")
}

/// Removes the cookies, without a guard.
#[post("/forget")]
fn forget(tokens: Tokens<'_>) -> &'static str {
    tokens.unset_cookies();
    "forgotten"
}

#[get("/who")]
fn who(user: TokenUser) -> String {
    place(&user)
}

#[post("/who")]
fn who_by_post(user: TokenUser) -> String {
    place(&user)
}

#[put("/who")]
fn who_by_put(user: TokenUser) -> String {
    place(&user)
}

#[patch("/who")]
fn who_by_patch(user: TokenUser) -> String {
    place(&user)
}

#[delete("/who")]
fn who_by_delete(user: TokenUser) -> String {
    place(&user)
}

#[options("/who")]
fn who_by_options(user: TokenUser) -> String {
    place(&user)
}

/// Responds to a preflight, without a guard.
#[options("/open")]
fn open() -> &'static str {
    "ok"
}

#[get("/open")]
fn open_by_get(user: TokenUser) -> String {
    place(&user)
}

#[get("/maybe")]
fn maybe(user: Maybe<TokenUser>) -> String {
    user.0.as_ref().map_or_else(|| "nobody".to_owned(), place)
}

#[post("/maybe")]
fn maybe_by_post(user: Maybe<TokenUser>) -> String {
    maybe(user)
}

#[get("/in-header")]
fn in_header(user: Checked<InHeader, TokenUser>) -> String {
    place(&user)
}

#[get("/in-cookies")]
fn in_cookies(user: Checked<InCookies, CurrentUser>) -> String {
    place(&user)
}

#[get("/in-query")]
fn in_query(user: Checked<InQuery, TokenUser>) -> String {
    place(&user)
}

#[get("/maybe-in-header")]
fn maybe_in_header(user: Maybe<Checked<InHeader, TokenUser>>) -> String {
    user.0.as_ref().map_or_else(|| "nobody".to_owned(), place)
}

#[get("/scoped")]
fn scoped(user: Scoped<Reading, CurrentUser>) -> String {
    place(&user)
}

#[get("/scoped-fresh")]
fn scoped_fresh(user: Scoped<Reading, vestibule::guards::Fresh<CurrentUser>>) -> String {
    place(&user)
}

/// As `verify_jwt_in_request`: a guard of the application's own asks for the verdict.
struct Asked(String);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Asked {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        Outcome::Success(Self(match Authentication::<User>::of(request).await {
            Ok(None) => "nobody".to_owned(),
            Ok(Some(found)) if found.method() == AuthMethod::Session => "a session".to_owned(),
            Ok(Some(found)) => {
                let kind = found.claims().map(|claims| claims.kind);
                format!("{} with {kind:?} in {:?}", found.account().id, found.location())
            }
            Err(error) => error.kind().code().to_owned(),
        }))
    }
}

#[get("/asked")]
fn asked(asked: Asked) -> String {
    asked.0
}

/// A cookie of each of our names and others, set by the application.
#[get("/planted")]
fn planted(jar: &CookieJar<'_>) -> &'static str {
    for name in NAMES.iter().chain(&["access_token_cookie2", "session", "theme"]) {
        jar.add(((*name).to_owned(), "planted"));
    }
    "planted"
}

/// A cookie with no name and one of our names for its value.
#[derive(rocket::Responder)]
struct Nameless {
    body: &'static str,
    cookie: Header<'static>,
}

#[get("/nameless")]
fn nameless() -> Nameless {
    Nameless { body: "", cookie: Header::new("Set-Cookie", ACCESS) }
}

/// An access token that is nearly over is renewed on the way, as Flask-JWT-Extended's page on
/// implicit refreshing does it.
struct KeptAlive(String);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for KeptAlive {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        let tokens = rocket::outcome::try_outcome!(request.guard::<Tokens<'_>>().await);
        if let Outcome::Success(token) = request.guard::<AccessToken>().await
            && let (Some(begin), Some(end)) = (token.claims().iat, token.claims().exp)
            && end - begin > 10 * 60
        {
            return Outcome::Success(Self(token.claims().sub.clone()));
        }
        let token = rocket::outcome::try_outcome!(request.guard::<RefreshToken>().await);
        let renewed = match tokens.refresh::<User>(&token).await {
            Ok(pair) => tokens.set_cookies(&pair),
            Err(error) => Err(error),
        };
        match renewed {
            Ok(()) => Outcome::Success(Self(format!("{} renewed", token.claims().sub))),
            Err(error) => {
                let status = error.clone().remember(request);
                Outcome::Error((status, error))
            }
        }
    }
}

#[get("/kept-alive")]
fn kept_alive(user: KeptAlive) -> String {
    user.0
}

#[post("/kept-alive-logout")]
async fn kept_alive_logout(
    user: AnyTokenUser,
    _kept: KeptAlive,
    tokens: Tokens<'_>,
) -> Result<&'static str, Error> {
    tokens.end_claims(user.authentication().claims().ok_or(ErrorKind::Internal)?).await?;
    tokens.unset_cookies();
    Ok("bye")
}

#[post("/body", data = "<body>")]
fn body(body: TokenBody<TokenUser>) -> String {
    let names: Vec<&str> = body.fields().keys().map(String::as_str).collect();
    format!("{} with {}", place(&body), names.join(","))
}

#[derive(Deserialize)]
struct Note {
    text: String,
}

#[post("/note", data = "<body>")]
fn note(body: TokenBody<TokenUser>) -> Result<String, Error> {
    Ok(body.parse::<Note>()?.text)
}

#[post("/debug", data = "<body>")]
fn debug(body: TokenBody<TokenUser>) -> String {
    format!("{body:?}")
}

#[post("/session-beside-body", data = "<body>")]
async fn session_beside_body(
    session: Session<'_>,
    body: TokenBody<TokenUser>,
) -> Result<&'static str, Error> {
    session.start(body.authentication().account()).await?;
    Ok("started")
}

#[post("/refresh-body", data = "<body>")]
async fn refresh_body(
    body: TokenBody<RefreshToken>,
    tokens: Tokens<'_>,
) -> Result<Json<TokenPair>, Error> {
    let pair = tokens.refresh::<User>(&body).await?;
    Ok(Json(pair))
}

/// The same, and tries to hand the pair out in cookies too.
#[post("/refresh-body-and-cookies", data = "<body>")]
async fn refresh_body_and_cookies(
    body: TokenBody<RefreshToken>,
    tokens: Tokens<'_>,
    jar: &CookieJar<'_>,
) -> Result<Json<TokenPair>, Error> {
    jar.add(("theme", "dark"));
    let pair = tokens.refresh::<User>(&body).await?;
    tokens.set_cookies(&pair)?;
    Ok(Json(pair))
}

#[post("/refresh-body-fields", data = "<body>")]
fn refresh_body_fields(body: TokenBody<RefreshToken>) -> Result<String, Error> {
    let names: Vec<&str> = body.fields().keys().map(String::as_str).collect();
    Ok(format!("{} {:?} {}", names.join(","), body, body.parse::<Note>()?.text))
}

/// A data guard of an application's own, over a JSON object.
struct Fields(Map<String, Value>);

#[rocket::async_trait]
impl<'r> FromData<'r> for Fields {
    type Error = Error;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        match read_json_object(request, data).await {
            Ok(fields) => Outcome::Success(Self(fields)),
            Err(error) => Outcome::Error((error.clone().remember(request), error)),
        }
    }
}

#[post("/json", data = "<body>")]
fn json(body: Fields) -> Result<String, Error> {
    let name = body.0.get("name").and_then(Value::as_str);
    let name = name.ok_or_else(|| Error::invalid_field("name", "This field is required."))?;
    Ok(name.to_owned())
}

/// A response whose `Retry-After` is its own.
#[get("/limited")]
fn limited() -> Result<(), Error> {
    Err(Error::new(ErrorKind::TooManyAttempts).retry_after(77))
}

/// With or without a user, redirects elsewhere.
#[get("/elsewhere")]
fn elsewhere(user: Maybe<CurrentUser>) -> Redirect {
    drop(user);
    Redirect::to("/public")
}

/// A status without an error.
#[get("/teapot")]
fn teapot() -> Status {
    Status::ImATeapot
}

pub(crate) fn routes() -> Vec<Route> {
    routes![
        login,
        refresh,
        logout,
        forget,
        who,
        who_by_post,
        who_by_put,
        who_by_patch,
        who_by_delete,
        who_by_options,
        open,
        open_by_get,
        maybe,
        maybe_by_post,
        in_header,
        in_cookies,
        in_query,
        maybe_in_header,
        scoped,
        scoped_fresh,
        asked,
        planted,
        nameless,
        kept_alive,
        kept_alive_logout,
        body,
        note,
        debug,
        session_beside_body,
        refresh_body,
        refresh_body_and_cookies,
        refresh_body_fields,
        json,
        limited,
        elsewhere,
        teapot,
    ]
}

pub(crate) const ACCESS: &str = "access_token_cookie";
pub(crate) const REFRESH: &str = "refresh_token_cookie";
pub(crate) const CSRF_ACCESS: &str = "csrf_access_token";
pub(crate) const CSRF_REFRESH: &str = "csrf_refresh_token";

/// The four cookies of tokens, by their default names.
pub(crate) const NAMES: [&str; 4] = [ACCESS, CSRF_ACCESS, CSRF_REFRESH, REFRESH];

/// The application with these locations.
pub(crate) fn with(locations: &[&str]) -> Setup {
    Setup::new().set("auth.token.locations", locations)
}

/// A browser's jar: names and values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jar(BTreeMap<String, String>);

impl Jar {
    /// The jar of a user who has signed in with JWTs in cookies.
    pub(crate) fn signed_in(app: &App, user: u32) -> Self {
        let mut jar = Self::default();
        let reply = app.post(&format!("/places/login/{user}")).send();
        assert_eq!(reply.status, 200, "{}", reply.body);
        jar.take(&reply);
        jar
    }

    /// Stores and removes cookies as a response says.
    pub(crate) fn take(&mut self, reply: &Reply) {
        for field in reply.cookies() {
            let (pair, attributes) = field.split_once(';').unwrap_or((field, ""));
            let (name, value) = pair.split_once('=').expect("a pair");
            if attributes.contains("Max-Age=0") {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// Without one cookie.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    /// With one more, or another.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The value of `Cookie`.
    pub(crate) fn header(&self) -> String {
        let pairs: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }
}

impl Call<'_> {
    /// With the cookies of a jar.
    pub(crate) fn jar(self, jar: &Jar) -> Self {
        self.cookie(&jar.header())
    }

    /// With the header that holds the CSRF value.
    pub(crate) fn csrf(self, value: &str) -> Self {
        self.header("X-CSRF-TOKEN", value)
    }
}

/// The attributes of a `Set-Cookie`, sorted.
pub(crate) fn attributes(field: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = field.split(';').skip(1).map(str::trim).collect();
    parts.sort_unstable();
    parts
}

/// The names of the cookies that a response sets or removes, sorted.
pub(crate) fn names(reply: &Reply) -> Vec<&str> {
    let named = |field: &'_ str| field.find('=').map_or(field.len(), |end| end);
    let mut names: Vec<&str> =
        reply.cookies().into_iter().map(|field| &field[..named(field)]).collect();
    names.sort_unstable();
    names
}
