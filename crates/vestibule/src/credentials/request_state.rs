//! The library's state of one request, in one value, because Rocket's request cache costs a look-up
//! and an allocation per type.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rocket::Request;

use super::credential::Credentials;
use crate::claims::Claims;
use crate::config::Location;
use crate::error::Error;

/// The claims of a verified token, and its location.
#[derive(Clone)]
pub(crate) struct VerifiedToken {
    pub(crate) claims: Arc<Claims>,
    pub(crate) location: Location,
}

/// The state of one request, empty at first.
#[derive(Default)]
pub(crate) struct RequestState {
    /// The response depends on the user.
    depends_on_user: AtomicBool,
    /// The credentials outside the body.
    pub(super) credentials: OnceLock<Credentials>,
    /// A data guard found a token of ours in the body.
    pub(super) in_body: AtomicBool,
    /// A guard of the application marked this as a token request.
    pub(super) by_guard: AtomicBool,
    /// The result of verifying the credential as an access token.
    pub(crate) access: OnceLock<Result<VerifiedToken, Error>>,
    /// The result of verifying it as a refresh token.
    pub(crate) refresh: OnceLock<Result<VerifiedToken, Error>>,
    /// The session cookie is to be removed.
    pub(crate) remove_session: AtomicBool,
    /// The remember cookie is to be removed.
    pub(crate) remove_remember: AtomicBool,
}

impl RequestState {
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> &'r Self {
        request.local_cache(Self::default)
    }

    /// Whether the response depends on the user.
    pub(crate) fn depends_on_user(&self) -> bool {
        self.depends_on_user.load(Ordering::Relaxed)
    }
}

/// Records that the response depends on the user: it gets `no-store` and `Vary`.
pub(crate) fn mark_depends_on_user(request: &Request<'_>) {
    RequestState::of(request).depends_on_user.store(true, Ordering::Relaxed);
}
