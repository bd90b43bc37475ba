//! Every statement about access keys, beyond what they share with other sign-ins.

use super::events::append;
use super::sign_ins::{Row, find, insert, lock_sign_in};
use crate::accounts::User;
use crate::accounts::audit::{By, Record, What};
use crate::auth::{Error, ErrorKind, SignIn, SignInKind};
use crate::db::{AnyConnection, write};

/// Keeps a key that was made for a user, with its row in the audit log.
///
/// # Errors
/// 401 `token_revoked` when the acting sign-in is gone: a request that began before signing
/// out, or before the password changed, must not leave a key behind. 403 `account_inactive`,
/// 503 `unavailable`.
pub fn keep_key(
    connection: &mut AnyConnection,
    user: &User,
    key: &SignIn,
    by: &By,
) -> Result<(), Error> {
    let row = Row::of(key).ok_or(ErrorKind::Internal)?;
    write(connection, |connection| {
        insert(connection, &row)?;
        if let Some(acting) = &by.sign_in
            && lock_sign_in(connection, acting)? == 0
        {
            return Err(ErrorKind::TokenRevoked.into());
        }
        let label = key.label.clone().unwrap_or_default();
        let record = Record::of(What::KeyMade, user, by).detail(label);
        append(connection, &[Record { sign_in: Some(key.id.to_string()), ..record }])?;
        Ok(())
    })
}

/// Whether there is an access key of this id.
///
/// # Errors
/// Whatever the database says.
pub fn is_key(connection: &mut AnyConnection, id: &str) -> diesel::QueryResult<bool> {
    let found = find(connection, id)?;
    Ok(found.is_some_and(|sign_in| sign_in.kind == SignInKind::Key))
}
