//! The session policy: no cookie leaves on the answer to a token request.

use rocket::{Request, Response};

use super::bearer::Presented;
use super::config::{Mode, SessionPolicy};
use super::state::AuthState;

/// The one decision: may cookies leave on this answer?
///
/// ```
/// use vestibule::auth::{Mode, SessionPolicy};
/// use vestibule::auth::policy::cookies_may_leave;
///
/// assert!(cookies_may_leave(Mode::Both, SessionPolicy::UnlessToken, false));
/// assert!(!cookies_may_leave(Mode::Both, SessionPolicy::UnlessToken, true));
/// assert!(!cookies_may_leave(Mode::Token, SessionPolicy::UnlessToken, false));
/// ```
#[must_use]
pub const fn cookies_may_leave(mode: Mode, policy: SessionPolicy, token_request: bool) -> bool {
    match policy {
        SessionPolicy::Always => true,
        SessionPolicy::Never => false,
        SessionPolicy::UnlessToken => match mode {
            Mode::Session => true,
            Mode::Token => false,
            Mode::Both => !token_request,
        },
    }
}

/// Whether the request presents a token, good or bad; such a request gets no cookie, no page
/// and no redirect. Never in mode `session`.
#[must_use]
pub fn is_token_request(request: &Request<'_>) -> bool {
    AuthState::of(request).is_ok_and(|state| Presented::on(request, state).is_token_request())
}

/// Takes every `Set-Cookie` off an answer that may not carry one; answers whether there
/// was any.
pub(crate) fn apply(state: &AuthState, request: &Request<'_>, response: &mut Response<'_>) -> bool {
    let token_request = Presented::on(request, state).is_token_request();
    if cookies_may_leave(state.config.mode, state.config.policy, token_request) {
        return false;
    }
    let found = response.headers().contains("Set-Cookie");
    response.remove_header("Set-Cookie");
    found
}
