//! What the library knows of a request, in one piece: Rocket's cache costs a look-up and an
//! allocation for every type.

use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use rocket::Request;

use super::authentication::Verified;
use super::error::Error;
use super::presented::Tokens;

/// One a request, empty at first.
#[derive(Default)]
pub(crate) struct OnRequest {
    /// The answer depends on who asked.
    pub(super) asked: AtomicBool,
    /// Which tokens are presented, the body aside.
    pub(super) presented: OnceLock<Tokens>,
    /// A data guard found a token of ours in the body.
    pub(super) in_body: AtomicBool,
    /// A guard of the application's own takes a credential of its own.
    pub(super) by_guard: AtomicBool,
    /// What came of verifying the token that is presented as an access token.
    pub(super) access: OnceLock<Result<Verified, Error>>,
    /// The same for a refresh token.
    pub(super) refresh: OnceLock<Result<Verified, Error>>,
    /// The session cookie is worth nothing.
    pub(super) worthless_session: AtomicBool,
    /// The remember cookie is worth nothing.
    pub(super) worthless_remember: AtomicBool,
}

impl OnRequest {
    pub(super) fn of<'r>(request: &'r Request<'_>) -> &'r Self {
        request.local_cache(Self::default)
    }
}
