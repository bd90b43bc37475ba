//! The secrets of links: of those that create the first administrator, set a password or sign in.
//! The database stores a digest, so that any process accepts a link and no reader of the database can
//! use one.

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

/// What a mail to sign in holds.
#[derive(Debug)]
pub struct SignInLink {
    /// The secret of its link.
    pub token: LinkToken,
    /// The code for the browser that asked: two groups of four letters and digits, 40 random bits.
    pub code: LinkToken,
    /// When both expire.
    pub expires_at: OffsetDateTime,
}

/// The characters of a code, of which none looks like another.
const CODE_CHARACTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

impl SignInLink {
    /// Generates a link and a code without storing them.
    ///
    /// # Errors
    /// 503 `unavailable` without random numbers.
    pub fn generate(now: OffsetDateTime, lifetime: Duration) -> Result<Self, Error> {
        Ok(Self {
            token: LinkToken::generate()?,
            code: LinkToken::code(8)?,
            expires_at: now + lifetime,
        })
    }
}

/// Returns a code as it is compared, without the case, spaces and hyphens of what was typed.
pub(super) fn plain_code(typed: &str) -> String {
    let characters = typed.chars().filter(char::is_ascii_alphanumeric);
    characters.map(|c| c.to_ascii_uppercase()).collect()
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

    /// Generates a code of random letters and digits, in groups of four.
    ///
    /// # Errors
    /// 503 `unavailable` without random numbers.
    pub(super) fn code(length: usize) -> Result<Self, Error> {
        let mut random = vec![0; length];
        getrandom::fill(&mut random).map_err(Error::unavailable)?;
        let character = |byte: &u8| char::from(CODE_CHARACTERS[usize::from(byte % 32)]);
        let group = |bytes: &[u8]| bytes.iter().map(character).collect::<String>();
        Ok(Self(random.chunks(4).map(group).collect::<Vec<_>>().join("-")))
    }

    /// Returns the characters of the secret, 43 of a link.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_code_has_any_of_its_characters_in_groups_of_four() {
        let code = LinkToken::code(4096).expect("random numbers");
        let found: BTreeSet<u8> = code.reveal().bytes().collect();
        let wanted: BTreeSet<u8> = CODE_CHARACTERS.iter().copied().chain([b'-']).collect();
        assert_eq!(found, wanted);
        assert!(code.reveal().split('-').all(|group| group.len() == 4));
    }
}
