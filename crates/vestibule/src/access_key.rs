//! The text of an access key. Imports `error` and `sign_in`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::sign_in::SignInId;

/// The prefix of every key, by which people and secret scanners recognise it.
const PREFIX: &str = "vst_";
/// Characters of the id.
const ID_LENGTH: usize = 22;
const LENGTH: usize = PREFIX.len() + ID_LENGTH + 1 + 43;
/// Random bytes of the secret, before a checksum of 4.
const RANDOM: usize = 28;

/// An access key: `vst_<22 characters>_<43 characters>`, a bearer token for a program.
///
/// The first part is the id of its sign-in. The second is base64url of 224 random bits and a
/// checksum of 32, so that a mistyped key is refused without the store, which keeps its SHA-256.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey(String);

impl AccessKey {
    /// Parses a text with the right format and checksum. Whether the key exists is not checked.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_well_formed = text.len() == LENGTH && text.is_ascii() && has_prefix(text);
        let (id, secret) = text.get(PREFIX.len()..).filter(|_| is_well_formed)?.split_at(ID_LENGTH);
        let id = SignInId::parse(id)?;
        let secret = URL_SAFE_NO_PAD.decode(secret.strip_prefix('_')?).ok()?;
        let (random, sum) = secret.split_at_checked(RANDOM)?;
        (sum == checksum(&id, random)).then(|| Self(text.to_owned()))
    }

    /// The whole text, to be shown to its owner once.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Generates a key for this sign-in; 503 `unavailable` if the system has no randomness.
    pub(crate) fn generate(id: &SignInId) -> Result<Self, Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret[..RANDOM]).map_err(Error::unavailable)?;
        let sum = checksum(id, &secret[..RANDOM]);
        secret[RANDOM..].copy_from_slice(&sum);
        Ok(Self(format!("{PREFIX}{id}_{}", URL_SAFE_NO_PAD.encode(secret))))
    }

    /// The id of its sign-in.
    pub(crate) fn id(&self) -> Option<SignInId> {
        SignInId::parse(self.0.get(PREFIX.len()..PREFIX.len() + ID_LENGTH)?)
    }

    /// The SHA-256 of the whole text in base64url, for the store.
    pub(crate) fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.as_bytes()))
    }
}

/// Whether a text begins like an access key, good or bad; no JWT does.
pub(crate) fn has_prefix(text: &str) -> bool {
    text.starts_with(PREFIX)
}

fn checksum(id: &SignInId, random: &[u8]) -> [u8; 4] {
    let hash = Sha256::new().chain_update(id.as_str()).chain_update(random).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> AccessKey {
        AccessKey::generate(&SignInId::random().expect("an id")).expect("a key")
    }

    #[test]
    fn a_key_has_its_format_and_the_id_of_its_sign_in() {
        let id = SignInId::random().expect("an id");
        let key = AccessKey::generate(&id).expect("a key");
        let text = key.as_str();
        assert_eq!((text.len(), &text[..4], &text[26..27]), (70, "vst_", "_"));
        assert_eq!(key.id(), Some(id));
        assert_eq!(AccessKey::parse(text), Some(key.clone()));
        assert_eq!(format!("{key:?}"), "AccessKey([redacted])");
    }

    #[test]
    fn the_checksum_detects_every_change_of_one_character() {
        let text = key().as_str().to_owned();
        for place in 0..text.len() {
            for other in [b'A', b'b', b'7', b'_', b'-', b'+', b'='] {
                let mut changed = text.clone().into_bytes();
                if changed[place] == other {
                    continue;
                }
                changed[place] = other;
                let changed = String::from_utf8(changed).expect("ASCII");
                assert_eq!(AccessKey::parse(&changed), None, "{place}");
            }
            assert_eq!(AccessKey::parse(&text[..place]), None);
        }
        assert_eq!(AccessKey::parse(&format!("{text}=")), None);
    }

    #[test]
    fn two_keys_of_one_sign_in_share_only_its_id() {
        let id = SignInId::random().expect("an id");
        let [one, other] = [(); 2].map(|()| AccessKey::generate(&id).expect("a key"));
        assert_ne!(one.as_str()[27..], other.as_str()[27..]);
        assert_ne!(one.hash(), other.hash());
        assert!(!one.hash().contains(&one.as_str()[27..]));
    }

    proptest! {
        #[test]
        fn the_parser_never_panics(text in "(vst_)?\\PC{0,80}") {
            prop_assert!(AccessKey::parse(&text).is_none());
        }

        #[test]
        fn a_random_text_in_the_format_of_a_key_is_refused(text in "vst_[A-Za-z0-9_-]{21}[AQgw]_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]") {
            prop_assert!(AccessKey::parse(&text).is_none());
        }
    }
}
