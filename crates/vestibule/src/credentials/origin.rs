//! Unsafe requests that ride on a cookie must come from our own pages: the algorithm of
//! Go's `http.CrossOriginProtection`, so that forms need no token field.

use rocket::Request;
use rocket::http::{Method, uri::Absolute};

use crate::error::Error;
use crate::error::kind::ErrorKind;

/// 403 `cross_origin` unless the request is safe or came from our own origin.
///
/// A browser says where a request comes from in `Sec-Fetch-Site`, an older one in `Origin`;
/// a client that says neither is no browser and carries no one's cookies but its own.
///
/// # Errors
/// `cross_origin`, as above.
pub fn check(request: &Request<'_>) -> Result<(), Error> {
    if !is_unsafe(request) || is_same_origin(request) {
        Ok(())
    } else {
        Err(ErrorKind::CrossOrigin.into())
    }
}

/// Rocket has already rewritten the method when a form began with `_method`, so a request
/// with a form in it counts as the POST that it was.
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
            host.is_some_and(|host| is_host(origin, &host))
        }
        _ => false,
    }
}

/// Whether an `Origin` value names the host that the request was sent to. The scheme is not
/// compared: behind a proxy that ends TLS we do not know our own.
fn is_host(origin: &str, host: &str) -> bool {
    let Ok(uri) = Absolute::parse(origin) else {
        return false;
    };
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    !authority.is_empty()
        && authority.eq_ignore_ascii_case(host)
        && uri.path().is_empty()
        && uri.query().is_none()
}
