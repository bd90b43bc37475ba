//! A store in memory: one map behind one lock.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use crate::error::{Error, ErrorKind};
use crate::sign_in::rotation::{RefreshAttempt, Rotation};
use crate::sign_in::store::{SignInStore, SignInUse};
use crate::sign_in::{SignIn, SignInId, SignInKind};

/// How many rows there are before expired ones are first deleted.
const PURGE_FROM: usize = 1_000;

/// A store in memory, for tests and for small programs of one process: all sign-ins end when the
/// program stops. Clones share the rows. Expired sign-ins are deleted now and then.
///
/// ```
/// use vestibule::Auth;
/// use vestibule::sign_ins::MemorySignInStore;
///
/// let store = MemorySignInStore::new();
/// let rocket = rocket::build().attach(Auth::fairing().store(store.clone()));
/// assert!(store.all().is_empty());
/// ```
#[derive(Clone, Default)]
pub struct MemorySignInStore(Arc<Mutex<Rows>>);

#[derive(Default)]
struct Rows {
    by_id: HashMap<SignInId, SignIn>,
    /// How many rows there are when expired ones are next deleted.
    purge_at: usize,
}

impl MemorySignInStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every sign-in that has not been ended, also expired ones, last used first.
    #[must_use]
    pub fn all(&self) -> Vec<SignIn> {
        self.filtered(|_| true)
    }

    /// Ends all sign-ins of all accounts.
    pub fn clear(&self) {
        self.rows().by_id.clear();
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        // Every change is one step, so a panic leaves no partial change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn filtered(&self, is_wanted: impl Fn(&SignIn) -> bool) -> Vec<SignIn> {
        let mut all: Vec<SignIn> =
            self.rows().by_id.values().filter(|row| is_wanted(row)).cloned().collect();
        all.sort_by(SignIn::latest_first);
        all
    }
}

impl fmt::Debug for MemorySignInStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySignInStore").field("sign_ins", &self.rows().by_id.len()).finish()
    }
}

impl Rows {
    /// Deletes expired rows whenever the number of rows has doubled, which keeps it rare.
    fn purge(&mut self, now: OffsetDateTime) {
        if self.by_id.len() >= self.purge_at.max(PURGE_FROM) {
            self.by_id.retain(|_, row| now < row.expires_at);
            self.purge_at = self.by_id.len() * 2;
        }
    }
}

#[rocket::async_trait]
impl SignInStore for MemorySignInStore {
    async fn open(&self, sign_in: &SignIn) -> Result<(), Error> {
        let mut rows = self.rows();
        rows.purge(sign_in.last_seen_at);
        if rows.by_id.contains_key(&sign_in.id) {
            return Err(ErrorKind::Internal.into());
        }
        rows.by_id.insert(sign_in.id.clone(), sign_in.clone());
        Ok(())
    }

    async fn get(&self, id: &SignInId) -> Result<Option<SignIn>, Error> {
        Ok(self.rows().by_id.get(id).cloned())
    }

    async fn seen(&self, used: &SignInUse) -> Result<(), Error> {
        if let Some(row) = self.rows().by_id.get_mut(&used.id) {
            // Two requests may record their use in either order.
            row.last_seen_at = row.last_seen_at.max(used.at);
            if let SignInKind::Token(rotations) = &mut row.kind {
                rotations.used = rotations.used.max(used.generation);
            }
        }
        Ok(())
    }

    async fn rotate(&self, id: &SignInId, attempt: RefreshAttempt) -> Result<Rotation, Error> {
        let mut rows = self.rows();
        let Some(row) = rows.by_id.get(id) else { return Ok(Rotation::Gone) };
        let rotation = attempt.decide(row.clone());
        match &rotation {
            Rotation::Rotated(row) => drop(rows.by_id.insert(id.clone(), row.clone())),
            Rotation::Theft => drop(rows.by_id.remove(id)),
            Rotation::Replayed(_) | Rotation::Gone => {}
        }
        Ok(rotation)
    }

    async fn confirm(&self, id: &SignInId, at: OffsetDateTime) -> Result<(), Error> {
        if let Some(row) = self.rows().by_id.get_mut(id) {
            row.auth_time = at;
        }
        Ok(())
    }

    async fn end(&self, id: &SignInId) -> Result<bool, Error> {
        Ok(self.rows().by_id.remove(id).is_some())
    }

    async fn end_all(&self, account: &str, except: Option<&SignInId>) -> Result<u64, Error> {
        let mut rows = self.rows();
        let before = rows.by_id.len();
        rows.by_id.retain(|id, row| row.account != account || except == Some(id));
        Ok((before - rows.by_id.len()) as u64)
    }

    async fn list(&self, account: &str) -> Result<Vec<SignIn>, Error> {
        Ok(self.filtered(|row| row.account == account))
    }
}

#[cfg(test)]
mod tests {
    use rocket::futures::FutureExt;
    use time::macros::datetime;

    use super::*;
    use crate::sign_in::rotation::Rotations;

    #[test]
    fn expired_rows_are_deleted_and_active_ones_are_kept() {
        let start = datetime!(2031-05-06 07:08 UTC);
        let open = |store: &MemorySignInStore, minute: i64, lives: i64| {
            let now = start + time::Duration::minutes(minute);
            let sign_in = SignIn {
                id: SignInId::random().expect("randomness"),
                account: "ann".to_owned(),
                kind: SignInKind::Token(Rotations::default()),
                created_at: now,
                auth_time: now,
                last_seen_at: now,
                expires_at: now + time::Duration::minutes(lives),
                user_agent: None,
                address: None,
            };
            store.open(&sign_in).now_or_never().expect("no wait").expect("a row");
        };
        let store = MemorySignInStore::new();
        for minute in 0..50_000 {
            open(&store, minute, 10);
        }
        assert!(store.all().len() <= PURGE_FROM, "{store:?}");
        let store = MemorySignInStore::new();
        for minute in 0..5_000 {
            open(&store, minute, 10_000);
        }
        assert_eq!(store.all().len(), 5_000);
    }
}
