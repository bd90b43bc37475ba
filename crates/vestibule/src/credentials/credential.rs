//! The credential of a request, unverified.

use std::sync::Arc;

use crate::access_key::has_prefix;
use crate::config::{Location, TokenKind};
use crate::error::{Error, ErrorKind};

/// What a request presents beside its session cookies.
#[derive(Clone)]
pub(crate) enum Credential {
    /// No token: the session cookie decides.
    None,
    /// One token, good or bad, and its location.
    Jwt { token: Arc<str>, location: Location },
    /// An access key, good or bad. It is accepted in the header only: in a query it would be
    /// logged, and in a cookie it would need a CSRF value.
    AccessKey(Arc<str>),
    /// A malformed credential or more than one, and the sentence for the client.
    Unreadable(ErrorKind, &'static str),
}

impl Credential {
    /// The credential in an `Authorization` header.
    pub(crate) fn in_header(text: &str) -> Self {
        if has_prefix(text) {
            Self::AccessKey(text.into())
        } else {
            Self::Jwt { token: text.into(), location: Location::Header }
        }
    }

    /// An unreadable credential, with the sentence of its kind.
    pub(crate) const fn unreadable(kind: ErrorKind) -> Self {
        Self::Unreadable(kind, kind.detail())
    }

    /// Whether anything is presented, good or bad.
    pub(crate) fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// The text of the token or access key and its location; 401 or 400 without a readable one.
    pub(crate) fn text(&self) -> Result<(&str, Location), Error> {
        match self {
            Self::Jwt { token, location } => Ok((token, *location)),
            Self::AccessKey(key) => Ok((key, Location::Header)),
            Self::None => Err(ErrorKind::CredentialsMissing.into()),
            Self::Unreadable(kind, detail) => Err(Error::new(*kind).detail(*detail)),
        }
    }
}

/// The credential for each type of token.
pub(crate) struct Credentials {
    pub(super) access: Credential,
    /// `None` if it is that of the access token.
    pub(super) refresh: Option<Credential>,
}

impl Credentials {
    /// No credential of either type.
    pub(super) const NONE: Self = Self { access: Credential::None, refresh: None };

    pub(super) fn of(&self, kind: TokenKind) -> &Credential {
        match (kind, &self.refresh) {
            (TokenKind::Refresh, Some(refresh)) => refresh,
            _ => &self.access,
        }
    }

    pub(super) fn is_some(&self) -> bool {
        self.access.is_some() || self.refresh.as_ref().is_some_and(Credential::is_some)
    }
}
