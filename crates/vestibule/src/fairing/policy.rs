//! The session policy: the response to a token request carries no cookie.

use rocket::{Request, Response};

use crate::actions::token_cookies;
use crate::credentials;
use crate::state::AuthState;

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
