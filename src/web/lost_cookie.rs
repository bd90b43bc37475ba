//! Notices a browser that keeps no cookie.

use std::convert::Infallible;

use rocket::http::uri::Absolute;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};

use crate::settings::Settings;

/// The pages whose forms sign in, but for `/setup`: its URL is a secret, which no `Referer` repeats.
const FORMS: [&str; 2] = ["/login", "/register"];

/// Guard: whether a form that signs in was sent, and the browser then came back without its cookie:
/// the redirects lead from the form to the sign-in form. Links between the two send no `Referer`.
pub(super) struct LostCookie(pub(super) bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for LostCookie {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Infallible> {
        let settings = request.rocket().state::<Settings>();
        let name = settings.map(|settings| settings.auth.session.cookie_name());
        let is_kept = name.is_some_and(|name| request.cookies().get(&name).is_some());
        Outcome::Success(Self(!is_kept && comes_from_form(request)))
    }
}

/// Whether the page before was a form of this host that signs in.
fn comes_from_form(request: &Request<'_>) -> bool {
    let referer = request.headers().get_one("Referer").and_then(|uri| Absolute::parse(uri).ok());
    referer.is_some_and(|referer| {
        let authority = referer.authority().map(ToString::to_string);
        FORMS.iter().any(|form| referer.path() == *form)
            && authority.as_deref() == request.headers().get_one("Host")
    })
}
