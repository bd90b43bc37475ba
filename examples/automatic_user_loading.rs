//! Automatic user loading: a handler names the user type and gets the whole user.
//!
//! `Account::id` says what a token remembers of a user (Flask-JWT-Extended's
//! `user_identity_loader`), `Account::find` finds the user again (`user_lookup_loader`), and
//! `TokenUser` among a handler's arguments is `@jwt_required()` and `current_user` in one.
//! The users are a map here; the library does not care where yours are stored.
//!
//! ```console
//! $ cargo run --example automatic_user_loading
//! $ http POST :5000/login username=panther password=password
//! $ export JWT=...
//! $ http GET :5000/who_am_i Authorization:"Bearer $JWT"
//! ```
//!
//! The Flask program of this name differs in that
//! - it puts the integer 2 into `sub`; here it is the text `"2"`, as RFC 7519 demands;
//! - it crashes where the password is missing, which is a wrong password here;
//! - it responds to a wrong method with 405 and to another content type with 415; Rocket responds
//!   with 404 to the first, and here any body that parses as JSON will do.

use std::collections::HashMap;
use std::convert::Infallible;

use rocket::figment::{Figment, providers::Env};
use rocket::http::Status;
use rocket::serde::json::Json;
use rocket::{Build, Orbit, Rocket, get, launch, post, routes};
use serde::Deserialize;
use serde_json::{Value, json};
use vestibule::config::PasswordConfig;
use vestibule::password::{Hasher, Password};
use vestibule::{Account, Auth, Error, ErrorKind, PasswordAccount, Tokens};

#[path = "shared/flask_jwt_extended.rs"]
mod flask_jwt_extended;

type TokenUser = vestibule::TokenUser<User>;
type PasswordLogin<'r> = vestibule::PasswordLogin<'r, User>;
type Users = HashMap<u32, User>;

#[derive(Clone)]
struct User {
    id: u32,
    username: &'static str,
    full_name: &'static str,
    password_hash: String,
}

#[rocket::async_trait]
impl Account for User {
    type Id = u32;
    type Error = Infallible;

    fn id(&self) -> u32 {
        self.id
    }

    async fn find(rocket: &Rocket<Orbit>, id: &u32) -> Result<Option<Self>, Infallible> {
        Ok(rocket.state::<Users>().and_then(|users| users.get(id).cloned()))
    }
}

#[rocket::async_trait]
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

#[derive(Deserialize)]
struct Credentials {
    username: Option<String>,
    password: Option<Password>,
}

#[post("/login", data = "<given>")]
async fn login(
    given: Json<Credentials>,
    login: PasswordLogin<'_>,
    tokens: Tokens<'_>,
) -> Result<(Status, Json<Value>), Error> {
    let Credentials { username, password } = given.into_inner();
    let password = password.unwrap_or_else(|| "".into());
    match login.verify(&username.unwrap_or_default(), &password).await {
        Ok(user) => {
            let pair = tokens.start(&user).await?;
            Ok((Status::Ok, Json(json!({ "access_token": pair.access_token }))))
        }
        Err(error) if error.kind() == ErrorKind::BadCredentials => {
            Ok((Status::Unauthorized, Json(json!("Wrong username or password"))))
        }
        Err(error) => Err(error),
    }
}

#[get("/who_am_i")]
fn who_am_i(user: TokenUser) -> Json<Value> {
    Json(json!({ "id": user.id, "full_name": user.full_name, "username": user.username }))
}

/// The three users, who all have the same password.
fn users(hasher: &Hasher) -> Users {
    let password_hash = hasher.hash_blocking(&"password".into()).expect("randomness for a salt");
    let names = [
        (1, "batman", "Bruce Wayne"),
        (2, "panther", "Ann Takamaki"),
        (3, "little_sapphire", "Jester Lavore"),
    ];
    let user = |(id, username, full_name)| {
        (id, User { id, username, full_name, password_hash: password_hash.clone() })
    };
    names.map(user).into()
}

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        .merge(("auth.mode", "token"))
        .merge(("auth.token.secret", "super-secret"))
        // This secret is public. Yours is 32 random bytes, without this line.
        .merge(("auth.token.allow_weak_secret", true))
        .merge(Env::prefixed("ROCKET_").global());
    let passwords: PasswordConfig = figment.extract_inner("auth.password").unwrap_or_default();
    let hasher = Hasher::new(&passwords).expect("randomness for a salt");
    rocket::custom(figment)
        .attach(Auth::fairing().stateless())
        .manage(users(&hasher))
        .mount("/", routes![login, who_am_i])
        .register("/", flask_jwt_extended::catchers())
}
