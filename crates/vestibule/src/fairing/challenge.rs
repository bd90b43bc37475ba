//! The `WWW-Authenticate` challenge of a 401 or 403.

use rocket::http::{Header, Status};
use rocket::{Request, Response};

use crate::credentials::presents_token;
use crate::error::{Error, ErrorKind};
use crate::state::AuthState;

/// The authentication context of two factors (OpenID PAPE, section 4).
const MULTI_FACTOR: &str = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";

/// Adds the challenge (RFC 6750, section 3) to every 401 and to a 403 for a missing scope. For a token
/// that is not fresh it says how old the proof of the password may be, for one without a second factor
/// that two are required (RFC 9470, section 3).
pub(crate) fn challenge(
    state: &AuthState,
    request: &Request<'_>,
    response: &mut Response<'_>,
    reason: Option<&Error>,
) {
    let status = response.status();
    if !matches!(status, Status::Unauthorized | Status::Forbidden) {
        return;
    }
    // A challenge of the application's own is kept.
    if !state.config.mode.has_tokens() || response.headers().contains("WWW-Authenticate") {
        return;
    }
    let (scheme, realm) = (&state.config.token.scheme, &state.config.token.realm);
    let bare = format!("{scheme} realm=\"{realm}\"");
    let value = match (status, reason.map(Error::kind)) {
        (Status::Unauthorized, Some(kind))
            if kind.blames_token() && presents_token(request, &state.config) =>
        {
            format!("{bare}, error=\"invalid_token\", error_description=\"{}\"", kind.detail())
        }
        (Status::Unauthorized, Some(kind)) if presents_token(request, &state.config) => {
            match insufficient(state, kind) {
                Some(needed) => format!(
                    "{bare}, error=\"insufficient_user_authentication\", \
                     error_description=\"{}\", {needed}",
                    kind.detail()
                ),
                None => bare,
            }
        }
        (Status::Unauthorized, _) => bare,
        (Status::Forbidden, Some(kind @ ErrorKind::InsufficientScope)) => {
            format!("{bare}, error=\"insufficient_scope\", error_description=\"{}\"", kind.detail())
        }
        _ => return,
    };
    response.set_header(Header::new("WWW-Authenticate", value));
}

/// What the authentication of the user lacks, as a parameter of the challenge; `None` for another kind
/// of refusal.
fn insufficient(state: &AuthState, kind: ErrorKind) -> Option<String> {
    match kind {
        ErrorKind::FreshLoginRequired => {
            Some(format!("max_age=\"{}\"", state.config.fresh_for.as_secs()))
        }
        ErrorKind::SecondFactorRequired => Some(format!("acr_values=\"{MULTI_FACTOR}\"")),
        _ => None,
    }
}
