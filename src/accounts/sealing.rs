//! Encryption of what the database or a client keeps for the service, with keys derived from
//! `secret_key` and its previous values. Imports the library `vestibule` only.

use std::fmt;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, Key, KeyInit, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use sha2::Sha256;

use vestibule::{Error, ErrorKind};

/// The length of a nonce, which is random and stands before the encrypted text.
const NONCE: usize = 12;

/// What an encrypted text is for; one that was encrypted for another purpose does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The secret of an authenticator, in the database.
    Authenticator,
    /// The secret of an authenticator that is being set up, at the client.
    SetUp,
    /// A login ticket, at the client.
    LoginTicket,
    /// The challenge for a passkey that is being added, at the client.
    AddPasskey,
    /// The challenge for a passkey that signs in by itself, at the client.
    PasskeySignIn,
    /// The challenge for a passkey in the second step of signing in, at the client.
    PasskeySecondStep,
    /// The challenge for a passkey that confirms a sign-in, at the client.
    PasskeyConfirm,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::Authenticator => "authenticator",
            Self::SetUp => "set up an authenticator",
            Self::LoginTicket => "login ticket",
            Self::AddPasskey => "add a passkey",
            Self::PasskeySignIn => "sign in by a passkey",
            Self::PasskeySecondStep => "second step by a passkey",
            Self::PasskeyConfirm => "confirm by a passkey",
        }
    }
}

/// The keys, of which the first encrypts and all decrypt. AES-256-GCM, with keys by HKDF-SHA256.
#[derive(Clone)]
pub struct SealingKeys(Vec<Hkdf<Sha256>>);

impl SealingKeys {
    /// Derives the keys from `secret_key` and its previous values.
    #[must_use]
    pub fn new<'s>(present: &'s str, previous: impl Iterator<Item = &'s str>) -> Self {
        let keys = std::iter::once(present).chain(previous);
        Self(keys.map(|key| Hkdf::new(Some(b"vestibule"), key.as_bytes())).collect())
    }

    /// Returns a key that no other run of the program has.
    ///
    /// # Errors
    /// 503 `unavailable` without random numbers.
    pub fn random() -> Result<Self, Error> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(Error::unavailable)?;
        Ok(Self(vec![Hkdf::new(Some(b"vestibule"), &random)]))
    }

    /// Returns the name of the key that encrypts: 11 characters, from which the key cannot be told.
    pub(super) fn name(&self) -> String {
        self.0
            .first()
            .map(|key| URL_SAFE_NO_PAD.encode(derive::<8>(key, "name")))
            .unwrap_or_default()
    }

    /// Encrypts a text for an owner: it opens for the same owner only.
    ///
    /// # Errors
    /// 503 `unavailable` without random numbers.
    pub(super) fn seal(&self, purpose: Purpose, owner: &str, text: &[u8]) -> Result<String, Error> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(Error::unavailable)?;
        let key = self.0.first().ok_or(ErrorKind::Internal)?;
        let sealed = cipher(key, purpose)
            .encrypt(Nonce::from_slice(&nonce), Payload { msg: text, aad: owner.as_bytes() })
            // Fails for a text of 64 GB only.
            .map_err(|_| ErrorKind::Internal)?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Decrypts a text; `None` if none of the keys encrypted it for this purpose and owner.
    pub(super) fn open(&self, purpose: Purpose, owner: &str, sealed: &str) -> Option<Vec<u8>> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
        let payload = || Payload { msg: sealed, aad: owner.as_bytes() };
        let open = |key| cipher(key, purpose).decrypt(Nonce::from_slice(nonce), payload()).ok();
        self.0.iter().find_map(open)
    }
}

fn cipher(key: &Hkdf<Sha256>, purpose: Purpose) -> Aes256Gcm {
    Aes256Gcm::new(Key::<Aes256Gcm>::from_slice(&derive::<32>(key, purpose.label())))
}

fn derive<const N: usize>(key: &Hkdf<Sha256>, label: &str) -> [u8; N] {
    let mut derived = [0; N];
    // Fails for more than 8,160 bytes only.
    let _ = key.expand(label.as_bytes(), &mut derived);
    derived
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_opens_with_its_key_for_its_purpose_and_its_owner_alone() {
        let keys = SealingKeys::new("present", ["earlier"].into_iter());
        let sealed = keys.seal(Purpose::Authenticator, "7", b"secret").expect("sealed");
        let open = |keys: &SealingKeys, purpose, owner| keys.open(purpose, owner, &sealed);
        assert_eq!(open(&keys, Purpose::Authenticator, "7").as_deref(), Some(&b"secret"[..]));
        assert_eq!(open(&keys, Purpose::SetUp, "7"), None);
        assert_eq!(open(&keys, Purpose::Authenticator, "8"), None);
        let later = SealingKeys::new("next", ["present"].into_iter());
        assert!(open(&later, Purpose::Authenticator, "7").is_some());
        assert_ne!(later.name(), keys.name());
        let other = SealingKeys::new("other", std::iter::empty());
        assert_eq!(open(&other, Purpose::Authenticator, "7"), None);
        for end in 0..sealed.len() {
            assert_eq!(keys.open(Purpose::Authenticator, "7", &sealed[..end]), None, "{end}");
        }
    }

    #[test]
    fn the_keys_are_not_in_their_debug_text() {
        let shown = format!("{:?}", SealingKeys::new("hunter2", std::iter::empty()));
        assert_eq!(shown, "[redacted]");
    }
}
