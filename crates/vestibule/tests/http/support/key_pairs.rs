//! Pairs of keys, made by openssl once for each test run.

use std::process::Command;
use std::sync::OnceLock;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use crate::support::forged_tokens::encode;

/// A private key, and what it signs with.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) algorithm: Algorithm,
    pub(crate) pem: String,
    pub(crate) key: EncodingKey,
}

/// The pair of keys of this algorithm; `other` is a second one. `None` without openssl, which
/// with `CI=true` is a failure.
pub(crate) fn pair(algorithm: Algorithm, other: bool) -> Option<&'static Pair> {
    static MADE: [OnceLock<Option<Pair>>; 8] = [const { OnceLock::new() }; 8];
    let (place, how): (usize, &[&str]) = match algorithm {
        Algorithm::ES256 => (0, &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        Algorithm::ES384 => (1, &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
        Algorithm::EdDSA => (2, &["ED25519"]),
        _ => (3, &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    };
    let made = MADE[place * 2 + usize::from(other)].get_or_init(|| make(how, algorithm));
    made.as_ref()
}

fn make(how: &[&str], algorithm: Algorithm) -> Option<Pair> {
    let Ok(made) = Command::new("openssl").args(["genpkey", "-algorithm"]).args(how).output()
    else {
        let skipped = "skipped: key pairs (no openssl found)";
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{skipped}");
        eprintln!("{skipped}");
        return None;
    };
    assert!(made.status.success(), "openssl makes a key");
    let pem = String::from_utf8(made.stdout).expect("PEM is text");
    let key = match algorithm {
        Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_pem(pem.as_bytes()),
        Algorithm::EdDSA => EncodingKey::from_ed_pem(pem.as_bytes()),
        _ => EncodingKey::from_rsa_pem(pem.as_bytes()),
    };
    Some(Pair { algorithm, pem, key: key.expect("a private key") })
}

impl Pair {
    /// The public half as a JWK, without a name and an algorithm.
    pub(crate) fn jwk(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.key, self.algorithm).expect("a JWK");
        let mut jwk = serde_json::to_value(jwk).expect("JSON");
        jwk.as_object_mut().expect("an object").remove("alg");
        jwk
    }

    /// The public half as a JWK of this name.
    pub(crate) fn jwk_named(&self, kid: &str) -> Value {
        let mut jwk = self.jwk();
        jwk["kid"] = json!(kid);
        jwk
    }

    /// The public half in PEM.
    pub(crate) fn public_pem(&self) -> String {
        let directory = tempfile::tempdir().expect("a directory");
        let private = directory.path().join("key.pem");
        std::fs::write(&private, &self.pem).expect("a file");
        let made = Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(&private).output();
        String::from_utf8(made.expect("openssl").stdout).expect("PEM is text")
    }

    /// A token of two texts, signed with this key whatever the header says.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encode(&header.to_string()), encode(&claims.to_string()));
        let signature = crypto::sign(message.as_bytes(), &self.key, self.algorithm);
        format!("{message}.{}", signature.expect("a signature"))
    }
}
