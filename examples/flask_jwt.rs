//! Flask-JWT: a user name and a password for a token at `/auth`, then
//! `Authorization: JWT <token>`.
//!
//! `token.scheme` names the scheme. The handler `authenticate` is Flask-JWT's function of that
//! name, `Account::find` its `identity`; a payload gets its `identity` claim through
//! `Account::claims`. Refusals have Flask-JWT's bodies: see `shared/flask_jwt.rs`.
//!
//! ```console
//! $ cargo run --example flask_jwt
//! $ curl --json '{"username":"user1","password":"abcxyz"}' http://127.0.0.1:5000/auth
//! $ curl -H "Authorization: JWT $JWT" http://127.0.0.1:5000/protected
//! ```
//!
//! Users: `user1` and `user2`, both with the password `abcxyz`. Flask-JWT itself differs in that
//! - its tokens name the user in `identity` alone; here `sub` says it too, as a text, and is
//!   what counts;
//! - it crashes at `/auth` without a body or with one that is no object, which is 400 or 415;
//! - it challenges in one 401 only; here all have a `WWW-Authenticate` (RFC 9110, 15.5.2).

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;

use rocket::figment::{Figment, providers::Env};
use rocket::serde::json::Json;
use rocket::{Build, Orbit, Rocket, get, launch, post, routes};
use serde_json::{Map, Value, json};
use vestibule::config::PasswordConfig;
use vestibule::guards::JsonObject;
use vestibule::password::Hasher;
use vestibule::tokens::TokenKind;
use vestibule::{Account, Auth, Error, PasswordAccount, Tokens};

#[path = "shared/flask_jwt.rs"]
mod flask_jwt;

type TokenUser = vestibule::TokenUser<User>;
type PasswordLogin<'r> = vestibule::PasswordLogin<'r, User>;
type Users = HashMap<u32, User>;

#[derive(Clone)]
struct User {
    id: u32,
    username: &'static str,
    password_hash: String,
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User(id='{}')", self.id)
    }
}

impl Account for User {
    type Id = u32;
    type Error = Infallible;

    fn id(&self) -> u32 {
        self.id
    }

    async fn find(rocket: &Rocket<Orbit>, id: &u32) -> Result<Option<Self>, Infallible> {
        Ok(rocket.state::<Users>().and_then(|users| users.get(id).cloned()))
    }

    fn claims(&self, _: TokenKind) -> Map<String, Value> {
        Map::from_iter([("identity".to_owned(), self.id.into())])
    }
}

impl PasswordAccount for User {
    async fn find_by_name(
        rocket: &Rocket<Orbit>,
        name: &str,
    ) -> Result<Option<(Self, String)>, Infallible> {
        let user = rocket
            .state::<Users>()
            .and_then(|users| users.values().find(|user| user.username == name));
        Ok(user.map(|user| (user.clone(), user.password_hash.clone())))
    }
}

#[post("/auth", data = "<given>")]
async fn authenticate(
    given: JsonObject<Map<String, Value>>,
    login: PasswordLogin<'_>,
    tokens: Tokens<'_>,
) -> Result<Json<Value>, Error> {
    let text = |name| given.get(name).and_then(Value::as_str).unwrap_or_default();
    // Exactly these two: Flask-JWT takes a body with anything else in it for wrong credentials.
    let name = if given.len() == 2 { text("username") } else { "" };
    let user = login.verify(name, &text("password").into()).await?;
    Ok(Json(json!({ "access_token": tokens.start(&user).await?.access_token })))
}

#[get("/protected")]
fn protected(current_identity: TokenUser) -> String {
    current_identity.to_string()
}

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        .merge(("auth.mode", "token"))
        .merge(("auth.token.scheme", "JWT"))
        // Flask-JWT's defaults.
        .merge(("auth.token.access", "300s"))
        .merge(("auth.token.leeway", "10s"))
        .merge(("auth.token.secret", "jose"))
        // This secret is public. Yours is 32 random bytes, without this line.
        .merge(("auth.token.allow_weak_secret", true))
        .merge(Env::prefixed("ROCKET_").global());
    let passwords: PasswordConfig = figment.extract_inner("auth.password").unwrap_or_default();
    let hasher = Hasher::new(&passwords).expect("randomness for a salt");
    let password_hash = hasher.hash_blocking(&"abcxyz".into()).expect("randomness for a salt");
    let user = |(id, username)| (id, User { id, username, password_hash: password_hash.clone() });
    let users: Users = [(1, "user1"), (2, "user2")].map(user).into();
    rocket::custom(figment)
        .attach(Auth::fairing().stateless())
        .manage(users)
        .mount("/", routes![authenticate, protected])
        .register("/", flask_jwt::catchers())
}
