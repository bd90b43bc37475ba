//! Short digests of things that must not be repeated in the clear.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// 96 bits of SHA-256 over labelled parts, as 16 characters of base64url: enough to notice
/// a change, too little to learn anything.
pub(crate) fn digest(label: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in std::iter::once(&label).chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(&hash.finalize()[..12])
}

/// The digest of an account's stamp; `None` for an account without one.
pub(crate) fn stamp_digest(stamp: &str) -> Option<String> {
    (!stamp.is_empty()).then(|| digest("stamp", &[stamp]))
}

/// A value that only the holder of the key can make, of a label and parts.
pub(crate) fn keyed(key: &[u8], label: &str, parts: &[&str]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    for part in std::iter::once(&label).chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..18])
}

/// Whether two texts are equal, in a time that does not tell where they differ.
pub(crate) fn is_equal(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differences) == 0
}
