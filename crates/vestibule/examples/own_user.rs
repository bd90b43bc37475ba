//! Your own user type, and the least that a program with a login consists of.
//!
//! `impl Account for User` is the one place where the library meets your type; the rest is a map
//! of users and three handlers. The login form starts a session, and a handler with `CurrentUser`
//! among its arguments is reached only with one.
//!
//! ```console
//! $ cargo run -p vestibule --example own_user
//! $ curl -c jar -d name=ada -d password=lovelace http://127.0.0.1:5000/login
//! $ curl -b jar http://127.0.0.1:5000/
//! ```

use std::collections::HashMap;
use std::convert::Infallible;

use rocket::figment::{Figment, providers::Env};
use rocket::form::{Form, FromForm};
use rocket::{Build, Orbit, Rocket, get, launch, post, routes};
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

impl PasswordAccount for User {
    async fn find_by_name(
        rocket: &Rocket<Orbit>,
        name: &str,
    ) -> Result<Option<(Self, String)>, Infallible> {
        let user = rocket.state::<Users>().and_then(|users| users.get(name));
        Ok(user.map(|user| (user.clone(), user.password_hash.clone())))
    }
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

#[derive(FromForm)]
struct Login {
    name: String,
    password: Password,
}

#[post("/login", data = "<form>")]
async fn login(
    form: Form<Login>,
    login: PasswordLogin<'_>,
    session: Session<'_>,
) -> Result<String, Error> {
    let user = login.verify(&form.name, &form.password).await?;
    session.start(&user).await?;
    Ok(format!("Welcome, {}.\n", user.name))
}

#[post("/logout")]
async fn logout(session: Session<'_>) -> Result<&'static str, Error> {
    session.end().await.map(|()| "Goodbye.\n")
}

#[get("/")]
fn index(user: CurrentUser) -> String {
    format!("Hello, {}.\n", user.name)
}

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        // Sessions only: no key that signs tokens is needed.
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
        .mount("/", routes![index, login, logout])
}
