//! Asymmetric keys from PEM: the text itself, or the path of a file.

use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse, ThumbprintHash,
};
use jsonwebtoken::{DecodingKey, EncodingKey, crypto};

use crate::config::algorithm::{Algorithm, Family};

/// Shortest RSA modulus, in base64url characters: 2048 bits (RFC 7518, section 3.3).
const SHORTEST_MODULUS: usize = 2048 / 6;

/// Longest RSA modulus: 4096 bits. The cryptography library accepts no longer one.
const LONGEST_MODULUS: usize = (4096_usize).div_ceil(6);

/// The 32 bytes of an Ed25519 key in base64url (RFC 8032, section 5.1.5).
const ED25519_LENGTH: usize = 43;

/// A public key, its JWK and its `kid`.
pub(crate) struct PublicKey {
    pub(crate) key: DecodingKey,
    pub(crate) jwk: Jwk,
    pub(crate) kid: String,
}

/// Reads a private key and its public half; the error never repeats the text.
pub(crate) fn private_key(
    algorithm: Algorithm,
    value: &str,
) -> Result<(EncodingKey, PublicKey), String> {
    let pem = read_pem(value)?;
    let read = match algorithm.family() {
        Family::Rsa => EncodingKey::from_rsa_pem(pem.as_bytes()),
        Family::Ec => EncodingKey::from_ec_pem(pem.as_bytes()),
        Family::Ed => EncodingKey::from_ed_pem(pem.as_bytes()),
        Family::Hmac => return Err("is for an algorithm with key pairs".to_owned()),
    };
    let wrong = || format!("is no private key in PEM (PKCS #8) for {}", algorithm.name());
    let key = read.map_err(|_| wrong())?;
    let jwk = Jwk::from_encoding_key(&key, algorithm.to_jsonwebtoken()).map_err(|_| wrong())?;
    Ok((key, with_thumbprint(algorithm, jwk)?))
}

/// Reads a public key; the error never repeats the text.
pub(crate) fn public_key(algorithm: Algorithm, value: &str) -> Result<PublicKey, String> {
    let pem = read_pem(value)?;
    let read = match algorithm.family() {
        Family::Rsa => DecodingKey::from_rsa_pem(pem.as_bytes()),
        Family::Ec => DecodingKey::from_ec_pem(pem.as_bytes()),
        Family::Ed => DecodingKey::from_ed_pem(pem.as_bytes()),
        Family::Hmac => return Err("is for an algorithm with key pairs".to_owned()),
    };
    let wrong = || format!("is no public key in PEM for {}", algorithm.name());
    let key = read.map_err(|_| wrong())?;
    let jwk =
        Jwk::from_decoding_key(&key, Some(algorithm.to_jsonwebtoken())).map_err(|_| wrong())?;
    with_thumbprint(algorithm, jwk)
}

/// Sets the `kid` to the key's thumbprint (RFC 7638), so that it is the same in every process.
fn with_thumbprint(algorithm: Algorithm, mut jwk: Jwk) -> Result<PublicKey, String> {
    let wrong = || format!("is no key for {}", algorithm.name());
    let is_right_curve = match (&jwk.algorithm, algorithm) {
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => {
            key.curve == EllipticCurve::P256
        }
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES384) => {
            key.curve == EllipticCurve::P384
        }
        _ => true,
    };
    if !is_right_curve {
        return Err(wrong());
    }
    let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| wrong())?;
    let key = decoding_key(algorithm, &jwk)?;
    jwk.common.key_id = Some(kid.clone());
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    jwk.common.key_algorithm = Some(KeyAlgorithm::from(algorithm.to_jsonwebtoken()));
    Ok(PublicKey { key, jwk, kid })
}

/// Converts a JWK, unless it is weak or cannot be used.
pub(super) fn decoding_key(algorithm: Algorithm, jwk: &Jwk) -> Result<DecodingKey, String> {
    let wrong = || format!("cannot be read as a key for {}", algorithm.name());
    match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) if rsa.n.len() < SHORTEST_MODULUS => {
            return Err("is an RSA key of less than 2048 bits".to_owned());
        }
        AlgorithmParameters::RSA(rsa) if rsa.n.len() > LONGEST_MODULUS => {
            return Err("is an RSA key of more than 4096 bits".to_owned());
        }
        // The cryptography library would panic.
        AlgorithmParameters::OctetKeyPair(pair) if pair.x.len() != ED25519_LENGTH => {
            return Err(wrong());
        }
        _ => {}
    }
    let key = DecodingKey::from_jwk(jwk).map_err(|_| wrong())?;
    // Only verifying shows whether the numbers are a point of the curve.
    crypto::verify("", b"", &key, algorithm.to_jsonwebtoken()).map_err(|_| wrong())?;
    Ok(key)
}

fn read_pem(value: &str) -> Result<String, String> {
    if value.trim_start().starts_with("-----BEGIN") {
        return Ok(value.to_owned());
    }
    std::fs::read_to_string(value.trim())
        .map_err(|cause| format!("is neither PEM text nor a readable file: {cause}"))
}
