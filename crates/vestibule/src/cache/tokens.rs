//! Tokens that were verified lately: a signature that was good stays good.

use std::hash::Hasher;
use std::sync::Arc;

use quick_cache::sync::Cache;
use siphasher::sip128::{Hasher128, SipHasher24};

use crate::claims::Claims;

/// How many are remembered at the most; some 15 MB.
const MOST: usize = 10_000;

/// What a token is remembered by, and never its text: whoever reads our memory shall not find it.
pub(crate) type Fingerprint = u128;

/// The claims of tokens whose signature and unchanging claims were good, under the keys and the
/// configuration of this launch. Times are looked at anew.
pub(crate) struct VerifiedTokens {
    remembered: Cache<Fingerprint, Arc<Claims>>,
    /// Of this launch, and told to nobody: without it no one can say which other text would have
    /// the fingerprint of a verified token, and can only guess, at 1 in 2^128.
    key: SipHasher24,
}

impl VerifiedTokens {
    /// `None` when the system gives no random numbers: then nothing is remembered.
    pub(crate) fn new() -> Option<Self> {
        let mut key = [0; 16];
        getrandom::fill(&mut key).ok()?;
        Some(Self { remembered: Cache::new(MOST), key: SipHasher24::new_with_key(&key) })
    }

    /// A keyed hash with 128 bits, which is made for short messages: with the processor's own
    /// instructions SHA-256 takes twice as long for a token, and without them ten times.
    pub(crate) fn fingerprint(&self, token: &str) -> Fingerprint {
        let mut hasher = self.key;
        hasher.write(token.as_bytes());
        hasher.finish128().as_u128()
    }

    pub(crate) fn get(&self, token: &Fingerprint) -> Option<Arc<Claims>> {
        self.remembered.get(token)
    }

    pub(crate) fn keep(&self, token: Fingerprint, claims: &Arc<Claims>) {
        self.remembered.insert(token, claims.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TokenKind;

    fn claims() -> Arc<Claims> {
        Arc::new(Claims {
            sub: "7".to_owned(),
            identity_claim: "sub".into(),
            iss: None,
            aud: None,
            kind: TokenKind::Access,
            fresh: false,
            iat: Some(0),
            nbf: None,
            exp: None,
            jti: None,
            sid: None,
            auth_time: 0,
            generation: None,
            csrf: None,
            stamp: None,
            foreign: false,
            extra: serde_json::Map::new(),
        })
    }

    fn verified() -> VerifiedTokens {
        VerifiedTokens::new().expect("random numbers")
    }

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let (verified, claims) = (verified(), claims());
        for number in 0..3 * MOST {
            verified.keep(verified.fingerprint(&number.to_string()), &claims);
        }
        assert!(verified.remembered.len() <= MOST, "{}", verified.remembered.len());
    }

    #[test]
    fn a_token_is_remembered_by_a_hash_of_all_of_it() {
        let (verified, claims) = (verified(), claims());
        let token = "a.b.c";
        let fingerprint = verified.fingerprint(token);
        let bytes = fingerprint.to_le_bytes();
        assert!(!bytes.windows(token.len()).any(|part| part == token.as_bytes()));
        verified.keep(fingerprint, &claims);
        assert!(verified.get(&verified.fingerprint(token)).is_some());
        for other in ["a.b.C", "a.b.", "a.b.c=", "", "A.b.c"] {
            assert!(verified.get(&verified.fingerprint(other)).is_none(), "{other}");
        }
    }

    #[test]
    fn nobody_else_can_tell_a_fingerprint() {
        let (here, elsewhere) = (verified(), verified());
        assert_eq!(here.fingerprint("a.b.c"), here.fingerprint("a.b.c"));
        assert_ne!(here.fingerprint("a.b.c"), elsewhere.fingerprint("a.b.c"));
    }
}
