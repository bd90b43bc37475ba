//! Which token a request presents, if any, in any of the enabled locations: no key and no
//! store is asked yet.

use std::sync::Arc;
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
    Token(Arc<str>, Location),
    /// A credential of ours that cannot be read, or more than one, and what to tell people. A
    /// token request all the same.
    Unreadable(ErrorKind, &'static str),
}

/// The token of each type: only cookies and JSON keys tell them apart before verification.
struct Tokens {
    access: Presented,
    refresh: Presented,
}

/// What guards have said about the request: not every credential stands where we look.
#[derive(Default)]
struct Marked {
    /// A data guard found a token of ours in the body.
    in_body: AtomicBool,
    /// A guard of the application's own takes a credential of its own.
    by_guard: AtomicBool,
}

impl Presented {
    /// The token of this type that is presented on the request, the body aside; looked for
    /// once, then remembered.
    pub(crate) fn of<'r>(request: &'r Request<'_>, state: &AuthState, kind: TokenKind) -> &'r Self {
        let tokens = request.local_cache(|| match state.config.mode.has_tokens() {
            true => Tokens::on(request, &state.config.token),
            // In mode `session` tokens do not exist: nothing is looked at.
            false => Tokens { access: Self::Nothing, refresh: Self::Nothing },
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

/// Whether the session policy sees a token request: a token is presented, good or bad, or a
/// guard says that it is one.
pub(crate) fn is_token_request(request: &Request<'_>, state: &AuthState) -> bool {
    is_token_of_ours(request, state) || marked(request).by_guard.load(Ordering::Relaxed)
}

/// Whether what is presented is a token of ours, in the body too.
pub(crate) fn is_token_of_ours(request: &Request<'_>, state: &AuthState) -> bool {
    is_beside_body(request, state) || marked(request).in_body.load(Ordering::Relaxed)
}

/// Whether a token of either type is presented anywhere but in the body.
pub(crate) fn is_beside_body(request: &Request<'_>, state: &AuthState) -> bool {
    Presented::of(request, state, TokenKind::Access).is_something()
        || Presented::of(request, state, TokenKind::Refresh).is_something()
}

/// Notes that a data guard found a token in the body: from now on this is a token request.
pub(crate) fn mark_in_body(request: &Request<'_>) {
    marked(request).in_body.store(true, Ordering::Relaxed);
}

/// Notes that a guard of the application's own makes this a token request.
pub(crate) fn mark(request: &Request<'_>) {
    marked(request).by_guard.store(true, Ordering::Relaxed);
}

fn marked<'r>(request: &'r Request<'_>) -> &'r Marked {
    request.local_cache(Marked::default)
}

impl Tokens {
    /// Looks into every enabled location, each once; the body is not read yet.
    fn on(request: &Request<'_>, config: &TokenConfig) -> Self {
        let enabled = |location| config.locations.contains(&location);
        let mut elsewhere = Vec::new();
        if enabled(Location::Header) {
            elsewhere.push(in_headers(request, config));
        }
        if enabled(Location::Query) {
            elsewhere.push(in_query(request, config));
        }
        elsewhere.retain(Presented::is_something);
        let cookie = |kind| match enabled(Location::Cookies) {
            true => in_cookies(request, config, kind),
            false => Presented::Nothing,
        };
        let (access, refresh) = (cookie(TokenKind::Access), cookie(TokenKind::Refresh));
        Self {
            access: one_of(&elsewhere, &access, &refresh),
            refresh: one_of(&elsewhere, &refresh, &access),
        }
    }
}

/// A token in two locations is two answers to "who?".
fn one_of(elsewhere: &[Presented], own: &Presented, other: &Presented) -> Presented {
    match elsewhere {
        // A browser sends both cookies; beside a token elsewhere either is one too many.
        [] => own.clone(),
        [one] if !own.is_something() && !other.is_something() => one.clone(),
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
        Some(value) => Presented::Token(value.into(), Location::Cookies),
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
            Some(token) => Presented::Token(token.into(), Location::Query),
            None => Presented::Unreadable(
                ErrorKind::MalformedAuthorization,
                "The token in the query must stand behind its prefix.",
            ),
        },
        _ => AMBIGUOUS,
    }
}
