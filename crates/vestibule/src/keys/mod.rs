//! Signing and verifying keys, and the JWS around a set of claims (RFC 7515, compact form).
//!
//! Imports `config`, `digest`, `error` and `json` only.

pub(crate) mod foreign;
pub(crate) mod jws;
pub(crate) mod pem;
#[cfg(test)]
mod vectors;
pub(crate) mod verifying;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, EncodingKey, crypto};
use serde_json::{Map, Value};

use crate::config::{Algorithm, TokenConfig, TokenKind};
use crate::digest::keyed;
use crate::error::{Error, TokenError};
use jws::{Jws, MAX_TOKEN, encode, has_algorithm, key_id, token_kind};
use verifying::{FindKey, NamedKey};

/// Installs the cryptography of `jsonwebtoken` unless one is installed: otherwise that crate picks
/// one by its features, and panics if another crate of the application enabled a second.
fn install_provider() {
    let _ = crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
}

/// Header fields that an application cannot set, because they decide how a token is verified.
const RESERVED: &[&str] = &["alg", "typ", "kid", "crit", "b64", "zip", "jku", "jwk", "x5u", "x5c"];

/// The signing key and all verifying keys, of one algorithm.
pub(crate) struct Keys {
    algorithm: Algorithm,
    /// The headers of access and refresh tokens.
    access: Header,
    refresh: Header,
    /// The `kid` in both.
    kid: Option<String>,
    /// `None` if tokens are only verified.
    signing: Option<EncodingKey>,
    verifying: Vec<NamedKey>,
    jwks: JwkSet,
}

/// The header of every token of one type.
struct Header {
    /// The type that `typ` names.
    kind: Option<TokenKind>,
    /// Before the application's fields.
    fields: Map<String, Value>,
    /// The same in base64url.
    encoded: String,
}

impl Header {
    fn new(config: &TokenConfig, kind: TokenKind, kid: Option<&str>) -> Self {
        let mut fields = Map::new();
        fields.insert("alg".to_owned(), config.algorithm.name().into());
        fields.insert("typ".to_owned(), config.typ(kind).into());
        if let Some(kid) = kid {
            fields.insert("kid".to_owned(), kid.into());
        }
        let kind = token_kind(&fields).ok().flatten();
        let encoded = encode(&fields);
        Self { kind, fields, encoded }
    }
}

impl Keys {
    /// Builds the keys of a configuration, or returns the bad setting and its error.
    pub(crate) fn new(config: &TokenConfig) -> Result<Self, (&'static str, String)> {
        install_provider();
        if config.algorithm.is_asymmetric() {
            Self::from_pairs(config)
        } else {
            Ok(Self::from_secrets(config))
        }
    }

    fn from_secrets(config: &TokenConfig) -> Self {
        let secrets = config.secret.iter().chain(&config.previous_secrets);
        let verifying = secrets.map(|secret| DecodingKey::from_secret(secret.reveal().as_bytes()));
        let verifying = verifying.map(|key| NamedKey { kid: None, key }).collect();
        let secret = config.secret.as_ref();
        let signing = secret.map(|secret| EncodingKey::from_secret(secret.reveal().as_bytes()));
        Self::with(config, None, signing, verifying, JwkSet::default())
    }

    fn from_pairs(config: &TokenConfig) -> Result<Self, (&'static str, String)> {
        let algorithm = config.algorithm;
        let private = config.private_key.as_ref();
        let private = private.map(|pem| pem::private_key(algorithm, pem.reveal())).transpose();
        let private = private.map_err(|error| ("token.private_key", error))?;
        let (signing, own) = private.unzip();
        let kid = own.as_ref().map(|key| key.kid.clone());
        let mut public: Vec<pem::PublicKey> = own.into_iter().collect();
        for value in &config.public_keys {
            let key = pem::public_key(algorithm, value);
            let key = key.map_err(|error| ("token.public_keys", error))?;
            if public.iter().all(|known| known.kid != key.kid) {
                public.push(key);
            }
        }
        if public.is_empty() {
            let error = format!("is missing; {} signs with a private key in PEM", algorithm.name());
            return Err(("token.private_key", error));
        }
        let jwks = JwkSet { keys: public.iter().map(|key| key.jwk.clone()).collect() };
        let verifying =
            public.into_iter().map(|key| NamedKey { kid: Some(key.kid), key: key.key }).collect();
        Ok(Self::with(config, kid, signing, verifying, jwks))
    }

    fn with(
        config: &TokenConfig,
        kid: Option<String>,
        signing: Option<EncodingKey>,
        verifying: Vec<NamedKey>,
        jwks: JwkSet,
    ) -> Self {
        let header = |kind| Header::new(config, kind, kid.as_deref());
        let (access, refresh) = (header(TokenKind::Access), header(TokenKind::Refresh));
        Self { algorithm: config.algorithm, access, refresh, kid, signing, verifying, jwks }
    }

    /// Derives a value from the signing key, a label and parts.
    pub(crate) fn derive(&self, label: &str, parts: &[&str]) -> String {
        keyed(self.signing.as_ref().map_or(&[], EncodingKey::as_bytes), label, parts)
    }

    /// The public keys, with which others verify our tokens; empty for a shared secret.
    pub(crate) fn jwks(&self) -> &JwkSet {
        &self.jwks
    }

    /// Signs the claims of a token of this type; `extra` holds further header fields.
    pub(crate) fn sign(
        &self,
        kind: TokenKind,
        extra: &Map<String, Value>,
        claims: &Map<String, Value>,
    ) -> Result<String, Error> {
        let header = kind.pick(&self.access, &self.refresh);
        let mut token = if extra.is_empty() {
            header.encoded.clone()
        } else {
            let mut header = header.fields.clone();
            let allowed = extra.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str()));
            header.extend(allowed.map(|(name, value)| (name.clone(), value.clone())));
            encode(&header)
        };
        token.push('.');
        token.push_str(&encode(claims));
        let key = self.signing.as_ref().ok_or_else(|| Error::misuse("no key signs tokens"))?;
        let signature = crypto::sign(token.as_bytes(), key, self.algorithm.to_jsonwebtoken())
            .map_err(Error::internal)?;
        token.push('.');
        token.push_str(&signature);
        // A longer token would be refused.
        if token.len() > MAX_TOKEN {
            return Err(Error::misuse("a token would be longer than 8 KB: too many claims"));
        }
        Ok(token)
    }

    /// Verifies the signature and returns the type that the header names, if it names one, and the
    /// claim set. A key that the application finds for the header replaces the configured ones.
    pub(crate) fn verify(
        &self,
        jws: &Jws<'_>,
        find: Option<&FindKey>,
    ) -> Result<(Option<TokenKind>, Map<String, Value>), TokenError> {
        let kind = self.check(jws, find).map_err(|error| jws.format_error().unwrap_or(error))?;
        Ok((kind, jws.claims()?))
    }

    fn check(
        &self,
        jws: &Jws<'_>,
        find: Option<&FindKey>,
    ) -> Result<Option<TokenKind>, TokenError> {
        let (kind, is_signed) = match find {
            // Our own header, byte for byte: nothing to check.
            None if jws.header == self.access.encoded => {
                (self.access.kind, self.has_signed(jws, self.kid.as_deref()))
            }
            _ => {
                let header = jws.header()?;
                let kid = key_id(&header)?;
                let kind = token_kind(&header)?;
                if !has_algorithm(&header, self.algorithm)? {
                    return Err(TokenError::Algorithm);
                }
                let is_signed = match find.and_then(|find| find(&header)) {
                    Some(found) => {
                        found.algorithm == self.algorithm
                            && jws.is_signed_by(&found.key, self.algorithm)
                    }
                    None => self.has_signed(jws, kid),
                };
                (kind, is_signed)
            }
        };
        if is_signed { Ok(kind) } else { Err(TokenError::Signature) }
    }

    /// Whether a configured key with this `kid` made the signature.
    fn has_signed(&self, jws: &Jws<'_>, kid: Option<&str>) -> bool {
        let mut candidates = self.verifying.iter().filter(|known| known.matches(kid));
        candidates.any(|known| jws.is_signed_by(&known.key, self.algorithm))
    }
}
