//! Login: a form for people, `/api/login` for programs.

use rocket::form::Form;
use rocket::response::Redirect;
use rocket::{Route, State, get, post, routes};
use rocket_dyn_templates::{Template, context};
use vestibule::database::SqlitePool;
use vestibule::password::Hasher;
use vestibule::routes::LoginForm;
use vestibule::{Auth, ErrorPage, Session, session_routes};

use crate::user::User;

/// What works without a login. Any other route without a guard does not launch.
const OPEN: &[&str] = &["/login", "/logout", "/register", "/api/login"];

/// Keeps sign-ins and failed passwords in the database.
pub fn fairing(pool: &SqlitePool) -> Auth {
    Auth::fairing()
        .database(pool.clone())
        .login_required_except(OPEN)
}

pub fn routes() -> Vec<Route> {
    let own = routes![register_page, register];
    [session_routes!(User, login_page), own].concat()
}

/// The form, empty or as it was sent, with what is wrong.
fn login_page(name: &str, message: Option<&str>) -> Template {
    Template::render("login", context! { name, message })
}

#[get("/register")]
fn register_page() -> Template {
    Template::render("register", context! {})
}

#[post("/register", data = "<form>")]
async fn register(
    form: Form<LoginForm>,
    hasher: &State<Hasher>,
    pool: &State<SqlitePool>,
    session: Session<'_>,
) -> Result<Redirect, ErrorPage<Template>> {
    let (name, password) = (&form.name, &form.password);
    let registered = async {
        hasher.check(password, &[name]).await?;
        let user = User::add(pool, name, hasher.hash(password).await?).await?;
        session.start(&user).await
    };
    match registered.await {
        Ok(_) => Ok(Redirect::to("/")),
        Err(error) => {
            Err(error.with_page(|message| Template::render("register", context! { name, message })))
        }
    }
}
