//! Recovery codes, each of which stands for a second factor once.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::error::Error;

/// How many codes an account gets.
const COUNT: usize = 10;

/// The characters of a code: 80 random bits.
const LENGTH: usize = 16;

/// The characters that a code is made of; none looks like another.
const CHARACTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Ten new recovery codes, each four groups of four letters and digits; prints as `[redacted]`.
///
/// ```
/// use vestibule::second_factors::RecoveryCodes;
///
/// let codes = RecoveryCodes::generate()?;
/// let typed = codes.reveal()[0].to_lowercase().replace('-', " ");
/// assert_eq!(RecoveryCodes::digest(&typed), Some(codes.digests()[0].clone()));
/// # Ok::<(), vestibule::Error>(())
/// ```
pub struct RecoveryCodes(Vec<String>);

impl RecoveryCodes {
    /// Generates the codes without storing them.
    ///
    /// # Errors
    /// 503 `unavailable` without random numbers.
    pub fn generate() -> Result<Self, Error> {
        (0..COUNT).map(|_| generate()).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the codes, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &[String] {
        &self.0
    }

    /// Returns what is stored of the codes: SHA-256, which suffices for 80 random bits.
    #[must_use]
    pub fn digests(&self) -> Vec<String> {
        self.0.iter().filter_map(|code| Self::digest(code)).collect()
    }

    /// Returns what is stored of a code as it was typed, with or without hyphens, in upper or lower
    /// case; `None` for a text that is no recovery code.
    #[must_use]
    pub fn digest(typed: &str) -> Option<String> {
        let characters = typed.chars().filter(char::is_ascii_alphanumeric);
        let plain: String = characters.map(|c| c.to_ascii_uppercase()).collect();
        (plain.len() == LENGTH).then(|| URL_SAFE_NO_PAD.encode(Sha256::digest(plain)))
    }
}

fn generate() -> Result<String, Error> {
    let mut random = [0; LENGTH];
    getrandom::fill(&mut random).map_err(Error::unavailable)?;
    let character = |byte: &u8| char::from(CHARACTERS[usize::from(byte % 32)]);
    let group = |bytes: &[u8]| bytes.iter().map(character).collect::<String>();
    Ok(random.chunks(4).map(group).collect::<Vec<_>>().join("-"))
}

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let codes = RecoveryCodes::generate().expect("random numbers");
        assert_eq!(codes.digests().len(), COUNT);
        let code = codes.reveal().first().expect("a code");
        assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4; 4]);
        let stored = codes.digests().first().cloned();
        for typed in [code.clone(), code.to_lowercase(), code.replace('-', " ")] {
            assert_eq!(RecoveryCodes::digest(&typed), stored, "{typed}");
        }
        assert_eq!(RecoveryCodes::digest("123456"), None);
        assert_eq!(format!("{codes:?}"), "[redacted]");
    }

    #[test]
    fn a_code_has_any_of_its_characters() {
        let codes = (0..256).map(|_| generate().expect("random numbers"));
        let found: BTreeSet<u8> = codes.flat_map(String::into_bytes).collect();
        let wanted: BTreeSet<u8> = CHARACTERS.iter().copied().chain([b'-']).collect();
        assert_eq!(found, wanted);
    }
}
