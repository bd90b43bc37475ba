//! Flask-JWT-Extended's errors: its bodies and statuses, word for word.
//!
//! The library leaves the response to a refusal to the application. A client
//! that knows the responses of Flask-JWT-Extended needs no change: one catcher gives them
//! (`shared/flask_jwt_extended.rs`). The routes here are one for each way to be refused.
//!
//! ```console
//! $ cargo run --example flask_jwt_extended_errors
//! $ curl --json '{"username":"test","password":"test"}' http://127.0.0.1:5000/login
//! $ curl -i -H "Authorization: Bearer $JWT" http://127.0.0.1:5000/refresh -X POST
//! ```
//!
//! Users: `test` and `leaver`, each with the name as password. These are not
//! Flask-JWT-Extended's:
//! - each 401 has a `WWW-Authenticate` (RFC 9110, 15.5.2);
//! - where it quotes Python's parser on JSON that is none, here it is always the first
//!   character that is wrong;
//! - a token in the header and one in a cookie are 400, where it takes the first it finds;
//! - tokens that it lets pass are refused here: with a name twice, with a life longer than any
//!   that is given out, without one of our claims.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rocket::figment::{Figment, providers::Env};
use rocket::http::Status;
use rocket::serde::json::Json;
use rocket::{Build, Orbit, Rocket, State, delete, get, launch, post, routes};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use vestibule::config::PasswordConfig;
use vestibule::guards::{Fresh, JsonObject, Maybe, RefreshToken};
use vestibule::password::{Hasher, Password};
use vestibule::sign_ins::{AuthCache, MemorySignInStore};
use vestibule::tokens::{Claims, TokenKind, TokenOptions, TokenPair};
use vestibule::{Account, Auth, Error, PasswordAccount, Tokens};

#[path = "shared/flask_jwt_extended.rs"]
mod flask_jwt_extended;

type TokenUser = vestibule::TokenUser<User>;
type PasswordLogin<'r> = vestibule::PasswordLogin<'r, User>;

/// A claim of each token; one that another release issued is not accepted any more.
const RELEASE: u32 = 2;

#[derive(Clone)]
struct User {
    username: String,
    password_hash: String,
}

/// The users by name.
struct Users(Mutex<HashMap<String, User>>);

impl Users {
    fn all(&self) -> MutexGuard<'_, HashMap<String, User>> {
        // Every change is one step, so a panic leaves no partial change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account for User {
    // `sub` holds the user name: one that is free again must never be given to another user.
    type Id = String;
    type Error = Infallible;

    fn id(&self) -> String {
        self.username.clone()
    }

    async fn find(rocket: &Rocket<Orbit>, id: &String) -> Result<Option<Self>, Infallible> {
        Ok(rocket.state::<Users>().and_then(|users| users.all().get(id).cloned()))
    }

    fn claims(&self, _: TokenKind) -> Map<String, Value> {
        Map::from_iter([("release".to_owned(), RELEASE.into())])
    }

    async fn accept(_: &Rocket<Orbit>, claims: &Claims) -> Result<bool, Infallible> {
        Ok(claims.extra.get("release") == Some(&RELEASE.into()))
    }
}

impl PasswordAccount for User {
    async fn find_by_name(
        rocket: &Rocket<Orbit>,
        name: &str,
    ) -> Result<Option<(Self, String)>, Infallible> {
        let user = rocket.state::<Users>().and_then(|users| users.all().get(name).cloned());
        Ok(user.map(|user| (user.clone(), user.password_hash.clone())))
    }
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: Password,
}

#[post("/login", data = "<given>")]
async fn login(
    given: JsonObject<Credentials>,
    login: PasswordLogin<'_>,
    tokens: Tokens<'_>,
) -> Result<Json<TokenPair>, Error> {
    let user = login.verify(&given.username, &given.password).await?;
    Ok(Json(tokens.start(&user).await?))
}

/// `jwt_required(refresh=True)`: an access token, and the refresh token stays what it is. A
/// client of yours should take a new one each time: `tokens.refresh` returns it, and
/// detects a second use of the old one.
#[post("/refresh")]
async fn refresh(token: RefreshToken, tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
    Ok(Json(tokens.refresh_with::<User>(&token, TokenOptions::new().access_only()).await?))
}

/// `jwt_required()`
#[get("/protected")]
fn protected(user: TokenUser) -> Json<Value> {
    Json(json!({ "logged_in_as": user.username }))
}

/// The same under a method that changes something: a token in a cookie needs its CSRF value.
#[post("/protected")]
fn protected_change(user: TokenUser) -> Json<Value> {
    protected(user)
}

/// `jwt_required(optional=True)`
#[get("/optional")]
fn optional(user: Maybe<TokenUser>) -> Json<Value> {
    Json(json!({ "logged_in_as": user.0.map(|user| user.username.clone()) }))
}

/// `jwt_required(fresh=True)`: not with a refreshed token.
#[get("/fresh")]
fn fresh(user: Fresh<TokenUser>) -> Json<Value> {
    Json(json!({ "logged_in_as": user.username }))
}

/// Access and refresh token end together, without a list of tokens.
#[delete("/logout")]
async fn logout(user: TokenUser, tokens: Tokens<'_>) -> Result<Json<Value>, Error> {
    tokens.end(&user).await?;
    Ok(Json(json!({ "msg": "Successfully logged out" })))
}

/// Deletes the user but not the sign-ins, so that a good token names no user.
#[delete("/account")]
fn delete_account(user: TokenUser, users: &State<Users>, auth_cache: &State<AuthCache>) -> Status {
    users.all().remove(&user.username);
    // Or the account would stay in the cache for another second.
    auth_cache.invalidate_account(&user.username);
    Status::NoContent
}

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        .merge(("auth.mode", "token"))
        .merge(("auth.token.locations", ["header", "cookies"]))
        .merge(("auth.token.secret", "super-secret"))
        // This secret is public. Yours is 32 random bytes, without this line.
        .merge(("auth.token.allow_weak_secret", true))
        .merge(Env::prefixed("ROCKET_").global());
    let passwords: PasswordConfig = figment.extract_inner("auth.password").unwrap_or_default();
    let hasher = Hasher::new(&passwords).expect("randomness for a salt");
    let user = |name: &str| {
        let password_hash = hasher.hash_blocking(&name.into()).expect("randomness for a salt");
        (name.to_owned(), User { username: name.to_owned(), password_hash })
    };
    let users = Users(Mutex::new(["test", "leaver"].map(user).into()));
    rocket::custom(figment)
        .attach(Auth::fairing().store(MemorySignInStore::new()))
        .manage(users)
        .mount("/", routes![login, refresh, protected, protected_change, optional, fresh])
        .mount("/", routes![logout, delete_account])
        .register("/", flask_jwt_extended::catchers())
}
