//! The tag of a language, as `en` or `pt-BR`.

use std::fmt;
use std::str::FromStr;

use unic_langid::LanguageIdentifier;

/// The longest tag: a language, a script and a region.
const MAX: usize = 12;

/// A language of BCP 47 in its canonical case, with a script and a region at most.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tag([u8; MAX]);

impl Tag {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(MAX);
        str::from_utf8(&self.0[..length]).unwrap_or_default()
    }
}

impl FromStr for Tag {
    type Err = ();

    /// Parses a tag. Only the canonical form is accepted.
    fn from_str(text: &str) -> Result<Self, ()> {
        let parsed: LanguageIdentifier = text.parse().map_err(drop)?;
        if parsed != text || text.len() > MAX || text == "und" {
            return Err(());
        }
        let mut bytes = [0; MAX];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self(bytes))
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}
