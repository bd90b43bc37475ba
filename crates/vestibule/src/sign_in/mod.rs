//! Sign-ins: the type, the store trait, the store in memory, and the writer of their last use.
//!
//! Imports `error` only.

pub(crate) mod last_seen_writer;
pub(crate) mod memory_store;
pub(crate) mod store;

use std::cmp::Ordering;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use time::OffsetDateTime;

use crate::error::Error;

/// The id of a sign-in: 128 random bits as 22 characters of base64url.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct SignInId(String);

impl SignInId {
    /// Creates a random id.
    ///
    /// # Errors
    /// 503 `unavailable` if the system has no randomness.
    pub fn random() -> Result<Self, Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(Error::unavailable)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Parses a text in the form of an id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 16).then(|| Self(text.to_owned()))
    }

    /// The 22 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SignInId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The kind of client that presents a sign-in, and its credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SignInKind {
    /// A browser, with a session cookie.
    Browser,
    /// A program, with access and refresh tokens.
    Token,
    /// A program, with an access key.
    Key,
}

impl SignInKind {
    /// The word in stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Token => "token",
            Self::Key => "key",
        }
    }

    /// Parses the word in stores.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Browser, Self::Token, Self::Key].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A sign-in: one row of the store. It holds no credential; its `Debug` redacts the hash of a key.
#[derive(Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The id: `sid` in tokens and session cookies.
    pub id: SignInId,
    /// The account's id as text: `sub` in tokens.
    pub account: String,
    /// The kind of client that presents it.
    pub kind: SignInKind,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// When the password was last proven.
    pub auth_time: OffsetDateTime,
    /// When it was last used, to about a minute.
    pub last_seen_at: OffsetDateTime,
    /// When it expires; never extended.
    pub expires_at: OffsetDateTime,
    /// Whether it has a remember cookie; if so, the idle limit does not apply.
    pub remembered: bool,
    /// How many times its refresh token was rotated.
    pub generation: i64,
    /// When its refresh token was last rotated.
    pub rotated_at: Option<OffsetDateTime>,
    /// The client's `User-Agent`, shortened.
    pub user_agent: Option<String>,
    /// The client's address.
    pub address: Option<String>,
    /// The name that its owner gave it.
    pub label: Option<String>,
    /// The scopes of an access key.
    pub scopes: Vec<String>,
    /// The hash of an access key, at most 64 characters.
    pub secret_hash: Option<String>,
}

impl SignIn {
    /// Whether it is active at this time: not expired and, for a browser without a remember cookie,
    /// used within `idle`.
    #[must_use]
    pub fn stands(&self, now: OffsetDateTime, idle: Duration) -> bool {
        let has_no_idle_limit = self.kind != SignInKind::Browser || self.remembered;
        now < self.expires_at && (has_no_idle_limit || now - self.last_seen_at < idle)
    }

    /// The order of [`SignInStore::list`](crate::SignInStore::list): last used first, then last
    /// created first, then by id.
    #[must_use]
    pub fn latest_first(&self, other: &Self) -> Ordering {
        let key = |row: &Self| (row.last_seen_at, row.created_at);
        key(other).cmp(&key(self)).then_with(|| other.id.as_str().cmp(self.id.as_str()))
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("id", &self.id)
            .field("account", &self.account)
            .field("kind", &self.kind)
            .field("created_at", &self.created_at)
            .field("auth_time", &self.auth_time)
            .field("last_seen_at", &self.last_seen_at)
            .field("expires_at", &self.expires_at)
            .field("remembered", &self.remembered)
            .field("generation", &self.generation)
            .field("rotated_at", &self.rotated_at)
            .field("user_agent", &self.user_agent)
            .field("address", &self.address)
            .field("label", &self.label)
            .field("scopes", &self.scopes)
            .field("secret_hash", &self.secret_hash.as_ref().map(|_| "[redacted]"))
            .finish()
    }
}
