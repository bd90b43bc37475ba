//! Queries for adding many users at once.

use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

use super::spellings::keys_of;
use super::users::NewUser;
use crate::db::AnyConnection;
use crate::db::schema::users;
use crate::db::to_micros;
use crate::mail::EmailAddress;
use vestibule::{Error, ErrorKind};

/// A new row of `users`.
#[derive(Insertable)]
#[diesel(table_name = users)]
struct NewUserRow<'n> {
    username: &'n str,
    username_key: &'n str,
    full_name: Option<&'n str>,
    role: &'n str,
    active: bool,
    password_hash: &'n str,
    created_at: i64,
}

/// Returns which of these canonical names are taken, or are the confirmed address of an account.
///
/// # Errors
/// A database error (503 `unavailable`).
pub(in crate::accounts) fn taken_names(
    connection: &mut AnyConnection,
    keys: Vec<&str>,
) -> QueryResult<Vec<String>> {
    let addresses = keys.iter().filter_map(|key| Some((*key, EmailAddress::parse(key).ok()?)));
    let addresses: Vec<_> =
        addresses.map(|(key, address)| (key, keys_of(&address), address)).collect();
    let spellings =
        addresses.iter().flat_map(|(_, spellings, _)| spellings.iter().map(String::as_str));
    let rows = users::table.filter(users::username_key.eq_any(keys.into_iter().chain(spellings)));
    let mut taken: Vec<String> = rows.select(users::username_key).load(connection)?;
    let wanted = addresses.iter().map(|(.., address)| address.key());
    let rows = users::table.filter(users::email_key.eq_any(wanted));
    let confirmed: Vec<Option<String>> = rows.select(users::email_key).load(connection)?;
    for (key, spellings, address) in &addresses {
        if confirmed.iter().flatten().any(|confirmed| confirmed == address.key())
            || spellings.iter().any(|spelling| taken.contains(spelling))
        {
            taken.push((*key).to_owned());
        }
    }
    Ok(taken)
}

/// Adds many users with one query. The caller begins the transaction and rolls it back on an
/// error.
///
/// # Errors
/// 409 `username_taken`, 503 `unavailable`.
pub(in crate::accounts) fn insert_all<'n>(
    connection: &mut AnyConnection,
    new: impl Iterator<Item = &'n NewUser>,
) -> Result<(), Error> {
    let rows: Vec<_> = new
        .map(|new| NewUserRow {
            username: new.username.shown(),
            username_key: new.username.key(),
            full_name: new.full_name.as_deref(),
            role: new.role.as_str(),
            active: true,
            password_hash: &new.password_hash,
            created_at: to_micros(new.created_at),
        })
        .collect();
    let insert = diesel::insert_into(users::table).values(&rows);
    // `AnyConnection` does not support an insert of many rows.
    let inserted = match connection {
        AnyConnection::Sqlite(sqlite) => insert.execute(sqlite),
        AnyConnection::Postgres(postgres) => insert.execute(postgres),
    };
    match inserted {
        Ok(_) => Ok(()),
        Err(DatabaseError(UniqueViolation, _)) => Err(ErrorKind::UsernameTaken.into()),
        Err(error) => Err(error.into()),
    }
}
