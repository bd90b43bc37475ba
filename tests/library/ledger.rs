//! A ledger in memory that counts its calls and can break down.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use time::OffsetDateTime;
use vestibule::auth::{Error, Ledger, Rotation, SignIn, SignInId};

#[derive(Clone, Default)]
pub(crate) struct MemoryLedger(Arc<Inner>);

#[derive(Default)]
struct Inner {
    rows: Mutex<HashMap<String, SignIn>>,
    broken: AtomicBool,
    calls: AtomicUsize,
}

impl MemoryLedger {
    /// Counts a call, and fails it when broken.
    fn rows(&self) -> Result<MutexGuard<'_, HashMap<String, SignIn>>, Error> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        if self.0.broken.load(Ordering::SeqCst) {
            return Err(Error::unavailable(io::Error::other("the ledger is on fire")));
        }
        Ok(self.all())
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, SignIn>> {
        self.0.rows.lock().expect("rows")
    }

    /// Makes every call fail from now on, or work again.
    pub(crate) fn break_down(&self, broken: bool) {
        self.0.broken.store(broken, Ordering::SeqCst);
    }

    /// How many calls there were.
    pub(crate) fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    /// How many sign-ins stand.
    pub(crate) fn len(&self) -> usize {
        self.all().len()
    }

    /// The only sign-in there is.
    pub(crate) fn only(&self) -> SignIn {
        let rows = self.all();
        assert_eq!(rows.len(), 1, "sign-ins");
        rows.values().next().expect("a row").clone()
    }

    /// The sign-ins of one account.
    pub(crate) fn all_of(&self, account: &str) -> Vec<SignIn> {
        self.all().values().filter(|row| row.account == account).cloned().collect()
    }

    /// Ends everything, as an administrator would, without a call being counted.
    pub(crate) fn clear(&self) {
        self.all().clear();
    }

    /// Sets the last use, as the background writer would.
    pub(crate) fn touch_all(&self, at: OffsetDateTime) {
        self.all().values_mut().for_each(|row| row.last_seen_at = at);
    }
}

#[rocket::async_trait]
impl Ledger for MemoryLedger {
    async fn open(&self, sign_in: &SignIn) -> Result<(), Error> {
        let earlier = self.rows()?.insert(sign_in.id.to_string(), sign_in.clone());
        assert!(earlier.is_none(), "an id was given twice");
        Ok(())
    }

    async fn get(&self, id: &SignInId) -> Result<Option<SignIn>, Error> {
        Ok(self.rows()?.get(id.as_str()).cloned())
    }

    async fn seen(&self, id: &SignInId, at: OffsetDateTime) -> Result<(), Error> {
        if let Some(row) = self.rows()?.get_mut(id.as_str()) {
            row.last_seen_at = at;
        }
        Ok(())
    }

    async fn rotate(
        &self,
        id: &SignInId,
        from: i64,
        at: OffsetDateTime,
        grace: Duration,
    ) -> Result<Rotation, Error> {
        let mut rows = self.rows()?;
        let Some(row) = rows.get_mut(id.as_str()) else {
            return Ok(Rotation::Gone);
        };
        if row.generation == from {
            row.generation += 1;
            row.rotated_at = Some(at);
            return Ok(Rotation::Rotated(row.clone()));
        }
        let recent = row.rotated_at.is_some_and(|rotated| at - rotated <= grace);
        if row.generation == from + 1 && recent {
            return Ok(Rotation::Replayed(row.clone()));
        }
        rows.remove(id.as_str());
        Ok(Rotation::Theft)
    }

    async fn confirm(&self, id: &SignInId, at: OffsetDateTime) -> Result<(), Error> {
        if let Some(row) = self.rows()?.get_mut(id.as_str()) {
            row.auth_time = at;
        }
        Ok(())
    }

    async fn end(&self, id: &SignInId) -> Result<bool, Error> {
        Ok(self.rows()?.remove(id.as_str()).is_some())
    }

    async fn end_all(&self, account: &str, except: Option<&SignInId>) -> Result<u64, Error> {
        let mut rows = self.rows()?;
        let before = rows.len();
        rows.retain(|id, row| row.account != account || except.is_some_and(|e| e.as_str() == id));
        Ok((before - rows.len()) as u64)
    }

    async fn list(&self, account: &str) -> Result<Vec<SignIn>, Error> {
        Ok(self.rows()?.values().filter(|row| row.account == account).cloned().collect())
    }
}
