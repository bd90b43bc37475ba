//! Every statement about many users at once.

use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

use super::NewUser;
use crate::db::AnyConnection;
use crate::db::schema::users;
use vestibule::{Error, ErrorKind, to_micros};

#[derive(Insertable)]
#[diesel(table_name = users)]
struct Row<'n> {
    username: &'n str,
    username_key: &'n str,
    full_name: Option<&'n str>,
    role: &'n str,
    active: bool,
    password_hash: &'n str,
    created_at: i64,
}

/// Which of these names, in the form that is compared, are taken.
///
/// # Errors
/// Whatever the database says.
pub fn taken(connection: &mut AnyConnection, keys: Vec<&str>) -> QueryResult<Vec<String>> {
    let rows = users::table.filter(users::username_key.eq_any(keys));
    rows.select(users::username_key).load(connection)
}

/// Adds many users with one statement; in a transaction, which the caller takes back when it
/// fails.
///
/// # Errors
/// 409 `username_taken`, 503 `unavailable`.
pub fn insert_all<'n>(
    connection: &mut AnyConnection,
    new: impl Iterator<Item = &'n NewUser>,
) -> Result<(), Error> {
    let rows: Vec<_> = new
        .map(|new| Row {
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
    // What stands for both databases knows no statement with many rows.
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
