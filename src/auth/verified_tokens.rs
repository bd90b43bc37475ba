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
