//! A small application with a route for everything that a credential can do.

use std::sync::{Arc, Mutex};

use rocket::figment::Figment;
use rocket::http::{CookieJar, Status};
use rocket::local::blocking::Client;
use rocket::serde::json::Json;
use rocket::{Build, Request, Rocket, catch, catchers, get, post, routes};
use vestibule::events::{Event, EventSink};
use vestibule::guards::{Authenticated, RefreshToken};
use vestibule::sign_ins::{MemorySignInStore, SignIns};
use vestibule::tokens::TokenPair;
use vestibule::{Auth, Clock, Error, Problem, Session, Tokens};

use crate::users::{ALICE, User, Users};

type CurrentUser = vestibule::CurrentUser<User>;

fn name(who: &impl Authenticated<Account = User>) -> String {
    format!("{} by {}", who.authentication().account().id, who.authentication().method().as_str())
}

#[get("/me")]
fn me(user: CurrentUser) -> String {
    name(&user)
}

#[post("/me")]
fn change(user: CurrentUser) -> String {
    name(&user)
}

#[get("/fresh")]
fn fresh(user: vestibule::guards::Fresh<CurrentUser>) -> String {
    name(&user)
}

#[get("/two")]
fn two(user: vestibule::guards::MultiFactor<CurrentUser>) -> String {
    name(&user)
}

#[get("/sign-ins")]
async fn list(user: CurrentUser, sign_ins: SignIns<'_>) -> Result<String, Error> {
    let all = sign_ins.list(user.id).await?;
    Ok(all.iter().map(|one| one.kind.as_str()).collect::<Vec<_>>().join(" "))
}

#[get("/scoped")]
fn scoped(user: vestibule::guards::Scoped<Read, CurrentUser>) -> String {
    name(&*user)
}

struct Read;

impl vestibule::guards::Scope for Read {
    const NAME: &'static str = "files:read";
}

#[post("/logout")]
async fn logout(session: Session<'_>) -> Result<(), Error> {
    session.end().await
}

#[post("/confirm")]
async fn confirm(session: Session<'_>) -> Result<(), Error> {
    session.confirm().await
}

#[post("/refresh")]
async fn refresh(token: RefreshToken, tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
    Ok(Json(tokens.refresh::<User>(&token).await?))
}

#[get("/cookies")]
fn cookies(jar: &CookieJar<'_>) {
    jar.add(("first", "the value of the first"));
    jar.add_private(("second", "the value of the second"));
}

#[catch(default)]
fn refused(status: Status, request: &Request<'_>) -> Problem {
    Problem::of(status, request)
}

/// What was reported to the application's listener.
#[derive(Clone, Default)]
pub(crate) struct RecordedEvents(Arc<Mutex<Vec<String>>>);

impl RecordedEvents {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().expect("a lock").clone()
    }
}

impl EventSink for RecordedEvents {
    fn on_event(&self, event: &Event<'_>) {
        let account = event.account.unwrap_or("nobody");
        self.0.lock().expect("a lock").push(format!("{} {account}", event.kind.as_str()));
    }
}

/// The application with handles on its clock, store, users and events.
pub(crate) struct App {
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    pub(crate) store: MemorySignInStore,
    pub(crate) users: Users,
    pub(crate) recorded: RecordedEvents,
}

pub(crate) fn figment() -> Figment {
    Figment::from(rocket::Config::debug_default())
        .merge(("log_level", "off"))
        .merge(("auth.token.secret", "a secret of the tests, of 41 bytes at all"))
}

pub(crate) fn rocket(figment: Figment, auth: Auth, users: Users) -> Rocket<Build> {
    rocket::custom(figment)
        .attach(auth.login_required_except(&["/logout", "/confirm", "/cookies"]))
        .manage(users)
        .mount("/", routes![me, change, fresh, two, scoped, logout, confirm, refresh, cookies])
        .register("/", catchers![refused])
}

impl App {
    pub(crate) fn new() -> Self {
        Self::with(|figment| figment)
    }

    pub(crate) fn with(change: impl Fn(Figment) -> Figment) -> Self {
        let (clock, store, users) = (Clock::manual(), MemorySignInStore::new(), Users::new());
        let recorded = RecordedEvents::default();
        let auth =
            Auth::fairing().store(store.clone()).clock(clock.clone()).events(recorded.clone());
        // The guard of the list needs a store.
        let rocket = rocket(change(figment()), auth, users.clone()).mount("/", routes![list]);
        let client = Client::untracked(rocket).expect("a launch");
        Self { client, clock, store, users, recorded }
    }

    pub(crate) fn alice(&self) -> User {
        self.users.get(ALICE).expect("alice")
    }
}
