//! What the library knows of a request, in one piece: Rocket's cache costs a look-up and an
//! allocation for every type.

use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use rocket::Request;

use crate::authentication::Verified;
use crate::credentials::credential::Tokens;
use crate::error::Error;

/// One a request, empty at first.
#[derive(Default)]
pub(crate) struct RequestState {
    /// The answer depends on who depends_on_user.
    pub(crate) depends_on_user: AtomicBool,
    /// Which tokens are presented, the body aside.
    pub(crate) presented: OnceLock<Tokens>,
    /// A data guard found a token of ours in the body.
    pub(crate) in_body: AtomicBool,
    /// A guard of the application's own takes a credential of its own.
    pub(crate) by_guard: AtomicBool,
    /// What came of verifying the token that is presented as an access token.
    pub(crate) access: OnceLock<Result<Verified, Error>>,
    /// The same for a refresh token.
    pub(crate) refresh: OnceLock<Result<Verified, Error>>,
    /// The session cookie is worth nothing.
    pub(crate) worthless_session: AtomicBool,
    /// The remember cookie is worth nothing.
    pub(crate) worthless_remember: AtomicBool,
}

impl RequestState {
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> &'r Self {
        request.local_cache(Self::default)
    }
}
