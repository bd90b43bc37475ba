//! Signing keys, and the JWS around a set of claims (RFC 7515, compact form).

pub(crate) mod foreign;
pub(crate) mod jws;
pub(crate) mod pem;
mod provider;
pub(crate) mod verifying;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, EncodingKey, crypto};
use serde_json::{Map, Value};

use crate::config::{Algorithm, TokenConfig};
use crate::digest::keyed;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::token_error::TokenError;
use jws::{Jws, MAX_TOKEN, encode, named_key, names};
use provider::install_provider;
use verifying::{FindKey, Verifying};

/// Header fields that an application cannot set: they decide how a token is verified.
const RESERVED: &[&str] = &["alg", "typ", "kid", "crit", "b64", "zip", "jku", "jwk", "x5u", "x5c"];

/// One key that signs and all keys that verify, of one algorithm.
pub(crate) struct Keys {
    algorithm: Algorithm,
    /// The fields of a token's header that are ours.
    header: Map<String, Value>,
    /// The same, encoded.
    encoded_header: String,
    /// The name of the signing key, as it stands in that header.
    kid: Option<String>,
    /// Missing where tokens are only verified.
    signing: Option<EncodingKey>,
    verifying: Vec<Verifying>,
    jwks: JwkSet,
}

impl Keys {
    /// The keys of a configuration, or the setting at fault and what is wrong with it.
    pub(crate) fn new(config: &TokenConfig) -> Result<Self, (&'static str, String)> {
        install_provider();
        match config.algorithm.is_asymmetric() {
            true => Self::pairs(config),
            false => Ok(Self::secrets(config)),
        }
    }

    fn secrets(config: &TokenConfig) -> Self {
        let secret = config.secret.as_ref().map_or("", |secret| secret.reveal()).as_bytes();
        let previous = config.previous_secrets.iter().map(|secret| secret.reveal().as_bytes());
        let verifying = std::iter::once(secret).chain(previous).map(DecodingKey::from_secret);
        let verifying = verifying.map(|key| Verifying { kid: None, key }).collect();
        let signing = Some(EncodingKey::from_secret(secret));
        Self::with(config.algorithm, None, signing, verifying, JwkSet::default())
    }

    fn pairs(config: &TokenConfig) -> Result<Self, (&'static str, String)> {
        let algorithm = config.algorithm;
        let private = config.private_key.as_ref();
        let private = private.map(|pem| pem::private_key(algorithm, pem.reveal())).transpose();
        let private = private.map_err(|fault| ("token.private_key", fault))?;
        let (signing, own) = match private {
            Some(pair) => (Some(pair.key), Some(pair.public)),
            None => (None, None),
        };
        let kid = own.as_ref().map(|key| key.kid.clone());
        let mut public: Vec<pem::PublicKey> = own.into_iter().collect();
        for value in &config.public_keys {
            let key = pem::public_key(algorithm, value);
            let key = key.map_err(|fault| ("token.public_keys", fault))?;
            if public.iter().all(|known| known.kid != key.kid) {
                public.push(key);
            }
        }
        if public.is_empty() {
            let fault = format!("is missing; {} signs with a private key in PEM", algorithm.name());
            return Err(("token.private_key", fault));
        }
        let jwks = JwkSet { keys: public.iter().map(|key| key.jwk.clone()).collect() };
        let verifying =
            public.into_iter().map(|key| Verifying { kid: Some(key.kid), key: key.key }).collect();
        Ok(Self::with(algorithm, kid, signing, verifying, jwks))
    }

    fn with(
        algorithm: Algorithm,
        kid: Option<String>,
        signing: Option<EncodingKey>,
        verifying: Vec<Verifying>,
        jwks: JwkSet,
    ) -> Self {
        let mut header = Map::new();
        header.insert("alg".to_owned(), algorithm.name().into());
        header.insert("typ".to_owned(), "JWT".into());
        if let Some(kid) = &kid {
            header.insert("kid".to_owned(), kid.as_str().into());
        }
        let encoded_header = encode(&header);
        Self { algorithm, header, encoded_header, kid, signing, verifying, jwks }
    }

    /// A value that only the holder of the signing key can make; the same for the same parts.
    pub(crate) fn derive(&self, label: &str, parts: &[&str]) -> String {
        keyed(self.signing.as_ref().map_or(&[], EncodingKey::as_bytes), label, parts)
    }

    /// The public keys, for whoever wants to verify our tokens; none for a shared secret.
    pub(crate) fn jwks(&self) -> &JwkSet {
        &self.jwks
    }

    /// Signs claims; `extra` are further header fields.
    pub(crate) fn sign(
        &self,
        extra: &Map<String, Value>,
        claims: &Map<String, Value>,
    ) -> Result<String, Error> {
        let mut token = if extra.is_empty() {
            self.encoded_header.clone()
        } else {
            let mut header = self.header.clone();
            let allowed = extra.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str()));
            header.extend(allowed.map(|(name, value)| (name.clone(), value.clone())));
            encode(&header)
        };
        token.push('.');
        token.push_str(&encode(claims));
        let key = self.signing.as_ref().ok_or(ErrorKind::Internal)?;
        let signature = crypto::sign(token.as_bytes(), key, self.algorithm.to_jsonwebtoken())
            .map_err(Error::internal)?;
        token.push('.');
        token.push_str(&signature);
        // What we would refuse ourselves must not be given out.
        if token.len() > MAX_TOKEN {
            return Err(Error::misuse("a token would be longer than 8 KB: too many claims"));
        }
        Ok(token)
    }

    /// The claim set of a token that one of our keys signed. A key that the application finds
    /// for the header takes the place of the configured ones.
    pub(crate) fn verify(
        &self,
        jws: &Jws<'_>,
        find: Option<&FindKey>,
    ) -> Result<Map<String, Value>, TokenError> {
        self.check(jws, find).map_err(|fault| jws.unreadable_or(fault))?;
        jws.claims()
    }

    fn check(&self, jws: &Jws<'_>, find: Option<&FindKey>) -> Result<(), TokenError> {
        let signed = match find {
            // Byte for byte our own header: there is nothing in it to check.
            None if jws.header == self.encoded_header => self.has_signed(jws, self.kid.as_deref()),
            _ => {
                let header = jws.header()?;
                let named = named_key(&header)?;
                if !names(&header, self.algorithm)? {
                    return Err(TokenError::Algorithm);
                }
                match find.and_then(|find| find(&header)) {
                    Some(found) => {
                        found.algorithm == self.algorithm
                            && jws.is_signed_by(&found.key, self.algorithm)
                    }
                    None => self.has_signed(jws, named),
                }
            }
        };
        if signed { Ok(()) } else { Err(TokenError::Signature) }
    }

    /// Whether a configured key made the signature, of those that fit the named one.
    fn has_signed(&self, jws: &Jws<'_>, named: Option<&str>) -> bool {
        let mut fitting = self.verifying.iter().filter(|known| known.fits(named));
        fitting.any(|known| jws.is_signed_by(&known.key, self.algorithm))
    }
}
