//! Security headers: no script, no frame, no guessing of types, no banner.

use std::convert::Infallible;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Header;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::shield::{Frame, NoSniff, Referrer, Shield};
use rocket::{Request, Response};

/// Pages load their stylesheet and icon from here, send their forms here, and nothing else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// An answer to a program is no document at all.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Rocket's own headers, stricter. `same-origin` and not `no-referrer`: with the latter an
/// older browser sends `Origin: null` with our own forms.
#[must_use]
pub fn shield() -> Shield {
    Shield::new().enable(NoSniff::Enable).enable(Frame::Deny).enable(Referrer::SameOrigin)
}

/// The headers that Rocket's shield does not know.
#[derive(Debug)]
pub struct SecurityHeaders;

#[rocket::async_trait]
impl Fairing for SecurityHeaders {
    fn info(&self) -> Info {
        Info { name: "Security headers", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let policy = if is_html(response) { PAGE_POLICY } else { DATA_POLICY };
        response.set_header(Header::new("Content-Security-Policy", policy));
        response.set_header(Header::new("Cross-Origin-Opener-Policy", "same-origin"));
        response.set_header(Header::new("Cross-Origin-Resource-Policy", "same-origin"));
        if PrivateUrl::is(request) {
            response.set_header(Header::new("Referrer-Policy", "strict-origin"));
        }
    }
}

/// Whether the answer is a page, whatever the parameters of its type say.
fn is_html(response: &Response<'_>) -> bool {
    let kind = response.headers().get_one("Content-Type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("text/html")
}

/// Guard: there is a secret in the URL of this page, so nobody is told which page a request
/// came from, not even ourselves: the log of a proxy in front may keep it. `strict-origin` and
/// not `no-referrer`, for the same reason as with [`shield`].
#[derive(Clone, Copy, Debug)]
pub struct PrivateUrl;

/// Whether a request has met the guard.
struct Marked(bool);

impl PrivateUrl {
    fn is(request: &Request<'_>) -> bool {
        request.local_cache(|| Marked(false)).0
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for PrivateUrl {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Infallible> {
        request.local_cache(|| Marked(true));
        Outcome::Success(Self)
    }
}
