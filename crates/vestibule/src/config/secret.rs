//! Secrets of the configuration, and which are too weak.

use std::fmt;

use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// Published secrets from tutorials.
const KNOWN_EXAMPLES: &[&str] = &[
    "change-me-change-me-change-me-change-me",
    "super-secret-key-change-in-production",
    "your-256-bit-secret",
    "a-string-secret-at-least-256-bits-long",
    "your-secret-key",
    "super-secret",
    "changeme",
    "secret",
    "jose",
];

/// Why a secret is unusable at any length, if it is.
pub(crate) fn unusable(secret: &[u8]) -> Option<&'static str> {
    let secret = secret.trim_ascii();
    if secret.is_empty() {
        Some("is empty")
    } else if secret.starts_with(b"-----BEGIN") {
        Some("is a PEM key, which belongs to another algorithm")
    } else {
        None
    }
}

/// Why a secret is easy to guess, if it is, as one shorter than its hash (RFC 7518, section 3.2).
pub(crate) fn guessable(secret: &[u8], shortest: usize) -> Option<&'static str> {
    let is_same = |known: &&str| known.as_bytes().eq_ignore_ascii_case(secret.trim_ascii());
    if KNOWN_EXAMPLES.iter().any(is_same) {
        Some("is a published example")
    } else if secret.len() < shortest {
        Some("is too short")
    } else {
        None
    }
}

/// A secret of the configuration; prints and serialises as `[redacted]`.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value itself, for making a key of it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::from("battery staple")), "[redacted]");
    }
}
