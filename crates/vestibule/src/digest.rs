//! Short digests, and a comparison in constant time. Imports no other room.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// SHA-256 of a label and parts, cut to 16 characters of base64url: enough to notice a change.
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

/// HMAC-SHA-256 of a label and parts, cut to 144 bits, as 24 characters of base64url.
pub(crate) fn keyed(key: &[u8], label: &str, parts: &[&str]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    for part in std::iter::once(&label).chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..18])
}

/// Whether two values are equal, in a time that does not depend on where they differ.
pub(crate) fn is_equal(one: impl AsRef<[u8]>, other: impl AsRef<[u8]>) -> bool {
    let (one, other) = (one.as_ref(), other.as_ref());
    let differences = one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_values_are_equal_only_if_all_their_bytes_are() {
        assert!(is_equal("", "") && is_equal("abc", "abc"));
        // The differences of the bytes may cancel each other out.
        for (one, other) in
            [("abc", "abd"), ("ab", "ba"), ("xab", "xba"), ("abc", "ab"), ("ab", "abc"), ("", "a")]
        {
            assert!(!is_equal(one, other), "{one:?} {other:?}");
        }
    }
}
