//! The store of sign-ins.

use std::time::Duration;

use time::OffsetDateTime;

use super::backend::on_backend;
use super::check::check_table;
use super::pool::{ConnectionPool, PURGE_BATCH, purge_all};
use super::transaction::write;
use crate::error::Error;
use crate::sign_in::amr::Amr;
use crate::sign_in::rotation::{RefreshAttempt, Rotation};
use crate::sign_in::store::{SignInStore, SignInUse};
use crate::sign_in::{SignIn, SignInId};

/// How the row of an account is locked in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountLock {
    /// Before a sign-in is inserted: the account must exist and be active until the commit
    /// (`FOR SHARE`).
    Shared,
    /// Before all sign-ins of the account are ended: none may be inserted meanwhile (`FOR UPDATE`).
    Exclusive,
}

type LockAccount<C> = fn(&mut C, &str, AccountLock) -> Result<(), Error>;

/// Sign-ins as rows of the table `sign_ins`.
#[derive(Clone)]
pub struct DieselSignInStore<P: ConnectionPool> {
    pool: P,
    lock_account: LockAccount<P::Connection>,
}

impl<P: ConnectionPool> DieselSignInStore<P> {
    /// Creates a store on this pool.
    #[must_use]
    pub fn new(pool: P) -> Self {
        Self { pool, lock_account: |_, _, _| Ok(()) }
    }

    /// Locks the row of an account, by its id, in the transactions that insert a sign-in or end
    /// all. Without it a sign-in that is created while all are ended can remain. An error, such as
    /// 403 `account_inactive`, ends the transaction.
    #[must_use]
    pub fn lock_account(mut self, lock: LockAccount<P::Connection>) -> Self {
        self.lock_account = lock;
        self
    }
}

#[rocket::async_trait]
impl<P: ConnectionPool> SignInStore for DieselSignInStore<P> {
    async fn check(&self) -> Result<(), Error> {
        self.pool.run(|db| check_table(db, "sign_ins", |db| on_backend!(db, read_no_row()))).await
    }

    async fn open(&self, sign_in: &SignIn) -> Result<(), Error> {
        let (sign_in, lock_account) = (sign_in.clone(), self.lock_account);
        let insert = move |connection: &mut P::Connection| {
            write(connection, |connection| {
                lock_account(connection, &sign_in.account, AccountLock::Shared)?;
                Ok(on_backend!(connection, insert(&sign_in))?)
            })
        };
        self.pool.run(insert).await
    }

    async fn get(&self, id: &SignInId) -> Result<Option<SignIn>, Error> {
        let id = id.clone();
        let find =
            move |connection: &mut P::Connection| Ok(on_backend!(connection, find(id.as_str()))?);
        self.pool.look_up(find).await
    }

    async fn seen(&self, used: &SignInUse) -> Result<(), Error> {
        self.seen_all(std::slice::from_ref(used)).await
    }

    async fn seen_all(&self, uses: &[SignInUse]) -> Result<(), Error> {
        let uses = uses.to_vec();
        self.pool.run(move |connection| Ok(on_backend!(connection, seen_all(&uses))?)).await
    }

    async fn rotate(&self, id: &SignInId, attempt: RefreshAttempt) -> Result<Rotation, Error> {
        let id = id.clone();
        let rotate = move |connection: &mut P::Connection| {
            write(connection, |connection| {
                // Locked while the attempt is decided, so that of several requests only one gets
                // `Rotated`.
                on_backend!(connection, lock_row(id.as_str()))?;
                let Some(row) = on_backend!(connection, find(id.as_str()))? else {
                    return Ok(Rotation::NotActive);
                };
                let rotation = attempt.decide(row.clone());
                match &rotation {
                    Rotation::Rotated(next) | Rotation::Reissued(next) if *next != row => {
                        on_backend!(connection, replace(next))?;
                    }
                    Rotation::Rotated(_) | Rotation::Reissued(_) => {}
                    Rotation::Theft => drop(on_backend!(connection, end(id.as_str()))?),
                    Rotation::NotActive => {}
                }
                Ok(rotation)
            })
        };
        self.pool.run(rotate).await
    }

    async fn confirm(
        &self,
        id: &SignInId,
        at: OffsetDateTime,
        amr: Amr,
    ) -> Result<Option<Amr>, Error> {
        let id = id.clone();
        let confirm = move |connection: &mut P::Connection| {
            write(connection, |connection| {
                // Locked between reading and writing, so that no other proof is overwritten.
                on_backend!(connection, lock_row(id.as_str()))?;
                let Some(row) = on_backend!(connection, find(id.as_str()))? else {
                    return Ok(None);
                };
                let amr = row.amr.with(amr);
                on_backend!(connection, confirm(id.as_str(), at, amr))?;
                Ok(Some(amr))
            })
        };
        self.pool.run(confirm).await
    }

    async fn end(&self, id: &SignInId) -> Result<bool, Error> {
        let id = id.clone();
        let end =
            move |connection: &mut P::Connection| Ok(on_backend!(connection, end(id.as_str()))?);
        self.pool.run(end).await
    }

    async fn end_all(&self, account: &str, except: Option<&SignInId>) -> Result<u64, Error> {
        let (account, except) = (account.to_owned(), except.map(ToString::to_string));
        let lock_account = self.lock_account;
        let end_all = move |connection: &mut P::Connection| {
            write(connection, |connection| {
                lock_account(connection, &account, AccountLock::Exclusive)?;
                Ok(on_backend!(connection, end_all(&account, except.as_deref()))?)
            })
        };
        self.pool.run(end_all).await
    }

    async fn list(&self, account: &str) -> Result<Vec<SignIn>, Error> {
        let account = account.to_owned();
        self.pool.run(move |connection| Ok(on_backend!(connection, list(&account))?)).await
    }

    async fn purge(&self, now: OffsetDateTime, idle: Duration) -> Result<u64, Error> {
        let purge = move |connection: &mut P::Connection| {
            on_backend!(connection, purge(now, idle, PURGE_BATCH))
        };
        purge_all(&self.pool, purge).await
    }
}
