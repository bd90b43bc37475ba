//! Pages for browsers: a login form, a session cookie, a button that signs out.
//!
//! ```console
//! $ cargo run -p vestibule --example pages_only
//! $ curl -c jar -d name=ada -d password=lovelace http://127.0.0.1:5000/login
//! $ curl -b jar http://127.0.0.1:5000/
//! ```
//!
//! Users: `ada`/`lovelace` and `grace`/`hopper`.

use std::collections::HashMap;
use std::convert::Infallible;

use rocket::figment::{Figment, providers::Env};
use rocket::form::{Form, FromForm};
use rocket::http::Status;
use rocket::response::Redirect;
use rocket::response::content::RawHtml;
use rocket::{Build, Orbit, Request, Rocket};
use rocket::{catch, catchers, get, launch, post, routes, uri};
use vestibule::config::PasswordConfig;
use vestibule::password::{Hasher, Password};
use vestibule::sign_ins::MemorySignInStore;
use vestibule::{Account, Auth, Error, PasswordAccount, Session};

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

#[derive(FromForm)]
struct Login {
    name: String,
    password: Password,
}

/// The login form; a program of yours would use a template.
fn form(message: &str) -> RawHtml<String> {
    RawHtml(format!(
        r#"<!doctype html>
<title>Sign in</title>
<p>{message}</p>
<form action="/login" method="post">
  <input name="name" autocomplete="username" required>
  <input name="password" type="password" autocomplete="current-password" required>
  <button>Sign in</button>
</form>
"#
    ))
}

#[get("/login")]
fn login_form() -> RawHtml<String> {
    form("")
}

#[post("/login", data = "<form>")]
async fn log_in(
    form: Form<Login>,
    login: PasswordLogin<'_>,
    session: Session<'_>,
) -> Result<Redirect, Error> {
    let user = login.verify(&form.name, &form.password).await?;
    session.start(&user).await?;
    Ok(Redirect::to(uri!(index)))
}

#[post("/logout")]
async fn log_out(session: Session<'_>) -> Result<Redirect, Error> {
    session.end().await?;
    Ok(Redirect::to(uri!(login_form)))
}

#[get("/")]
fn index(user: CurrentUser) -> RawHtml<String> {
    RawHtml(format!(
        r#"<!doctype html>
<title>Home</title>
<p>Hello, {}.</p>
<form action="/logout" method="post"><button>Sign out</button></form>
"#,
        user.name
    ))
}

/// Shows the form where a login is missing or wrong, with the reason.
#[catch(401)]
fn unauthorized(request: &Request<'_>) -> RawHtml<String> {
    let error = Error::of(Status::Unauthorized, request);
    form(error.as_ref().map_or("", Error::message))
}

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        .merge(("auth.mode", "session"))
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
        .mount("/", routes![index, login_form, log_in, log_out])
        .register("/", catchers![unauthorized])
}
