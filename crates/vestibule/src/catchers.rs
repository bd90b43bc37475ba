//! Catchers to register. Imports `error`, `fairing` and `local_path`.

use rocket::catcher::{Catcher, Handler, Result};
use rocket::http::{Accept, Method, RawStr, Status};
use rocket::response::{Flash, Redirect, Responder};
use rocket::{Request, catch, catchers};

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::problem::Problem;
use crate::fairing::auth::Auth;
use crate::local_path::LocalPath;

/// Returns a catcher that renders every error as [`Problem`] JSON. Registered under the base of an
/// API it leaves the errors elsewhere to other catchers.
///
/// ```
/// let rocket = rocket::build().register("/api", vestibule::catchers::problems());
/// ```
#[must_use]
pub fn problems() -> Vec<Catcher> {
    catchers![problem]
}

#[catch(default)]
fn problem(status: Status, request: &Request<'_>) -> Problem {
    Problem::of(status, request)
}

/// A catcher of 401 that redirects people to your login page (`login_view`), with the page to open
/// afterwards in `next` and the reason in Rocket's [`FlashMessage`](rocket::request::FlashMessage), a
/// cookie that is removed once the login page has read it.
///
/// A program gets the [`Problem`] instead: a request with a token, or one that prefers JSON. After a
/// request other than `GET` and `HEAD`, which a redirect cannot repeat, there is no `next`. Read
/// `next` as [`LocalPath`], which accepts paths of this site only.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::catchers::{LoginPage, problems};
///
/// let rocket = rocket::build()
///     .register("/", LoginPage::at("/login").confirm_at("/confirm"))
///     .register("/api", problems());
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct LoginPage {
    login: &'static str,
    confirm: &'static str,
}

impl LoginPage {
    /// Redirects to the login page at this path.
    pub fn at(path: &'static str) -> Self {
        Self { login: path, confirm: path }
    }

    /// Redirects to this path where the password or a second factor must be proven, after 401
    /// `fresh_login_required` or `second_factor_required` (`refresh_view`). Default: the login page.
    pub fn confirm_at(mut self, path: &'static str) -> Self {
        self.confirm = path;
        self
    }
}

impl From<LoginPage> for Vec<Catcher> {
    fn from(page: LoginPage) -> Self {
        vec![Catcher::new(401, page)]
    }
}

#[rocket::async_trait]
impl Handler for LoginPage {
    async fn handle<'r>(&self, status: Status, request: &'r Request<'_>) -> Result<'r> {
        let error = Error::of(status, request);
        if Auth::is_token_request(request) || prefers_json(request) {
            return Problem::of(status, request).respond_to(request);
        }
        let path = match error.as_ref().map(Error::kind) {
            Some(ErrorKind::FreshLoginRequired | ErrorKind::SecondFactorRequired) => self.confirm,
            _ => self.login,
        };
        let to = match next_page(request) {
            Some(next) => format!("{path}?next={}", RawStr::new(next.as_str()).percent_encode()),
            None => path.to_owned(),
        };
        let message = error.as_ref().map_or(ErrorKind::CredentialsMissing.detail(), Error::message);
        Flash::error(Redirect::to(to), message).respond_to(request)
    }
}

/// Whether the client prefers JSON: programs say so in `Accept`, browsers never.
#[must_use]
pub fn prefers_json(request: &Request<'_>) -> bool {
    let preferred = request.accept().map(Accept::preferred);
    preferred.is_some_and(|kind| kind.is_json() || kind.sub() == "problem+json")
}

fn next_page(request: &Request<'_>) -> Option<LocalPath> {
    let is_read = matches!(request.method(), Method::Get | Method::Head);
    is_read.then(|| LocalPath::parse(&request.uri().to_string())).flatten()
}
