//! Generated key pairs for `EdDSA`, as PEM.

use std::io;

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, KeypairBytes};

use super::secrets::random;

/// Generates a private key, from the system's randomness.
pub(crate) fn generate() -> io::Result<String> {
    // Without the public half, which the library's reader does not expect.
    let key = KeypairBytes { secret_key: random()?, public_key: None };
    let pem = key.to_pkcs8_pem(LineEnding::LF);
    pem.map(|pem| pem.to_string()).map_err(io::Error::other)
}

/// Returns the public half of a private key; the error never repeats the key.
pub(super) fn public_half(private: &str) -> Result<String, &'static str> {
    let key = SigningKey::from_pkcs8_pem(private);
    let key = key.map_err(|_| "holds a private key that is none of EdDSA; change it by hand")?;
    let pem = key.verifying_key().to_public_key_pem(LineEnding::LF);
    pem.map_err(|_| "holds a private key without a public half; change it by hand")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pair_is_another_one_and_its_public_half_does_not_sign() {
        let [one, other] = [(); 2].map(|()| generate().expect("randomness"));
        assert_ne!(one, other);
        let public = public_half(&one).expect("a pair");
        assert!(public.starts_with("-----BEGIN PUBLIC KEY-----"), "{public}");
        assert_ne!(public, public_half(&other).expect("a pair"));
        assert!(public_half(&public).is_err());
    }
}
