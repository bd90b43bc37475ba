//! A store in memory: one map behind one lock.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;

use crate::error::{Error, ErrorKind};
use crate::sign_in::amr::Amr;
use crate::sign_in::rotation::{RefreshAttempt, Rotation};
use crate::sign_in::store::{SignInStore, SignInUse};
use crate::sign_in::{SignIn, SignInId, SignInKind};

/// A store in memory, for tests and for small programs of one process: all sign-ins end when the
/// program stops. Clones share the rows.
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

type Rows = HashMap<SignInId, SignIn>;

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
        self.rows().clear();
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        // Every change is one step, so a panic leaves no partial change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn filtered(&self, is_wanted: impl Fn(&SignIn) -> bool) -> Vec<SignIn> {
        let mut all: Vec<SignIn> =
            self.rows().values().filter(|row| is_wanted(row)).cloned().collect();
        all.sort_by(SignIn::latest_first);
        all
    }
}

impl fmt::Debug for MemorySignInStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySignInStore").field("sign_ins", &self.rows().len()).finish()
    }
}

#[rocket::async_trait]
impl SignInStore for MemorySignInStore {
    async fn open(&self, sign_in: &SignIn) -> Result<(), Error> {
        let mut rows = self.rows();
        if rows.contains_key(&sign_in.id) {
            return Err(ErrorKind::Internal.into());
        }
        rows.insert(sign_in.id.clone(), sign_in.clone());
        Ok(())
    }

    async fn get(&self, id: &SignInId) -> Result<Option<SignIn>, Error> {
        Ok(self.rows().get(id).cloned())
    }

    async fn seen(&self, used: &SignInUse) -> Result<(), Error> {
        if let Some(row) = self.rows().get_mut(&used.id) {
            // Two requests may record their use in either order.
            row.last_seen_at = row.last_seen_at.max(used.at);
            if let SignInKind::Token(rotations) = &mut row.kind {
                rotations.used_generation = rotations.used_generation.max(used.generation);
            }
        }
        Ok(())
    }

    async fn rotate(&self, id: &SignInId, attempt: RefreshAttempt) -> Result<Rotation, Error> {
        let mut rows = self.rows();
        let Some(row) = rows.get(id) else { return Ok(Rotation::NotActive) };
        let rotation = attempt.decide(row.clone());
        match &rotation {
            Rotation::Rotated(row) | Rotation::Reissued(row) => {
                drop(rows.insert(id.clone(), row.clone()));
            }
            Rotation::Theft => drop(rows.remove(id)),
            Rotation::NotActive => {}
        }
        Ok(rotation)
    }

    async fn confirm(
        &self,
        id: &SignInId,
        at: OffsetDateTime,
        amr: Amr,
    ) -> Result<Option<Amr>, Error> {
        let mut rows = self.rows();
        let Some(row) = rows.get_mut(id) else { return Ok(None) };
        (row.auth_time, row.amr) = (at, row.amr.with(amr));
        Ok(Some(row.amr))
    }

    async fn end(&self, id: &SignInId) -> Result<bool, Error> {
        Ok(self.rows().remove(id).is_some())
    }

    async fn end_all(&self, account: &str, except: Option<&SignInId>) -> Result<u64, Error> {
        let mut rows = self.rows();
        let before = rows.len();
        rows.retain(|id, row| row.account != account || except == Some(id));
        Ok((before - rows.len()) as u64)
    }

    async fn list(&self, account: &str) -> Result<Vec<SignIn>, Error> {
        Ok(self.filtered(|row| row.account == account))
    }

    async fn purge(&self, now: OffsetDateTime, idle: Duration) -> Result<u64, Error> {
        let mut rows = self.rows();
        let before = rows.len();
        rows.retain(|_, row| row.is_active(now, idle));
        Ok((before - rows.len()) as u64)
    }
}
