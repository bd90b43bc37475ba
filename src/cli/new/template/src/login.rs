//! Login: a form for people, `/api/login` for programs.

use rocket::form::{Form, FromForm};
use rocket::request::FlashMessage;
use rocket::response::Redirect;
use rocket::serde::{Deserialize, json::Json};
use rocket::{Route, State, get, post, routes, uri};
use rocket_dyn_templates::{Template, context};
use vestibule::database::{DieselSignInStore, DieselThrottle};
use vestibule::guards::RefreshToken;
use vestibule::password::{Hasher, Password};
use vestibule::sign_ins::SessionOptions;
use vestibule::tokens::TokenPair;
use vestibule::{Auth, Error, ErrorPage, LocalPath, Session, Tokens};

use crate::database::Pool;
use crate::user::User;

pub type SessionUser = vestibule::SessionUser<User>;
pub type TokenUser = vestibule::TokenUser<User>;
type PasswordLogin<'r> = vestibule::PasswordLogin<'r, User>;

/// What works without a login. Any other route without a guard does not launch.
const OPEN: &[&str] = &["/login", "/logout", "/register", "/api/login"];

/// Keeps sign-ins and failed passwords in the database.
pub fn fairing(pool: &Pool) -> Auth {
    Auth::fairing()
        .store(DieselSignInStore::new(pool.clone()))
        .throttle(DieselThrottle::new(pool.clone()))
        .login_required_except(OPEN)
}

pub fn routes() -> Vec<Route> {
    routes![
        login_page,
        log_in,
        register,
        log_out,
        api_log_in,
        api_refresh
    ]
}

#[derive(FromForm, Deserialize)]
#[serde(crate = "rocket::serde")]
struct Login {
    name: String,
    password: Password,
    #[serde(skip)]
    remember: bool,
}

impl Login {
    /// The form again, with what is wrong; `action` is where it goes, if not to the page's address.
    fn refused(&self, error: Error, action: Option<&str>) -> ErrorPage<Template> {
        let name = &self.name;
        error.with_page(|message| Template::render("login", context! { name, message, action }))
    }
}

#[get("/login")]
fn login_page(flash: Option<FlashMessage<'_>>) -> Template {
    let message = flash.as_ref().map(FlashMessage::message);
    Template::render("login", context! { message })
}

#[post("/login?<next>", data = "<form>")]
async fn log_in(
    next: Option<LocalPath>,
    form: Form<Login>,
    login: PasswordLogin<'_>,
    session: Session<'_>,
) -> Result<Redirect, ErrorPage<Template>> {
    let signed_in = async {
        let user = login.verify(&form.name, &form.password).await?;
        let options = SessionOptions::new().remembered_if(form.remember);
        session.start_with(&user, options).await
    };
    signed_in.await.map_err(|error| form.refused(error, None))?;
    Ok(next.unwrap_or_default().redirect())
}

#[post("/register", data = "<form>")]
async fn register(
    form: Form<Login>,
    hasher: &State<Hasher>,
    pool: &State<Pool>,
    session: Session<'_>,
) -> Result<Redirect, ErrorPage<Template>> {
    let registered = async {
        hasher.check(&form.password, &[&form.name]).await?;
        let user = User::add(pool, &form.name, hasher.hash(&form.password).await?).await?;
        session.start(&user).await
    };
    registered
        .await
        .map_err(|error| form.refused(error, Some("/login")))?;
    Ok(Redirect::to("/"))
}

#[post("/logout")]
async fn log_out(session: Session<'_>) -> Result<Redirect, Error> {
    session.end().await?;
    Ok(Redirect::to(uri!(login_page)))
}

#[post("/api/login", data = "<given>")]
async fn api_log_in(
    given: Json<Login>,
    login: PasswordLogin<'_>,
    tokens: Tokens<'_>,
) -> Result<Json<TokenPair>, Error> {
    let user = login.verify(&given.name, &given.password).await?;
    tokens.start(&user).await.map(Json)
}

#[post("/api/refresh")]
async fn api_refresh(token: RefreshToken, tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
    tokens.refresh::<User>(&token).await.map(Json)
}
