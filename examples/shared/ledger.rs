//! A ledger in memory: what yours does with a table of sign-ins.
//!
//! With a ledger, signing out ends a sign-in and with it every token and cookie that presents
//! it; what this one holds is forgotten when the program stops.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use vestibule::auth::{Error, ErrorKind, Ledger, Rotation, SignIn, SignInId};

/// One row for each sign-in that has not ended.
#[derive(Default)]
pub(crate) struct MemoryLedger(Mutex<HashMap<SignInId, SignIn>>);

impl MemoryLedger {
    fn rows(&self) -> MutexGuard<'_, HashMap<SignInId, SignIn>> {
        // Every change is one step: what a panic left behind is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[rocket::async_trait]
impl Ledger for MemoryLedger {
    async fn open(&self, sign_in: &SignIn) -> Result<(), Error> {
        match self.rows().insert(sign_in.id.clone(), sign_in.clone()) {
            None => Ok(()),
            Some(_) => Err(ErrorKind::Internal.into()),
        }
    }

    async fn get(&self, id: &SignInId) -> Result<Option<SignIn>, Error> {
        Ok(self.rows().get(id).cloned())
    }

    async fn seen(&self, id: &SignInId, at: OffsetDateTime) -> Result<(), Error> {
        if let Some(row) = self.rows().get_mut(id) {
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
        let mut rows = self.rows();
        let Some(row) = rows.get_mut(id) else {
            return Ok(Rotation::Gone);
        };
        if row.generation == from {
            row.generation += 1;
            row.rotated_at = Some(at);
            return Ok(Rotation::Rotated(row.clone()));
        }
        // Two tabs raced: the slower one gets the same successor.
        let recent = row.rotated_at.is_some_and(|rotated| at - rotated <= grace);
        if row.generation == from + 1 && recent {
            return Ok(Rotation::Replayed(row.clone()));
        }
        rows.remove(id);
        Ok(Rotation::Theft)
    }

    async fn confirm(&self, id: &SignInId, at: OffsetDateTime) -> Result<(), Error> {
        if let Some(row) = self.rows().get_mut(id) {
            row.auth_time = at;
        }
        Ok(())
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
        let mut all: Vec<SignIn> =
            self.rows().values().filter(|row| row.account == account).cloned().collect();
        all.sort_by_key(|row| std::cmp::Reverse(row.last_seen_at));
        Ok(all)
    }
}
