//! Which token a request presents, if any, in any of the enabled locations: no key and no
//! store is asked yet.

use std::sync::atomic::{AtomicBool, Ordering};

use rocket::Request;
use rocket::http::RawStr;

use super::bearer;
use super::claims::TokenKind;
use super::config::{Location, TokenConfig};
use super::cookies;
use super::error::Error;
use super::error_kind::ErrorKind;
use super::state::AuthState;

/// What the request says about itself before anything is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Presented {
    /// No token of ours: perhaps a session, perhaps nobody.
    Nothing,
    /// Exactly one well-formed token, good or bad, and where it was.
    Token(String, Location),
    /// A credential of ours that cannot be read, or more than one, and what to tell people. A
    /// token request all the same.
    Unreadable(ErrorKind, &'static str),
}

/// The token of each type: only cookies and JSON keys tell them apart before verification.
struct Tokens {
    access: Presented,
    refresh: Presented,
}

/// Set when a data guard found a token in the body.
#[derive(Default)]
struct InBody(AtomicBool);

impl Presented {
    /// The token of this type that is presented on the request, the body aside; looked for
    /// once, then remembered.
    pub(crate) fn of<'r>(request: &'r Request<'_>, state: &AuthState, kind: TokenKind) -> &'r Self {
        let tokens = request.local_cache(|| {
            let find = |kind| match state.config.mode.has_tokens() {
                true => find(request, &state.config.token, kind),
                // In mode `session` tokens do not exist: nothing is looked at.
                false => Self::Nothing,
            };
            Tokens { access: find(TokenKind::Access), refresh: find(TokenKind::Refresh) }
        });
        match kind {
            TokenKind::Access => &tokens.access,
            TokenKind::Refresh => &tokens.refresh,
        }
    }

    /// What cannot be read, with the sentence of its kind.
    pub(crate) const fn unreadable(kind: ErrorKind) -> Self {
        Self::Unreadable(kind, kind.detail())
    }

    fn is_something(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// The token, or why there is none.
    pub(crate) fn token(&self) -> Result<(&str, Location), Error> {
        match self {
            Self::Token(token, location) => Ok((token, *location)),
            Self::Nothing => Err(ErrorKind::CredentialsMissing.into()),
            Self::Unreadable(kind, detail) => Err(Error::new(*kind).detail(*detail)),
        }
    }
}

/// Whether the session policy sees a token request: a token is presented, good or bad.
pub(crate) fn is_token_request(request: &Request<'_>, state: &AuthState) -> bool {
    is_beside_body(request, state) || in_body(request).load(Ordering::Relaxed)
}

/// Whether a token of either type is presented anywhere but in the body.
pub(crate) fn is_beside_body(request: &Request<'_>, state: &AuthState) -> bool {
    Presented::of(request, state, TokenKind::Access).is_something()
        || Presented::of(request, state, TokenKind::Refresh).is_something()
}

/// Notes that a data guard found a token in the body: from now on this is a token request.
pub(crate) fn found_in_body(request: &Request<'_>) {
    in_body(request).store(true, Ordering::Relaxed);
}

fn in_body<'r>(request: &'r Request<'_>) -> &'r AtomicBool {
    &request.local_cache(InBody::default).0
}

/// Looks into every enabled location; a token in two of them is two answers to "who?".
fn find(request: &Request<'_>, config: &TokenConfig, kind: TokenKind) -> Presented {
    // Each once, however often the configuration names it; the body is not read yet.
    let mut found = [Location::Header, Location::Cookies, Location::Query]
        .into_iter()
        .filter(|location| config.locations.contains(location))
        .map(|location| match location {
            Location::Header => in_headers(request, config),
            Location::Cookies => in_cookies(request, config, kind),
            Location::Query => in_query(request, config),
            Location::Json => Presented::Nothing,
        })
        .filter(Presented::is_something);
    let other = match kind {
        TokenKind::Access => TokenKind::Refresh,
        TokenKind::Refresh => TokenKind::Access,
    };
    // A browser sends both cookies; beside a token elsewhere either is one too many.
    let beside_cookie = || {
        config.locations.contains(&Location::Cookies)
            && in_cookies(request, config, other).is_something()
    };
    match (found.next(), found.next()) {
        (None, _) => Presented::Nothing,
        (Some(one @ Presented::Token(_, Location::Cookies)), None) => one,
        (Some(_), None) if beside_cookie() => AMBIGUOUS,
        (Some(one), None) => one,
        _ => AMBIGUOUS,
    }
}

const AMBIGUOUS: Presented = Presented::unreadable(ErrorKind::AmbiguousCredentials);

fn in_headers(request: &Request<'_>, config: &TokenConfig) -> Presented {
    let fields: Vec<&str> = request.headers().get(&config.header).collect();
    let mut found: Vec<Presented> =
        fields.iter().map(|field| bearer::parse(field, &config.scheme)).collect();
    found.retain(Presented::is_something);
    match found.pop() {
        None => Presented::Nothing,
        // RFC 9110, 11.6.2: the field is single; two of them are two answers to "who?".
        Some(_) if fields.len() > 1 => AMBIGUOUS,
        Some(one) => one,
    }
}

fn in_cookies(request: &Request<'_>, config: &TokenConfig, kind: TokenKind) -> Presented {
    let name = config.cookies.name(kind);
    let readable = match cookies::named(request, name) {
        // Rocket's local client fills the jar without a header.
        (0, _) => !request.headers().contains("Cookie"),
        // Rocket would decode a name with percent signs, under which a prefix such as `__Host-`
        // is disguised: it is another name.
        (1, exact) => exact,
        _ => return AMBIGUOUS,
    };
    let cookie = request.cookies().get(name).filter(|_| readable);
    match cookie.map(rocket::http::Cookie::value).filter(|value| !value.is_empty()) {
        Some(value) => Presented::Token(value.to_owned(), Location::Cookies),
        None => Presented::Nothing,
    }
}

fn in_query(request: &Request<'_>, config: &TokenConfig) -> Presented {
    let query = request.uri().query();
    let segments = query.into_iter().flat_map(|query| query.raw_segments());
    let mut values = segments.filter_map(|segment| {
        let (name, value) = segment.split_at_byte(b'=');
        let decoded = |text: &RawStr| text.url_decode_lossy().into_owned();
        (decoded(name) == config.query.name).then(|| decoded(value))
    });
    match (values.next(), values.next()) {
        (None, _) => Presented::Nothing,
        (Some(value), None) if value.is_empty() => Presented::Nothing,
        (Some(value), None) => match value.strip_prefix(config.query.prefix.as_str()) {
            Some(token) => Presented::Token(token.to_owned(), Location::Query),
            None => Presented::Unreadable(
                ErrorKind::MalformedAuthorization,
                "The token in the query must stand behind its prefix.",
            ),
        },
        _ => AMBIGUOUS,
    }
}
