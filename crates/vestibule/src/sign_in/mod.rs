//! Sign-ins: the type, what they have proven, the store trait, the store in memory, and the writer
//! of their last use.
//!
//! Imports `error` only.

pub(crate) mod amr;
pub(crate) mod last_seen_writer;
pub(crate) mod memory_store;
pub(crate) mod rotation;
pub(crate) mod store;

use std::cmp::Ordering;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use time::OffsetDateTime;

use crate::error::Error;
use amr::Amr;
use rotation::Rotations;

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

/// Who presents a sign-in, and what only that kind of sign-in has.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignInKind {
    /// A browser, with a session cookie.
    Browser {
        /// Whether a remember cookie presents it too: then it outlives its idle limit.
        remembered: bool,
    },
    /// A program, with access and refresh tokens.
    Token(Rotations),
    /// A program, with an access key that a person created.
    Key {
        /// The name that a person gave it.
        label: String,
        /// What it may be used for.
        scopes: Vec<String>,
        /// What the secret is compared with: its SHA-256, 43 characters.
        secret_hash: String,
        /// The digest of the account's stamp, 16 characters; `None` for an account without one.
        stamp: Option<String>,
    },
}

impl SignInKind {
    /// Whether a browser presents it.
    #[must_use]
    pub const fn is_browser(&self) -> bool {
        matches!(self, Self::Browser { .. })
    }

    /// Whether access and refresh tokens present it.
    #[must_use]
    pub const fn is_token(&self) -> bool {
        matches!(self, Self::Token(_))
    }

    /// Whether an access key presents it.
    #[must_use]
    pub const fn is_key(&self) -> bool {
        matches!(self, Self::Key { .. })
    }

    /// The word that stores keep: `browser`, `token` or `key`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Browser { .. } => "browser",
            Self::Token(_) => "token",
            Self::Key { .. } => "key",
        }
    }
}

// By hand: the hash of a key is not for logs.
impl fmt::Debug for SignInKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Browser { remembered } => {
                f.debug_struct("Browser").field("remembered", remembered).finish()
            }
            Self::Token(rotations) => f.debug_tuple("Token").field(rotations).finish(),
            Self::Key { label, scopes, .. } => f
                .debug_struct("Key")
                .field("label", label)
                .field("scopes", scopes)
                .field("secret_hash", &"[redacted]")
                .finish_non_exhaustive(),
        }
    }
}

/// One row of the store. It holds no credential, only hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignIn {
    /// The id: `sid` in tokens and session cookies.
    pub id: SignInId,
    /// The account's id as text: `sub` in tokens.
    pub account: String,
    /// The kind of client that presents it.
    pub kind: SignInKind,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// When the user was last authenticated: by the password, or what the application has proven.
    pub auth_time: OffsetDateTime,
    /// What the user has proven for it: `amr` in tokens. It says nothing about an access key.
    pub amr: Amr,
    /// When it was last used, to about a minute.
    pub last_seen_at: OffsetDateTime,
    /// When it expires; nothing extends it.
    pub expires_at: OffsetDateTime,
    /// The client's `User-Agent`, shortened.
    pub user_agent: Option<String>,
    /// The client's address.
    pub address: Option<String>,
}

impl SignIn {
    /// Creates a row; `auth_time` and `last_seen_at` are `created_at`, the password was proven, and
    /// nothing is known of the client. Set other fields afterwards.
    #[must_use]
    pub fn new(
        id: SignInId,
        account: impl Into<String>,
        kind: SignInKind,
        created_at: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Self {
        Self {
            id,
            account: account.into(),
            kind,
            created_at,
            auth_time: created_at,
            amr: Amr::PASSWORD,
            last_seen_at: created_at,
            expires_at,
            user_agent: None,
            address: None,
        }
    }

    /// Whether it is active at this time: not expired, and, in a browser that is not remembered,
    /// not unused for longer than `idle`.
    #[must_use]
    pub fn is_active(&self, now: OffsetDateTime, idle: Duration) -> bool {
        let ends_idle = matches!(self.kind, SignInKind::Browser { remembered: false });
        now < self.expires_at && !(ends_idle && now - self.last_seen_at >= idle)
    }

    /// Whether a remember cookie presents it too.
    #[must_use]
    pub const fn is_remembered(&self) -> bool {
        matches!(self.kind, SignInKind::Browser { remembered: true })
    }

    /// The generation of its refresh token; 0 for the other kinds.
    #[must_use]
    pub const fn generation(&self) -> i64 {
        match &self.kind {
            SignInKind::Token(rotations) => rotations.generation,
            _ => 0,
        }
    }

    /// The name of an access key; `None` for the other kinds.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        match &self.kind {
            SignInKind::Key { label, .. } => Some(label),
            _ => None,
        }
    }

    /// The scopes of an access key; none for the other kinds.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        match &self.kind {
            SignInKind::Key { scopes, .. } => scopes,
            _ => &[],
        }
    }

    /// The order of a [list](crate::sign_ins::SignInStore::list): latest use first, then the newest, then by
    /// id, so that every store returns the same.
    #[must_use]
    pub fn latest_first(&self, other: &Self) -> Ordering {
        let key = |row: &Self| (row.last_seen_at, row.created_at);
        key(other).cmp(&key(self)).then_with(|| other.id.as_str().cmp(self.id.as_str()))
    }
}
