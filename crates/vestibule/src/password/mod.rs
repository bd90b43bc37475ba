//! Passwords: hashed on threads of their own, a limited number at once.
//!
//! Imports `config`, `digest` and `error` only.

mod bcrypt_hash;
#[cfg(feature = "breached")]
mod breached;
mod hash;
mod hasher;
#[cfg(feature = "imported-hashes")]
mod imported;
mod rules;
#[cfg(feature = "strength")]
mod strength;
mod thread;

#[cfg(feature = "breached")]
pub use breached::BreachedPasswords;
pub use hasher::Hasher;

use std::fmt;

use serde::Deserialize;

/// A password as typed; prints as `[redacted]`.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// Longest accepted password, in bytes; a longer one never matches.
    pub const MAX_BYTES: usize = 1024;

    /// The text, for hashing.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[rocket::async_trait]
impl<'r> rocket::form::FromFormField<'r> for Password {
    fn from_value(field: rocket::form::ValueField<'r>) -> rocket::form::Result<'r, Self> {
        Ok(Self(field.value.to_owned()))
    }

    fn default() -> Option<Self> {
        Some(Self(String::new()))
    }
}
