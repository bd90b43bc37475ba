//! Automatic user loading: a handler names the user type and gets the whole user.
//!
//! `Account::id` says what a token remembers of a user (Flask-JWT-Extended's
//! `user_identity_loader`), `Account::find` finds the user again (`user_lookup_loader`), and
//! `TokenUser` among a handler's arguments is `@jwt_required()` and `current_user` in one.
//! The users are rows of `var/automatic_user_loading.sqlite3`; `ROCKET_DATABASE` names another file.
//! Tokens are kept nowhere, as in the Flask program: `examples/notes` has the store that ends them.
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
//! - it crashes on a list, which is 400 here;
//! - it responds to a wrong method with 405, Rocket with 404.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rocket::figment::{Figment, providers::Env};
use rocket::http::Status;
use rocket::serde::json::Json;
use rocket::{Build, Orbit, Rocket, get, launch, post, routes};
use serde::Deserialize;
use serde_json::{Value, json};
use vestibule::config::PasswordConfig;
use vestibule::database::{ConnectionPool, SqlitePool, open_sqlite};
use vestibule::guards::JsonObject;
use vestibule::password::{Hasher, Password};
use vestibule::{Account, Auth, Error, ErrorKind, PasswordAccount, Tokens};

#[path = "shared/flask_jwt_extended.rs"]
mod flask_jwt_extended;

type TokenUser = vestibule::TokenUser<User>;
type PasswordLogin<'r> = vestibule::PasswordLogin<'r, User>;

// db.create_all(). AUTOINCREMENT: the id of a deleted user is never given again, so that no old token
// is another user's.
const TABLES: &str = "CREATE TABLE IF NOT EXISTS users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    username      TEXT    NOT NULL UNIQUE,
    full_name     TEXT    NOT NULL,
    password_hash TEXT    NOT NULL
)";

mod schema {
    diesel::table! {
        users (id) { id -> Integer, username -> Text, full_name -> Text, password_hash -> Text }
    }
}

use schema::users;

// class User(db.Model)
#[derive(Clone, Queryable, Selectable)]
struct User {
    id: i32,
    username: String,
    full_name: String,
}

impl Account for User {
    type Id = i32;
    type Error = Error;

    fn id(&self) -> i32 {
        self.id
    }

    async fn find(rocket: &Rocket<Orbit>, id: &i32) -> Result<Option<Self>, Error> {
        let row = users::table.find(*id).select(User::as_select());
        SqlitePool::of(rocket)?.first(row).await
    }
}

impl PasswordAccount for User {
    async fn find_by_name(
        rocket: &Rocket<Orbit>,
        name: &str,
    ) -> Result<Option<(Self, String)>, Error> {
        let row = users::table.filter(users::username.eq(name.to_owned()));
        let row = row.select((User::as_select(), users::password_hash));
        SqlitePool::of(rocket)?.first(row).await
    }
}

#[derive(Deserialize)]
struct Credentials {
    username: Option<String>,
    password: Option<Password>,
}

#[post("/login", data = "<given>")]
async fn login(
    given: JsonObject<Credentials>,
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

/// Creates the table and, in a new one, the three users, who all have the same password.
fn create(db: &mut SqliteConnection, hasher: &Hasher) -> Result<(), Error> {
    db.batch_execute(TABLES)?;
    if users::table.count().get_result::<i64>(db)? > 0 {
        return Ok(());
    }
    let hash = hasher.hash_blocking(&"password".into())?;
    for (username, full_name) in [
        ("batman", "Bruce Wayne"),
        ("panther", "Ann Takamaki"),
        ("little_sapphire", "Jester Lavore"),
    ] {
        let names = (users::username.eq(username), users::full_name.eq(full_name));
        // db.session.add(User(..))
        let user = diesel::insert_into(users::table);
        user.values((names, users::password_hash.eq(&hash))).execute(db)?;
    }
    Ok(())
}

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        .merge(("database", "var/automatic_user_loading.sqlite3"))
        .merge(("auth.mode", "token"))
        .merge(("auth.token.secret", "super-secret"))
        // This secret is public. Yours is 32 random bytes, without this line.
        .merge(("auth.token.allow_weak_secret", true))
        .merge(Env::prefixed("ROCKET_").global());
    let passwords: PasswordConfig = figment.extract_inner("auth.password").unwrap_or_default();
    let hasher = Hasher::new(&passwords).expect("randomness for a salt");
    let path: String = figment.extract_inner("database").expect("a path");
    let pool = open_sqlite(path, |db| Ok(create(db, &hasher)?)).expect("a database");
    rocket::custom(figment)
        .attach(Auth::fairing().stateless())
        .manage(pool)
        .mount("/", routes![login, who_am_i])
        .register("/", flask_jwt_extended::catchers())
}
