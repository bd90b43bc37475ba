//! Why a request was refused: an event for the operator and, in the debug profile or with the key of
//! `auth.refusal_key`, a header for the developer.

use rocket::http::{Header, Status};
use rocket::{Config, Request, Response};
use sha2::{Digest, Sha256};

use crate::config::{Location, TokenKind};
use crate::credentials::credential;
use crate::credentials::credential::Credential;
use crate::error::request_errors::RequestErrors;
use crate::error::{Error, ErrorKind};
use crate::session::cookie::CookieKind;
use crate::state::AuthState;

/// Says more than a stranger may know.
const HEADER: &str = "X-Vestibule-Refused";

/// The header for `auth.refusal_key`.
const KEY_HEADER: &str = "X-Vestibule-Refusal-Key";

/// Reports a refusal when the response is certain: a guard's error alone may have been handled.
pub(super) fn report(
    request: &Request<'_>,
    state: &AuthState,
    response: &mut Response<'_>,
    reason: Option<&Error>,
) {
    let refusal = match response.status() {
        // A catcher may redirect to a form. A handler's redirect is no refusal, whatever error a
        // guard in an `Option` left.
        Status::SeeOther => RequestErrors::answer(request),
        _ => reason.cloned(),
    };
    let is_refused = |error: &Error| matches!(error.kind().status().code, 401 | 403 | 429);
    let Some(error) = refusal.filter(is_refused) else { return };
    let kind = error.kind();
    let rule = rule(kind).map(|number| format!("; docs/POLICY.md, rule {number}"));
    let (rule, todo) = (rule.unwrap_or_default(), what_to_do(kind));
    let detail = format!("{}: {}{rule}; {todo}", presented(request, state, kind), why(&error));
    state.report_refusal(request, kind, &detail);
    if request.rocket().config().profile == Config::DEBUG_PROFILE || has_key(request, state) {
        response.set_header(Header::new(HEADER, format!("{}; {detail}", kind.code())));
    }
}

/// Compares digests, whose time tells nothing about the key.
fn has_key(request: &Request<'_>, state: &AuthState) -> bool {
    let sent = request.headers().get_one(KEY_HEADER);
    let key = state.config.refusal_key.as_ref();
    sent.zip(key).is_some_and(|(sent, key)| Sha256::digest(sent) == Sha256::digest(key.reveal()))
}

/// What exactly is wrong; in ASCII, for a header.
fn why(error: &Error) -> String {
    let reason = error.reason().unwrap_or_else(|| error.message().to_owned());
    reason.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

/// What the request presents, unverified.
fn presented(request: &Request<'_>, state: &AuthState, refused: ErrorKind) -> &'static str {
    let of = |kind| credential(request, &state.config, kind);
    let found = match of(TokenKind::Access) {
        Credential::None => of(TokenKind::Refresh),
        found => found,
    };
    match found {
        Credential::Jwt { location: Location::Header, .. } => "a token in the header",
        Credential::Jwt { location: Location::Cookies, .. } => "a token in a cookie",
        Credential::Jwt { location: Location::Query, .. } => "a token in the query",
        Credential::Jwt { .. } => "a token in the body",
        Credential::AccessKey(_) => "an access key",
        Credential::Unreadable(..) => "a malformed credential, or several",
        Credential::None => {
            let names = &state.cookie_names;
            let has = |kind| request.cookies().get(names.of(kind)).is_some();
            if state.config.mode.has_sessions()
                && (has(CookieKind::Session) || has(CookieKind::Remember))
            {
                "a session cookie"
            } else if rule(refused) == Some(2) {
                // Only a body can hold a token that is in no other place.
                "a token in the body"
            } else {
                "no credential"
            }
        }
    }
}

/// The rule of `docs/POLICY.md` by which it is refused; `None` if its guard alone says so.
const fn rule(kind: ErrorKind) -> Option<u8> {
    match kind {
        ErrorKind::MalformedAuthorization
        | ErrorKind::TokenInvalid
        | ErrorKind::TokenExpired
        | ErrorKind::TokenRevoked
        | ErrorKind::WrongTokenType => Some(2),
        ErrorKind::CrossOrigin => Some(5),
        _ => None,
    }
}

/// What a developer may try.
fn what_to_do(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::CredentialsMissing => "sign in, or send a token where token.locations says",
        ErrorKind::MalformedAuthorization => "send token.header with token.scheme and one token",
        ErrorKind::TokenExpired => "refresh the pair of tokens",
        ErrorKind::TokenInvalid | ErrorKind::TokenRevoked => "sign in again",
        ErrorKind::WrongTokenType => "send the access token, and the refresh token to refresh only",
        ErrorKind::CsrfMissing | ErrorKind::CsrfMismatch => {
            "send the value of the CSRF cookie in token.cookies.csrf_header"
        }
        ErrorKind::FreshLoginRequired => "prove the password again",
        ErrorKind::SecondFactorRequired => "prove a second factor",
        ErrorKind::SecondFactorSetupRequired => "set up a second factor",
        ErrorKind::InsufficientScope => "use a credential with the scope",
        ErrorKind::CrossOrigin => "send it from a page of this host; a proxy must pass Host on",
        ErrorKind::BadCredentials => "check name and password",
        ErrorKind::AccountInactive => "ask an administrator to activate the account",
        ErrorKind::Forbidden => "use an account that may",
        ErrorKind::TooManyAttempts => "wait as Retry-After says",
        _ => "see the code in the documentation",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_what_may_help() {
        for (kind, part) in [
            (ErrorKind::MalformedAuthorization, "token.scheme"),
            (ErrorKind::TokenInvalid, "sign in again"),
            (ErrorKind::TokenRevoked, "sign in again"),
            (ErrorKind::CsrfMissing, "token.cookies.csrf_header"),
            (ErrorKind::CsrfMismatch, "token.cookies.csrf_header"),
            (ErrorKind::FreshLoginRequired, "the password again"),
            (ErrorKind::SecondFactorRequired, "prove a second factor"),
            (ErrorKind::SecondFactorSetupRequired, "set up a second factor"),
            (ErrorKind::InsufficientScope, "the scope"),
        ] {
            assert!(what_to_do(kind).contains(part), "{}", kind.code());
        }
    }
}
