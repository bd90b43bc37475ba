//! Which token a request presents, if any, in any of the enabled locations: no key and no
//! store is asked yet.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rocket::Request;
use rocket::http::RawStr;

use crate::claims::TokenKind;
use crate::config::{Location, TokenConfig};
use crate::credentials::bearer;
use crate::credentials::request_state::RequestState;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::session::cookies;
use crate::state::AuthState;

/// What the request says about itself before anything is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// No token of ours: perhaps a session, perhaps nobody.
    Nothing,
    /// Exactly one well-formed token, good or bad, and where it was.
    Token(Arc<str>, Location),
    /// A credential of ours that cannot be read, or more than one, and what to tell people. A
    /// token request all the same.
    Unreadable(ErrorKind, &'static str),
}

/// The token of each type: only cookies and JSON keys tell them apart before verification.
pub(crate) struct Tokens {
    access: Credential,
    /// `None` where it is the same.
    refresh: Option<Credential>,
}

impl Credential {
    /// The token of this type that is presented on the request, the body aside; looked for
    /// once, then remembered.
    pub(crate) fn of<'r>(request: &'r Request<'_>, state: &AuthState, kind: TokenKind) -> &'r Self {
        Self::known(RequestState::of(request), request, state, kind)
    }

    /// The same for whoever has at hand what is known of the request.
    pub(crate) fn known<'r>(
        known: &'r RequestState,
        request: &Request<'_>,
        state: &AuthState,
        kind: TokenKind,
    ) -> &'r Self {
        let tokens = Tokens::of(known, request, state);
        match (kind, &tokens.refresh) {
            (TokenKind::Refresh, Some(refresh)) => refresh,
            _ => &tokens.access,
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
    let known = RequestState::of(request);
    Tokens::are_presented(known, request, state) || known.by_guard.load(Ordering::Relaxed)
}

/// Whether what is presented is a token of ours, in the body too.
pub(crate) fn is_token_of_ours(request: &Request<'_>, state: &AuthState) -> bool {
    Tokens::are_presented(RequestState::of(request), request, state)
}

/// Whether a token of either type is presented anywhere but in the body.
pub(crate) fn is_beside_body(request: &Request<'_>, state: &AuthState) -> bool {
    Tokens::of(RequestState::of(request), request, state).are_beside_body()
}

/// Notes that a data guard found a token in the body: from now on this is a token request.
pub(crate) fn mark_in_body(request: &Request<'_>) {
    RequestState::of(request).in_body.store(true, Ordering::Relaxed);
}

/// Notes that a guard of the application's own makes this a token request.
pub(crate) fn mark(request: &Request<'_>) {
    RequestState::of(request).by_guard.store(true, Ordering::Relaxed);
}

impl Tokens {
    /// Looked for once, then known.
    fn of<'r>(known: &'r RequestState, request: &Request<'_>, state: &AuthState) -> &'r Self {
        known.presented.get_or_init(|| match state.config.mode.has_tokens() {
            true => Self::on(request, &state.config.token),
            // In mode `session` tokens do not exist: nothing is looked at.
            false => Self { access: Credential::Nothing, refresh: None },
        })
    }

    fn are_beside_body(&self) -> bool {
        self.access.is_something() || self.refresh.as_ref().is_some_and(Credential::is_something)
    }

    fn are_presented(known: &RequestState, request: &Request<'_>, state: &AuthState) -> bool {
        Self::of(known, request, state).are_beside_body() || known.in_body.load(Ordering::Relaxed)
    }

    /// Looks into every enabled location, each once; the body is not read yet.
    fn on(request: &Request<'_>, config: &TokenConfig) -> Self {
        let enabled = |location| config.locations.contains(&location);
        let header = match enabled(Location::Header) {
            true => in_headers(request, config),
            false => Credential::Nothing,
        };
        let query = match enabled(Location::Query) {
            true => in_query(request, config),
            false => Credential::Nothing,
        };
        let elsewhere = match (header, query) {
            (one, Credential::Nothing) | (Credential::Nothing, one) => one,
            _ => AMBIGUOUS,
        };
        if !enabled(Location::Cookies) {
            return Self { access: elsewhere, refresh: None };
        }
        let access = in_cookies(request, config, TokenKind::Access);
        let refresh = in_cookies(request, config, TokenKind::Refresh);
        Self {
            access: one_of(&elsewhere, &access, &refresh),
            refresh: Some(one_of(&elsewhere, &refresh, &access)),
        }
    }
}

/// A token in two locations is two answers to "who?".
fn one_of(elsewhere: &Credential, own: &Credential, other: &Credential) -> Credential {
    match elsewhere {
        // A browser sends both cookies; beside a token elsewhere either is one too many.
        Credential::Nothing => own.clone(),
        one if !own.is_something() && !other.is_something() => one.clone(),
        _ => AMBIGUOUS,
    }
}

const AMBIGUOUS: Credential = Credential::unreadable(ErrorKind::AmbiguousCredentials);

fn in_headers(request: &Request<'_>, config: &TokenConfig) -> Credential {
    // To look a header up costs more than to pass the few that there are.
    let of_name = request.headers().iter().filter(|field| field.name() == config.header.as_str());
    let mut fields = of_name.map(|field| bearer::parse(field.value(), &config.scheme));
    let Some(first) = fields.next() else { return Credential::Nothing };
    let Some(second) = fields.next() else { return first };
    // RFC 9110, 11.6.2: the field is single; two of them are two answers to "who?".
    let mut all = [first, second].into_iter().chain(fields);
    if all.any(|one| one.is_something()) { AMBIGUOUS } else { Credential::Nothing }
}

fn in_cookies(request: &Request<'_>, config: &TokenConfig, kind: TokenKind) -> Credential {
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
        Some(value) => Credential::Token(value.into(), Location::Cookies),
        None => Credential::Nothing,
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
        (None, _) => Credential::Nothing,
        (Some(value), None) if value.is_empty() => Credential::Nothing,
        (Some(value), None) => match value.strip_prefix(config.query.prefix.as_str()) {
            Some(token) => Credential::Token(token.into(), Location::Query),
            None => Credential::Unreadable(
                ErrorKind::MalformedAuthorization,
                "The token in the query must stand behind its prefix.",
            ),
        },
        _ => AMBIGUOUS,
    }
}
