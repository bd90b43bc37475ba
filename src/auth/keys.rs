//! Signing keys, and the JWS around a set of claims (RFC 7515, compact form).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::config::TokenConfig;
use super::error::Error;
use super::error_kind::ErrorKind;
use super::json::Object;

/// Longest token that is looked at, in bytes; ours are some 400.
pub(crate) const MAX_TOKEN: usize = 8 * 1024;

/// Header fields that an application cannot set: they decide how a token is verified.
const RESERVED: &[&str] = &["alg", "typ", "kid", "crit", "b64", "zip", "jku", "jwk", "x5u", "x5c"];

/// How tokens are signed (RFC 7518, section 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-256. The default.
    #[default]
    HS256,
    /// HMAC with SHA-384.
    HS384,
    /// HMAC with SHA-512.
    HS512,
}

impl Algorithm {
    /// The name in the `alg` field.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
        }
    }

    /// The length of its hash, in bytes.
    pub(crate) const fn hash_length(self) -> usize {
        match self {
            Self::HS256 => 32,
            Self::HS384 => 48,
            Self::HS512 => 64,
        }
    }

    const fn of_crate(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::HS256 => jsonwebtoken::Algorithm::HS256,
            Self::HS384 => jsonwebtoken::Algorithm::HS384,
            Self::HS512 => jsonwebtoken::Algorithm::HS512,
        }
    }
}

/// One key that signs and all keys that verify, of one algorithm.
pub(crate) struct Keys {
    algorithm: Algorithm,
    /// The encoded header of a token without fields of the application's.
    header: String,
    signing: EncodingKey,
    verifying: Vec<DecodingKey>,
}

impl Keys {
    /// The keys of a configuration that passed validation.
    pub(crate) fn new(config: &TokenConfig) -> Self {
        let secret = config.secret.as_ref().map_or("", |secret| secret.reveal()).as_bytes();
        let previous = config.previous_secrets.iter().map(|secret| secret.reveal().as_bytes());
        Self {
            algorithm: config.algorithm,
            header: encode(&plain_header(config.algorithm)),
            signing: EncodingKey::from_secret(secret),
            verifying: std::iter::once(secret)
                .chain(previous)
                .map(DecodingKey::from_secret)
                .collect(),
        }
    }

    /// Signs claims; `extra` are further header fields.
    pub(crate) fn sign(
        &self,
        extra: &Map<String, Value>,
        claims: &Map<String, Value>,
    ) -> Result<String, Error> {
        let mut token = if extra.is_empty() {
            self.header.clone()
        } else {
            let mut header = plain_header(self.algorithm);
            let allowed = extra.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str()));
            header.extend(allowed.map(|(name, value)| (name.clone(), value.clone())));
            encode(&header)
        };
        token.push('.');
        token.push_str(&encode(claims));
        let signature = crypto::sign(token.as_bytes(), &self.signing, self.algorithm.of_crate())
            .map_err(Error::internal)?;
        token.push('.');
        token.push_str(&signature);
        // What we would refuse ourselves must not be given out.
        if token.len() > MAX_TOKEN {
            let text = "a token would be longer than 8 KB: too many claims";
            return Err(Error::internal(std::io::Error::other(text)));
        }
        Ok(token)
    }

    /// The claim set of a token that one of our keys signed; every other fault of the token
    /// is 401 `token_invalid`.
    pub(crate) fn verify(&self, token: &str) -> Result<Map<String, Value>, Error> {
        let invalid = || Error::new(ErrorKind::TokenInvalid);
        if token.len() > MAX_TOKEN {
            return Err(invalid());
        }
        let (message, signature) = token.rsplit_once('.').ok_or_else(invalid)?;
        let (header, claims) = message.split_once('.').ok_or_else(invalid)?;
        if header != self.header {
            // Byte for byte our own header needs no second look.
            self.check_header(&decode(header).ok_or_else(invalid)?)?;
        }
        let signed = |key| {
            let algorithm = self.algorithm.of_crate();
            crypto::verify(signature, message.as_bytes(), key, algorithm).unwrap_or(false)
        };
        if !self.verifying.iter().any(signed) {
            return Err(invalid());
        }
        decode(claims).ok_or_else(invalid)
    }

    fn check_header(&self, header: &Map<String, Value>) -> Result<(), Error> {
        let ours = header.get("alg").and_then(Value::as_str) == Some(self.algorithm.name());
        // RFC 7515, 4.1.11: what is marked critical must be understood, and we understand
        // none; an empty list is malformed.
        let plain = ["crit", "b64", "zip"].iter().all(|name| !header.contains_key(*name));
        if ours && plain { Ok(()) } else { Err(ErrorKind::TokenInvalid.into()) }
    }
}

fn plain_header(algorithm: Algorithm) -> Map<String, Value> {
    let mut header = Map::new();
    header.insert("alg".to_owned(), algorithm.name().into());
    header.insert("typ".to_owned(), "JWT".into());
    header
}

fn encode(part: &Map<String, Value>) -> String {
    URL_SAFE_NO_PAD.encode(Value::Object(part.clone()).to_string())
}

fn decode(part: &str) -> Option<Map<String, Value>> {
    let json = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice::<Object>(&json).ok().map(|object| object.0)
}
