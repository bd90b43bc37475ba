//! A sign-in: one proof of identity that is still standing, and the ledger that keeps them.

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
    /// A new one from the operating system's randomness; 503 `unavailable` without any.
    ///
    /// # Errors
    /// `unavailable`, as above.
    pub fn random() -> Result<Self, Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(Error::unavailable)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Takes a text for an id when it looks like one.
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

/// Who presents a sign-in, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SignInKind {
    /// A browser, with a session cookie.
    Browser,
    /// A program, with access and refresh tokens.
    Token,
    /// A program, with an access key made by hand.
    Key,
}

impl SignInKind {
    /// The word that stores keep.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Token => "token",
            Self::Key => "key",
        }
    }

    /// The kind of a stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Browser, Self::Token, Self::Key].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One row of the store. Nothing in it lets anybody in; its `Debug` leaves the hash of a key
/// out all the same.
#[derive(Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Its id: `sid` in tokens and tickets.
    pub id: SignInId,
    /// The account's id as text: `sub` in tokens.
    pub account: String,
    /// Who presents it.
    pub kind: SignInKind,
    /// When it was opened.
    pub created_at: OffsetDateTime,
    /// When the password was last proven.
    pub auth_time: OffsetDateTime,
    /// When it was last used, to the minute or so.
    pub last_seen_at: OffsetDateTime,
    /// When it ends at the latest; nothing extends it.
    pub expires_at: OffsetDateTime,
    /// Whether a remember cookie presents it too: then it outlives its idle limit.
    pub remembered: bool,
    /// How often its refresh token was rotated.
    pub generation: i64,
    /// When that last happened.
    pub rotated_at: Option<OffsetDateTime>,
    /// What the client called itself, shortened.
    pub user_agent: Option<String>,
    /// Where it came from.
    pub address: Option<String>,
    /// The name that a person gave it.
    pub label: Option<String>,
    /// Of an access key: what it may be used for.
    pub scopes: Vec<String>,
    /// Of an access key: what its secret is compared with, a text of at most 64 characters.
    pub secret_hash: Option<String>,
}

impl SignIn {
    /// Whether it stands at this time: not over, and, in a browser that is not remembered,
    /// not unused for longer than `idle`.
    #[must_use]
    pub fn stands(&self, now: OffsetDateTime, idle: Duration) -> bool {
        let lasting = self.kind != SignInKind::Browser || self.remembered;
        now < self.expires_at && (lasting || now - self.last_seen_at < idle)
    }

    /// The order of a [list](SignInStore::list): latest use first, then the one opened last, then by
    /// id, so that every store gives the same.
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
