//! The three parts of a token (RFC 7515, compact form), before verification.

use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, crypto};
use serde_json::{Map, Value};

use crate::config::TokenKind;
use crate::config::algorithm::Algorithm;
use crate::error::{TokenError, TokenPart};
use crate::json::Object;

/// Longest accepted token, in bytes; ours have some 400.
pub(crate) const MAX_TOKEN: usize = 8 * 1024;

/// A token split into its parts.
pub(crate) struct Jws<'t> {
    pub(super) header: &'t str,
    claims: &'t str,
    /// Header and claims, which are signed.
    message: &'t str,
    signature: &'t str,
    /// The claim set, if it was decoded to find the issuer.
    decoded: Cell<Option<Map<String, Value>>>,
}

impl<'t> Jws<'t> {
    /// Splits a token.
    pub(crate) fn split(token: &'t str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::TooLong);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Parts)?;
        let (header, claims) = message.split_once('.').ok_or(TokenError::Parts)?;
        Ok(Self { header, claims, message, signature, decoded: Cell::new(None) })
    }

    /// Decodes the header.
    pub(super) fn header(&self) -> Result<Map<String, Value>, TokenError> {
        decode(self.header, TokenPart::Header)
    }

    /// Decodes the claim set, which must not be trusted before the signature is verified.
    pub(super) fn claims(&self) -> Result<Map<String, Value>, TokenError> {
        match self.decoded.take() {
            Some(claims) => Ok(claims),
            None => decode(self.claims, TokenPart::Claims),
        }
    }

    /// Whether the claims name this issuer; not to be trusted yet.
    pub(super) fn names_issuer(&self, issuer: &str) -> bool {
        let Ok(claims) = self.claims() else { return false };
        let is_named = claims.get("iss").and_then(Value::as_str) == Some(issuer);
        self.decoded.set(Some(claims));
        is_named
    }

    /// Whether a key made the signature.
    pub(super) fn is_signed_by(&self, key: &DecodingKey, algorithm: Algorithm) -> bool {
        is_signature(self.signature, self.message.as_bytes(), key, algorithm)
    }

    /// The error of a malformed part, which takes precedence over a bad signature.
    pub(super) fn format_error(&self) -> Option<TokenError> {
        let readable = self.header().and_then(|_| self.claims());
        let signature = URL_SAFE_NO_PAD.decode(self.signature);
        let signature = signature.map_err(|_| TokenError::Encoding(TokenPart::Signature));
        readable.and(signature).err()
    }
}

/// Whether a text is the signature of a message by a key, in base64url.
pub(super) fn is_signature(
    text: &str,
    message: &[u8],
    key: &DecodingKey,
    algorithm: Algorithm,
) -> bool {
    crypto::verify(text, message, key, algorithm.to_jsonwebtoken()).unwrap_or(false)
}

/// Returns the `kid` of a header, after checking for critical fields and for another content.
pub(super) fn key_id(header: &Map<String, Value>) -> Result<Option<&str>, TokenError> {
    // RFC 7515, section 4.1.11: a token with an unsupported critical field must be refused, and
    // none is supported.
    if ["crit", "b64", "zip"].iter().any(|name| header.contains_key(*name)) {
        return Err(TokenError::Critical);
    }
    // RFC 7519, section 5: the claims of a nested token are inside another token, and those of an
    // encrypted one are not here.
    if names_type(header, "cty", "jwt") || names_type(header, "typ", "jwe") {
        return Err(TokenError::HeaderType);
    }
    header.get("kid").map(|kid| kid.as_str().ok_or(TokenError::KeyId)).transpose()
}

/// The type of token that `typ` names; `None` without one and for `JWT`, which is any. Another
/// kind of token with our signature is none of ours (RFC 8725, section 3.11).
pub(super) fn token_kind(header: &Map<String, Value>) -> Result<Option<TokenKind>, TokenError> {
    let Some(typ) = header.get("typ") else { return Ok(None) };
    let typ = normalized_media_type(typ.as_str().ok_or(TokenError::HeaderType)?);
    let kinds = [TokenKind::Access, TokenKind::Refresh];
    match kinds.into_iter().find(|kind| kind.typ() == typ) {
        None if typ != "jwt" => Err(TokenError::HeaderType),
        kind => Ok(kind),
    }
}

/// Whether a field of a header names this media type or is no text.
fn names_type(header: &Map<String, Value>, field: &str, name: &str) -> bool {
    let Some(value) = header.get(field) else { return false };
    value.as_str().is_none_or(|value| normalized_media_type(value) == name)
}

/// A media type in lower case, without the prefix `application/`, which is optional (RFC 7515,
/// section 4.1.9).
pub(super) fn normalized_media_type(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    name.strip_prefix("application/").map(str::to_owned).unwrap_or(name)
}

/// Whether a header has this algorithm; having none is an error.
pub(super) fn has_algorithm(
    header: &Map<String, Value>,
    algorithm: Algorithm,
) -> Result<bool, TokenError> {
    let named = header.get("alg").ok_or(TokenError::AlgorithmMissing)?;
    Ok(named.as_str() == Some(algorithm.name()))
}

pub(super) fn encode(part: &Map<String, Value>) -> String {
    URL_SAFE_NO_PAD.encode(Value::Object(part.clone()).to_string())
}

fn decode(text: &str, part: TokenPart) -> Result<Map<String, Value>, TokenError> {
    let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Encoding(part))?;
    match serde_json::from_slice::<Object>(&json) {
        Ok(object) => Ok(object.0),
        Err(error) if error.is_data() => Err(TokenError::NotAnObject(part)),
        Err(_) => Err(TokenError::Json(part)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_that_were_decoded_for_their_issuer_are_not_decoded_again() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"iss":"a","sub":"1"}"#);
        let token = format!("e30.{claims}.AAAA");
        let mut jws = Jws::split(&token).expect("three parts");
        assert!(jws.names_issuer("a") && !jws.names_issuer("b"));
        jws.claims = "unreadable now";
        assert!(jws.names_issuer("a"));
        assert_eq!(jws.claims().expect("kept")["sub"], "1");
    }
}
