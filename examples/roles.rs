//! Roles, both ways: in the token's claims, and in the database.
//!
//! `GET /admin` believes what the token says (`ClaimedRole`), `GET /users` asks the user as stored
//! now (`Require`): a former administrator still passes the first until the token expires, but not
//! the second. `/profile` shows the three ways to ask who it is.
//! The users are rows of `var/roles.sqlite3`; `ROCKET_DATABASE` names another file.
//! Tokens are kept nowhere, as in the Flask program: `examples/notes` has the store that ends them.
//!
//! ```console
//! $ cargo run --example roles
//! $ curl --json '{"username":"admin","password":"admin123"}' http://127.0.0.1:5000/login
//! $ curl -H "Authorization: Bearer $JWT" http://127.0.0.1:5000/admin
//! ```
//!
//! Users: `admin`/`admin123`, `user_01`/`1234`, `user_02`/`5678`. The Flask program of these
//! paths differs in that
//! - it lets every client register as an administrator; here that is 403;
//! - it crashes where a field is missing; here `/register` responds with 400 and `/login` 401;
//! - it keeps passwords in the clear.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rocket::figment::{Figment, providers::Env};
use rocket::http::Status;
use rocket::serde::json::Json;
use rocket::{Build, Orbit, Request, Rocket, State, catch, catchers, get, launch, post, routes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use vestibule::config::PasswordConfig;
use vestibule::database::{ConnectionPool, SqlitePool, open_sqlite};
use vestibule::guards::{ClaimedRole, JsonObject, Require, Role};
use vestibule::password::{Hasher, Password};
use vestibule::tokens::{Claims, TokenKind};
use vestibule::{Account, Auth, Error, ErrorKind, PasswordAccount, Tokens};

#[path = "shared/flask_jwt_extended.rs"]
mod flask_jwt_extended;

type TokenUser = vestibule::TokenUser<User>;
type PasswordLogin<'r> = vestibule::PasswordLogin<'r, User>;
type Answer = Result<(Status, Json<Value>), Error>;

const TABLES: &str = "CREATE TABLE IF NOT EXISTS users (
    id            INTEGER PRIMARY KEY NOT NULL,
    username      TEXT    NOT NULL UNIQUE,
    role          TEXT    NOT NULL DEFAULT 'user',
    password_hash TEXT    NOT NULL
)";

mod schema {
    diesel::table! {
        users (id) { id -> Integer, username -> Text, role -> Text, password_hash -> Text }
    }
}

use schema::users;

#[derive(Clone, Queryable, Selectable, Serialize)]
struct User {
    id: i32,
    username: String,
    role: String,
    #[serde(skip)]
    password_hash: String,
}

/// Adds a user; returns false if the name is taken.
fn add(db: &mut SqliteConnection, username: &str, role: &str, hash: &str) -> QueryResult<bool> {
    let names = (users::username.eq(username), users::role.eq(role));
    let insert = diesel::insert_or_ignore_into(users::table);
    Ok(insert.values((names, users::password_hash.eq(hash))).execute(db)? == 1)
}

impl Account for User {
    // `sub` holds the user name: one that is free again must never be given to another user.
    type Id = String;
    type Error = Error;

    fn id(&self) -> String {
        self.username.clone()
    }

    async fn find(rocket: &Rocket<Orbit>, id: &String) -> Result<Option<Self>, Error> {
        let row = users::table.filter(users::username.eq(id.clone())).select(User::as_select());
        SqlitePool::of(rocket)?.first(row).await
    }

    fn claims(&self, _: TokenKind) -> Map<String, Value> {
        Map::from_iter([("role".to_owned(), self.role.as_str().into())])
    }
}

impl PasswordAccount for User {
    async fn find_by_name(
        rocket: &Rocket<Orbit>,
        name: &str,
    ) -> Result<Option<(Self, String)>, Error> {
        // The name is the id.
        let user = Self::find(rocket, &name.to_owned()).await?;
        Ok(user.map(|user| (user.clone(), user.password_hash)))
    }
}

struct Admin;

impl Role for Admin {
    type Account = User;

    fn permits(user: &User) -> bool {
        user.role == "admin"
    }

    fn claimed(claims: &Claims) -> bool {
        claims.extra.get("role").is_some_and(|role| role == "admin")
    }
}

#[derive(Deserialize)]
struct Given {
    username: Option<String>,
    password: Option<Password>,
    role: Option<String>,
}

fn message(status: Status, text: &str) -> Answer {
    Ok((status, Json(json!({ "message": text }))))
}

#[post("/register", data = "<given>")]
async fn register(
    given: JsonObject<Given>,
    pool: &State<SqlitePool>,
    hasher: &State<Hasher>,
) -> Answer {
    let Given { username, password, role } = given.into_inner();
    let (Some(username), Some(password)) = (username, password) else {
        return message(Status::BadRequest, "Username and password are required");
    };
    match role.as_deref() {
        None | Some("user") => {}
        Some("admin") => return message(Status::Forbidden, "Admin access required"),
        Some(_) => return message(Status::BadRequest, "Unknown role"),
    }
    if username.is_empty() || username.chars().count() > 80 || password.reveal().is_empty() {
        return message(Status::BadRequest, "Username or password is empty or too long");
    }
    let hash = hasher.hash(&password).await?;
    if pool.run(move |db| Ok(add(db, &username, "user", &hash)?)).await? {
        message(Status::Created, "User registered successfully")
    } else {
        message(Status::BadRequest, "Username already exists")
    }
}

#[post("/login", data = "<given>")]
async fn login(given: JsonObject<Given>, login: PasswordLogin<'_>, tokens: Tokens<'_>) -> Answer {
    let Given { username, password, .. } = given.into_inner();
    let password = password.unwrap_or_else(|| "".into());
    match login.verify(&username.unwrap_or_default(), &password).await {
        Ok(user) => {
            let pair = tokens.start(&user).await?;
            Ok((Status::Ok, Json(json!({ "access_token": pair.access_token }))))
        }
        Err(error) if error.kind() == ErrorKind::BadCredentials => {
            message(Status::Unauthorized, "Invalid username or password")
        }
        Err(error) => Err(error),
    }
}

#[get("/protected")]
fn protected(user: TokenUser) -> Json<Value> {
    Json(json!({ "user": user.username }))
}

#[get("/dashboard")]
fn dashboard(user: TokenUser) -> Json<Value> {
    Json(json!({
        "message": "Welcome to your dashboard!",
        "user_id": user.id,
        "username": user.username,
        "role": user.role,
    }))
}

#[get("/profile")]
fn profile(user: TokenUser) -> Json<Value> {
    // `get_jwt_identity()` and, with all other claims, `get_jwt()`.
    let identity = user.authentication().claims().map(|claims| &claims.sub);
    Json(json!({
        "identity_from_get_jwt_identity": identity,
        "username_from_current_user": user.username,
        "full_user_details": *user,
    }))
}

#[get("/admin")]
fn admin(user: ClaimedRole<Admin, TokenUser>) -> Json<Value> {
    Json(json!({ "message": "Welcome to Admin Panel!", "admin_user": user.username }))
}

#[get("/users")]
async fn list(_admin: Require<Admin, TokenUser>, pool: &State<SqlitePool>) -> Answer {
    let rows = users::table.order(users::id).select(User::as_select());
    let users = pool.run(move |db| Ok(rows.load(db)?)).await?;
    Ok((Status::Ok, Json(json!({ "users": users }))))
}

/// The application's own refusals say `message`, the library's say `msg`, as in Flask.
#[catch(403)]
fn forbidden(_: &Request<'_>) -> Json<Value> {
    Json(json!({ "message": "Admin access required" }))
}

/// Creates the table and, in a new one, the sample users.
fn create(db: &mut SqliteConnection, hasher: &Hasher) -> Result<(), Error> {
    db.batch_execute(TABLES)?;
    if users::table.count().get_result::<i64>(db)? > 0 {
        return Ok(());
    }
    for (username, password, role) in
        [("admin", "admin123", "admin"), ("user_01", "1234", "user"), ("user_02", "5678", "user")]
    {
        add(db, username, role, &hasher.hash_blocking(&password.into())?)?;
    }
    Ok(())
}

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        .merge(("database", "var/roles.sqlite3"))
        .merge(("auth.mode", "token"))
        .merge(("auth.token.access", "1h"))
        .merge(("auth.token.secret", "super-secret-key-change-in-production"))
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
        .mount("/", routes![register, login, protected, dashboard, profile, admin, list])
        .register("/", flask_jwt_extended::catchers())
        .register("/", catchers![forbidden])
}
