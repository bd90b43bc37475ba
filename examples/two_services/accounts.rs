//! Verifies passwords, issues tokens, and publishes the key that verifies them.

use std::collections::HashMap;
use std::convert::Infallible;

use rocket::figment::{Figment, providers::Env};
use rocket::serde::json::Json;
use rocket::{Build, Orbit, Rocket, get, post, routes};
use serde_json::Value;
use vestibule::catchers::problems;
use vestibule::config::PasswordConfig;
use vestibule::guards::RefreshToken;
use vestibule::password::Hasher;
use vestibule::routes::LoginBody;
use vestibule::sign_ins::MemorySignInStore;
use vestibule::tokens::{PublicKeys, TokenPair};
use vestibule::{Account, Auth, Error, PasswordAccount, TokenUser, Tokens};

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
    login: vestibule::PasswordLogin<'_, User>,
    tokens: Tokens<'_>,
) -> Result<Json<TokenPair>, Error> {
    let user = login.verify(&given.name, &given.password).await?;
    tokens.start(&user).await.map(Json)
}

#[post("/refresh")]
async fn refresh(token: RefreshToken, tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
    tokens.refresh::<User>(&token).await.map(Json)
}

#[post("/logout")]
async fn log_out(user: TokenUser<User>, tokens: Tokens<'_>) -> Result<(), Error> {
    tokens.end(&user).await
}

#[get("/.well-known/jwks.json")]
fn keys(keys: PublicKeys<'_>) -> Json<Value> {
    Json(keys.to_json())
}

pub(crate) fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        .merge(("auth.mode", "token"))
        .merge(("auth.token.issuer", "https://accounts.example"))
        .merge(("auth.token.audience", ["accounts", "orders"]))
        .merge(("auth.token.algorithm", "EdDSA"))
        .merge(("auth.token.private_key", "var/token.pem"))
        .merge(Env::prefixed("ROCKET_").global());
    let passwords: PasswordConfig = figment.extract_inner("auth.password").unwrap_or_default();
    let hasher = Hasher::new(&passwords).expect("randomness for a salt");
    let user = |(name, password): (&str, &str)| {
        let password_hash = hasher.hash_blocking(&password.into()).expect("randomness for a salt");
        (name.to_owned(), User { name: name.to_owned(), password_hash })
    };
    let users: Users = [("ada", "lovelace"), ("grace", "hopper")].map(user).into();
    rocket::custom(figment)
        .attach(Auth::fairing().store(MemorySignInStore::new()))
        .manage(users)
        .mount("/", routes![log_in, refresh, log_out, keys])
        .register("/", problems())
}
