//! What exactly is wrong with a token: for an application that must say so.

use std::borrow::Cow;

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

/// What exactly is wrong with a token, behind the one code that its bearer is told; see
/// [`Error::token_fault`].
///
/// ```
/// # use vestibule::{Error, TokenError};
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
    /// It is longer than 8 KB, or than 8 KB once it is signed.
    TooLong,
    /// It has fewer than three parts.
    Parts,
    /// A part is not base64url without padding.
    Encoding(TokenPart),
    /// A part is not JSON.
    Json(TokenPart),
    /// A part is JSON, but no object, or one that has a name twice.
    NotAnObject(TokenPart),
    /// The header names no algorithm.
    AlgorithmMissing,
    /// The header names an algorithm that is not allowed.
    Algorithm,
    /// The `kid` in the header is not a text.
    KeyId,
    /// The header has `crit`, `b64` or `zip`, of which we understand nothing.
    Critical,
    /// The `typ` in the header is not that of the issuer's access tokens, where
    /// `token.foreign.typ` names it.
    HeaderType,
    /// No key of ours made the signature.
    Signature,
    /// A claim is missing that must be there, or is empty.
    MissingClaim(Cow<'static, str>),
    /// A claim is not of its JSON type, or a time is out of range.
    ClaimType(Cow<'static, str>),
    /// `iss` names another issuer.
    Issuer,
    /// `aud` names nobody that we are.
    Audience,
    /// `type` is neither access nor refresh, or not one that this issuer may give out.
    Type,
    /// `nbf` is in the future.
    NotYetValid,
    /// `iat` is in the future.
    IssuedInFuture,
    /// It ends before it begins, or lives longer than any token may.
    Lifetime,
    /// [`Account::accept`](crate::Account::accept) said no, or
    /// [`Account::accept_key`](crate::Account::accept_key) of an access key.
    Refused,
    /// An access key is not of its shape, or its checksum or its secret is wrong.
    AccessKey,
    /// Of `token_revoked`: the sign-in has ended.
    SignInEnded,
    /// Of `token_revoked`: the sign-in stands, and its account is gone or inactive.
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

impl From<TokenError> for Error {
    fn from(fault: TokenError) -> Self {
        let kind = match fault {
            TokenError::SignInEnded | TokenError::AccountGone => ErrorKind::TokenRevoked,
            _ => ErrorKind::TokenInvalid,
        };
        Self::new(kind).with_token_error(fault)
    }
}
