//! Every way in which a request can fail, with its status and its stable code.

use rocket::http::Status;

/// The public part of an [`Error`](crate::Error): a status, a stable code and a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 401 `credentials_missing`: the request has no credential that this route takes.
    CredentialsMissing,
    /// 401 `malformed_authorization`: our scheme, but not exactly one well-formed token.
    MalformedAuthorization,
    /// 400 `ambiguous_credentials`: the request has more than one credential (RFC 6750, section 2).
    AmbiguousCredentials,
    /// 401 `token_invalid`: the token was not issued by us, or not for us.
    TokenInvalid,
    /// 401 `token_expired`: the token has expired.
    TokenExpired,
    /// 401 `token_revoked`: the sign-in has ended, or its account is gone or inactive.
    TokenRevoked,
    /// 401 `wrong_token_type`: a refresh token where an access token is expected, or the reverse.
    WrongTokenType,
    /// 401 `csrf_missing`: a JWT in a cookie came without its CSRF value.
    CsrfMissing,
    /// 401 `csrf_mismatch`: a JWT in a cookie came with a wrong CSRF value.
    CsrfMismatch,
    /// 401 `fresh_login_required`: the password must have been proven recently.
    FreshLoginRequired,
    /// 401 `second_factor_required`: the sign-in must have proven two factors.
    SecondFactorRequired,
    /// 403 `second_factor_setup_required`: the account must set up a second factor first.
    SecondFactorSetupRequired,
    /// 401 `bad_credentials`: unknown user or wrong password; the response never says which.
    BadCredentials,
    /// 403 `account_inactive`: the password was right, but the account is inactive.
    AccountInactive,
    /// 403 `forbidden`: the account is known, but may not do this.
    Forbidden,
    /// 403 `insufficient_scope`: the token lacks a scope (RFC 6750, section 3.1).
    InsufficientScope,
    /// 403 `cross_origin`: an unsafe request with a cookie came from another site.
    CrossOrigin,
    /// 400 `insecure_connection`: from a page over plain HTTP, where browsers keep no secure cookie.
    InsecureConnection,
    /// 429 `too_many_attempts`: too many failed attempts; wait.
    TooManyAttempts,
    /// 503 `busy`, sent after a second: every password hasher is busy, and the queue is full or too slow.
    Busy,
    /// 503 `unavailable`: a store failed.
    Unavailable,
    /// 409 `username_taken`: the user name is taken.
    UsernameTaken,
    /// 409 `already_made`: another request has made it, such as one with the same `Idempotency-Key`.
    AlreadyMade,
    /// 409 `last_administrator`: no active administrator would remain.
    LastAdministrator,
    /// 422 `invalid_field`: a field is missing, unknown or not acceptable; `fields` says which.
    InvalidField,
    /// 400 `malformed_request`: Rocket cannot parse the method or the address of the request.
    MalformedRequest,
    /// 400 `malformed_body`: the body cannot be parsed.
    MalformedBody,
    /// 415 `unsupported_media_type`: the body is not of the media type that this route takes.
    UnsupportedMediaType,
    /// 413 `too_large`: the body is larger than this route allows.
    TooLarge,
    /// 404 `not_found`: there is no such route or resource.
    NotFound,
    /// 405 `method_not_allowed`: the path exists, but not with this method.
    MethodNotAllowed,
    /// 500 `internal`: an error of the server.
    Internal,
}

impl ErrorKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::CredentialsMissing,
        Self::MalformedAuthorization,
        Self::AmbiguousCredentials,
        Self::TokenInvalid,
        Self::TokenExpired,
        Self::TokenRevoked,
        Self::WrongTokenType,
        Self::CsrfMissing,
        Self::CsrfMismatch,
        Self::FreshLoginRequired,
        Self::SecondFactorRequired,
        Self::SecondFactorSetupRequired,
        Self::BadCredentials,
        Self::AccountInactive,
        Self::Forbidden,
        Self::InsufficientScope,
        Self::CrossOrigin,
        Self::InsecureConnection,
        Self::TooManyAttempts,
        Self::Busy,
        Self::Unavailable,
        Self::UsernameTaken,
        Self::AlreadyMade,
        Self::LastAdministrator,
        Self::InvalidField,
        Self::MalformedRequest,
        Self::MalformedBody,
        Self::UnsupportedMediaType,
        Self::TooLarge,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Internal,
    ];

    /// Status, code and sentence of each kind.
    const fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::CredentialsMissing => (401, "credentials_missing", "Sign in to use this."),
            Self::MalformedAuthorization => (
                401,
                "malformed_authorization",
                "The Authorization header must be one scheme and one token.",
            ),
            Self::AmbiguousCredentials => {
                (400, "ambiguous_credentials", "Present one credential, not several.")
            }
            Self::TokenInvalid => (401, "token_invalid", "The token is not valid."),
            Self::TokenExpired => (401, "token_expired", "The token has expired."),
            Self::TokenRevoked => (401, "token_revoked", "The token has been revoked."),
            Self::WrongTokenType => {
                (401, "wrong_token_type", "This route takes another type of token.")
            }
            Self::CsrfMissing => (401, "csrf_missing", "The CSRF value is missing."),
            Self::CsrfMismatch => {
                (401, "csrf_mismatch", "The CSRF value does not belong to the token.")
            }
            Self::FreshLoginRequired => {
                (401, "fresh_login_required", "Confirm your password to do this.")
            }
            Self::SecondFactorRequired => {
                (401, "second_factor_required", "Prove a second factor to do this.")
            }
            Self::SecondFactorSetupRequired => {
                (403, "second_factor_setup_required", "Set up a second factor first.")
            }
            Self::BadCredentials => (401, "bad_credentials", "Wrong user name or password."),
            Self::AccountInactive => (403, "account_inactive", "This account is not active."),
            Self::Forbidden => (403, "forbidden", "You may not do this."),
            Self::InsufficientScope => {
                (403, "insufficient_scope", "The token does not carry the scope for this.")
            }
            Self::CrossOrigin => (403, "cross_origin", "The request came from another site."),
            Self::InsecureConnection => (
                400,
                "insecure_connection",
                "This site keeps you signed in over HTTPS only. Open it with https:// in front.",
            ),
            Self::TooManyAttempts => {
                (429, "too_many_attempts", "Too many attempts. Wait and try again.")
            }
            Self::Busy => (503, "busy", "The server is busy. Try again in a moment."),
            Self::Unavailable => (
                503,
                "unavailable",
                "The service is not available at the moment. Try again in a moment.",
            ),
            Self::UsernameTaken => (409, "username_taken", "This user name is taken."),
            Self::AlreadyMade => (409, "already_made", "Another request has made this."),
            Self::LastAdministrator => {
                (409, "last_administrator", "At least one active administrator must remain.")
            }
            Self::InvalidField => (422, "invalid_field", "Some fields are not acceptable."),
            Self::MalformedRequest => (
                400,
                "malformed_request",
                "The request has a method or an address that is not understood here.",
            ),
            Self::MalformedBody => (400, "malformed_body", "The body could not be read."),
            Self::UnsupportedMediaType => {
                (415, "unsupported_media_type", "Send the body as application/json.")
            }
            Self::TooLarge => (413, "too_large", "The body is too large."),
            Self::NotFound => (404, "not_found", "There is nothing here."),
            Self::MethodNotAllowed => {
                (405, "method_not_allowed", "This path takes another method.")
            }
            Self::Internal => (500, "internal", "Something went wrong on our side."),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> Status {
        Status::new(self.row().0)
    }

    /// The stable code that clients may match on.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.row().1
    }

    /// The sentence shown to people.
    #[must_use]
    pub const fn detail(self) -> &'static str {
        self.row().2
    }

    /// The `title` of Problem JSON: the reason phrase of the status.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.status().reason_lossy()
    }

    /// The kind that fits a bare status; `None` for other statuses.
    #[must_use]
    pub const fn of(status: Status) -> Option<Self> {
        Some(match status.code {
            401 => Self::CredentialsMissing,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            413 => Self::TooLarge,
            415 => Self::UnsupportedMediaType,
            422 => Self::InvalidField,
            429 => Self::TooManyAttempts,
            400 => Self::MalformedBody,
            500 => Self::Internal,
            503 => Self::Unavailable,
            _ => return None,
        })
    }

    /// Whether the client needs another token: the challenge then says
    /// `error="invalid_token"` (RFC 6750, section 3.1).
    #[must_use]
    pub const fn blames_token(self) -> bool {
        matches!(
            self,
            Self::MalformedAuthorization
                | Self::TokenInvalid
                | Self::TokenExpired
                | Self::TokenRevoked
                | Self::WrongTokenType
                | Self::CsrfMissing
                | Self::CsrfMismatch
        )
    }

    /// Seconds after which a retry may succeed.
    #[must_use]
    pub const fn retry_after(self) -> Option<u64> {
        match self {
            Self::Busy | Self::Unavailable => Some(1),
            Self::TooManyAttempts => Some(60),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_and_every_status_is_an_error() {
        let mut codes: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ErrorKind::ALL.len());
        assert!(ErrorKind::ALL.iter().all(|kind| kind.status().code >= 400));
    }
}
