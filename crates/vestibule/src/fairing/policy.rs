//! The session policy: the response to a token request carries no cookie.

use rocket::{Request, Response};

use super::Auth;
use crate::actions::token_cookies;
use crate::credentials;
use crate::credentials::request_state::mark_depends_on_user;
use crate::state::AuthState;

impl Auth {
    /// Whether the request presents a token, good or bad: its response carries no cookie and is no
    /// redirect to a form. Never in mode `session`, unless a guard of your own
    /// [says so](Self::mark_token_request).
    #[must_use]
    pub fn is_token_request(request: &Request<'_>) -> bool {
        AuthState::of(request)
            .is_ok_and(|state| credentials::is_token_request(request, &state.config))
    }

    /// Makes this a token request from now on, for a guard that takes a credential of your own
    /// ([`Authentication::external`](crate::guards::Authentication::external)): the response
    /// carries no cookie and is `no-store`, and no session is looked up. The challenge of a 401
    /// does not say `invalid_token`.
    pub fn mark_token_request(request: &Request<'_>) {
        if AuthState::of(request).is_ok() {
            mark_depends_on_user(request);
            credentials::mark_token_request(request);
        }
    }
}

/// Removes every `Set-Cookie` from a response that may not carry one, but for the cookies of JWTs,
/// if they are configured; returns whether it removed any.
pub(crate) fn apply(state: &AuthState, request: &Request<'_>, response: &mut Response<'_>) -> bool {
    let token_request = credentials::is_token_request(request, &state.config);
    if state.config.policy.allows_cookies(state.config.mode, token_request) {
        return false;
    }
    let fields: Vec<String> = response.headers().get("Set-Cookie").map(str::to_owned).collect();
    let (own, others): (Vec<_>, Vec<_>) =
        fields.into_iter().partition(|field| token_cookies::is_ours(state, field));
    if others.is_empty() {
        return false;
    }
    response.remove_header("Set-Cookie");
    for field in own {
        response.adjoin_raw_header("Set-Cookie", field);
    }
    true
}
