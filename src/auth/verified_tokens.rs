//! Tokens that were verified lately: a signature that was good stays good.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::claims::Claims;

/// How many are remembered at the most; some 15 MB.
const MOST: u64 = 10_000;

/// How long one is remembered that nobody presents.
const IDLE: Duration = Duration::from_secs(5 * 60);

/// What a token is remembered by, and never its text: whoever reads our memory shall not find it.
pub(crate) type Fingerprint = [u8; 32];

/// The claims of tokens whose signature and unchanging claims were good, under the keys and the
/// configuration of this launch. Times are looked at anew.
pub(crate) struct VerifiedTokens(Cache<Fingerprint, Arc<Claims>>);

impl VerifiedTokens {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_idle(IDLE).build())
    }

    pub(crate) fn fingerprint(token: &str) -> Fingerprint {
        Sha256::digest(token).into()
    }

    pub(crate) fn get(&self, token: &Fingerprint) -> Option<Arc<Claims>> {
        self.0.get(token)
    }

    pub(crate) fn keep(&self, token: Fingerprint, claims: &Arc<Claims>) {
        self.0.insert(token, claims.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::claims::TokenKind;

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

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let (verified, claims) = (VerifiedTokens::new(), claims());
        for number in 0..3 * MOST {
            verified.keep(VerifiedTokens::fingerprint(&number.to_string()), &claims);
        }
        verified.0.run_pending_tasks();
        assert!(verified.0.entry_count() <= MOST, "{}", verified.0.entry_count());
    }

    #[test]
    fn a_token_is_remembered_by_a_hash_of_all_of_it() {
        let (verified, claims) = (VerifiedTokens::new(), claims());
        let token = "a.b.c";
        let fingerprint = VerifiedTokens::fingerprint(token);
        assert!(!fingerprint.windows(token.len()).any(|part| part == token.as_bytes()));
        verified.keep(fingerprint, &claims);
        assert!(verified.get(&VerifiedTokens::fingerprint(token)).is_some());
        for other in ["a.b.C", "a.b.", "a.b.c=", "", "A.b.c"] {
            assert!(verified.get(&VerifiedTokens::fingerprint(other)).is_none(), "{other}");
        }
    }
}
