//! The secrets of links: of those that create the first administrator, and of those that set a
//! password. The database stores a digest, so that any process accepts a link and no reader of the
//! database can use one.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use vestibule::Error;

/// The secret of a link: 256 random bits, so that guesses need no throttle; prints as `[redacted]`.
pub struct LinkToken(String);

/// A link that sets the password of an account once.
#[derive(Debug)]
pub struct PasswordLink {
    /// Its secret.
    pub token: LinkToken,
    /// When it expires.
    pub expires_at: OffsetDateTime,
}

impl LinkToken {
    /// Generates a secret.
    ///
    /// # Errors
    /// 503 `unavailable` without random numbers.
    pub(super) fn generate() -> Result<Self, Error> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(Error::unavailable)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(random)))
    }

    /// Returns the 43 characters of the secret.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl PasswordLink {
    /// Generates a link without storing it.
    ///
    /// # Errors
    /// 503 `unavailable` without random numbers.
    pub fn generate(now: OffsetDateTime, lifetime: Duration) -> Result<Self, Error> {
        Ok(Self { token: LinkToken::generate()?, expires_at: now + lifetime })
    }
}

/// Returns what is stored of the secret of a link.
pub(super) fn digest(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}
