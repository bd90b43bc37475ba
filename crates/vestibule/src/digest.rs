//! Short digests of things that must not be repeated in the clear.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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
