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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::OffsetDateTime;

    use super::*;
    use crate::accounts::queries::{NewUser, events_after, sign_ins_of};
    use crate::accounts::{Role, Username, draw_key};
    use crate::auth::{KeyConfig, NewKey, SignInId};
    use crate::db::{Address, connect, migrate};

    #[test]
    fn whoever_signed_out_a_moment_ago_leaves_no_key_behind() {
        let directory = tempfile::tempdir().expect("a directory");
        let address = Address::Sqlite(directory.path().join("test.sqlite3"));
        let mut connection = connect(&address, Duration::from_secs(5), true).expect("a database");
        migrate(&mut connection).expect("a schema");
        let now = OffsetDateTime::UNIX_EPOCH;
        let new = NewUser {
            username: Username::parse("ann").expect("a name"),
            full_name: None,
            role: Role::User,
            password_hash: "!".to_owned(),
            created_at: now,
        };
        let user = super::super::insert(&mut connection, &new).expect("a user");
        let wish = || NewKey { label: "x".to_owned(), ..NewKey::default() };
        let draw = || draw_key(&user, wish(), &KeyConfig::default(), now).expect("a key").sign_in;
        let gone = SignInId::random().expect("an id").to_string();

        let by = By::account(&user, Some(gone), None, now);
        let refused = keep_key(&mut connection, &user, &draw(), &by).expect_err("signed out");
        assert_eq!(refused.kind(), ErrorKind::TokenRevoked);
        let kept = |connection: &mut AnyConnection| {
            let keys = sign_ins_of(connection, user.id).expect("rows").len();
            (keys, events_after(connection, 0).expect("rows").len())
        };
        assert_eq!(kept(&mut connection), (0, 0));

        // With a sign-in that stands, which here is a key for want of another, it is made.
        let first = draw();
        let by_hand = By::command_line(now);
        keep_key(&mut connection, &user, &first, &by_hand).expect("kept");
        let by = By::account(&user, Some(first.id.to_string()), None, now);
        keep_key(&mut connection, &user, &draw(), &by).expect("kept");
        assert_eq!(kept(&mut connection), (2, 2));
    }
}
