//! Every statement about users.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;
use diesel::sql_types::Bool;
use time::OffsetDateTime;

use super::events::append;
use super::sign_ins::{end_sign_ins, lock_sign_in};
use crate::accounts::audit::{Actor, AuditEvent, Record};
use crate::accounts::user::UserRow;
use crate::accounts::{Role, User, Username};
use crate::db::schema::users;
use crate::db::{AnyConnection, write};
use vestibule::{Error, ErrorKind, to_micros};

/// What a new row of `users` holds; without `Debug`, for it holds a hash.
#[derive(Clone)]
pub struct NewUser {
    /// The checked name.
    pub username: Username,
    /// What to call the person.
    pub full_name: Option<String>,
    /// What the user may do.
    pub role: Role,
    /// The hash to keep.
    pub password_hash: String,
    /// When the account is made.
    pub created_at: OffsetDateTime,
}

/// The user with this id.
///
/// # Errors
/// Whatever the database says.
pub fn find(connection: &mut AnyConnection, id: i64) -> QueryResult<Option<User>> {
    let found: QueryResult<UserRow> = match connection {
        AnyConnection::Sqlite(sqlite) => {
            users::table.find(id).select(UserRow::as_select()).get_result(sqlite)
        }
        AnyConnection::Postgres(postgres) => {
            users::table.find(id).select(UserRow::as_select()).get_result(postgres)
        }
    };
    found.optional().map(|row| row.map(User::from))
}

/// Locks a user until the transaction ends. Whoever wants a user and its sign-ins takes the user
/// first: two who took them in different order could wait for each other. SQLite's write
/// transaction already lets only one in.
pub(super) fn lock_user(connection: &mut AnyConnection, id: i64) -> QueryResult<()> {
    if let AnyConnection::Postgres(postgres) = connection {
        diesel::sql_query("SELECT 1 FROM users WHERE id = $1 FOR UPDATE")
            .bind::<diesel::sql_types::BigInt, _>(id)
            .execute(postgres)?;
    }
    Ok(())
}

/// The user with this canonical name.
///
/// # Errors
/// Whatever the database says.
pub fn named(connection: &mut AnyConnection, key: &str) -> QueryResult<Option<User>> {
    let row = users::table.filter(users::username_key.eq(key)).select(UserRow::as_select());
    row.get_result(connection).optional().map(|row| row.map(User::from))
}

/// The user with this name, with the hash of the password.
pub(in crate::accounts) fn with_hash(
    connection: &mut AnyConnection,
    username: &Username,
) -> QueryResult<Option<(User, String)>> {
    let row = users::table.filter(users::username_key.eq(username.key()));
    let row: Option<UserRow> =
        row.select(UserRow::as_select()).get_result(connection).optional()?;
    Ok(row.map(|mut row| {
        let hash = std::mem::take(&mut row.password_hash);
        (User::from(row), hash)
    }))
}

/// Adds a user.
///
/// # Errors
/// 409 `username_taken`, 503 `unavailable`.
pub fn insert(connection: &mut AnyConnection, new: &NewUser) -> Result<User, Error> {
    // PostgreSQL gives out an id before it sees that the name is taken, writes the name into its
    // log, and does not take the id back; SQLite does neither. So it is only asked in a race.
    if named(connection, new.username.key())?.is_some() {
        return Err(ErrorKind::UsernameTaken.into());
    }
    let inserted = diesel::insert_into(users::table)
        .values((
            users::username.eq(new.username.shown()),
            users::username_key.eq(new.username.key()),
            users::full_name.eq(new.full_name.as_deref()),
            users::role.eq(new.role.as_str()),
            users::active.eq(true),
            users::password_hash.eq(&new.password_hash),
            users::created_at.eq(to_micros(new.created_at)),
        ))
        .returning(users::all_columns)
        // Read to its end: SQLite commits there, and `get_result` would not hear that the disk
        // is full.
        .get_results::<UserRow>(connection)
        .and_then(|mut rows| rows.pop().ok_or(diesel::NotFound));
    match inserted {
        Ok(row) => Ok(row.into()),
        Err(DatabaseError(UniqueViolation, _)) => Err(ErrorKind::UsernameTaken.into()),
        Err(error) => Err(error.into()),
    }
}

/// Replaces the hash of a password and ends all sign-ins; answers how many.
///
/// # Errors
/// 404 `not_found`, 503 `unavailable`.
pub fn set_password(
    connection: &mut AnyConnection,
    user: &User,
    hash: &str,
    by: &Actor,
) -> Result<u64, Error> {
    write(connection, |connection| {
        let row = users::table.find(user.id);
        if diesel::update(row).set(users::password_hash.eq(hash)).execute(connection)? == 0 {
            return Err(ErrorKind::NotFound.into());
        }
        let ended = end_sign_ins(connection, user.id, None)?;
        append(connection, &[Record::of(AuditEvent::PasswordChanged, user, by).ended(ended)])?;
        Ok(ended)
    })
}

/// The sign-in that changes a password.
#[derive(Clone, Debug)]
pub struct CurrentSignIn {
    /// Its id.
    pub id: String,
    /// Whether it stands afterwards.
    pub stays: bool,
}

/// Replaces the hash of a password if it is still the expected one, and ends all sign-ins, but
/// the acting one if it stays. Answers how many ended, or `None` for another hash.
///
/// The hash comes first: with it the row of the user is locked, so that a sign-in that is
/// being opened with the old password is either ended here or finds the new hash.
///
/// # Errors
/// 401 `token_revoked` when the acting sign-in is gone: a request that began before signing
/// out must not go on afterwards. 503 `unavailable`.
pub fn change_password(
    connection: &mut AnyConnection,
    user: &User,
    (expected, hash): (&str, &str),
    acting: &CurrentSignIn,
    by: &Actor,
) -> Result<Option<u64>, Error> {
    write(connection, |connection| {
        let row = users::table.find(user.id).filter(users::password_hash.eq(expected));
        if diesel::update(row).set(users::password_hash.eq(hash)).execute(connection)? == 0 {
            return Ok(None);
        }
        if lock_sign_in(connection, &acting.id)? == 0 {
            return Err(ErrorKind::TokenRevoked.into());
        }
        let except = acting.stays.then_some(acting.id.as_str());
        let ended = end_sign_ins(connection, user.id, except)?;
        append(connection, &[Record::of(AuditEvent::PasswordChanged, user, by).ended(ended)])?;
        Ok(Some(ended))
    })
}

/// The hash of a user's password.
pub(in crate::accounts) fn hash_of(
    connection: &mut AnyConnection,
    id: i64,
) -> QueryResult<Option<String>> {
    users::table.find(id).select(users::password_hash).get_result(connection).optional()
}

/// Replaces a hash by a better one of the same password, unless it changed meanwhile.
///
/// # Errors
/// Whatever the database says.
pub fn upgrade_hash(
    connection: &mut AnyConnection,
    id: i64,
    old: &str,
    new: &str,
) -> QueryResult<usize> {
    let unchanged = users::table.find(id).filter(users::password_hash.eq(old));
    diesel::update(unchanged).set(users::password_hash.eq(new)).execute(connection)
}

/// The condition of the index of administrators, in its very words: as a parameter the role could
/// be another, and the database would go through all users.
pub(super) fn administers() -> SqlLiteral<Bool> {
    sql("role = 'admin'")
}

/// Whether there is no user at all.
///
/// # Errors
/// Whatever the database says.
pub fn is_empty(connection: &mut AnyConnection) -> QueryResult<bool> {
    let first: Option<i64> = users::table.select(users::id).first(connection).optional()?;
    Ok(first.is_none())
}
