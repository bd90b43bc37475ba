//! The bearer header, strictly parsed (RFC 6750, section 2.1).

use rocket::Request;
use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};

use crate::claims::TokenKind;
use crate::config::Location;
use crate::credentials::credential::Credential;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::state::AuthState;

/// Reads one field value: the scheme in any case, spaces, one token68 (RFC 9110, 11.4).
pub(crate) fn parse(field: &str, scheme: &str) -> Credential {
    let field = field.trim_matches(' ');
    let end =
        field.bytes().position(|byte| !byte.is_ascii_alphanumeric() && !b"-_".contains(&byte));
    let (name, rest) = field.split_at(end.unwrap_or(field.len()));
    if !name.eq_ignore_ascii_case(scheme) {
        return Credential::Nothing;
    }
    let token = rest.trim_start_matches(' ');
    if token.len() < rest.len() && is_token68(token) {
        Credential::Token(token.into(), Location::Header)
    } else {
        Credential::unreadable(ErrorKind::MalformedAuthorization)
    }
}

fn is_token68(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    // Without a way out in between, many bytes are looked at at once.
    !body.is_empty() && body.bytes().fold(true, |all, byte| all & is_of_token68(byte))
}

/// Whether a token68 has this byte before its padding.
fn is_of_token68(byte: u8) -> bool {
    let is_mark = |mark| byte == mark;
    byte.is_ascii_alphanumeric()
        | is_mark(b'-')
        | is_mark(b'.')
        | is_mark(b'_')
        | is_mark(b'~')
        | is_mark(b'+')
        | is_mark(b'/')
}

/// Guard: exactly one well-formed token was presented; nothing about it is verified.
///
/// Without one: 401 `credentials_missing`, 401 `malformed_authorization`, 401 `token_invalid`
/// for what cannot be a token in a cookie or in the query, or 400 `ambiguous_credentials`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::BearerToken;
///
/// #[get("/length")]
/// fn length(token: BearerToken<'_>) -> String {
///     token.as_str().len().to_string()
/// }
/// ```
pub struct BearerToken<'r>(&'r str);

impl<'r> BearerToken<'r> {
    /// The token as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &'r str {
        self.0
    }
}

impl std::fmt::Debug for BearerToken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BearerToken([redacted])")
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for BearerToken<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        let token = AuthState::of(request).and_then(|state| {
            state.depends_on_user(request);
            let (token, _) = Credential::of(request, state, TokenKind::Access).token()?;
            if is_token68(token) { Ok(token) } else { Err(ErrorKind::TokenInvalid.into()) }
        });
        match token {
            Ok(token) => Outcome::Success(Self(token)),
            Err(error) => refuse(request, error),
        }
    }
}

/// Leaves the error for the catchers and ends the request with its status.
pub(crate) fn refuse<T>(request: &Request<'_>, error: Error) -> request::Outcome<T, Error> {
    let status: Status = error.clone().remember(request);
    Outcome::Error((status, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MALFORMED: Credential = Credential::unreadable(ErrorKind::MalformedAuthorization);

    #[test]
    fn the_scheme_is_read_in_any_case_and_the_token_after_one_or_more_spaces() {
        for good in ["Bearer abc", "bearer abc", "BEARER   abc", " Bearer abc "] {
            assert_eq!(
                parse(good, "Bearer"),
                Credential::Token("abc".into(), Location::Header),
                "{good:?}"
            );
        }
        for bad in
            ["Bearer", "Bearer ", "Bearer\tabc", "Bearer a b", "Bearer a,b", "Bearer =", "Bearer é"]
        {
            assert_eq!(parse(bad, "Bearer"), MALFORMED, "{bad:?}");
        }
        for other in ["", "Basic abc", "Bearerabc", "Token abc", "abc"] {
            assert_eq!(parse(other, "Bearer"), Credential::Nothing, "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn the_parser_never_panics_and_finds_only_token68(field in ".{0,200}") {
            if let Credential::Token(token, _) = parse(&field, "Bearer") {
                prop_assert!(is_token68(&token));
                prop_assert!(field.to_ascii_lowercase().trim_matches(' ').starts_with("bearer "));
            }
        }

        #[test]
        fn every_token68_after_the_scheme_is_found(token in "[A-Za-z0-9._~+/-]{1,80}={0,2}") {
            prop_assert_eq!(parse(&format!("Bearer {token}"), "Bearer"), Credential::Token(token.into(), Location::Header));
        }
    }
}
