//! A bare application with two users.

use std::convert::Infallible;

use rocket::figment::Figment;
use rocket::http::Header;
use rocket::local::asynchronous::{Client, LocalRequest};
use rocket::outcome::Outcome;
use rocket::request::FromRequest;
use rocket::tokio::runtime::{Builder, Runtime};
use rocket::{Orbit, Rocket, get, post, routes};
use vestibule::guards::BearerToken;
use vestibule::sign_ins::MemorySignInStore;
use vestibule::{Account, Auth, Clock, Error, Session, SessionUser, TokenUser};

use crate::json_body;

pub(crate) const ALICE: u32 = 1;
pub(crate) const BOB: u32 = 2;

/// The signing key of tokens.
pub(crate) const SECRET: &str = "correct horse battery staple, twice over";

#[derive(Clone, Debug)]
pub(crate) struct User(pub(crate) u32);

impl Account for User {
    type Id = u32;
    type Error = Infallible;

    fn id(&self) -> u32 {
        self.0
    }

    async fn find(_: &Rocket<Orbit>, id: &u32) -> Result<Option<Self>, Infallible> {
        Ok([ALICE, BOB].contains(id).then_some(Self(*id)))
    }
}

#[get("/bearer")]
fn bearer(token: BearerToken<'_>) -> String {
    token.as_str().to_owned()
}

#[get("/token")]
fn token(user: TokenUser<User>) -> String {
    user.0.to_string()
}

#[get("/session")]
fn session(user: SessionUser<User>) -> String {
    user.0.to_string()
}

/// Signs in with both cookies.
#[post("/login/<id>")]
async fn login(id: u32, session: Session<'_>) -> Result<(), Error> {
    session.start_remembered(&User(id)).await.map(drop)
}

/// A launched application, in mode `both` and the debug profile.
pub(crate) struct App {
    runtime: Runtime,
    pub(crate) client: Client,
    clock: Clock,
}

impl App {
    pub(crate) fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let figment = Figment::from(rocket::Config::debug_default())
            .merge(("log_level", "off"))
            .merge(("auth.token.secret", SECRET));
        let clock = Clock::manual();
        let auth = Auth::fairing().store(MemorySignInStore::new()).clock(clock.clone());
        let routes = routes![bearer, token, session, login, json_body::echo];
        let rocket = rocket::custom(figment).attach(auth).mount("/", routes);
        let client = runtime.block_on(Client::untracked(rocket)).expect("a launch");
        Self { runtime, client, clock }
    }

    /// The current time, which stands still.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().expect("a sane clock").unix_timestamp()
    }

    pub(crate) fn wait_for<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// What a handler of this request would be given, without sending it.
    pub(crate) fn guard<'r, G: FromRequest<'r>>(&self, request: &'r LocalRequest<'_>) -> G {
        match self.wait_for(G::from_request(request.inner())) {
            Outcome::Success(found) => found,
            Outcome::Error((status, _)) | Outcome::Forward(status) => panic!("{status}"),
        }
    }

    /// The text of a response, or the status of any but 200.
    pub(crate) fn send(&self, request: LocalRequest<'_>) -> Result<String, u16> {
        self.wait_for(async {
            let response = request.dispatch().await;
            let status = response.status().code;
            let text = response.into_string().await.unwrap_or_default();
            if status == 200 { Ok(text) } else { Err(status) }
        })
    }

    /// What the route says to this `Authorization` header.
    pub(crate) fn authorize(&self, path: &'static str, field: String) -> Result<String, u16> {
        self.send(self.client.get(path).header(Header::new("Authorization", field)))
    }
}
