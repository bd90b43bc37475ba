//! Finds tokens in the enabled locations except the body.

use rocket::Request;
use rocket::http::RawStr;

use super::bearer;
use super::cookie_header::count_named;
use super::credential::{Credential, Credentials};
use crate::config::{Location, TokenConfig, TokenKind};
use crate::error::ErrorKind;

const AMBIGUOUS: Credential = Credential::unreadable(ErrorKind::AmbiguousCredentials);

/// Finds the credentials of a request; tokens in two locations are ambiguous.
pub(super) fn find(request: &Request<'_>, config: &TokenConfig) -> Credentials {
    let enabled = |location| config.locations.contains(&location);
    let header =
        if enabled(Location::Header) { in_headers(request, config) } else { Credential::None };
    let query = if enabled(Location::Query) { in_query(request, config) } else { Credential::None };
    let elsewhere = match (header, query) {
        (one, Credential::None) | (Credential::None, one) => one,
        _ => AMBIGUOUS,
    };
    if !enabled(Location::Cookies) {
        return Credentials { access: elsewhere, refresh: None };
    }
    let access = in_cookies(request, config, TokenKind::Access);
    let refresh = in_cookies(request, config, TokenKind::Refresh);
    Credentials {
        access: one_of(&elsewhere, &access, &refresh),
        refresh: Some(one_of(&elsewhere, &refresh, &access)),
    }
}

/// The credential for one type of token. A browser sends both cookies, so the other one counts only
/// beside a token elsewhere, where either makes it ambiguous.
fn one_of(elsewhere: &Credential, own: &Credential, other: &Credential) -> Credential {
    match elsewhere {
        Credential::None => own.clone(),
        one if !own.is_some() && !other.is_some() => one.clone(),
        _ => AMBIGUOUS,
    }
}

fn in_headers(request: &Request<'_>, config: &TokenConfig) -> Credential {
    // Iterating over the few headers costs less than looking one up.
    let of_name = request.headers().iter().filter(|field| field.name() == config.header.as_str());
    let mut fields = of_name.map(|field| match bearer::parse(field.value(), &config.scheme) {
        Ok(None) => Credential::None,
        Ok(Some(token)) => Credential::in_header(token),
        Err(kind) => Credential::unreadable(kind),
    });
    let Some(first) = fields.next() else { return Credential::None };
    let Some(second) = fields.next() else { return first };
    // RFC 9110, 11.6.2: the field may appear once.
    let mut all = [first, second].into_iter().chain(fields);
    if all.any(|one| one.is_some()) { AMBIGUOUS } else { Credential::None }
}

fn in_cookies(request: &Request<'_>, config: &TokenConfig, kind: TokenKind) -> Credential {
    let name = config.cookies.name(kind);
    let readable = match count_named(request, name) {
        // Rocket's local client fills the jar without a header.
        (0, _) => !request.headers().contains("Cookie"),
        (1, exact) => exact,
        _ => return AMBIGUOUS,
    };
    let cookie = request.cookies().get(name).filter(|_| readable);
    match cookie.map(rocket::http::Cookie::value).filter(|value| !value.is_empty()) {
        Some(value) => Credential::Jwt { token: value.into(), location: Location::Cookies },
        None => Credential::None,
    }
}

fn in_query(request: &Request<'_>, config: &TokenConfig) -> Credential {
    let query = request.uri().query();
    let segments = query.into_iter().flat_map(|query| query.raw_segments());
    let mut values = segments.filter_map(|segment| {
        let (name, value) = segment.split_at_byte(b'=');
        let decoded = |text: &RawStr| text.url_decode_lossy().into_owned();
        (decoded(name) == config.query.name).then(|| decoded(value))
    });
    match (values.next(), values.next()) {
        (None, _) => Credential::None,
        (Some(value), None) if value.is_empty() => Credential::None,
        (Some(value), None) => match value.strip_prefix(config.query.prefix.as_str()) {
            Some(token) => Credential::Jwt { token: token.into(), location: Location::Query },
            None => Credential::Unreadable(
                ErrorKind::MalformedAuthorization,
                "The token in the query must follow its prefix.",
            ),
        },
        _ => AMBIGUOUS,
    }
}
