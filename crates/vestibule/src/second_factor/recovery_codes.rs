//! Recovery codes, each of which stands for a second factor once.

use std::fmt;

use crate::accounts::links::{LinkToken, digest, plain_code};
use vestibule::Error;

/// How many codes a user gets.
const COUNT: usize = 10;

/// The characters of a code: 80 random bits.
const LENGTH: usize = 16;

/// New recovery codes, each four groups of four letters and digits.
pub struct RecoveryCodes(Vec<String>);

impl RecoveryCodes {
    pub(in crate::accounts) fn generate() -> Result<Self, Error> {
        let codes = (0..COUNT).map(|_| LinkToken::code(LENGTH));
        let reveal = |code: LinkToken| code.reveal().to_owned();
        Ok(Self(codes.map(|code| code.map(reveal)).collect::<Result<_, _>>()?))
    }

    /// Returns the codes, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &[String] {
        &self.0
    }

    /// Returns what is stored of the codes.
    pub(in crate::accounts) fn hashes(&self) -> Vec<String> {
        self.0.iter().filter_map(|code| hash_of(code)).collect()
    }
}

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Returns what is stored of a code as it was typed; `None` for a text that is no recovery code.
pub(super) fn hash_of(typed: &str) -> Option<String> {
    let plain = plain_code(typed);
    (plain.len() == LENGTH).then(|| digest(&plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let codes = RecoveryCodes::generate().expect("random numbers");
        assert_eq!(codes.hashes().len(), COUNT);
        let code = codes.reveal().first().expect("a code");
        assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4; 4]);
        let stored = codes.hashes().first().cloned();
        for typed in [code.clone(), code.to_lowercase(), code.replace('-', " ")] {
            assert_eq!(hash_of(&typed), stored, "{typed}");
        }
        assert_eq!(hash_of("123456"), None);
        assert_eq!(format!("{codes:?}"), "[redacted]");
    }
}
