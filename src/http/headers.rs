//! Security headers: no script, no frame, no guessing of types, no banner.

use std::convert::Infallible;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::shield::Shield;
use rocket::{Request, Response};

/// Pages load their stylesheet and icon from here, send their forms here, and nothing else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// An answer to a program is no document at all.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// What Rocket's shield would set, stricter; as there, what an answer says itself stands.
/// `same-origin` and not `no-referrer`: with the latter an older browser sends `Origin: null`
/// with our own forms.
const SHIELD: [(&str, &str); 3] = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
];

/// Rocket's shield without its headers, which [`SecurityHeaders`] sets; what it adds under TLS
/// it still does.
#[must_use]
pub fn shield() -> Shield {
    Shield::new()
}

/// All security headers at once.
#[derive(Debug)]
pub struct SecurityHeaders;

#[rocket::async_trait]
impl Fairing for SecurityHeaders {
    fn info(&self) -> Info {
        Info { name: "Security headers", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let (mut is_page, mut is_said) = (false, [false; SHIELD.len()]);
        // They are few by now, and to look one up costs more than to pass them all.
        for header in response.headers().iter() {
            is_page |= header.name() == "Content-Type" && is_html(header.value());
            for (is_said, (name, _)) in is_said.iter_mut().zip(SHIELD) {
                *is_said |= header.name() == name;
            }
        }
        for ((name, value), is_said) in SHIELD.into_iter().zip(is_said) {
            if !is_said {
                response.set_raw_header(name, value);
            }
        }
        let policy = if is_page { PAGE_POLICY } else { DATA_POLICY };
        response.set_raw_header("Content-Security-Policy", policy);
        response.set_raw_header("Cross-Origin-Opener-Policy", "same-origin");
        response.set_raw_header("Cross-Origin-Resource-Policy", "same-origin");
        if PrivateUrl::is(request) {
            response.set_raw_header("Referrer-Policy", "strict-origin");
        }
    }
}

/// Whether this type is a page's, whatever its parameters say.
fn is_html(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("text/html")
}

/// Guard: there is a secret in the query of this page's URL, so nobody is told which page a request
/// came from, not even ourselves: the log of a proxy in front may keep it. `strict-origin` and
/// not `no-referrer`, for the same reason as elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct PrivateUrl;

/// Whether a request has met the guard.
struct Marked(bool);

impl PrivateUrl {
    fn is(request: &Request<'_>) -> bool {
        request.uri().query().is_some() && request.local_cache(|| Marked(false)).0
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
