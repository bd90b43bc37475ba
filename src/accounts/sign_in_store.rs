//! The store of sign-ins in the database.

use time::OffsetDateTime;

use super::queries::{self, sign_ins};
use crate::db::{Backend, Db};
use vestibule::sign_ins::{RefreshAttempt, Rotation, SignIn, SignInId, SignInStore, SignInUse};
use vestibule::{Error, ErrorKind};

/// Sign-ins as rows of the table `sign_ins`.
#[derive(Clone)]
pub struct DieselSignInStore(Db);

impl DieselSignInStore {
    /// Creates a store in this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self(db)
    }
}

#[rocket::async_trait]
impl SignInStore for DieselSignInStore {
    async fn open(&self, sign_in: &SignIn) -> Result<(), Error> {
        let row = sign_ins::SignInRow::of(sign_in).ok_or(ErrorKind::Internal)?;
        self.0.run(move |connection| sign_ins::open(connection, &row)).await
    }

    async fn get(&self, id: &SignInId) -> Result<Option<SignIn>, Error> {
        let id = id.to_string();
        self.0.look_up(move |connection| sign_ins::find(connection, &id).map_err(Error::from)).await
    }

    async fn seen(&self, used: &SignInUse) -> Result<(), Error> {
        let used = used.clone();
        self.0.run(move |connection| sign_ins::seen(connection, &used).map_err(Error::from)).await
    }

    async fn seen_all(&self, uses: &[SignInUse]) -> Result<(), Error> {
        if self.0.backend() == Backend::Sqlite {
            // One transaction, because each waits for the disk.
            let uses = uses.to_vec();
            return self.0.run(move |connection| sign_ins::seen_all(connection, &uses)).await;
        }
        // One by one: two processes that lock many rows in different order could wait for each
        // other. Each query has its own time limit.
        let mut all = Ok(());
        for used in uses {
            let one = self.seen(used).await;
            all = all.and(one);
        }
        all
    }

    async fn rotate(&self, id: &SignInId, attempt: RefreshAttempt) -> Result<Rotation, Error> {
        let id = id.to_string();
        self.0.run(move |connection| sign_ins::rotate(connection, &id, attempt)).await
    }

    async fn confirm(&self, id: &SignInId, at: OffsetDateTime) -> Result<(), Error> {
        let id = id.to_string();
        self.0
            .run(move |connection| sign_ins::confirm(connection, &id, at).map_err(Error::from))
            .await
    }

    async fn end(&self, id: &SignInId) -> Result<bool, Error> {
        let id = id.to_string();
        self.0
            .run(move |connection| queries::end_sign_in(connection, &id).map_err(Error::from))
            .await
    }

    async fn end_all(&self, account: &str, except: Option<&SignInId>) -> Result<u64, Error> {
        let Ok(account) = account.parse::<i64>() else { return Ok(0) };
        let except = except.map(ToString::to_string);
        let ended =
            self.0.run(move |connection| sign_ins::end_all(connection, account, except.as_deref()));
        ended.await
    }

    async fn list(&self, account: &str) -> Result<Vec<SignIn>, Error> {
        let Ok(account) = account.parse::<i64>() else { return Ok(Vec::new()) };
        self.0
            .run(move |connection| queries::sign_ins_of(connection, account).map_err(Error::from))
            .await
    }
}
