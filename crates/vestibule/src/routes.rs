//! Ready routes, to mount: signing in and out by a form, and the API of tokens.
//!
//! The routes are macros, because Rocket's route attributes take no type parameter: each expands to
//! the handlers that an application would write.
//!
//! Imports `account`, `actions`, `error`, `guards`, `json`, `local_path`, `password` and `session`.

use rocket::data::{Data, FromData, Outcome};
use rocket::form::FromForm;
use rocket::response::Redirect;
use rocket::{Request, Route};
use serde_json::Value;

use crate::account::PasswordAccount;
use crate::actions::password_login::PasswordLogin;
use crate::actions::session::Session;
use crate::error::Error;
use crate::error::request_errors::outcome;
use crate::json::read_json_object;
use crate::local_path::LocalPath;
use crate::password::Password;
use crate::session::options::SessionOptions;

/// The fields of the login form: `name`, `password` and the box `remember`.
#[derive(Debug, FromForm)]
#[non_exhaustive]
pub struct LoginForm {
    /// The user name, as it was typed.
    pub name: String,
    /// The password.
    pub password: Password,
    /// Whether the browser stays signed in after it was closed. Default: no.
    pub remember: bool,
}

/// Data guard: the JSON body of a program's login, `name` and `password`.
///
/// Rocket's `Json` writes a body that does not fit into the log, and with it a password beside a
/// misspelt name. This guard does not; for other fields there is
/// [`JsonObject`](crate::guards::JsonObject).
///
/// Without it: 422 `invalid_field` naming the field, or as
/// [`read_json_object`].
#[derive(Debug)]
#[non_exhaustive]
pub struct LoginBody {
    /// The user name.
    pub name: String,
    /// The password.
    pub password: Password,
}

#[rocket::async_trait]
impl<'r> FromData<'r> for LoginBody {
    type Error = Error;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        let read = async {
            let mut body = read_json_object(request, data).await?;
            let mut take = |name: &'static str| match body.remove(name) {
                Some(Value::String(text)) => Ok(text),
                _ => Err(Error::invalid_field(name, "Send a text.")),
            };
            Ok(Self { name: take("name")?, password: take("password")?.into() })
        };
        outcome(request, read.await)
    }
}

impl LoginForm {
    /// Verifies the password and starts a session.
    ///
    /// # Errors
    /// As [`PasswordLogin::verify`] and [`Session::start`].
    pub async fn sign_in<U: PasswordAccount>(
        &self,
        login: PasswordLogin<'_, U>,
        session: Session<'_>,
    ) -> Result<(), Error> {
        let user = login.verify(&self.name, &self.password).await?;
        let options = SessionOptions::new().remembered_if(self.remember);
        session.start_with(&user, options).await.map(drop)
    }
}

/// What the macros name; the crate that calls them may have other types of these names.
#[doc(hidden)]
pub mod names {
    use rocket::response::Redirect;
    use rocket::serde::json::Json;

    use crate::actions::tokens::TokenPair;
    use crate::error::page::ErrorPage;

    pub use crate::actions::password_login::PasswordLogin;
    pub use crate::actions::session::Session;
    pub use crate::actions::tokens::Tokens;
    pub use crate::error::Error;
    pub use crate::guards::body::TokenBody;
    pub use crate::guards::tokens::RefreshToken;
    pub use crate::guards::users::TokenUser;
    pub use crate::local_path::LocalPath;

    pub type Opened<P> = Result<Redirect, ErrorPage<P>>;
    pub type Ended = Result<Redirect, Error>;
    pub type Issued = Result<Json<TokenPair>, Error>;
}

/// Redirects to the login page of [`session_routes!`](crate::session_routes) beside this route.
#[doc(hidden)]
#[must_use]
pub fn to_login(route: &Route) -> Redirect {
    let base = route.uri.base().trim_end_matches('/');
    LocalPath::parse(&format!("{base}/login")).unwrap_or_default().redirect()
}

/// Returns the path that [`session_routes!`](crate::session_routes) opens after signing in.
///
/// # Panics
/// When the routes are made, for a text that is no path of this site.
#[doc(hidden)]
#[must_use]
pub fn home(path: &str) -> LocalPath {
    LocalPath::parse(path)
        .unwrap_or_else(|| panic!("session_routes!: {path:?} is no path of this site"))
}

/// Returns the routes of a login form for people: `session_routes!(User, login_page)`, or
/// `session_routes!(User, login_page, "/dashboard")`. They are these three, under the base that you
/// mount them at, and require no login:
///
/// | route | does |
/// |---|---|
/// | `GET /login` | shows your page, also to a person who is signed in |
/// | `POST /login?<next>` | starts a session by the fields of [`LoginForm`](crate::routes::LoginForm), and redirects to `next`, a [`LocalPath`](crate::LocalPath), or to the third argument; without one to `/` |
/// | `POST /logout` | ends the session, and redirects to `login` under the same base |
///
/// `next` and the third argument are whole paths: the base is not put before them. The page that they name is a
/// route of yours. A third argument that is no path of this site panics when the routes are made.
/// Where [a login is required](crate::Auth::login_required_except), list `/login` and `/logout` with their base as open.
///
/// `login_page` is a function of yours, not `async`, that draws the form, with the name that was typed and what was
/// wrong. Without an `action` the form is sent to its own address, which keeps `next`. An error of
/// signing in has its own status, 401 or 429 for example, and `Retry-After`. The message is the one
/// that [`LoginPage`](crate::catchers::LoginPage) left in Rocket's flash cookie, after a redirect.
///
/// ```
/// use rocket::response::content::RawHtml;
/// use rocket::{Build, Rocket};
/// use vestibule::PasswordAccount;
/// use vestibule::catchers::LoginPage;
///
/// fn login_page(name: &str, message: Option<&str>) -> RawHtml<String> {
///     let message = message.unwrap_or_default();
///     // A program of yours renders a template here, which escapes the name; this form drops it.
///     RawHtml(format!("<p>{message}</p><form method=post><input name=name> ...</form>"))
/// }
///
/// # use vestibule::Account;
/// # struct User;
/// # impl Account for User {
/// #     type Id = u32;
/// #     type Error = vestibule::Error;
/// #     fn id(&self) -> u32 { 1 }
/// #     async fn find(_: &Rocket<rocket::Orbit>, _: &u32) -> Result<Option<Self>, vestibule::Error> { Ok(None) }
/// # }
/// # impl PasswordAccount for User {
/// #     async fn find_by_name(_: &Rocket<rocket::Orbit>, _: &str) -> Result<Option<(Self, String)>, vestibule::Error> { Ok(None) }
/// # }
/// let rocket = rocket::build()
///     .mount("/", vestibule::session_routes!(User, login_page))
///     .register("/", LoginPage::at("/login"));
/// ```
#[macro_export]
macro_rules! session_routes {
    ($account:ty, $page:path) => {
        $crate::session_routes!($account, $page, "/")
    };
    ($account:ty, $page:path, $home:literal) => {{
        #[::rocket::get("/login")]
        fn vestibule_login_page(
            flash: ::std::option::Option<::rocket::request::FlashMessage<'_>>,
        ) -> impl for<'r> ::rocket::response::Responder<'r, 'static> {
            $page("", flash.as_ref().map(|flash| flash.message()))
        }

        #[::rocket::post("/login?<next>", data = "<form>")]
        async fn vestibule_log_in(
            next: ::std::option::Option<$crate::routes::names::LocalPath>,
            form: ::rocket::form::Form<$crate::routes::LoginForm>,
            login: $crate::routes::names::PasswordLogin<'_, $account>,
            session: $crate::routes::names::Session<'_>,
        ) -> $crate::routes::names::Opened<impl for<'r> ::rocket::response::Responder<'r, 'static>>
        {
            match form.sign_in(login, session).await {
                Ok(()) => Ok(next.unwrap_or_else(|| $crate::routes::home($home)).redirect()),
                Err(error) => Err(error.with_page(|message| $page(&form.name, Some(message)))),
            }
        }

        #[::rocket::post("/logout")]
        async fn vestibule_log_out(
            session: $crate::routes::names::Session<'_>,
            route: &::rocket::Route,
        ) -> $crate::routes::names::Ended {
            session.end().await?;
            Ok($crate::routes::to_login(route))
        }

        let _ = $crate::routes::home($home);
        ::rocket::routes![vestibule_login_page, vestibule_log_in, vestibule_log_out]
    }};
}

/// Returns the routes of tokens for programs, to mount under `/api`: `token_routes!(User)`.
///
/// | route | does |
/// |---|---|
/// | `POST /login` | issues a [`TokenPair`](crate::tokens::TokenPair) for `{"name": .., "password": ..}` |
/// | `POST /refresh` | issues the next one for a refresh token, in the header or as `{"refresh_token": ..}` |
/// | `POST /logout` | ends the sign-in of the token; needs a store |
///
/// Errors go to your catchers: [`problems`](crate::catchers::problems) renders them as JSON.
///
/// ```
/// # use rocket::{Build, Orbit, Rocket};
/// # use vestibule::{Account, Error, PasswordAccount};
/// # struct User;
/// # impl Account for User {
/// #     type Id = u32;
/// #     type Error = Error;
/// #     fn id(&self) -> u32 { 1 }
/// #     async fn find(_: &Rocket<Orbit>, _: &u32) -> Result<Option<Self>, Error> { Ok(None) }
/// # }
/// # impl PasswordAccount for User {
/// #     async fn find_by_name(_: &Rocket<Orbit>, _: &str) -> Result<Option<(Self, String)>, Error> { Ok(None) }
/// # }
/// let rocket = rocket::build()
///     .mount("/api", vestibule::token_routes!(User))
///     .register("/api", vestibule::catchers::problems());
/// ```
#[macro_export]
macro_rules! token_routes {
    ($account:ty) => {{
        #[::rocket::post("/login", data = "<given>")]
        async fn vestibule_issue(
            given: $crate::routes::LoginBody,
            login: $crate::routes::names::PasswordLogin<'_, $account>,
            tokens: $crate::routes::names::Tokens<'_>,
        ) -> $crate::routes::names::Issued {
            let user = login.verify(&given.name, &given.password).await?;
            Ok(::rocket::serde::json::Json(tokens.start(&user).await?))
        }

        #[::rocket::post("/refresh", data = "<token>")]
        async fn vestibule_refresh(
            token: $crate::routes::names::TokenBody<$crate::routes::names::RefreshToken>,
            tokens: $crate::routes::names::Tokens<'_>,
        ) -> $crate::routes::names::Issued {
            Ok(::rocket::serde::json::Json(tokens.refresh::<$account>(&token).await?))
        }

        #[::rocket::post("/logout")]
        async fn vestibule_end(
            user: $crate::routes::names::TokenUser<$account>,
            tokens: $crate::routes::names::Tokens<'_>,
        ) -> ::std::result::Result<(), $crate::routes::names::Error> {
            tokens.end(&user).await
        }

        ::rocket::routes![vestibule_issue, vestibule_refresh, vestibule_end]
    }};
}
