//! Tokens made by hand with the right key, each with one defect.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use crate::support::app::SECRET;

/// The header of an honest token.
pub(crate) const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

pub(crate) fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// The JSON of one part of a token.
pub(crate) fn part(token: &str, number: usize) -> String {
    let part = token.split('.').nth(number).expect("a part");
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("UTF-8")
}

/// The claims of a token.
pub(crate) fn claims(token: &str) -> Value {
    serde_json::from_str(&part(token, 1)).expect("JSON")
}

/// A token of two texts, signed with a key.
pub(crate) fn sign_with(key: &str, algorithm: Algorithm, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    sign_message(key, algorithm, &message)
}

/// A message with its signature, whatever the message looks like.
pub(crate) fn sign_message(key: &str, algorithm: Algorithm, message: &str) -> String {
    let key = EncodingKey::from_secret(key.as_bytes());
    let signature = crypto::sign(message.as_bytes(), &key, algorithm).expect("a signature");
    format!("{message}.{signature}")
}

/// A token of two texts, signed with the right key.
pub(crate) fn sign(header: &str, claims: &str) -> String {
    sign_with(SECRET, Algorithm::HS256, header, claims)
}

/// An honest header with these claims.
pub(crate) fn with_claims(claims: &Value) -> String {
    sign(HEADER, &claims.to_string())
}

/// The same token with one claim replaced; `Value::Null` of `None` takes it away.
pub(crate) fn with_claim(token: &str, name: &str, value: Option<Value>) -> String {
    let mut claims = claims(token);
    let map = claims.as_object_mut().expect("an object");
    match value {
        Some(value) => map.insert(name.to_owned(), value),
        None => map.remove(name),
    };
    with_claims(&claims)
}

/// The same token under a header with one more field.
pub(crate) fn with_header(token: &str, name: &str, value: Value) -> String {
    let mut header = json!({ "alg": "HS256", "typ": "JWT" });
    header[name] = value;
    sign(&header.to_string(), &part(token, 1))
}
