//! What exactly is wrong with a token, for applications that report it.

use std::borrow::Cow;
use std::fmt;

use crate::error::Error;
use crate::error::kind::ErrorKind;

/// One of the three parts of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenPart {
    /// The JOSE header.
    Header,
    /// The claims.
    Claims,
    /// The signature.
    Signature,
}

/// What is wrong with a token ([`Error::token_error`]); clients see only the [`ErrorKind`].
///
/// ```
/// # use vestibule::Error;
/// # use vestibule::tokens::TokenError;
/// fn text(error: &Error) -> &'static str {
///     match error.token_error() {
///         Some(TokenError::Signature) => "Signature verification failed",
///         Some(TokenError::AccountGone) => "Error loading the user",
///         _ => "Invalid token",
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenError {
    /// It is longer than 8 KB.
    TooLong,
    /// It has fewer than three parts.
    Parts,
    /// A part is not base64url without padding.
    Encoding(TokenPart),
    /// A part is not JSON.
    Json(TokenPart),
    /// A part is JSON, but not an object, or has a name twice.
    NotAnObject(TokenPart),
    /// The header names no algorithm.
    AlgorithmMissing,
    /// The header names an algorithm that is not allowed.
    Algorithm,
    /// The `kid` in the header is not a string.
    KeyId,
    /// The header has `crit`, `b64` or `zip`, which are not supported.
    Critical,
    /// The `typ` in the header is that of another kind or type of token, or differs from
    /// `token.foreign.typ`; or the `cty` is `JWT`.
    HeaderType,
    /// No known key made the signature.
    Signature,
    /// A required claim is missing or empty.
    MissingClaim(Cow<'static, str>),
    /// A claim has the wrong JSON type, or a time is out of range.
    ClaimType(Cow<'static, str>),
    /// `iss` names another issuer.
    Issuer,
    /// `aud` has none of our names.
    Audience,
    /// `type` is neither access nor refresh, or is refresh in a foreign token.
    Type,
    /// `nbf` is in the future.
    NotYetValid,
    /// `iat` is in the future.
    IssuedInFuture,
    /// It expires before it was issued, or lives longer than allowed.
    Lifetime,
    /// [`Account::accept`](crate::Account::accept) refused it, or `accept_key` an access key.
    Refused,
    /// An access key has a wrong format, checksum or secret.
    AccessKey,
    /// Of `token_revoked`: the sign-in has ended.
    SignInEnded,
    /// Of `token_revoked`: the account is gone or inactive.
    AccountGone,
}

impl TokenError {
    pub(crate) fn missing(name: &str) -> Self {
        Self::MissingClaim(Cow::Owned(name.to_owned()))
    }

    pub(crate) fn mistyped(name: &str) -> Self {
        Self::ClaimType(Cow::Owned(name.to_owned()))
    }
}

impl fmt::Display for TokenPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Claims => "claims",
            Self::Signature => "signature",
        })
    }
}

/// Says it in words, without a value of the token.
impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoding(part) => return write!(f, "the {part} is not base64url"),
            Self::Json(part) => return write!(f, "the {part} is not JSON"),
            Self::NotAnObject(part) => {
                return write!(f, "the {part} is no JSON object, or has a name twice");
            }
            Self::MissingClaim(name) => return write!(f, "the claim `{name}` is missing"),
            Self::ClaimType(name) => {
                return write!(f, "the claim `{name}` is of another type or out of range");
            }
            Self::TooLong => "the token is longer than 8 KB",
            Self::Parts => "the token has fewer than three parts",
            Self::AlgorithmMissing => "the header names no algorithm",
            Self::Algorithm => "the header names another algorithm than token.algorithm",
            Self::KeyId => "the kid is no text",
            Self::Critical => "the header has crit, b64 or zip",
            Self::HeaderType => "the typ or cty is that of another kind of token",
            Self::Signature => "no known key made the signature",
            Self::Issuer => "iss names another issuer than token.issuer",
            Self::Audience => "aud has no name of token.audience",
            Self::Type => "the type is neither access nor refresh",
            Self::NotYetValid => "nbf is in the future: compare the clocks",
            Self::IssuedInFuture => "iat is in the future: compare the clocks",
            Self::Lifetime => "it lives longer than the settings allow",
            Self::Refused => "the account type refused it",
            Self::AccessKey => "the access key has a wrong format, checksum or secret",
            Self::SignInEnded => "the sign-in has ended",
            Self::AccountGone => "the account is gone or inactive",
        })
    }
}

impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        let kind = match error {
            TokenError::SignInEnded | TokenError::AccountGone => ErrorKind::TokenRevoked,
            _ => ErrorKind::TokenInvalid,
        };
        Self::new(kind).with_token_error(error)
    }
}
