//! Sign-ins in transactions of the service: the library's statements, with the user locked.

use diesel::prelude::*;

use super::links::delete_pending_address;
use super::locks::lock_user;
use crate::db::AnyConnection;
use crate::db::schema::users;
use vestibule::database::{AccountLock, sign_ins};
use vestibule::sign_ins::SignIn;
use vestibule::{Error, ErrorKind};

/// Locks the user of a sign-in in the transactions of the library's store. A sign-in that is
/// created while its user is deactivated must not remain, and one that is created while all are
/// ended is either ended too or refused: a query alone would not see an uncommitted row of another
/// transaction. Before all are ended, deletes the pending address of the user: an intruder may have asked for it.
///
/// # Errors
/// 403 `account_inactive` before a sign-in is created, 503 `unavailable`.
pub fn lock_account(
    connection: &mut AnyConnection,
    account: &str,
    lock: AccountLock,
) -> Result<(), Error> {
    match (lock, account.parse()) {
        (AccountLock::Shared, Ok(id)) => require_active(connection, id),
        (AccountLock::Exclusive, Ok(id)) => {
            lock_user(connection, id)?;
            delete_pending_address(connection, id)?;
            Ok(())
        }
        // No user has such an id.
        (AccountLock::Shared, Err(_)) => Err(ErrorKind::AccountInactive.into()),
        (AccountLock::Exclusive, Err(_)) => Ok(()),
    }
}

/// Requires that a user exists and is active until the transaction ends.
fn require_active(connection: &mut AnyConnection, id: i64) -> Result<(), Error> {
    if let AnyConnection::Postgres(postgres) = connection {
        diesel::sql_query("SELECT 1 FROM users WHERE id = $1 FOR SHARE")
            .bind::<diesel::sql_types::BigInt, _>(id)
            .execute(postgres)?;
    }
    let active = users::table.find(id).select(users::active);
    match active.get_result(connection).optional()? {
        Some(true) => Ok(()),
        _ => Err(ErrorKind::AccountInactive.into()),
    }
}

/// Stores a sign-in of an active user, within a transaction.
pub(super) fn insert(connection: &mut AnyConnection, sign_in: &SignIn) -> Result<(), Error> {
    lock_account(connection, &sign_in.account, AccountLock::Shared)?;
    Ok(sign_ins::insert(connection, sign_in)?)
}

/// Ends all sign-ins of a user except one and returns how many, and deletes the pending address, within
/// a transaction that has locked the user.
///
/// # Errors
/// A database error (503 `unavailable`).
pub(super) fn end_sign_ins(
    connection: &mut AnyConnection,
    account: i64,
    except: Option<&str>,
) -> QueryResult<u64> {
    delete_pending_address(connection, account)?;
    sign_ins::end_all(connection, &account.to_string(), except)
}
