//! Keys that verify: those of the configuration, and those that the application finds.

use std::fmt;
use std::sync::Arc;

use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};

use super::{install_provider, pem};
use crate::config::algorithm::Algorithm;
use crate::config::{guessable, unusable};
use crate::error::Error;

/// Finds the key for a token by the fields of its header.
pub(crate) type FindKey = dyn Fn(&Map<String, Value>) -> Option<VerifyingKey> + Send + Sync;

/// A key of the configuration, and its name where it has one.
pub(super) struct Verifying {
    pub(super) kid: Option<String>,
    pub(super) key: DecodingKey,
}

impl Verifying {
    /// Whether a token that names this key, or none, may be tried with it.
    pub(super) fn fits(&self, named: Option<&str>) -> bool {
        match (named, &self.kid) {
            (Some(named), Some(kid)) => named == kid,
            _ => true,
        }
    }
}

/// A key that verifies tokens, for [`Auth::find_key`](crate::Auth::find_key). Make it once and
/// hand out clones, which share it.
#[derive(Clone)]
pub struct VerifyingKey {
    pub(super) algorithm: Algorithm,
    pub(super) key: Arc<DecodingKey>,
}

impl VerifyingKey {
    /// A shared secret of an HS algorithm, held to the rules of `token.secret`: at least as long
    /// as its hash, and no published example.
    ///
    /// # Errors
    /// 500 `internal` for any other secret, a PEM text or another algorithm.
    ///
    /// ```
    /// use vestibule::{Algorithm, VerifyingKey};
    ///
    /// assert!(VerifyingKey::from_secret(Algorithm::HS256, &[7; 32]).is_ok());
    /// assert!(VerifyingKey::from_secret(Algorithm::HS256, b"secret").is_err());
    /// ```
    pub fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, Error> {
        if algorithm.is_asymmetric() {
            return Err(Error::misuse(format!("{} takes no secret", algorithm.name())));
        }
        let weak = || guessable(secret, algorithm.hash_length());
        if let Some(fault) = unusable(secret).or_else(weak) {
            return Err(Error::misuse(format!("a secret for {} {fault}", algorithm.name())));
        }
        Ok(Self { algorithm, key: Arc::new(DecodingKey::from_secret(secret)) })
    }

    /// A public key of an algorithm with key pairs: PEM text, or the path of a PEM file.
    ///
    /// # Errors
    /// 500 `internal` for anything else, and for RSA below 2048 bits.
    pub fn from_pem(algorithm: Algorithm, pem: &str) -> Result<Self, Error> {
        install_provider();
        let key = pem::public_key(algorithm, pem);
        let key = key.map_err(|fault| Error::misuse(format!("a public key {fault}")))?;
        Ok(Self { algorithm, key: Arc::new(key.key) })
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.algorithm.name())
    }
}
