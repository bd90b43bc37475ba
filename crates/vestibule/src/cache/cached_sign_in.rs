//! What the stores say about a sign-in and its account, as one look-up found it.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

use crate::account::Account;
use crate::cache::auth_cache::AccountVersion;
use crate::clock::to_micros;
use crate::digest::stamp_digest;
use crate::error::Error;
use crate::sign_in::{SignIn, SignInKind};

/// How often the last use of a sign-in is written at the most.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// A sign-in and its account, for whichever credential presents them: it is judged anew for each
/// request whether they still stand.
pub(crate) struct CachedSignIn {
    /// The row; `None` without a store.
    pub(crate) sign_in: Option<Arc<SignIn>>,
    /// Of the one account type of the application, which is not named here so that managed state
    /// need not name it either.
    account: Option<Arc<dyn Any + Send + Sync>>,
    /// The digest of the account's stamp.
    pub(crate) stamp: Option<String>,
    /// Where changes of the account are marked.
    pub(crate) mark: AccountVersion,
    /// When the sign-in was last used, our own notes included, in microseconds since 1970.
    last_seen: AtomicI64,
}

impl CachedSignIn {
    pub(crate) fn new<U: Account>(
        sign_in: Option<SignIn>,
        account: Option<U>,
        mark: AccountVersion,
    ) -> Self {
        Self {
            stamp: account.as_ref().and_then(|account| stamp_digest(&account.stamp())),
            account: account.map(|account| Arc::new(account) as Arc<dyn Any + Send + Sync>),
            mark,
            last_seen: AtomicI64::new(
                sign_in.as_ref().map_or(0, |sign_in| to_micros(sign_in.last_seen_at)),
            ),
            sign_in: sign_in.map(Arc::new),
        }
    }

    /// The account; 500 `internal` when the application has two types of them.
    pub(crate) fn account<U: Account>(&self) -> Result<Option<Arc<U>>, Error> {
        let account = self.account.clone().map(Arc::downcast::<U>).transpose();
        account.map_err(|_| Error::misuse("an application has one type of account"))
    }

    /// Whether nobody has used the sign-in for that long.
    pub(crate) fn is_idle(&self, now: OffsetDateTime, limit: Duration) -> bool {
        is_past(self.last_seen.load(Ordering::Relaxed), now, limit)
    }

    /// Records a use; returns whether it is due to be written: at most once a minute, and of an
    /// access key the first use at once, so that an unused key can be recognised.
    pub(crate) fn record_use(&self, now: OffsetDateTime, idle: Duration) -> bool {
        let Some(sign_in) = &self.sign_in else { return false };
        let every = match sign_in.kind {
            SignInKind::Browser { .. } => WRITE_EVERY.min(idle / 4),
            SignInKind::Token { .. } | SignInKind::Key { .. } => WRITE_EVERY,
        };
        let before = self.last_seen.load(Ordering::Relaxed);
        let (this_one, relaxed) = (to_micros(now), Ordering::Relaxed);
        let is_first = sign_in.kind.is_key() && before == to_micros(sign_in.created_at);
        // Of many requests at once one writes.
        (is_first || is_past(before, now, every))
            && self.last_seen.compare_exchange(before, this_one, relaxed, relaxed).is_ok()
    }
}

/// Whether it was that long ago, in microseconds since 1970.
fn is_past(micros: i64, now: OffsetDateTime, limit: Duration) -> bool {
    let ago = to_micros(now).saturating_sub(micros);
    ago >= i64::try_from(limit.as_micros()).unwrap_or(i64::MAX)
}
