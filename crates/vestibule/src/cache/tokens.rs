//! The cache of verified tokens; a good signature stays good.

use std::hash::Hasher;
use std::sync::Arc;

use quick_cache::sync::Cache;
use siphasher::sip128::{Hasher128, SipHasher24};

use crate::claims::Claims;

/// The maximum number of tokens; some 15 MB.
const CAPACITY: usize = 10_000;

/// The key of a token: a hash, so that the cache holds no credential.
pub(crate) type Fingerprint = u128;

/// The claims of verified tokens. Their times are checked for each request.
pub(crate) struct VerifiedTokens {
    claims: Cache<Fingerprint, Arc<Claims>>,
    /// Random and secret, so that no other text with the fingerprint of a verified token can be
    /// found but by chance, at 1 in 2^128.
    key: SipHasher24,
}

impl VerifiedTokens {
    /// Creates an empty cache; `None` if the system has no randomness, and then nothing is cached.
    pub(crate) fn new() -> Option<Self> {
        let mut key = [0; 16];
        getrandom::fill(&mut key).ok()?;
        Some(Self { claims: Cache::new(CAPACITY), key: SipHasher24::new_with_key(&key) })
    }

    /// A keyed hash of 128 bits for short messages. For a token SHA-256 takes twice as long with
    /// the processor's own instructions, and ten times without.
    pub(crate) fn fingerprint(&self, token: &str) -> Fingerprint {
        let mut hasher = self.key;
        hasher.write(token.as_bytes());
        hasher.finish128().as_u128()
    }

    pub(crate) fn get(&self, token: &Fingerprint) -> Option<Arc<Claims>> {
        self.claims.get(token)
    }

    pub(crate) fn insert(&self, token: Fingerprint, claims: &Arc<Claims>) {
        self.claims.insert(token, claims.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TokenKind;

    fn claims() -> Arc<Claims> {
        Arc::new(Claims::empty(TokenKind::Access))
    }

    fn verified() -> VerifiedTokens {
        VerifiedTokens::new().expect("random numbers")
    }

    #[test]
    fn the_number_of_tokens_is_limited() {
        let (verified, claims) = (verified(), claims());
        for number in 0..3 * CAPACITY {
            verified.insert(verified.fingerprint(&number.to_string()), &claims);
        }
        assert!(verified.claims.len() <= CAPACITY, "{}", verified.claims.len());
    }

    #[test]
    fn a_token_is_cached_by_a_hash_of_its_whole_text() {
        let (verified, claims) = (verified(), claims());
        let token = "a.b.c";
        let fingerprint = verified.fingerprint(token);
        let bytes = fingerprint.to_le_bytes();
        assert!(!bytes.windows(token.len()).any(|part| part == token.as_bytes()));
        verified.insert(fingerprint, &claims);
        assert!(verified.get(&verified.fingerprint(token)).is_some());
        for other in ["a.b.C", "a.b.", "a.b.c=", "", "A.b.c"] {
            assert!(verified.get(&verified.fingerprint(other)).is_none(), "{other}");
        }
    }

    #[test]
    fn a_fingerprint_depends_on_the_random_key() {
        let (one, other) = (verified(), verified());
        assert_eq!(one.fingerprint("a.b.c"), one.fingerprint("a.b.c"));
        assert_ne!(one.fingerprint("a.b.c"), other.fingerprint("a.b.c"));
    }
}
