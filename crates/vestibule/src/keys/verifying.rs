//! Verifying keys: those of the configuration, and those that the application finds.

use std::fmt;
use std::sync::Arc;

use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};

use super::{install_provider, pem};
use crate::config::algorithm::Algorithm;
use crate::config::{guessable, unusable};
use crate::error::Error;

/// The application's function that finds a key by the header of a token.
pub(crate) type FindKey = dyn Fn(&Map<String, Value>) -> Option<VerifyingKey> + Send + Sync;

/// A configured key and its `kid`, if it has one.
pub(super) struct NamedKey {
    pub(super) kid: Option<String>,
    pub(super) key: DecodingKey,
}

impl NamedKey {
    /// Whether a token with this `kid` may be verified with the key: always if either has none.
    pub(super) fn matches(&self, kid: Option<&str>) -> bool {
        match (kid, &self.kid) {
            (Some(kid), Some(own)) => kid == own,
            _ => true,
        }
    }
}

/// A verifying key for [`Auth::find_key`](crate::Auth::find_key). Create it once and return clones,
/// which share it.
#[derive(Clone)]
pub struct VerifyingKey {
    pub(super) algorithm: Algorithm,
    pub(super) key: Arc<DecodingKey>,
}

impl VerifyingKey {
    /// Creates a key from the shared secret of an HS algorithm. The rules of `token.secret` apply:
    /// at least as long as the hash, and no published example.
    ///
    /// # Errors
    /// 500 `internal` for any other secret, a PEM text or another algorithm.
    ///
    /// ```
    /// use vestibule::tokens::{Algorithm, VerifyingKey};
    ///
    /// assert!(VerifyingKey::from_secret(Algorithm::HS256, &[7; 32]).is_ok());
    /// assert!(VerifyingKey::from_secret(Algorithm::HS256, b"secret").is_err());
    /// ```
    pub fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, Error> {
        if algorithm.is_asymmetric() {
            return Err(Error::misuse(format!("{} takes no secret", algorithm.name())));
        }
        let weak = || guessable(secret, algorithm.hash_length());
        if let Some(weakness) = unusable(secret).or_else(weak) {
            return Err(Error::misuse(format!("a secret for {} {weakness}", algorithm.name())));
        }
        Ok(Self { algorithm, key: Arc::new(DecodingKey::from_secret(secret)) })
    }

    /// Creates a key from a public key: PEM text, or the path of a PEM file.
    ///
    /// # Errors
    /// 500 `internal` for anything else, and for RSA below 2048 bits.
    pub fn from_pem(algorithm: Algorithm, pem: &str) -> Result<Self, Error> {
        install_provider();
        let key = pem::public_key(algorithm, pem);
        let key = key.map_err(|error| Error::misuse(format!("a public key {error}")))?;
        Ok(Self { algorithm, key: Arc::new(key.key) })
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.algorithm.name())
    }
}
