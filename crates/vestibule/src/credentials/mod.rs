//! The credentials that a request presents, before verification: no key is used, no store asked.
//!
//! Imports `access_key`, `claims`, `config`, `digest` and `error` only.

pub(crate) mod bearer;
pub(crate) mod cookie_header;
pub(crate) mod credential;
pub(crate) mod csrf;
mod find_tokens;
pub(crate) mod origin;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rocket::Request;

use crate::claims::Claims;
use crate::config::{Config, Location, TokenKind};
use crate::error::Error;
use credential::{Credential, Credentials};

/// The claims of a verified token, and its location.
#[derive(Clone, Debug)]
pub(crate) struct VerifiedToken {
    pub(crate) claims: Arc<Claims>,
    pub(crate) location: Location,
}

/// The library's state of one request, empty at first; one value, because Rocket's request cache
/// costs a look-up and an allocation per type.
#[derive(Default)]
pub(crate) struct RequestState {
    /// The response depends on the user.
    depends_on_user: AtomicBool,
    /// The credentials outside the body.
    credentials: OnceLock<Credentials>,
    /// A data guard found a token of ours in the body.
    in_body: AtomicBool,
    /// A guard of the application marked this as a token request.
    by_guard: AtomicBool,
    /// The result of verifying the credential as an access token.
    pub(crate) access: OnceLock<Result<VerifiedToken, Error>>,
    /// The result of verifying it as a refresh token.
    pub(crate) refresh: OnceLock<Result<VerifiedToken, Error>>,
    /// The session cookie is to be removed.
    pub(crate) remove_session: AtomicBool,
    /// The remember cookie is to be removed.
    pub(crate) remove_remember: AtomicBool,
    /// The request fairings saw the request: Rocket could parse it.
    is_parsed: AtomicBool,
    /// A form asked for HEAD; the request was taken off every route.
    is_diverted_head: AtomicBool,
}

impl RequestState {
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> &'r Self {
        request.local_cache(Self::default)
    }

    /// Whether the response depends on the user.
    pub(crate) fn depends_on_user(&self) -> bool {
        self.depends_on_user.load(Ordering::Relaxed)
    }

    /// Records that Rocket could parse the request.
    pub(crate) fn mark_parsed(&self) {
        self.is_parsed.store(true, Ordering::Relaxed);
    }

    /// Whether Rocket could parse the request. What it cannot parse, it gives to a catcher under
    /// another method or path and without any fairing: no account is looked up for it.
    pub(crate) fn is_parsed(&self) -> bool {
        self.is_parsed.load(Ordering::Relaxed)
    }

    /// Records that the request was a form that asked for HEAD.
    pub(crate) fn mark_diverted_head(&self) {
        self.is_diverted_head.store(true, Ordering::Relaxed);
    }

    /// Whether the request was a form that asked for HEAD.
    pub(crate) fn is_diverted_head(&self) -> bool {
        self.is_diverted_head.load(Ordering::Relaxed)
    }
}

/// Records that the response depends on the user: it gets `no-store` and `Vary`.
pub(crate) fn mark_depends_on_user(request: &Request<'_>) {
    RequestState::of(request).depends_on_user.store(true, Ordering::Relaxed);
}

/// The credential of a request for this type of token, the body aside: only cookies and JSON keys
/// tell the two types apart before verification. Found once per request, then cached; none if
/// Rocket could not parse the request.
pub(crate) fn credential<'r>(
    request: &'r Request<'_>,
    config: &Config,
    kind: TokenKind,
) -> &'r Credential {
    if !RequestState::of(request).is_parsed() {
        return &Credential::None;
    }
    credentials(request, config).of(kind)
}

/// Whether the request presents a token, good or bad, or a guard marked it as a token request.
pub(crate) fn is_token_request(request: &Request<'_>, config: &Config) -> bool {
    presents_token(request, config) || RequestState::of(request).by_guard.load(Ordering::Relaxed)
}

/// Whether the request presents a token or an access key of ours, in the body too.
pub(crate) fn presents_token(request: &Request<'_>, config: &Config) -> bool {
    presents_token_outside_body(request, config)
        || RequestState::of(request).in_body.load(Ordering::Relaxed)
}

/// Whether the request presents a token of either type anywhere but in the body.
pub(crate) fn presents_token_outside_body(request: &Request<'_>, config: &Config) -> bool {
    credentials(request, config).is_some()
}

/// Records that a data guard found a token in the body: from now on this is a token request.
pub(crate) fn mark_in_body(request: &Request<'_>) {
    RequestState::of(request).in_body.store(true, Ordering::Relaxed);
}

/// Records that a guard of the application makes this a token request.
pub(crate) fn mark_token_request(request: &Request<'_>) {
    RequestState::of(request).by_guard.store(true, Ordering::Relaxed);
}

fn credentials<'r>(request: &'r Request<'_>, config: &Config) -> &'r Credentials {
    RequestState::of(request).credentials.get_or_init(|| {
        // In mode `session` tokens do not exist: no location is looked at.
        if config.mode.has_tokens() {
            find_tokens::find(request, &config.token)
        } else {
            Credentials::NONE
        }
    })
}
