//! The cached result of looking up a sign-in and its account.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

use crate::account::Account;
use crate::cache::auth_cache::Shard;
use crate::clock::to_micros;
use crate::digest::stamp_digest;
use crate::error::Error;
use crate::sign_in::{SignIn, SignInKind};

/// The shortest time between two writes of a sign-in's last use.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// A sign-in and its account. Whether they are active is evaluated for each request.
pub(crate) struct CachedSignIn {
    /// The row; `None` without a store.
    pub(crate) sign_in: Option<Arc<SignIn>>,
    /// Of the application's account type, which managed state cannot name.
    account: Option<Arc<dyn Any + Send + Sync>>,
    /// The digest of the account's stamp.
    pub(crate) stamp: Option<String>,
    /// The shard of the account.
    pub(super) shard: Shard,
    /// The last use in microseconds since 1970, including uses that are not written yet.
    last_seen: AtomicI64,
}

impl CachedSignIn {
    pub(crate) fn new<U: Account>(
        sign_in: Option<SignIn>,
        account: Option<U>,
        shard: Shard,
    ) -> Self {
        Self {
            stamp: account.as_ref().and_then(|account| stamp_digest(&account.stamp())),
            account: account.map(|account| Arc::new(account) as Arc<dyn Any + Send + Sync>),
            shard,
            last_seen: AtomicI64::new(
                sign_in.as_ref().map_or(0, |sign_in| to_micros(sign_in.last_seen_at)),
            ),
            sign_in: sign_in.map(Arc::new),
        }
    }

    /// The account; 500 `internal` if the application has two account types.
    pub(crate) fn account<U: Account>(&self) -> Result<Option<Arc<U>>, Error> {
        let account = self.account.clone().map(Arc::downcast::<U>).transpose();
        account.map_err(|_| Error::misuse("an application has one type of account"))
    }

    /// Whether the sign-in was not used for this long.
    pub(crate) fn is_idle(&self, now: OffsetDateTime, limit: Duration) -> bool {
        has_passed(self.last_seen.load(Ordering::Relaxed), now, limit)
    }

    /// Records a use; returns whether it must be written: at most once a minute, but the first use
    /// of an access key at once, so that unused keys can be recognised.
    pub(crate) fn record_use(&self, now: OffsetDateTime, idle: Duration) -> bool {
        let Some(sign_in) = &self.sign_in else { return false };
        let every = match sign_in.kind {
            SignInKind::Browser { .. } => WRITE_EVERY.min(idle / 4),
            SignInKind::Token { .. } | SignInKind::Key { .. } => WRITE_EVERY,
        };
        let before = self.last_seen.load(Ordering::Relaxed);
        let (new, relaxed) = (to_micros(now), Ordering::Relaxed);
        let is_first = sign_in.kind.is_key() && before == to_micros(sign_in.created_at);
        // Of several requests at once only one writes.
        (is_first || has_passed(before, now, every))
            && self.last_seen.compare_exchange(before, new, relaxed, relaxed).is_ok()
    }
}

/// Whether this much time has passed since a time in microseconds since 1970.
fn has_passed(since: i64, now: OffsetDateTime, span: Duration) -> bool {
    let passed = to_micros(now).saturating_sub(since);
    passed >= i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
