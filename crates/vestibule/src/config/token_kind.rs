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
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}
