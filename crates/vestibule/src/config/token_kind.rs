//! The two types of token.

use serde::{Deserialize, Serialize};

/// The two types of token; neither is accepted in place of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// The credential of every request.
    Access,
    /// The credential for getting the next pair only.
    Refresh,
}

impl TokenKind {
    /// The value of the `type` claim.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.pick("access", "refresh")
    }

    /// The `typ` in the header of its tokens, in lower case: RFC 9068, and one of our own, which no
    /// verifier of access tokens knows.
    pub(crate) fn typ(self) -> &'static str {
        self.pick("at+jwt", "rt+jwt")
    }

    /// The first value for an access token, the second for a refresh token.
    pub(crate) fn pick<T>(self, access: T, refresh: T) -> T {
        match self {
            Self::Access => access,
            Self::Refresh => refresh,
        }
    }
}

/// The `typ` in the header of new access tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum AccessTyp {
    /// `at+jwt` (RFC 9068), which no other kind of token has. The default.
    #[default]
    #[serde(rename = "at+jwt")]
    AtJwt,
    /// `JWT`, for verifiers that know no other.
    #[serde(rename = "JWT")]
    Jwt,
}
