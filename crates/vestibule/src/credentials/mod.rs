//! The credentials that a request presents, before verification: no key is used, no store asked.
//!
//! Imports `access_key`, `claims`, `config`, `digest` and `error` only.

pub(crate) mod bearer;
pub(crate) mod cookie_header;
pub(crate) mod credential;
pub(crate) mod csrf;
mod locations;
pub(crate) mod origin;
pub(crate) mod request_state;

use std::sync::atomic::Ordering;

use rocket::Request;

use crate::config::{Config, TokenKind};
use credential::{Credential, Credentials};
use request_state::RequestState;

/// The credential of a request for this type of token, the body aside: only cookies and JSON keys
/// tell the two types apart before verification. Found once per request, then cached.
pub(crate) fn credential<'r>(
    request: &'r Request<'_>,
    config: &Config,
    kind: TokenKind,
) -> &'r Credential {
    credentials(request, config).of(kind)
}

/// Whether this is a token request: it presents a token, good or bad, or a guard of the
/// application marked it as one.
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
            locations::find(request, &config.token)
        } else {
            Credentials::NONE
        }
    })
}
