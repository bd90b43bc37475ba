//! The origin check of unsafe requests with a session cookie, by the algorithm of Go's
//! `http.CrossOriginProtection`; forms need no token field.

use rocket::Request;
use rocket::http::{Method, uri::Absolute};

use crate::error::{Error, ErrorKind};

/// Checks that the request is safe or comes from our own origin; 403 `cross_origin` if not.
///
/// Browsers name the origin in `Sec-Fetch-Site`, older ones in `Origin`; a client that sends
/// neither is no browser, and other sites cannot make it send its cookies.
pub(crate) fn check(request: &Request<'_>) -> Result<(), Error> {
    if !is_unsafe(request) || is_same_origin(request) {
        Ok(())
    } else {
        Err(ErrorKind::CrossOrigin.into())
    }
}

/// Whether the method is unsafe. A form counts as POST, because Rocket has already replaced the
/// method of a form that begins with `_method`.
fn is_unsafe(request: &Request<'_>) -> bool {
    let safe = matches!(request.method(), Method::Get | Method::Head | Method::Options);
    !safe || request.content_type().is_some_and(|kind| kind.is_form() || kind.is_form_data())
}

fn is_same_origin(request: &Request<'_>) -> bool {
    let headers = request.headers();
    let mut sites = headers.get("Sec-Fetch-Site").peekable();
    if sites.peek().is_some() {
        return sites.all(|site| site == "same-origin" || site == "none");
    }
    let mut origins = headers.get("Origin");
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => {
            // HTTP/2 has no `Host` header: Rocket takes it from `:authority`.
            let authority = || request.host().map(ToString::to_string);
            let host = headers.get_one("Host").map(str::to_owned).or_else(authority);
            host.is_some_and(|host| is_origin_of(origin, &host))
        }
        _ => false,
    }
}

/// Whether an `Origin` value is of the host that the request was sent to. The scheme is not
/// compared, because it is unknown behind a proxy that terminates TLS.
fn is_origin_of(origin: &str, host: &str) -> bool {
    let Ok(uri) = Absolute::parse(origin) else {
        return false;
    };
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    !authority.is_empty()
        && authority.eq_ignore_ascii_case(host)
        && uri.path().is_empty()
        && uri.query().is_none()
}
