//! Work items: people sign up, sign in at `/auth` and see their own items, and only those.
//!
//! A handler that names `TokenUser` needs a token, and has the user to ask for items by. Scheme and
//! refusals are Flask-JWT's; a token lives for 3000 seconds.
//! Users and items are rows of `var/work_items.sqlite3`; `ROCKET_DATABASE` names another file.
//! Tokens are kept nowhere, as in the Flask program: `examples/notes` has the store that ends them.
//!
//! ```console
//! $ cargo run --example work_items
//! $ curl --json '{"username":"joe","password":"pass"}' http://127.0.0.1:5000/signup
//! $ curl --json '{"username":"joe","password":"pass"}' http://127.0.0.1:5000/auth
//! $ curl -H "Authorization: JWT $JWT" --json '{"title":"Write it down"}' http://127.0.0.1:5000/workitems
//! $ curl -H "Authorization: JWT $JWT" http://127.0.0.1:5000/workitems
//! ```
//!
//! The Flask program of these paths differs in that
//! - it has no route that makes an item; here that is `POST /workitems`;
//! - it crashes where a field of a sign-up is missing or unknown, which is 400 here;
//! - it keeps passwords in the clear.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rocket::figment::{Figment, providers::Env};
use rocket::http::Status;
use rocket::serde::json::Json;
use rocket::{Build, Orbit, Rocket, State, get, launch, post, routes};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vestibule::database::{ConnectionPool, SqlitePool, open_sqlite};
use vestibule::guards::JsonObject;
use vestibule::password::{Hasher, Password};
use vestibule::{Account, Auth, Error, PasswordAccount, Tokens};

#[path = "shared/flask_jwt.rs"]
mod flask_jwt;

type TokenUser = vestibule::TokenUser<User>;
type PasswordLogin<'r> = vestibule::PasswordLogin<'r, User>;
type Answer = Result<(Status, Json<Value>), Error>;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS users (
        id            INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
        username      TEXT    NOT NULL UNIQUE,
        password_hash TEXT    NOT NULL
    );
    CREATE TABLE IF NOT EXISTS work_items (
        id    INTEGER PRIMARY KEY NOT NULL,
        title TEXT    NOT NULL,
        owner INTEGER NOT NULL REFERENCES users (id)
    );";

mod schema {
    diesel::table! {
        users (id) { id -> Integer, username -> Text, password_hash -> Text }
    }

    diesel::table! {
        work_items (id) { id -> Integer, title -> Text, owner -> Integer }
    }
}

use schema::{users, work_items};

#[derive(Clone, Queryable, Selectable)]
struct User {
    id: i32,
}

#[derive(Queryable, Selectable, Serialize)]
struct WorkItem {
    id: i32,
    title: String,
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

fn success(result: impl Serialize) -> Answer {
    Ok((Status::Ok, Json(json!({ "Status": "Success", "result": result }))))
}

fn error(text: &str) -> Answer {
    Ok((Status::BadRequest, Json(json!({ "Status": "Error", "result": text }))))
}

/// Both fields and no other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    username: String,
    password: Password,
}

#[post("/signup", data = "<given>")]
async fn sign_up(
    given: Option<JsonObject<Credentials>>,
    pool: &State<SqlitePool>,
    hasher: &State<Hasher>,
) -> Answer {
    let Some(JsonObject(Credentials { username, password })) = given else {
        return error("Username and password are required");
    };
    if username.is_empty() || username.chars().count() > 80 || password.reveal().is_empty() {
        return error("Username or password is empty or too long");
    }
    let hash = hasher.hash(&password).await?;
    let row = (users::username.eq(username), users::password_hash.eq(hash));
    let insert = diesel::insert_or_ignore_into(users::table).values(row);
    match pool.run(move |db| Ok(insert.execute(db)?)).await? {
        0 => error("User already exists"),
        _ => success("User created"),
    }
}

#[post("/auth", data = "<given>")]
async fn authenticate(
    given: JsonObject<Credentials>,
    login: PasswordLogin<'_>,
    tokens: Tokens<'_>,
) -> Result<Json<Value>, Error> {
    let user = login.verify(&given.username, &given.password).await?;
    Ok(Json(json!({ "access_token": tokens.start(&user).await?.access_token })))
}

#[get("/workitems")]
async fn list(user: TokenUser, pool: &State<SqlitePool>) -> Answer {
    let own = work_items::table.filter(work_items::owner.eq(user.id)).order(work_items::id);
    let items = own.select(WorkItem::as_select());
    success(pool.run(move |db| Ok(items.load(db)?)).await?)
}

#[derive(Deserialize)]
struct NewItem {
    title: String,
}

#[post("/workitems", data = "<given>")]
async fn make(user: TokenUser, given: JsonObject<NewItem>, pool: &State<SqlitePool>) -> Answer {
    let row = (work_items::title.eq(given.into_inner().title), work_items::owner.eq(user.id));
    let insert = diesel::insert_into(work_items::table).values(row);
    let item = insert.returning(WorkItem::as_select());
    success(pool.run(move |db| Ok(item.get_result(db)?)).await?)
}

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        .merge(("database", "var/work_items.sqlite3"))
        .merge(("auth.mode", "token"))
        .merge(("auth.token.scheme", "JWT"))
        .merge(("auth.token.access", "3000s"))
        // Flask-JWT's default.
        .merge(("auth.token.leeway", "10s"))
        .merge(("auth.token.secret", "super-secret"))
        // This secret is public. Yours is 32 random bytes, without this line.
        .merge(("auth.token.allow_weak_secret", true))
        .merge(Env::prefixed("ROCKET_").global());
    let path: String = figment.extract_inner("database").expect("a path");
    let pool = open_sqlite(path, |db| Ok(db.batch_execute(TABLES)?)).expect("a database");
    rocket::custom(figment)
        .attach(Auth::fairing().stateless())
        .manage(pool)
        .mount("/", routes![sign_up, authenticate, list, make])
        .register("/", flask_jwt::catchers())
}
