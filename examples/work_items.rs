//! Work items: people sign up, sign in at `/auth` and see their own items, and only those.
//!
//! A handler that names `TokenUser` needs a token, and has the user
//! to ask for items by. Scheme and refusals are Flask-JWT's; a token lives for 3000 seconds.
//! Users and items are vectors here; the library does not care where yours are stored.
//!
//! ```console
//! $ cargo run --example work_items
//! $ curl -d '{"username":"joe","password":"pass"}' http://127.0.0.1:5000/signup
//! $ curl -d '{"username":"joe","password":"pass"}' http://127.0.0.1:5000/auth
//! $ curl -H "Authorization: JWT $JWT" -d '{"title":"Write it down"}' http://127.0.0.1:5000/workitems
//! $ curl -H "Authorization: JWT $JWT" http://127.0.0.1:5000/workitems
//! ```
//!
//! The Flask program of these paths differs in that
//! - it has no route that makes an item; here that is `POST /workitems`;
//! - it crashes where a field of a sign-up is missing or unknown, which is 400 here;
//! - it keeps passwords in the clear.

use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rocket::figment::{Figment, providers::Env};
use rocket::http::Status;
use rocket::serde::json::Json;
use rocket::{Build, Orbit, Rocket, State, get, launch, post, routes};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vestibule::password::{Hasher, Password};
use vestibule::{Account, Auth, Error, PasswordAccount, Tokens};

#[path = "shared/flask_jwt.rs"]
mod flask_jwt;

type TokenUser = vestibule::TokenUser<User>;
type PasswordLogin<'r> = vestibule::PasswordLogin<'r, User>;
type Answer = Result<(Status, Json<Value>), Error>;

#[derive(Clone)]
struct User {
    id: usize,
    username: String,
    password_hash: String,
}

#[derive(Serialize)]
struct WorkItem {
    id: usize,
    title: String,
    #[serde(skip)]
    owner: usize,
}

#[derive(Default)]
struct Tables {
    users: Vec<User>,
    items: Vec<WorkItem>,
}

#[derive(Default)]
struct Store(Mutex<Tables>);

impl Store {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        // A push is one step, so a panic leaves no partial change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn user(&self, is_meant: impl Fn(&User) -> bool) -> Option<User> {
        self.tables().users.iter().find(|user| is_meant(user)).cloned()
    }
}

#[rocket::async_trait]
impl Account for User {
    type Id = usize;
    type Error = Infallible;

    fn id(&self) -> usize {
        self.id
    }

    async fn find(rocket: &Rocket<Orbit>, id: &usize) -> Result<Option<Self>, Infallible> {
        Ok(rocket.state::<Store>().and_then(|store| store.user(|user| user.id == *id)))
    }
}

#[rocket::async_trait]
impl PasswordAccount for User {
    async fn find_by_name(
        rocket: &Rocket<Orbit>,
        name: &str,
    ) -> Result<Option<(Self, String)>, Infallible> {
        let user =
            rocket.state::<Store>().and_then(|store| store.user(|user| user.username == name));
        Ok(user.map(|user| (user.clone(), user.password_hash.clone())))
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
    given: Option<Json<Credentials>>,
    store: &State<Store>,
    hasher: &State<Hasher>,
) -> Answer {
    let Some(Json(Credentials { username, password })) = given else {
        return error("Username and password are required");
    };
    if username.is_empty() || username.chars().count() > 80 || password.reveal().is_empty() {
        return error("Username or password is empty or too long");
    }
    let password_hash = hasher.hash(&password).await?;
    // From here on no other request can take the name.
    let mut tables = store.tables();
    if tables.users.iter().any(|user| user.username == username) {
        return error("User already exists");
    }
    let id = tables.users.len() + 1;
    tables.users.push(User { id, username, password_hash });
    success("User created")
}

#[post("/auth", data = "<given>")]
async fn authenticate(
    given: Json<Credentials>,
    login: PasswordLogin<'_>,
    tokens: Tokens<'_>,
) -> Result<Json<Value>, Error> {
    let user = login.verify(&given.username, &given.password).await?;
    Ok(Json(json!({ "access_token": tokens.start(&user).await?.access_token })))
}

#[get("/workitems")]
fn list(user: TokenUser, store: &State<Store>) -> Answer {
    let tables = store.tables();
    success(tables.items.iter().filter(|item| item.owner == user.id).collect::<Vec<_>>())
}

#[derive(Deserialize)]
struct NewItem {
    title: String,
}

#[post("/workitems", data = "<given>")]
fn make(user: TokenUser, given: Json<NewItem>, store: &State<Store>) -> Answer {
    let mut tables = store.tables();
    let (id, NewItem { title }) = (tables.items.len() + 1, given.into_inner());
    let item = WorkItem { id, title, owner: user.id };
    let answer = success(&item);
    tables.items.push(item);
    answer
}

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        .merge(("auth.mode", "token"))
        .merge(("auth.token.scheme", "JWT"))
        .merge(("auth.token.access", "3000s"))
        // Flask-JWT's default.
        .merge(("auth.token.leeway", "10s"))
        .merge(("auth.token.secret", "super-secret"))
        // This secret is public. Yours is 32 random bytes, without this line.
        .merge(("auth.token.allow_weak_secret", true))
        .merge(Env::prefixed("ROCKET_").global());
    rocket::custom(figment)
        .attach(Auth::fairing().stateless())
        .manage(Store::default())
        .mount("/", routes![sign_up, authenticate, list, make])
        .register("/", flask_jwt::catchers())
}
