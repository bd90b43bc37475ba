//! Notices a browser that keeps no cookie.

use std::convert::Infallible;

use rocket::http::uri::Absolute;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};

use crate::settings::Settings;

/// Guard: whether the sign-in form was sent, and the browser then came back without its cookie: the
/// redirects lead from the form to the form.
pub(super) struct LostCookie(pub(super) bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for LostCookie {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Infallible> {
        let settings = request.rocket().state::<Settings>();
        let name = settings.map(|settings| settings.auth.session.cookie_name());
        let is_kept = name.is_some_and(|name| request.cookies().get(&name).is_some());
        Outcome::Success(Self(!is_kept && comes_from_itself(request)))
    }
}

/// Whether the page before was this path of this host.
fn comes_from_itself(request: &Request<'_>) -> bool {
    let referer = request.headers().get_one("Referer").and_then(|uri| Absolute::parse(uri).ok());
    referer.is_some_and(|referer| {
        let authority = referer.authority().map(ToString::to_string);
        referer.path() == request.uri().path()
            && authority.as_deref() == request.headers().get_one("Host")
    })
}
