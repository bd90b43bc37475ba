//! Sessions and tokens side by side: one login, and two credentials for the time after it.
//!
//! Programs put the token from `/login` into the JSON body of each request; the data guard
//! `TokenBody` takes it out and hands over the user and the rest of the body. A login with
//! `"remember": true` also gives a browser its session and remember cookies, which open
//! `GET /me`. A request with a token never gets a cookie, whatever cookies it came with.
//!
//! ```console
//! $ cargo run --example login_and_tokens
//! $ curl -c jar http://127.0.0.1:5000/login \
//!     --json '{"email":"ann@example.org","password":"correct horse","remember":true}'
//! $ curl --json "{\"access_token\":\"$TOKEN\"}" http://127.0.0.1:5000/me
//! $ curl -b jar http://127.0.0.1:5000/me
//! ```
//!
//! Flask-Login and Flask-JWT-Extended, wired together as their users do it, differ in that
//! - with a remember cookie their request loader is not called, so that a good token gets
//!   401; here a token is asked first, and alone;
//! - a login without `remember` crashes, which means "no" here;
//! - a refresh token passes for an access token, which is 422 here;
//! - what is wrong with a bad token has their texts; here the library's.
//!
//! The users are a map and the sign-ins are kept in memory; the library does not care where
//! yours are stored. Rocket draws a new key for cookies at each start in debug mode: set
//! `ROCKET_SECRET_KEY` for sessions that outlive the program.

use std::collections::HashMap;
use std::convert::Infallible;

use rocket::figment::{Figment, providers::Env};
use rocket::http::Status;
use rocket::serde::json::Json;
use rocket::{Build, Orbit, Request, Rocket, catch, catchers, get, launch, post, routes};
use serde::Deserialize;
use serde_json::{Value, json};
use vestibule::config::PasswordConfig;
use vestibule::guards::{JsonObject, TokenBody};
use vestibule::password::{Hasher, Password};
use vestibule::sign_ins::MemorySignInStore;
use vestibule::{Account, Auth, Error, ErrorKind, PasswordAccount, Session, TokenUser, Tokens};

type SessionUser = vestibule::SessionUser<Person>;
type PasswordLogin<'r> = vestibule::PasswordLogin<'r, Person>;
type People = HashMap<String, Person>;

#[derive(Clone)]
struct Person {
    email: String,
    password_hash: String,
}

impl Account for Person {
    // `sub` holds the address: one that is free again must never be given to another user.
    type Id = String;
    type Error = Infallible;

    fn id(&self) -> String {
        self.email.clone()
    }

    async fn find(rocket: &Rocket<Orbit>, id: &String) -> Result<Option<Self>, Infallible> {
        Ok(rocket.state::<People>().and_then(|people| people.get(id).cloned()))
    }
}

impl PasswordAccount for Person {
    async fn find_by_name(
        rocket: &Rocket<Orbit>,
        name: &str,
    ) -> Result<Option<(Self, String)>, Infallible> {
        let person = rocket.state::<People>().and_then(|people| people.get(name));
        Ok(person.map(|person| (person.clone(), person.password_hash.clone())))
    }
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: Password,
    #[serde(default)]
    remember: bool,
}

#[post("/login", data = "<given>")]
async fn login(
    given: JsonObject<Credentials>,
    login: PasswordLogin<'_>,
    session: Session<'_>,
    tokens: Tokens<'_>,
) -> Result<Json<Value>, Error> {
    let person = login.verify(&given.email, &given.password).await?;
    if given.remember {
        session.start_remembered(&person).await?;
    }
    let pair = tokens.start(&person).await?;
    Ok(Json(json!({ "message": "Logged in successfully!", "access_token": pair.access_token })))
}

/// For programs: the token is in the body.
#[post("/me", data = "<body>")]
fn by_token(body: TokenBody<TokenUser<Person>>) -> Json<Value> {
    Json(json!({ "email": body.email, "via": "token" }))
}

/// For browsers: the session cookie, or the remember cookie when the session is over.
#[get("/me")]
fn by_session(person: SessionUser) -> Json<Value> {
    Json(json!({ "email": person.email, "via": "session" }))
}

#[post("/logout")]
async fn logout(session: Session<'_>) -> Result<Json<Value>, Error> {
    session.end().await?;
    Ok(Json(json!({ "message": "Logged out successfully!" })))
}

#[catch(default)]
fn refused(status: Status, request: &Request<'_>) -> (Status, Json<Value>) {
    let error = Error::of(status, request);
    let (status, text) = match &error {
        None => (status, status.reason_lossy()),
        Some(error) => match error.kind() {
            ErrorKind::TokenExpired => (status, "Token has expired"),
            ErrorKind::TokenInvalid | ErrorKind::WrongTokenType => {
                (Status::UnprocessableEntity, error.message())
            }
            _ => (status, error.message()),
        },
    };
    (status, Json(json!({ "msg": text })))
}

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        .merge(("auth.token.locations", ["json"]))
        .merge(("auth.token.secret", "super-secret"))
        // This secret is public. Yours is 32 random bytes, without this line.
        .merge(("auth.token.allow_weak_secret", true))
        .merge(Env::prefixed("ROCKET_").global());
    let passwords: PasswordConfig = figment.extract_inner("auth.password").unwrap_or_default();
    let hasher = Hasher::new(&passwords).expect("randomness for a salt");
    let person = |(email, password): (&str, &str)| {
        let password_hash = hasher.hash_blocking(&password.into()).expect("randomness for a salt");
        (email.to_owned(), Person { email: email.to_owned(), password_hash })
    };
    let people: People =
        [("ann@example.org", "correct horse"), ("ben@example.org", "battery staple")]
            .map(person)
            .into();
    rocket::custom(figment)
        .attach(Auth::fairing().store(MemorySignInStore::new()))
        .manage(people)
        .mount("/", routes![login, by_token, by_session, logout])
        .register("/", catchers![refused])
}
