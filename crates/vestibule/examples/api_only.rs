//! An API for programs: a password for a pair of tokens, and the pair renewed.
//!
//! ```console
//! $ cargo run -p vestibule --example api_only
//! $ curl --json '{"name":"ada","password":"lovelace"}' http://127.0.0.1:5000/api/login
//! $ curl -H "Authorization: Bearer $ACCESS" http://127.0.0.1:5000/api/me
//! $ curl -X POST -H "Authorization: Bearer $REFRESH" http://127.0.0.1:5000/api/refresh
//! ```
//!
//! Users: `ada`/`lovelace` and `grace`/`hopper`.

use std::collections::HashMap;
use std::convert::Infallible;

use rocket::figment::{Figment, providers::Env};
use rocket::http::Status;
use rocket::serde::json::Json;
use rocket::{Build, Orbit, Request, Rocket};
use rocket::{catch, catchers, get, launch, post, routes};
use serde_json::{Value, json};
use vestibule::config::PasswordConfig;
use vestibule::guards::RefreshToken;
use vestibule::password::Hasher;
use vestibule::routes::LoginBody;
use vestibule::sign_ins::MemorySignInStore;
use vestibule::tokens::TokenPair;
use vestibule::{Account, Auth, Error, PasswordAccount, Problem, Tokens};

type CurrentUser = vestibule::CurrentUser<User>;
type PasswordLogin<'r> = vestibule::PasswordLogin<'r, User>;
type Users = HashMap<String, User>;

#[derive(Clone)]
struct User {
    name: String,
    password_hash: String,
}

impl Account for User {
    type Id = String;
    type Error = Infallible;

    fn id(&self) -> String {
        self.name.clone()
    }

    async fn find(rocket: &Rocket<Orbit>, id: &String) -> Result<Option<Self>, Infallible> {
        Ok(rocket.state::<Users>().and_then(|users| users.get(id).cloned()))
    }
}

impl PasswordAccount for User {
    async fn find_by_name(
        rocket: &Rocket<Orbit>,
        name: &str,
    ) -> Result<Option<(Self, String)>, Infallible> {
        let user = rocket.state::<Users>().and_then(|users| users.get(name));
        Ok(user.map(|user| (user.clone(), user.password_hash.clone())))
    }
}

#[post("/login", data = "<given>")]
async fn log_in(
    given: LoginBody,
    login: PasswordLogin<'_>,
    tokens: Tokens<'_>,
) -> Result<Json<TokenPair>, Error> {
    let user = login.verify(&given.name, &given.password).await?;
    Ok(Json(tokens.start(&user).await?))
}

/// Returns a new pair for a refresh token, which is used up by it.
#[post("/refresh")]
async fn refresh(token: RefreshToken, tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
    Ok(Json(tokens.refresh::<User>(&token).await?))
}

#[get("/me")]
fn me(user: CurrentUser) -> Json<Value> {
    Json(json!({ "name": user.name }))
}

/// Every refusal as problem JSON (RFC 9457).
#[catch(default)]
fn refused(status: Status, request: &Request<'_>) -> Problem {
    Problem::of(status, request)
}

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        .merge(("auth.mode", "token"))
        // A secret in a public program is none: replace it with 32 random bytes.
        .merge(("auth.token.secret", "an example secret of more than 32 bytes"))
        .merge(Env::prefixed("ROCKET_").global());
    let hasher = Hasher::new(&PasswordConfig::default()).expect("randomness for a salt");
    let user = |(name, password): (&str, &str)| {
        let password_hash = hasher.hash_blocking(&password.into()).expect("randomness for a salt");
        (name.to_owned(), User { name: name.to_owned(), password_hash })
    };
    let users: Users = [("ada", "lovelace"), ("grace", "hopper")].map(user).into();
    rocket::custom(figment)
        .attach(Auth::fairing().store(MemorySignInStore::new()))
        .manage(users)
        .mount("/api", routes![log_in, refresh, me])
        .register("/", catchers![refused])
}
