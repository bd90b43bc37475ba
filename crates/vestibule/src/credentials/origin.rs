//! The origin check of unsafe requests with a session cookie, by the algorithm of Go's
//! `http.CrossOriginProtection`; forms need no token field.

use std::net::IpAddr;

use rocket::Request;
use rocket::http::{Method, uri::Absolute};

use crate::error::{Error, ErrorKind};

/// How many characters of a header are told to operators.
const MAX_SHOWN: usize = 200;

/// Checks that the request is safe or comes from our own origin; 403 `cross_origin` if not.
///
/// Browsers name the origin in `Sec-Fetch-Site`, older ones in `Origin`; a client that sends
/// neither is no browser, and other sites cannot make it send its cookies.
pub(crate) fn check(request: &Request<'_>) -> Result<(), Error> {
    if !is_unsafe(request) || is_same_origin(request) {
        return Ok(());
    }
    let header = |name| {
        let value = request.headers().get_one(name).unwrap_or("-");
        value.chars().take(MAX_SHOWN).collect::<String>()
    };
    Err(Error::new(ErrorKind::CrossOrigin).because(format!(
        "Origin {:?}, Host {:?}, Sec-Fetch-Site {:?}",
        header("Origin"),
        header("Host"),
        header("Sec-Fetch-Site"),
    )))
}

/// Checks that the browser will keep a cookie that is for HTTPS only: the page with the form was not
/// opened over plain HTTP. Browsers take HTTP to the own machine for secure.
///
/// # Errors
/// 400 `insecure_connection`.
pub(crate) fn check_secure(request: &Request<'_>) -> Result<(), Error> {
    let origin = request.headers().get_one("Origin").unwrap_or_default();
    let host = origin.strip_prefix("http://").map(host_of);
    if !is_unsafe(request) || host.is_none_or(is_loopback) {
        return Ok(());
    }
    log::warn!(
        target: "vestibule::auth",
        "refused to sign in at {origin:?}: browsers keep secure cookies over HTTPS only \
         (auth.session.secure, auth.token.cookies.secure)"
    );
    Err(ErrorKind::InsecureConnection.into())
}

/// The host of an authority such as `name:80` or `[::1]:80`.
fn host_of(authority: &str) -> &str {
    let end = authority.rfind(']').map_or(0, |end| end + 1);
    let port = authority[end..].find(':').map_or(authority.len(), |colon| end + colon);
    authority[..port].trim_matches(['[', ']'])
}

fn is_loopback(host: &str) -> bool {
    let is_name = host == "localhost" || host.ends_with(".localhost");
    is_name || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
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
    let default_port = if uri.scheme() == "https" { ":443" } else { ":80" };
    let without_port = |host: &str| host.strip_suffix(default_port).unwrap_or(host).to_owned();
    !authority.is_empty()
        && without_port(&authority).eq_ignore_ascii_case(&without_port(host))
        && uri.path().is_empty()
        && uri.query().is_none()
}
