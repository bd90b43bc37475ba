//! Tokens that an example would not issue. Their secrets are public, so a test can sign.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

/// The claims of a token; the signature is not verified.
#[track_caller]
pub(crate) fn claims(token: &str) -> Map<String, Value> {
    let payload = token.split('.').nth(1).expect("three segments");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&payload).expect("a claim set")
}

/// A token with the same header and other claims, signed again.
pub(crate) fn forge(
    token: &str,
    secret: &str,
    change: impl FnOnce(&mut Map<String, Value>),
) -> String {
    let mut claims = claims(token);
    change(&mut claims);
    sign(secret, r#"{"alg":"HS256","typ":"JWT"}"#, &Value::Object(claims).to_string())
}

/// A token of two texts, whatever they are.
pub(crate) fn sign(secret: &str, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length will do");
    let signature = mac.chain_update(message.as_bytes()).finalize().into_bytes();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The token as it will be long after its end.
pub(crate) fn expired(token: &str, secret: &str) -> String {
    forge(token, secret, |claims| {
        for name in ["iat", "nbf", "exp", "auth_time"] {
            let time = claims[name].as_i64().expect("a time");
            claims.insert(name.to_owned(), (time - 90_000).into());
        }
    })
}

/// The token with another signature.
pub(crate) fn tampered(token: &str) -> String {
    format!("{token}X")
}
